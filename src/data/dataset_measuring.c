// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: mean and deviation, with the bits of elbow_loading_measure, of rows that are added in order in
// pieces of any size. Blocks and pieces end independently.
#include "elbow/data/detail/learning.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/parallel/collectives.h"

#include <math.h>

enum { BLOCKS = 1024, PIECE = 1024 }; // as in dataset_measure.c; a piece fills all lanes

// Known values of the current block, not yet summed.
struct elbow_piece {
    size_t n;
    double values[PIECE];
    struct elbow_element_lanes lanes;
};

static struct elbow_range block_rows(const struct elbow_measuring *measuring, uint64_t block)
{
    return elbow_partition(measuring->loading->dataset->samples, (int)block, (int)measuring->blocks);
}

static void take_piece(struct elbow_measuring *measuring)
{
    const struct elbow_dataset *dataset = measuring->loading->dataset;
    struct elbow_piece *piece = measuring->piece;
    elbow_element_add(ELBOW_ELEMENT_FLOAT64, piece->values, piece->n, dataset->min, dataset->max - dataset->min,
                      &piece->lanes);
    piece->n = 0;
}

static void add_row(struct elbow_measuring *measuring, uint64_t row)
{
    const struct elbow_dataset *dataset = measuring->loading->dataset;
    struct elbow_piece *piece = measuring->piece;
    struct elbow_rows_buffer buffer;
    for (size_t at = 0, n; at < dataset->values; at += n) {
        n = elbow_rows_step(dataset, dataset->values - at);
        const void *stored = elbow_rows_stored(dataset, row * dataset->values + at, n, &buffer);
        for (size_t i = 0; i < n; ++i) {
            if (!elbow_rows_knows(dataset, row, at + i))
                continue;
            piece->values[piece->n] = elbow_element_at(dataset->element, stored, i);
            if (++piece->n == PIECE)
                take_piece(measuring);
        }
    }
}

static void begin_block(struct elbow_measuring *measuring, uint64_t block)
{
    measuring->block = block;
    *measuring->piece = (struct elbow_piece){.n = 0};
}

static void end_block(struct elbow_measuring *measuring)
{
    take_piece(measuring);
    struct elbow_element_sums sums = elbow_element_total(&measuring->piece->lanes);
    measuring->sums[measuring->block] = sums.sum;
    measuring->squares[measuring->block] = sums.squares;
    measuring->block = measuring->blocks;
}

// The block that begins at this row; the number of blocks if there is none.
static uint64_t block_at(const struct elbow_measuring *measuring, uint64_t row)
{
    uint64_t low = 0, high = measuring->blocks; // the block of the row is in [low, high)
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (block_rows(measuring, middle).first <= row)
            low = middle;
        else
            high = middle;
    }
    return block_rows(measuring, low).first == row ? low : measuring->blocks;
}

enum elbow_status elbow_measuring_begin(const struct elbow_loading *loading, struct elbow_measuring *measuring,
                                        struct elbow_error *error)
{
    uint64_t samples = loading->dataset->samples, blocks = samples < BLOCKS ? samples : BLOCKS;
    *measuring = (struct elbow_measuring){.loading = loading, .blocks = blocks, .block = blocks};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(measuring->sums, blocks), ELBOW_ARRAY(measuring->squares, blocks),
                                         ELBOW_ARRAY(measuring->piece, 1)};
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "figures of the data", error);
}

void elbow_measuring_add(struct elbow_measuring *measuring, struct elbow_range rows)
{
    const struct elbow_dataset *dataset = measuring->loading->dataset;
    if (!isnormal(dataset->max - dataset->min))
        return;
    for (uint64_t row = rows.first; row < rows.last; ++row) {
        if (measuring->block == measuring->blocks) {
            uint64_t block = block_at(measuring, row);
            if (block == measuring->blocks) // the row belongs to a block of the previous rank
                continue;
            begin_block(measuring, block);
        }
        add_row(measuring, row);
        if (row + 1 == block_rows(measuring, measuring->block).last)
            end_block(measuring);
    }
    measuring->next = rows.last;
}

void elbow_measuring_conclude(struct elbow_measuring *measuring, struct elbow_loading *loading)
{
    double n = (double)loading->figures.known;
    int blocks = (int)measuring->blocks;
    if (measuring->block < measuring->blocks)
        elbow_measuring_add(measuring,
                            (struct elbow_range){measuring->next, block_rows(measuring, measuring->block).last});
    // Each block belongs to one rank, the others have 0, and sums are at least 0.
    elbow_comm_max(loading->comm, measuring->sums, (size_t)blocks);
    elbow_comm_max(loading->comm, measuring->squares, (size_t)blocks);
    elbow_loading_take_mean(loading, elbow_partition_sum_leaves(measuring->sums, measuring->blocks) / n,
                            elbow_partition_sum_leaves(measuring->squares, measuring->blocks) / n);
}

void elbow_measuring_end(struct elbow_measuring *measuring)
{
    elbow_release(&measuring->sums);
    elbow_release(&measuring->squares);
    elbow_release(&measuring->piece);
}
