// SPDX-License-Identifier: BSD-3-Clause
// The layout of sparse rows in one piece of memory: starts, values, columns, each aligned to its own size.
#include "elbow/data/pages.h"

#include "elbow/base/memory.h"

// The beginnings of the parts.
struct offsets {
    size_t values, columns, end;
};

static struct offsets offsets_of(uint64_t rows, uint64_t entries, size_t size)
{
    const size_t word = sizeof(uint64_t);
    struct offsets at = {.values = (rows + 1) * word};
    size_t bytes = entries * size;
    at.columns = at.values + (bytes + word - 1) / word * word;
    at.end = at.columns + entries * sizeof(uint32_t);
    return at;
}

size_t elbow_page_parts_bytes(uint64_t rows, uint64_t entries, size_t size)
{
    return offsets_of(rows, entries, size).end;
}

struct elbow_rows_parts elbow_page_parts(const struct elbow_page *page, size_t size)
{
    char *base = page->values;
    struct offsets at = offsets_of(page->rows, page->entries, size);
    return (struct elbow_rows_parts){
        .starts = (void *)base, .values = base + at.values, .columns = (void *)(base + at.columns)};
}

enum elbow_status elbow_page_reserve(struct elbow_page *page, uint64_t entries, size_t size, struct elbow_error *error)
{
    size_t bytes = elbow_page_parts_bytes(page->rows, entries, size);
    page->entries = entries;
    if (bytes <= page->bytes)
        return ELBOW_OK;
    elbow_release(&page->values);
    page->bytes = 0;
    enum elbow_status status = elbow_allocate(&page->values, bytes, 1, "a page of the data", error);
    if (status == ELBOW_OK)
        page->bytes = bytes;
    return status;
}
