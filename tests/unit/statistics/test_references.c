// SPDX-License-Identifier: BSD-3-Clause
// Figures compared with those of scikit-learn 1.9.1, SciPy 1.17.1 and prdc 0.2 for the same arrays
// (tests/system/measure.sh compares again if they are installed), and known answers.
#include "elbow/base/memory.h"
#include "elbow/math/random.h"
#include "elbow/statistics/clusters.h"
#include "elbow/statistics/disentanglement.h"
#include "elbow/statistics/distribution.h"
#include "elbow/statistics/embedding.h"
#include "elbow/statistics/logistic.h"
#include "elbow/statistics/yardstick.h"

#include "unit.h"

#include <math.h>
#include <string.h>

enum { ROWS = 60, WIDTH = 3, VALUES = 5, SAMPLES = 40, CLASSES = 3, K = 4 };

static double codes[ROWS * WIDTH], data[ROWS * VALUES], samples[SAMPLES * VALUES];
static int64_t labels[ROWS];
static const struct elbow_points code_points = {ROWS, WIDTH, codes}, data_points = {ROWS, VALUES, data},
                                 sample_points = {SAMPLES, VALUES, samples};

static void draw(size_t count, uint32_t seed, double *values)
{
    for (size_t i = 0; i < count; ++i) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (double)(seed >> 8) * 0x1p-24;
    }
}

static void fill(void)
{
    draw((size_t)ROWS * WIDTH, 1, codes);
    draw((size_t)ROWS * VALUES, 2, data);
    draw((size_t)SAMPLES * VALUES, 3, samples);
    for (size_t i = 0; i < ROWS; ++i) {
        labels[i] = (int64_t)(i % CLASSES);
        codes[i * WIDTH + i % CLASSES] += 0.5;
        for (size_t j = 0; j < WIDTH; ++j)
            data[i * VALUES + j] += codes[i * WIDTH + j];
    }
    for (size_t i = 0; i < (size_t)SAMPLES * VALUES; ++i)
        samples[i] *= 1.4;
}

START_TEST(nearest_neighbours)
{
    static const size_t expected[K] = {51, 20, 2, 1};
    static const double distances[K] = {0.13406892402058418, 0.1652712695916829, 0.1911958489507852,
                                        0.2280508036317795};
    size_t indices[ROWS * K], sum = 0;
    double squares[ROWS * K], total = 0;
    fill();
    ck_assert_int_eq(elbow_neighbours_find(code_points, code_points, K, indices, squares, NULL), ELBOW_OK);
    for (size_t i = 0; i < K; ++i) {
        ck_assert_uint_eq(indices[i], expected[i]);
        ck_assert_double_eq_tol(sqrt(squares[i]), distances[i], 1e-12);
    }
    for (size_t i = 0; i < (size_t)ROWS * K; ++i) {
        sum += indices[i];
        total += sqrt(squares[i]);
    }
    ck_assert_uint_eq(sum, 7034);
    ck_assert_double_eq_tol(total, 71.34685198951706, 1e-10);
}
END_TEST

START_TEST(agreement_of_neighbours)
{
    double trust, continuity;
    fill();
    ck_assert_int_eq(elbow_trustworthiness(data_points, code_points, K, &trust, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_trustworthiness(code_points, data_points, K, &continuity, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(trust, 0.7661993769470405, 1e-12);
    ck_assert_double_eq_tol(continuity, 0.7721183800623053, 1e-12);
    ck_assert_int_eq(elbow_trustworthiness(data_points, data_points, K, &trust, NULL), ELBOW_OK);
    ck_assert(trust == 1);
}
END_TEST

START_TEST(logistic_regression)
{
    double weights[CLASSES * (WIDTH + 1)], objective;
    int right = 0;
    fill();
    ck_assert_int_eq(elbow_logistic_fit(ROWS, WIDTH, codes, CLASSES, labels, weights, &objective, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(objective, 41.625448955864854, 1e-6);
    for (size_t i = 0; i < ROWS; ++i)
        right += elbow_logistic_class(WIDTH, CLASSES, weights, codes + i * WIDTH) == labels[i];
    ck_assert_int_eq(right, 48);
}
END_TEST

START_TEST(clusters)
{
    double centres[CLASSES * WIDTH], inertia, silhouette;
    int64_t found[ROWS], best[ROWS];
    struct elbow_agreement agreement;
    fill();
    memcpy(centres, codes, sizeof centres);
    ck_assert_int_eq(elbow_kmeans_run(code_points, CLASSES, centres, found, &inertia, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(inertia, 11.347326388012132, 1e-9);
    ck_assert_int_eq(elbow_partitions_compare(ROWS, found, CLASSES, labels, CLASSES, &agreement, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(agreement.ari, 0.3491387652409522, 1e-12);
    ck_assert_double_eq_tol(agreement.nmi, 0.36845097670512506, 1e-12);
    ck_assert_int_eq(elbow_silhouette(code_points, labels, CLASSES, &silhouette, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(silhouette, 0.15998565596975148, 1e-12);
    ck_assert_int_eq(elbow_kmeans(code_points, CLASSES, 1, best, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_kmeans(code_points, ROWS, 1, best, NULL), ELBOW_OK); // each row its own
    bool seen[ROWS] = {false};
    for (size_t i = 0; i < ROWS; ++i) {
        ck_assert(!seen[best[i]]);
        seen[best[i]] = true;
    }
}
END_TEST

START_TEST(partitions)
{
    double draws[2 * ROWS];
    int64_t a[ROWS], b[ROWS], one[ROWS] = {0};
    struct elbow_agreement agreement;
    draw(ROWS, 5, draws);
    draw(ROWS, 6, draws + ROWS);
    for (size_t i = 0; i < ROWS; ++i) {
        a[i] = (int64_t)(draws[i] * 4);
        b[i] = (a[i] + (int64_t)(draws[ROWS + i] * 2)) % 5;
    }
    ck_assert_int_eq(elbow_partitions_compare(ROWS, a, 4, b, 5, &agreement, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(agreement.ari, 0.3687012160696843, 1e-12);
    ck_assert_double_eq_tol(agreement.nmi, 0.5940563566367751, 1e-12);
    ck_assert_int_eq(elbow_partitions_compare(ROWS, a, 4, a, 4, &agreement, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(agreement.ari, 1, 1e-12);
    ck_assert_double_eq_tol(agreement.nmi, 1, 1e-12);
    ck_assert_int_eq(elbow_partitions_compare(ROWS, one, 1, one, 1, &agreement, NULL), ELBOW_OK);
    ck_assert(agreement.ari == 1 && agreement.nmi == 1);
    ck_assert_int_eq(elbow_partitions_compare(ROWS, one, 1, a, 4, &agreement, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(agreement.ari, 0, 1e-12);
    ck_assert_double_eq_tol(agreement.nmi, 0, 1e-12);
}
END_TEST

START_TEST(importances_of_codes)
{
    double table[ROWS * 2];
    struct elbow_dci dci;
    fill();
    for (size_t i = 0; i < ROWS; ++i) {
        table[2 * i] = codes[i * WIDTH] + 0.3 * codes[i * WIDTH + 1];
        table[2 * i + 1] = codes[i * WIDTH + 1] * codes[i * WIDTH + 1];
    }
    ck_assert_int_eq(elbow_dci(ROWS, WIDTH, codes, 2, table, &dci, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(dci.disentanglement, 0.5223202090660771, 1e-9);
    ck_assert_double_eq_tol(dci.completeness, 0.6156519806068237, 1e-9);
    ck_assert_double_eq_tol(dci.informativeness, 0.9562549192659877, 1e-9);
}
END_TEST

START_TEST(samples_beside_data)
{
    struct elbow_density_coverage result;
    double distance;
    fill();
    ck_assert_int_eq(elbow_density_coverage(data_points, sample_points, K, &result, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(result.density, 0.46875, 1e-12);
    ck_assert_double_eq_tol(result.coverage, 0.5333333333333333, 1e-12);
    ck_assert_int_eq(elbow_frechet(data_points, sample_points, &distance, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(distance, 0.5830071021875762, 1e-9);
    ck_assert_int_eq(elbow_frechet(data_points, data_points, &distance, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(distance, 0, 1e-9);
    memcpy(samples, data, sizeof samples); // shifted by 2 in one value
    for (size_t i = 0; i < SAMPLES; ++i)
        samples[i * VALUES] += 2;
    ck_assert_int_eq(elbow_frechet((struct elbow_points){SAMPLES, VALUES, data}, sample_points, &distance, NULL),
                     ELBOW_OK);
    ck_assert_double_eq_tol(distance, 4, 1e-9);
    // Fewer points than values: real, and finite.
    ck_assert_int_eq(elbow_frechet((struct elbow_points){3, VALUES, data}, (struct elbow_points){2, VALUES, samples},
                                   &distance, NULL),
                     ELBOW_OK);
    ck_assert(isfinite(distance) && distance > 0);
}
END_TEST

// Data and samples from one normal distribution of two values: means over 30 pairs of sets of 1,000. For density the
// answer is 1; for coverage 1 - prod (1000 - i) / (2000 - 1 - i) for i < k, which is 0.969 for k = 5.
START_TEST(density_and_coverage_of_equals)
{
    enum { COUNT = 1000, SETS = 30, NEAREST = 5 };
    float *drawn;
    double *points, density = 0, coverage = 0;
    ck_assert_int_eq(elbow_allocate(&drawn, 4 * COUNT, sizeof *drawn, "", NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_allocate(&points, 4 * COUNT, sizeof *points, "", NULL), ELBOW_OK);
    for (uint64_t seed = 1; seed <= SETS; ++seed) {
        struct elbow_density_coverage result;
        elbow_random_normal((struct elbow_stream){.seed = seed, .purpose = ELBOW_PURPOSE_SYNTHETIC}, 4 * COUNT, drawn);
        for (size_t i = 0; i < 4 * COUNT; ++i)
            points[i] = drawn[i];
        ck_assert_int_eq(elbow_density_coverage((struct elbow_points){COUNT, 2, points},
                                                (struct elbow_points){COUNT, 2, points + 2 * COUNT}, NEAREST, &result,
                                                NULL),
                         ELBOW_OK);
        density += result.density / SETS;
        coverage += result.coverage / SETS;
    }
    ck_assert_double_eq_tol(density, 1, 0.01);
    ck_assert_double_eq_tol(coverage, 0.969, 0.006);
    elbow_release(&drawn);
    elbow_release(&points);
}
END_TEST

// Every measure: the same bits twice, figures that are numbers, and rows without a label that count for nothing.
START_TEST(table_of_measures)
{
    float x[ROWS * VALUES], told[ROWS * VALUES], drawn[SAMPLES * VALUES];
    double table[ROWS * 2];
    int64_t some[ROWS];
    const struct elbow_yardstick_kl kl = {3, 0.1, 1, 0.5, 1.5, true};
    fill();
    for (size_t i = 0; i < (size_t)ROWS * VALUES; ++i) {
        x[i] = (float)data[i];
        told[i] = x[i] + (i % 2 == 0 ? 0.5F : -0.5F);
    }
    for (size_t i = 0; i < (size_t)SAMPLES * VALUES; ++i)
        drawn[i] = (float)samples[i];
    for (size_t i = 0; i < ROWS; ++i) {
        table[2 * i] = floor(codes[i * WIDTH] * 4);
        table[2 * i + 1] = (double)(i % 2);
        some[i] = i < ROWS / 2 ? labels[i] : -1;
    }
    struct elbow_yardstick_input input = {ROWS, WIDTH, codes,   2,     table, CLASSES, labels, VALUES,
                                          x,    told,  SAMPLES, drawn, &kl,   K,       1};
    for (enum elbow_yardstick_kind kind = 0; kind < ELBOW_YARDSTICKS; ++kind) {
        struct elbow_yardstick_figures once, again;
        struct elbow_error error = {0};
        ck_assert_msg(elbow_yardstick_compute(kind, &input, &once, &error) == ELBOW_OK, "%s", error.message);
        ck_assert_int_eq(elbow_yardstick_compute(kind, &input, &again, NULL), ELBOW_OK);
        ck_assert_uint_gt(once.count, 0);
        for (size_t i = 0; i < once.count; ++i) {
            ck_assert(isfinite(once.figures[i].value));
            ck_assert(memcmp(&once.figures[i].value, &again.figures[i].value, sizeof(double)) == 0);
        }
        if ((elbow_yardstick_row(kind)->needs & ELBOW_YARDSTICK_NEEDS_LABELS) == 0)
            continue;
        struct elbow_yardstick_input partly = input, half = input;
        partly.labels = some;
        half.rows = ROWS / 2;
        ck_assert_int_eq(elbow_yardstick_compute(kind, &partly, &once, NULL), ELBOW_OK);
        ck_assert_int_eq(elbow_yardstick_compute(kind, &half, &again, NULL), ELBOW_OK);
        ck_assert(once.figures[0].value == again.figures[0].value);
    }
    struct elbow_yardstick_figures figures;
    ck_assert_int_eq(elbow_yardstick_compute(ELBOW_YARDSTICK_RECONSTRUCTION, &input, &figures, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(figures.figures[0].value, 0.25, 1e-6);
    ck_assert_double_eq_tol(figures.figures[0].error, 0, 1e-6);
    ck_assert_int_eq(elbow_yardstick_compute(ELBOW_YARDSTICK_KNN, &input, &figures, NULL), ELBOW_OK);
    double p = 0.6833333333333333; // of scikit-learn, row by row
    ck_assert_double_eq_tol(figures.figures[0].value, p, 1e-12);
    ck_assert_double_eq_tol(figures.figures[0].error, sqrt(p * (1 - p) / (ROWS - 1)), 1e-12);
}
END_TEST

UNIT_MAIN("statistics/references", nearest_neighbours, agreement_of_neighbours, logistic_regression, clusters,
          partitions, importances_of_codes, samples_beside_data, density_and_coverage_of_equals, table_of_measures)
