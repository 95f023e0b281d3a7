// SPDX-License-Identifier: BSD-3-Clause
// Microbatches. What a row becomes depends on its sample id, the epoch and the seed alone, never on its place in a
// batch.
#include "elbow/data/batches.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/through.h"
#include "elbow/math/threads.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

#include <math.h>
#include <string.h>

enum { TILE = 1024 };

static void binarize(const struct elbow_binarizer *binarizer, uint64_t id, size_t values, float *row)
{
    if (binarizer->kind == ELBOW_BINARIZE_NONE)
        return;
    if (binarizer->kind == ELBOW_BINARIZE_THRESHOLD) {
        float threshold = (float)binarizer->threshold;
        for (size_t i = 0; i < values; ++i)
            row[i] = row[i] > threshold ? 1.0F : 0.0F;
        return;
    }
    struct elbow_stream stream = {
        .seed = binarizer->seed, .purpose = binarizer->purpose, .id = id, .draw = binarizer->draw};
    uint32_t words[TILE];
    for (size_t first = 0; first < values; first += TILE) {
        size_t count = values - first < TILE ? values - first : TILE;
        elbow_random_words(stream, first, count, words);
        for (size_t i = 0; i < count; ++i)
            row[first + i] = elbow_random_unit(words[i]) < row[first + i] ? 1.0F : 0.0F;
    }
}

// A sample as floats, with its noise where there is such, which is made in the row itself.
static void take_sample(const struct elbow_dataset *dataset, const struct elbow_binarizer *binarizer, uint64_t sample,
                        float *row)
{
    if (!binarizer->dequantizes) {
        elbow_dataset_sample(dataset, sample, row);
        return;
    }
    struct elbow_stream stream = {.seed = binarizer->seed,
                                  .purpose = binarizer->noise,
                                  .id = elbow_dataset_id(dataset, sample),
                                  .draw = binarizer->draw};
    elbow_random_uniform(stream, dataset->values, row);
    elbow_dataset_sample_moved(dataset, sample, row, row);
}

// Rows to be made: of samples by their place in the dataset; or of noise, by what keys it.
struct rows {
    const struct elbow_dataset *dataset;
    const struct elbow_binarizer *binarizer;
    struct elbow_stream stream; // of noise, but for the id
    const uint64_t *ids;
    size_t width, blocks, all; // blocks and all rows: of noise in several blocks
    float *values;
};

// Rows that are worth a thread.
static size_t least_rows(size_t width)
{
    enum { VALUES_LEAST = 1 << 12 };
    return VALUES_LEAST / (width + 1) + 1;
}

static void gather_span(void *user, int part, size_t first, size_t count)
{
    const struct rows *rows = user;
    (void)part;
    for (size_t i = first; i < first + count; ++i) {
        float *row = rows->values + i * rows->width;
        take_sample(rows->dataset, rows->binarizer, rows->ids[i], row);
        binarize(rows->binarizer, elbow_dataset_id(rows->dataset, rows->ids[i]), rows->width, row);
        elbow_rows_hush(rows->dataset, rows->ids[i], row);
    }
}

void elbow_batch_gather(const struct elbow_dataset *dataset, const struct elbow_binarizer *binarizer, size_t rows,
                        const uint64_t *ids, float *values)
{
    struct rows call = {
        .dataset = dataset, .binarizer = binarizer, .ids = ids, .width = dataset->values, .values = values};
    elbow_threads_split(rows, 1, least_rows(dataset->values), gather_span, &call);
}

static void known_span(void *user, int part, size_t first, size_t count)
{
    const struct rows *rows = user;
    (void)part;
    for (size_t i = first; i < first + count; ++i)
        elbow_dataset_known(rows->dataset, rows->ids[i], rows->values + i * rows->width);
}

void elbow_batch_known(const struct elbow_dataset *dataset, size_t rows, const uint64_t *ids, float *known)
{
    struct rows call = {.dataset = dataset, .ids = ids, .width = dataset->values, .values = known};
    elbow_threads_split(rows, 1, least_rows(dataset->values), known_span, &call);
}

void elbow_batch_keys(const struct elbow_dataset *dataset, size_t rows, uint64_t *ids)
{
    for (size_t i = 0; i < rows; ++i)
        ids[i] = elbow_dataset_id(dataset, ids[i]);
}

void elbow_batch_weights(const struct elbow_dataset *dataset, size_t rows, const uint64_t *ids, float *weights)
{
    for (size_t i = 0; i < rows; ++i)
        weights[i] = (float)elbow_dataset_weight(dataset, ids[i]);
}

static void noise_span(void *user, int part, size_t first, size_t count)
{
    const struct rows *rows = user;
    struct elbow_stream stream = rows->stream;
    (void)part;
    for (size_t i = first; i < first + count; ++i) {
        stream.id = rows->ids[i];
        elbow_random_normal(stream, rows->width, rows->values + i * rows->width);
    }
}

// One row, piece by piece: each number to its block.
static void scatter_noise(const struct rows *rows, struct elbow_stream stream, size_t row)
{
    enum { PIECE = 256 };
    float piece[PIECE];
    size_t count = rows->blocks * rows->width;
    for (size_t first = 0; first < count; first += PIECE) {
        size_t n = count - first < PIECE ? count - first : PIECE;
        elbow_random_normal_from(stream, first, n, piece);
        for (size_t k = 0; k < n; ++k) {
            size_t block = (first + k) / rows->width, j = (first + k) % rows->width;
            rows->values[(block * rows->all + row) * rows->width + j] = piece[k];
        }
    }
}

static void blocks_span(void *user, int part, size_t first, size_t count)
{
    const struct rows *rows = user;
    struct elbow_stream stream = rows->stream;
    (void)part;
    for (size_t i = first; i < first + count; ++i) {
        stream.id = rows->ids[i];
        scatter_noise(rows, stream, i);
    }
}

void elbow_batch_noise_blocks(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows,
                              const uint64_t *ids, size_t latent, size_t blocks, float *noise)
{
    if (blocks == 1) {
        elbow_batch_noise(seed, purpose, draw, rows, ids, latent, noise);
        return;
    }
    struct rows call = {.stream = {.seed = seed, .purpose = purpose, .draw = draw},
                        .ids = ids,
                        .width = latent,
                        .blocks = blocks,
                        .all = rows,
                        .values = noise};
    elbow_threads_split(rows, 1, least_rows(latent * blocks), blocks_span, &call);
}

void elbow_batch_noise(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows, const uint64_t *ids,
                       size_t latent, float *noise)
{
    struct rows call = {
        .stream = {.seed = seed, .purpose = purpose, .draw = draw}, .ids = ids, .width = latent, .values = noise};
    elbow_threads_split(rows, 1, least_rows(latent), noise_span, &call);
}

// Sums over all samples, column by column: of values, and of those less the first sample's, and of their squares.
struct columns {
    bool has_squares;
    double *sums, *differences, *squares; // (D)
    double *counts;                       // (D) of known values; NULL: all are known
    float *sample, *origin;               // (D): room
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

static void add_row(const struct columns *columns, struct elbow_range range)
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
        take_sample(dataset, binarizer, row, columns->sample);
        if (binarizer->kind == ELBOW_BINARIZE_THRESHOLD)
            binarize(binarizer, row, dataset->values, columns->sample);
        if (row == 0)
            memcpy(columns->origin, columns->sample, dataset->values * sizeof(float));
        if (columns->counts != NULL)
            add_known(dataset, row, columns, mine);
        else
            add_row(columns, mine);
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
                                      const struct elbow_binarizer *binarizer, double *mean, double *variance,
                                      struct elbow_error *error)
{
    if (dataset->through != NULL)
        return elbow_through_moments(comm, dataset, mean, variance, error);
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
