// SPDX-License-Identifier: BSD-3-Clause
// The VAE over one microbatch: encoder, latent variables, decoder, likelihood and prior; forward, and backward in the
// reverse order.
//
// Sums over a row's dimensions and over rows are in double, dimension by dimension and row by row, so that they depend
// on the microbatch alone. A NaN anywhere in a row's figures arrives in the statistics.
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/trace.h"
#include "elbow/math/threads.h"

#include <string.h>

// recon of each row from the decoder's output y, in the first lane.
static void reconstruct(const struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                        const float *y)
{
    struct elbow_scoring scoring = {.rows = microbatch.rows,
                                    .x = microbatch.values,
                                    .known = microbatch.known,
                                    .sizes = microbatch.sizes,
                                    .parameters = parameters,
                                    .y = y,
                                    .recon = model->recon,
                                    .notes = model->notes > 0 ? model->noted : NULL};
    elbow_scoring_score(model, &scoring);
}

// Adds one row to the statistics and returns its KL. `notes`: where in them those of the likelihood begin.
static double count_row(const struct elbow_model *model, size_t row, size_t notes, double *statistics)
{
    const float *kl = model->kl + row * model->latent;
    double *kl_of = statistics + ELBOW_STATISTIC_HEAD;
    double sum = 0;
    for (size_t j = 0; j < model->latent; ++j) {
        double part = kl[j];
        sum += part;
        kl_of[j] += part;
    }
    statistics[ELBOW_STATISTIC_SAMPLES] += 1;
    statistics[ELBOW_STATISTIC_RECON] += model->recon[row];
    statistics[ELBOW_STATISTIC_KL] += sum;
    statistics[ELBOW_STATISTIC_OBJECTIVE] += model->objectives[row];
    for (size_t n = 0; n < model->notes; ++n)
        statistics[notes + n] += model->noted[row * model->notes + n];
    return sum;
}

// What the numbers that settle follow from.
static void count_settling(const struct elbow_model *model, size_t row, double weight, double *sums)
{
    for (size_t n = 0; n < model->notes; ++n)
        sums[n] += weight * model->noted[row * model->notes + n];
}

static void check_microbatch(const struct elbow_model *model, struct elbow_microbatch microbatch)
{
    ELBOW_CHECK(microbatch.rows > 0 && microbatch.rows <= model->rows_max);
    ELBOW_CHECK(microbatch.values && (microbatch.noise || !model->prior));
}

// Layers of both networks know the rows of a lane from now on.
static void about(struct elbow_model *model, size_t lane, const struct elbow_microbatch *microbatch)
{
    elbow_network_about(&model->encoder, lane, &microbatch->about);
    elbow_network_about(&model->decoder, lane, &microbatch->about);
}

// The arena's padding belongs to no tensor; it is kept zero so that norms and sums over whole blocks may run over it.
static void clear_padding(const struct elbow_parameters *parameters, float *gradient)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        size_t end = parameters->tensors[i].offset + parameters->tensors[i].count;
        size_t next = i + 1 < parameters->count ? parameters->tensors[i + 1].offset : parameters->size;
        memset(gradient + end, 0, (next - end) * sizeof *gradient);
    }
}

struct elbow_pass elbow_model_pass(const struct elbow_model *model, size_t lane, const float *parameters, size_t rows,
                                   const float *noise, struct elbow_terms terms)
{
    size_t row = lane * model->rows_max;
    struct elbow_pass pass = {.rows = rows,
                              .latent = model->latent,
                              .posterior = model->posterior,
                              .prior = model->prior,
                              .components = model->components,
                              .conditions = model->conditions,
                              .condition = model->encoder.lanes[lane].about.condition,
                              .head = elbow_network_output(&model->encoder, lane),
                              .noise = noise,
                              .z = model->z + row * model->latent,
                              .kl = model->kl + row * model->latent,
                              .recon = model->recon + row,
                              .terms = terms,
                              .room = model->room,
                              .coupled = model->coupled};
    for (size_t t = 0; t < model->prior_tensors.count; ++t)
        pass.tensors[t] = parameters + model->prior_tensors.offsets[t];
    return pass;
}

// The KL of a pass; it stays 0 where there is none.
static void fill_kl(const struct elbow_model *model, const struct elbow_pass *pass, float *kl)
{
    struct elbow_prior_call call = elbow_pass_prior(pass);
    if (model->prior)
        model->prior->kl(&call, kl);
}

// The gradient of the prior's own numbers.
static void train_prior(const struct elbow_model *model, const struct elbow_pass *pass, float *gradient)
{
    float *gradients[ELBOW_PRIOR_TENSORS] = {NULL};
    struct elbow_prior_call call = elbow_pass_prior(pass);
    for (size_t t = 0; t < model->prior_tensors.count; ++t)
        gradients[t] = gradient + model->prior_tensors.offsets[t];
    model->objective->price(pass, model->room);
    model->prior->gradient(&call, model->room, gradients);
}

static void score_outputs(struct elbow_model *model, size_t lane, const float *parameters,
                          struct elbow_microbatch microbatch, float *y, float *gradient)
{
    struct elbow_scoring scoring = {.rows = microbatch.rows,
                                    .x = microbatch.values,
                                    .known = microbatch.known,
                                    .sizes = microbatch.sizes,
                                    .weights = microbatch.weights,
                                    .parameters = parameters,
                                    .y = y,
                                    .recon = model->recon + lane * model->rows_max,
                                    .dy = y,
                                    .gradient = gradient};
    if (model->notes > 0)
        scoring.notes = model->noted + lane * model->rows_max * model->notes;
    elbow_scoring_score(model, &scoring);
}

void elbow_model_score_outputs(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                               float *y, float *gradient)
{
    score_outputs(model, 0, parameters, microbatch, y, gradient);
}

void elbow_model_score(struct elbow_model *model, size_t lane, const float *parameters,
                       struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                       double *statistics)
{
    check_microbatch(model, microbatch);
    ELBOW_CHECK(lane < model->lanes);
    float *y = elbow_network_output(&model->decoder, lane);
    score_outputs(model, lane, parameters, microbatch, y, gradient);
    struct elbow_pass pass = elbow_model_pass(model, lane, parameters, microbatch.rows, microbatch.noise, terms);
    pass.weights = microbatch.weights;
    fill_kl(model, &pass, model->kl + lane * model->rows_max * model->latent);
    double *objectives = model->objectives + lane * model->rows_max;
    size_t size = elbow_model_statistics(model, false);
    memset(statistics, 0, size * sizeof *statistics);
    pass.notes = model->extras > 0 ? statistics + size - model->extras : NULL;
    model->objective->score(&pass, objectives);
    for (size_t i = 0; microbatch.weights != NULL && i < microbatch.rows; ++i)
        objectives[i] *= (double)microbatch.weights[i];
    if (model->prior_tensors.count > 0)
        train_prior(model, &pass, gradient);
    size_t notes = elbow_statistics_size(model->latent, false);
    for (size_t i = 0; i < microbatch.rows; ++i) {
        size_t row = lane * model->rows_max + i;
        count_row(model, row, notes, statistics);
        if (model->settling > 0)
            count_settling(model, row, elbow_pass_weight(&pass, i), statistics + notes + model->notes);
    }
    clear_padding(&model->parameters, gradient);
}

void elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                       struct elbow_terms terms, float *gradient, double *statistics)
{
    check_microbatch(model, microbatch);
    size_t rows = microbatch.rows;
    const float *x = elbow_microbatch_inputs(&microbatch), *noise = microbatch.noise;
    about(model, 0, &microbatch);
    struct elbow_trace_start begin = elbow_trace_begin(model->track);
    const float *head = elbow_network_forward(&model->encoder, parameters, rows, x);
    model->posterior->draw(rows, model->latent, head, noise, model->z);
    float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    elbow_trace_end(model->track, ELBOW_TRACE_FORWARD, rows, begin);
    begin = elbow_trace_begin(model->track);
    elbow_model_score(model, 0, parameters, microbatch, terms, gradient, statistics);
    elbow_trace_end(model->track, ELBOW_TRACE_LIKELIHOOD, rows, begin);
    begin = elbow_trace_begin(model->track);
    elbow_network_backward(&model->decoder, parameters, rows, model->z, y, gradient, model->dz);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, noise, terms);
    pass.weights = microbatch.weights;
    model->objective->backward(&pass, model->dz, model->dhead);
    elbow_network_backward(&model->encoder, parameters, rows, x, model->dhead, gradient, NULL);
    elbow_trace_end(model->track, ELBOW_TRACE_BACKWARD, rows, begin);
}

void elbow_model_set_conditions(struct elbow_model *model, size_t rows, const float *condition)
{
    size_t bytes = rows * model->conditions * sizeof *condition;
    ELBOW_CHECK(rows <= model->rows_max);
    if (bytes == 0)
        return;
    if (condition != NULL)
        memcpy(model->condition, condition, bytes);
    else
        memset(model->condition, 0, model->rows_max * model->conditions * sizeof *model->condition);
}

static void count_moments(size_t latent, const float *mean, double *statistics)
{
    double *sums = statistics + ELBOW_STATISTIC_HEAD + latent;
    double *squares = sums + latent;
    for (size_t j = 0; j < latent; ++j) {
        double value = mean[j];
        sums[j] += value;
        squares[j] += value * value;
    }
}

void elbow_model_evaluate(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          struct elbow_terms terms, double *statistics, struct elbow_row_results results)
{
    check_microbatch(model, microbatch);
    size_t rows = microbatch.rows, latent = model->latent;
    about(model, 0, &microbatch);
    elbow_model_set_conditions(model, rows, microbatch.about.condition);
    const float *head = elbow_network_forward(&model->encoder, parameters, rows, elbow_microbatch_inputs(&microbatch));
    model->posterior->draw(rows, latent, head, microbatch.noise, model->z);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    reconstruct(model, parameters, microbatch, y);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, terms);
    fill_kl(model, &pass, model->kl);
    size_t size = elbow_model_statistics(model, true);
    memset(statistics, 0, size * sizeof *statistics);
    pass.notes = model->extras > 0 ? statistics + size - model->extras : NULL;
    model->objective->score(&pass, model->objectives);
    for (size_t i = 0; i < rows; ++i) {
        double kl = count_row(model, i, elbow_statistics_size(latent, true), statistics);
        count_moments(latent, head + i * model->head, statistics);
        if (results.kl)
            results.kl[i] = kl;
    }
    if (results.recon)
        memcpy(results.recon, model->recon, rows * sizeof *results.recon);
    if (results.head)
        memcpy(results.head, head, rows * model->head * sizeof *results.head);
}

const float *elbow_model_encode(struct elbow_model *model, const float *parameters,
                                const struct elbow_microbatch *microbatch)
{
    ELBOW_CHECK(microbatch->values && microbatch->rows > 0 && microbatch->rows <= model->rows_max);
    about(model, 0, microbatch);
    elbow_model_set_conditions(model, microbatch->rows, microbatch->about.condition);
    return elbow_network_forward(&model->encoder, parameters, microbatch->rows, elbow_microbatch_inputs(microbatch));
}

void elbow_model_decode(struct elbow_model *model, const float *parameters, size_t rows, const float *z, float *mean)
{
    ELBOW_CHECK(z && mean && rows > 0 && rows <= model->rows_max);
    const struct elbow_about known = {.condition = model->condition};
    elbow_network_about(&model->decoder, 0, &known);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, z);
    elbow_scoring_mean(model, parameters, rows, y, mean);
}

void elbow_model_means(struct elbow_model *model, const float *parameters, size_t rows, float *mean)
{
    ELBOW_CHECK(mean && rows > 0 && rows <= model->rows_max);
    elbow_scoring_mean(model, parameters, rows, elbow_network_output(&model->decoder, 0), mean);
}

void elbow_model_draw(const struct elbow_model *model, const float *parameters, size_t row, struct elbow_stream stream,
                      float *x)
{
    ELBOW_CHECK(x && row < model->rows_max);
    const float *y = elbow_network_output(&model->decoder, 0);
    elbow_scoring_draw(model, parameters, row, y + row * model->outputs, stream, x);
}

// Latent variables to be drawn, of ids.
struct drawing {
    const struct elbow_model *model;
    const struct elbow_prior_call *call; // of one row
    struct elbow_stream stream;
    const uint64_t *ids;
    float *z;
};

static void draw_span(void *user, int part, size_t first, size_t count)
{
    const struct drawing *drawing = user;
    struct elbow_stream stream = drawing->stream;
    struct elbow_prior_call call = *drawing->call;
    (void)part;
    for (size_t i = first; i < first + count; ++i) {
        stream.id = drawing->ids[i];
        if (call.conditions > 0)
            call.condition = drawing->model->condition + i * call.conditions;
        drawing->model->prior->draw(stream, &call, drawing->z + i * drawing->model->latent);
    }
}

void elbow_model_draw_latent(const struct elbow_model *model, const float *parameters, struct elbow_stream stream,
                             size_t rows, const uint64_t *ids, float *z)
{
    enum { VALUES_LEAST = 1 << 12 }; // that are worth a thread
    ELBOW_CHECK(ids && z && model->prior && (model->conditions == 0 || rows <= model->rows_max));
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, 1, NULL, (struct elbow_terms){0});
    struct elbow_prior_call call = elbow_pass_prior(&pass);
    struct drawing drawing = {model, &call, stream, ids, z};
    elbow_threads_split(rows, 1, VALUES_LEAST / (model->latent + 1) + 1, draw_span, &drawing);
}

void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance)
{
    check_microbatch(model, microbatch);
    ELBOW_CHECK(head && importance && model->prior);
    size_t rows = microbatch.rows;
    about(model, 0, &microbatch);
    model->posterior->draw(rows, model->latent, head, microbatch.noise, model->z);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    reconstruct(model, parameters, microbatch, y);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, (struct elbow_terms){0});
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    prior.head = head;
    model->prior->log_ratio(&prior, model->objectives);
    for (size_t i = 0; i < rows; ++i)
        elbow_importance_add(&importance[i], model->recon[i] + model->objectives[i]);
}
