// SPDX-License-Identifier: BSD-3-Clause
// log(1 + value), whose derivative is 1 / (1 + value) = exp(-log(1 + value)).
#include "elbow/data/detail/transform.h"

#include "elbow/base/text.h"

#include <math.h>

static void forward(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    (void)fit;
    (void)first;
    for (size_t i = 0; i < n; ++i)
        values[i] = log1p(values[i]);
}

static void inverse(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    (void)fit;
    (void)first;
    for (size_t i = 0; i < n; ++i)
        values[i] = expm1(values[i]);
}

static double log_derivative(const struct elbow_fit *fit, size_t first, size_t n, const double *values)
{
    (void)fit;
    (void)first;
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum -= values[i];
    return sum;
}

static void describe(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE])
{
    (void)fit;
    (void)digits;
    (void)elbow_text_format(words, ELBOW_TRANSFORM_WORDS_SIZE, "log(1 + value)");
}

static elbow_onnx_value onnx_of(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values)
{
    (void)fit;
    return elbow_onnx_one(onnx, "Log", elbow_onnx_two(onnx, "Add", values, elbow_onnx_double(onnx, 1)));
}

static elbow_onnx_value onnx_inverse(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values)
{
    (void)fit;
    return elbow_onnx_two(onnx, "Sub", elbow_onnx_one(onnx, "Exp", values), elbow_onnx_double(onnx, 1));
}

const struct elbow_transform elbow_transform_log1p = {.above = -1,
                                                      .forward = forward,
                                                      .inverse = inverse,
                                                      .log_derivative = log_derivative,
                                                      .describe = describe,
                                                      .onnx = onnx_of,
                                                      .onnx_inverse = onnx_inverse};
