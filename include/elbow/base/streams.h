// SPDX-License-Identifier: BSD-3-Clause
// The standard streams: there from the start, and a reader that goes away ends no program.
#ifndef ELBOW_BASE_STREAMS_H
#define ELBOW_BASE_STREAMS_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stdio.h>

ELBOW_C_BEGIN

// Local. The first thing that a program does: opens standard input, output and error to /dev/null where they are
// closed, so that no file takes their numbers and, with them, what is meant for people; a pipe without a reader becomes
// an error of the write (EPIPE), where it would be a deadly signal.
void elbow_streams_start(void);

// Local. Writes these bytes to a stream's descriptor in one go, behind what stdio still holds. 0, or why they were not
// all written.
int elbow_streams_put(FILE *stream, const void *bytes, size_t size);

// Local. Whether all that was printed to a stream has been written: 0; EPIPE where nobody reads it any more; else why
// not.
int elbow_streams_finish(FILE *stream);

// Local. Whether people may look at standard output as it grows: a terminal. A launcher of ranks (`is_launched`) gives
// each rank a terminal of its own making, whatever it writes to itself: then its own standard output counts, that of
// the nearest ancestor which has another one than this process.
bool elbow_streams_is_watched(bool is_launched);

// Local. The end of a program that prints to standard output beside what it makes: its exit status. One that was not
// written is told, and 1; one that nobody reads is not.
int elbow_streams_end(const char *program, int exit_status);

ELBOW_C_END

#endif
