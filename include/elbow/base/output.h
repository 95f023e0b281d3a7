// SPDX-License-Identifier: BSD-3-Clause
// Files that a command writes where its user says (-o, --trace): the one way for all programs. Without --force they
// are new files; with it they replace what is there, but never a file that the command reads.
#ifndef ELBOW_BASE_OUTPUT_H
#define ELBOW_BASE_OUTPUT_H

#include "elbow/base/language.h"
#include "elbow/base/part.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// What --force is called in help texts, and what it does.
#define ELBOW_OUTPUT_FORCE_HELP "replace the file that is there"

// What a file begins with that no output replaces, as somebody's work of days: checkpoints.
#define ELBOW_OUTPUT_SPARED "ELBOWCP\n"

// Local. What --force means for a part.
enum elbow_publish elbow_output_publishing(bool force);

// Local. Before the work begins that shall end at path: whether it can, which is tried. USAGE if the file is an input
// or a checkpoint; FILE if something is there that stays, or if no file can be made. Nothing is left at path.
enum elbow_status elbow_output_check(const char *path, enum elbow_publish publish, struct elbow_error *error);

// Local. Publishes the part at its end. FILE if a file has taken the name since the check; else as elbow_part_publish.
enum elbow_status elbow_output_publish(struct elbow_part *part, enum elbow_publish publish, struct elbow_error *error);

// Local. All of it at once: begins, writes and publishes a file of these bytes.
enum elbow_status elbow_output_write(const char *path, const void *bytes, size_t size, enum elbow_publish publish,
                                     struct elbow_error *error);

// Local. Turns FILE into OUTPUT: a file that cannot be opened for writing is output that cannot be written.
enum elbow_status elbow_output_error(struct elbow_error *error);

// Local. Whether a path ends so (".h5").
bool elbow_output_ends(const char *path, const char *ending);

ELBOW_C_END

#endif
