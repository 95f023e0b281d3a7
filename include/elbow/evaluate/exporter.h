// SPDX-License-Identifier: BSD-3-Clause
// Export of models to other programs: all tensors as safetensors, encoder and decoder as ONNX graphs.
#ifndef ELBOW_EVALUATE_EXPORTER_H
#define ELBOW_EVALUATE_EXPORTER_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/checkpoint/checkpoint.h"

ELBOW_C_BEGIN

#define ELBOW_EXPORT_ENDINGS " .safetensors .onnx"

// Nothing is owned.
struct elbow_export_request {
    struct elbow_comm *comm;
    const struct elbow_checkpoint *checkpoint; // its values are written
    const struct elbow_model *model;           // of that checkpoint
    bool is_averaged;                          // the values are averaged weights
    const char *path;                          // its ending decides the format
    enum elbow_publish publish;
};

// Local. Checks before any work whether the files can be written. USAGE for another ending; errors of
// elbow_output_check for each file.
enum elbow_status elbow_export_check(const char *path, enum elbow_publish publish, struct elbow_error *error);

// Local. The files of an export to `path`: one, or two for .onnx, NAME-encoder.onnx and NAME-decoder.onnx. False if a
// path is too long.
enum { ELBOW_EXPORT_FILES = 2 };
bool elbow_export_files(const char *path, elbow_path files[ELBOW_EXPORT_FILES], int *count);

// Collective. Rank zero writes the files. MISMATCH with one sentence if a part of the model has no counterpart in ONNX;
// MEMORY; errors of elbow_output_write.
enum elbow_status elbow_export(const struct elbow_export_request *request, struct elbow_error *error);

ELBOW_C_END

#endif
