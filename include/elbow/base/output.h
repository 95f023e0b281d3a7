// SPDX-License-Identifier: BSD-3-Clause
// Files that a command writes to a path of the user (-o, --trace), for all programs. Without --force they must be new;
// with it they replace an existing file, but never one that the command reads.
#ifndef ELBOW_BASE_OUTPUT_H
#define ELBOW_BASE_OUTPUT_H

#include "elbow/base/language.h"
#include "elbow/base/part.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// The name and description of --force in help texts.
#define ELBOW_OUTPUT_FORCE_HELP "replace an existing file"

// The first bytes of files that no output replaces, because they hold days of work: checkpoints.
#define ELBOW_OUTPUT_SPARED "ELBOWCP\n"

// Local. The meaning of --force for a part.
enum elbow_publish elbow_output_publishing(bool force);

// Local. Before the work begins: checks, by trying, that a file can be written at path. USAGE if the file is an input
// or a checkpoint; FILE if there is a file that must stay, or if no file can be made. Leaves nothing at path.
enum elbow_status elbow_output_check(const char *path, enum elbow_publish publish, struct elbow_error *error);

// Local. Publishes the part at its end. FILE if a file has taken the name since the check; else as elbow_part_publish.
enum elbow_status elbow_output_publish(struct elbow_part *part, enum elbow_publish publish, struct elbow_error *error);

// Local. Begins, writes and publishes a file of these bytes.
enum elbow_status elbow_output_write(const char *path, const void *bytes, size_t size, enum elbow_publish publish,
                                     struct elbow_error *error);

// Local. Turns FILE into OUTPUT: a file that cannot be opened for writing is an output that cannot be written.
enum elbow_status elbow_output_error(struct elbow_error *error);

// Local. Whether a path has this ending (".h5").
bool elbow_output_ends(const char *path, const char *ending);

ELBOW_C_END

#endif
