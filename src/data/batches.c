// SPDX-License-Identifier: BSD-3-Clause
// Microbatches. The values of a row depend on its sample id, the epoch and the seed alone, never on its place in a
// batch.
#include "elbow/data/batches.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/math/threads.h"

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

// A sample as floats. If it needs noise, that is made in the row itself.
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

// A job: rows of samples, given by their places in the dataset; or rows of noise, given by their keys.
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
