// SPDX-License-Identifier: BSD-3-Clause
// Signals. SIGUSR1 and SIGUSR2 ask a run to stop at its next step with a checkpoint: they are noted, and the ranks
// agree later. SIGTERM and SIGINT end the process, after it has written a text prepared for this.
#ifndef ELBOW_BASE_SIGNALS_H
#define ELBOW_BASE_SIGNALS_H

#include "elbow/base/language.h"

#include <stdbool.h>

ELBOW_C_BEGIN

// Local. Installs handlers for the four signals, for all threads; call it before there is anything to lose. SIGTERM and
// SIGINT stay ignored if they were (nohup, a shell's background job).
void elbow_signals_catch(void);

// Local. From now on SIGUSR1 and SIGUSR2 end the process as SIGTERM does; one that has come already ends it here. For
// work without a state to continue from.
void elbow_signals_refuse_stop(void);

// Local. Whether SIGUSR1 or SIGUSR2 has come.
bool elbow_signals_stop_wanted(void);

// Local. The text that a signal that ends the process writes to stderr after "elbow: ended by SIGTERM"; printf-style,
// no newline. NULL: nothing. Cheap enough for every step.
void elbow_signals_keep_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

// Local. A file that gets the same line, before stderr: open for appending; do not close it before another one, or -1
// for none, is set.
void elbow_signals_keep_log(int descriptor);

// Local. From now on a signal ends this process half a second late. For a process beside another one that still has to
// report: launchers kill all others as soon as one has ended, even one that has not yet entered its handler.
void elbow_signals_give_way(void);

ELBOW_C_END

#endif
