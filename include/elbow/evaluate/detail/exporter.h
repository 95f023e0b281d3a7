// SPDX-License-Identifier: BSD-3-Clause
// Exports by format.
#ifndef ELBOW_EVALUATE_DETAIL_EXPORTER_H
#define ELBOW_EVALUATE_DETAIL_EXPORTER_H

#include "elbow/evaluate/exporter.h"

// Local. Makes the bytes of a safetensors file. The caller releases *bytes with elbow_release. MEMORY.
enum elbow_status elbow_safetensors_make(const struct elbow_export_request *request, char **bytes, size_t *size,
                                         struct elbow_error *error);

// Local. Makes the bytes of an ONNX file in the same way: half 0 is the encoder, half 1 the decoder. MISMATCH if the
// model cannot be exported; MEMORY.
enum elbow_status elbow_onnx_graphs_make(const struct elbow_export_request *request, int half, char **bytes,
                                         size_t *size, struct elbow_error *error);

#endif
