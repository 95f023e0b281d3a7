// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/pca.h"

#include "elbow/base/memory.h"
#include "elbow/math/blas.h"

#include "unit.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Columns of growing width, by Knuth's generator.
static void fill(size_t rows, size_t columns, float *x)
{
    uint32_t seed = 1;
    for (size_t i = 0; i < rows * columns; ++i) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)((double)(seed >> 8) * 0x1p-24 * (double)(1 + i % columns));
    }
}

// By scikit-learn 1.9.1, PCA(svd_solver="full"), of the same values: variances, first axis, scores of the first row,
// the variances of all columns, and the squared error of the reconstruction.
static const struct {
    size_t rows, columns, components;
    double variances[4], axis[12], scores[4], total, error;
} REFERENCE[] = {
    {40,
     6,
     3,
     {3.0952750622422314, 1.8608023054464344, 0.8839753008393253},
     {-0.02213065353898652, 0.014826456723014303, 0.02798291178583563, 0.36707011900115505, 0.1492148440204998,
      0.9173340858506129},
     {-0.2961426025479472, -2.2265483034120246, 0.42349597475107004},
     6.968060191587676,
     43.99229339932787},
    {5,
     12,
     4,
     {27.153618447338058, 12.048889184812186, 7.310576434434401, 1.4670379668482387},
     {-0.03732267634451335, -0.07094345173469414, 0.0017774221185477106, -0.00020278350946491738, -0.38804397391625534,
      0.016396447991377634, 0.2557991743523146, 0.04357628614563032, -0.252298258542707, 0.7526954358775634,
      -0.022681040274472732, 0.3803583896542262},
     {4.488305524196475, -2.157538142432661, 1.5373993261288068, -1.601580472705605},
     47.98012203343286,
     0},
};

static void check_reference(size_t which)
{
    size_t rows = REFERENCE[which].rows, columns = REFERENCE[which].columns, components = REFERENCE[which].components;
    float x[40 * 6];
    double scores[40 * 4], told[40 * 6], error = 0;
    fill(rows, columns, x);
    struct elbow_pca *pca;
    ck_assert_int_eq(elbow_pca_fit(rows, columns, x, components, &pca, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_pca_project(pca, rows, x, scores, NULL), ELBOW_OK);
    elbow_pca_reconstruct(pca, rows, scores, told);
    for (size_t i = 0; i < rows * columns; ++i)
        error += (x[i] - told[i]) * (x[i] - told[i]);
    for (size_t i = 0; i < components; ++i) {
        ck_assert_double_eq_tol(pca->variances[i], REFERENCE[which].variances[i], 1e-9);
        ck_assert_double_eq_tol(scores[i], REFERENCE[which].scores[i], 1e-9);
    }
    for (size_t k = 0; k < columns; ++k)
        ck_assert_double_eq_tol(pca->axes[k], REFERENCE[which].axis[k], 1e-9);
    ck_assert_double_eq_tol(pca->total, REFERENCE[which].total, 1e-9);
    ck_assert_double_eq_tol(error, REFERENCE[which].error, 1e-9);
    elbow_pca_free(&pca);
}

START_TEST(equals_the_reference)
{
    for (size_t i = 0; i < sizeof REFERENCE / sizeof *REFERENCE; ++i)
        check_reference(i);
}
END_TEST

// Two columns of which one is the double of the other: rank 1, along (1, 2) / sqrt(5).
START_TEST(axes_beyond_the_rank_are_zero)
{
    enum { ROWS = 9 };
    float tall[ROWS * 2];
    for (size_t i = 0; i < ROWS; ++i) {
        tall[2 * i] = (float)i;
        tall[2 * i + 1] = 2 * (float)i;
    }
    struct elbow_pca *pca;
    ck_assert_int_eq(elbow_pca_fit(ROWS, 2, tall, 2, &pca, NULL), ELBOW_OK);
    ck_assert_double_eq_tol(pca->axes[0], 1 / sqrt(5), 1e-12);
    ck_assert_double_eq_tol(pca->axes[1], 2 / sqrt(5), 1e-12);
    ck_assert(pca->variances[1] == 0 && pca->axes[2] == 0 && pca->axes[3] == 0);
    elbow_pca_free(&pca);
    ck_assert_int_eq(elbow_pca_fit(2, 9, tall, 2, &pca, NULL), ELBOW_OK); // two rows: one direction
    ck_assert(pca->variances[0] > 0 && pca->variances[1] == 0 && pca->axes[9] == 0);
    elbow_pca_free(&pca);
    memset(tall, 0, sizeof tall);
    ck_assert_int_eq(elbow_pca_fit(ROWS, 2, tall, 1, &pca, NULL), ELBOW_OK); // nothing varies
    ck_assert(pca->total == 0 && pca->variances[0] == 0 && pca->axes[0] == 0);
    elbow_pca_free(&pca);
}
END_TEST

START_TEST(says_which_value_is_not_finite)
{
    float x[6] = {1, 2, 3, 4, NAN, 6};
    struct elbow_pca *pca;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_pca_fit(3, 2, x, 1, &pca, &error), ELBOW_DATA);
    ck_assert_str_eq(error.message,
                     "principal components: value 0 of row 2 is not a number; all values must be known and finite");
    ck_assert_ptr_null(pca);
}
END_TEST

START_TEST(has_the_same_bits_twice)
{
    enum { ROWS = 700, COLUMNS = 50 };
    float *x;
    struct elbow_pca *once, *again;
    elbow_blas_start();
    ck_assert_int_eq(elbow_allocate(&x, (size_t)ROWS * COLUMNS, sizeof *x, "", NULL), ELBOW_OK);
    fill(ROWS, COLUMNS, x);
    ck_assert_int_eq(elbow_pca_fit(ROWS, COLUMNS, x, COLUMNS, &once, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_pca_fit(ROWS, COLUMNS, x, COLUMNS, &again, NULL), ELBOW_OK);
    ck_assert_mem_eq(once->axes, again->axes, sizeof *once->axes * COLUMNS * COLUMNS);
    ck_assert_mem_eq(once->variances, again->variances, sizeof *once->variances * COLUMNS);
    elbow_pca_free(&once);
    elbow_pca_free(&again);
    elbow_release(&x);
}
END_TEST

START_TEST(gives_all_back_when_there_is_no_memory)
{
    float x[12];
    fill(6, 2, x);
    size_t before = elbow_memory_count().blocks;
    for (uint64_t n = 1; n < 100; ++n) {
        struct elbow_pca *pca = NULL;
        elbow_memory_fail_at(n);
        enum elbow_status status = elbow_pca_fit(6, 2, x, 2, &pca, NULL);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && pca == NULL));
        elbow_pca_free(&pca);
        ck_assert_uint_eq(elbow_memory_count().blocks, before);
        if (status == ELBOW_OK)
            return;
    }
    ck_abort_msg("never had enough memory");
}
END_TEST

UNIT_MAIN("statistics/pca", equals_the_reference, axes_beyond_the_rank_are_zero, says_which_value_is_not_finite,
          has_the_same_bits_twice, gives_all_back_when_there_is_no_memory)
