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
// elbow_release. count 0 gives a valid pointer. MEMORY on overflow or if there is none; `what` names it in the message.
enum elbow_status elbow_allocate(void *pointer, size_t count, size_t size, const char *what, struct elbow_error *error);

// One of several arrays that are allocated together: ELBOW_ARRAY(values, count) for `float *values`. `what` names it in
// the message; NULL: the common name.
struct elbow_array {
    void *pointer; // address of the pointer
    size_t count, size;
    const char *what;
};
#define ELBOW_ARRAY(values, count) ELBOW_ARRAY_OF(values, count, NULL)
#define ELBOW_ARRAY_OF(values, count, what)                                                                            \
    {                                                                                                                  \
        &(values), (count), sizeof *(values), (what)                                                                   \
    }

// Local. Allocates each of `count` arrays like elbow_allocate, in order, up to the first failure; later pointers do not
// change. The caller releases them in any case.
enum elbow_status elbow_allocate_all(const struct elbow_array *arrays, size_t count, const char *what,
                                     struct elbow_error *error);

// Local. Releases memory and sets the pointer at this address to NULL: elbow_release(&values). A NULL there is legal.
void elbow_release(void *pointer);

// Local. Copies of texts, to be released with elbow_release.
enum elbow_status elbow_duplicate(char **copy, const char *text, struct elbow_error *error);

// Local. Once, at the start of a program: large released blocks return to the system at once, so that the process holds
// no more than it uses. (Otherwise the C library would keep blocks of up to 64 MB after such a block was released.)
void elbow_memory_start(void);

// Local. From now on, memory from malloc holds junk until it is written (with glibc). For processes that try a file.
void elbow_memory_fill_new(void);

// Local. Whether this number of bytes could be allocated now in one block: allocates and releases them without touching
// them. For libraries that crash or wait for ever without memory.
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
