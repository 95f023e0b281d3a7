// SPDX-License-Identifier: BSD-3-Clause
// asinh(value) = log(value + sqrt(value^2 + 1)), whose derivative is 1 / sqrt(value^2 + 1) = 1 / cosh(asinh(value)).
#include "elbow/data/detail/transform.h"

#include "elbow/base/text.h"

#include <math.h>

static void forward(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    (void)fit;
    (void)first;
    for (size_t i = 0; i < n; ++i)
        values[i] = asinh(values[i]);
}

static void inverse(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    (void)fit;
    (void)first;
    for (size_t i = 0; i < n; ++i)
        values[i] = sinh(values[i]);
}

// log cosh(a) = |a| + log1p(exp(-2 |a|)) - log 2, which does not overflow.
static double log_derivative(const struct elbow_fit *fit, size_t first, size_t n, const double *values)
{
    static const double LOG_2 = 0.69314718055994530942;
    (void)fit;
    (void)first;
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum -= fabs(values[i]) + log1p(exp(-2 * fabs(values[i]))) - LOG_2;
    return sum;
}

static void describe(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE])
{
    (void)fit;
    (void)digits;
    (void)elbow_text_format(words, ELBOW_TRANSFORM_WORDS_SIZE, "asinh(value)");
}

// sign(value) log(|value| + sqrt(value^2 + 1)): the node Asinh does not support doubles.
static elbow_onnx_value onnx_of(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values)
{
    (void)fit;
    elbow_onnx_value size = elbow_onnx_one(onnx, "Abs", values);
    elbow_onnx_value square = elbow_onnx_two(onnx, "Mul", values, values);
    elbow_onnx_value root =
        elbow_onnx_one(onnx, "Sqrt", elbow_onnx_two(onnx, "Add", square, elbow_onnx_double(onnx, 1)));
    elbow_onnx_value turned = elbow_onnx_one(onnx, "Log", elbow_onnx_two(onnx, "Add", size, root));
    return elbow_onnx_two(onnx, "Mul", elbow_onnx_one(onnx, "Sign", values), turned);
}

static elbow_onnx_value onnx_inverse(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values)
{
    (void)fit;
    elbow_onnx_value up = elbow_onnx_one(onnx, "Exp", values);
    elbow_onnx_value down = elbow_onnx_one(onnx, "Exp", elbow_onnx_one(onnx, "Neg", values));
    return elbow_onnx_two(onnx, "Mul", elbow_onnx_two(onnx, "Sub", up, down), elbow_onnx_double(onnx, 0.5));
}

const struct elbow_transform elbow_transform_asinh = {.above = -INFINITY,
                                                      .forward = forward,
                                                      .inverse = inverse,
                                                      .log_derivative = log_derivative,
                                                      .describe = describe,
                                                      .onnx = onnx_of,
                                                      .onnx_inverse = onnx_inverse};
