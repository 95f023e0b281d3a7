// SPDX-License-Identifier: BSD-3-Clause
// The likelihoods against long double, at the edges of float, and their draws.
#include "elbow/vae/likelihood.h"

#include "unit.h"

#include "reference_vae.h"

#include <float.h>

enum { ROWS = 3, WIDEST = 12288 };

static const uint64_t SEED = 20141;
static const size_t WIDTHS[] = {1, 7, 8, 9, 255, 256, 257, 784, 1031, WIDEST};
enum { WIDTH_COUNT = sizeof WIDTHS / sizeof *WIDTHS };

static float x[ROWS * WIDEST], y[ROWS * WIDEST], dy[ROWS * WIDEST];

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
    elbow_likelihood_bernoulli(ROWS, values, x, y, recon, dy);
    elbow_likelihood_bernoulli(ROWS, values, x, y, alone, NULL);
    ck_assert(memcmp(recon, alone, sizeof recon) == 0);
    for (size_t i = 0; i < ROWS; ++i) {
        long double sum = 0, small = 0;
        for (size_t d = 0; d < values; ++d) {
            long double a = y[i * values + d], point = x[i * values + d], log_one_plus = log1pl(expl(-fabsl(a)));
            sum += point * a - (a > 0 ? a : 0) - log_one_plus;
            small += log_one_plus;
            long double slope =
                (1 - point) / (1 + expl(-a)) - point / (1 + expl(a)); // sigmoid(y) - x without cancelling
            // exp 1 ULP, 1 + e and the quotient half each, one rounding of the difference: below 4 2^-23, relative
            // where x is 0 or 1 (nothing cancels), else of 1.
            long double tolerance = 4 * FLT_EPSILON * (binary ? fabsl(slope) : 1) + FLT_MIN;
            ck_assert_msg(fabsl(dy[i * values + d] - slope) <= tolerance, "seed %llu: D %zu, row %zu, value %zu",
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
    float point[4] = {1, 0, 1, 0}, logit[4] = {100, -100, -100, 100}, slope[4];
    double recon[4];
    elbow_likelihood_bernoulli(4, 1, point, logit, recon, slope);
    double expected[4] = {0, 0, -100, -100}, expected_slope[4] = {0, 0, -1, 1};
    for (int i = 0; i < 4; ++i) {
        ck_assert_double_eq_tol(recon[i], expected[i], 1e-43); // to the last bit
        ck_assert_double_eq_tol(slope[i], expected_slope[i], 1e-43);
    }
    float far[2] = {1e30F, -1e30F}, ones[2] = {1, 0}, down[2];
    double certain[2];
    elbow_likelihood_bernoulli(2, 1, ones, far, certain, down);
    ck_assert(certain[0] == 0 && certain[1] == 0 && down[0] == 0 && down[1] == 0);
    // A pixel of probability 1 - 4.5e-5 keeps the digits of its small loss: -log1p(exp(-10)).
    float sure = 10, one = 1;
    double loss;
    elbow_likelihood_bernoulli(1, 1, &one, &sure, &loss, NULL);
    ck_assert_double_eq_tol(loss, -4.5398899216870535e-05, 1.01 * FLT_EPSILON * 4.54e-05);
}
END_TEST

START_TEST(bernoulli_at_zero_logits)
{
    float zero[784] = {0}, point[784];
    for (int d = 0; d < 784; ++d)
        point[d] = (float)(d % 2);
    double recon;
    elbow_likelihood_bernoulli(1, 784, point, zero, &recon, NULL);
    ck_assert_double_eq_tol(recon, -784 * 0.69314718055994530942, 1e-11); // -D log 2, in double
}
END_TEST

START_TEST(gaussian_at_its_mean)
{
    // log p = -D/2 log(2 pi v).
    double variances[3] = {1, 0.04, 7.5}, recon, slope;
    float point[13], down[13];
    for (int d = 0; d < 13; ++d)
        point[d] = (float)d / 3;
    for (int i = 0; i < 3; ++i) {
        elbow_likelihood_gaussian(1, 13, log(variances[i]), point, point, &recon, down, &slope);
        ck_assert_double_eq_tol(recon, -6.5 * log(2 * acos(-1.0) * variances[i]), 1e-13); // double, a few roundings
        ck_assert_double_eq_tol(slope, 6.5, 1e-15);
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
        double recon[ROWS], s = -1.25, slope;
        elbow_likelihood_gaussian(ROWS, values, s, x, y, recon, dy, &slope);
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
        ck_assert_double_eq_tol(slope, (double)all, 1e-13 * (double)values * 10);
    }
}
END_TEST

// A learned variance: its gradient is the finite difference of recon.
START_TEST(gaussian_variance_gradient)
{
    fill(false, 1);
    double recon[ROWS], slope, up = 0, down = 0, step = 1e-5, s = 0.3;
    elbow_likelihood_gaussian(ROWS, 31, s, x, y, recon, NULL, &slope);
    elbow_likelihood_gaussian(ROWS, 31, s + step, x, y, recon, NULL, NULL);
    for (int i = 0; i < ROWS; ++i)
        up += recon[i];
    elbow_likelihood_gaussian(ROWS, 31, s - step, x, y, recon, NULL, NULL);
    for (int i = 0; i < ROWS; ++i)
        down += recon[i];
    // Rounding 200 2^-53 / 1e-5 = 2e-9; the third derivative times step^2: 1e-8.
    ck_assert_double_eq_tol(slope, -(up - down) / (2 * step), 1e-7);
}
END_TEST

// Rows are independent, and the gradient may overwrite the outputs.
START_TEST(bits_do_not_depend_on_the_call)
{
    static float in_place[ROWS * WIDEST];
    for (size_t w = 0; w < WIDTH_COUNT; ++w)
        for (int gaussian = 0; gaussian < 2; ++gaussian) {
            size_t values = WIDTHS[w];
            fill(true, 3);
            memcpy(in_place, y, sizeof y);
            double recon[ROWS], alone;
            if (gaussian)
                elbow_likelihood_gaussian(ROWS, values, 0.1, x, in_place, recon, in_place, NULL);
            else
                elbow_likelihood_bernoulli(ROWS, values, x, in_place, recon, in_place);
            for (size_t i = 0; i < ROWS; ++i) {
                size_t at = i * values;
                if (gaussian)
                    elbow_likelihood_gaussian(1, values, 0.1, x + at, y + at, &alone, dy, NULL);
                else
                    elbow_likelihood_bernoulli(1, values, x + at, y + at, &alone, dy);
                ck_assert(memcmp(&alone, &recon[i], sizeof alone) == 0);
                ck_assert(memcmp(dy, in_place + at, values * sizeof *dy) == 0);
            }
        }
}
END_TEST

START_TEST(not_a_number_goes_through)
{
    float point[9] = {0}, logits[9] = {0}, slope[9];
    double recon;
    logits[8] = NAN;
    elbow_likelihood_bernoulli(1, 9, point, logits, &recon, slope);
    ck_assert(isnan(recon) && isnan(slope[8]) && !isnan(slope[7]));
    elbow_likelihood_gaussian(1, 9, 0, point, logits, &recon, slope, NULL);
    ck_assert(isnan(recon) && isnan(slope[8]));
    logits[8] = 0;
    point[3] = NAN;
    elbow_likelihood_bernoulli(1, 9, point, logits, &recon, slope);
    ck_assert(isnan(recon) && isnan(slope[3]));
}
END_TEST

START_TEST(draws)
{
    enum { N = 20000 };
    static float mean[N], drawn[N], again[N];
    struct elbow_stream stream = {.seed = SEED, .purpose = ELBOW_PURPOSE_SAMPLE_DRAW, .id = 3};
    for (size_t i = 0; i < N; ++i)
        mean[i] = i % 4 == 0 ? 0 : i % 4 == 1 ? 1 : 0.3F;
    elbow_likelihood_draw(stream, 0, N, mean, drawn);
    elbow_likelihood_draw(stream, 0, N, mean, again);
    ck_assert(memcmp(drawn, again, sizeof drawn) == 0);
    double ones = 0;
    for (size_t i = 0; i < N; ++i) {
        ck_assert(drawn[i] == 0 || drawn[i] == 1);
        ck_assert(i % 4 != 0 || drawn[i] == 0);
        ck_assert(i % 4 != 1 || drawn[i] == 1);
        ones += i % 4 > 1 ? drawn[i] : 0;
    }
    ck_assert_double_eq_tol(ones / (N / 2), 0.3, 5 * sqrt(0.21 / (N / 2))); // 5 standard errors
    elbow_random_uniform(stream, N, again);                                 // 1 where u < mean, not where u = mean
    elbow_likelihood_draw(stream, 0, N, again, drawn);
    for (size_t i = 0; i < N; ++i)
        ck_assert(drawn[i] == 0);
    elbow_likelihood_draw(stream, 4, N, mean, drawn);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < N; ++i) {
        double difference = drawn[i] - mean[i];
        sum += difference;
        squares += difference * difference;
    }
    ck_assert_double_eq_tol(sum / N, 0, 5 * 2 / sqrt(N)); // 5 standard errors: deviation 2
    ck_assert_double_eq_tol(squares / N, 4, 5 * 4 * sqrt(2.0 / N));
}
END_TEST

UNIT_MAIN("vae/likelihood", bernoulli_matches_long_double, bernoulli_of_sure_pixels, bernoulli_at_zero_logits,
          gaussian_at_its_mean, gaussian_matches_long_double, gaussian_variance_gradient,
          bits_do_not_depend_on_the_call, not_a_number_goes_through, draws)
