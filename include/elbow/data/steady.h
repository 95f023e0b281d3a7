// SPDX-License-Identifier: BSD-3-Clause
// Files that must stay as they are as long as a program reads them, however often it opens them: how each was when it
// was opened first. It is known by its size, the second of its last change, and its inode; another inode alone proves
// nothing (file systems in user space give new ones), unless the time has another fraction of a second, too.
#ifndef ELBOW_DATA_STEADY_H
#define ELBOW_DATA_STEADY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

ELBOW_C_BEGIN

struct elbow_steady; // opaque; used under elbow_hdf5_lock

// Local. No files yet. MEMORY. The end takes a NULL, too.
enum elbow_status elbow_steady_create(struct elbow_steady **steady, struct elbow_error *error);
void elbow_steady_destroy(struct elbow_steady *steady);

ELBOW_C_END

#endif
