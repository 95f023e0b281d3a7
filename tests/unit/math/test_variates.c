// SPDX-License-Identifier: BSD-3-Clause
// Draws have the moments of their distributions, each within five standard errors.
#include "elbow/math/variates.h"

#include "unit.h"

#include <math.h>

enum { DRAWS = 40000 };

static struct elbow_variates source_of(uint64_t value)
{
    return (struct elbow_variates){
        .stream = {.seed = 20141, .purpose = ELBOW_PURPOSE_SAMPLE_DRAW, .id = 3}, .value = value, .values = DRAWS};
}

// One of `what` for each value: its mean and variance, of that fourth central moment.
static void check_moments(double (*what)(const double *numbers, struct elbow_variates *source), const double *numbers,
                          double mean, double variance, double fourth)
{
    double sum = 0, square = 0;
    for (uint64_t i = 0; i < DRAWS; ++i) {
        struct elbow_variates source = source_of(i);
        double drawn = what(numbers, &source) - mean;
        sum += drawn / DRAWS;
        square += drawn * drawn / DRAWS;
    }
    ck_assert_msg(fabs(sum) <= 5 * sqrt(variance / DRAWS), "of %g, %g: mean %g off", numbers[0], numbers[1], sum);
    ck_assert_msg(fabs(square - variance) <= 5 * sqrt((fourth - variance * variance) / DRAWS) + 1e-9 * variance,
                  "of %g, %g: variance %g, not %g", numbers[0], numbers[1], square, variance);
}

static double normal(const double *numbers, struct elbow_variates *source)
{
    (void)numbers;
    return elbow_draw_normal(source);
}

static double poisson(const double *numbers, struct elbow_variates *source)
{
    return elbow_draw_poisson(numbers[0], source);
}

static double gamma_variate(const double *numbers, struct elbow_variates *source)
{
    return exp(elbow_draw_log_gamma(numbers[0], source));
}

static double binomial(const double *numbers, struct elbow_variates *source)
{
    double drawn = elbow_draw_binomial(numbers[0], numbers[1], source);
    ck_assert(drawn >= 0 && drawn <= numbers[0] && drawn == floor(drawn));
    return drawn;
}

START_TEST(moments)
{
    const double none[2] = {0}, rates[] = {0.01, 3, 9.9, 10.1, 400, 1e7};
    const double shapes[] = {0.05, 0.5, 1, 2.5, 300}, trials[] = {1, 16, 64, 65, 1000, 1 << 24};
    const double chances[] = {0.001, 0.3, 0.5, 0.98};
    check_moments(normal, none, 0, 1, 3);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; ++i)
        check_moments(poisson, (const double[]){rates[i], 0}, rates[i], rates[i], rates[i] * (1 + 3 * rates[i]));
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        check_moments(gamma_variate, (const double[]){shapes[i], 0}, shapes[i], shapes[i],
                      3 * shapes[i] * shapes[i] + 6 * shapes[i]);
    for (size_t i = 0; i < sizeof trials / sizeof *trials; ++i)
        for (size_t k = 0; k < sizeof chances / sizeof *chances; ++k) {
            double n = trials[i], p = chances[k], variance = n * p * (1 - p);
            check_moments(binomial, (const double[]){n, p}, n * p, variance,
                          variance * (1 + 3 * (n - 2) * p * (1 - p)));
        }
}
END_TEST

// E[log of a gamma variate] = psi(shape), which is about -1 / shape for a small one, below the range of a double.
START_TEST(small_shapes)
{
    double sum = 0;
    for (uint64_t i = 0; i < DRAWS; ++i) {
        struct elbow_variates source = source_of(i);
        sum += elbow_draw_log_gamma(1e-6, &source) / DRAWS;
    }
    ck_assert_double_eq_tol(sum, -1000000.577, 5 * 1e6 / sqrt(DRAWS));
}
END_TEST

START_TEST(ends_and_not_a_number)
{
    struct elbow_variates source = source_of(0);
    ck_assert(elbow_draw_binomial(1000, 0, &source) == 0 && elbow_draw_binomial(1000, 1, &source) == 1000);
    ck_assert(elbow_draw_poisson(0, &source) == 0 && isinf(elbow_draw_poisson(INFINITY, &source)));
    ck_assert(isnan(elbow_draw_binomial(5, NAN, &source)) && isnan(elbow_draw_poisson(NAN, &source)) &&
              isnan(elbow_draw_log_gamma(NAN, &source)));
    ck_assert(isinf(elbow_draw_log_gamma(INFINITY, &source)));
}
END_TEST

UNIT_MAIN("math/variates", moments, small_shapes, ends_and_not_a_number)
