// SPDX-License-Identifier: BSD-3-Clause
// Expansion of paths as in a shell: ~, $VAR, ${VAR}, patterns of files. The environment is that of this process: under
// MPI rank zero expands and sends the result.
#ifndef ELBOW_BASE_EXPAND_H
#define ELBOW_BASE_EXPAND_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Local. The path with ~ and ~NAME at its beginning, and $VAR and ${VAR} anywhere, replaced; a $ without a name stays.
// CONFIG, with a message that begins with `what` ("data.stage"), for a variable that is not set, an unknown user, or a
// path that becomes too long.
enum elbow_status elbow_path_expand(const char *what, const char *path, elbow_path expanded, struct elbow_error *error);

// Called with a path; another status than OK ends the walk.
typedef enum elbow_status elbow_path_take(void *user, const char *path, struct elbow_error *error);

// Local. Calls back for each file that a path means: for the path itself if a file has exactly this name; otherwise for
// its expansion; or, if that is a pattern (*, ?, [a-z]) and not the name of a file, for each file that matches, in the
// order of their bytes, in any locale; *is_pattern is then true. CONFIG as above; FILE if nothing matches.
enum elbow_status elbow_path_each(const char *what, const char *path, bool *is_pattern, elbow_path_take *take,
                                  void *user, struct elbow_error *error);

ELBOW_C_END

#endif
