// SPDX-License-Identifier: BSD-3-Clause
// Codes whose scores are known in advance (the cases of Locatello et al.'s tests).
#include "elbow/statistics/disentanglement.h"

#include "elbow/math/blas.h"
#include "elbow/statistics/yardstick.h"

#include "unit.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { ROWS = 2000, FACTORS = 5, CODES = 10, VALUES = 10 };

static double factors[ROWS * FACTORS], codes[ROWS * CODES];

static void fill_factors(void)
{
    uint32_t seed = 7;
    for (size_t i = 0; i < (size_t)ROWS * FACTORS; ++i) {
        seed = seed * 1664525u + 1013904223u;
        factors[i] = (double)((uint64_t)(seed >> 8) * VALUES >> 24);
    }
}

// Code j is the sum of the factors of row j of `weights` (width, factors).
static void fill_codes(size_t width, const double *weights)
{
    fill_factors();
    memset(codes, 0, sizeof codes);
    for (size_t i = 0; i < ROWS; ++i)
        for (size_t j = 0; j < width; ++j)
            for (size_t f = 0; f < FACTORS; ++f)
                codes[i * width + j] += weights[j * FACTORS + f] * factors[i * FACTORS + f];
}

struct scores {
    double mig, factor_vae;
    struct elbow_dci dci;
};

static struct scores score(size_t width, const double *weights)
{
    struct scores scores;
    fill_codes(width, weights);
    ck_assert_int_eq(elbow_mig(ROWS, width, codes, FACTORS, factors, &scores.mig, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_dci(ROWS, width, codes, FACTORS, factors, &scores.dci, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_factor_score(ROWS, width, codes, FACTORS, factors, 1, &scores.factor_vae, NULL), ELBOW_OK);
    return scores;
}

START_TEST(of_the_factors_themselves)
{
    double weights[FACTORS * FACTORS] = {0};
    for (size_t f = 0; f < FACTORS; ++f)
        weights[f * FACTORS + f] = f % 2 == 0 ? 1 : -0.5;
    struct scores scores = score(FACTORS, weights);
    ck_assert_double_ge(scores.mig, 0.95);
    ck_assert_double_ge(scores.dci.disentanglement, 0.9);
    ck_assert_double_ge(scores.dci.completeness, 0.9);
    ck_assert_double_ge(scores.dci.informativeness, 0.999);
    ck_assert_double_ge(scores.factor_vae, 0.99);
}
END_TEST

START_TEST(of_codes_that_say_nothing)
{
    double weights[FACTORS * FACTORS] = {0};
    struct scores scores = score(FACTORS, weights);
    ck_assert(scores.mig == 0 && scores.factor_vae == 0); // not NaN
    ck_assert(scores.dci.disentanglement == 0 && scores.dci.completeness == 0 && scores.dci.informativeness == 0);
}
END_TEST

// Each factor in two codes: no gap, half a completeness, and nothing lost of the disentanglement.
START_TEST(of_codes_that_are_there_twice)
{
    double weights[2 * FACTORS * FACTORS] = {0};
    for (size_t j = 0; j < (size_t)2 * FACTORS; ++j)
        weights[j * FACTORS + j % FACTORS] = 1;
    struct scores scores = score((size_t)2 * FACTORS, weights);
    ck_assert_double_eq_tol(scores.mig, 0, 1e-12);
    ck_assert_double_ge(scores.dci.disentanglement, 0.9);
    ck_assert_double_le(scores.dci.completeness, 1 - log(2) / log(CODES) + 1e-9);
    ck_assert_double_ge(scores.dci.completeness, 1 - log(2) / log(CODES) - 0.1);
    ck_assert_double_ge(scores.factor_vae, 0.99);
}
END_TEST

// One code for two factors: at most half of the possible score.
START_TEST(of_a_code_for_two_factors)
{
    double weights[FACTORS * FACTORS] = {0};
    for (size_t f = 0; f < FACTORS; ++f)
        weights[(f == 1 ? 0 : f) * FACTORS + f] = 1;
    struct scores scores = score(FACTORS, weights);
    ck_assert_double_lt(scores.mig, 0.8);
    ck_assert_double_lt(scores.dci.disentanglement, 0.9);
    ck_assert_double_ge(scores.dci.completeness, 0.9);
}
END_TEST

START_TEST(of_importances)
{
    double identity[CODES * CODES] = {0}, split[FACTORS * CODES] = {0}, twice[CODES * FACTORS] = {0},
                            none[CODES * CODES] = {0};
    for (size_t i = 0; i < CODES; ++i) {
        identity[i * CODES + i] = 3;
        split[i / 2 * CODES + i] = 1;
        twice[i * FACTORS + i / 2] = 1;
    }
    const double half = 1 - log(2) / log(CODES);
    struct elbow_dci dci = elbow_dci_of(CODES, CODES, identity);
    ck_assert(dci.disentanglement == 1 && dci.completeness == 1);
    dci = elbow_dci_of(FACTORS, CODES, split); // each code for two of ten factors
    ck_assert_double_eq_tol(dci.disentanglement, half, 1e-12);
    ck_assert_double_eq_tol(dci.completeness, 1, 1e-12);
    dci = elbow_dci_of(CODES, FACTORS, twice);
    ck_assert_double_eq_tol(dci.disentanglement, 1, 1e-12);
    ck_assert_double_eq_tol(dci.completeness, half, 1e-12);
    dci = elbow_dci_of(CODES, CODES, none);
    ck_assert(dci.disentanglement == 0 && dci.completeness == 0);
    ck_assert(isnan(elbow_dci_of(CODES, 1, none).disentanglement)); // one factor: nothing to distinguish
}
END_TEST

START_TEST(takes_many_values_in_bins)
{
    enum { MANY = 100 };
    double table[2 * MANY];
    int64_t values[MANY];
    size_t count;
    for (size_t i = 0; i < MANY; ++i) {
        table[2 * i] = (double)((i * 37) % MANY);
        table[2 * i + 1] = i < 60 ? 5 : 7;
    }
    ck_assert_int_eq(elbow_factor_values(MANY, 2, table, 0, values, &count, NULL), ELBOW_OK);
    ck_assert_uint_eq(count, ELBOW_FACTOR_BINS);
    for (size_t i = 0; i < MANY; ++i)
        ck_assert_int_eq(values[i], (int64_t)((i * 37) % MANY / 5));
    ck_assert_int_eq(elbow_factor_values(MANY, 2, table, 1, values, &count, NULL), ELBOW_OK);
    ck_assert_uint_eq(count, 2);
    ck_assert(values[0] == 0 && values[60] == 1);
}
END_TEST

START_TEST(says_when_no_factor_varies)
{
    double table[8] = {3, 3, 3, 3, 3, 3, 3, 3}, told[4] = {1, 2, 3, 4};
    struct elbow_yardstick_input input = {.rows = 4, .width = 1, .codes = told, .factor_count = 2, .factors = table};
    struct elbow_yardstick_figures figures;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_yardstick_compute(ELBOW_YARDSTICK_MIG, &input, &figures, &error), ELBOW_DATA);
    ck_assert_str_eq(error.message, "mig: no factor varies");
    ck_assert_int_eq(elbow_yardstick_compute(ELBOW_YARDSTICK_DCI, &input, &figures, &error), ELBOW_DATA);
    ck_assert_int_eq(elbow_yardstick_compute(ELBOW_YARDSTICK_FACTOR_VAE, &input, &figures, &error), ELBOW_DATA);
}
END_TEST

UNIT_MAIN("statistics/disentanglement", of_the_factors_themselves, of_codes_that_say_nothing,
          of_codes_that_are_there_twice, of_a_code_for_two_factors, of_importances, takes_many_values_in_bins,
          says_when_no_factor_varies)
