// SPDX-License-Identifier: BSD-3-Clause
// The common part of densities with a location and a scale (Laplace, Student-t, discretised logistic). Private to their
// files.
//
// A value's outputs: its location; its scale, if that is predicted: 1e-6 + softplus(output), so that the density of a
// value that is predicted exactly is bounded; its degrees of freedom, if those are predicted: 2 + softplus(output), so
// that mean and variance exist. A learned number is one logarithm for all values, of the scale or of the degrees of
// freedom; if both are learned, each is divided by its start, so that both logarithms begin at 0.
#ifndef ELBOW_VAE_DETAIL_LOCATION_SCALE_H
#define ELBOW_VAE_DETAIL_LOCATION_SCALE_H

#include "elbow/base/status.h"
#include "elbow/base/text.h"
#include "elbow/math/threads.h"
#include "elbow/vae/detail/likelihood.h"

#include <math.h>

static const double ELBOW_SCALE_LEAST = 1e-6, ELBOW_FREEDOM_LEAST = 2;

// One of the numbers: its origin, and its value unless it is predicted.
struct elbow_scale_number {
    size_t output; // 0: none
    int trained;   // index in shared; -1: not
    double value;
};

struct elbow_location_scale {
    const struct elbow_likelihood_call *call;
    size_t outputs;
    struct elbow_scale_number scale, freedom;
    double constant, constant_derivative; // degrees of freedom of a density that all values share
    double top;                           // the last level
    size_t notes;                         // figures of a row: scale, and degrees of freedom if there are any
};

enum { ELBOW_SCALE_BLOCK = 256, ELBOW_SCALE_TRAINED = 2 };

// log p of a value, and its derivatives in location, scale and degrees of freedom.
struct elbow_scale_terms {
    double log_p, location, scale, freedom;
};

static inline bool elbow_scale_learns_both(const struct elbow_likelihood_options *options, bool has_freedom)
{
    return has_freedom && options->scale_from == ELBOW_NUMBER_LEARNED && options->df_from == ELBOW_NUMBER_LEARNED;
}

static inline struct elbow_scale_number elbow_scale_number(int from, double value, double start, const float *shared,
                                                           size_t *outputs, int *trained)
{
    struct elbow_scale_number number = {.output = 0, .trained = -1, .value = value};
    if (from == ELBOW_NUMBER_PREDICTED)
        number.output = (*outputs)++;
    if (from != ELBOW_NUMBER_LEARNED)
        return number;
    number.trained = (*trained)++;
    number.value = shared ? start * exp((double)shared[number.trained]) : value;
    return number;
}

// The origins of the numbers of a call; has_freedom: of a density with degrees of freedom.
static inline struct elbow_location_scale elbow_location_scale(const struct elbow_likelihood_call *call,
                                                               bool has_freedom)
{
    struct elbow_location_scale work = {.call = call, .outputs = 1};
    const struct elbow_likelihood_options *options = call->options;
    bool has_both = elbow_scale_learns_both(options, has_freedom);
    double start = has_both && options->scale > 0 ? options->scale : 1; // 0: from the data
    int trained = 0;
    work.scale = elbow_scale_number(options->scale_from, options->scale, start, call->shared, &work.outputs, &trained);
    work.freedom.trained = -1;
    work.notes = has_freedom ? 2 : 1;
    if (has_freedom)
        work.freedom = elbow_scale_number(options->df_from, options->df, has_both ? options->df : 1, call->shared,
                                          &work.outputs, &trained);
    return work;
}

static inline double elbow_scale_of(const struct elbow_location_scale *work, const float *y)
{
    return work->scale.output ? ELBOW_SCALE_LEAST + elbow_softplus(y[work->scale.output]) : work->scale.value;
}

static inline double elbow_freedom_of(const struct elbow_location_scale *work, const float *y)
{
    return work->freedom.output ? ELBOW_FREEDOM_LEAST + elbow_softplus(y[work->freedom.output]) : work->freedom.value;
}

typedef struct elbow_scale_terms elbow_scale_density(const struct elbow_location_scale *work, double x, double location,
                                                     double scale, double freedom);

// Rows [row, row + count). density is a constant in the callers, so that this is inlined with it.
__attribute__((always_inline)) static inline void elbow_location_scale_rows(const struct elbow_location_scale *work,
                                                                            elbow_scale_density *density, size_t row,
                                                                            size_t count,
                                                                            double derivatives[][ELBOW_SCALE_TRAINED])
{
    const struct elbow_likelihood_call *call = work->call;
    for (size_t i = row; i < row + count; ++i) {
        double lanes[ELBOW_LANES] = {0}, sums[ELBOW_SCALE_TRAINED][ELBOW_LANES] = {{0}};
        double scales[ELBOW_LANES] = {0}, freedoms[ELBOW_LANES] = {0};
        for (size_t d = 0; d < call->values; ++d) {
            size_t at = i * call->values + d, lane = d % ELBOW_LANES;
            const float *y = call->y + at * work->outputs;
            double scale = elbow_scale_of(work, y), freedom = elbow_freedom_of(work, y);
            double scale_derivative = work->scale.output ? elbow_sigmoid(y[work->scale.output]) : scale;
            double freedom_derivative = work->freedom.output ? elbow_sigmoid(y[work->freedom.output]) : freedom;
            struct elbow_scale_terms terms = density(work, call->x[at], y[0], scale, freedom);
            lanes[lane] += terms.log_p;
            scales[lane] += scale;
            freedoms[lane] += freedom;
            if (work->scale.trained >= 0)
                sums[work->scale.trained][lane] += terms.scale * scale_derivative;
            if (work->freedom.trained >= 0)
                sums[work->freedom.trained][lane] += terms.freedom * freedom_derivative;
            if (!call->dy)
                continue;
            float *dy = call->dy + at * work->outputs; // may be y
            dy[0] = (float)-terms.location;
            if (work->scale.output)
                dy[work->scale.output] = (float)-(terms.scale * scale_derivative);
            if (work->freedom.output)
                dy[work->freedom.output] = (float)-(terms.freedom * freedom_derivative);
        }
        call->recon[i] = elbow_lanes_fold(lanes);
        if (call->notes)
            call->notes[i * work->notes] = elbow_lanes_fold(scales) / (double)call->values;
        if (call->notes && work->notes > 1)
            call->notes[i * work->notes + 1] = elbow_lanes_fold(freedoms) / (double)call->values;
        for (int k = 0; k < ELBOW_SCALE_TRAINED; ++k)
            derivatives[i % ELBOW_SCALE_BLOCK][k] = elbow_lanes_fold(sums[k]);
    }
}

// A block of rows, and the destination of its derivatives.
struct elbow_scale_block {
    const struct elbow_location_scale *work;
    size_t first;
    double (*derivatives)[ELBOW_SCALE_TRAINED];
};

// score, of a file's `span`, which calls elbow_location_scale_rows for rows of a struct elbow_scale_block. The
// derivatives of trained numbers are added in the order of rows, whatever the threads.
static inline void elbow_location_scale_score(const struct elbow_location_scale *work,
                                              void (*span)(void *user, int part, size_t row, size_t count))
{
    double derivatives[ELBOW_SCALE_BLOCK][ELBOW_SCALE_TRAINED], all[ELBOW_SCALE_TRAINED] = {0};
    const struct elbow_likelihood_call *call = work->call;
    ELBOW_CHECK(call->x && call->y && call->recon);
    for (size_t first = 0; first < call->rows; first += ELBOW_SCALE_BLOCK) {
        size_t rows = call->rows - first < ELBOW_SCALE_BLOCK ? call->rows - first : ELBOW_SCALE_BLOCK;
        struct elbow_scale_block block = {work, first, derivatives};
        elbow_threads_split(rows, 1, elbow_likelihood_least_rows(call->values), span, &block);
        for (size_t i = 0; i < rows; ++i)
            for (int k = 0; k < ELBOW_SCALE_TRAINED; ++k)
                all[k] += derivatives[i][k];
    }
    for (int k = 0; call->dshared && k < ELBOW_SCALE_TRAINED; ++k)
        if (work->scale.trained == k || work->freedom.trained == k)
            call->dshared[k] = (float)-all[k];
}

// The tensor of learned numbers; `scale` is the start if neither the options nor the data give one.
static inline bool elbow_location_scale_shared(const struct elbow_likelihood_options *options, bool has_freedom,
                                               double scale, struct elbow_tensor *tensor)
{
    bool has_both = elbow_scale_learns_both(options, has_freedom);
    bool has_scale = options->scale_from == ELBOW_NUMBER_LEARNED;
    if (!has_scale && !(has_freedom && options->df_from == ELBOW_NUMBER_LEARNED))
        return false;
    const char *name = has_both    ? "likelihood/log_scale_and_df"
                       : has_scale ? "likelihood/log_scale"
                                   : "likelihood/log_df";
    double start = !has_scale ? options->df : options->scale > 0 ? options->scale : scale;
    *tensor = (struct elbow_tensor){
        .rank = 1, .shape = {has_both ? 2 : 1}, .is_weight = false, .initial = ELBOW_INITIAL_CONSTANT};
    (void)elbow_text_format(tensor->name, sizeof tensor->name, "%s", name);
    tensor->value = has_both ? 0 : (float)log(start);
    return true;
}

static inline bool elbow_location_scale_starts(const struct elbow_likelihood_options *options)
{
    return options->scale_from == ELBOW_NUMBER_PREDICTED ||
           (options->scale_from == ELBOW_NUMBER_LEARNED && options->scale == 0);
}

// The output whose softplus is a given number above 0.
static inline double elbow_softplus_inverse(double a)
{
    return a + log(-expm1(-a));
}

// start, for a scale of `deviations` deviations.
static inline void elbow_location_scale_start(const struct elbow_likelihood_start *start, size_t outputs,
                                              double deviations)
{
    size_t places = start->values / start->channels; // 1 except for a convolution
    if (start->options->scale_from == ELBOW_NUMBER_LEARNED) {
        start->shared[0] = (float)log(fmax(deviations * sqrt(start->pooled), ELBOW_SCALE_LEAST));
        return;
    }
    for (size_t c = 0; c < start->channels; ++c) {
        double mean = 0;
        for (size_t place = 0; place < places; ++place)
            mean += start->variance[place * start->channels + c] / (double)places;
        double scale = fmax(deviations * sqrt(mean), 1e-3 * deviations * sqrt(start->pooled)); // some never vary
        start->bias[c * outputs + 1] =
            (float)elbow_softplus_inverse(fmax(scale, 2 * ELBOW_SCALE_LEAST) - ELBOW_SCALE_LEAST);
    }
}

typedef double elbow_scale_largest(const struct elbow_location_scale *work, double x, double scale, double freedom);

// saturated, from each value's largest log p.
__attribute__((always_inline)) static inline void
elbow_location_scale_saturated(const struct elbow_location_scale *work, elbow_scale_largest *largest)
{
    const struct elbow_likelihood_call *call = work->call;
    for (size_t i = 0; i < call->rows; ++i) {
        double most = 0;
        for (size_t d = 0; d < call->values; ++d) {
            size_t at = i * call->values + d;
            const float *y = work->outputs > 1 ? call->y + at * work->outputs : NULL;
            most += largest(work, call->x[at], elbow_scale_of(work, y), elbow_freedom_of(work, y));
        }
        call->recon[i] = most;
    }
}

// mean, if that is the location.
static inline void elbow_location_scale_mean(const struct elbow_likelihood_call *call, size_t outputs, float *values)
{
    for (size_t k = 0; k < call->rows * call->values; ++k)
        values[k] = call->y[k * outputs];
}

// output_bias, if the location is the mean: a predicted scale begins at log 2.
static inline void elbow_location_scale_bias(double data_mean, size_t outputs, float *bias)
{
    bias[0] = (float)data_mean;
    for (size_t o = 1; o < outputs; ++o)
        bias[o] = 0;
}

#endif
