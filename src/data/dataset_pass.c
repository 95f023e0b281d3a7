// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: one walk over all rows in pages for several figures at once. Blocks of rows are dealt to all ranks
// and summed along the tree over the blocks. Within a block all figures of the rows of a page are computed before the
// next page, so that each page is read once.
#include "elbow/data/detail/learning.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/parallel/tree_sum.h"

#include <string.h>

enum { BLOCK = ELBOW_MOMENTS_BLOCK };
_Static_assert((int)BLOCK == (int)ELBOW_BATCH_SUMS_BLOCK, "moments and batches are summed in the same blocks");

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

static size_t width_of(const struct elbow_learning *learning, unsigned part)
{
    if ((learning->now & part) == 0)
        return 0;
    if (part == ELBOW_PASS_LOOK)
        return ELBOW_COUNTS;
    if (part == ELBOW_PASS_SCALED)
        return elbow_moments_width(&learning->scaled_taking);
    if (part == ELBOW_PASS_SEEN)
        return elbow_moments_width(&learning->seen_taking);
    return part == ELBOW_PASS_START ? elbow_batch_sums_width(learning->start) : 0;
}

// The offset of a part in the vector; for a bit above all parts, the length of the vector.
static size_t begin_of(const struct elbow_learning *learning, unsigned part)
{
    size_t begin = 0;
    for (unsigned before = 1; before < part; before <<= 1)
        begin += width_of(learning, before);
    return begin;
}

const double *elbow_learning_sums(const struct elbow_learning *learning, enum elbow_pass_part part)
{
    return learning->vector + begin_of(learning, part);
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

static void look(struct elbow_learning *learning, struct elbow_range rows, double *counts)
{
    struct elbow_loading_figures found = elbow_loading_count(learning->loading, rows);
    elbow_loading_look(learning->loading->dataset, rows, &learning->stored.low, &learning->stored.high);
    counts[ELBOW_COUNT_KNOWN] += (double)found.known;
    counts[ELBOW_COUNT_EMPTY] += (double)found.empty;
    counts[ELBOW_COUNT_MISSING] += (double)found.missing;
    if (found.missing > 0 && (double)found.first_missing < learning->first_missing)
        learning->first_missing = (double)found.first_missing;
}

static void take_rows(struct elbow_learning *learning, struct elbow_range rows, double *sums)
{
    unsigned now = learning->now;
    if (now & ELBOW_PASS_LOOK)
        look(learning, rows, sums);
    if (now & ELBOW_PASS_SCALED)
        elbow_moments_add(&learning->scaled_taking, rows.first, rows.last,
                          sums + begin_of(learning, ELBOW_PASS_SCALED));
    if (now & ELBOW_PASS_CHECK)
        elbow_checking_add(&learning->checking, rows);
    if (now & ELBOW_PASS_SEEN)
        elbow_moments_add(&learning->seen_taking, rows.first, rows.last, sums + begin_of(learning, ELBOW_PASS_SEEN));
    if (now & ELBOW_PASS_START)
        elbow_batch_sums_add(learning->start, rows.first, rows.last, sums + begin_of(learning, ELBOW_PASS_START));
    if (now & ELBOW_PASS_MEASURE)
        elbow_measuring_add(&learning->measuring, rows);
}

// The progress is that of rank zero in its part of the rows.
static void show(struct elbow_learning *learning, uint64_t done)
{
    struct elbow_loading *loading = learning->loading;
    double now = elbow_clock_seconds();
    bool is_line = loading->request->shows_line;
    if (elbow_comm_place(loading->comm).rank != 0 ||
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

static void take_block(void *user, uint64_t block, double *sums)
{
    struct elbow_learning *learning = user;
    const struct elbow_dataset *dataset = learning->loading->dataset;
    const struct elbow_page_table *table = &dataset->page_table;
    uint64_t row = block_first(dataset, block), last = block_first(dataset, block + 1);
    memset(sums, 0, learning->width * sizeof *sums);
    for (uint64_t page = elbow_page_table_find(table, row), end; row < last; row = end, ++page) {
        end = table->first[page + 1] < last ? table->first[page + 1] : last;
        if ((learning->now & ELBOW_PASS_LOOK) && row == table->first[page])
            hash_page(learning, row);
        take_rows(learning, (struct elbow_range){row, end}, sums);
        show(learning, end);
    }
}

void elbow_learning_announce(struct elbow_learning *learning)
{
    char of[48] = "";
    learning->pass += 1;
    if (learning->pass > learning->passes) // a guess was wrong
        learning->passes = learning->pass;
    if (learning->passes > 1)
        elbow_text_format(of, sizeof of, ": pass %d of %d", learning->pass, learning->passes);
    learning->last_line = elbow_clock_seconds();
    elbow_log_say(learning->log, "data: reading all %s for %s%s",
                  elbow_text_count(learning->loading->dataset->samples, "row").text, learning->what, of);
}

enum elbow_status elbow_learning_walk(struct elbow_learning *learning, unsigned now, struct elbow_error *error)
{
    struct elbow_loading *loading = learning->loading;
    learning->now = now;
    size_t width = begin_of(learning, UINT32_C(1) << 31);
    width = width > 0 ? width : 1; // a walk without sums
    elbow_release(&learning->vector);
    learning->width = width;
    elbow_allocate(&learning->vector, width, sizeof *learning->vector, "what is learned from the data", error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    const struct elbow_tree_sum job = {
        .leaves = blocks_of(loading->dataset), .width = width, .user = learning, .leaf = take_block};
    elbow_learning_announce(learning);
    elbow_tree_sum_run(loading->comm, &job, learning->vector, error);
    return elbow_loading_agree(loading, error);
}
