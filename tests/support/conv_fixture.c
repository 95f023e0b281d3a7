// SPDX-License-Identifier: BSD-3-Clause
// The sizes, and what is drawn for one of them.
#include "conv_fixture.h"

#include "elbow/math/random.h"

#include <check.h>
#include <math.h>

const struct sizes all_sizes[] = {
    {.height = 28,
     .width = 28,
     .channels = 1,
     .filters = 32,
     .kernel = 4,
     .stride = 2,
     .padding = 1}, // the first layer of mnist-conv
    {.height = 14, .width = 14, .channels = 32, .filters = 64, .kernel = 4, .stride = 2, .padding = 1},
    {.height = 7, .width = 7, .channels = 64, .filters = 32, .kernel = 4, .stride = 2, .padding = 1},
    {.height = 8, .width = 8, .channels = 32, .filters = 3, .kernel = 4, .stride = 2, .padding = 1}, // a colour
                                                                                                     // decoder's last
    {.height = 7, .width = 5, .channels = 3, .filters = 17, .kernel = 3, .stride = 1, .padding = 1},
    {.height = 9, .width = 8, .channels = 17, .filters = 3, .kernel = 3, .stride = 2, .padding = 0}, // a column that no
                                                                                                     // patch reaches
    {.height = 5, .width = 7, .channels = 1, .filters = 1, .kernel = 1, .stride = 1, .padding = 0},  // 1x1
    {.height = 5, .width = 6, .channels = 17, .filters = 16, .kernel = 1, .stride = 1, .padding = 0},
    {.height = 6, .width = 7, .channels = 3, .filters = 5, .kernel = 1, .stride = 2, .padding = 0}, // pixels that no
                                                                                                    // tap meets
    {.height = 8, .width = 9, .channels = 2, .filters = 3, .kernel = 2, .stride = 3, .padding = 1},
    {.height = 8, .width = 7, .channels = 9, .filters = 20, .kernel = 2, .stride = 5, .padding = 1}, // likewise, and
                                                                                                     // without patches
    {.height = 4, .width = 4, .channels = 3, .filters = 4, .kernel = 3, .stride = 2, .padding = 4}, // more padding than
                                                                                                    // kernel
    {.height = 3, .width = 4, .channels = 17, .filters = 18, .kernel = 2, .stride = 2, .padding = 3},
    {.height = 5, .width = 5, .channels = 17, .filters = 16, .kernel = 5, .stride = 5, .padding = 2},
    {.height = 3, .width = 4, .channels = 9, .filters = 33, .kernel = 3, .stride = 1, .padding = 2},
    {.height = 11, .width = 3, .channels = 1, .filters = 3, .kernel = 3, .stride = 3, .padding = 1},
    {.height = 4, .width = 5, .channels = 10, .filters = 100, .kernel = 3, .stride = 2, .padding = 1}, // two panels of
                                                                                                       // columns
    {.height = 4, .width = 3, .channels = 100, .filters = 9, .kernel = 3, .stride = 1, .padding = 0},
    {.height = 1, .width = 1, .channels = 5, .filters = 6, .kernel = 4, .stride = 2, .padding = 2}, // a kernel larger
                                                                                                    // than the input
    {.height = 2, .width = 1, .channels = 16, .filters = 1, .kernel = 2, .stride = 2, .padding = 1},
    {.height = 13, .width = 19, .channels = 16, .filters = 32, .kernel = 4, .stride = 2, .padding = 1},
    {.height = 16,
     .width = 16,
     .channels = 16,
     .filters = 16,
     .kernel = 4,
     .stride = 2,
     .padding = 1}, // tiles: broken ones, whole ones
    {.height = 12, .width = 14, .channels = 16, .filters = 48, .kernel = 4, .stride = 2, .padding = 0},
    {.height = 7,
     .width = 8,
     .channels = 32,
     .filters = 16,
     .kernel = 2,
     .stride = 1,
     .padding = 0}, // pixels behind the last patch; stride 1
    {.height = 10, .width = 9, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 3},
    {.height = 19, .width = 25, .channels = 16, .filters = 16, .kernel = 6, .stride = 3, .padding = 2}, // wide padding;
                                                                                                        // stride 3
};
const size_t SIZES = sizeof all_sizes / sizeof *all_sizes;

float *floats(size_t count)
{
    float *room = NULL;
    ck_assert_int_eq(elbow_allocate(&room, count, sizeof *room, "a test", NULL), ELBOW_OK);
    return room;
}

float *drawn(size_t count, uint64_t number)
{
    float *values = floats(count);
    struct elbow_stream stream = {11, ELBOW_PURPOSE_SYNTHETIC, number, 0};
    elbow_random_normal(stream, count, values);
    return values;
}

struct elbow_layer layer_of(const struct sizes *sizes, enum elbow_layer_kind kind, enum elbow_activation activation,
                            int64_t output_padding)
{
    return (struct elbow_layer){.kind = kind,
                                .activation = (int)activation,
                                .filters = sizes->filters,
                                .kernel = sizes->kernel,
                                .stride = sizes->stride,
                                .padding = sizes->padding,
                                .output_padding = output_padding};
}

bool set_up(struct setting *setting, const struct sizes *sizes, struct elbow_layer layer, size_t rows)
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

void tear_down(struct setting *setting)
{
    elbow_conv2d_destroy(&setting->conv);
    elbow_parameters_clear(&setting->parameters);
    float **all[] = {&setting->values, &setting->x,  &setting->y,        &setting->slope,
                     &setting->dy,     &setting->dx, &setting->gradient, &setting->room};
    for (size_t i = 0; i < sizeof all / sizeof *all; ++i)
        elbow_release(all[i]);
}
