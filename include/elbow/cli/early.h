// SPDX-License-Identifier: BSD-3-Clause
// The result of a command that a child process has found before MPI started: text and error, in a file of memory that
// parent and child share.
#ifndef ELBOW_CLI_EARLY_H
#define ELBOW_CLI_EARLY_H

#include "elbow/base/status.h"

#include <stdio.h>

// Local. A new file of memory, at the place for the text. NULL if there can be none. elbow_early_close closes it.
FILE *elbow_early_open(void);

// Local. In the child, after it has printed the text: adds the error (its status may be OK), and the result is whole.
// It stays incomplete if not all of the text could be written.
void elbow_early_finish(FILE *early, const struct elbow_error *error);

// Local. Whether the file has a whole result. NULL: false.
bool elbow_early_is_whole(FILE *early);

// Local. Copies the text of a whole result to `out`, and its error to `error`, whose status is returned. FILE if the
// text cannot be read.
enum elbow_status elbow_early_take(FILE *early, FILE *out, struct elbow_error *error);

// Local. Closes the file and sets the pointer to NULL. A pointer to NULL is legal.
void elbow_early_close(FILE **early);

#endif
