// SPDX-License-Identifier: BSD-3-Clause
// Which samples belong to which page.
#include "elbow/data/page_table.h"

#include "elbow/base/memory.h"

enum { PAGE_BYTES = 1 << 20, SEGMENT_PAGES = 32 };

// Adds the pages of the file with stored rows [begin, end). Without a table (first is NULL) they are only counted.
static void add_file(struct elbow_page_table *table, const struct elbow_selection *selection, uint64_t begin,
                     uint64_t end)
{
    uint64_t before = elbow_selection_before(selection, begin);
    while (begin < end) {
        uint64_t rows = end - begin < table->page_rows ? end - begin : table->page_rows;
        begin += rows;
        uint64_t after = elbow_selection_before(selection, begin);
        if (after == before)
            continue;
        ++table->count;
        if (table->first != NULL)
            table->first[table->count] = after * table->row_samples;
        before = after;
    }
}

static void add_files(struct elbow_page_table *table, const struct elbow_page_table_request *request)
{
    uint64_t begin = 0;
    table->count = 0;
    for (size_t i = 0; i < request->files; ++i) {
        add_file(table, request->selection, begin, begin + request->file_rows[i]);
        begin += request->file_rows[i];
    }
    ELBOW_CHECK(request->files == 0 || begin == request->selection->stored);
    if (request->files == 0)
        add_file(table, request->selection, 0, request->selection->stored);
}

enum elbow_status elbow_page_table_create(const struct elbow_page_table_request *request,
                                          struct elbow_page_table *table, struct elbow_error *error)
{
    const struct elbow_selection *selection = request->selection;
    ELBOW_CHECK(selection->samples > 0 && selection->windows > 0 && request->page_rows > 0);
    *table = (struct elbow_page_table){
        .page_rows = request->page_rows, .samples = selection->samples, .row_samples = selection->windows};
    add_files(table, request);
    enum elbow_status status =
        elbow_allocate(&table->first, (size_t)table->count + 1, sizeof *table->first, "the table of pages", error);
    if (status != ELBOW_OK)
        return status;
    add_files(table, request);
    ELBOW_CHECK(table->first[table->count] == table->samples);
    return ELBOW_OK;
}

void elbow_page_table_clear(struct elbow_page_table *table)
{
    elbow_release(&table->first);
    *table = (struct elbow_page_table){0};
}

uint64_t elbow_page_table_find(const struct elbow_page_table *table, uint64_t sample)
{
    ELBOW_CHECK(sample < table->samples);
    uint64_t low = 0, high = table->count; // first[low] <= sample < first[high]
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (table->first[middle] <= sample)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint64_t elbow_page_rows(uint64_t chunk_rows, uint64_t row_bytes, uint64_t rows, uint64_t microbatches)
{
    ELBOW_CHECK(microbatches > 0);
    uint64_t chunk = chunk_rows > 0 ? chunk_rows : 1;
    uint64_t by_bytes = PAGE_BYTES / (row_bytes > 0 ? row_bytes : 1);
    uint64_t by_segments = rows / SEGMENT_PAGES / microbatches;
    uint64_t chunks = (by_bytes < by_segments ? by_bytes : by_segments) / chunk;
    return chunk * (chunks > 0 ? chunks : 1);
}
