// SPDX-License-Identifier: BSD-3-Clause
// What exports are made of, by format.
#ifndef ELBOW_EVALUATE_DETAIL_EXPORTER_H
#define ELBOW_EVALUATE_DETAIL_EXPORTER_H

#include "elbow/evaluate/exporter.h"

// Local. The bytes of a safetensors file, new, given back with elbow_release. MEMORY.
enum elbow_status elbow_safetensors_make(const struct elbow_export_request *request, char **bytes, size_t *size,
                                         struct elbow_error *error);

#endif
