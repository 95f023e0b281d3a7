// SPDX-License-Identifier: BSD-3-Clause
// The smallest value of the training set becomes 0, its largest 1.
#include "elbow/data/detail/transform.h"

#include <math.h>

static void learn(const struct elbow_moments *moments, struct elbow_fit *fit)
{
    fit->numbers[0] = moments->low;
    fit->numbers[1] = moments->high - moments->low;
}

const struct elbow_transform elbow_transform_minmax = {.columns = ELBOW_COLUMNS_TOGETHER,
                                                       .above = -INFINITY,
                                                       .learn = learn,
                                                       .learns_extremes = true,
                                                       .forward = elbow_affine_forward,
                                                       .inverse = elbow_affine_inverse,
                                                       .log_derivative = elbow_affine_log_derivative,
                                                       .describe = elbow_affine_describe,
                                                       .onnx = elbow_affine_onnx,
                                                       .onnx_inverse = elbow_affine_onnx_inverse};
