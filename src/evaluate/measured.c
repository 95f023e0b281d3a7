// SPDX-License-Identifier: BSD-3-Clause
// The microbatches that measures see.
#include "elbow/evaluate/detail/kl_block.h"

#include "elbow/base/memory.h"

#include <string.h>

enum elbow_status elbow_measured_create(const struct elbow_measure_plan *plan, size_t rows_max,
                                        struct elbow_measured *measured, struct elbow_error *error)
{
    const struct elbow_model *model = plan->request->model;
    size_t of_deviance = plan->request->deviance ? rows_max : 0;
    size_t of_means = plan->means != NULL ? of_deviance : 0;
    size_t of_hidden = plan->request->hide > 0 ? rows_max : 0;
    bool decodes = plan->request->decodes || plan->request->hide > 0 || plan->request->corrupt || model->prior == NULL;
    size_t of_decoded = decodes ? rows_max : 0;
    size_t width = model->outputs;
    *measured = (struct elbow_measured){
        .plan = plan, .collation = elbow_collation_of_evaluation(plan->request->config, plan->request->dataset)};
    measured->collation.hide = plan->request->hide;
    if (plan->request->corrupt)
        elbow_collation_corrupt(plan->request->config, &measured->collation);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(measured->head, rows_max * model->head),
        ELBOW_ARRAY(measured->recon, rows_max),
        ELBOW_ARRAY(measured->q, model->classes > 1 ? rows_max * model->classes : 0),
        ELBOW_ARRAY(measured->kl, rows_max),
        ELBOW_ARRAY(measured->statistics, elbow_model_statistics(plan->request->model, true)),
        ELBOW_ARRAY(measured->weights, rows_max),
        ELBOW_ARRAY(measured->outputs, of_means * width),
        ELBOW_ARRAY(measured->at_means, of_means > 0 ? width : 0),
        ELBOW_ARRAY(measured->deviances, of_deviance * 2),
        ELBOW_ARRAY(measured->z, of_decoded * plan->latent),
        ELBOW_ARRAY(measured->reconstructions, of_decoded * model->values),
        ELBOW_ARRAY(measured->scaled, of_hidden > 0 || plan->request->decodes ? 2 * model->values : 0),
        ELBOW_ARRAY(measured->turned, plan->request->corrupt ? model->values : 0),
    };
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a microbatch to evaluate", error);
    if (status == ELBOW_OK)
        status = elbow_collated_create(&measured->collation, rows_max, &measured->collated, error);
    if (status == ELBOW_OK && plan->request->kl_block > 0)
        status = elbow_kl_block_create(measured, rows_max, &measured->block, error);
    if (status == ELBOW_OK)
        elbow_model_begin(plan->request->model, plan->request->parameters);
    if (status == ELBOW_OK && of_means > 0)
        elbow_model_outputs_at(model, plan->means, measured->at_means);
    return status;
}

void elbow_measured_evaluate(struct elbow_measured *measured, uint64_t first, size_t row_count)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    measured->first = first;
    measured->rows = row_count;
    measured->microbatch = elbow_evaluation_microbatch(&measured->collation, first, row_count, &measured->collated);
    struct elbow_row_results results = {.head = measured->head, .recon = measured->recon, .kl = measured->kl};
    struct elbow_terms terms = request->terms;
    terms.samples = request->dataset->samples;
    elbow_model_evaluate(request->model, request->parameters, measured->microbatch, terms, measured->statistics,
                         results);
    if (request->model->classes > 1)
        elbow_model_classify(request->model, request->parameters, measured->microbatch, measured->q);
}

void elbow_measured_set_sizes(const struct elbow_measured *measured)
{
    const struct elbow_microbatch *microbatch = &measured->microbatch;
    const struct elbow_model_sizes sizes = {
        .x = microbatch->values, .known = microbatch->known, .sizes = microbatch->sizes};
    elbow_model_set_sizes(measured->plan->request->model, measured->rows, sizes);
}

void elbow_measured_decode(const struct elbow_measured *measured)
{
    const struct elbow_evaluation_request *request = measured->plan->request;
    size_t latent = measured->plan->latent, head = request->model->head;
    for (size_t i = 0; i < measured->rows; ++i)
        memcpy(measured->z + i * latent, measured->head + i * head, latent * sizeof *measured->z);
    elbow_measured_set_sizes(measured);
    elbow_model_decode(request->model, request->parameters, measured->rows, measured->z, measured->reconstructions);
}

void elbow_measured_destroy(struct elbow_measured *measured)
{
    elbow_collated_destroy(&measured->collated);
    elbow_kl_block_destroy(&measured->block);
    elbow_release(&measured->head);
    elbow_release(&measured->recon);
    elbow_release(&measured->q);
    elbow_release(&measured->kl);
    elbow_release(&measured->statistics);
    elbow_release(&measured->weights);
    elbow_release(&measured->outputs);
    elbow_release(&measured->at_means);
    elbow_release(&measured->deviances);
    elbow_release(&measured->z);
    elbow_release(&measured->reconstructions);
    elbow_release(&measured->scaled);
    elbow_release(&measured->turned);
    *measured = (struct elbow_measured){0};
}
