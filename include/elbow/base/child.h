// SPDX-License-Identifier: BSD-3-Clause
// A child process that tries an operation that may crash or hang, before the program itself performs it.
#ifndef ELBOW_BASE_CHILD_H
#define ELBOW_BASE_CHILD_H

#include "elbow/base/language.h"

ELBOW_C_BEGIN

enum { ELBOW_CHILD_NOTE_SIZE = 2304 };

// How a trial ended.
struct elbow_trial {
    enum { ELBOW_TRIAL_PASSED, ELBOW_TRIAL_CRASHED, ELBOW_TRIAL_HUNG } end;
    int signal;                       // of the crash; 0: unknown
    char note[ELBOW_CHILD_NOTE_SIZE]; // last text of the child
};

// Local. Calls work(note, user) in a child process and waits, `seconds` at the most. The child has a copy of this
// process's memory, prints nothing, leaves no core file, ends with its parent and runs no exit handlers. The only
// results are how it ended and the zero-terminated text that it put into note. Also PASSED if no child could be made,
// or if another process ended it: a trial alone is no reason to fail. Call it before MPI is started.
void elbow_child_try(void (*work)(char *note, void *user), void *user, double seconds, struct elbow_trial *trial);

// Local. "SEGV" for SIGSEGV; the number of signals that are not those of a crash. Static text or text.
const char *elbow_child_signal(int number, char text[16]);

ELBOW_C_END

#endif
