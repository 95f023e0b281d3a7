// SPDX-License-Identifier: BSD-3-Clause
// Work distributed over threads: the only caller of OpenMP.
//
// A loop is cut into spans, each computed by a thread. The thread, the number of threads and the cuts must change no
// bit: a body computes its elements independently, and a sum with an order lies in one span.
#ifndef ELBOW_MATH_THREADS_H
#define ELBOW_MATH_THREADS_H

#include "elbow/base/language.h"

#include <stddef.h>

ELBOW_C_BEGIN

// The maximum number of threads; floats per cache line, the unit for loops over floats: no line is then written by two
// threads.
enum { ELBOW_THREADS_MAX = 1024, ELBOW_THREADS_LINE = 16 };

// Local. The number of threads for loops of the calling thread: 1 until it is set, whatever the environment says. It
// applies to the calling thread only: loops of other threads stay on their thread. The threads are started here, with
// signals blocked, and sleep or spin between loops (OMP_WAIT_POLICY).
void elbow_threads_set(int threads);

// Local. That number; 1 within a body.
int elbow_threads_get(void);

// Elements [first, first + count). `part` differs between concurrent calls, and is less than elbow_threads_get().
typedef void elbow_threads_body(void *user, int part, size_t first, size_t count);

// Local. Calls body for spans that cover [0, count): cut at multiples of unit (> 0), each of at least `least` elements
// except a remainder. One call for all, in the calling thread, if there is one thread or too little work. The results
// are visible afterwards. A body must not fail.
void elbow_threads_split(size_t count, size_t unit, size_t least, elbow_threads_body *body, void *user);

ELBOW_C_END

#endif
