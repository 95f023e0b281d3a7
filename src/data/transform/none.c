// SPDX-License-Identifier: BSD-3-Clause
// Values are unchanged.
#include "elbow/data/detail/transform.h"

#include "elbow/base/text.h"

#include <math.h>

static void keep(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    (void)fit;
    (void)first;
    (void)n;
    (void)values;
}

static double log_derivative(const struct elbow_fit *fit, size_t first, size_t n, const double *values)
{
    (void)fit;
    (void)first;
    (void)n;
    (void)values;
    return 0;
}

static void describe(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE])
{
    (void)fit;
    (void)digits;
    (void)elbow_text_format(words, ELBOW_TRANSFORM_WORDS_SIZE, "value");
}

static elbow_onnx_value onnx_of(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values)
{
    (void)fit;
    (void)onnx;
    return values;
}

const struct elbow_transform elbow_transform_none = {.above = -INFINITY,
                                                     .forward = keep,
                                                     .inverse = keep,
                                                     .log_derivative = log_derivative,
                                                     .describe = describe,
                                                     .onnx = onnx_of,
                                                     .onnx_inverse = onnx_of};
