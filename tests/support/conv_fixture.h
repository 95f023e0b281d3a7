// SPDX-License-Identifier: BSD-3-Clause
// A convolutional layer with drawn arrays, and the sizes that the tests go through.
#ifndef ELBOW_TESTS_CONV_FIXTURE_H
#define ELBOW_TESTS_CONV_FIXTURE_H

#include "elbow/base/memory.h"
#include "elbow/math/random.h"
#include "elbow/nn/conv2d.h"

#include <check.h>
#include <math.h>
#include <string.h>

// Input height, width, channels; filters, kernel, stride, padding.
struct sizes {
    size_t height, width, channels;
    int64_t filters, kernel, stride, padding;
};

static const struct sizes all_sizes[] = {
    {28, 28, 1, 32, 4, 2, 1},                                                     // the first layer of mnist-conv
    {14, 14, 32, 64, 4, 2, 1}, {7, 7, 64, 32, 4, 2, 1},   {8, 8, 32, 3, 4, 2, 1}, // a colour decoder's last
    {7, 5, 3, 17, 3, 1, 1},    {9, 8, 17, 3, 3, 2, 0},                            // a column that no patch reaches
    {5, 7, 1, 1, 1, 1, 0},                                                        // 1x1
    {5, 6, 17, 16, 1, 1, 0},   {6, 7, 3, 5, 1, 2, 0},                             // pixels that no tap meets
    {8, 9, 2, 3, 2, 3, 1},     {8, 7, 9, 20, 2, 5, 1},                            // likewise, and without patches
    {4, 4, 3, 4, 3, 2, 4},                                                        // more padding than kernel
    {3, 4, 17, 18, 2, 2, 3},   {5, 5, 17, 16, 5, 5, 2},   {3, 4, 9, 33, 3, 1, 2},
    {11, 3, 1, 3, 3, 3, 1},    {4, 5, 10, 100, 3, 2, 1},                             // two panels of columns
    {4, 3, 100, 9, 3, 1, 0},   {1, 1, 5, 6, 4, 2, 2},                                // a kernel larger than the input
    {2, 1, 16, 1, 2, 2, 1},    {13, 19, 16, 32, 4, 2, 1}, {16, 16, 16, 16, 4, 2, 1}, // tiles: broken ones, whole ones
    {12, 14, 16, 48, 4, 2, 0}, {7, 8, 32, 16, 2, 1, 0},   // pixels behind the last patch; stride 1
    {10, 9, 16, 16, 4, 2, 3},  {19, 25, 16, 16, 6, 3, 2}, // wide padding; stride 3
};
enum { SIZES = sizeof all_sizes / sizeof *all_sizes };

// A layer with its arrays; x, parameters and dy are drawn.
struct setting {
    struct elbow_layer layer;
    struct elbow_conv2d conv;
    struct elbow_parameters parameters;
    size_t rows;
    float *values, *x, *y, *slope, *dy, *dx, *gradient, *room;
};

static inline float *floats(size_t count)
{
    float *room = NULL;
    ck_assert_int_eq(elbow_allocate(&room, count, sizeof *room, "a test", NULL), ELBOW_OK);
    return room;
}

static inline float *drawn(size_t count, uint64_t number)
{
    float *values = floats(count);
    struct elbow_stream stream = {11, ELBOW_PURPOSE_SYNTHETIC, number, 0};
    elbow_random_normal(stream, count, values);
    return values;
}

static inline struct elbow_layer layer_of(const struct sizes *sizes, enum elbow_layer_kind kind,
                                          enum elbow_activation activation, int64_t output_padding)
{
    return (struct elbow_layer){.kind = kind,
                                .activation = (int)activation,
                                .filters = sizes->filters,
                                .kernel = sizes->kernel,
                                .stride = sizes->stride,
                                .padding = sizes->padding,
                                .output_padding = output_padding};
}

// False if the layer does not fit.
static inline bool set_up(struct setting *setting, const struct sizes *sizes, struct elbow_layer layer, size_t rows)
{
    struct elbow_shape input = {sizes->height, sizes->width, sizes->channels}, output;
    *setting = (struct setting){.layer = layer, .rows = rows};
    if (!elbow_conv2d_shape(&layer, input, &output))
        return false;
    ck_assert_int_eq(elbow_conv2d_create(&setting->parameters, "c", &setting->layer, input, ELBOW_INITIALIZER_AUTO,
                                         &setting->conv, NULL),
                     ELBOW_OK);
    setting->values = drawn(setting->parameters.size, 1);
    float fan_in = (float)(layer.kernel * layer.kernel) * (float)input.channels;
    for (size_t i = 0; i < setting->parameters.size; ++i)
        setting->values[i] /= sqrtf(fan_in); // so that activations are not saturated
    setting->x = drawn(rows * setting->conv.inputs, 2);
    setting->dy = drawn(rows * setting->conv.outputs, 3);
    setting->y = floats(rows * setting->conv.outputs);
    setting->slope = floats(rows * setting->conv.outputs);
    setting->dx = floats(rows * setting->conv.inputs);
    setting->gradient = floats(setting->parameters.size);
    setting->room = drawn(elbow_conv2d_room(&setting->conv), 4); // whatever was there before
    return true;
}

static inline void tear_down(struct setting *setting)
{
    elbow_conv2d_destroy(&setting->conv);
    elbow_parameters_clear(&setting->parameters);
    float **all[] = {&setting->values, &setting->x,  &setting->y,        &setting->slope,
                     &setting->dy,     &setting->dx, &setting->gradient, &setting->room};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        elbow_release(all[i]);
}

#endif
