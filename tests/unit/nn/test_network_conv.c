// SPDX-License-Identifier: BSD-3-Clause
// Networks of convolutions and dense layers, against a chain of the layers' references in double precision.
#include "elbow/nn/network.h"

#include "elbow/base/memory.h"
#include "elbow/math/random.h"

#include "reference_network.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { ROWS = 5 };

struct architecture {
    struct elbow_shape input, output;
    struct elbow_layers hidden;
};

static struct elbow_layer dense(int64_t units)
{
    return (struct elbow_layer){.kind = ELBOW_LAYER_DENSE, .units = units, .activation = ELBOW_ACTIVATION_TANH};
}

static struct elbow_layer conv(enum elbow_layer_kind kind, int64_t filters, int64_t kernel, int64_t stride,
                               int64_t padding, enum elbow_activation activation)
{
    return (struct elbow_layer){.kind = kind,
                                .activation = (int)activation,
                                .filters = filters,
                                .kernel = kernel,
                                .stride = stride,
                                .padding = padding};
}

static struct architecture encoder(void)
{
    return (struct architecture){{9, 10, 2, 0},
                                 {1, 1, 6, 0},
                                 {3,
                                  {conv(ELBOW_LAYER_CONV2D, 5, 3, 2, 1, ELBOW_ACTIVATION_SILU),
                                   conv(ELBOW_LAYER_CONV2D, 7, 4, 1, 1, ELBOW_ACTIVATION_TANH), dense(11)}}};
}

static struct architecture decoder(void)
{
    return (struct architecture){{1, 1, 3, 0},
                                 {12, 8, 2, 0},
                                 {4,
                                  {dense(9), dense(30), // 3 x 2 x 5
                                   conv(ELBOW_LAYER_CONV_TRANSPOSE2D, 17, 4, 2, 1, ELBOW_ACTIVATION_SILU),
                                   conv(ELBOW_LAYER_CONV_TRANSPOSE2D, 2, 4, 2, 1, ELBOW_ACTIVATION_NONE)}}};
}

static float *drawn(size_t count, uint64_t id)
{
    float *values = NULL;
    ck_assert_int_eq(elbow_allocate(&values, count, sizeof *values, "a test", NULL), ELBOW_OK);
    struct elbow_stream stream = {21, ELBOW_PURPOSE_SYNTHETIC, id, 0};
    elbow_random_normal(stream, count, values);
    return values;
}

// Relative to the largest value of the array; some dozens of roundings of 2^-24 in sums of up to 100 products.
static void check_near(const char *what, size_t n, const float *values, const double *expected)
{
    double largest = 1e-3, worst = 0.0;
    for (size_t i = 0; i < n; ++i)
        largest = fmax(largest, fabs(expected[i]));
    for (size_t i = 0; i < n; ++i)
        worst = fmax(worst, isnan(values[i]) ? (double)INFINITY : fabs((double)values[i] - expected[i]));
    ck_assert_msg(worst <= 5e-6 * largest, "%s: off by %g of %g", what, worst, largest);
}

static void compare(const struct architecture *architecture)
{
    struct elbow_parameters parameters = {0};
    struct elbow_network network;
    ck_assert_int_eq(elbow_network_create(&parameters, "net", architecture->input, &architecture->hidden,
                                          architecture->output, ELBOW_INITIALIZER_AUTO, ROWS, &network, NULL),
                     ELBOW_OK);
    size_t inputs = ROWS * network.inputs, outputs = ROWS * network.outputs, size = parameters.size;
    float *values = drawn(size, 1), *x = drawn(inputs, 2), *dy = drawn(outputs, 3), *gradient = drawn(size, 4);
    float *dx = drawn(inputs, 5);
    elbow_parameters_initialize(&parameters, 3, values);
    double *exact[] = {reference_copy(size, values), reference_copy(inputs, x), reference_copy(outputs, dy),
                       reference_room(size)};
    struct reference_network reference =
        reference_network_create(&network, &architecture->hidden, &parameters, ROWS, exact[0], exact[3]);
    const double *expected = reference_network_forward(&reference, exact[1]);
    const double *expected_dx = reference_network_backward(&reference, exact[2]);
    uint64_t allocations = elbow_memory_count().allocations;
    const float *out = elbow_network_forward(&network, values, ROWS, x);
    check_near("output", outputs, out, expected);
    elbow_network_backward(&network, values, ROWS, x, dy, gradient, dx);
    ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
    check_near("dx", inputs, dx, expected_dx);
    for (size_t t = 0; t < parameters.count; ++t) {
        const struct elbow_tensor *tensor = &parameters.tensors[t];
        check_near(tensor->name, tensor->count, gradient + tensor->offset, exact[3] + tensor->offset);
    }
    reference_network_destroy(&reference);
    for (size_t i = 0; i < sizeof exact / sizeof *exact; ++i)
        free(exact[i]);
    float **all[] = {&values, &x, &dy, &gradient, &dx};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        elbow_release(all[i]);
    elbow_network_destroy(&network);
    elbow_parameters_clear(&parameters);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}

START_TEST(encoder_against_double)
{
    struct architecture architecture = encoder();
    compare(&architecture);
}
END_TEST

START_TEST(decoder_against_double)
{
    struct architecture architecture = decoder();
    compare(&architecture);
}
END_TEST

START_TEST(the_last_convolution_is_the_head)
{
    struct architecture architecture = decoder();
    struct elbow_parameters parameters = {0};
    struct elbow_network network;
    ck_assert_int_eq(elbow_network_create(&parameters, "net", architecture.input, &architecture.hidden,
                                          architecture.output, ELBOW_INITIALIZER_AUTO, ROWS, &network, NULL),
                     ELBOW_OK);
    ck_assert_uint_eq(network.count, 4);
    ck_assert(elbow_parameters_find(&parameters, "net.2/weight") &&
              !elbow_parameters_find(&parameters, "net.3/weight"));
    const struct elbow_tensor *weight = elbow_parameters_find(&parameters, "net.head/weight");
    ck_assert(weight && weight->rank == 4 && weight->shape[2] == 17 && weight->shape[3] == 2);
    // 6 x 4 and 12 x 8 places are worked out from 3 x 2 and 6 x 4.
    ck_assert(elbow_shape_is_same(network.layers[2].input, (struct elbow_shape){3, 2, 5, 0}));
    ck_assert(elbow_shape_is_same(network.layers[3].input, (struct elbow_shape){6, 4, 17, 0}));
    size_t floats = 9 + 30 + 2 * 24 * 17 + 96 * 2 + 2 * 24 * 17; // outputs, a derivative, two deltas of the widest
    ck_assert_uint_gt(elbow_network_bytes(&network), ROWS * floats * sizeof(float));
    elbow_network_destroy(&network);
    elbow_parameters_clear(&parameters);
}
END_TEST

START_TEST(each_failed_allocation_is_survived)
{
    struct architecture architecture = decoder();
    uint64_t n = 1;
    for (enum elbow_status status = ELBOW_MEMORY; status != ELBOW_OK; ++n) {
        struct elbow_parameters parameters = {0};
        struct elbow_network network;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        status = elbow_network_create(&parameters, "net", architecture.input, &architecture.hidden, architecture.output,
                                      ELBOW_INITIALIZER_AUTO, ROWS, &network, &error);
        elbow_memory_fail_at(0);
        ck_assert(status == ELBOW_OK || (status == ELBOW_MEMORY && error.message[0] != 0));
        elbow_network_destroy(&network);
        elbow_parameters_clear(&parameters);
        ck_assert_uint_eq(elbow_memory_count().blocks, 0);
    }
    ck_assert_uint_gt(n, 20);
}
END_TEST

START_TEST(misfits_leave_nothing)
{
    struct architecture architecture = decoder();
    struct elbow_parameters parameters = {0};
    struct elbow_network network;
    struct elbow_error error = {0};
    architecture.hidden.layers[1].units = 31;
    ck_assert_int_eq(elbow_network_create(&parameters, "decoder", architecture.input, &architecture.hidden,
                                          architecture.output, ELBOW_INITIALIZER_AUTO, ROWS, &network, &error),
                     ELBOW_CONFIG);
    ck_assert_msg(strstr(error.message, "model.decoder.2: the 31 values") != NULL, "%s", error.message);
    elbow_network_destroy(&network);
    elbow_parameters_clear(&parameters);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

UNIT_MAIN("nn/network with convolutions", encoder_against_double, decoder_against_double,
          the_last_convolution_is_the_head, each_failed_allocation_is_survived, misfits_leave_nothing)
