// SPDX-License-Identifier: BSD-3-Clause
// The cases of the convolutional layers.
#include "reference_conv.h"

// clang-format off: one case a row reads best as a table
const struct reference_sizes reference_conv_sizes[] = {
    // the first layer of mnist-conv
    {.height = 28, .width = 28, .channels = 1, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 14, .width = 14, .channels = 32, .filters = 64, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 7, .width = 7, .channels = 64, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    // a colour decoder's last
    {.height = 8, .width = 8, .channels = 32, .filters = 3, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 7, .width = 5, .channels = 3, .filters = 17, .kernel = 3, .stride = 1, .padding = 1, .rows = 41},
    // a column that no patch reaches
    {.height = 9, .width = 8, .channels = 17, .filters = 3, .kernel = 3, .stride = 2, .padding = 0, .rows = 11},
    // 1x1
    {.height = 5, .width = 7, .channels = 1, .filters = 1, .kernel = 1, .stride = 1, .padding = 0, .rows = 3},
    {.height = 5, .width = 6, .channels = 17, .filters = 16, .kernel = 1, .stride = 1, .padding = 0, .rows = 3},
    // pixels that no tap meets
    {.height = 6, .width = 7, .channels = 3, .filters = 5, .kernel = 1, .stride = 2, .padding = 0, .rows = 3},
    {.height = 8, .width = 9, .channels = 2, .filters = 3, .kernel = 2, .stride = 3, .padding = 1, .rows = 41},
    // likewise, and without patches
    {.height = 8, .width = 7, .channels = 9, .filters = 20, .kernel = 2, .stride = 5, .padding = 1, .rows = 3},
    // more padding than kernel
    {.height = 4, .width = 4, .channels = 3, .filters = 4, .kernel = 3, .stride = 2, .padding = 4, .rows = 41},
    {.height = 3, .width = 4, .channels = 17, .filters = 18, .kernel = 2, .stride = 2, .padding = 3, .rows = 3},
    {.height = 5, .width = 5, .channels = 17, .filters = 16, .kernel = 5, .stride = 5, .padding = 2, .rows = 3},
    {.height = 3, .width = 4, .channels = 9, .filters = 33, .kernel = 3, .stride = 1, .padding = 2, .rows = 41},
    {.height = 11, .width = 3, .channels = 1, .filters = 3, .kernel = 3, .stride = 3, .padding = 1, .rows = 3},
    // two panels of columns
    {.height = 4, .width = 5, .channels = 10, .filters = 100, .kernel = 3, .stride = 2, .padding = 1, .rows = 3},
    {.height = 4, .width = 3, .channels = 100, .filters = 9, .kernel = 3, .stride = 1, .padding = 0, .rows = 3},
    // a kernel larger than the input
    {.height = 1, .width = 1, .channels = 5, .filters = 6, .kernel = 4, .stride = 2, .padding = 2, .rows = 3},
    {.height = 2, .width = 1, .channels = 16, .filters = 1, .kernel = 2, .stride = 2, .padding = 1, .rows = 3},
    // tiles: broken ones
    {.height = 13, .width = 19, .channels = 16, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 9},
    // whole ones
    {.height = 16, .width = 16, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 1, .rows = 2},
    // pixels behind the last patch
    {.height = 12, .width = 14, .channels = 16, .filters = 48, .kernel = 4, .stride = 2, .padding = 0, .rows = 3},
    // stride 1
    {.height = 7, .width = 8, .channels = 32, .filters = 16, .kernel = 2, .stride = 1, .padding = 0, .rows = 41},
    // wide padding
    {.height = 10, .width = 9, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 3, .rows = 3},
    // stride 3
    {.height = 19, .width = 25, .channels = 16, .filters = 16, .kernel = 6, .stride = 3, .padding = 2, .rows = 3},
    // several blocks, the last one broken
    {.height = 4, .width = 3, .channels = 2, .filters = 5, .kernel = 3, .stride = 2, .padding = 1, .rows = 135},
    // likewise, tiles
    {.height = 8, .width = 6, .channels = 16, .filters = 16, .kernel = 4, .stride = 2, .padding = 1, .rows = 135},
    // a kernel larger than the padded input
    {.height = 2, .width = 2, .channels = 1, .filters = 1, .kernel = 5, .stride = 1, .padding = 0, .rows = 1},
};

// Of one axis.
static const struct reference_sizes series[] = {
    {.height = 1, .width = 30, .channels = 1, .filters = 32, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 1, .width = 16, .channels = 32, .filters = 64, .kernel = 4, .stride = 2, .padding = 1, .rows = 3},
    {.height = 1, .width = 15, .channels = 64, .filters = 17, .kernel = 5, .stride = 2, .padding = 2, .rows = 7},
    {.height = 1, .width = 12, .channels = 3, .filters = 5, .kernel = 3, .stride = 1, .padding = 1, .rows = 41},
    {.height = 1, .width = 21, .channels = 17, .filters = 3, .kernel = 7, .stride = 3, .padding = 3, .rows = 11},
    {.height = 1, .width = 9, .channels = 2, .filters = 6, .kernel = 1, .stride = 2, .padding = 0, .rows = 3},
    {.height = 1, .width = 8, .channels = 9, .filters = 20, .kernel = 2, .stride = 5, .padding = 1, .rows = 3},
    {.height = 1, .width = 4, .channels = 16, .filters = 16, .kernel = 3, .stride = 2, .padding = 4, .rows = 5},
    {.height = 1, .width = 1, .channels = 5, .filters = 6, .kernel = 4, .stride = 2, .padding = 2, .rows = 3},
    {.height = 1, .width = 37, .channels = 16, .filters = 48, .kernel = 4, .stride = 2, .padding = 0, .rows = 70},
    {.height = 1, .width = 11, .channels = 100, .filters = 9, .kernel = 2, .stride = 1, .padding = 0, .rows = 3},
    // a second row of places; a kernel larger than the padded input
    {.height = 2, .width = 8, .channels = 1, .filters = 2, .kernel = 3, .stride = 1, .padding = 1, .rows = 1},
    {.height = 1, .width = 2, .channels = 1, .filters = 1, .kernel = 5, .stride = 1, .padding = 0, .rows = 1},
};

// Of three.
static const struct reference_sizes volumes[] = {
    {.depth = 6,
     .height = 4,
     .width = 5,
     .channels = 1,
     .filters = 16,
     .kernel = 4,
     .stride = 2,
     .padding = 1,
     .rows = 3},
    {.depth = 4,
     .height = 6,
     .width = 3,
     .channels = 3,
     .filters = 5,
     .kernel = 3,
     .stride = 1,
     .padding = 1,
     .rows = 5},
    {.depth = 5,
     .height = 4,
     .width = 4,
     .channels = 17,
     .filters = 3,
     .kernel = 2,
     .stride = 2,
     .padding = 0,
     .rows = 3},
    {.depth = 3,
     .height = 7,
     .width = 4,
     .channels = 2,
     .filters = 9,
     .kernel = 2,
     .stride = 3,
     .padding = 1,
     .rows = 41},
    {.depth = 1,
     .height = 5,
     .width = 4,
     .channels = 9,
     .filters = 4,
     .kernel = 3,
     .stride = 2,
     .padding = 1,
     .rows = 3},
    {.depth = 4,
     .height = 1,
     .width = 6,
     .channels = 16,
     .filters = 33,
     .kernel = 1,
     .stride = 2,
     .padding = 0,
     .rows = 3},
    {.depth = 5,
     .height = 3,
     .width = 2,
     .channels = 10,
     .filters = 2,
     .kernel = 3,
     .stride = 2,
     .padding = 3,
     .rows = 2},
    {.depth = 6,
     .height = 10,
     .width = 9,
     .channels = 16,
     .filters = 16,
     .kernel = 4,
     .stride = 2,
     .padding = 1,
     .rows = 2},
    {.depth = 3,
     .height = 7,
     .width = 8,
     .channels = 16,
     .filters = 16,
     .kernel = 2,
     .stride = 1,
     .padding = 0,
     .rows = 2},
    {.depth = 1,
     .height = 1,
     .width = 1,
     .channels = 3,
     .filters = 2,
     .kernel = 2,
     .stride = 1,
     .padding = 1,
     .rows = 3},
    {.depth = 1,
     .height = 4,
     .width = 4,
     .channels = 1,
     .filters = 1,
     .kernel = 3,
     .stride = 1,
     .padding = 0,
     .rows = 1},
    // tiles: wide padding, stride 3, several blocks
    {.depth = 3,
     .height = 7,
     .width = 6,
     .channels = 16,
     .filters = 32,
     .kernel = 4,
     .stride = 2,
     .padding = 3,
     .rows = 2},
    {.depth = 5,
     .height = 13,
     .width = 12,
     .channels = 16,
     .filters = 16,
     .kernel = 6,
     .stride = 3,
     .padding = 2,
     .rows = 1},
    {.depth = 2,
     .height = 8,
     .width = 6,
     .channels = 16,
     .filters = 16,
     .kernel = 4,
     .stride = 2,
     .padding = 1,
     .rows = 70},
};
// clang-format on
enum { SIZES = sizeof reference_conv_sizes / sizeof *reference_conv_sizes, SMALL = 4 };
const size_t reference_conv_count = SIZES;

struct reference_case reference_conv_case(const struct reference_sizes *sizes, enum elbow_layer_kind kind,
                                          int activation, int64_t output_padding)
{
    return (struct reference_case){.options = {.kind = kind,
                                               .activation = activation,
                                               .filters = sizes->filters,
                                               .kernel = sizes->kernel,
                                               .stride = sizes->stride,
                                               .padding = sizes->padding,
                                               .output_padding = output_padding},
                                   .input = {sizes->height, sizes->width, sizes->channels, sizes->depth},
                                   .rows = sizes->rows};
}

// The cases of a kind: each size; of a transposed one each with an output padding below the stride, and one with all
// and with as much as the stride. Activations do not know of axes: those of images have one size with all.
struct cases {
    const struct reference_sizes *sizes;
    size_t count, wide, small; // the numbers of the sizes for output paddings, activations
    size_t activations;
};
static const struct cases cases_of[] = {[1] = {series, sizeof series / sizeof *series, 4, 0, 0},
                                        [2] = {reference_conv_sizes, SIZES, 9, SMALL, ELBOW_ACTIVATIONS},
                                        [3] = {volumes, sizeof volumes / sizeof *volumes, 3, 0, 0}};

bool reference_conv_at(int axes, enum elbow_layer_kind kind, size_t i, struct reference_case *found)
{
    const struct cases cases = cases_of[axes];
    if (i >= cases.count + cases.activations)
        return false;
    bool is_size = i < cases.count;
    *found = reference_conv_case(&cases.sizes[is_size ? i : cases.small], kind,
                                 is_size ? ELBOW_ACTIVATION_TANH : (int)(i - cases.count), 0);
    return true;
}

bool reference_conv_transpose_at(int axes, enum elbow_layer_kind kind, size_t i, struct reference_case *found)
{
    const struct cases cases = cases_of[axes];
    size_t all = cases.count + 4;
    if (i >= all + cases.activations)
        return false;
    size_t number = i < cases.count ? i : i < all ? cases.wide : cases.small;
    const struct reference_sizes *sizes = &cases.sizes[number];
    int64_t extra = i < cases.count ? (int64_t)i % sizes->stride : i < all ? (int64_t)(i - cases.count) : 0;
    *found = reference_conv_case(sizes, kind, i < all ? ELBOW_ACTIVATION_SILU : (int)(i - all), extra);
    return true;
}
