// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/vector.h"

#include "ulp.h"
#include "unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef void (*kernel)(size_t n, const float *x, float *y);

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double softplus(double x)
{
    return (x > 0.0 ? x : 0.0) + log1p(exp(-fabs(x)));
}

static void cosine_pi(size_t n, const float *x, float *y)
{
    float sine[4096];
    ck_assert_uint_le(n, 4096);
    elbow_vector_cossinpi(n, x, y, sine);
}

static void sine_pi(size_t n, const float *x, float *y)
{
    float cosine[4096];
    ck_assert_uint_le(n, 4096);
    elbow_vector_cossinpi(n, x, cosine, y);
}

static const struct {
    const char *name;
    kernel function;
    double (*reference)(double);
    double bound; // ULP, as the header states
} kernels[] = {
    {"exp", elbow_vector_exp, exp, 1.0},
    {"expm1", elbow_vector_expm1, expm1, 1.0},
    {"log", elbow_vector_log, log, 1.0},
    {"log1p", elbow_vector_log1p, log1p, 1.0},
    {"tanh", elbow_vector_tanh, tanh, 1.0},
    {"erfc", elbow_vector_erfc, erfc, 1.5},
    {"sigmoid", elbow_vector_sigmoid, sigmoid, 4.0},
    {"softplus", elbow_vector_softplus, softplus, 4.0},
};

enum { KERNELS = sizeof kernels / sizeof *kernels, CHUNK = 4096 };

static float from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The worst error of a kernel over all signs and exponents, NaN and infinities included: every `stride`-th float.
static double worst(kernel function, double (*reference)(double), uint32_t stride, float *where)
{
    static float x[CHUNK], y[CHUNK];
    double result = 0.0;
    uint64_t bits = 0;
    while (bits < UINT64_C(1) << 32) {
        size_t n = 0;
        for (; n < CHUNK && bits < UINT64_C(1) << 32; bits += stride)
            x[n++] = from_bits((uint32_t)bits);
        function(n, x, y);
        for (size_t i = 0; i < n; ++i) {
            double error = ulp_error(y[i], reference((double)x[i]));
            if (error > result) {
                result = error;
                *where = x[i];
            }
        }
    }
    return result;
}

START_TEST(accuracy_over_all_exponents)
{
    for (int k = 0; k < KERNELS; ++k) {
        float where = 0.0f;
        // A prime stride visits every exponent at thousands of different fractions.
        double error = worst(kernels[k].function, kernels[k].reference, 4099, &where);
        // The double reference is itself wrong by a few 2^-53, which is below 2^-20 ULP of a float.
        ck_assert_msg(error <= kernels[k].bound + 0x1p-20, "%s: %.3f ULP at %a (%.9g), bound %g", kernels[k].name,
                      error, (double)where, (double)where, kernels[k].bound);
    }
}
END_TEST

START_TEST(special_values)
{
    static const float x[] = {NAN,       -NAN,         INFINITY,      -INFINITY, 0.0f,  -0.0f,   FLT_MAX,
                              -FLT_MAX,  FLT_TRUE_MIN, -FLT_TRUE_MIN, FLT_MIN,   1.0f,  -1.0f,   88.72283f,
                              88.72284f, -87.5f,       -103.97f,      -104.1f,   1e38f, 1.1e38f, 2e38f};
    enum { N = sizeof x / sizeof *x };
    for (int k = 0; k < KERNELS; ++k) {
        float y[N];
        kernels[k].function(N, x, y);
        for (size_t i = 0; i < N; ++i) {
            double error = ulp_error(y[i], kernels[k].reference((double)x[i]));
            ck_assert_msg(error <= kernels[k].bound + 0x1p-20, "%s(%.9g) = %.9g, %.3f ULP off", kernels[k].name,
                          (double)x[i], (double)y[i], error);
        }
    }
}
END_TEST

// The reference in double is off by about 1e-16, far below an ULP of a float except at the zeros, which 1e-15 forgives.
static bool is_near(float value, double reference)
{
    return ulp_error(value, reference) <= 4.0 || fabs((double)value - reference) < 1e-15;
}

START_TEST(cosine_and_sine_of_the_box_muller_range)
{
    // Every multiple of 2^-23 in [0, 2) that the normal numbers may meet, thinned by a prime.
    static float x[CHUNK], cosine[CHUNK], sine[CHUNK];
    for (uint32_t word = 0; word < UINT32_C(1) << 24;) {
        size_t n = 0;
        for (; n < CHUNK && word < UINT32_C(1) << 24; word += 61)
            x[n++] = (float)word * 0x1p-23f;
        elbow_vector_cossinpi(n, x, cosine, sine);
        size_t i = 0;
        while (i < n && is_near(cosine[i], cos(M_PI * (double)x[i])) && is_near(sine[i], sin(M_PI * (double)x[i])))
            ++i;
        ck_assert_msg(i == n, "cospi(%a) = %a, sinpi = %a", (double)x[i], (double)cosine[i], (double)sine[i]);
    }
}
END_TEST

static void add_itself(size_t n, const float *x, float *y)
{
    elbow_vector_add(n, x, x, y);
}

static void scale_by_a_third(size_t n, const float *x, float *y)
{
    elbow_vector_scale(n, 1.0f / 3.0f, x, y);
}

// Any split of [0, n) into calls gives the same bits, at any alignment, in place too, and nothing beyond is written.
static void check_splits(const char *name, kernel function)
{
    enum { N = 83, GUARD = 3 };
    float x[N], whole[N], parts[N + 2 * GUARD];
    for (size_t i = 0; i < N; ++i)
        x[i] = (i % 7 == 3 ? 40.0f : 1.0f) * ((float)((i * 37) % N) / 8.0f - 4.3f);
    x[5] = NAN;
    x[6] = INFINITY;
    x[30] = -INFINITY;
    function(N, x, whole);
    for (size_t cut = 0; cut <= N; ++cut) {
        for (size_t i = 0; i < N + 2 * GUARD; ++i)
            parts[i] = 12345.0f;
        function(cut, x, parts + GUARD);
        function(N - cut, x + cut, parts + GUARD + cut);
        ck_assert_msg(memcmp(whole, parts + GUARD, sizeof whole) == 0, "%s cut at %zu", name, cut);
        for (size_t i = 0; i < GUARD; ++i)
            ck_assert(parts[i] == 12345.0f && parts[N + GUARD + i] == 12345.0f);
    }
    for (size_t i = 0; i < N; ++i)
        function(1, x + i, parts + i);
    ck_assert_msg(memcmp(whole, parts, sizeof whole) == 0, "%s one by one", name);
    function(N, x, x);
    ck_assert_msg(memcmp(whole, x, sizeof whole) == 0, "%s in place", name);
}

START_TEST(any_split_gives_the_same_bits)
{
    for (int k = 0; k < KERNELS; ++k)
        check_splits(kernels[k].name, kernels[k].function);
    check_splits("cospi", cosine_pi);
    check_splits("sinpi", sine_pi);
    check_splits("add", add_itself);
    check_splits("scale", scale_by_a_third);
}
END_TEST

START_TEST(add_and_scale)
{
    float a[5] = {1.0f, 2.0f, -3.0f, 0.25f, 1e30f}, b[5] = {0.5f, -2.0f, 4.0f, 8.0f, 1e30f}, sum[5];
    elbow_vector_add(5, a, b, sum);
    for (int i = 0; i < 5; ++i)
        ck_assert(sum[i] == a[i] + b[i]);
    elbow_vector_scale(5, -2.0f, sum, sum);
    for (int i = 0; i < 5; ++i)
        ck_assert(sum[i] == -2.0f * (a[i] + b[i]));
}
END_TEST

// Element i belongs to partial sum i % 16, and the parts are added in halves: the order that the header promises.
static double sum_in_order(size_t n, const float *x, int power)
{
    double parts[16] = {0};
    for (size_t i = 0; i < n; ++i)
        parts[i % 16] += power == 2 ? (double)x[i] * (double)x[i] : (double)x[i];
    for (size_t half = 8; half > 0; half /= 2)
        for (size_t i = 0; i < half; ++i)
            parts[i] += parts[i + half];
    return parts[0];
}

START_TEST(sums_in_the_fixed_order)
{
    enum { N = 1000 };
    static float x[N + 1], y[N];
    for (size_t i = 0; i <= N; ++i)
        x[i] = ldexpf((float)((i * 7919) % 1009) - 500.3f, (int)(i % 60) - 30);
    for (size_t n = 0; n <= N; n += n < 70 ? 1 : 93) {
        ck_assert(elbow_vector_sum(n, x) == sum_in_order(n, x, 1));
        ck_assert(elbow_vector_scale(n, 1.0f, x, y) == sum_in_order(n, x, 2));
        ck_assert(elbow_vector_scale(n, 0.3f, x, y) == sum_in_order(n, y, 2));
        ck_assert(elbow_vector_sum(n, x + 1) == sum_in_order(n, x + 1, 1)); // any alignment
    }
    ck_assert(elbow_vector_sum(0, NULL) == 0.0);
    float squares[3] = {3.0f, 4.0f, -12.0f};
    ck_assert(elbow_vector_scale(3, 2.0f, squares, squares) == 4 * 169.0);
}
END_TEST

UNIT_MAIN("math/vector", accuracy_over_all_exponents, special_values, cosine_and_sine_of_the_box_muller_range,
          any_split_gives_the_same_bits, add_and_scale, sums_in_the_fixed_order)
