// SPDX-License-Identifier: BSD-3-Clause
// Microbatches. What a row becomes depends on its sample id, the epoch and the seed alone, never on its place in a
// batch.
#include "elbow/data/batches.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

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

// Rows to be made, of samples by id.
struct rows {
    const struct elbow_dataset *dataset;
    const struct elbow_binarizer *binarizer;
    struct elbow_stream stream; // of noise, but for the id
    const uint64_t *ids;
    size_t width;
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
        elbow_dataset_sample(rows->dataset, rows->ids[i], row);
        binarize(rows->binarizer, rows->ids[i], rows->width, row);
    }
}

void elbow_batch_gather(const struct elbow_dataset *dataset, const struct elbow_binarizer *binarizer, size_t rows,
                        const uint64_t *ids, float *values)
{
    struct rows call = {
        .dataset = dataset, .binarizer = binarizer, .ids = ids, .width = dataset->values, .values = values};
    elbow_threads_split(rows, 1, least_rows(dataset->values), gather_span, &call);
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

void elbow_batch_noise(uint64_t seed, enum elbow_purpose purpose, uint32_t draw, size_t rows, const uint64_t *ids,
                       size_t latent, float *noise)
{
    struct rows call = {
        .stream = {.seed = seed, .purpose = purpose, .draw = draw}, .ids = ids, .width = latent, .values = noise};
    elbow_threads_split(rows, 1, least_rows(latent), noise_span, &call);
}

enum elbow_status elbow_batch_mean(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                   const struct elbow_binarizer *binarizer, float *mean, struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    struct elbow_range mine = elbow_partition(dataset->values, place.rank, place.size);
    double *sums = NULL;
    float *sample = NULL;
    size_t *first = NULL;
    *error = (struct elbow_error){0};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(sums, dataset->values),
        ELBOW_ARRAY_OF(sample, dataset->values, "a sample"),
        ELBOW_ARRAY(first, (size_t)place.size + 1),
    };
    elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the mean", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        for (uint64_t row = 0; row < dataset->samples; ++row) {
            elbow_dataset_sample(dataset, row, sample);
            if (binarizer->kind == ELBOW_BINARIZE_THRESHOLD)
                binarize(binarizer, row, dataset->values, sample);
            for (uint64_t i = mine.first; i < mine.last; ++i)
                sums[i] += (double)sample[i];
        }
        for (int r = 0; r < place.size; ++r)
            first[r + 1] = (size_t)elbow_partition(dataset->values, r, place.size).last;
        elbow_comm_share_doubles(comm, sums, first);
        for (size_t i = 0; i < dataset->values; ++i)
            mean[i] = (float)(sums[i] / (double)dataset->samples);
    }
    elbow_release(&sums);
    elbow_release(&sample);
    elbow_release(&first);
    return error->status;
}
