// SPDX-License-Identifier: BSD-3-Clause
// Mean and variance of the values of samples, as batches have them. For resident rows in the full order, columns are
// dealt to the ranks and added in the order of the rows: the bits of version 0.1. For rows in pages, blocks of rows are
// dealt to the ranks, so that each page is read by one rank.
#include "elbow/data/detail/batch_sums.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/through.h"

#include "elbow/base/memory.h"
#include "elbow/data/pages.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"
#include "elbow/parallel/tree_sum.h"

#include <math.h>
#include <string.h>

enum { PIECE = 64 };

static void take_rows(const struct elbow_batch_sums *sums, uint64_t first, size_t rows)
{
    const struct elbow_dataset *dataset = sums->dataset;
    uint64_t ids[PIECE];
    for (size_t i = 0; i < rows; ++i)
        ids[i] = first + i;
    if (dataset->pages != NULL)
        elbow_pages_hold(dataset->pages, rows, ids);
    elbow_batch_gather(dataset, &sums->binarizer, rows, ids, sums->values);
    if (sums->has_known)
        elbow_batch_known(dataset, rows, ids, sums->known);
    if (dataset->pages != NULL)
        elbow_pages_release(dataset->pages);
}

static void add_row(const struct elbow_batch_sums *sums, size_t row, double *vector)
{
    size_t width = sums->dataset->values;
    const float *values = sums->values + row * width, *known = sums->known + row * width;
    double *squares = vector + width, *counts = sums->has_squares ? squares + width : squares;
    for (size_t d = 0; d < width; ++d) {
        if (sums->has_known && known[d] == 0)
            continue;
        double difference = (double)values[d] - sums->origin[d];
        vector[d] += difference;
        if (sums->has_squares)
            squares[d] += difference * difference;
        if (sums->has_known)
            counts[d] += 1;
    }
}

static size_t vectors(const struct elbow_batch_sums *sums)
{
    return 1U + sums->has_squares + sums->has_known;
}

size_t elbow_batch_sums_width(const struct elbow_batch_sums *sums)
{
    return vectors(sums) * sums->dataset->values;
}

void elbow_batch_sums_add(const struct elbow_batch_sums *sums, uint64_t first, uint64_t last, double *vector)
{
    for (size_t rows; first < last; first += rows) {
        rows = last - first < PIECE ? (size_t)(last - first) : PIECE;
        take_rows(sums, first, rows);
        for (size_t row = 0; row < rows; ++row)
            add_row(sums, row, vector);
    }
}

static void add_block(void *user, uint64_t number, double *vector)
{
    const struct elbow_batch_sums *sums = user;
    uint64_t first = number * ELBOW_BATCH_SUMS_BLOCK, left = sums->dataset->samples - first;
    memset(vector, 0, elbow_batch_sums_width(sums) * sizeof *vector);
    elbow_batch_sums_add(sums, first, first + (left < ELBOW_BATCH_SUMS_BLOCK ? left : ELBOW_BATCH_SUMS_BLOCK), vector);
}

// Collective. Differences from a row are small where values are alike.
static void take_origin(struct elbow_comm *comm, const struct elbow_batch_sums *sums)
{
    size_t width = sums->dataset->values;
    bool is_root = elbow_comm_place(comm).rank == 0;
    if (is_root)
        take_rows(sums, 0, 1);
    for (size_t d = 0; is_root && d < width; ++d)
        sums->origin[d] = (double)sums->values[d];
    elbow_comm_broadcast(comm, sums->origin, width * sizeof *sums->origin);
}

struct elbow_binarizer elbow_batch_sums_binarizer(const struct elbow_binarizer *binarizer)
{
    struct elbow_binarizer own = *binarizer;
    if (own.kind != ELBOW_BINARIZE_THRESHOLD)
        own.kind = ELBOW_BINARIZE_NONE; // the mean of draws is the value
    return own;
}

enum elbow_status elbow_batch_sums_begin(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                         const struct elbow_binarizer *binarizer, bool has_squares,
                                         struct elbow_batch_sums *sums, struct elbow_error *error)
{
    size_t width = dataset->values;
    *sums = (struct elbow_batch_sums){.dataset = dataset,
                                      .binarizer = elbow_batch_sums_binarizer(binarizer),
                                      .has_squares = has_squares,
                                      .has_known = elbow_dataset_has_known(dataset)};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(sums->origin, width), ELBOW_ARRAY(sums->values, PIECE * width),
                                         ELBOW_ARRAY(sums->known, PIECE * width)};
    *error = (struct elbow_error){0};
    elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the mean", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        take_origin(comm, sums);
    return error->status;
}

void elbow_batch_sums_end(struct elbow_batch_sums *sums)
{
    elbow_release(&sums->origin);
    elbow_release(&sums->values);
    elbow_release(&sums->known);
}

void elbow_batch_sums_conclude(const struct elbow_batch_sums *sums, const double *vector, double *mean,
                               double *variance)
{
    size_t width = sums->dataset->values;
    const double *counts = vector + (vectors(sums) - 1) * width;
    for (size_t d = 0; d < width; ++d) {
        double samples = sums->has_known ? counts[d] : (double)sums->dataset->samples;
        double difference = samples > 0 ? vector[d] / samples : 0;
        mean[d] = samples > 0 ? sums->origin[d] + difference : 0;
        if (variance == NULL)
            continue;
        variance[d] = samples > 0 ? fmax(0, vector[width + d] / samples - difference * difference) : 1;
    }
}

// Collective. Added along the tree over the blocks.
static enum elbow_status moments_by_rows(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                         const struct elbow_binarizer *binarizer, double *mean, double *variance,
                                         struct elbow_error *error)
{
    struct elbow_batch_sums sums;
    double *vector = NULL;
    if (elbow_batch_sums_begin(comm, dataset, binarizer, variance != NULL, &sums, error) == ELBOW_OK) {
        const struct elbow_tree_sum job = {.leaves =
                                               (dataset->samples + ELBOW_BATCH_SUMS_BLOCK - 1) / ELBOW_BATCH_SUMS_BLOCK,
                                           .width = elbow_batch_sums_width(&sums),
                                           .user = &sums,
                                           .leaf = add_block};
        elbow_allocate(&vector, job.width, sizeof *vector, "the mean", error);
        if (elbow_comm_agree(comm, error) == ELBOW_OK && elbow_tree_sum_run(comm, &job, vector, error) == ELBOW_OK)
            elbow_batch_sums_conclude(&sums, vector, mean, variance);
    }
    if (error->status == ELBOW_OK && dataset->pages != NULL)
        elbow_pages_trouble(dataset->pages, error);
    elbow_batch_sums_end(&sums);
    elbow_release(&vector);
    return elbow_comm_agree(comm, error);
}

// Sums over all samples, column by column: of values, and of those less the first sample's, and of their squares.
struct columns {
    bool has_squares;
    double *sums, *differences, *squares; // (D)
    double *counts;                       // (D) of known values; NULL: all are known
    float *sample, *origin;               // (D): workspace
};

// Of a row with missing values. The origin of a column is its first known value.
static void add_known(const struct elbow_dataset *dataset, uint64_t row, const struct columns *columns,
                      struct elbow_range range)
{
    for (uint64_t i = range.first; i < range.last; ++i) {
        if (!elbow_rows_knows(dataset, row, i))
            continue;
        if (columns->counts[i] == 0)
            columns->origin[i] = columns->sample[i];
        double difference = (double)columns->sample[i] - (double)columns->origin[i];
        columns->counts[i] += 1;
        columns->sums[i] += (double)columns->sample[i];
        if (!columns->has_squares)
            continue;
        columns->differences[i] += difference;
        columns->squares[i] += difference * difference;
    }
}

static void add_columns(const struct columns *columns, struct elbow_range range)
{
    for (uint64_t i = range.first; i < range.last; ++i)
        columns->sums[i] += (double)columns->sample[i];
    for (uint64_t i = range.first; columns->has_squares && i < range.last; ++i) {
        double difference = (double)columns->sample[i] - (double)columns->origin[i];
        columns->differences[i] += difference;
        columns->squares[i] += difference * difference;
    }
}

// Collective. Columns are dealt out to the ranks.
static void sum_columns(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                        const struct elbow_binarizer *binarizer, const struct columns *columns, size_t *first)
{
    struct elbow_place place = elbow_comm_place(comm);
    struct elbow_range mine = elbow_partition(dataset->values, place.rank, place.size);
    for (uint64_t row = 0; row < dataset->samples; ++row) {
        elbow_batch_gather(dataset, binarizer, 1, &row, columns->sample);
        if (row == 0)
            memcpy(columns->origin, columns->sample, dataset->values * sizeof(float));
        if (columns->counts != NULL)
            add_known(dataset, row, columns, mine);
        else
            add_columns(columns, mine);
    }
    for (int r = 0; r < place.size; ++r)
        first[r + 1] = (size_t)elbow_partition(dataset->values, r, place.size).last;
    elbow_comm_share_doubles(comm, columns->sums, first);
    if (columns->counts != NULL)
        elbow_comm_share_doubles(comm, columns->counts, first);
    if (!columns->has_squares)
        return;
    elbow_comm_share_doubles(comm, columns->differences, first);
    elbow_comm_share_doubles(comm, columns->squares, first);
}

enum elbow_status elbow_batch_moments(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                      const struct elbow_binarizer *given, double *mean, double *variance,
                                      struct elbow_error *error)
{
    struct elbow_binarizer own = elbow_batch_sums_binarizer(given), *binarizer = &own;
    if (dataset->through != NULL)
        return elbow_through_moments(comm, dataset, mean, variance, error);
    if (dataset->sample.count > 0)
        return moments_by_rows(comm, dataset, binarizer, mean, variance, error);
    struct columns columns = {.has_squares = variance != NULL};
    size_t *first = NULL, squares = columns.has_squares ? dataset->values : 0;
    *error = (struct elbow_error){0};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(columns.sums, dataset->values),   ELBOW_ARRAY(columns.differences, squares),
        ELBOW_ARRAY(columns.squares, squares),        ELBOW_ARRAY_OF(columns.sample, dataset->values, "a sample"),
        ELBOW_ARRAY(columns.origin, dataset->values), ELBOW_ARRAY(first, (size_t)elbow_comm_place(comm).size + 1),
        ELBOW_ARRAY(columns.counts, dataset->values), // the last one
    };
    size_t count = sizeof arrays / sizeof *arrays - (elbow_dataset_has_known(dataset) ? 0 : 1);
    elbow_allocate_all(arrays, count, "the mean", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        sum_columns(comm, dataset, binarizer, &columns, first);
    for (size_t i = 0; error->status == ELBOW_OK && i < dataset->values; ++i) {
        double samples = columns.counts != NULL ? columns.counts[i] : (double)dataset->samples;
        mean[i] = samples > 0 ? columns.sums[i] / samples : 0;
        if (!columns.has_squares)
            continue;
        variance[i] = 1; // of a value that is never known
        if (!(samples > 0))
            continue;
        double difference = columns.differences[i] / samples;
        variance[i] = fmax(0, columns.squares[i] / samples - difference * difference);
    }
    elbow_release(&columns.sums);
    elbow_release(&columns.differences);
    elbow_release(&columns.squares);
    elbow_release(&columns.counts);
    elbow_release(&columns.sample);
    elbow_release(&columns.origin);
    elbow_release(&first);
    return error->status;
}
