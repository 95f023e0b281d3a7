// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: mean and deviation of all stored values, and the number of missing ones. Blocks of rows, whose
// size depends on the number of rows alone, are dealt to all ranks and added in a tree over the blocks: the figures
// have the same bits on any number of ranks.
#include "elbow/data/detail/learning.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/parallel/collectives.h"

#include <math.h>

enum { BLOCKS = 1024 };

// Of a block, as doubles: counts are exact.
enum { SUM, SQUARES, MISSING, FIRST_MISSING, UNREAD, FIRST_UNREAD, KNOWN, EMPTY, FIGURES };

// Whether the dataset's own rules are reported, but not in force.
static bool has_others(const struct elbow_loading *loading)
{
    return loading->request->reference != NULL && loading->request->is_settled && !elbow_loading_takes_fill(loading);
}

// Adds values from index `first` on, into figures[0] and [1].
static void count_missing(const struct elbow_dataset *dataset, const struct elbow_missing *rules, const void *stored,
                          size_t n, uint64_t first, double *figures)
{
    if (!elbow_missing_has_rules(rules))
        return;
    struct elbow_missing_count found = elbow_missing_find(rules, dataset->element, stored, n);
    if (figures[0] == 0 && found.count > 0)
        figures[1] = (double)first + (double)found.first;
    figures[0] += (double)found.count;
}

enum { PIECE = 1024 };

// Known values of a block, one after another, wherever they are.
struct piece {
    size_t n;
    double values[PIECE];
    uint64_t numbers[PIECE]; // among all values
};

// Into figures[0] and [1].
static void count_in_piece(const struct elbow_missing *rules, const struct piece *piece, double *figures)
{
    struct elbow_missing_count found = elbow_missing_find(rules, ELBOW_ELEMENT_FLOAT64, piece->values, piece->n);
    if (figures[0] == 0 && found.count > 0)
        figures[1] = (double)piece->numbers[found.first];
    figures[0] += (double)found.count;
}

static void take_piece(const struct elbow_loading *loading, struct piece *piece, struct elbow_element_lanes *lanes,
                       double *figures)
{
    const struct elbow_dataset *dataset = loading->dataset;
    double range = dataset->max - dataset->min;
    if (elbow_missing_has_rules(&dataset->missing))
        count_in_piece(&dataset->missing, piece, figures + MISSING);
    if (has_others(loading) && elbow_missing_has_rules(&dataset->packing.missing))
        count_in_piece(&dataset->packing.missing, piece, figures + UNREAD);
    if (isnormal(range))
        elbow_element_add(ELBOW_ELEMENT_FLOAT64, piece->values, piece->n, dataset->min, range, lanes);
    figures[KNOWN] += (double)piece->n;
    piece->n = 0;
}

// For a dataset with missing values: collects known values into whole pieces, so that they are added as if there were
// no others.
static void measure_known(const struct elbow_loading *loading, struct elbow_range rows,
                          struct elbow_element_lanes *lanes, double *figures)
{
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_rows_buffer buffer;
    struct piece piece = {.n = 0};
    for (uint64_t row = rows.first; row < rows.last; ++row) {
        size_t known = 0;
        const void *stored = elbow_rows_stored(dataset, row * dataset->values, dataset->values, &buffer);
        for (size_t i = 0; i < dataset->values; ++i) {
            if (!elbow_rows_knows(dataset, row, i))
                continue;
            piece.numbers[piece.n] = row * dataset->values + i;
            piece.values[piece.n] = elbow_element_at(dataset->element, stored, i);
            ++known;
            if (++piece.n == PIECE)
                take_piece(loading, &piece, lanes, figures);
        }
        figures[EMPTY] += known == 0;
    }
    take_piece(loading, &piece, lanes, figures);
}

static void measure_all(const struct elbow_loading *loading, struct elbow_range rows, struct elbow_element_lanes *lanes,
                        double *figures)
{
    const struct elbow_dataset *dataset = loading->dataset;
    double range = dataset->max - dataset->min;
    struct elbow_rows_buffer buffer;
    size_t left = (size_t)(rows.last - rows.first) * dataset->values, n;
    figures[KNOWN] = (double)left;
    for (uint64_t first = rows.first * dataset->values; left > 0; first += n, left -= n) {
        n = elbow_rows_step(dataset, left);
        const void *stored = elbow_rows_stored(dataset, first, n, &buffer);
        count_missing(dataset, &dataset->missing, stored, n, first, figures + MISSING);
        if (has_others(loading))
            count_missing(dataset, &dataset->packing.missing, stored, n, first, figures + UNREAD);
        if (isnormal(range))
            elbow_element_add(dataset->element, stored, n, dataset->min, range, lanes);
    }
}

static void measure_block(const struct elbow_loading *loading, struct elbow_range rows, double *figures)
{
    struct elbow_element_lanes lanes = {.sum = {0}};
    if (elbow_dataset_has_known(loading->dataset))
        measure_known(loading, rows, &lanes, figures);
    else
        measure_all(loading, rows, &lanes, figures);
    struct elbow_element_sums sums = elbow_element_total(&lanes);
    figures[SUM] = sums.sum;
    figures[SQUARES] = sums.squares;
}

// Blocks [lo, hi) into the first of them.
static void add_blocks(double *figures, size_t lo, size_t hi)
{
    if (hi - lo < 2)
        return;
    size_t middle = lo + (hi - lo) / 2;
    add_blocks(figures, lo, middle);
    add_blocks(figures, middle, hi);
    double *left = figures + lo * FIGURES, *right = figures + middle * FIGURES;
    for (int k = MISSING; k <= UNREAD; k += 2) {
        if (left[k] == 0)
            left[k + 1] = right[k + 1];
        left[k] += right[k];
    }
    static const int added[] = {SUM, SQUARES, KNOWN, EMPTY};
    for (size_t i = 0; i < sizeof added / sizeof *added; ++i)
        left[added[i]] += right[added[i]];
}

static struct elbow_loading_figures counts_of(const double *figures)
{
    return (struct elbow_loading_figures){.missing = (uint64_t)figures[MISSING],
                                          .first_missing = (uint64_t)figures[FIRST_MISSING],
                                          .unread = (uint64_t)figures[UNREAD],
                                          .first_unread = (uint64_t)figures[FIRST_UNREAD],
                                          .known = (uint64_t)figures[KNOWN],
                                          .empty = (uint64_t)figures[EMPTY]};
}

struct elbow_loading_figures elbow_loading_count(const struct elbow_loading *loading, struct elbow_range rows)
{
    double figures[FIGURES] = {0};
    measure_block(loading, rows, figures);
    return counts_of(figures);
}

// From the means of (value - min) / (max - min) and of its square.
static void take_mean(struct elbow_loading *loading, double mean, double square)
{
    const struct elbow_dataset *dataset = loading->dataset;
    double range = dataset->max - dataset->min;
    loading->figures.mean = dataset->min;
    loading->figures.deviation = range;
    if (!isnormal(range))
        return;
    loading->figures.mean = dataset->min + range * mean;
    loading->figures.deviation = range * sqrt(fmax(0, square - mean * mean));
}

static void take(struct elbow_loading *loading, const double *all)
{
    double n = all[KNOWN];
    loading->figures = counts_of(all);
    take_mean(loading, all[SUM] / n, all[SQUARES] / n);
}

// For rows in pages, the blocks are the measured pages.
static uint64_t blocks_of(const struct elbow_loading *loading)
{
    uint64_t rows = loading->dataset->samples;
    return loading->is_sampled ? loading->dataset->sample.count : rows < BLOCKS ? rows : BLOCKS;
}

static struct elbow_range block_rows(const struct elbow_loading *loading, uint64_t block, uint64_t blocks)
{
    const struct elbow_dataset *dataset = loading->dataset;
    return loading->is_sampled ? dataset->sample.rows[block]
                               : elbow_partition(dataset->samples, (int)block, (int)blocks);
}

enum elbow_status elbow_loading_measure(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(loading->comm);
    uint64_t blocks = blocks_of(loading);
    double *figures = NULL;
    size_t *first = NULL;
    if (elbow_allocate(&figures, (size_t)blocks * FIGURES, sizeof *figures, "figures of the data", error) == ELBOW_OK)
        elbow_allocate(&first, (size_t)place.size + 1, sizeof *first, "figures of the data", error);
    if (elbow_comm_agree(loading->comm, error) == ELBOW_OK) {
        struct elbow_range mine = elbow_partition(blocks, place.rank, place.size);
        for (uint64_t b = mine.first; b < mine.last; ++b)
            measure_block(loading, block_rows(loading, b, blocks), figures + b * FIGURES);
        for (int r = 0; r < place.size; ++r)
            first[r + 1] = (size_t)elbow_partition(blocks, r, place.size).last * FIGURES;
        elbow_comm_share_doubles(loading->comm, figures, first);
        add_blocks(figures, 0, (size_t)blocks);
        take(loading, figures);
    }
    elbow_release(&figures);
    elbow_release(&first);
    return error->status;
}
