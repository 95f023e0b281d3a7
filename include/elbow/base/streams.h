// SPDX-License-Identifier: BSD-3-Clause
// The standard streams: always open, and a reader that goes away does not end the program.
#ifndef ELBOW_BASE_STREAMS_H
#define ELBOW_BASE_STREAMS_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stdio.h>

ELBOW_C_BEGIN

// Local. Call it first in a program: opens closed standard streams to /dev/null, so that no file gets their descriptors
// and receives messages; a write to a pipe without a reader becomes an error (EPIPE) instead of a fatal signal.
void elbow_streams_start(void);

// Local. Writes these bytes to a stream's descriptor at once, after the buffer of stdio. 0, or the errno of the
// failure.
int elbow_streams_put(FILE *stream, const void *bytes, size_t size);

// Local. Whether everything printed to a stream has been written: 0; EPIPE if it has no reader any more; otherwise the
// errno.
int elbow_streams_finish(FILE *stream);

// Local. Whether standard output is a terminal that people watch. A launcher of ranks (`is_launched`) gives each rank a
// pseudo-terminal, wherever it writes itself: then the standard output of the launcher decides, that is, of the nearest
// ancestor with another one than this process.
bool elbow_streams_is_watched(bool is_launched);

// Local. The exit status of a program that prints to standard output. A failure to write is reported and gives 1; a
// missing reader is no failure.
int elbow_streams_end(const char *program, int exit_status);

ELBOW_C_END

#endif
