// SPDX-License-Identifier: BSD-3-Clause
// Memory: one overflow-checked, aligned, counted allocator.
#ifndef ELBOW_BASE_MEMORY_H
#define ELBOW_BASE_MEMORY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_ALIGNMENT = 64 }; // bytes: one cache line, one AVX-512 vector

// Local. Zeroed memory for count elements of size bytes, 64-byte aligned, into *pointer; the caller gives it back with
// elbow_release. count 0 gives a valid pointer. MEMORY on overflow or when there is none; `what` names it in the
// message.
enum elbow_status elbow_allocate(void *pointer, size_t count, size_t size, const char *what, struct elbow_error *error);

// Local. Gives memory back and sets the pointer at this address to NULL: elbow_release(&values). A NULL there is legal.
void elbow_release(void *pointer);

// Local. Text copies, to be given back with elbow_release.
enum elbow_status elbow_duplicate(char **copy, const char *text, struct elbow_error *error);

// Local. Whether so many bytes could be had now in one piece: they are asked for and given back, not touched. For
// libraries that crash or wait without end where there are none.
bool elbow_memory_has(size_t bytes);

// Local. The counts since the start: bytes and blocks held now, most bytes ever held, allocations made.
struct elbow_memory_counts {
    size_t bytes, blocks, peak_bytes;
    uint64_t allocations;
};
struct elbow_memory_counts elbow_memory_count(void);

// Local. For tests: the n-th allocation from now on fails (1 is the next one; 0 disarms).
void elbow_memory_fail_at(uint64_t n);

ELBOW_C_END

#endif
