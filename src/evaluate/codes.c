// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/codes.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"
#include "elbow/parallel/ordered_rows.h"

#include <string.h>

enum { STREAM_ID = 3 };

struct collecting {
    const struct elbow_evaluation_request *request;
    struct elbow_codes *codes; // rank zero's are filled
    uint64_t *places;          // of all rows that are taken, on every rank
    struct elbow_collation collation;
    struct elbow_collated collated;
    uint64_t *ids; // workspace for a microbatch of samples
    float *z, *reconstructions;
    size_t row_floats;
    const struct elbow_data_facts *facts; // NULL: no samples
    uint64_t seed;
};

size_t elbow_codes_choose(uint64_t samples, size_t most, uint64_t seed, uint64_t *places)
{
    size_t rows = samples < most ? (size_t)samples : most;
    struct elbow_stream stream = {seed, ELBOW_PURPOSE_MEASURE, STREAM_ID, 0};
    struct elbow_permutation order = elbow_permutation_keyed(samples, stream);
    for (size_t i = 0; i < rows; ++i)
        places[i] = rows == samples ? i : elbow_permutation_at(&order, i);
    return rows;
}

// A row: its latents, its values, their reconstruction, and whether a value is missing.
static void produce(void *user, uint64_t first, size_t count, void *results)
{
    struct collecting *collecting = user;
    const struct elbow_evaluation_request *request = collecting->request;
    struct elbow_model *model = request->model;
    size_t latent = model->latent, values = model->values;
    for (size_t i = 0; i < count; ++i)
        collecting->collated.ids[i] = collecting->places[first + i];
    struct elbow_microbatch microbatch = elbow_collate(&collecting->collation, 0, count, &collecting->collated);
    const float *head = elbow_model_encode(model, request->parameters, &microbatch);
    for (size_t i = 0; i < count; ++i)
        memcpy(collecting->z + i * latent, head + i * model->head, latent * sizeof *head);
    elbow_model_set_sizes(
        model, count,
        (struct elbow_model_sizes){.x = microbatch.values, .known = microbatch.known, .sizes = microbatch.sizes});
    elbow_model_decode(model, request->parameters, count, collecting->z, collecting->reconstructions);
    for (size_t i = 0; i < count; ++i) {
        float *row = (float *)results + i * collecting->row_floats, *unknown = row + latent + 2 * values;
        memcpy(row, collecting->z + i * latent, latent * sizeof *row);
        memcpy(row + latent, microbatch.values + i * values, values * sizeof *row);
        memcpy(row + latent + values, collecting->reconstructions + i * values, values * sizeof *row);
        *unknown = 0;
        for (size_t d = 0; microbatch.known != NULL && d < values; ++d)
            *unknown += microbatch.known[i * values + d] == 0;
    }
}

static enum elbow_status consume(void *user, uint64_t first, uint64_t count, const void *results,
                                 struct elbow_error *error)
{
    struct collecting *collecting = user;
    struct elbow_codes *codes = collecting->codes;
    size_t latent = codes->width, values = codes->values;
    (void)error;
    for (size_t i = 0; i < count; ++i) {
        const float *row = (const float *)results + i * collecting->row_floats;
        for (size_t j = 0; j < latent; ++j)
            codes->codes[(first + i) * latent + j] = row[j];
        memcpy(codes->data + (first + i) * values, row + latent, values * sizeof *row);
        memcpy(codes->reconstructions + (first + i) * values, row + latent + values, values * sizeof *row);
        codes->has_unknown = codes->has_unknown || row[latent + 2 * values] != 0;
    }
    return ELBOW_OK;
}

// Encodes these rows, which sets the conditions for the next decoding.
static void take_conditions(struct collecting *collecting, uint64_t first, size_t count)
{
    size_t rows = collecting->collated.rows_max;
    const struct elbow_evaluation_request *request = collecting->request;
    for (size_t i = 0; i < rows; ++i)
        collecting->collated.ids[i] = collecting->places[first + (i < count ? i : count - 1)];
    struct elbow_microbatch microbatch = elbow_collate(&collecting->collation, 0, rows, &collecting->collated);
    elbow_model_encode(request->model, request->parameters, &microbatch);
}

// Samples as `elbow sample` draws them: full microbatches for any count.
static void produce_samples(void *user, uint64_t first, size_t count, void *results)
{
    struct collecting *collecting = user;
    const struct elbow_evaluation_request *request = collecting->request;
    struct elbow_model *model = request->model;
    size_t rows = collecting->collated.rows_max;
    struct elbow_stream stream = {.seed = collecting->seed, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT};
    for (size_t i = 0; i < rows; ++i)
        collecting->ids[i] = first + i;
    if (model->conditions > 0)
        take_conditions(collecting, first, count);
    elbow_model_draw_latent(model, request->parameters, stream, rows, collecting->ids, collecting->z);
    elbow_model_set_sizes(model, rows,
                          (struct elbow_model_sizes){.mean = collecting->facts->mean, .size = collecting->facts->size});
    elbow_model_decode(model, request->parameters, rows, collecting->z, collecting->reconstructions);
    memcpy(results, collecting->reconstructions, count * model->values * sizeof *collecting->reconstructions);
}

static enum elbow_status consume_samples(void *user, uint64_t first, uint64_t count, const void *results,
                                         struct elbow_error *error)
{
    struct collecting *collecting = user;
    size_t values = collecting->codes->values;
    (void)error;
    memcpy(collecting->codes->samples + first * values, results, count * values * sizeof(float));
    return ELBOW_OK;
}

static enum elbow_status allocate_workspace(struct collecting *collecting, size_t rows_max, struct elbow_error *error)
{
    struct elbow_codes *codes = collecting->codes;
    const struct elbow_evaluation_request *request = collecting->request;
    bool is_root = elbow_comm_place(request->comm).rank == 0;
    size_t rows = is_root ? codes->rows : 0, of_values = rows * codes->values;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(collecting->ids, rows_max),
                                         ELBOW_ARRAY(collecting->z, rows_max * codes->width),
                                         ELBOW_ARRAY(collecting->reconstructions, rows_max * codes->values),
                                         ELBOW_ARRAY(codes->codes, rows * codes->width),
                                         ELBOW_ARRAY(codes->data, of_values),
                                         ELBOW_ARRAY(codes->reconstructions, of_values),
                                         ELBOW_ARRAY(codes->samples, of_values)}; // the last one
    size_t count = sizeof arrays / sizeof *arrays - (collecting->facts != NULL ? 0 : 1);
    enum elbow_status status = elbow_allocate_all(arrays, count, "the rows that are measured", error);
    if (status == ELBOW_OK)
        status = elbow_collated_create(&collecting->collation, rows_max, &collecting->collated, error);
    if (status == ELBOW_OK)
        elbow_model_begin(request->model, request->parameters);
    return status;
}

enum elbow_status elbow_codes_collect(const struct elbow_evaluation_request *request, size_t most, uint64_t seed,
                                      const struct elbow_data_facts *facts, struct elbow_codes *codes,
                                      struct elbow_error *error)
{
    const struct elbow_model *model = request->model;
    uint64_t samples = request->dataset->samples;
    size_t capacity = samples < most ? (size_t)samples : most, microbatch = (size_t)request->config->train.microbatch;
    struct collecting collecting = {.request = request,
                                    .codes = codes,
                                    .collation = elbow_collation_of_evaluation(request->config, request->dataset),
                                    .row_floats = model->latent + 2 * model->values + 1,
                                    .facts = facts,
                                    .seed = seed};
    *codes = (struct elbow_codes){.rows = capacity, .width = model->latent, .values = model->values};
    *error = (struct elbow_error){0};
    ELBOW_CHECK(facts == NULL || model->prior != NULL);
    if (elbow_allocate(&codes->places, capacity, sizeof *codes->places, "the rows that are measured", error) ==
            ELBOW_OK &&
        allocate_workspace(&collecting, microbatch, error) == ELBOW_OK)
        elbow_codes_choose(samples, most, seed, codes->places);
    collecting.places = codes->places;
    struct elbow_ordered_rows_job job = {.rows = capacity,
                                         .microbatch = microbatch,
                                         .row_bytes = collecting.row_floats * sizeof(float),
                                         .user = &collecting,
                                         .produce = produce,
                                         .consume = consume,
                                         .check = elbow_dataset_check_rows,
                                         .source = request->dataset};
    if (elbow_comm_agree(request->comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(request->comm, &job, error);
    if (error->status == ELBOW_OK && facts != NULL) {
        codes->sample_count = capacity;
        job.row_bytes = model->values * sizeof(float);
        job.produce = produce_samples;
        job.consume = consume_samples;
        job.check = NULL;
        elbow_ordered_rows_run(request->comm, &job, error);
    }
    elbow_collated_destroy(&collecting.collated);
    elbow_release(&collecting.ids);
    elbow_release(&collecting.z);
    elbow_release(&collecting.reconstructions);
    if (error->status != ELBOW_OK)
        elbow_codes_clear(codes);
    return error->status;
}

void elbow_codes_clear(struct elbow_codes *codes)
{
    elbow_release(&codes->places);
    elbow_release(&codes->codes);
    elbow_release(&codes->data);
    elbow_release(&codes->reconstructions);
    elbow_release(&codes->samples);
    *codes = (struct elbow_codes){0};
}
