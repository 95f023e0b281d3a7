// SPDX-License-Identifier: BSD-3-Clause
// The VAE over one microbatch: encoder, latent variables, decoder, likelihood; forward, and backward in the reverse
// order.
//
// All room is made by elbow_model_create; nothing else allocates. Sums over a row's dimensions and over rows are in
// double, dimension by dimension and row by row, so that they depend on the microbatch alone. A NaN anywhere in a row's
// figures arrives in the statistics.
#include "elbow/vae/model.h"

#include "elbow/base/memory.h"
#include "elbow/base/trace.h"

#include <string.h>

static enum elbow_status add_shared(const struct elbow_tensor *tensor, struct elbow_model *model,
                                    struct elbow_error *error)
{
    size_t index = 0;
    enum elbow_status status = elbow_parameters_add(&model->parameters, *tensor, &index, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_tensor *added = &model->parameters.tensors[index];
    model->shared = (struct elbow_shared_numbers){added->offset, added->count};
    return ELBOW_OK;
}

struct elbow_shape elbow_model_sample(enum elbow_layout layout, size_t rank, const uint64_t *shape)
{
    size_t values = 1;
    for (size_t i = 0; i < rank; ++i)
        values *= (size_t)shape[i];
    bool may_be_image = layout == ELBOW_LAYOUT_AUTO || layout == ELBOW_LAYOUT_IMAGE;
    if (!may_be_image || (rank != 2 && rank != 3))
        return (struct elbow_shape){1, 1, values};
    return (struct elbow_shape){(size_t)shape[0], (size_t)shape[1], rank == 3 ? (size_t)shape[2] : 1};
}

static enum elbow_status create_layers(const struct elbow_config *config, struct elbow_shape sample,
                                       struct elbow_model *model, struct elbow_error *error)
{
    enum elbow_initializer initializer = (enum elbow_initializer)config->model.initializer;
    enum elbow_status status = elbow_network_create(&model->parameters, "encoder", sample, &config->model.encoder,
                                                    (struct elbow_shape){1, 1, 2 * model->latent}, initializer,
                                                    model->rows_max, &model->encoder, error);
    struct elbow_shape output = {sample.height, sample.width,
                                 sample.channels * model->likelihood->outputs(&model->options)};
    if (status == ELBOW_OK)
        status =
            elbow_network_create(&model->parameters, "decoder", (struct elbow_shape){1, 1, model->latent},
                                 &config->model.decoder, output, initializer, model->rows_max, &model->decoder, error);
    struct elbow_tensor tensor = {0};
    if (status == ELBOW_OK && model->likelihood->shared &&
        model->likelihood->shared(&model->options, model->values, &tensor))
        status = add_shared(&tensor, model, error);
    return status;
}

static enum elbow_status create_room(struct elbow_model *model, size_t lanes, struct elbow_error *error)
{
    const char *what = "the activations of the latent variables";
    size_t rows = lanes * model->rows_max, row_bytes = model->latent * sizeof(float);
    enum elbow_status status = elbow_allocate(&model->z, rows, row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->kl, rows, row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->dz, rows, row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->dhead, rows, 2 * row_bytes, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->recon, rows, sizeof *model->recon, what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&model->objectives, rows, sizeof *model->objectives, what, error);
    model->lanes = lanes;
    return status;
}

static void release_room(struct elbow_model *model)
{
    elbow_release(&model->z);
    elbow_release(&model->kl);
    elbow_release(&model->dz);
    elbow_release(&model->dhead);
    elbow_release(&model->recon);
    elbow_release(&model->objectives);
}

enum elbow_status elbow_model_widen(struct elbow_model *model, size_t lanes, struct elbow_error *error)
{
    if (lanes <= model->lanes)
        return ELBOW_OK;
    enum elbow_status status = elbow_network_widen(&model->encoder, lanes, error);
    if (status == ELBOW_OK)
        status = elbow_network_widen(&model->decoder, lanes, error);
    if (status != ELBOW_OK)
        return status;
    release_room(model);
    return create_room(model, lanes, error);
}

enum elbow_status elbow_model_create(const struct elbow_config *config, size_t values, size_t rows_max,
                                     struct elbow_model **model, struct elbow_error *error)
{
    return elbow_model_create_shaped(config, (struct elbow_shape){1, 1, values}, rows_max, model, error);
}

enum elbow_status elbow_model_create_shaped(const struct elbow_config *config, struct elbow_shape sample,
                                            size_t rows_max, struct elbow_model **result, struct elbow_error *error)
{
    size_t values = elbow_shape_values(sample);
    ELBOW_CHECK(config && result && values > 0 && config->model.latent > 0);
    *result = NULL;
    struct elbow_model *model = NULL;
    enum elbow_status status = elbow_allocate(&model, 1, sizeof *model, "the model", error);
    if (status != ELBOW_OK)
        return status;
    model->values = values;
    model->latent = (size_t)config->model.latent;
    model->likelihood = elbow_likelihood_row((enum elbow_likelihood_kind)config->model.likelihood);
    model->options = config->model.likelihood_options;
    model->objective = elbow_objective_row((enum elbow_objective_kind)config->objective.bound);
    model->rows_max = rows_max;
    status = create_layers(config, sample, model, error);
    if (status == ELBOW_OK && rows_max > 0)
        status = create_room(model, 1, error);
    if (status != ELBOW_OK) {
        elbow_model_destroy(model);
        return status;
    }
    *result = model;
    return ELBOW_OK;
}

enum elbow_status elbow_model_layout(const struct elbow_config *config, struct elbow_shape sample,
                                     struct elbow_parameters *parameters, struct elbow_error *error)
{
    struct elbow_model *model = NULL;
    enum elbow_status status = elbow_model_create_shaped(config, sample, 0, &model, error);
    if (status != ELBOW_OK)
        return status;
    *parameters = model->parameters;
    model->parameters = (struct elbow_parameters){0};
    elbow_model_destroy(model);
    return ELBOW_OK;
}

void elbow_model_destroy(struct elbow_model *model)
{
    if (!model)
        return;
    elbow_network_destroy(&model->encoder);
    elbow_network_destroy(&model->decoder);
    elbow_parameters_clear(&model->parameters);
    release_room(model);
    elbow_release(&model);
}

void elbow_model_initialize(const struct elbow_model *model, uint64_t seed, const float *data_mean, float *values)
{
    memset(values, 0, model->parameters.size * sizeof *values);
    elbow_parameters_initialize(&model->parameters, seed, values);
    if (!data_mean)
        return;
    const struct elbow_tensor *tensor = elbow_parameters_find(&model->parameters, "decoder.head/bias");
    size_t outputs = model->likelihood->outputs(&model->options), channels = tensor ? tensor->count / outputs : 0;
    ELBOW_CHECK(channels > 0 && model->values % channels == 0);
    float *bias = values + tensor->offset;
    size_t places = model->values / channels; // 1 but for a convolution
    for (size_t d = 0; d < channels; ++d) {
        double mean = 0;
        for (size_t place = 0; place < places; ++place)
            mean += (double)data_mean[place * channels + d];
        bias[d * outputs] = model->likelihood->output_bias(mean / (double)places);
    }
}

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
    model->likelihood->score(&call);
}

// Adds one row to the statistics and returns its KL.
static double count_row(const struct elbow_model *model, size_t row, double *statistics)
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
    return sum;
}

static void check_microbatch(const struct elbow_model *model, struct elbow_microbatch microbatch)
{
    ELBOW_CHECK(microbatch.rows > 0 && microbatch.rows <= model->rows_max);
    ELBOW_CHECK(microbatch.values && microbatch.noise);
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

struct elbow_pass elbow_model_pass(const struct elbow_model *model, size_t lane, size_t rows, const float *noise,
                                   struct elbow_terms terms)
{
    size_t row = lane * model->rows_max;
    return (struct elbow_pass){.rows = rows,
                               .latent = model->latent,
                               .head = elbow_network_output(&model->encoder, lane),
                               .noise = noise,
                               .kl = model->kl + row * model->latent,
                               .recon = model->recon + row,
                               .terms = terms};
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
    model->likelihood->score(&call);
    struct elbow_pass pass = elbow_model_pass(model, lane, microbatch.rows, microbatch.noise, terms);
    model->objective->score(&pass, model->objectives + lane * model->rows_max);
    memset(statistics, 0, elbow_statistics_size(model->latent, false) * sizeof *statistics);
    for (size_t i = 0; i < microbatch.rows; ++i)
        count_row(model, lane * model->rows_max + i, statistics);
    clear_padding(&model->parameters, gradient);
}

void elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                       struct elbow_terms terms, float *gradient, double *statistics)
{
    check_microbatch(model, microbatch);
    size_t rows = microbatch.rows;
    const float *x = microbatch.values, *noise = microbatch.noise;
    struct elbow_trace_start begin = elbow_trace_begin(model->track);
    const float *head = elbow_network_forward(&model->encoder, parameters, rows, x);
    elbow_latent_forward(rows, model->latent, head, noise, model->z, model->kl);
    float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    elbow_trace_end(model->track, ELBOW_TRACE_FORWARD, rows, begin);
    begin = elbow_trace_begin(model->track);
    elbow_model_score(model, 0, parameters, microbatch, terms, gradient, statistics);
    elbow_trace_end(model->track, ELBOW_TRACE_LIKELIHOOD, rows, begin);
    begin = elbow_trace_begin(model->track);
    elbow_network_backward(&model->decoder, parameters, rows, model->z, y, gradient, model->dz);
    struct elbow_pass pass = elbow_model_pass(model, 0, rows, noise, terms);
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
    const float *head = elbow_network_forward(&model->encoder, parameters, rows, microbatch.values);
    elbow_latent_forward(rows, latent, head, microbatch.noise, model->z, model->kl);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    reconstruct(model, parameters, rows, microbatch.values, y);
    struct elbow_pass pass = elbow_model_pass(model, 0, rows, microbatch.noise, terms);
    model->objective->score(&pass, model->objectives);
    memset(statistics, 0, elbow_statistics_size(latent, true) * sizeof *statistics);
    for (size_t i = 0; i < rows; ++i) {
        double kl = count_row(model, i, statistics);
        count_moments(latent, head + 2 * i * latent, statistics);
        if (results.kl)
            results.kl[i] = kl;
    }
    if (results.recon)
        memcpy(results.recon, model->recon, rows * sizeof *results.recon);
    if (results.head)
        memcpy(results.head, head, rows * 2 * latent * sizeof *results.head);
}

const float *elbow_model_encode(struct elbow_model *model, const float *parameters, size_t rows, const float *values)
{
    ELBOW_CHECK(values && rows > 0 && rows <= model->rows_max);
    return elbow_network_forward(&model->encoder, parameters, rows, values);
}

void elbow_model_decode(struct elbow_model *model, const float *parameters, size_t rows, const float *z, float *mean)
{
    ELBOW_CHECK(z && mean && rows > 0 && rows <= model->rows_max);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, z);
    struct elbow_likelihood_call call = call_of(model, parameters, rows, y);
    model->likelihood->mean(&call, mean);
}

void elbow_model_draw(const struct elbow_model *model, const float *parameters, size_t row, struct elbow_stream stream,
                      float *x)
{
    ELBOW_CHECK(x && row < model->rows_max);
    const float *y = elbow_network_output(&model->decoder, 0);
    size_t width = model->values * model->likelihood->outputs(&model->options);
    struct elbow_likelihood_call call = call_of(model, parameters, 1, y + row * width);
    model->likelihood->draw(stream, &call, x);
}

// log p(z) - log q(z|x) of one row: with z = mean + exp(log_variance / 2) noise the constants log(2 pi) / 2 cancel.
static double log_prior_over_posterior(size_t latent, const float *z, const float *log_variance, const float *noise)
{
    double sum = 0;
    for (size_t j = 0; j < latent; ++j) {
        double point = z[j], draw = noise[j];
        sum += 0.5 * ((draw * draw - point * point) + (double)log_variance[j]);
    }
    return sum;
}

void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance)
{
    check_microbatch(model, microbatch);
    ELBOW_CHECK(head && importance);
    size_t rows = microbatch.rows, latent = model->latent;
    elbow_latent_forward(rows, latent, head, microbatch.noise, model->z, model->kl);
    const float *y = elbow_network_forward(&model->decoder, parameters, rows, model->z);
    reconstruct(model, parameters, rows, microbatch.values, y);
    for (size_t i = 0; i < rows; ++i) {
        double ratio = log_prior_over_posterior(latent, model->z + i * latent, head + (2 * i + 1) * latent,
                                                microbatch.noise + i * latent);
        elbow_importance_add(&importance[i], model->recon[i] + ratio);
    }
}

size_t elbow_model_bytes(const struct elbow_model *model)
{
    size_t of_latent = model->lanes * model->rows_max * (5 * model->latent * sizeof(float) + 2 * sizeof(double));
    return elbow_network_bytes(&model->encoder) + elbow_network_bytes(&model->decoder) + of_latent;
}
