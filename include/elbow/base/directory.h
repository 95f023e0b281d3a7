// SPDX-License-Identifier: BSD-3-Clause
// An open directory: files below it are found wherever it is moved, and never in another directory that has taken its
// name.
#ifndef ELBOW_BASE_DIRECTORY_H
#define ELBOW_BASE_DIRECTORY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <dirent.h>

ELBOW_C_BEGIN

// Functions that take a directory take NULL for the working directory; a path that begins with '/' is absolute.
struct elbow_directory {
    int descriptor;
    elbow_path path; // for messages: its path when it was opened
    bool is_open;
};

// Local. Opens a directory, through symbolic links. FILE if it cannot be opened or is not a directory.
enum elbow_status elbow_directory_open(const char *path, struct elbow_directory *directory, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_directory_close(struct elbow_directory *directory);

// Local. The argument for the *at functions of the system: the descriptor, or AT_FDCWD.
int elbow_directory_descriptor(const struct elbow_directory *directory);

// Local. The name of a file below the directory, for messages; truncated if it does not fit.
void elbow_directory_name(const struct elbow_directory *directory, const char *path, elbow_path name);

// Local. Makes one directory below another, synced into it; one that is there already is fine. FILE if it cannot be
// made.
enum elbow_status elbow_directory_make(const struct elbow_directory *directory, const char *path,
                                       struct elbow_error *error);

// Local. A stream over the names in a directory below; NULL with errno on failure. The caller closes it.
DIR *elbow_directory_list(const struct elbow_directory *directory, const char *path);

// Local. Whether the directory has certainly been removed: if true, no file can be made in it any more.
bool elbow_directory_is_removed(const struct elbow_directory *directory);

ELBOW_C_END

#endif
