// SPDX-License-Identifier: BSD-3-Clause
// A child process that tries what may crash or hang, before the program does it itself.
#ifndef ELBOW_BASE_CHILD_H
#define ELBOW_BASE_CHILD_H

#include "elbow/base/language.h"

ELBOW_C_BEGIN

enum { ELBOW_CHILD_NOTE_SIZE = 2304 };

// How a trial ended.
struct elbow_trial {
    enum { ELBOW_TRIAL_PASSED, ELBOW_TRIAL_CRASHED, ELBOW_TRIAL_HUNG } end;
    int signal;                       // that a crash ended with; 0: none is known
    char note[ELBOW_CHILD_NOTE_SIZE]; // what the child wrote last
};

// Local. Calls work(note, user) in a child process and waits, `seconds` at the most. The child has a copy of this
// process's memory, prints nothing, leaves no core file, ends with its parent and runs no exit handlers; all that comes
// back is its end and the zero-terminated text that it put into note. PASSED also where no child could be made, or
// somebody ended it: a trial is no reason to fail by itself. To be called before MPI is started.
void elbow_child_try(void (*work)(char *note, void *user), void *user, double seconds, struct elbow_trial *trial);

// Local. "SEGV" for SIGSEGV; its number for signals that no crash ends with. Static text or text.
const char *elbow_child_signal(int number, char text[16]);

ELBOW_C_END

#endif
