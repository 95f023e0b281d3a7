// SPDX-License-Identifier: BSD-3-Clause
// Files that could not be written yet: pictures of a step cannot be drawn again later, so their bytes stay in memory
// until there is space on the disk. Rank zero only.
#ifndef ELBOW_BASE_PENDING_H
#define ELBOW_BASE_PENDING_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"

#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_PENDING_MAX = 32 }; // files

// Zeroed except for the directory: nothing is pending.
struct elbow_pending {
    const struct elbow_directory *directory; // borrowed; NULL: the working directory
    bool is_closed;                          // nothing is written any more: new files are dropped
    struct elbow_pending_file {
        elbow_path path;
        char *bytes; // owned
        size_t size;
    } files[ELBOW_PENDING_MAX];
    size_t count, bytes;
    int reason; // errno of the last failure
};

// Local. Writes a file at path below the directory, after the pending ones; makes its folder if it is missing. OUTPUT
// if it could not be written; it is then pending, and *bytes (from elbow_allocate) is taken over, unless too many files
// are pending: then it is lost.
enum elbow_status elbow_pending_write(struct elbow_pending *pending, const char *path, char **bytes, size_t size,
                                      struct elbow_error *error);

// Local. Tries to write the pending files. OUTPUT if some still are pending.
enum elbow_status elbow_pending_flush(struct elbow_pending *pending, struct elbow_error *error);

// Local. Whether files are pending because there is no space on the disk.
bool elbow_pending_wait_for_space(const struct elbow_pending *pending);

// Local. Forgets the pending files; a zeroed struct is legal.
void elbow_pending_clear(struct elbow_pending *pending);

// Local. Forgets the pending files, and drops new ones.
void elbow_pending_end(struct elbow_pending *pending);

ELBOW_C_END

#endif
