// SPDX-License-Identifier: BSD-3-Clause
// A file that appears complete or not at all: written to `path`.part, then renamed. Rank zero's business.
#ifndef ELBOW_RUN_OUTPUT_H
#define ELBOW_RUN_OUTPUT_H

#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stddef.h>

struct elbow_output {
    char path[ELBOW_PATH_SIZE], part[ELBOW_PATH_SIZE];
};

// Local. Where to write what shall be at `path`. OUTPUT if the path is too long.
enum elbow_status elbow_output_begin(const char *path, struct elbow_output *output, struct elbow_error *error);

// Local. The part, which is written and closed, is synced and takes the place of the path. OUTPUT if it cannot.
enum elbow_status elbow_output_commit(const struct elbow_output *output, struct elbow_error *error);

// Local. Removes the part; a zeroed struct is legal.
void elbow_output_abandon(const struct elbow_output *output);

// Local. Before the work begins that shall end there: FILE if no file can be made there, which is tried, or if the path
// is a directory.
enum elbow_status elbow_output_has_place(const char *path, struct elbow_error *error);

// Local. USAGE if the path is the very file that is read.
enum elbow_status elbow_output_spares(const char *path, const char *file, struct elbow_error *error);

// Local. Turns FILE into OUTPUT: a file that cannot be opened for writing is output that cannot be written.
enum elbow_status elbow_output_error(struct elbow_error *error);

// Local. Whether a path ends so (".h5").
bool elbow_output_ends(const char *path, const char *ending);

#endif
