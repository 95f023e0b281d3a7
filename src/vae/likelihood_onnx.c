// SPDX-License-Identifier: BSD-3-Clause
// Common parts of the means of likelihoods as nodes of ONNX graphs.
#include "elbow/vae/detail/likelihood.h"

elbow_onnx_value elbow_likelihood_onnx_first(size_t outputs, size_t values, struct elbow_onnx *onnx, elbow_onnx_value y)
{
    const size_t shape[] = {values, outputs};
    if (outputs == 1)
        return y;
    y = elbow_onnx_slice(onnx, elbow_onnx_reshape(onnx, y, 2, shape), 2, 0, 1);
    return elbow_onnx_reshape(onnx, y, 1, &values);
}
