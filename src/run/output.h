// SPDX-License-Identifier: BSD-3-Clause
// What writers of outputs share, beside elbow/base/output.h.
#ifndef ELBOW_RUN_OUTPUT_H
#define ELBOW_RUN_OUTPUT_H

#include "elbow/base/output.h"

// Local. Turns FILE into OUTPUT: a file that cannot be opened for writing is output that cannot be written.
enum elbow_status elbow_output_error(struct elbow_error *error);

// Local. Whether a path ends so (".h5").
bool elbow_output_ends(const char *path, const char *ending);

#endif
