// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/optimizer.h"

#include "elbow/base/memory.h"
#include "elbow/math/random.h"

#include "panic.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ARENA = 400, STEPS = 12, PLAIN_RMSPROP = ELBOW_OPTIMIZERS, VARIANTS }; // rmsprop without momentum is the last

static const double rate = 0.01, clip = 0.625;

static struct elbow_config configuration(int optimizer, double weight_decay)
{
    static struct elbow_config config;
    memset(&config, 0, sizeof config);
    config.train.optimizer = optimizer == PLAIN_RMSPROP ? ELBOW_OPTIMIZER_RMSPROP : optimizer;
    config.train.rate = rate;
    config.train.beta1 = 0.9;
    config.train.beta2 = 0.999;
    config.train.epsilon = 1e-8;
    config.train.momentum = 0.9;
    config.train.rmsprop_rho = 0.8;
    config.train.rmsprop_momentum = optimizer == PLAIN_RMSPROP ? 0.0 : 0.5;
    config.train.weight_decay = weight_decay;
    return config;
}

// Three tensors with padding after each: two weights with a bias between.
static struct elbow_parameters layout(void)
{
    struct elbow_parameters parameters = {0};
    static const struct elbow_tensor tensors[] = {
        {.name = "a/weight", .rank = 2, .shape = {9, 13}, .is_weight = true},
        {.name = "a/bias", .rank = 1, .shape = {21}},
        {.name = "b/weight", .rank = 2, .shape = {13, 17}, .is_weight = true},
    };
    for (size_t i = 0; i < 3; ++i) {
        size_t index;
        ck_assert_int_eq(elbow_parameters_add(&parameters, tensors[i], &index, NULL), ELBOW_OK);
    }
    ck_assert_uint_eq(parameters.size, 128 + 32 + 224);
    return parameters;
}

static const struct elbow_tensor *tensor_at(const struct elbow_parameters *parameters, size_t i)
{
    for (size_t t = 0; t < parameters->count; ++t)
        if (i >= parameters->tensors[t].offset && i < parameters->tensors[t].offset + parameters->tensors[t].count)
            return &parameters->tensors[t];
    return NULL;
}

// Gradients of a step: of many sizes and both signs, some exactly zero.
static void make_gradient(uint32_t step, float *gradient)
{
    struct elbow_stream stream = {8, ELBOW_PURPOSE_SYNTHETIC, 1, step};
    elbow_random_normal(stream, ARENA, gradient);
    for (size_t i = 0; i < ARENA; ++i)
        gradient[i] *= i % 11 == 0 ? 0.0f : ldexpf(1.0f, (int)(i % 17) - 12);
}

static void make_start(float *values)
{
    struct elbow_stream stream = {8, ELBOW_PURPOSE_SYNTHETIC, 2, 0};
    elbow_random_normal(stream, ARENA, values);
}

// One element, one step, in double, from the header's formulas.
static void reference_step(const struct elbow_config *config, bool is_weight, uint64_t t, double g, double *p,
                           double *m, double *v)
{
    double decay = is_weight ? config->train.weight_decay : 0.0;
    double b1 = config->train.beta1, b2 = config->train.beta2;
    g *= clip;
    if (config->train.optimizer == ELBOW_OPTIMIZER_ADAMW)
        *p *= 1.0 - rate * decay;
    else
        g += decay * *p;
    if (config->train.optimizer == ELBOW_OPTIMIZER_SGD) {
        *m = config->train.momentum * *m + g;
        *p -= rate * *m;
        return;
    }
    if (config->train.optimizer == ELBOW_OPTIMIZER_RMSPROP) {
        *v = config->train.rmsprop_rho * *v + (1.0 - config->train.rmsprop_rho) * g * g;
        *m = config->train.rmsprop_momentum * *m + g / (sqrt(*v) + config->train.epsilon);
        *p -= rate * *m;
        return;
    }
    *m = b1 * *m + (1.0 - b1) * g;
    *v = b2 * *v + (1.0 - b2) * g * g;
    double first = *m / (1.0 - pow(b1, (double)t)), second = *v / (1.0 - pow(b2, (double)t));
    *p -= rate * first / (sqrt(second) + config->train.epsilon);
}

static void run_reference(const struct elbow_config *config, const struct elbow_parameters *parameters, double *p,
                          double *m, double *v)
{
    float start[ARENA], gradient[ARENA];
    make_start(start);
    for (size_t i = 0; i < ARENA; ++i)
        p[i] = (double)start[i];
    for (uint32_t t = 1; t <= STEPS; ++t) {
        make_gradient(t, gradient);
        for (size_t i = 0; i < ARENA; ++i) {
            const struct elbow_tensor *tensor = tensor_at(parameters, i);
            if (tensor)
                reference_step(config, tensor->is_weight, t, (double)gradient[i], &p[i], &m[i], &v[i]);
        }
    }
}

static void check_start(int kind, double weight_decay, double second_moment)
{
    struct elbow_config config = configuration(kind, weight_decay);
    config.train.second_moment = second_moment;
    struct elbow_parameters parameters = layout();
    struct elbow_optimizer optimizer;
    ck_assert_int_eq(elbow_optimizer_create(&config, &parameters, parameters.size, &optimizer, NULL), ELBOW_OK);
    ck_assert_int_eq(optimizer.first_moment == NULL, kind == PLAIN_RMSPROP);
    ck_assert_int_eq(optimizer.second_moment == NULL, kind == ELBOW_OPTIMIZER_SGD);
    static double p[ARENA], m[ARENA], v[ARENA];
    memset(m, 0, sizeof m);
    for (size_t i = 0; i < ARENA; ++i)
        v[i] = second_moment;
    run_reference(&config, &parameters, p, m, v);

    float values[ARENA], start[ARENA], gradient[ARENA];
    make_start(start);
    make_start(values);
    for (uint32_t t = 1; t <= STEPS; ++t) {
        make_gradient(t, gradient);
        elbow_optimizer_apply(&optimizer, (struct elbow_optimizer_part){0, parameters.size, 0}, t, rate, clip, gradient,
                              values);
    }
    for (size_t i = 0; i < ARENA; ++i) {
        if (!tensor_at(&parameters, i)) {
            ck_assert(values[i] == start[i]); // padding and elements beyond
            continue;
        }
        // A few roundings of 2^-24 each in 12 steps: 2e-6, relative to the sizes that are added up (of the parameter
        // and its start; of a large gradient of this element, and of the decay).
        double gradient_size = ldexp(3.0, (int)(i % 17) - 12) + 0.3;
        // The moment of rmsprop has no unit: it is a sum of quotients up to 1 / sqrt(1 - rho), halved from step to
        // step.
        bool has_unit = kind != ELBOW_OPTIMIZER_RMSPROP && kind != PLAIN_RMSPROP;
        double moment_size = has_unit ? gradient_size : 5.0;
        double size = fmax(fabs(p[i]), fabs((double)start[i])) + rate * moment_size;
        ck_assert_msg(fabs((double)values[i] - p[i]) <= 2e-6 * size, "kind %d, element %zu: %.9g for %.9g", kind, i,
                      (double)values[i], p[i]);
        if (optimizer.first_moment)
            ck_assert_double_le(fabs((double)optimizer.first_moment[i] - m[i]), 2e-6 * moment_size);
        if (optimizer.second_moment)
            ck_assert_double_le(fabs((double)optimizer.second_moment[i] - v[i]), 2e-6 * v[i]);
    }
    elbow_optimizer_destroy(&optimizer);
    elbow_parameters_clear(&parameters);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}

static void check_against_double(int kind, double weight_decay)
{
    check_start(kind, weight_decay, 0.0);
}

START_TEST(second_moments_start_where_they_are_told)
{
    check_start(ELBOW_OPTIMIZER_ADAM, 0.1, 1.0);
    check_start(ELBOW_OPTIMIZER_ADAMW, 0.3, 0.01);
    check_start(ELBOW_OPTIMIZER_RMSPROP, 0.1, 1.0);
    check_start(PLAIN_RMSPROP, 0.1, 1.0);
}
END_TEST

START_TEST(adam_against_double)
{
    check_against_double(ELBOW_OPTIMIZER_ADAM, 0.0);
    check_against_double(ELBOW_OPTIMIZER_ADAM, 0.1);
}
END_TEST

START_TEST(adamw_against_double)
{
    check_against_double(ELBOW_OPTIMIZER_ADAMW, 0.0);
    check_against_double(ELBOW_OPTIMIZER_ADAMW, 0.3);
}
END_TEST

START_TEST(sgd_against_double)
{
    check_against_double(ELBOW_OPTIMIZER_SGD, 0.0);
    check_against_double(ELBOW_OPTIMIZER_SGD, 0.1);
}
END_TEST

START_TEST(rmsprop_against_double)
{
    check_against_double(ELBOW_OPTIMIZER_RMSPROP, 0.0);
    check_against_double(ELBOW_OPTIMIZER_RMSPROP, 0.1);
    check_against_double(PLAIN_RMSPROP, 0.0);
    check_against_double(PLAIN_RMSPROP, 0.1);
}
END_TEST

// The first step of Adam moves every parameter by the rate, for any size of the gradient; AdamW shrinks weights only.
START_TEST(first_steps_by_hand)
{
    struct elbow_config config = configuration(ELBOW_OPTIMIZER_ADAMW, 0.5);
    struct elbow_parameters parameters = layout();
    struct elbow_optimizer optimizer;
    ck_assert_int_eq(elbow_optimizer_create(&config, &parameters, parameters.size, &optimizer, NULL), ELBOW_OK);
    float values[ARENA], gradient[ARENA];
    for (size_t i = 0; i < ARENA; ++i) {
        values[i] = 1.0f;
        gradient[i] = i % 2 == 0 ? 100.0f : -0.01f;
    }
    elbow_optimizer_apply(&optimizer, (struct elbow_optimizer_part){0, parameters.size, 0}, 1, 0.1, 1.0, gradient,
                          values);
    // eps / |g| = 1e-6 and a few roundings.
    ck_assert_double_eq_tol((double)values[0], 0.95 - 0.1, 2e-6);
    ck_assert_double_eq_tol((double)values[1], 0.95 + 0.1, 2e-6);
    ck_assert_double_eq_tol((double)values[128], 0.9, 2e-6);
    ck_assert_double_eq_tol((double)values[129], 1.1, 2e-6);
    elbow_optimizer_destroy(&optimizer);
    elbow_parameters_clear(&parameters);
}
END_TEST

// Two ranks that own [0, cut) and [cut, size), each working in two parts, make the bits of one owner.
static void check_cut(int kind, size_t cut, const float *whole)
{
    struct elbow_config config = configuration(kind, 0.1);
    struct elbow_parameters parameters = layout();
    struct elbow_optimizer owners[2];
    const size_t first[2] = {0, cut}, count[2] = {cut, parameters.size - cut};
    for (int r = 0; r < 2; ++r)
        ck_assert_int_eq(elbow_optimizer_create(&config, &parameters, count[r], &owners[r], NULL), ELBOW_OK);
    float values[ARENA], gradient[ARENA];
    make_start(values);
    for (uint32_t t = 1; t <= STEPS; ++t) {
        make_gradient(t, gradient);
        for (int r = 1; r >= 0; --r) {
            size_t third = count[r] / 3, middle = first[r] + third;
            struct elbow_optimizer_part low = {first[r], third, 0}, high = {middle, count[r] - third, third};
            elbow_optimizer_apply(&owners[r], low, t, rate, clip, gradient + first[r], values + first[r]);
            elbow_optimizer_apply(&owners[r], high, t, rate, clip, gradient + middle, values + middle);
        }
    }
    ck_assert_msg(memcmp(values, whole, sizeof values) == 0, "kind %d, cut at %zu", kind, cut);
    for (int r = 0; r < 2; ++r)
        elbow_optimizer_destroy(&owners[r]);
    elbow_parameters_clear(&parameters);
}

START_TEST(slices_cut_anywhere_give_the_same_bits)
{
    for (int kind = ELBOW_OPTIMIZER_ADAM; kind < VARIANTS; ++kind) {
        struct elbow_config config = configuration(kind, 0.1);
        struct elbow_parameters parameters = layout();
        struct elbow_optimizer optimizer;
        ck_assert_int_eq(elbow_optimizer_create(&config, &parameters, parameters.size, &optimizer, NULL), ELBOW_OK);
        float whole[ARENA], gradient[ARENA];
        make_start(whole);
        for (uint32_t t = 1; t <= STEPS; ++t) {
            make_gradient(t, gradient);
            elbow_optimizer_apply(&optimizer, (struct elbow_optimizer_part){0, parameters.size, 0}, t, rate, clip,
                                  gradient, whole);
        }
        for (size_t cut = 0; cut <= parameters.size; ++cut)
            check_cut(kind, cut, whole);
        elbow_optimizer_destroy(&optimizer);
        elbow_parameters_clear(&parameters);
    }
}
END_TEST

START_TEST(rates_by_hand)
{
    struct elbow_config config = configuration(ELBOW_OPTIMIZER_ADAM, 0.0);
    config.train.rate = 2.0;
    ck_assert(elbow_optimizer_rate(&config, 0, 10) == 2.0);
    ck_assert(elbow_optimizer_rate(&config, 1000000, 10) == 2.0);
    config.train.rate_warmup = 4;
    ck_assert(elbow_optimizer_rate(&config, 0, 10) == 0.5);
    ck_assert(elbow_optimizer_rate(&config, 2, 10) == 1.5);
    ck_assert(elbow_optimizer_rate(&config, 3, 10) == 2.0);
    ck_assert(elbow_optimizer_rate(&config, 4, 10) == 2.0);

    config.train.schedule = ELBOW_SCHEDULE_COSINE;
    config.train.rate_final = 0.25;
    ck_assert_double_eq_tol(elbow_optimizer_rate(&config, 0, 8), 0.5, 1e-15);
    ck_assert_double_eq_tol(elbow_optimizer_rate(&config, 4, 8), 2.0 * (0.25 + 0.75 * 0.5), 1e-15);
    ck_assert(elbow_optimizer_rate(&config, 8, 8) == 0.5 && elbow_optimizer_rate(&config, 9, 8) == 0.5);
    config.train.rate_warmup = 0;
    ck_assert(elbow_optimizer_rate(&config, 0, 8) == 2.0);
    // cos(pi / 4) = sqrt(1/2) at a quarter of the way
    ck_assert_double_eq_tol(elbow_optimizer_rate(&config, 2, 8), 2.0 * (0.25 + 0.375 * (1.0 + sqrt(0.5))), 1e-15);
    ck_assert(elbow_optimizer_rate(&config, 0, 0) == 0.5); // a schedule of no steps is over

    config.train.schedule = ELBOW_SCHEDULE_STEP;
    config.train.step_every = 3;
    config.train.step_factor = 0.5;
    static const double expected[] = {2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.5};
    for (uint64_t step = 0; step < 7; ++step)
        ck_assert(elbow_optimizer_rate(&config, step, 8) == expected[step]);

    config.train.schedule = ELBOW_SCHEDULE_PIECES;
    config.train.pieces = (struct elbow_pieces){.count = 3, .pieces = {{1, 0.5}, {2, 0.25}, {9, 0.125}}};
    static const double pieces[] = {0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.125, 0.125};
    for (uint64_t step = 0; step < 8; ++step)
        ck_assert(elbow_optimizer_rate(&config, step, 2) == pieces[step]);
    ck_assert(elbow_optimizer_rate(&config, UINT64_MAX, 2) == 0.125);
    config.train.pieces.pieces[1].epochs = INT64_MAX; // more steps than can be counted
    ck_assert(elbow_optimizer_rate(&config, UINT64_MAX, 4) == 0.25);
    config.train.rate_warmup = 4;
    ck_assert(elbow_optimizer_rate(&config, 0, 2) == 0.125 && elbow_optimizer_rate(&config, 2, 2) == 0.1875);
}
END_TEST

START_TEST(clip_by_hand)
{
    ck_assert(elbow_optimizer_clip(0.0, 1e9) == 1.0);
    ck_assert(elbow_optimizer_clip(5.0, 4.0) == 1.0);
    ck_assert(elbow_optimizer_clip(5.0, 0.0) == 1.0);
    ck_assert(elbow_optimizer_clip(5.0, 10.0) == 5.0 / (10.0 + 1e-6));
    ck_assert(elbow_optimizer_clip(5.0, INFINITY) == 0.0);
}
END_TEST

START_TEST(each_failed_allocation_is_survived)
{
    struct elbow_parameters parameters = layout();
    struct elbow_config config = configuration(ELBOW_OPTIMIZER_ADAM, 0.0);
    size_t blocks = elbow_memory_count().blocks;
    for (uint64_t n = 1; n <= 2; ++n) {
        struct elbow_optimizer optimizer;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        ck_assert_int_eq(elbow_optimizer_create(&config, &parameters, 100, &optimizer, &error), ELBOW_MEMORY);
        elbow_memory_fail_at(0);
        ck_assert_ptr_nonnull(strstr(error.message, "moments"));
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    elbow_parameters_clear(&parameters);
}
END_TEST

static struct elbow_optimizer shared;
static float workspace[ARENA];

static void beyond_the_arena(void)
{
    elbow_optimizer_apply(&shared, (struct elbow_optimizer_part){ARENA - 4, 10, 0}, 1, rate, 1.0, workspace, workspace);
}

static void beyond_the_slice(void)
{
    elbow_optimizer_apply(&shared, (struct elbow_optimizer_part){16, 20, 14}, 1, rate, 1.0, workspace, workspace);
}

static void update_zero(void)
{
    elbow_optimizer_apply(&shared, (struct elbow_optimizer_part){16, 10, 0}, 0, rate, 1.0, workspace, workspace);
}

START_TEST(broken_contracts)
{
    struct elbow_parameters parameters = layout();
    struct elbow_config config = configuration(ELBOW_OPTIMIZER_ADAM, 0.0);
    ck_assert_int_eq(elbow_optimizer_create(&config, &parameters, 32, &shared, NULL), ELBOW_OK);
    ck_assert(panics(beyond_the_arena));
    ck_assert(panics(beyond_the_slice));
    ck_assert(panics(update_zero));
    elbow_optimizer_destroy(&shared);
    elbow_parameters_clear(&parameters);
}
END_TEST

UNIT_MAIN("nn/optimizer", adam_against_double, adamw_against_double, sgd_against_double, rmsprop_against_double,
          second_moments_start_where_they_are_told, first_steps_by_hand, slices_cut_anywhere_give_the_same_bits,
          rates_by_hand, clip_by_hand, each_failed_allocation_is_survived, broken_contracts)
