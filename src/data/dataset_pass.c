// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: one walk over all rows for several figures at once. Blocks of rows are dealt to all ranks and
// merged along the tree over the blocks. Within a block all figures of the rows of a page are computed before the next
// page, so that each page is read once.
#include "elbow/data/detail/learning.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/parallel/tree_sum.h"

#include <string.h>

enum { BLOCK = ELBOW_MOMENTS_BLOCK };

// Seconds between updates of the progress line, and between plain lines.
static const double LINE_SECONDS = 0.2, PLAIN_SECONDS = 10;

static uint64_t block_first(const struct elbow_dataset *dataset, uint64_t block)
{
    return block * BLOCK < dataset->samples ? block * BLOCK : dataset->samples;
}

static uint64_t blocks_of(const struct elbow_dataset *dataset)
{
    return (dataset->samples + BLOCK - 1) / BLOCK;
}

// Doubles of the records of a part.
static size_t width_of(const struct elbow_learning *learning, unsigned part)
{
    const unsigned with_moments = ELBOW_PASS_STORED | ELBOW_PASS_SEEN | ELBOW_PASS_START;
    bool is_there = (learning->now & part & with_moments) != 0;
    return is_there ? ELBOW_BLOCK_MOMENTS_RECORD * learning->loading->dataset->values : 0;
}

// The offset of a part in the records; for a bit above all parts, their length.
static size_t begin_of(const struct elbow_learning *learning, unsigned part)
{
    size_t begin = 0;
    for (unsigned before = 1; before < part; before <<= 1)
        begin += width_of(learning, before);
    return begin;
}

const double *elbow_learning_records(const struct elbow_learning *learning, enum elbow_pass_part part)
{
    return learning->records + begin_of(learning, part);
}

// The block of a page's first row hashes the whole page, which is in memory as soon as one of its rows is.
static void hash_page(struct elbow_learning *learning, uint64_t first)
{
    const struct elbow_dataset *dataset = learning->loading->dataset;
    const struct elbow_page_sample *sample = &dataset->sample;
    uint64_t low = 0, high = sample->count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (sample->rows[middle].first <= first)
            low = middle;
        else
            high = middle;
    }
    if (sample->rows[low].first == first)
        learning->hashes[low] = elbow_dataset_hash_rows(dataset, sample->rows[low]);
}

static void count(struct elbow_learning *learning, struct elbow_range rows)
{
    struct elbow_loading_figures found = elbow_loading_count(learning->loading, rows);
    learning->counts[ELBOW_COUNT_KNOWN] += (double)found.known;
    learning->counts[ELBOW_COUNT_EMPTY] += (double)found.empty;
    learning->counts[ELBOW_COUNT_MISSING] += (double)found.missing;
    if (found.missing > 0 && (double)found.first_missing < learning->first_missing)
        learning->first_missing = (double)found.first_missing;
}

static void read_seen(const struct elbow_learning *learning, uint64_t row)
{
    const struct elbow_dataset *dataset = learning->loading->dataset;
    elbow_dataset_sample(dataset, row, learning->sample);
    for (size_t d = 0; d < dataset->values; ++d)
        learning->row[d] = (double)learning->sample[d];
}

// Adds a row to the moments.
static void take_row(struct elbow_learning *learning, uint64_t row)
{
    const struct elbow_dataset *dataset = learning->loading->dataset;
    const float *known = elbow_dataset_has_known(dataset) ? learning->known : NULL;
    if (known != NULL)
        elbow_dataset_known(dataset, row, learning->known);
    if (learning->now & ELBOW_PASS_STORED) {
        elbow_rows_read(dataset, row, learning->row);
        elbow_block_moments_add(&learning->stored_block, learning->row, known);
    }
    if (learning->now & ELBOW_PASS_SEEN) {
        read_seen(learning, row);
        elbow_block_moments_add(&learning->seen_block, learning->row, known);
    }
    if (learning->now & ELBOW_PASS_START) {
        elbow_batch_reader_read(&learning->reader, row, learning->row);
        elbow_block_moments_add(&learning->start_block, learning->row, known);
    }
}

static void take_rows(struct elbow_learning *learning, struct elbow_range rows)
{
    if (learning->now & ELBOW_PASS_STORED)
        count(learning, rows);
    if (learning->now & ELBOW_PASS_CHECK)
        elbow_checking_add(&learning->checking, rows);
    for (uint64_t row = rows.first; row < rows.last; ++row)
        take_row(learning, row);
}

static struct elbow_block_moments *block_of(struct elbow_learning *learning, unsigned part)
{
    return part == ELBOW_PASS_STORED ? &learning->stored_block
           : part == ELBOW_PASS_SEEN ? &learning->seen_block
                                     : &learning->start_block;
}

// The progress is that of rank zero in its part of the rows.
static void show(struct elbow_learning *learning, uint64_t done)
{
    struct elbow_loading *loading = learning->loading;
    double now = elbow_clock_seconds();
    bool is_line = loading->request->shows_line;
    if (loading->dataset->pages == NULL || elbow_comm_place(loading->comm).rank != 0 ||
        now - learning->last_line < (is_line ? LINE_SECONDS : PLAIN_SECONDS))
        return;
    learning->last_line = now;
    uint64_t blocks = elbow_partition(blocks_of(loading->dataset), 0, elbow_comm_place(loading->comm).size).last;
    double share = 100.0 * (double)done / (double)block_first(loading->dataset, blocks);
    if (is_line)
        elbow_log_progress(learning->log, "data: reading all rows, pass %d of %d: %.0f %%", learning->pass,
                           learning->passes, share);
    else
        elbow_log_say(learning->log, "data: reading all rows, pass %d of %d: %.0f %%", learning->pass, learning->passes,
                      share);
}

static void take_block(void *user, uint64_t block, double *records)
{
    struct elbow_learning *learning = user;
    const struct elbow_dataset *dataset = learning->loading->dataset;
    const struct elbow_page_table *table = &dataset->page_table;
    uint64_t row = block_first(dataset, block), last = block_first(dataset, block + 1);
    for (unsigned part = 1; part <= ELBOW_PASS_START; part <<= 1)
        if (width_of(learning, part) > 0)
            elbow_block_moments_begin(block_of(learning, part));
    for (uint64_t page = elbow_page_table_find(table, row), end; row < last; row = end, ++page) {
        end = table->first[page + 1] < last ? table->first[page + 1] : last;
        if ((learning->now & ELBOW_PASS_STORED) && dataset->pages != NULL && row == table->first[page])
            hash_page(learning, row);
        take_rows(learning, (struct elbow_range){row, end});
        show(learning, end);
    }
    memset(records, 0, learning->width * sizeof *records); // a walk without moments has a record, too
    for (unsigned part = 1; part <= ELBOW_PASS_START; part <<= 1)
        if (width_of(learning, part) > 0)
            elbow_block_moments_end(block_of(learning, part), records + begin_of(learning, part));
}

void elbow_learning_announce(struct elbow_learning *learning)
{
    char of[48] = "";
    if (learning->loading->dataset->pages == NULL)
        return;
    learning->pass += 1;
    if (learning->pass > learning->passes) // one that was not foreseen
        learning->passes = learning->pass;
    if (learning->passes > 1)
        elbow_text_format(of, sizeof of, ": pass %d of %d", learning->pass, learning->passes);
    learning->last_line = elbow_clock_seconds();
    elbow_log_say(learning->log, "data: reading all %s for %s%s",
                  elbow_text_count(learning->loading->dataset->samples, "row").text, learning->what, of);
}

// Memory for the parts of the walk.
static enum elbow_status prepare(struct elbow_learning *learning, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = learning->loading->dataset;
    enum elbow_status status = elbow_allocate(&learning->records, learning->width, sizeof *learning->records,
                                              "what is learned from the data", error);
    for (unsigned part = 1; part <= ELBOW_PASS_START && status == ELBOW_OK; part <<= 1)
        if (width_of(learning, part) > 0 && block_of(learning, part)->values == 0)
            status = elbow_block_moments_create(dataset->values, elbow_dataset_has_known(dataset),
                                                block_of(learning, part), error);
    if (status == ELBOW_OK && (learning->now & ELBOW_PASS_START) && learning->reader.sample == NULL)
        status = elbow_batch_reader_create(dataset, learning->loading->request->start, &learning->reader, error);
    return status;
}

enum elbow_status elbow_learning_walk(struct elbow_learning *learning, unsigned now, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    learning->now = now;
    size_t width = begin_of(learning, ELBOW_PASS_START << 1);
    learning->width = width > 0 ? width : ELBOW_BLOCK_MOMENTS_RECORD;
    elbow_release(&learning->records);
    prepare(learning, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    const struct elbow_tree_sum job = {.leaves = blocks_of(loading->dataset),
                                       .width = learning->width,
                                       .user = learning,
                                       .leaf = take_block,
                                       .combine = elbow_block_moments_merge,
                                       .record = ELBOW_BLOCK_MOMENTS_RECORD};
    elbow_learning_announce(learning);
    elbow_tree_sum_run(loading->comm, &job, learning->records, error);
    return elbow_loading_agree(loading, error);
}
