// SPDX-License-Identifier: BSD-3-Clause
// The maps of convolution.h by the definition, for all sizes.
//
// No patches are copied: the kernels of math/panel read rows of the padded image in place. A scatter is one gather from
// the map for each remainder of a pixel's place modulo the strides (each has its own share of V), or, for few channels,
// a product with all of V whose patches are then added in the order of the map. The bits of an element do not depend on
// the number of samples or on the blocks in which they are processed, except those of the gradient, whose sums over
// samples are cut at fixed places.
#ifndef ELBOW_NN_PATCHES_H
#define ELBOW_NN_PATCHES_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/math/panel.h"
#include "elbow/nn/shape.h"

ELBOW_C_BEGIN

// One remainder modulo the strides: the taps at, at + s, ... of the kernel along each axis apply to its pixels.
struct elbow_phase {
    struct elbow_sides at, taps;
    size_t first, pixels; // in the tables below; pixels of one sample
    size_t packed;        // floats before its share of V
    size_t runs;          // and its runs begin at first_run
    size_t first_run;
};

// Created once, then only read.
struct elbow_patches {
    struct elbow_shape image, map; // with a depth
    struct elbow_window window;
    size_t depth;                    // taps channels
    size_t block;                    // samples that are processed at once
    struct elbow_shape padded_image; // zeros around it
    struct elbow_shape padded_map;   // for the phases of a scatter
    struct elbow_sides map_margin;   // zeros before its first plane, row and column
    bool by_patches;                 // how to scatter
    uint32_t *from;                  // (block, places of the map) corners of patches in the padded images; owned
    uint32_t *at;                    // (depth) places within a patch; owned
    size_t run_count;                // of a patch: a row of taps each
    struct elbow_run *runs;          // (run_count); owned
    size_t phase_count;              // the product of the strides
    struct elbow_phase *phases;      // (phase_count); owned
    uint32_t *phase_from, *phase_to; // into the padded maps, the images; owned
    struct elbow_run *phase_runs;    // owned
};

// Local. As in convolution.h; CONFIG if a sample is too large for the tables.
enum elbow_status elbow_patches_create(struct elbow_shape image, struct elbow_shape map,
                                       const struct elbow_window *window, struct elbow_patches *plan,
                                       struct elbow_error *error);

// Local. Releases the tables; a zeroed struct is legal.
void elbow_patches_destroy(struct elbow_patches *plan);

// Local. The functions of convolution.h.
size_t elbow_patches_workspace(const struct elbow_patches *plan);
void elbow_patches_begin_gather(const struct elbow_patches *plan, const float *v, struct elbow_strides strides,
                                float *workspace);
void elbow_patches_begin_scatter(const struct elbow_patches *plan, const float *v, struct elbow_strides strides,
                                 float *workspace);
void elbow_patches_begin_gradient(const struct elbow_patches *plan, float *workspace);
const float *elbow_patches_take_images(const struct elbow_patches *plan, size_t samples, const float *images,
                                       float *workspace);
// Maps are read directly.
const float *elbow_patches_take_maps(const struct elbow_patches *plan, size_t samples, const float *maps,
                                     float *workspace);
void elbow_patches_gather(const struct elbow_patches *plan, size_t samples, const float *padded, const float *workspace,
                          float *maps);
void elbow_patches_scatter(const struct elbow_patches *plan, size_t samples, const float *maps, float *workspace,
                           float *images);
void elbow_patches_gradient(const struct elbow_patches *plan, size_t samples, const float *padded, const float *maps,
                            float *workspace);
void elbow_patches_end_gradient(const struct elbow_patches *plan, const float *workspace, struct elbow_strides strides,
                                float *dv);

ELBOW_C_END

#endif
