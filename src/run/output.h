// SPDX-License-Identifier: BSD-3-Clause
// What commands write where the user says (-o). Rank zero's business.
#ifndef ELBOW_RUN_OUTPUT_H
#define ELBOW_RUN_OUTPUT_H

#include "elbow/base/part.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stddef.h>

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
