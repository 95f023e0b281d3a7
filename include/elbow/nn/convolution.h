// SPDX-License-Identifier: BSD-3-Clause
// The linear map between images and maps of a convolution, its adjoint, and the gradient of its weights.
//
// An image is (height, width, channels), a map (rows, columns, filters), both with the channels innermost; V is
// (kernel, kernel, channels, filters), s the stride, p the padding (Dumoulin and Visin 2016, chapters 2 and 4):
//   gather:   map[y][x][n]      = the sum over i, j, c of image[y s + i - p][x s + j - p][c] V[i][j][c][n]
//   scatter:  image[y'][x'][c]  = the sum over y s + i - p = y', x s + j - p = x' and n of map[y][x][n] V[i][j][c][n]
//   gradient: dV[i][j][c][n]    = the sum over samples, y, x of image[y s + i - p][x s + j - p][c] map[y][x][n]
// where images are zero outside. Each axis has its own kernel, stride and padding (elbow_window). A volume has one axis
// more, the depth, before them; a series is an image of height 1 under a kernel of height 1. A conv layer gathers
// forward and scatters gradients, its transpose does the reverse.
//
// There are two ways: nn/tiles with fewer multiplications, for the sizes that suit it, and nn/patches by the
// definition. The sizes alone decide. The bits of an element do not depend on the number of samples or on the blocks in
// which they are processed, except those of the gradient, whose sums over samples are cut at fixed places.
#ifndef ELBOW_NN_CONVOLUTION_H
#define ELBOW_NN_CONVOLUTION_H

#include "elbow/base/language.h"
#include "elbow/nn/patches.h"
#include "elbow/nn/tiles.h"

ELBOW_C_BEGIN

// Created once, then only read.
struct elbow_convolution {
    struct elbow_shape image, map;
    size_t depth; // taps channels
    size_t block; // samples that are processed at once
    bool by_tiles;
    struct elbow_tiles tiles; // one of the two is zeroed
    struct elbow_patches patches;
};

// Local. Plans for the given sizes, all at least 1 except the padding; the map's size must follow from the image's (or
// the image's from the map's, up to s - 1 more rows or columns below and to the right). CONFIG if a sample is too large
// for the tables.
enum elbow_status elbow_convolution_create(struct elbow_shape image, struct elbow_shape map,
                                           const struct elbow_window *window, struct elbow_convolution *convolution,
                                           struct elbow_error *error);

// Local. Releases the tables; a zeroed struct is legal.
void elbow_convolution_destroy(struct elbow_convolution *convolution);

// Local. Floats of the workspace of the functions below, 64-byte aligned; its contents pass from one to the next.
size_t elbow_convolution_workspace(const struct elbow_convolution *convolution);

// Local. Prepares V for gathers, for scatters; clears the gradient.
void elbow_convolution_begin_gather(const struct elbow_convolution *convolution, const float *v,
                                    struct elbow_strides strides, float *workspace);
void elbow_convolution_begin_scatter(const struct elbow_convolution *convolution, const float *v,
                                     struct elbow_strides strides, float *workspace);
void elbow_convolution_begin_gradient(const struct elbow_convolution *convolution, float *workspace);

// Local. Up to `block` samples in the form that the functions below read. Images are kept until images are taken or
// written with the same workspace, maps until maps are.
const float *elbow_convolution_take_images(const struct elbow_convolution *convolution, size_t samples,
                                           const float *images, float *workspace);
const float *elbow_convolution_take_maps(const struct elbow_convolution *convolution, size_t samples, const float *maps,
                                         float *workspace);

// Local. From the samples taken. Gather and scatter need their begin, and overwrite results of earlier samples.
void elbow_convolution_gather(const struct elbow_convolution *convolution, size_t samples, const float *taken_images,
                              float *workspace, float *maps);
void elbow_convolution_scatter(const struct elbow_convolution *convolution, size_t samples, const float *taken_maps,
                               float *workspace, float *images);
void elbow_convolution_gradient(const struct elbow_convolution *convolution, size_t samples, const float *taken_images,
                                const float *taken_maps, float *workspace);

// Local. The sum of the gradient since begin_gradient.
void elbow_convolution_end_gradient(const struct elbow_convolution *convolution, float *workspace,
                                    struct elbow_strides strides, float *dv);

ELBOW_C_END

#endif
