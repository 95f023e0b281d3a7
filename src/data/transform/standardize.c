// SPDX-License-Identifier: BSD-3-Clause
// Mean 0 and deviation 1 of all values together.
#include "elbow/data/detail/transform.h"

#include "elbow/data/detail/moments.h"

#include <math.h>

static void learn(const struct elbow_moments *moments, struct elbow_fit *fit)
{
    elbow_moments_join(moments, &fit->numbers[0], &fit->numbers[1]);
}

const struct elbow_transform elbow_transform_standardize = {.columns = ELBOW_COLUMNS_TOGETHER,
                                                            .above = -INFINITY,
                                                            .learn = learn,
                                                            .forward = elbow_affine_forward,
                                                            .inverse = elbow_affine_inverse,
                                                            .log_derivative = elbow_affine_log_derivative,
                                                            .describe = elbow_affine_describe,
                                                            .onnx = elbow_affine_onnx,
                                                            .onnx_inverse = elbow_affine_onnx_inverse};
