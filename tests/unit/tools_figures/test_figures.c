// SPDX-License-Identifier: BSD-3-Clause
// The numbers behind the figures of the tutorial.
#include "figures/figures.h"
#include "unit.h"

#include <math.h>
#include <string.h>

// KL(N(m, v) || N(0, 1)) as an integral of q log(q / p) over 12 deviations of q, by the trapezoidal rule, which is
// exact to rounding for functions that fall off like this.
static double integral(double mean, double variance)
{
    enum { POINTS = 4001 };
    double deviation = sqrt(variance), step = 24 * deviation / (POINTS - 1), sum = 0;
    for (int i = 0; i < POINTS; ++i) {
        double z = mean - 12 * deviation + step * i, off = (z - mean) / deviation;
        double log_q = -off * off / 2 - log(deviation), log_p = -z * z / 2; // both without log(2 pi) / 2
        sum += exp(log_q) / sqrt(8 * atan(1)) * (log_q - log_p) * step;
    }
    return sum;
}

START_TEST(parts_add_up_to_the_kl)
{
    static const double means[] = {0, 0.3, -2, 5}, variances[] = {1, 0.5, 1e-3, 4};
    for (size_t i = 0; i < 4; ++i)
        for (size_t k = 0; k < 4; ++k) {
            double parts = figures_pull_of_mean(means[i]) + figures_pull_of_variance(log(variances[k]));
            ck_assert_double_eq_tol(parts, integral(means[i], variances[k]), 1e-10);
        }
}
END_TEST

// No player gains by leaving an equilibrium alone, and its value is player one's gain there.
static void expect_equilibrium(const double payoff[2][2], double one, double two, double value)
{
    struct figures_equilibrium found = figures_equilibrium_of(payoff);
    ck_assert_double_eq_tol(found.one, one, 1e-15);
    ck_assert_double_eq_tol(found.two, two, 1e-15);
    ck_assert_double_eq_tol(found.value, value, 1e-15);
    for (int move = 0; move < 2; ++move) {
        double of_one = found.two * payoff[move][0] + (1 - found.two) * payoff[move][1];
        double of_two = found.one * payoff[0][move] + (1 - found.one) * payoff[1][move];
        ck_assert(of_one <= value + 1e-15 && of_two >= value - 1e-15);
    }
}

START_TEST(games_have_known_equilibria)
{
    static const double guide[2][2] = {{3, -1}, {-2, 1}}, pennies[2][2] = {{1, -1}, {-1, 1}};
    static const double dominated[2][2] = {{4, 2}, {3, 1}}, saddle[2][2] = {{0, 5}, {-1, -2}};
    expect_equilibrium(guide, 3.0 / 7, 2.0 / 7, 1.0 / 7);
    expect_equilibrium(pennies, 0.5, 0.5, 0);
    expect_equilibrium(dominated, 1, 0, 2);
    expect_equilibrium(saddle, 1, 1, 0);
}
END_TEST

START_TEST(a_correlation_does_not_turn_its_kernel)
{
    static const double kernel[3][3] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    double picture[4 * 5] = {0}, result[2 * 3];
    picture[1 * 5 + 2] = 1;
    figures_correlate(4, 5, picture, kernel, result);
    static const double expected[] = {6, 5, 4, 3, 2, 1};
    ck_assert(memcmp(result, expected, sizeof expected) == 0);
}
END_TEST

UNIT_MAIN("tools/figures", parts_add_up_to_the_kl, games_have_known_equilibria, a_correlation_does_not_turn_its_kernel)
