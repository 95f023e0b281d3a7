// SPDX-License-Identifier: BSD-3-Clause
// One run at a time in a run directory: a lock that the system releases however its holder ends.
//
// RUN/lock is a file that its holder keeps locked (fcntl) and whose text names the holder. The lock decides, not the
// file: the file that a killed run leaves blocks nobody.
#ifndef ELBOW_BASE_LOCK_H
#define ELBOW_BASE_LOCK_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/log.h"

ELBOW_C_BEGIN

// A zeroed struct holds nothing.
struct elbow_lock {
    bool is_held;
    bool is_impossible; // the file system has no locks, and a warning said so
    int file;
    const struct elbow_directory *directory; // borrowed; stays open and in its place while the lock is held
};

// Local. Takes the lock of a run directory; does nothing if this struct holds one already. FILE, with the holder's host
// and process, if another run holds it (also one of another user), if another kind of file has its name, or if that
// file cannot be read. OK without the lock if the file system has no locks (a warning), or if nobody holds it and it
// cannot be written.
enum elbow_status elbow_lock_take(const struct elbow_directory *directory, struct elbow_log *log,
                                  struct elbow_lock *lock, struct elbow_error *error);

// Local. Checks that the lock is still that of its directory. If its file has been removed, takes the lock again and
// sets *was_lost. FILE if another run holds it now. OK if the check is not possible at the moment.
enum elbow_status elbow_lock_keep(struct elbow_lock *lock, bool *was_lost, struct elbow_error *error);

// Local. Whether a file with this text is a lock file.
bool elbow_lock_is_ours(const char *text);

// Local. Releases the lock and removes its file; a zeroed struct is legal.
void elbow_lock_release(struct elbow_lock *lock);

ELBOW_C_END

#endif
