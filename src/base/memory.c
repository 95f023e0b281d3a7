// SPDX-License-Identifier: BSD-3-Clause
// The allocator. In front of every block stands a header of one alignment unit with the block's size, so that what is
// held is known at any moment. The counters are atomic: helper threads may allocate.
#include "elbow/base/memory.h"

#include "elbow/base/text.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

// What is smaller may stay in the C library's heap, which keeps so much at its end.
enum { OWN_PAGES_BYTES = 1 << 18, KEPT_BYTES = 1 << 20 };

struct block {
    size_t size; // of the user's part
    char padding[ELBOW_ALIGNMENT - sizeof(size_t)];
};

static struct {
    atomic_size_t bytes, blocks, peak_bytes;
    atomic_ullong allocations, fail_at;
} counts;

static void count_new(size_t size)
{
    size_t now = atomic_fetch_add(&counts.bytes, size) + size;
    atomic_fetch_add(&counts.blocks, 1);
    size_t peak = atomic_load(&counts.peak_bytes);
    while (now > peak && !atomic_compare_exchange_weak(&counts.peak_bytes, &peak, now))
        continue;
}

static bool must_fail(void)
{
    unsigned long long number = atomic_fetch_add(&counts.allocations, 1) + 1;
    return number == atomic_load(&counts.fail_at);
}

enum elbow_status elbow_allocate(void *pointer, size_t count, size_t size, const char *what, struct elbow_error *error)
{
    ELBOW_CHECK(pointer != NULL && size > 0);
    void **out = pointer;
    *out = NULL;
    size_t bytes = 0, total = 0;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX - 2 * sizeof(struct block))
        return elbow_error_set(error, ELBOW_MEMORY, "no memory for %s: %zu times %zu bytes is too much", what, count,
                               size);
    total = (bytes + 2 * sizeof(struct block) - 1) / sizeof(struct block) * sizeof(struct block);
    struct block *block = must_fail() ? NULL : aligned_alloc(ELBOW_ALIGNMENT, total);
    if (block == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "no memory for %s: %s were requested", what,
                               elbow_text_bytes(bytes).text);
    memset(block, 0, total);
    block->size = bytes;
    count_new(bytes);
    *out = block + 1;
    return ELBOW_OK;
}

enum elbow_status elbow_allocate_all(const struct elbow_array *arrays, size_t count, const char *what,
                                     struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        status = elbow_allocate(arrays[i].pointer, arrays[i].count, arrays[i].size,
                                arrays[i].what != NULL ? arrays[i].what : what, error);
    return status;
}

void elbow_release(void *pointer)
{
    ELBOW_CHECK(pointer != NULL);
    void **held = pointer;
    if (*held == NULL)
        return;
    struct block *block = (struct block *)*held - 1;
    atomic_fetch_sub(&counts.bytes, block->size);
    atomic_fetch_sub(&counts.blocks, 1);
    free(block);
    *held = NULL;
}

enum elbow_status elbow_duplicate(char **copy, const char *text, struct elbow_error *error)
{
    size_t size = strlen(text) + 1;
    enum elbow_status status = elbow_allocate(copy, size, 1, "a text", error);
    if (status == ELBOW_OK)
        memcpy(*copy, text, size);
    return status;
}

void elbow_memory_start(void)
{
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, OWN_PAGES_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

void elbow_memory_fill_new(void)
{
#ifdef __GLIBC__
    mallopt(M_PERTURB, 0xa5);
#endif
}

bool elbow_memory_has(size_t bytes)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages != MAP_FAILED && munmap(pages, bytes) == 0;
}

struct elbow_memory_counts elbow_memory_count(void)
{
    return (struct elbow_memory_counts){.bytes = counts.bytes,
                                        .blocks = counts.blocks,
                                        .peak_bytes = counts.peak_bytes,
                                        .allocations = counts.allocations};
}

void elbow_memory_fail_at(uint64_t n)
{
    atomic_store(&counts.fail_at, n == 0 ? 0 : atomic_load(&counts.allocations) + n);
}
