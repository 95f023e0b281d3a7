// SPDX-License-Identifier: BSD-3-Clause
// Files told in words, for `elbow info`.
#ifndef ELBOW_EVALUATE_DESCRIBE_H
#define ELBOW_EVALUATE_DESCRIBE_H

#include "elbow/base/language.h"
#include "elbow/checkpoint/checkpoint.h"

#include <stdio.h>

ELBOW_C_BEGIN

// Local. Whether there is a checkpoint to be loaded: a directory, or a file that begins as checkpoints do.
bool elbow_describe_is_checkpoint(const char *path);

// Local. Every dataset of an HDF5 file: shape, type, layout, filters, attributes, range, what it can be used for, and
// how a configuration says so. Of large datasets a sample of rows is read.
enum elbow_status elbow_describe_file(const char *path, FILE *out, struct elbow_error *error);

// Local. Where training stood, what on, the tensors, the configuration.
void elbow_describe_checkpoint(const struct elbow_checkpoint *checkpoint, FILE *out);

ELBOW_C_END

#endif
