// SPDX-License-Identifier: BSD-3-Clause
// Elementwise kernels on the widest vectors of the build, with SLEEF's functions of a fixed instruction set: a function
// chosen at run time would make the bits depend on the machine. There is no scalar version: a tail is padded to a full
// vector, so an element gets the same instructions in any position.
#include "elbow/math/vector.h"

#include "elbow/math/threads.h"

#include <math.h>
#include <sleef.h>
#include <stdint.h>
#include <string.h>

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX2__) && defined(__FMA__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif

typedef float vector __attribute__((vector_size(sizeof(float) * LANES)));
typedef int32_t mask __attribute__((vector_size(sizeof(int32_t) * LANES))); // a lane is all ones or all zeros

enum { ADD_LEAST = 1 << 14 }; // sums that are worth a thread

#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
typedef Sleef___m512_2 vector_pair;
INLINE vector lanes_exp(vector x)
{
    return Sleef_expf16_u10avx512f(x);
}
INLINE vector lanes_expm1(vector x)
{
    return Sleef_expm1f16_u10avx512f(x);
}
INLINE vector lanes_log(vector x)
{
    return Sleef_logf16_u10avx512f(x);
}
INLINE vector lanes_log1p_below_1e38(vector x)
{
    return Sleef_log1pf16_u10avx512f(x);
}
INLINE vector lanes_tanh(vector x)
{
    return Sleef_tanhf16_u10avx512f(x);
}
INLINE vector lanes_erfc(vector x)
{
    return Sleef_erfcf16_u15avx512f(x);
}
INLINE vector_pair lanes_sincospi(vector x)
{
    return Sleef_sincospif16_u35avx512f(x);
}
#elif defined(__AVX2__) && defined(__FMA__)
typedef Sleef___m256_2 vector_pair;
INLINE vector lanes_exp(vector x)
{
    return Sleef_expf8_u10avx2(x);
}
INLINE vector lanes_expm1(vector x)
{
    return Sleef_expm1f8_u10avx2(x);
}
INLINE vector lanes_log(vector x)
{
    return Sleef_logf8_u10avx2(x);
}
INLINE vector lanes_log1p_below_1e38(vector x)
{
    return Sleef_log1pf8_u10avx2(x);
}
INLINE vector lanes_tanh(vector x)
{
    return Sleef_tanhf8_u10avx2(x);
}
INLINE vector lanes_erfc(vector x)
{
    return Sleef_erfcf8_u15avx2(x);
}
INLINE vector_pair lanes_sincospi(vector x)
{
    return Sleef_sincospif8_u35avx2(x);
}
#elif defined(__SSE2__)
typedef Sleef___m128_2 vector_pair;
INLINE vector lanes_exp(vector x)
{
    return Sleef_expf4_u10sse2(x);
}
INLINE vector lanes_expm1(vector x)
{
    return Sleef_expm1f4_u10sse2(x);
}
INLINE vector lanes_log(vector x)
{
    return Sleef_logf4_u10sse2(x);
}
INLINE vector lanes_log1p_below_1e38(vector x)
{
    return Sleef_log1pf4_u10sse2(x);
}
INLINE vector lanes_tanh(vector x)
{
    return Sleef_tanhf4_u10sse2(x);
}
INLINE vector lanes_erfc(vector x)
{
    return Sleef_erfcf4_u15sse2(x);
}
INLINE vector_pair lanes_sincospi(vector x)
{
    return Sleef_sincospif4_u35sse2(x);
}
#else // any other processor: the lanes one by one
typedef struct {
    vector x, y;
} vector_pair;
INLINE vector lanes_each(vector x, float (*function)(float))
{
    for (int lane = 0; lane < LANES; ++lane)
        x[lane] = function(x[lane]);
    return x;
}
INLINE vector lanes_exp(vector x)
{
    return lanes_each(x, Sleef_expf_u10);
}
INLINE vector lanes_expm1(vector x)
{
    return lanes_each(x, Sleef_expm1f_u10);
}
INLINE vector lanes_log(vector x)
{
    return lanes_each(x, Sleef_logf_u10);
}
INLINE vector lanes_log1p_below_1e38(vector x)
{
    return lanes_each(x, Sleef_log1pf_u10);
}
INLINE vector lanes_tanh(vector x)
{
    return lanes_each(x, Sleef_tanhf_u10);
}
INLINE vector lanes_erfc(vector x)
{
    return lanes_each(x, Sleef_erfcf_u15);
}
INLINE vector_pair lanes_sincospi(vector x)
{
    vector_pair result;
    for (int lane = 0; lane < LANES; ++lane) {
        Sleef_float2 pair = Sleef_sincospif_u35(x[lane]);
        result.x[lane] = pair.x;
        result.y[lane] = pair.y;
    }
    return result;
}
#endif

INLINE vector load(const float *x)
{
    vector value;
    memcpy(&value, x, sizeof value);
    return value;
}

INLINE void store(float *y, vector value)
{
    memcpy(y, &value, sizeof value);
}

// The first n lanes from x, ones in the others (where every function is tame).
INLINE vector load_some(const float *x, size_t n)
{
    float lanes[LANES];
    for (size_t i = 0; i < LANES; ++i)
        lanes[i] = 1.0f;
    memcpy(lanes, x, n * sizeof *x);
    return load(lanes);
}

INLINE void store_some(float *y, vector value, size_t n)
{
    memcpy(y, &value, n * sizeof *y);
}

INLINE vector pick(mask where, vector yes, vector no)
{
    return (vector)((where & (mask)yes) | (~where & (mask)no));
}

// -|x|: the sign bit set.
INLINE vector minus_absolute(vector x)
{
    return (vector)((mask)x | INT32_MIN);
}

// SLEEF 3.5 takes log(1 + x) for infinite above 1e38; log(x) is the same float from 2^60 on.
INLINE vector lanes_log1p(vector x)
{
    return pick(x > 0x1p60f, lanes_log(x), lanes_log1p_below_1e38(x));
}

INLINE vector lanes_sigmoid(vector x)
{
    // exp(-|x|) cannot overflow; below zero sigmoid(x) = exp(x) / (1 + exp(x)).
    vector e = lanes_exp(minus_absolute(x));
    vector one = (vector){0} + 1.0f;
    return pick(x < 0.0f, e, one) / (one + e);
}

INLINE vector lanes_softplus(vector x)
{
    vector positive = (vector)((mask)x & (x > 0.0f));
    return positive + lanes_log1p_below_1e38(lanes_exp(minus_absolute(x)));
}

INLINE void map(size_t n, const float *x, float *y, vector (*function)(vector))
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        store(y + i, function(load(x + i)));
    if (i < n)
        store_some(y + i, function(load_some(x + i, n - i)), n - i);
}

void elbow_vector_exp(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_exp);
}

void elbow_vector_expm1(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_expm1);
}

void elbow_vector_log(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_log);
}

void elbow_vector_log1p(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_log1p);
}

void elbow_vector_tanh(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_tanh);
}

void elbow_vector_erfc(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_erfc);
}

void elbow_vector_sigmoid(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_sigmoid);
}

void elbow_vector_softplus(size_t n, const float *x, float *y)
{
    map(n, x, y, lanes_softplus);
}

void elbow_vector_cossinpi(size_t n, const float *x, float *cosine, float *sine)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        vector_pair pair = lanes_sincospi(load(x + i));
        store(sine + i, pair.x);
        store(cosine + i, pair.y);
    }
    if (i < n) {
        vector_pair pair = lanes_sincospi(load_some(x + i, n - i));
        store_some(sine + i, pair.x, n - i);
        store_some(cosine + i, pair.y, n - i);
    }
}

struct addition {
    const float *a, *b;
    float *sum;
};

// One IEEE operation an element, correctly rounded in vector and scalar code alike: plain loops for the compiler.
static void add_span(void *user, int part, size_t first, size_t count)
{
    const struct addition *addition = user;
    const float *a = addition->a + first, *b = addition->b + first;
    float *sum = addition->sum + first;
    (void)part;
    for (size_t i = 0; i < count; ++i)
        sum[i] = a[i] + b[i];
}

void elbow_vector_add(size_t n, const float *a, const float *b, float *sum)
{
    struct addition addition = {a, b, sum};
    elbow_threads_split(n, ELBOW_THREADS_LINE, ADD_LEAST, add_span, &addition);
}

// Element i goes to partial sum i % PARTS; the parts are added in halves: 0 + 8, 1 + 9, ...; 0 + 4, ...
enum { PARTS = 16 };

static double total(double *parts)
{
    for (size_t half = PARTS / 2; half > 0; half /= 2)
        for (size_t i = 0; i < half; ++i)
            parts[i] += parts[i + half];
    return parts[0];
}

double elbow_vector_sum(size_t n, const float *x)
{
    double parts[PARTS] = {0};
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS)
        for (size_t lane = 0; lane < PARTS; ++lane)
            parts[lane] += (double)x[i + lane];
    for (size_t lane = 0; i + lane < n; ++lane)
        parts[lane] += (double)x[i + lane];
    return total(parts);
}

double elbow_vector_scale(size_t n, float factor, const float *x, float *y)
{
    double parts[PARTS] = {0};
    size_t i = 0;
    for (; i + PARTS <= n; i += PARTS) {
        float scaled[PARTS]; // apart from y, which may be x: so the loops become vectors
        for (size_t lane = 0; lane < PARTS; ++lane)
            scaled[lane] = factor * x[i + lane];
        memcpy(y + i, scaled, sizeof scaled);
        for (size_t lane = 0; lane < PARTS; ++lane)
            parts[lane] += (double)scaled[lane] * (double)scaled[lane];
    }
    for (size_t lane = 0; i + lane < n; ++lane) {
        float scaled = factor * x[i + lane];
        y[i + lane] = scaled;
        parts[lane] += (double)scaled * (double)scaled;
    }
    return total(parts);
}
