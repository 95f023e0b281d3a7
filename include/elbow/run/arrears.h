// SPDX-License-Identifier: BSD-3-Clause
// Files that could not be written yet: pictures of a step cannot be drawn again later, so their bytes wait in memory
// until there is room on the disk. Rank zero's.
#ifndef ELBOW_RUN_ARREARS_H
#define ELBOW_RUN_ARREARS_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_ARREARS_MAX = 32 }; // files

// Zeroed: nothing waits.
struct elbow_arrears {
    struct elbow_arrear {
        elbow_path path;
        char *bytes; // owned
        size_t size;
    } files[ELBOW_ARREARS_MAX];
    size_t count, bytes;
    int reason; // errno of the last failure
};

// Local. Writes a file as elbow_file_write does, after those that wait. OUTPUT if it could not be written; it waits
// then, and *bytes (from elbow_allocate) is taken over, unless too many wait already: then it is lost.
enum elbow_status elbow_arrears_write(struct elbow_arrears *arrears, const char *path, char **bytes, size_t size,
                                      struct elbow_error *error);

// Local. Tries to write what waits. OUTPUT if something still does.
enum elbow_status elbow_arrears_flush(struct elbow_arrears *arrears, struct elbow_error *error);

// Local. Whether files wait because there is no room on the disk.
bool elbow_arrears_wait_for_room(const struct elbow_arrears *arrears);

// Local. Forgets what waits; a zeroed struct is legal.
void elbow_arrears_clear(struct elbow_arrears *arrears);

ELBOW_C_END

#endif
