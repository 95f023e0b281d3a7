// SPDX-License-Identifier: BSD-3-Clause
// The model, the data, the requests.
#include "evaluation_fixture.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <string.h>

static void configure(struct elbow_config *config, const char *const *settings)
{
    struct elbow_error error = {0};
    static const char *const common[] = {"data.binarize=sample", "model.latent=3", "model.decoder=[dense: {units: 9}]",
                                         "train.microbatch=4"};
    elbow_config_default(config);
    for (size_t i = 0; i < sizeof common / sizeof *common; ++i)
        must(elbow_config_set(config, common[i], &error), &error);
    for (; *settings != NULL; ++settings)
        must(elbow_config_set(config, *settings, &error), &error);
    must(elbow_config_finish(config, "test", &error), &error);
}

void evaluation_setup(struct fixture *fixture, size_t values, const char *const *settings)
{
    struct elbow_error error = {0};
    *fixture = (struct fixture){.scratch = mpi_scratch_make()};
    configure(&fixture->config, settings);
    size_t microbatch = (size_t)fixture->config.train.microbatch;
    must(elbow_model_create(&fixture->config, values, microbatch, &fixture->model, &error), &error);
    size_t size = fixture->model->parameters.size;
    must(elbow_allocate(&fixture->parameters, size, sizeof(float), "parameters", &error), &error);
    elbow_model_initialize(fixture->model, 5, NULL, fixture->parameters);
    fixture->request = (struct elbow_evaluation_request){.comm = mpi_comm,
                                                         .model = fixture->model,
                                                         .parameters = fixture->parameters,
                                                         .dataset = &fixture->dataset,
                                                         .config = &fixture->config,
                                                         .terms = {.beta = 1}};
    fixture->gallery = (struct elbow_gallery){.comm = mpi_comm,
                                              .model = fixture->model,
                                              .parameters = fixture->parameters,
                                              .data = &fixture->facts,
                                              .config = &fixture->config,
                                              .publish = ELBOW_PUBLISH_REPLACE};
}

void evaluation_load(struct fixture *fixture, const struct elbow_dataset_request *request)
{
    struct elbow_error error = {0};
    struct elbow_log log = elbow_log_open(false, stdout);
    must(elbow_dataset_load(mpi_comm, request, &log, &fixture->dataset, &error), &error);
    const struct elbow_dataset *dataset = &fixture->dataset;
    fixture->facts =
        (struct elbow_data_facts){.samples = dataset->samples, .values = dataset->values, .rank = dataset->rank};
    memcpy(fixture->facts.shape, dataset->shape, sizeof fixture->facts.shape);
}

void evaluation_teardown(struct fixture *fixture)
{
    elbow_dataset_unload(mpi_comm, &fixture->dataset);
    elbow_model_destroy(fixture->model);
    elbow_release(&fixture->parameters);
    mpi_scratch_clear(&fixture->scratch);
}
