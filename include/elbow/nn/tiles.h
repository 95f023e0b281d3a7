// SPDX-License-Identifier: BSD-3-Clause
// The maps of convolution.h if the kernel is twice the stride, by Winograd's F(4x4, 2x2): fewer multiplications.
//
// With k = 2 s, pixels whose places have the same remainders modulo s form an image of their own, a phase; a phase's
// pixels meet 2 x 2 of the taps, at stride 1. A map is therefore a correlation of an image with s^2 channels phases by
// 2 x 2 taps, and goes tile by tile through the transforms of math/winograd and the products of math/panel: 25 products
// of (tiles, s^2 channels) with (s^2 channels, filters) for a gather, of (tiles, filters) with (filters, s^2 channels)
// for a scatter. Images and maps are transformed once for all later uses.
//
// The planes of a volume, whose kernel has a depth of 2 s as well, are transformed one by one; along the depth the
// definition applies: a row of a product covers the 2 s planes that a plane of the map meets, and in a scatter the 2
// planes of the map that a plane of the image meets, for each of its s remainders.
//
// The rounding error of sums is about three times that of the definition. No element of an image or map depends on
// other samples.
#ifndef ELBOW_NN_TILES_H
#define ELBOW_NN_TILES_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/math/panel.h"
#include "elbow/nn/shape.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Created once, then only read. A zeroed struct is not a plan.
struct elbow_tiles {
    struct elbow_shape image, map; // with a depth
    size_t stride;
    size_t depth;         // s^2 channels
    size_t rows, columns; // of tiles in a plane
    size_t block;         // samples that are processed at once
    // Along the depth: the stride, taps of a remainder, planes of zeros before an image; places of a remainder. A block
    // has (block, slots stride_deep) planes of images' points, and of maps' as many as these have; a scatter from
    // several planes has them once more, (block, slots + taps_deep - 1) with zeros around.
    size_t stride_deep, taps_deep, padding_deep, slots;
    uint32_t *image_at;              // (rows, columns, phases, 25) places of a plane's tiles; owned
    uint32_t *map_at;                // (rows, columns, 16); owned
    uint32_t *image_row, *map_row;   // (block map planes, tiles) starts of the points of a tile; owned
    uint32_t *image_slot, *map_slot; // likewise of a scatter, (block slots, tiles); owned
    uint32_t *within;                // (taps_deep stride_deep, depth): from the first plane on; owned
    struct elbow_run *image_run,
        *map_run; // (taps_deep stride_deep) of a row of a gather, (taps_deep) of a scatter; owned
};

// Local. Whether the method supports these sizes, and is faster for them.
bool elbow_tiles_suit(struct elbow_shape image, struct elbow_shape map, const struct elbow_window *window);

// Local. For supported sizes. MEMORY.
enum elbow_status elbow_tiles_create(struct elbow_shape image, struct elbow_shape map,
                                     const struct elbow_window *window, struct elbow_tiles *tiles,
                                     struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_tiles_destroy(struct elbow_tiles *tiles);

// Local. The functions of convolution.h.
size_t elbow_tiles_workspace(const struct elbow_tiles *tiles);
void elbow_tiles_begin_gather(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                              float *workspace);
void elbow_tiles_begin_scatter(const struct elbow_tiles *tiles, const float *v, struct elbow_strides strides,
                               float *workspace);
void elbow_tiles_begin_gradient(const struct elbow_tiles *tiles, float *workspace);
const float *elbow_tiles_take_images(const struct elbow_tiles *tiles, size_t samples, const float *images,
                                     float *workspace);
const float *elbow_tiles_take_maps(const struct elbow_tiles *tiles, size_t samples, const float *maps,
                                   float *workspace);
void elbow_tiles_gather(const struct elbow_tiles *tiles, size_t samples, const float *images, float *workspace,
                        float *maps);
void elbow_tiles_scatter(const struct elbow_tiles *tiles, size_t samples, const float *maps, float *workspace,
                         float *images);
void elbow_tiles_gradient(const struct elbow_tiles *tiles, size_t samples, const float *images, const float *maps,
                          float *workspace);
void elbow_tiles_end_gradient(const struct elbow_tiles *tiles, float *workspace, struct elbow_strides strides,
                              float *dv);

ELBOW_C_END

#endif
