// SPDX-License-Identifier: BSD-3-Clause
// Transforms that shift and divide; they differ only in the numbers that they learn.
#include "elbow/data/detail/transform.h"

#include "elbow/base/text.h"

#include <math.h>

void elbow_affine_forward(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    if (fit->columns == 1) {
        double center = fit->numbers[0], spread = fit->numbers[1];
        for (size_t i = 0; i < n; ++i)
            values[i] = (values[i] - center) / spread;
        return;
    }
    ELBOW_CHECK(first + n <= fit->columns);
    const double *centers = fit->numbers + first, *spreads = fit->numbers + fit->columns + first;
    for (size_t i = 0; i < n; ++i)
        values[i] = (values[i] - centers[i]) / spreads[i];
}

void elbow_affine_inverse(const struct elbow_fit *fit, size_t first, size_t n, double *values)
{
    if (fit->columns == 1) {
        double center = fit->numbers[0], spread = fit->numbers[1];
        for (size_t i = 0; i < n; ++i)
            values[i] = values[i] * spread + center;
        return;
    }
    ELBOW_CHECK(first + n <= fit->columns);
    const double *centers = fit->numbers + first, *spreads = fit->numbers + fit->columns + first;
    for (size_t i = 0; i < n; ++i)
        values[i] = values[i] * spreads[i] + centers[i];
}

double elbow_affine_log_derivative(const struct elbow_fit *fit, size_t first, size_t n, const double *values)
{
    (void)values; // the derivative is the same everywhere
    if (fit->columns == 1)
        return -(double)n * log(fit->numbers[1]);
    ELBOW_CHECK(first + n <= fit->columns);
    double sum = 0;
    for (size_t i = 0; i < n; ++i)
        sum -= log(fit->numbers[fit->columns + first + i]);
    return sum;
}

void elbow_affine_describe(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE])
{
    if (fit->columns == 1)
        (void)elbow_text_format(words, ELBOW_TRANSFORM_WORDS_SIZE, "(value - %.*g) / %.*g", digits, fit->numbers[0],
                                digits, fit->numbers[1]);
    else
        (void)elbow_text_format(words, ELBOW_TRANSFORM_WORDS_SIZE, "(value - mean) / deviation, of each of %zu columns",
                                fit->columns);
}

elbow_onnx_value elbow_affine_onnx(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values)
{
    elbow_onnx_value centers = elbow_onnx_doubles(onnx, fit->columns, fit->numbers);
    elbow_onnx_value spreads = elbow_onnx_doubles(onnx, fit->columns, fit->numbers + fit->columns);
    return elbow_onnx_two(onnx, "Div", elbow_onnx_two(onnx, "Sub", values, centers), spreads);
}

elbow_onnx_value elbow_affine_onnx_inverse(const struct elbow_fit *fit, struct elbow_onnx *onnx,
                                           elbow_onnx_value values)
{
    elbow_onnx_value centers = elbow_onnx_doubles(onnx, fit->columns, fit->numbers);
    elbow_onnx_value spreads = elbow_onnx_doubles(onnx, fit->columns, fit->numbers + fit->columns);
    return elbow_onnx_two(onnx, "Add", elbow_onnx_two(onnx, "Mul", values, spreads), centers);
}
