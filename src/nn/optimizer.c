// SPDX-License-Identifier: BSD-3-Clause
// Optimisers in one pass over gradient, moments and parameters. The bits of an element depend on its own values and the
// step's constants alone, so a slice may begin anywhere. Constants are computed in double and rounded once. The padding
// between tensors is never touched.
//
// Moments move by m += (1 - b) (g - m), which is b m + (1 - b) g with one rounded constant: with b = 0.999f and 0.001f
// apart, the two weights would not add up to one.
#include "elbow/nn/optimizer.h"

#include "elbow/base/memory.h"
#include "elbow/math/threads.h"

#include <math.h>

enum { PARAMETERS_LEAST = 1 << 13 }; // parameters that are worth a thread

// Memory is allocated as zeros: most moments start at zero, and their pages are not touched before they are needed.
static void fill(float *moment, size_t count, float start)
{
    for (size_t i = 0; i < count && start != 0.0f; ++i)
        moment[i] = start;
}

static bool has_first(const struct elbow_config *config)
{
    return config->train.optimizer != ELBOW_OPTIMIZER_RMSPROP || config->train.rmsprop_momentum > 0;
}

static bool has_second(const struct elbow_config *config)
{
    return config->train.optimizer != ELBOW_OPTIMIZER_SGD;
}

size_t elbow_optimizer_moments(const struct elbow_config *config)
{
    return (size_t)has_first(config) + (size_t)has_second(config);
}

enum elbow_status elbow_optimizer_create(const struct elbow_config *config, const struct elbow_parameters *parameters,
                                         size_t count, struct elbow_optimizer *optimizer, struct elbow_error *error)
{
    ELBOW_CHECK(count <= parameters->size);
    bool is_rmsprop = config->train.optimizer == ELBOW_OPTIMIZER_RMSPROP;
    *optimizer = (struct elbow_optimizer){
        .kind = (enum elbow_optimizer_kind)config->train.optimizer,
        .beta1 = config->train.beta1,
        .beta2 = is_rmsprop ? config->train.rmsprop_rho : config->train.beta2,
        .epsilon = config->train.epsilon,
        .momentum = is_rmsprop ? config->train.rmsprop_momentum : config->train.momentum,
        .weight_decay = config->train.weight_decay,
        .count = count,
        .parameters = parameters,
    };
    enum elbow_status status = ELBOW_OK;
    if (has_first(config))
        status = elbow_allocate(&optimizer->first_moment, count, sizeof(float), "the optimiser's first moments", error);
    if (status == ELBOW_OK && has_second(config))
        status =
            elbow_allocate(&optimizer->second_moment, count, sizeof(float), "the optimiser's second moments", error);
    if (status != ELBOW_OK)
        elbow_optimizer_destroy(optimizer);
    else if (optimizer->second_moment != NULL)
        fill(optimizer->second_moment, count, (float)config->train.second_moment);
    return status;
}

void elbow_optimizer_destroy(struct elbow_optimizer *optimizer)
{
    elbow_release(&optimizer->first_moment);
    elbow_release(&optimizer->second_moment);
    *optimizer = (struct elbow_optimizer){0};
}

// One step's constants, rounded to float.
struct constants {
    float clip;
    float decay;  // times the parameter, added to the gradient
    float shrink; // times the parameter, before the update
    float rate;   // over 1 - b1^t for adam
    float momentum;
    float share1, share2; // 1 - b1, 1 - b2
    float root;           // 1 / sqrt(1 - b2^t)
    float epsilon;
};

static struct constants constants_of(const struct elbow_optimizer *optimizer, bool is_weight, uint64_t update,
                                     double rate, double clip)
{
    double decay = is_weight ? optimizer->weight_decay : 0.0;
    struct constants constants = {.clip = (float)clip, .shrink = 1.0f, .rate = (float)rate};
    if (optimizer->kind == ELBOW_OPTIMIZER_ADAMW)
        constants.shrink = (float)(1.0 - rate * decay);
    else
        constants.decay = (float)decay;
    if (optimizer->kind == ELBOW_OPTIMIZER_SGD) {
        constants.momentum = (float)optimizer->momentum;
        return constants;
    }
    constants.share2 = (float)(1.0 - optimizer->beta2);
    constants.epsilon = (float)optimizer->epsilon;
    if (optimizer->kind == ELBOW_OPTIMIZER_RMSPROP) {
        constants.momentum = (float)optimizer->momentum;
        return constants;
    }
    constants.rate = (float)(rate / (1.0 - pow(optimizer->beta1, (double)update)));
    constants.share1 = (float)(1.0 - optimizer->beta1);
    constants.root = (float)(1.0 / sqrt(1.0 - pow(optimizer->beta2, (double)update)));
    return constants;
}

static void apply_adam(size_t n, struct constants c, const float *restrict gradient, float *restrict first_moment,
                       float *restrict second_moment, float *restrict parameters)
{
    for (size_t i = 0; i < n; ++i) {
        float p = parameters[i];
        float g = c.clip * gradient[i] + c.decay * p;
        float m = first_moment[i] + c.share1 * (g - first_moment[i]);
        float v = second_moment[i] + c.share2 * (g * g - second_moment[i]);
        first_moment[i] = m;
        second_moment[i] = v;
        parameters[i] = c.shrink * p - c.rate * m / (c.root * sqrtf(v) + c.epsilon);
    }
}

static void apply_sgd(size_t n, struct constants c, const float *restrict gradient, float *restrict first_moment,
                      float *restrict parameters)
{
    for (size_t i = 0; i < n; ++i) {
        float p = parameters[i];
        float v = c.momentum * first_moment[i] + (c.clip * gradient[i] + c.decay * p);
        first_moment[i] = v;
        parameters[i] = p - c.rate * v;
    }
}

static void apply_rmsprop(size_t n, struct constants c, const float *restrict gradient, float *restrict first_moment,
                          float *restrict second_moment, float *restrict parameters)
{
    for (size_t i = 0; i < n; ++i) {
        float p = parameters[i];
        float g = c.clip * gradient[i] + c.decay * p;
        float v = second_moment[i] + c.share2 * (g * g - second_moment[i]);
        float u = c.momentum * first_moment[i] + g / (sqrtf(v) + c.epsilon);
        first_moment[i] = u;
        second_moment[i] = v;
        parameters[i] = p - c.rate * u;
    }
}

// Without momentum, the first moment of which is not kept.
static void apply_plain_rmsprop(size_t n, struct constants c, const float *restrict gradient,
                                float *restrict second_moment, float *restrict parameters)
{
    for (size_t i = 0; i < n; ++i) {
        float p = parameters[i];
        float g = c.clip * gradient[i] + c.decay * p;
        float v = second_moment[i] + c.share2 * (g * g - second_moment[i]);
        second_moment[i] = v;
        parameters[i] = p - c.rate * (g / (sqrtf(v) + c.epsilon));
    }
}

// One tensor's part of the slice.
struct update {
    enum elbow_optimizer_kind kind;
    struct constants constants;
    const float *gradient;
    float *first_moment, *second_moment, *parameters; // a moment that is not kept: NULL
};

static float *moment_at(float *moment, size_t at)
{
    return moment ? moment + at : NULL;
}

static void apply_span(void *user, int part, size_t first, size_t count)
{
    const struct update *update = user;
    const float *gradient = update->gradient + first;
    float *parameters = update->parameters + first;
    float *one = moment_at(update->first_moment, first), *two = moment_at(update->second_moment, first);
    (void)part;
    switch (update->kind) {
    case ELBOW_OPTIMIZER_ADAM:
    case ELBOW_OPTIMIZER_ADAMW:
        apply_adam(count, update->constants, gradient, one, two, parameters);
        return;
    case ELBOW_OPTIMIZER_SGD:
        apply_sgd(count, update->constants, gradient, one, parameters);
        return;
    case ELBOW_OPTIMIZER_RMSPROP:
        if (one == NULL)
            apply_plain_rmsprop(count, update->constants, gradient, two, parameters);
        else
            apply_rmsprop(count, update->constants, gradient, one, two, parameters);
        return;
    case ELBOW_OPTIMIZERS:
        break;
    }
    ELBOW_CHECK(!"an optimiser");
}

void elbow_optimizer_apply(struct elbow_optimizer *optimizer, struct elbow_optimizer_part part, uint64_t update,
                           double rate, double clip, const float *gradient, float *parameters)
{
    size_t first = part.first, last = first + part.count;
    ELBOW_CHECK(update >= 1);
    ELBOW_CHECK(part.offset <= optimizer->count && part.count <= optimizer->count - part.offset);
    ELBOW_CHECK(first <= optimizer->parameters->size && part.count <= optimizer->parameters->size - first);
    for (size_t i = 0; i < optimizer->parameters->count; ++i) {
        const struct elbow_tensor *tensor = &optimizer->parameters->tensors[i];
        size_t begin = tensor->offset > first ? tensor->offset : first;
        size_t end = tensor->offset + tensor->count < last ? tensor->offset + tensor->count : last;
        if (begin >= end)
            continue;
        size_t at = part.offset + (begin - first);
        struct update call = {.kind = optimizer->kind,
                              .constants = constants_of(optimizer, tensor->is_weight, update, rate, clip),
                              .gradient = gradient + (begin - first),
                              .first_moment = moment_at(optimizer->first_moment, at),
                              .second_moment = moment_at(optimizer->second_moment, at),
                              .parameters = parameters + (begin - first)};
        elbow_threads_split(end - begin, ELBOW_THREADS_LINE, PARAMETERS_LEAST, apply_span, &call);
    }
}

// The rate of the piece that contains a step; the last one lasts to the end.
static double rate_of_pieces(const struct elbow_pieces *pieces, uint64_t step, uint64_t epoch_steps)
{
    size_t i = 0;
    uint64_t steps;
    ELBOW_CHECK(pieces->count > 0);
    for (; i + 1 < pieces->count; ++i) {
        if (__builtin_mul_overflow((uint64_t)pieces->pieces[i].epochs, epoch_steps, &steps) || step < steps)
            break;
        step -= steps;
    }
    return pieces->pieces[i].rate;
}

double elbow_optimizer_rate(const struct elbow_config *config, uint64_t step, uint64_t schedule_steps)
{
    double rate = config->train.schedule == ELBOW_SCHEDULE_PIECES
                      ? rate_of_pieces(&config->train.pieces, step, schedule_steps)
                      : config->train.rate;
    uint64_t warmup = (uint64_t)config->train.rate_warmup;
    if (step + 1 < warmup)
        rate *= (double)(step + 1) / (double)warmup;
    switch ((enum elbow_schedule)config->train.schedule) {
    case ELBOW_SCHEDULE_CONSTANT:
    case ELBOW_SCHEDULE_PIECES:
    case ELBOW_SCHEDULES:
        return rate;
    case ELBOW_SCHEDULE_COSINE: {
        double final = config->train.rate_final;
        if (step >= schedule_steps)
            return rate * final;
        double turn = M_PI * (double)step / (double)schedule_steps;
        return rate * (final + (1.0 - final) * 0.5 * (1.0 + cos(turn)));
    }
    case ELBOW_SCHEDULE_STEP: {
        ELBOW_CHECK(config->train.step_every > 0);
        uint64_t falls = step / (uint64_t)config->train.step_every;
        return rate * pow(config->train.step_factor, (double)falls);
    }
    }
    return rate;
}

double elbow_optimizer_clip(double clip, double norm)
{
    double factor = clip / (norm + 1e-6);
    return clip > 0.0 && factor < 1.0 ? factor : 1.0;
}
