// SPDX-License-Identifier: BSD-3-Clause
// Paths as a shell would take them: ~, $VAR, ${VAR}, patterns of files. The environment is this process's: under MPI
// rank zero asks, and sends what it found.
#ifndef ELBOW_BASE_EXPAND_H
#define ELBOW_BASE_EXPAND_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Local. The path with ~ and ~NAME at its beginning, and $VAR and ${VAR} anywhere, exchanged for what they stand for; a
// $ that no name follows stays. CONFIG, which begins with `what` ("data.stage"), for a variable that is not set, an
// unknown user, a path that becomes too long.
enum elbow_status elbow_path_expand(const char *what, const char *path, elbow_path expanded, struct elbow_error *error);

// Takes a path; another status than OK ends the walk.
typedef enum elbow_status elbow_path_take(void *user, const char *path, struct elbow_error *error);

// Local. Calls back for each file that a path means: for the path itself if there is a file of that very name; else for
// what it expands to, or, where that is a pattern (*, ?, [a-z]) and no name of a file, for each file that matches, in
// the order of their bytes, whatever the locale; *is_pattern then. CONFIG as above; FILE if nothing matches.
enum elbow_status elbow_path_each(const char *what, const char *path, bool *is_pattern, elbow_path_take *take,
                                  void *user, struct elbow_error *error);

ELBOW_C_END

#endif
