// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "elbow/math/random.h"
#include "elbow/statistics/ranking.h"

#include "unit.h"

#include <math.h>

static struct elbow_ranking rank(size_t count, const double *scores, const bool *is_anomaly)
{
    struct elbow_ranking ranking;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_ranking_create(count, scores, is_anomaly, &ranking, &error), ELBOW_OK);
    return ranking;
}

static void check(struct elbow_estimate estimate, double value, double low, double high)
{
    ck_assert_double_eq_tol(estimate.value, value, 1e-12);
    ck_assert_double_eq_tol(estimate.low, low, 1e-12);
    ck_assert_double_eq_tol(estimate.high, high, 1e-12);
}

// By scikit-learn 1.x (roc_auc_score, average_precision_score); the limits by numpy from the papers' formulas.
START_TEST(figures_are_those_of_scikit_learn)
{
    enum { ROWS = 200 };
    double scores[ROWS];
    bool is_anomaly[ROWS];
    for (int i = 0; i < ROWS; ++i) {
        is_anomaly[i] = i * 31 % 7 < 2;
        scores[i] = i * 7919 % 101 / 10.0 + (is_anomaly[i] ? 2 : 0);
    }
    struct elbow_ranking ranking = rank(ROWS, scores, is_anomaly);
    ck_assert_uint_eq(ranking.anomalies, 57);
    ck_assert_uint_eq(ranking.count, 113);
    check(elbow_ranking_auroc(&ranking), 0.6866028708133971, 0.59993981892742565, 0.76194187835291283);
    check(elbow_ranking_average_precision(&ranking), 0.54798911584565801, 0.41846788513339089, 0.67132068180310001);
    elbow_ranking_clear(&ranking);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

// If DeLong's variance is 0, the interval is not of width 0.
START_TEST(separated_and_equal_scores_have_intervals)
{
    static const double apart[] = {1, 2, 3, 4, 5, 6, 7}, equal[7] = {0};
    static const bool last[] = {false, false, false, false, true, true, true};
    static const bool first[] = {true, true, true, false, false, false, false};
    struct elbow_ranking ranking = rank(7, apart, last);
    check(elbow_ranking_auroc(&ranking), 1, 0.53809937354351145, 1);
    check(elbow_ranking_average_precision(&ranking), 1, 3 / (3 + 1.959963984540054 * 1.959963984540054), 1);
    elbow_ranking_clear(&ranking);
    ranking = rank(7, apart, first);
    check(elbow_ranking_auroc(&ranking), 0, 0, 0.45856474550897358);
    elbow_ranking_clear(&ranking);
    ranking = rank(7, equal, last);
    struct elbow_estimate half = elbow_ranking_auroc(&ranking);
    ck_assert_double_eq_tol(half.low, 0.17250858869835509, 1e-12);
    ck_assert_double_eq_tol(half.value, 0.5, 1e-15);
    ck_assert_double_gt(half.high, 0.8);
    ck_assert_double_eq_tol(elbow_ranking_average_precision(&ranking).value, 3.0 / 7, 1e-15);
    elbow_ranking_clear(&ranking);
}
END_TEST

START_TEST(no_numbers_are_the_most_unusual)
{
    static const double scores[] = {-INFINITY, NAN, 3, INFINITY, 3};
    static const size_t expected[] = {1, 3, 2, 4, 0};
    static const double normal[] = {NAN, 3};
    size_t order[5];
    double p[5];
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_ranking_order(5, scores, order, &error), ELBOW_OK);
    for (int i = 0; i < 5; ++i)
        ck_assert_uint_eq(order[i], expected[i]);
    ck_assert_int_eq(elbow_conformal(2, normal, 5, scores, p, &error), ELBOW_OK);
    ck_assert_double_eq_tol(p[0], 1, 1e-15);
    ck_assert_double_eq_tol(p[1], 2.0 / 3, 1e-15);
    ck_assert_double_eq_tol(p[2], 1, 1e-15);
}
END_TEST

// The example of Benjamini and Hochberg (1995), section 3.2: at 0.05 the first four of fifteen.
START_TEST(discoveries_are_those_of_the_paper)
{
    static const double p[] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                               0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.000};
    static const double least[] = {0.05, 0.05, 0.05};
    bool is_selected[15];
    size_t selected = 0;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_select_discoveries(15, p, 0.05, is_selected, &selected, &error), ELBOW_OK);
    ck_assert_uint_eq(selected, 4);
    ck_assert(is_selected[3] && !is_selected[4]);
    // On the limit itself.
    ck_assert_int_eq(elbow_select_discoveries(3, least, 0.05, is_selected, &selected, &error), ELBOW_OK);
    ck_assert_uint_eq(selected, 3);
    ck_assert_int_eq(elbow_select_discoveries(3, least, 0.0499, is_selected, &selected, &error), ELBOW_OK);
    ck_assert_uint_eq(selected, 0);
}
END_TEST

static void draw(uint64_t id, size_t count, double *numbers)
{
    float z[512];
    ck_assert_uint_le(count, 512);
    elbow_random_normal((struct elbow_stream){.seed = 16, .purpose = ELBOW_PURPOSE_SYNTHETIC, .id = id}, count, z);
    for (size_t i = 0; i < count; ++i)
        numbers[i] = (double)z[i];
}

// One fresh set of normal rows for each p-value: uniform on j / (n + 1).
START_TEST(p_values_are_uniform)
{
    enum { NORMAL = 19, DRAWS = 10000, GRID = NORMAL + 1 };
    size_t seen[GRID + 1] = {0};
    double square = 0;
    for (uint64_t i = 0; i < DRAWS; ++i) {
        double numbers[NORMAL + 1], p;
        struct elbow_error error = {0};
        draw(i, NORMAL + 1, numbers);
        ck_assert_int_eq(elbow_conformal(NORMAL, numbers, 1, numbers + NORMAL, &p, &error), ELBOW_OK);
        ++seen[lround(p * GRID)];
    }
    ck_assert_uint_eq(seen[0], 0);
    for (int j = 1; j <= GRID; ++j) {
        double far = (double)seen[j] - (double)DRAWS / GRID;
        square += far * far / ((double)DRAWS / GRID);
    }
    ck_assert_double_lt(square, 43.8); // 19 degrees of freedom: 0.999
    ck_assert_double_gt(square, 5.4);  // 0.001
}
END_TEST

START_TEST(false_discoveries_stay_below_their_rate)
{
    enum { NORMAL = 300, ROWS = 100, ANOMALIES = 20, DRAWS = 400 };
    const double rate = 0.1;
    double sum = 0, squares = 0, found = 0;
    for (uint64_t i = 0; i < DRAWS; ++i) {
        double numbers[NORMAL + ROWS], p[ROWS];
        bool is_selected[ROWS];
        size_t selected = 0, is_false = 0;
        struct elbow_error error = {0};
        draw(100000 + i, NORMAL + ROWS, numbers);
        for (int k = 0; k < ANOMALIES; ++k)
            numbers[NORMAL + k] += 3;
        ck_assert_int_eq(elbow_conformal(NORMAL, numbers, ROWS, numbers + NORMAL, p, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_select_discoveries(ROWS, p, rate, is_selected, &selected, &error), ELBOW_OK);
        for (int k = ANOMALIES; k < ROWS; ++k)
            is_false += is_selected[k];
        double share = selected > 0 ? (double)is_false / (double)selected : 0;
        sum += share;
        squares += share * share;
        found += (double)(selected - is_false) / ANOMALIES;
    }
    double mean = sum / DRAWS, error = sqrt((squares / DRAWS - mean * mean) / (DRAWS - 1));
    ck_assert_msg(mean <= rate + 2 * error, "%g is above %g by more than 2 x %g", mean, rate, error);
    ck_assert_double_gt(mean, rate / 2); // it is used
    ck_assert_double_gt(found / DRAWS, 0.5);
}
END_TEST

START_TEST(lack_of_memory_is_a_status)
{
    static const double scores[] = {1, 2};
    static const bool is_anomaly[] = {false, true};
    struct elbow_ranking ranking;
    for (uint64_t n = 1; n <= 2; ++n) {
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        ck_assert_int_eq(elbow_ranking_create(2, scores, is_anomaly, &ranking, &error), ELBOW_MEMORY);
        elbow_memory_fail_at(0);
        ck_assert_uint_eq(elbow_memory_count().blocks, 0);
    }
}
END_TEST

UNIT_MAIN("statistics/ranking", figures_are_those_of_scikit_learn, separated_and_equal_scores_have_intervals,
          no_numbers_are_the_most_unusual, discoveries_are_those_of_the_paper, p_values_are_uniform,
          false_discoveries_stay_below_their_rate, lack_of_memory_is_a_status)
