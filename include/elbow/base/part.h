// SPDX-License-Identifier: BSD-3-Clause
// Files that appear complete or not at all, and never in place of something that a user would miss. Every writer of a
// whole file goes through a part: a file of a random name beside its place, made exclusively, which is published at the
// end.
#ifndef ELBOW_BASE_PART_H
#define ELBOW_BASE_PART_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// What may become of a file that is already at the place.
enum elbow_publish {
    ELBOW_PUBLISH_NEW,     // it stays, and the new one is refused
    ELBOW_PUBLISH_REPLACE, // it is replaced, unless it is one that this process has read (elbow/base/inputs.h)
};

// A file that is being written beside its place.
struct elbow_part {
    const struct elbow_directory *directory; // borrowed; NULL: the working directory
    elbow_path path, part;                   // both beneath the directory
    bool is_begun;
};

// Local. Makes an empty file ".elbow-<random>-NAME" beside path, exclusively; symbolic links at path are followed, so
// that what they point to is what will be replaced. *file, if wanted, becomes its descriptor, which the caller closes;
// without it others may open part->part. OUTPUT with errno if the file cannot be made or the path is too long.
enum elbow_status elbow_part_begin(const struct elbow_directory *directory, const char *path, struct elbow_part *part,
                                   int *file, struct elbow_error *error);

// Local. Likewise, with these bytes in it. OUTPUT with errno if it cannot be written; no part is there then.
enum elbow_status elbow_part_begin_bytes(const struct elbow_directory *directory, const char *path, const void *bytes,
                                         size_t size, struct elbow_part *part, struct elbow_error *error);

// Local. Syncs the part, which is written and closed, gives it the name path, syncs the directory. OUTPUT with errno if
// that fails; EEXIST where a file has the name that stays, ENXIO where a pipe, a device or a socket has it. Either way
// the part is gone.
enum elbow_status elbow_part_publish(struct elbow_part *part, enum elbow_publish publish, struct elbow_error *error);

// Local. Removes the part; a zeroed struct is legal, and so is one that was published.
void elbow_part_abandon(struct elbow_part *part);

// Local. All of it at once: a file of these bytes. OUTPUT with errno if any of it fails; what stood at path is
// untouched then.
enum elbow_status elbow_part_write(const struct elbow_directory *directory, const char *path, const void *bytes,
                                   size_t size, enum elbow_publish publish, struct elbow_error *error);

// Local. A symbolic link at path to `target`, in place of one that is there; a file that is no link stays. False with
// errno if that fails.
bool elbow_part_link(const struct elbow_directory *directory, const char *target, const char *path);

// Local. Removes what parts that were never published have left in a directory: regular files of the names that
// elbow_part_begin gives, for files whose names are the caller's. The caller holds the lock that keeps others from
// writing files of those names; the parts of all others may be at work. A directory that is not there is clean.
void elbow_part_sweep(const struct elbow_directory *directory, const char *path, bool (*is_own)(const char *name));

// Local. Whether a name is one that elbow_part_begin gives.
bool elbow_part_is_name(const char *name);

ELBOW_C_END

#endif
