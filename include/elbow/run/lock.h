// SPDX-License-Identifier: BSD-3-Clause
// One run at a time in a run directory: a lock that the system gives back however its holder ends.
//
// RUN/lock is a file that its holder keeps locked (fcntl) and that says who that is. What counts is the lock, not the
// file: the file that a killed run leaves refuses nobody.
#ifndef ELBOW_RUN_LOCK_H
#define ELBOW_RUN_LOCK_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/base/text.h"

ELBOW_C_BEGIN

// A zeroed struct holds nothing.
struct elbow_lock {
    bool is_held;
    bool is_impossible; // the file system has no locks, which was told
    int file;
    elbow_path path;
};

// Local. Takes the lock of an existing run directory; nothing to do if this struct holds one already. FILE, with the
// holder's host and process, if another run holds it. OK without the lock where the file system has no locks (a
// warning) and where the directory cannot be written (no run can write there).
enum elbow_status elbow_lock_take(const char *run, struct elbow_log *log, struct elbow_lock *lock,
                                  struct elbow_error *error);

// Local. Gives the lock back and removes its file; a zeroed struct is legal.
void elbow_lock_release(struct elbow_lock *lock);

ELBOW_C_END

#endif
