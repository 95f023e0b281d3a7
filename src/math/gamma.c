// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/gamma.h"

#include <stdbool.h>

enum { SERIES_FROM = 16, WHOLE_BELOW = 16 };

static bool is_small_whole(double x)
{
    return x < WHOLE_BELOW && x == floor(x);
}

// x factors: a (a + 1) ... (a + x - 1). Those behind the first are taken as parts of a where a is large.
static double rise_by_product(double a, double x)
{
    double product = 1;
    if (x < 1)
        return 0 * a;
    for (double i = 1; i < x; ++i)
        product *= a < 1 ? a + i : 1 + i / a;
    return (a < 1 ? 1 : x) * log(a) + log(product);
}

double elbow_log_gamma_rise(double a, double x)
{
    if (is_small_whole(x))
        return rise_by_product(a, x);
    double sum = 0, product = 1;
    for (; a < SERIES_FROM; ++a) { // Gamma(a + x) / Gamma(a) = Gamma(a + 1 + x) / Gamma(a + 1) a / (a + x)
        product *= a / (a + x);
        if (product < 1e-150) {
            sum += log(product);
            product = 1;
        }
    }
    double remainders = elbow_stirling_remainder(a + x) - elbow_stirling_remainder(a);
    return sum + log(product) + ((a - 0.5) * log1p(x / a) + x * log(a + x) - x + remainders);
}

// The remainder of psi(z) behind log z - 1 / (2 z), for z >= 16.
static double digamma_remainder(double z)
{
    double square = z * z;
    double inner = 1.0 / 252 - (1.0 / 240 - 1.0 / 132 / square) / square;
    return -(1.0 / 12 - (1.0 / 120 - inner / square) / square) / square;
}

double elbow_digamma_rise(double a, double x)
{
    double sum = 0 * x;
    if (is_small_whole(x)) {
        for (double i = 0; i < x; ++i)
            sum += 1 / (a + i);
        return x < 1 ? 0 * a : sum;
    }
    for (; a < SERIES_FROM; ++a)
        sum += x / (a * (a + x));
    double halves = x / (2 * a * (a + x));
    return sum + (log1p(x / a) + halves + (digamma_remainder(a + x) - digamma_remainder(a)));
}
