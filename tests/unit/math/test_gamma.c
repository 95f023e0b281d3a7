// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/gamma.h"

#include "unit.h"

#include <math.h>

static const double ARGUMENTS[] = {1e-12, 1e-6, 0.25, 0.5, 1, 1.5, 3, 15.5, 16, 17, 100, 1e4, 1e8};
static const double RISES[] = {0, 0.5, 1, 2, 15, 15.5, 16, 40, 1000, 1e6};
enum { ARGUMENTS_COUNT = sizeof ARGUMENTS / sizeof *ARGUMENTS, RISES_COUNT = sizeof RISES / sizeof *RISES };

// The C library's in long double: 64 bits resolve the difference of two large logarithms.
static void check_rise(double a, double x)
{
    long double low = lgammal(a), high = lgammal((long double)a + x);
    double expected = (double)(high - low), scale = fabs(expected) + fabs((double)low) * 1e-4 + 1;
    ck_assert_msg(fabs(elbow_log_gamma_rise(a, x) - expected) <= 2e-14 * scale, "a %g, x %g: %.17g, not %.17g", a, x,
                  elbow_log_gamma_rise(a, x), expected);
}

START_TEST(log_gamma_rises)
{
    for (int i = 0; i < ARGUMENTS_COUNT; ++i)
        for (int k = 0; k < RISES_COUNT; ++k)
            check_rise(ARGUMENTS[i], RISES[k]);
    ck_assert(elbow_log_gamma_rise(3, 0) == 0);
    ck_assert_double_eq_tol(elbow_log_gamma_rise(1, 5), log(120), 1e-15);
    ck_assert_double_eq_tol(elbow_log_gamma_rise(1e15, 2), 2 * log(1e15), 1e-13);
}
END_TEST

// Digits of mpmath: psi(a + x) - psi(a).
static const struct {
    double a, x, expected;
} PINNED[] = {
    {1e-6, 3, 1000001.4999987500464},  {0.5, 0.5, 1.3862943611198906188},    {2.5, 0.5, 0.21962769445322395217},
    {7.25, 40, 1.9343797918295674218}, {16, 0.5, 0.031738043295163128699},   {1e4, 0.5, 0.0000500012499999984375},
    {1e8, 0.5, 5.0000000125e-9},       {1e8, 1e6, 0.0099503309026730335075},
};

START_TEST(digamma_rises)
{
    for (size_t i = 0; i < sizeof PINNED / sizeof *PINNED; ++i)
        ck_assert_msg(fabs(elbow_digamma_rise(PINNED[i].a, PINNED[i].x) - PINNED[i].expected) <=
                          1e-13 * PINNED[i].expected,
                      "a %g, x %g: %.17g", PINNED[i].a, PINNED[i].x, elbow_digamma_rise(PINNED[i].a, PINNED[i].x));
    for (int i = 0; i < ARGUMENTS_COUNT; ++i)
        for (int k = 0; k + 1 < RISES_COUNT; ++k) { // psi(a + x + 1) = psi(a + x) + 1 / (a + x)
            double a = ARGUMENTS[i], x = RISES[k], step = 1 / (a + x);
            double difference = elbow_digamma_rise(a, x + 1) - elbow_digamma_rise(a, x);
            ck_assert_double_eq_tol(difference, step, 1e-13 * (1 + elbow_digamma_rise(a, x + 1)));
        }
}
END_TEST

START_TEST(factorials)
{
    for (int x = 0; x <= 2000; ++x)
        ck_assert_double_eq_tol(elbow_log_factorial(x), (double)lgammal(x + 1.0L), 2e-14 * (1 + x));
}
END_TEST

START_TEST(not_a_number_goes_through)
{
    ck_assert(isnan(elbow_log_factorial(NAN)));
    for (int k = 0; k < RISES_COUNT; ++k) {
        ck_assert(isnan(elbow_log_gamma_rise(NAN, RISES[k])) && isnan(elbow_digamma_rise(NAN, RISES[k])));
        ck_assert(isnan(elbow_log_gamma_rise(1 + k, NAN)) && isnan(elbow_digamma_rise(1 + k, NAN)));
    }
}
END_TEST

UNIT_MAIN("math/gamma", log_gamma_rises, digamma_rises, factorials, not_a_number_goes_through)
