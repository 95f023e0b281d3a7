// SPDX-License-Identifier: BSD-3-Clause
// Mean 0 and deviation 1 of each column.
#include "elbow/data/detail/transform.h"

#include <math.h>
#include <string.h>

static void learn(const struct elbow_moments *moments, struct elbow_fit *fit)
{
    ELBOW_CHECK(fit->columns == moments->values);
    memcpy(fit->numbers, moments->mean, fit->columns * sizeof(double));
    memcpy(fit->numbers + fit->columns, moments->deviation, fit->columns * sizeof(double));
}

const struct elbow_transform elbow_transform_standardize_each = {.columns = ELBOW_COLUMNS_EACH,
                                                                 .above = -INFINITY,
                                                                 .learn = learn,
                                                                 .forward = elbow_affine_forward,
                                                                 .inverse = elbow_affine_inverse,
                                                                 .log_derivative = elbow_affine_log_derivative,
                                                                 .describe = elbow_affine_describe,
                                                                 .onnx = elbow_affine_onnx,
                                                                 .onnx_inverse = elbow_affine_onnx_inverse};
