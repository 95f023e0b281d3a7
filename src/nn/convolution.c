// SPDX-License-Identifier: BSD-3-Clause
// The choice between the implementations nn/tiles and nn/patches.
#include "elbow/nn/convolution.h"

// True if `image` places give a map of `map` places.
static bool fits(size_t image, size_t map, size_t kernel, size_t stride, size_t padding)
{
    size_t padded = image + 2 * padding;
    return image > 0 && map > 0 && padded >= kernel && (padded - kernel) / stride + 1 == map;
}

static void check_sizes(struct elbow_shape image, struct elbow_shape map, const struct elbow_window *window)
{
    struct elbow_sides kernel = window->kernel, stride = window->stride, padding = window->padding;
    ELBOW_CHECK(elbow_window_taps(window) > 0 && stride.depth > 0 && stride.height > 0 && stride.width > 0);
    ELBOW_CHECK(image.channels > 0 && map.channels > 0);
    ELBOW_CHECK(fits(elbow_shape_depth(image), elbow_shape_depth(map), kernel.depth, stride.depth, padding.depth));
    ELBOW_CHECK(fits(image.height, map.height, kernel.height, stride.height, padding.height));
    ELBOW_CHECK(fits(image.width, map.width, kernel.width, stride.width, padding.width));
}

enum elbow_status elbow_convolution_create(struct elbow_shape image, struct elbow_shape map,
                                           const struct elbow_window *window, struct elbow_convolution *convolution,
                                           struct elbow_error *error)
{
    check_sizes(image, map, window);
    *convolution =
        (struct elbow_convolution){.image = image, .map = map, .depth = elbow_window_taps(window) * image.channels};
    convolution->by_tiles = elbow_tiles_suit(image, map, window);
    enum elbow_status status;
    if (convolution->by_tiles)
        status = elbow_tiles_create(image, map, window, &convolution->tiles, error);
    else
        status = elbow_patches_create(image, map, window, &convolution->patches, error);
    convolution->block = convolution->by_tiles ? convolution->tiles.block : convolution->patches.block;
    return status;
}

void elbow_convolution_destroy(struct elbow_convolution *convolution)
{
    elbow_tiles_destroy(&convolution->tiles);
    elbow_patches_destroy(&convolution->patches);
    *convolution = (struct elbow_convolution){0};
}

size_t elbow_convolution_workspace(const struct elbow_convolution *convolution)
{
    return convolution->by_tiles ? elbow_tiles_workspace(&convolution->tiles)
                                 : elbow_patches_workspace(&convolution->patches);
}

void elbow_convolution_begin_gather(const struct elbow_convolution *convolution, const float *v,
                                    struct elbow_strides strides, float *workspace)
{
    if (convolution->by_tiles)
        elbow_tiles_begin_gather(&convolution->tiles, v, strides, workspace);
    else
        elbow_patches_begin_gather(&convolution->patches, v, strides, workspace);
}

void elbow_convolution_begin_scatter(const struct elbow_convolution *convolution, const float *v,
                                     struct elbow_strides strides, float *workspace)
{
    if (convolution->by_tiles)
        elbow_tiles_begin_scatter(&convolution->tiles, v, strides, workspace);
    else
        elbow_patches_begin_scatter(&convolution->patches, v, strides, workspace);
}

void elbow_convolution_begin_gradient(const struct elbow_convolution *convolution, float *workspace)
{
    if (convolution->by_tiles)
        elbow_tiles_begin_gradient(&convolution->tiles, workspace);
    else
        elbow_patches_begin_gradient(&convolution->patches, workspace);
}

const float *elbow_convolution_take_images(const struct elbow_convolution *convolution, size_t samples,
                                           const float *images, float *workspace)
{
    return convolution->by_tiles ? elbow_tiles_take_images(&convolution->tiles, samples, images, workspace)
                                 : elbow_patches_take_images(&convolution->patches, samples, images, workspace);
}

const float *elbow_convolution_take_maps(const struct elbow_convolution *convolution, size_t samples, const float *maps,
                                         float *workspace)
{
    return convolution->by_tiles ? elbow_tiles_take_maps(&convolution->tiles, samples, maps, workspace)
                                 : elbow_patches_take_maps(&convolution->patches, samples, maps, workspace);
}

void elbow_convolution_gather(const struct elbow_convolution *convolution, size_t samples, const float *images,
                              float *workspace, float *maps)
{
    if (convolution->by_tiles)
        elbow_tiles_gather(&convolution->tiles, samples, images, workspace, maps);
    else
        elbow_patches_gather(&convolution->patches, samples, images, workspace, maps);
}

void elbow_convolution_scatter(const struct elbow_convolution *convolution, size_t samples, const float *maps,
                               float *workspace, float *images)
{
    if (convolution->by_tiles)
        elbow_tiles_scatter(&convolution->tiles, samples, maps, workspace, images);
    else
        elbow_patches_scatter(&convolution->patches, samples, maps, workspace, images);
}

void elbow_convolution_gradient(const struct elbow_convolution *convolution, size_t samples, const float *images,
                                const float *maps, float *workspace)
{
    if (convolution->by_tiles)
        elbow_tiles_gradient(&convolution->tiles, samples, images, maps, workspace);
    else
        elbow_patches_gradient(&convolution->patches, samples, images, maps, workspace);
}

void elbow_convolution_end_gradient(const struct elbow_convolution *convolution, float *workspace,
                                    struct elbow_strides strides, float *dv)
{
    if (convolution->by_tiles)
        elbow_tiles_end_gradient(&convolution->tiles, workspace, strides, dv);
    else
        elbow_patches_end_gradient(&convolution->patches, workspace, strides, dv);
}
