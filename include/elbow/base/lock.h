// SPDX-License-Identifier: BSD-3-Clause
// One run at a time in a run directory: a lock that the system gives back however its holder ends.
//
// RUN/lock is a file that its holder keeps locked (fcntl) and that says who that is. What counts is the lock, not the
// file: the file that a killed run leaves refuses nobody.
#ifndef ELBOW_BASE_LOCK_H
#define ELBOW_BASE_LOCK_H

#include "elbow/base/directory.h"
#include "elbow/base/language.h"
#include "elbow/base/log.h"

ELBOW_C_BEGIN

// A zeroed struct holds nothing.
struct elbow_lock {
    bool is_held;
    bool is_impossible; // the file system has no locks, which was told
    int file;
    const struct elbow_directory *directory; // borrowed; stays open and in its place while the lock is held
};

// Local. Takes the lock of a run directory; nothing to do if this struct holds one already. FILE, with the holder's
// host and process, if another run holds it (another user's, too), if a file that is no lock has its name, or if that
// file cannot even be read. OK without the lock where the file system has no locks (a warning), and where nobody holds
// it and it cannot be written.
enum elbow_status elbow_lock_take(const struct elbow_directory *directory, struct elbow_log *log,
                                  struct elbow_lock *lock, struct elbow_error *error);

// Local. Sees that the lock still is that of its directory: where its file has been removed it is taken anew, and
// *was_lost tells so. FILE if another run holds it now. What cannot be found out for a moment is OK.
enum elbow_status elbow_lock_keep(struct elbow_lock *lock, bool *was_lost, struct elbow_error *error);

// Local. Whether a file of this text is a lock's.
bool elbow_lock_is_ours(const char *text);

// Local. Gives the lock back and removes its file; a zeroed struct is legal.
void elbow_lock_release(struct elbow_lock *lock);

ELBOW_C_END

#endif
