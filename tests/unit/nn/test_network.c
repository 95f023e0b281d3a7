// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/network.h"

#include "elbow/base/memory.h"
#include "elbow/math/random.h"

#include "panic.h"
#include "reference_network.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 11, OUTPUTS = 6, ROWS_MAX = 9, ARENA = 2048 };

static const float untouched = -77.0f;

struct setting {
    struct elbow_parameters parameters;
    struct elbow_network network;
    float values[ARENA], gradient[ARENA], x[ROWS_MAX * INPUTS], dy[ROWS_MAX * OUTPUTS], dx[ROWS_MAX * INPUTS];
};

static struct elbow_layers hidden_layers(size_t count, enum elbow_activation activation)
{
    static const int64_t units[3] = {17, 33, 7};
    struct elbow_layers hidden = {.count = count};
    for (size_t i = 0; i < count; ++i)
        hidden.layers[i] =
            (struct elbow_layer){.kind = ELBOW_LAYER_DENSE, .units = units[i], .activation = (int)activation};
    return hidden;
}

static void set_up(struct setting *setting, size_t hidden_count, enum elbow_activation activation)
{
    memset(setting, 0, sizeof *setting);
    struct elbow_layers hidden = hidden_layers(hidden_count, activation);
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_network_create(&setting->parameters, "net", (struct elbow_shape){1, 1, INPUTS, 0}, &hidden,
                                          (struct elbow_shape){1, 1, OUTPUTS, 0}, ELBOW_INITIALIZER_AUTO, ROWS_MAX,
                                          &setting->network, &error),
                     ELBOW_OK);
    ck_assert_uint_le(setting->parameters.size, ARENA);
    elbow_parameters_initialize(&setting->parameters, 4, setting->values);
    struct elbow_stream stream = {4, ELBOW_PURPOSE_SYNTHETIC, 0, 0};
    for (size_t i = 0; i < setting->network.count; ++i) { // biases that are not zero
        const struct elbow_tensor *bias = &setting->parameters.tensors[2 * i + 1];
        stream.id = i;
        elbow_random_normal(stream, bias->count, setting->values + bias->offset);
    }
    stream.id = 100;
    elbow_random_normal(stream, ROWS_MAX * INPUTS, setting->x);
    stream.id = 101;
    elbow_random_normal(stream, ROWS_MAX * OUTPUTS, setting->dy);
    for (size_t i = 0; i < ARENA; ++i)
        setting->gradient[i] = untouched;
}

static void tear_down(struct setting *setting)
{
    elbow_network_destroy(&setting->network);
    elbow_parameters_clear(&setting->parameters);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}

// Sums of at most 33 products in at most four layers: a few dozen roundings of 2^-24, relative to the largest value of
// the array; measured below 2e-6.
static void check_near(const char *what, size_t n, const float *values, const double *expected)
{
    double largest = 1e-3, worst = 0.0;
    for (size_t i = 0; i < n; ++i)
        largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < n; ++i)
        worst = fmax(worst, isnan(values[i]) ? (double)INFINITY : fabs((double)values[i] - expected[i]));
    ck_assert_msg(worst <= 5e-6 * largest, "%s: off by %g of %g", what, worst, largest);
}

static bool is_padding(const struct elbow_parameters *parameters, size_t i)
{
    for (size_t t = 0; t < parameters->count; ++t)
        if (i >= parameters->tensors[t].offset && i < parameters->tensors[t].offset + parameters->tensors[t].count)
            return false;
    return true;
}

// The loss is sum(dy * output). Signed central differences in double, along each parameter and each input.
static void check_differences(struct reference_network *reference, double *values, size_t count, const double *x,
                              const double *dy, const double *gradient)
{
    const double step = 1e-6;
    for (size_t i = 0; i < count; i += 3) {
        double saved = values[i], loss[2];
        for (int side = 0; side < 2; ++side) {
            values[i] = saved + (side ? step : -step);
            const double *out = reference_network_forward(reference, x);
            loss[side] = 0.0;
            for (size_t j = 0; j < reference->rows * OUTPUTS; ++j)
                loss[side] += dy[j] * out[j];
        }
        values[i] = saved;
        double derivative = (loss[1] - loss[0]) / (2.0 * step);
        // Cancellation 1e-16 |loss| / step = 1e-8 |loss|, truncation step^2: together far below 1e-6 of the loss (which
        // is 1e5 where exp follows exp) and of the derivative.
        double size = 1.0 + fabs(derivative) + 0.1 * fabs(loss[0]);
        ck_assert_msg(fabs(derivative - gradient[i]) <= 1e-6 * size, "difference %g, gradient %g", derivative,
                      gradient[i]);
    }
}

static void check_case(size_t hidden_count, enum elbow_activation activation, size_t rows)
{
    static struct setting setting;
    set_up(&setting, hidden_count, activation);
    struct elbow_network *network = &setting.network;
    size_t size = setting.parameters.size;
    double *parameters = reference_copy(size, setting.values), *x = reference_copy(rows * INPUTS, setting.x);
    double *dy = reference_copy(rows * OUTPUTS, setting.dy);
    double *gradient = reference_room(size);
    struct elbow_layers hidden = hidden_layers(hidden_count, activation);
    struct reference_network reference =
        reference_network_create(network, &hidden, &setting.parameters, rows, parameters, gradient);
    const double *expected = reference_network_forward(&reference, x);
    const double *dx = reference_network_backward(&reference, dy);

    uint64_t allocations = elbow_memory_count().allocations;
    const float *out = elbow_network_forward(network, setting.values, rows, setting.x);
    check_near("output", rows * OUTPUTS, out, expected);
    elbow_network_backward(network, setting.values, rows, setting.x, setting.dy, setting.gradient, setting.dx);
    check_near("dx", rows * INPUTS, setting.dx, dx);
    ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
    for (size_t t = 0; t < setting.parameters.count; ++t) {
        const struct elbow_tensor *tensor = &setting.parameters.tensors[t];
        check_near(tensor->name, tensor->count, setting.gradient + tensor->offset, gradient + tensor->offset);
    }
    for (size_t i = 0; i < ARENA; ++i)
        ck_assert(!is_padding(&setting.parameters, i) || setting.gradient[i] == untouched);

    check_differences(&reference, parameters, size, x, dy, gradient);
    check_differences(&reference, x, rows * INPUTS, x, dy, dx);
    reference_network_destroy(&reference);
    free(parameters);
    free(x);
    free(dy);
    free(gradient);
    tear_down(&setting);
}

START_TEST(against_double_and_differences)
{
    static const size_t depths[] = {0, 1, 3}, rows[] = {1, 4, ROWS_MAX};
    for (int activation = 0; activation < ELBOW_ACTIVATIONS; ++activation)
        for (size_t i = 0; i < 9; ++i)
            check_case(depths[i / 3], (enum elbow_activation)activation, rows[i % 3]);
}
END_TEST

// A second backward gives the same gradients (nothing is added up), and dx may be left out.
START_TEST(gradients_are_overwritten)
{
    static struct setting setting;
    set_up(&setting, 3, ELBOW_ACTIVATION_SILU);
    static float first[ARENA], dy[ROWS_MAX * OUTPUTS];
    memcpy(dy, setting.dy, sizeof dy);
    elbow_network_forward(&setting.network, setting.values, ROWS_MAX, setting.x);
    elbow_network_backward(&setting.network, setting.values, ROWS_MAX, setting.x, setting.dy, setting.gradient,
                           setting.dx);
    memcpy(first, setting.gradient, sizeof first);
    elbow_network_forward(&setting.network, setting.values, ROWS_MAX, setting.x);
    elbow_network_backward(&setting.network, setting.values, ROWS_MAX, setting.x, dy, setting.gradient, NULL);
    ck_assert_mem_eq(first, setting.gradient, sizeof first);
    tear_down(&setting);
}
END_TEST

// Rows in blocks, which share their inputs and differ in their conditions, against rows that have inputs of their own:
// of a first layer that knows of them, and of one that does not.
static void check_blocks(bool is_dense)
{
    enum { BLOCKS = 3, OF_BLOCK = 3, WIDTH = 2, ROWS = BLOCKS * OF_BLOCK };
    struct elbow_layers hidden = hidden_layers(2, ELBOW_ACTIVATION_TANH);
    if (!is_dense)
        hidden.layers[0] = (struct elbow_layer){.kind = ELBOW_LAYER_LAYER_NORM};
    struct elbow_network_conditions conditions = {.count = WIDTH, .has_blocks = true};
    struct elbow_network networks[2];
    struct elbow_parameters parameters[2] = {{0}};
    float x[ROWS * INPUTS], told[ROWS * WIDTH] = {1, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1}, values[ARENA];
    float gradients[2][ARENA], dy[2][ROWS * OUTPUTS], *y[2];
    const struct elbow_stream stream = {5, ELBOW_PURPOSE_SYNTHETIC, 0, 0};
    elbow_random_normal(stream, OF_BLOCK * INPUTS, x);
    elbow_random_normal(stream, ROWS * OUTPUTS, dy[0]);
    memcpy(dy[1], dy[0], sizeof dy[0]);
    for (size_t b = 1; b < BLOCKS; ++b)
        memcpy(x + b * OF_BLOCK * INPUTS, x, OF_BLOCK * INPUTS * sizeof *x);
    for (int n = 0; n < 2; ++n) {
        const struct elbow_about about = {.condition = told, .blocks = n == 0 ? BLOCKS : 1};
        ck_assert_int_eq(elbow_network_create_conditioned(&parameters[n], "net", (struct elbow_shape){1, 1, INPUTS, 0},
                                                          &hidden, (struct elbow_shape){1, 1, OUTPUTS, 0},
                                                          ELBOW_INITIALIZER_AUTO, ROWS, conditions, &networks[n], NULL),
                         ELBOW_OK);
        if (n == 0)
            elbow_parameters_initialize(&parameters[0], 4, values);
        elbow_network_about(&networks[n], 0, &about);
        y[n] = elbow_network_forward(&networks[n], values, ROWS, x);
        elbow_network_backward(&networks[n], values, ROWS, x, dy[n], gradients[n], NULL);
        ck_assert(networks[n].repeats != is_dense);
    }
    for (size_t k = 0; k < ROWS * OUTPUTS; ++k)
        ck_assert_float_eq_tol(y[0][k], y[1][k], 1e-6F);
    for (size_t t = 0; t < parameters[0].count; ++t)
        for (size_t k = 0; k < parameters[0].tensors[t].count; ++k) {
            size_t at = parameters[0].tensors[t].offset + k;
            ck_assert_float_eq_tol(gradients[0][at], gradients[1][at], 2e-5F);
        }
    for (int n = 0; n < 2; ++n) {
        elbow_network_destroy(&networks[n]);
        elbow_parameters_clear(&parameters[n]);
    }
}

START_TEST(blocks_share_their_inputs)
{
    check_blocks(true);
    check_blocks(false);
}
END_TEST

START_TEST(names_and_sizes)
{
    static struct setting setting;
    set_up(&setting, 3, ELBOW_ACTIVATION_SILU);
    static const char *const names[] = {"net.0/weight", "net.0/bias", "net.1/weight",    "net.1/bias",
                                        "net.2/weight", "net.2/bias", "net.head/weight", "net.head/bias"};
    ck_assert_uint_eq(setting.parameters.count, 8);
    for (size_t i = 0; i < 8; ++i)
        ck_assert_str_eq(setting.parameters.tensors[i].name, names[i]);
    // Outputs and derivatives of 17, 33 and 7 hidden units, the head, and two rows of 33.
    ck_assert_uint_eq(elbow_network_bytes(&setting.network), ROWS_MAX * 4 * (2 * (17 + 33 + 7) + OUTPUTS + 2 * 33));
    tear_down(&setting);
}
END_TEST

START_TEST(each_failed_allocation_is_survived)
{
    struct elbow_layers hidden = hidden_layers(3, ELBOW_ACTIVATION_SILU);
    uint64_t n = 1;
    for (enum elbow_status status = ELBOW_MEMORY; status != ELBOW_OK; ++n) {
        struct elbow_parameters parameters = {0};
        struct elbow_network network;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        status = elbow_network_create(&parameters, "net", (struct elbow_shape){1, 1, INPUTS, 0}, &hidden,
                                      (struct elbow_shape){1, 1, OUTPUTS, 0}, ELBOW_INITIALIZER_HE, ROWS_MAX, &network,
                                      &error);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && error.message[0] != 0));
        elbow_network_destroy(&network);
        elbow_parameters_clear(&parameters);
        ck_assert_uint_eq(elbow_memory_count().blocks, 0);
    }
    ck_assert_uint_gt(n, 10);
}
END_TEST

static struct setting broken;

static void too_many_rows(void)
{
    static float x[(ROWS_MAX + 1) * INPUTS];
    elbow_network_forward(&broken.network, broken.values, ROWS_MAX + 1, x);
}

START_TEST(more_rows_than_room)
{
    set_up(&broken, 1, ELBOW_ACTIVATION_RELU);
    ck_assert(panics(too_many_rows));
    tear_down(&broken);
}
END_TEST

UNIT_MAIN("nn/network", against_double_and_differences, gradients_are_overwritten, blocks_share_their_inputs,
          names_and_sizes, each_failed_allocation_is_survived, more_rows_than_room)
