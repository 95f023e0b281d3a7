// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of transforms, and the functions that shifting and dividing transforms share. Private to
// src/data/transform/ and the table.
#ifndef ELBOW_DATA_DETAIL_TRANSFORM_H
#define ELBOW_DATA_DETAIL_TRANSFORM_H

#include "elbow/data/transform.h"

#define ELBOW_TRANSFORM_DECLARE(name, word, ...) extern const struct elbow_transform elbow_transform_##word;
ELBOW_TRANSFORM_LIST(ELBOW_TRANSFORM_DECLARE)

// Local. (value - center) / spread and its inverse, as functions of a row of the table.
void elbow_affine_forward(const struct elbow_fit *fit, size_t first, size_t n, double *values);
void elbow_affine_inverse(const struct elbow_fit *fit, size_t first, size_t n, double *values);
double elbow_affine_log_derivative(const struct elbow_fit *fit, size_t first, size_t n, const double *values);
elbow_onnx_value elbow_affine_onnx(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values);
elbow_onnx_value elbow_affine_onnx_inverse(const struct elbow_fit *fit, struct elbow_onnx *onnx,
                                           elbow_onnx_value values);
void elbow_affine_describe(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE]);

#endif
