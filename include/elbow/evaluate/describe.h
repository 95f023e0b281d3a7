// SPDX-License-Identifier: BSD-3-Clause
// Descriptions of files in words, for `elbow info`.
#ifndef ELBOW_EVALUATE_DESCRIBE_H
#define ELBOW_EVALUATE_DESCRIBE_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"

#include <stdio.h>

ELBOW_C_BEGIN

// Local. Whether `path` may be a checkpoint: a directory, or a file with the first bytes of one.
bool elbow_describe_is_checkpoint(const char *path);

// Local. Describes every dataset of an HDF5 file: shape, type, layout, filters, attributes, range, its possible uses,
// and the lines of a configuration for them. Of a large dataset a sample of rows is read. FILE, FORMAT, MEMORY.
enum elbow_status elbow_describe_file(const char *path, FILE *out, struct elbow_error *error);

// Local. Describes a checkpoint: progress of training, data, tensors, configuration.
void elbow_describe_checkpoint(const struct elbow_checkpoint *checkpoint, FILE *out);

ELBOW_C_END

#endif
