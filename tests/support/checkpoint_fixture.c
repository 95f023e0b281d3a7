// SPDX-License-Identifier: BSD-3-Clause
// The saved state: numbers that any rounding would change.
#include "checkpoint_fixture.h"

#include <stdlib.h>
#include <string.h>

static void configure(struct fixture *fixture, const char *optimizer)
{
    struct elbow_error error = {0};
    char choice[64];
    snprintf(choice, sizeof choice, "train.optimizer=%s", optimizer);
    const char *const settings[] = {"data.synthetic=50", "model.latent=3", "model.encoder=[dense: {units: 400}]",
                                    "model.decoder=[dense: {units: 200}]", choice};
    elbow_config_default(&fixture->config);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i)
        must(elbow_config_set(&fixture->config, settings[i], &error), &error);
    must(elbow_config_finish(&fixture->config, "test", &error), &error);
    must(elbow_config_dump(&fixture->config, &fixture->config_text, &error), &error);
}

// Numbers that any rounding would change; padding of the arena stays zero.
static float *make_floats(const struct elbow_parameters *parameters, uint32_t salt)
{
    float *values = calloc(parameters->size, sizeof *values);
    for (size_t t = 0; t < parameters->count; ++t)
        for (size_t k = 0; k < parameters->tensors[t].count; ++k)
            values[parameters->tensors[t].offset + k] =
                (float)(int32_t)(((uint32_t)k + 1) * 2654435761U + salt * 40503U + (uint32_t)t) * 0x1p-33F;
    return values;
}

static void make_state(struct fixture *fixture)
{
    fixture->state = (struct elbow_run_state){.step = 123456789, // nine digits
                                              .updates = 123456780,
                                              .schedule_steps = 200000000,
                                              .skipped = 2,
                                              .skipped_in_a_row = 1,
                                              .evaluations = 77,
                                              .best_step = 123456000,
                                              .best_elbo = -98.7654321,
                                              .stale = 3,
                                              .grad_norm = 1.0 / 3,
                                              .rate = 1e-3 / 7,
                                              .beta = 0.1};
    fixture->facts = (struct elbow_data_facts){.samples = 50,
                                               .values = VALUES,
                                               .rank = 3,
                                               .shape = {5, 2, 3},
                                               .scale = {.factor = 1.0 / 255, .offset = -0.1, .source = "a test"}};
    for (int i = 0; i < STATISTICS; ++i)
        fixture->accumulator[i] = 1.0 / (i + 3);
}

void checkpoint_setup(struct fixture *fixture, const char *optimizer)
{
    *fixture = (struct fixture){.log = elbow_log_open(false, stdout)};
    struct elbow_error error = {0};
    fixture->scratch = mpi_scratch_make();
    configure(fixture, optimizer);
    make_state(fixture);
    must(elbow_model_create(&fixture->config, VALUES, 2, &fixture->model, &error), &error);
    const struct elbow_parameters *parameters = &fixture->model->parameters;
    struct elbow_exchange_sizes sizes = {
        .parameters = parameters->size, .microbatches = 4, .last = 4, .statistics = STATISTICS};
    must(elbow_exchange_create(mpi_comm, sizes, &fixture->log, &fixture->exchange, &error), &error);
    must(elbow_optimizer_create(&fixture->config, parameters, elbow_exchange_slice(fixture->exchange),
                                &fixture->optimizer, &error),
         &error);
    fixture->values = make_floats(parameters, 1);
    fixture->first_moment = make_floats(parameters, 2);
    fixture->second_moment = make_floats(parameters, 3);
    elbow_exchange_publish(fixture->exchange, fixture->values);
    const struct elbow_piece *pieces;
    int count = elbow_exchange_pieces(fixture->exchange, &pieces);
    for (int i = 0; i < count; ++i) {
        size_t bytes = pieces[i].count * sizeof(float);
        memcpy(fixture->optimizer.first_moment + pieces[i].offset, fixture->first_moment + pieces[i].first, bytes);
        if (fixture->optimizer.second_moment != NULL)
            memcpy(fixture->optimizer.second_moment + pieces[i].offset, fixture->second_moment + pieces[i].first,
                   bytes);
    }
    fixture->source = (struct elbow_checkpoint_source){.state = &fixture->state,
                                                       .data = &fixture->facts,
                                                       .config_text = fixture->config_text,
                                                       .accumulator = fixture->accumulator,
                                                       .accumulators = STATISTICS,
                                                       .parameters = parameters,
                                                       .exchange = fixture->exchange,
                                                       .optimizer = &fixture->optimizer};
}

enum elbow_status save(struct fixture *fixture, const char *run, struct elbow_error *error)
{
    struct elbow_snapshot snapshot;
    if (elbow_snapshot_open(mpi_comm, &fixture->source, &snapshot, error) == ELBOW_OK &&
        elbow_snapshot_take(mpi_comm, &fixture->source, &snapshot, error) == ELBOW_OK) {
        struct elbow_directory directory;
        if (is_root() && elbow_directory_open(run, &directory, error) == ELBOW_OK) {
            elbow_checkpoint_write(&directory, &snapshot, error);
            elbow_directory_close(&directory);
        }
        elbow_comm_agree_root(mpi_comm, error);
    }
    elbow_snapshot_clear(&snapshot);
    return error->status;
}

void checkpoint_teardown(struct fixture *fixture)
{
    elbow_exchange_destroy(fixture->exchange);
    elbow_optimizer_destroy(&fixture->optimizer);
    elbow_model_destroy(fixture->model);
    elbow_release(&fixture->config_text);
    free(fixture->values);
    free(fixture->first_moment);
    free(fixture->second_moment);
    mpi_scratch_clear(&fixture->scratch);
}

bool same_floats(const float *a, const float *b, size_t count)
{
    return a != NULL && b != NULL && memcmp(a, b, count * sizeof *a) == 0;
}
