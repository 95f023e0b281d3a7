// SPDX-License-Identifier: BSD-3-Clause
// Work spread over threads: the only caller of OpenMP.
//
// A loop is cut into spans and each goes to a thread. Which thread it is, how many there are and where the cuts lie
// must change no bit: a body computes its elements as it would alone, and sums that are added in one order lie in one
// span.
#ifndef ELBOW_MATH_THREADS_H
#define ELBOW_MATH_THREADS_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// The most threads; floats of a cache line, the unit for loops over floats: no line is then written by two threads.
enum { ELBOW_THREADS_MAX = 1024, ELBOW_THREADS_LINE = 16 };

// Local. The number of threads that loops of the calling thread may be spread over: 1 until it is set, whatever the
// environment says. It holds for the calling thread alone: loops of all other threads stay where they are. The threads
// are started here, with signals blocked, and sleep or spin between loops (OMP_WAIT_POLICY).
void elbow_threads_set(int threads);

// Local. That number; 1 inside of a body.
int elbow_threads_get(void);

// Elements [first, first + count). `part` is different for all calls at one time, and less than elbow_threads_get().
typedef void elbow_threads_body(void *user, int part, size_t first, size_t count);

// Local. Calls body for spans that make up [0, count): cut at multiples of unit (> 0), each of at least `least`
// elements but for a remainder. One call for all, by the caller, where there is one thread or too little to do. The
// results are seen after it. A body must not fail.
void elbow_threads_split(size_t count, size_t unit, size_t least, elbow_threads_body *body, void *user);

ELBOW_C_END

#endif
