// SPDX-License-Identifier: BSD-3-Clause
// The VAE over one microbatch: encoder, latent variables, decoder, likelihood and prior; forward, and backward in the
// reverse order.
//
// Sums over a row's dimensions and over rows are in double, dimension by dimension and row by row, so that they depend
// on the microbatch alone. A NaN in a row's figures reaches the statistics.
#include "elbow/vae/detail/classes.h"
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/trace.h"
#include "elbow/math/threads.h"

#include <string.h>

// Adds a share of row i of a pass, whose draws have equal weight, to the statistics, and returns that of its KL.
// `notes`: the place in them of those of the likelihood; `noted`: those of the pass.
static double count_row(const struct elbow_model *model, const struct elbow_pass *pass, size_t i, double share,
                        const double *noted, size_t notes, double *statistics)
{
    double *kl_of = statistics + ELBOW_STATISTIC_HEAD, draws = (double)elbow_pass_draws(pass), recon = 0, sum = 0;
    size_t points = elbow_pass_draws(pass) * pass->rows;
    for (size_t j = 0; j < model->latent; ++j) {
        double part = 0;
        for (size_t point = i; point < points; point += pass->rows)
            part += pass->kl[point * model->latent + j];
        part = share * (part / draws);
        sum += part;
        kl_of[j] += part;
    }
    for (size_t point = i; point < points; point += pass->rows)
        recon += pass->recon[point];
    statistics[ELBOW_STATISTIC_RECON] += share * (recon / draws);
    statistics[ELBOW_STATISTIC_KL] += sum;
    for (size_t n = 0; n < model->notes; ++n) {
        double note = 0;
        for (size_t point = i; point < points; point += pass->rows)
            note += noted[point * model->notes + n];
        statistics[notes + n] += share * (note / draws);
    }
    return sum;
}

// Adds up the statistics from which settling numbers follow.
static void count_settling(const struct elbow_model *model, const struct elbow_pass *pass, const double *noted,
                           double *sums)
{
    for (size_t k = 0; k < elbow_pass_draws(pass); ++k) {
        struct elbow_pass one = elbow_pass_draw(pass, k);
        for (size_t i = 0; i < pass->rows; ++i)
            for (size_t n = 0; n < model->notes; ++n)
                sums[n] += elbow_pass_weight(&one, i) * noted[(k * pass->rows + i) * model->notes + n];
    }
}

// The objective's figures are sums over its draws.
static void end_extras(const struct elbow_model *model, const struct elbow_pass *pass)
{
    for (size_t n = 0; n < model->extras; ++n)
        pass->notes[n] /= (double)elbow_pass_draws(pass);
}

static void check_microbatch(const struct elbow_model *model, struct elbow_microbatch microbatch)
{
    ELBOW_CHECK(microbatch.rows > 0 && microbatch.rows <= model->rows_max);
    ELBOW_CHECK(microbatch.values && (microbatch.noise || !model->prior));
    ELBOW_CHECK((microbatch.draws > 0 ? microbatch.draws : 1) == elbow_model_blocks(model));
}

// The arena's padding belongs to no tensor; it is kept zero so that norms and sums may include it in whole blocks.
// Behind all tensors is the gradient with respect to the heads of pseudo-inputs, from which their own gradient is
// computed later.
static void clear_padding(const struct elbow_model *model, float *gradient)
{
    const struct elbow_parameters *parameters = &model->parameters;
    const struct elbow_pseudo_inputs *pseudo = &model->pseudo;
    size_t size = pseudo->count > 0 ? pseudo->first : parameters->size, behind = pseudo->first + pseudo->heads;
    if (pseudo->count > 0) {
        memset(gradient + pseudo->tensor, 0, pseudo->count * pseudo->inputs * sizeof *gradient);
        memset(gradient + behind, 0, (parameters->size - behind) * sizeof *gradient);
    }
    for (size_t i = 0; i < parameters->count; ++i) {
        size_t end = parameters->tensors[i].offset + parameters->tensors[i].count;
        size_t next = i + 1 < parameters->count ? parameters->tensors[i + 1].offset : size;
        memset(gradient + end, 0, (next - end) * sizeof *gradient);
    }
}

struct elbow_pass elbow_model_pass(const struct elbow_model *model, size_t slot, const float *parameters, size_t rows,
                                   const float *noise, struct elbow_terms terms)
{
    size_t point = slot * elbow_model_points(model);
    struct elbow_pass pass = {.rows = model->copies * rows,
                              .latent = model->latent,
                              .draws = model->draws,
                              .posterior = model->posterior,
                              .prior = model->prior,
                              .components = model->components,
                              .conditions = model->conditions,
                              .condition = model->encoder.slots[slot].about.condition,
                              .head = elbow_network_output(&model->encoder, slot),
                              .noise = noise,
                              .z = model->z + point * model->latent,
                              .kl = model->kl + point * model->latent,
                              .recon = model->recon + point,
                              .scores = model->scores,
                              .shares = model->draws > 1 ? model->shares + point : NULL,
                              .worth = model->draws > 1 ? model->worth + point : NULL,
                              .terms = terms,
                              .workspace = model->workspace,
                              .dheads = model->dheads,
                              .prior_workspace = model->prior_workspace,
                              .coupled = model->coupled};
    for (size_t t = 0; t < model->prior_tensors.count; ++t)
        pass.tensors[t] = parameters + model->prior_tensors.offsets[t];
    if (model->pseudo.count > 0)
        pass.tensors[0] = model->pseudo.head;
    return pass;
}

void elbow_model_score_outputs(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                               float *y, float *gradient)
{
    const float *worth = model->draws > 1 ? model->worth : elbow_classes_weights(model, 0, &microbatch);
    elbow_draws_score(model, 0, parameters, &microbatch, worth, y, y, gradient);
}

void elbow_model_score(struct elbow_model *model, size_t slot, const float *parameters,
                       struct elbow_microbatch microbatch, struct elbow_terms terms, float *gradient,
                       double *statistics)
{
    check_microbatch(model, microbatch);
    ELBOW_CHECK(slot < model->slots);
    struct elbow_pass pass = elbow_model_pass(model, slot, parameters, microbatch.rows, microbatch.noise, terms);
    double *objectives = model->objectives + slot * elbow_model_heads(model);
    const double *noted = model->noted + slot * elbow_model_points(model) * model->notes;
    size_t size = elbow_model_statistics(model, false), notes = elbow_model_sums(model, false);
    if (elbow_model_has_classes(model))
        elbow_classes_weigh(model, slot, &microbatch, microbatch.labels);
    pass.weights = elbow_classes_weights(model, slot, &microbatch);
    memset(statistics, 0, size * sizeof *statistics);
    pass.notes = model->extras > 0 ? statistics + size - model->extras : NULL;
    elbow_draws_train(model, slot, parameters, &microbatch, &pass, objectives, gradient);
    elbow_draws_train_prior(model, &pass, gradient);
    end_extras(model, &pass);
    for (size_t i = 0; i < pass.rows; ++i) {
        double share = elbow_classes_share(model, slot, i);
        double weight = elbow_microbatch_weight(&microbatch, i % microbatch.rows);
        (void)count_row(model, &pass, i, share, noted, notes, statistics);
        statistics[ELBOW_STATISTIC_OBJECTIVE] += share * weight * objectives[i];
    }
    statistics[ELBOW_STATISTIC_SAMPLES] = (double)microbatch.rows;
    elbow_classes_note(model, slot, &microbatch, microbatch.labels, terms.classifier, statistics,
                       statistics + elbow_statistics_size(model->latent, false), NULL);
    elbow_classes_train(model, slot, &microbatch, terms.classifier, objectives);
    if (model->settling > 0)
        count_settling(model, &pass, noted, statistics + notes + model->notes);
    clear_padding(model, gradient);
}

void elbow_model_train(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                       struct elbow_terms terms, float *gradient, double *statistics)
{
    check_microbatch(model, microbatch);
    size_t rows = microbatch.rows, heads = model->copies * rows, points = elbow_model_blocks(model) * rows;
    const float *x = elbow_microbatch_inputs(&microbatch);
    elbow_draws_about(model, 0, &microbatch);
    struct elbow_trace_start begin = elbow_trace_begin(model->track);
    elbow_network_forward(&model->encoder, parameters, heads, x);
    elbow_model_latent(model, 0, &microbatch);
    float *y = elbow_network_forward(&model->decoder, parameters, points, model->z);
    if (elbow_model_has_classes(model))
        elbow_network_forward(&model->classifier, parameters, rows, x);
    elbow_trace_end(model->track, ELBOW_TRACE_FORWARD, rows, begin);
    begin = elbow_trace_begin(model->track);
    elbow_model_score(model, 0, parameters, microbatch, terms, gradient, statistics);
    elbow_trace_end(model->track, ELBOW_TRACE_LIKELIHOOD, rows, begin);
    begin = elbow_trace_begin(model->track);
    if (elbow_model_has_classes(model))
        elbow_network_backward(&model->classifier, parameters, rows, x, elbow_network_output(&model->classifier, 0),
                               gradient, NULL);
    elbow_network_backward(&model->decoder, parameters, points, model->z, y, gradient, model->dz);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, terms);
    pass.weights = elbow_classes_weights(model, 0, &microbatch);
    model->objective->backward(&pass, model->dz, model->dhead);
    elbow_network_backward(&model->encoder, parameters, heads, x, model->dhead, gradient, NULL);
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

// The mean of q(z|x) of row i, over its classes.
static void count_moments(const struct elbow_model *model, const struct elbow_pass *pass, size_t rows, size_t i,
                          double *statistics)
{
    size_t latent = model->latent;
    double *sums = statistics + ELBOW_STATISTIC_HEAD + latent;
    double *squares = sums + latent;
    for (size_t j = 0; j < latent; ++j) {
        double value = 0;
        for (size_t head = i; head < pass->rows; head += rows)
            value += elbow_classes_share(model, 0, head) * (double)pass->head[head * model->head + j];
        sums[j] += value;
        squares[j] += value * value;
    }
}

// All rows of an evaluation, into the statistics and the results.
static void count_rows(const struct elbow_model *model, const struct elbow_pass *pass,
                       const struct elbow_microbatch *microbatch, double *statistics,
                       const struct elbow_row_results *results)
{
    size_t rows = microbatch->rows, notes = elbow_model_sums(model, true);
    double *kl = results->kl, *recon = results->recon;
    for (size_t i = 0; i < pass->rows; ++i) {
        double share = elbow_classes_share(model, 0, i);
        double of_row = count_row(model, pass, i, share, model->noted, notes, statistics);
        statistics[ELBOW_STATISTIC_OBJECTIVE] += share * model->objectives[i];
        if (kl != NULL)
            kl[i % rows] = (i < rows ? 0 : kl[i % rows]) + of_row;
        if (recon != NULL)
            recon[i % rows] = (i < rows ? 0 : recon[i % rows]) + share * elbow_draws_recon(pass, i);
    }
    for (size_t i = 0; i < rows; ++i)
        count_moments(model, pass, rows, i, statistics);
    statistics[ELBOW_STATISTIC_SAMPLES] = (double)rows;
    elbow_classes_note(model, 0, microbatch, NULL, 0, statistics,
                       statistics + elbow_statistics_size(model->latent, true), kl);
}

void elbow_model_evaluate(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          struct elbow_terms terms, double *statistics, struct elbow_row_results results)
{
    check_microbatch(model, microbatch);
    size_t rows = microbatch.rows, heads = model->copies * rows;
    elbow_draws_about(model, 0, &microbatch);
    const float *head = elbow_network_forward(&model->encoder, parameters, heads, elbow_microbatch_inputs(&microbatch));
    elbow_model_latent(model, 0, &microbatch);
    const float *y = elbow_network_forward(&model->decoder, parameters, elbow_model_blocks(model) * rows, model->z);
    elbow_classes_forward(model, parameters, &microbatch);
    elbow_draws_score(model, 0, parameters, &microbatch, NULL, y, NULL, NULL);
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, terms);
    elbow_model_kl(model, 0, &pass);
    size_t size = elbow_model_statistics(model, true);
    memset(statistics, 0, size * sizeof *statistics);
    pass.notes = model->extras > 0 ? statistics + size - model->extras : NULL;
    model->objective->score(&pass, model->objectives);
    end_extras(model, &pass);
    count_rows(model, &pass, &microbatch, statistics, &results);
    if (elbow_model_has_classes(model))
        elbow_classes_settle(model, &microbatch);
    else
        elbow_model_set_conditions(model, rows, microbatch.about.condition);
    for (size_t i = 0; results.head != NULL && i < rows; ++i) {
        size_t best = elbow_model_has_classes(model) ? elbow_classes_best(model, 0, rows, i) : 0;
        memcpy(results.head + i * model->head, head + (best * rows + i) * model->head,
               model->head * sizeof *results.head);
    }
}

const float *elbow_model_encode(struct elbow_model *model, const float *parameters,
                                const struct elbow_microbatch *microbatch)
{
    ELBOW_CHECK(microbatch->values && microbatch->rows > 0 && microbatch->rows <= model->rows_max);
    if (elbow_model_has_classes(model))
        return elbow_model_encode_as(model, parameters, microbatch, -1);
    elbow_draws_about(model, 0, microbatch);
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
    call.rows = 1; // for any number of classes
    struct drawing drawing = {model, &call, stream, ids, z};
    elbow_threads_split(rows, 1, VALUES_LEAST / (model->latent + 1) + 1, draw_span, &drawing);
}

void elbow_model_importance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                            const float *head, struct elbow_importance *importance)
{
    ELBOW_CHECK(microbatch.rows > 0 && microbatch.rows <= model->rows_max && microbatch.values && microbatch.noise);
    ELBOW_CHECK(head && importance && model->prior);
    size_t rows = microbatch.rows;
    struct elbow_about known = microbatch.about;
    known.condition = elbow_model_has_classes(model) ? model->condition : known.condition;
    elbow_network_about(&model->decoder, 0, &known);
    model->posterior->draw(rows, model->latent, head, microbatch.noise, model->z);
    elbow_draws_score_one(model, parameters, &microbatch,
                          elbow_network_forward(&model->decoder, parameters, rows, model->z));
    struct elbow_pass pass = elbow_model_pass(model, 0, parameters, rows, microbatch.noise, (struct elbow_terms){0});
    pass.condition = known.condition;
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    prior.head = head;
    model->prior->log_ratio(&prior, model->objectives);
    for (size_t i = 0; i < rows; ++i)
        elbow_importance_add(&importance[i], model->recon[i] + model->objectives[i]);
}
