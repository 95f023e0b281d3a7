// SPDX-License-Identifier: BSD-3-Clause
// Mean and variance of the values of samples, as batches have them. For resident rows in the full order, columns are
// dealt to the ranks and added in the order of the rows: the bits of version 0.1. For rows in pages, blocks of rows are
// dealt to the ranks, so that each page is read by one rank.
#include "elbow/data/detail/batch_reader.h"
#include "elbow/data/detail/block_moments.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/through.h"

#include "elbow/base/memory.h"
#include "elbow/data/pages.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

#include <math.h>
#include <string.h>

static struct elbow_binarizer without_draws(const struct elbow_binarizer *binarizer)
{
    struct elbow_binarizer own = *binarizer;
    if (own.kind != ELBOW_BINARIZE_THRESHOLD)
        own.kind = ELBOW_BINARIZE_NONE; // the mean of draws is the value
    return own;
}

enum elbow_status elbow_batch_reader_create(const struct elbow_dataset *dataset,
                                            const struct elbow_binarizer *binarizer, struct elbow_batch_reader *reader,
                                            struct elbow_error *error)
{
    *reader = (struct elbow_batch_reader){.dataset = dataset, .binarizer = without_draws(binarizer)};
    return elbow_allocate(&reader->sample, dataset->values, sizeof *reader->sample, "a sample", error);
}

void elbow_batch_reader_destroy(struct elbow_batch_reader *reader)
{
    elbow_release(&reader->sample);
}

void elbow_batch_reader_read(const void *user, uint64_t row, double *values)
{
    const struct elbow_batch_reader *reader = user;
    elbow_batch_gather(reader->dataset, &reader->binarizer, 1, &row, reader->sample);
    for (size_t d = 0; d < reader->dataset->values; ++d)
        values[d] = (double)reader->sample[d];
}

void elbow_batch_reader_known(const void *user, uint64_t row, float *known)
{
    const struct elbow_batch_reader *reader = user;
    elbow_dataset_known(reader->dataset, row, known);
}

// Collective. Blocks of rows are merged along a tree.
static enum elbow_status moments_by_rows(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                         const struct elbow_binarizer *binarizer, double *mean, double *variance,
                                         struct elbow_error *error)
{
    struct elbow_batch_reader reader;
    struct elbow_moments moments = {0};
    *error = (struct elbow_error){0};
    elbow_batch_reader_create(dataset, binarizer, &reader, error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        const struct elbow_moments_job job = {.comm = comm,
                                              .rows = dataset->samples,
                                              .values = dataset->values,
                                              .user = &reader,
                                              .read = elbow_batch_reader_read,
                                              .known =
                                                  elbow_dataset_has_known(dataset) ? elbow_batch_reader_known : NULL};
        elbow_block_moments_take(&job, &moments, error);
    }
    if (error->status == ELBOW_OK)
        elbow_block_moments_start(&moments, mean, variance);
    if (error->status == ELBOW_OK && dataset->pages != NULL)
        elbow_pages_trouble(dataset->pages, error);
    elbow_moments_clear(&moments);
    elbow_batch_reader_destroy(&reader);
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
    struct elbow_binarizer own = without_draws(given), *binarizer = &own;
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
