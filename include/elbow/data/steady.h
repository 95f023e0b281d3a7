// SPDX-License-Identifier: BSD-3-Clause
// Files that must not change while a program reads them, even if it opens them several times. For each file this notes
// size, time of the last change and inode when it is first opened. Another size, or a time in another second, means
// another file. Another inode means that only together with another fraction of the second, because file systems in
// user space may give a file a new inode.
#ifndef ELBOW_DATA_STEADY_H
#define ELBOW_DATA_STEADY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

ELBOW_C_BEGIN

struct elbow_steady; // opaque; used under elbow_hdf5_lock

// Local. Creates an empty list. MEMORY. And releases it; a NULL is legal.
enum elbow_status elbow_steady_create(struct elbow_steady **steady, struct elbow_error *error);
void elbow_steady_destroy(struct elbow_steady *steady);

ELBOW_C_END

#endif
