// SPDX-License-Identifier: BSD-3-Clause
// Files that appear complete or not at all, and never replace a file that a user would miss. Every writer of a whole
// file uses a part: a file of a random name in the same directory, created exclusively and published at the end.
#ifndef ELBOW_BASE_PART_H
#define ELBOW_BASE_PART_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// Treatment of an existing file at the path.
enum elbow_publish {
    ELBOW_PUBLISH_NEW,     // it stays, and the new one is refused
    ELBOW_PUBLISH_REPLACE, // it is replaced, unless it is one that this process has read (elbow/base/inputs.h)
};

// A file in progress, beside its final path.
struct elbow_part {
    const struct elbow_directory *directory; // borrowed; NULL: the working directory
    elbow_path path, part;                   // both below the directory
    bool is_begun;
};

// Local. Makes an empty file ".elbow-<random>-NAME" beside path, exclusively; symbolic links at path are followed, so
// that their target will be replaced. *file, unless NULL, becomes its descriptor, which the caller closes; without it
// the caller may open part->part. OUTPUT with errno if the file cannot be made or the path is too long.
enum elbow_status elbow_part_begin(const struct elbow_directory *directory, const char *path, struct elbow_part *part,
                                   int *file, struct elbow_error *error);

// Local. The same, with these bytes as contents. OUTPUT with errno if it cannot be written; then there is no part.
enum elbow_status elbow_part_begin_bytes(const struct elbow_directory *directory, const char *path, const void *bytes,
                                         size_t size, struct elbow_part *part, struct elbow_error *error);

// Local. Syncs the part, which is written and closed, gives it the name path, syncs the directory. OUTPUT with errno if
// that fails; EEXIST if a file that must stay has the name, ENXIO if a pipe, a device or a socket has it. In either
// case the part is removed.
enum elbow_status elbow_part_publish(struct elbow_part *part, enum elbow_publish publish, struct elbow_error *error);

// Local. Removes the part; a zeroed struct is legal, and so is a published one.
void elbow_part_abandon(struct elbow_part *part);

// Local. Begins, writes and publishes a file of these bytes. OUTPUT with errno on failure; the file at path is then
// unchanged.
enum elbow_status elbow_part_write(const struct elbow_directory *directory, const char *path, const void *bytes,
                                   size_t size, enum elbow_publish publish, struct elbow_error *error);

// Local. A symbolic link at path to `target`, replacing an existing link; a file that is not a link stays. False with
// errno on failure.
bool elbow_part_link(const struct elbow_directory *directory, const char *target, const char *path);

// Local. Removes the remains of unpublished parts in a directory: regular files with names from elbow_part_begin, for
// the given final names. The caller holds the lock that keeps others from writing files of these names; parts of other
// files may be in progress. A missing directory is clean.
void elbow_part_sweep(const struct elbow_directory *directory, const char *path, bool (*is_own)(const char *name));

// Local. Whether a name is one that elbow_part_begin gives.
bool elbow_part_is_name(const char *name);

ELBOW_C_END

#endif
