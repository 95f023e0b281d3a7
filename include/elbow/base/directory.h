// SPDX-License-Identifier: BSD-3-Clause
// A directory that stays open: files beneath it are found wherever it is moved, and never in another directory that has
// taken its name.
#ifndef ELBOW_BASE_DIRECTORY_H
#define ELBOW_BASE_DIRECTORY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <dirent.h>

ELBOW_C_BEGIN

// Functions that take a directory take NULL for the working directory; a path that begins with '/' is found from any.
struct elbow_directory {
    int descriptor;
    elbow_path path; // as messages name it: where it was when it was opened
    bool is_open;
};

// Local. Opens a directory, through symbolic links. FILE if it cannot be opened or is none.
enum elbow_status elbow_directory_open(const char *path, struct elbow_directory *directory, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_directory_close(struct elbow_directory *directory);

// Local. What *at functions of the system take: the descriptor, or AT_FDCWD.
int elbow_directory_descriptor(const struct elbow_directory *directory);

// Local. How messages name a file beneath the directory: cut, where it does not fit.
void elbow_directory_name(const struct elbow_directory *directory, const char *path, elbow_path name);

// Local. Makes one directory beneath another, synced into it; one that is there already is fine. FILE if it cannot be
// made.
enum elbow_status elbow_directory_make(const struct elbow_directory *directory, const char *path,
                                       struct elbow_error *error);

// Local. A stream over the names in a directory beneath; NULL with errno if it cannot be had. The caller closes it.
DIR *elbow_directory_list(const struct elbow_directory *directory, const char *path);

// Local. Whether the directory has been removed, which is certain if true: no file can be made in it any more.
bool elbow_directory_is_removed(const struct elbow_directory *directory);

ELBOW_C_END

#endif
