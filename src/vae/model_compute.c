// SPDX-License-Identifier: BSD-3-Clause
// The VAE over one microbatch: encoder, latent variables, decoder, likelihood and prior; forward, and backward in the
// reverse order.
//
// Sums over a row's dimensions and over rows are in double, dimension by dimension and row by row, so that they depend
// on the microbatch alone. A NaN anywhere in a row's figures arrives in the statistics.
#include "elbow/vae/model.h"

#include "elbow/base/trace.h"
#include "elbow/math/threads.h"

#include <string.h>

// A call of the likelihood without samples.
static struct elbow_likelihood_call call_of(const struct elbow_model *model, const float *parameters, size_t rows,
                                            const float *y)
{
    return (struct elbow_likelihood_call){.options = &model->options,
                                          .rows = rows,
                                          .values = model->values,
                                          .y = y,
                                          .shared = model->shared.count > 0 ? parameters + model->shared.offset : NULL};
}

// recon of each row of x from the decoder's output y, in the first lane.
static void reconstruct(const struct elbow_model *model, const float *parameters, size_t rows, const float *x,
                        const float *y)
{
    struct elbow_likelihood_call call = call_of(model, parameters, rows, y);
    call.x = x;
    call.recon = model->recon;
    call.notes = model->notes > 0 ? model->noted : NULL;
    model->likelihood->score(&call);
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
    sums[model->notes] += weight;
}

static void check_microbatch(const struct elbow_model *model, struct elbow_microbatch microbatch)
{
    ELBOW_CHECK(microbatch.rows > 0 && microbatch.rows <= model->rows_max);
    ELBOW_CHECK(microbatch.values && microbatch.noise);
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
                              .prior = model->prior,
                              .head = elbow_network_output(&model->encoder, lane),
                              .noise = noise,
                              .z = model->z + row * model->latent,
                              .kl = model->kl + row * model->latent,
                              .recon = model->recon + row,
                              .terms = terms,
                              .room = model->room};
    for (size_t t = 0; t < model->prior_tensors.count; ++t)
        pass.tensors[t] = parameters + model->prior_tensors.offsets[t];
    return pass;
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

// The likelihood of samples that count more or less: their gradients are linear in the weights, and the one of shared
// numbers is a sum over the rows, which are asked for one by one then.
static void score_weighted(const struct elbow_model *model, const struct elbow_likelihood_call *call,
                           const float *weights)
{
    size_t values = call->values, width = values * model->likelihood->outputs(&model->options);
    if (call->dshared == NULL)
        model->likelihood->score(call);
    for (size_t k = 0; call->dshared != NULL && k < model->shared.count; ++k)
        call->dshared[k] = 0;
    for (size_t i = 0; i < call->rows; ++i) {
        struct elbow_likelihood_call row = *call;
        row.rows = 1;
        row.x += i * values;
        row.y += i * width;
        row.dy += i * width;
        row.recon += i;
        row.dshared = model->dshared;
        row.notes = call->notes != NULL ? call->notes + i * model->notes : NULL;
        if (call->dshared != NULL)
            model->likelihood->score(&row);
        for (size_t k = 0; call->dshared != NULL && k < model->shared.count; ++k)
            call->dshared[k] += weights[i] * model->dshared[k];
        for (size_t d = 0; d < width; ++d)
            row.dy[d] *= weights[i];
    }
}

static void score_likelihood(const struct elbow_model *model, const struct elbow_likelihood_call *call,
                             const float *weights)
{
    if (weights != NULL)
        score_weighted(model, call, weights);
    else
        model->likelihood->score(call);
}

void elbow_model_score(struct elbow_model *model, size_t lane, const float *parameters,
                       struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                       double *statistics)
{
    check_microbatch(model, microbatch);
    ELBOW_CHECK(lane < model->lanes);
    float *y = elbow_network_output(&model->decoder, lane);
    struct elbow_likelihood_call call = call_of(model, parameters, microbatch.rows, y);
    call.x = microbatch.values;
    call.recon = model->recon + lane * model->rows_max;
    call.dy = y;
    call.dshared = model->shared.count > 0 ? gradient + model->shared.offset : NULL;
    call.notes = model->notes > 0 ? model->noted + lane * model->rows_max * model->notes : NULL;
    score_likelihood(model, &call, microbatch.weights);
    struct elbow_pass pass = elbow_model_pass(model, lane, parameters, microbatch.rows, microbatch.noise, terms);
    pass.weights = microbatch.weights;
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    model->prior->kl(&prior, model->kl + lane * model->rows_max * model->latent);
    double *objectives = model->objectives + lane * model->rows_max;
    model->objective->score(&pass, objectives);
    for (size_t i = 0; microbatch.weights != NULL && i < microbatch.rows; ++i)
        objectives[i] *= (double)microbatch.weights[i];
    if (model->prior_tensors.count > 0)
        train_prior(model, &pass, gradient);
    memset(statistics, 0, elbow_model_statistics(model, false) * sizeof *statistics);
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
    elbow_latent_forward(rows, model->latent, head, noise, model->z);
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
    const float *head = elbow_network_forward(&model->encoder, parameters, rows, elbow_microbatch_inputs(&microbatch));
    elbow_latent_forward(rows, latent, head, microbatch.noise, model->z);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    reconstruct(model, parameters, rows, microbatch.values, y);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, terms);
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    model->prior->kl(&prior, model->kl);
    model->objective->score(&pass, model->objectives);
    memset(statistics, 0, elbow_model_statistics(model, true) * sizeof *statistics);
    for (size_t i = 0; i < rows; ++i) {
        double kl = count_row(model, i, elbow_statistics_size(latent, true), statistics);
        count_moments(latent, head + 2 * i * latent, statistics);
        if (results.kl)
            results.kl[i] = kl;
    }
    if (results.recon)
        memcpy(results.recon, model->recon, rows * sizeof *results.recon);
    if (results.head)
        memcpy(results.head, head, rows * 2 * latent * sizeof *results.head);
}

const float *elbow_model_encode(struct elbow_model *model, const float *parameters,
                                const struct elbow_microbatch *microbatch)
{
    ELBOW_CHECK(microbatch->values && microbatch->rows > 0 && microbatch->rows <= model->rows_max);
    about(model, 0, microbatch);
    return elbow_network_forward(&model->encoder, parameters, microbatch->rows, elbow_microbatch_inputs(microbatch));
}

void elbow_model_set_sizes(struct elbow_model *model, size_t rows, const float *x, double otherwise)
{
    ELBOW_CHECK(rows <= model->rows_max);
    for (size_t i = 0; i < rows; ++i) {
        double total = 0;
        for (size_t d = 0; x && d < model->values; ++d)
            total += x[i * model->values + d];
        model->sizes[i] = x ? total : otherwise;
    }
}

void elbow_model_decode(struct elbow_model *model, const float *parameters, size_t rows, const float *z, float *mean)
{
    ELBOW_CHECK(z && mean && rows > 0 && rows <= model->rows_max);
    elbow_network_about(&model->decoder, 0, NULL);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, z);
    struct elbow_likelihood_call call = call_of(model, parameters, rows, y);
    call.size = model->sizes;
    model->likelihood->mean(&call, mean);
}

void elbow_model_draw(const struct elbow_model *model, const float *parameters, size_t row, struct elbow_stream stream,
                      float *x)
{
    ELBOW_CHECK(x && row < model->rows_max);
    const float *y = elbow_network_output(&model->decoder, 0);
    size_t width = model->values * model->likelihood->outputs(&model->options);
    struct elbow_likelihood_call call = call_of(model, parameters, 1, y + row * width);
    call.size = model->sizes + row;
    model->likelihood->draw(stream, &call, x);
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
    (void)part;
    for (size_t i = first; i < first + count; ++i) {
        stream.id = drawing->ids[i];
        drawing->model->prior->draw(stream, drawing->call, drawing->z + i * drawing->model->latent);
    }
}

void elbow_model_draw_latent(const struct elbow_model *model, const float *parameters, struct elbow_stream stream,
                             size_t rows, const uint64_t *ids, float *z)
{
    enum { VALUES_LEAST = 1 << 12 }; // that are worth a thread
    ELBOW_CHECK(ids && z);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, 1, NULL, (struct elbow_terms){0});
    struct elbow_prior_call call = elbow_pass_prior(&pass);
    struct drawing drawing = {model, &call, stream, ids, z};
    elbow_threads_split(rows, 1, VALUES_LEAST / (model->latent + 1) + 1, draw_span, &drawing);
}

void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance)
{
    check_microbatch(model, microbatch);
    ELBOW_CHECK(head && importance);
    size_t rows = microbatch.rows;
    about(model, 0, &microbatch);
    elbow_latent_forward(rows, model->latent, head, microbatch.noise, model->z);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    reconstruct(model, parameters, rows, microbatch.values, y);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, (struct elbow_terms){0});
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    prior.head = head;
    model->prior->log_ratio(&prior, model->objectives);
    for (size_t i = 0; i < rows; ++i)
        elbow_importance_add(&importance[i], model->recon[i] + model->objectives[i]);
}
