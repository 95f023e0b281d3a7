// SPDX-License-Identifier: BSD-3-Clause
// The Bernoulli and the Gaussian against long double, at the limits of float. tests/conformance tests all likelihoods.
#include "elbow/vae/likelihood.h"

#include "unit.h"

#include "reference_vae.h"

#include <float.h>

enum { ROWS = 3, WIDEST = 12288 };

static const uint64_t SEED = 20141;
static const size_t WIDTHS[] = {1, 7, 8, 9, 255, 256, 257, 784, 1031, WIDEST};
enum { WIDTH_COUNT = sizeof WIDTHS / sizeof *WIDTHS };

static float x[ROWS * WIDEST], y[ROWS * WIDEST], dy[ROWS * WIDEST];

static void bernoulli(size_t rows, size_t values, const float *point, const float *logit, double *recon,
                      float *derivative)
{
    struct elbow_likelihood_call call = {
        .rows = rows, .values = values, .x = point, .y = logit, .recon = recon, .dy = derivative};
    elbow_likelihood_row(ELBOW_LIKELIHOOD_BERNOULLI)->score(&call);
}

static void gaussian(size_t rows, size_t values, double variance, const float *point, const float *mean, double *recon,
                     float *derivative, float *shared_derivative)
{
    struct elbow_likelihood_options options = {.variance = variance};
    struct elbow_likelihood_call call = {.options = &options,
                                         .rows = rows,
                                         .values = values,
                                         .x = point,
                                         .y = mean,
                                         .recon = recon,
                                         .dy = derivative,
                                         .dshared = shared_derivative};
    elbow_likelihood_row(ELBOW_LIKELIHOOD_GAUSSIAN)->score(&call);
}

static void fill(bool binary, double size)
{
    uint64_t state = SEED;
    for (size_t i = 0; i < ROWS * WIDEST; ++i) {
        double u = reference_random(&state);
        x[i] = (float)(binary ? (double)(u > 0) : (u + 1) / 2);
        y[i] = (float)(size * reference_normal(&state));
    }
}

static void check_bernoulli(size_t values, bool binary)
{
    double recon[ROWS], alone[ROWS];
    bernoulli(ROWS, values, x, y, recon, dy);
    bernoulli(ROWS, values, x, y, alone, NULL);
    ck_assert(memcmp(recon, alone, sizeof recon) == 0);
    for (size_t i = 0; i < ROWS; ++i) {
        long double sum = 0, small = 0;
        for (size_t d = 0; d < values; ++d) {
            long double a = y[i * values + d], point = x[i * values + d], log_one_plus = log1pl(expl(-fabsl(a)));
            sum += point * a - (a > 0 ? a : 0) - log_one_plus;
            small += log_one_plus;
            long double derivative =
                (1 - point) / (1 + expl(-a)) - point / (1 + expl(a)); // sigmoid(y) - x without cancelling
            // exp 1 ULP, 1 + e and the quotient half each, one rounding of the difference: below 4 2^-23, relative
            // where x is 0 or 1 (nothing cancels), else of 1.
            long double tolerance = 4 * FLT_EPSILON * (binary ? fabsl(derivative) : 1) + FLT_MIN;
            ck_assert_msg(fabsl(dy[i * values + d] - derivative) <= tolerance, "seed %llu: D %zu, row %zu, value %zu",
                          (unsigned long long)SEED, values, i, d);
        }
        // Only exp(-|y|) is rounded to float, to 1 ULP; then doubles: 1 + e (2^-53 each) and sums.
        double tolerance = 1.01 * FLT_EPSILON * (double)small + 1.2e-16 * (double)values - 1e-13 * (double)sum;
        ck_assert_double_eq_tol(recon[i], (double)sum, tolerance);
    }
}

START_TEST(bernoulli_matches_long_double)
{
    for (int binary = 0; binary < 2; ++binary)
        for (size_t w = 0; w < WIDTH_COUNT; ++w)
            for (double size = 0.01; size < 20; size *= 30) {
                fill(binary, size);
                check_bernoulli(WIDTHS[w], binary);
            }
}
END_TEST

START_TEST(bernoulli_of_sure_pixels)
{
    // log sigmoid(100) = -exp(-100) = -3.7e-44, a float without leading digits; log sigmoid(-100) = -100 - that.
    float point[4] = {1, 0, 1, 0}, logit[4] = {100, -100, -100, 100}, derivative[4];
    double recon[4];
    bernoulli(4, 1, point, logit, recon, derivative);
    double expected[4] = {0, 0, -100, -100}, expected_derivative[4] = {0, 0, -1, 1};
    for (int i = 0; i < 4; ++i) {
        ck_assert_double_eq_tol(recon[i], expected[i], 1e-43); // to the last bit
        ck_assert_double_eq_tol(derivative[i], expected_derivative[i], 1e-43);
    }
    float far[2] = {1e30F, -1e30F}, ones[2] = {1, 0}, down[2];
    double certain[2];
    bernoulli(2, 1, ones, far, certain, down);
    ck_assert(certain[0] == 0 && certain[1] == 0 && down[0] == 0 && down[1] == 0);
    // A pixel of probability 1 - 4.5e-5 keeps the digits of its small loss: -log1p(exp(-10)).
    float sure = 10, one = 1;
    double loss;
    bernoulli(1, 1, &one, &sure, &loss, NULL);
    ck_assert_double_eq_tol(loss, -4.5398899216870535e-05, 1.01 * FLT_EPSILON * 4.54e-05);
}
END_TEST

START_TEST(bernoulli_at_zero_logits)
{
    float zero[784] = {0}, point[784];
    for (int d = 0; d < 784; ++d)
        point[d] = (float)(d % 2);
    double recon;
    bernoulli(1, 784, point, zero, &recon, NULL);
    ck_assert_double_eq_tol(recon, -784 * 0.69314718055994530942, 1e-11); // -D log 2, in double
}
END_TEST

START_TEST(gaussian_at_its_mean)
{
    // log p = -D/2 log(2 pi v).
    double variances[3] = {1, 0.04, 7.5}, recon;
    float derivative, point[13], down[13];
    for (int d = 0; d < 13; ++d)
        point[d] = (float)d / 3;
    for (int i = 0; i < 3; ++i) {
        gaussian(1, 13, variances[i], point, point, &recon, down, &derivative);
        ck_assert_double_eq_tol(recon, -6.5 * log(2 * acos(-1.0) * variances[i]), 1e-13); // double, a few roundings
        ck_assert(derivative == 6.5F);
        for (int d = 0; d < 13; ++d)
            ck_assert(down[d] == 0);
    }
}
END_TEST

START_TEST(gaussian_matches_long_double)
{
    for (size_t w = 0; w < WIDTH_COUNT; ++w) {
        size_t values = WIDTHS[w];
        fill(false, 1);
        double recon[ROWS], s = -1.25;
        float derivative;
        gaussian(ROWS, values, exp(s), x, y, recon, dy, &derivative);
        long double v = expl(s), pi = acosl(-1.0L), all = 0;
        for (size_t i = 0; i < ROWS; ++i) {
            long double sum = 0;
            for (size_t d = 0; d < values; ++d) {
                long double difference = (long double)x[i * values + d] - y[i * values + d];
                sum -= difference * difference / (2 * v) + logl(2 * pi * v) / 2;
                all += (1 - difference * difference / v) / 2;
                ck_assert_double_eq_tol(dy[i * values + d], (double)(-difference / v),
                                        FLT_EPSILON * (double)fabsl(difference / v)); // one rounding to float
            }
            ck_assert_double_eq_tol(recon[i], (double)sum, 1e-13 * (double)values * 3); // double sums of D terms
        }
        ck_assert_double_eq_tol(derivative, (double)all, FLT_EPSILON * fabs((double)all) + 1e-13 * (double)values * 10);
    }
}
END_TEST

// The bias of a pixel that is always black or white stays finite: the mean is clipped to [0.001, 0.999].
START_TEST(bernoulli_bias_is_clipped)
{
    const struct elbow_likelihood *likelihood = elbow_likelihood_row(ELBOW_LIKELIHOOD_BERNOULLI);
    float bias;
    likelihood->output_bias(NULL, 0, &bias);
    ck_assert_double_eq_tol(bias, -6.906754778648554, 1e-6); // a float of up to 7
    likelihood->output_bias(NULL, 1, &bias);
    ck_assert_double_eq_tol(bias, 6.906754778648554, 1e-6);
}
END_TEST

UNIT_MAIN("vae/likelihood", bernoulli_matches_long_double, bernoulli_of_sure_pixels, bernoulli_at_zero_logits,
          gaussian_at_its_mean, gaussian_matches_long_double, bernoulli_bias_is_clipped)
