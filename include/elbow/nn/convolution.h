// SPDX-License-Identifier: BSD-3-Clause
// The linear map between images and maps that convolutions are made of, its adjoint, and the gradient of its weights.
//
// An image is (height, width, channels), a map (rows, columns, filters), both with the channels innermost; V is
// (kernel, kernel, channels, filters), s the stride, p the padding (Dumoulin and Visin 2016, chapters 2 and 4):
//   gather:   map[y][x][n]      = the sum over i, j, c of image[y s + i - p][x s + j - p][c] V[i][j][c][n]
//   scatter:  image[y'][x'][c]  = the sum over y s + i - p = y', x s + j - p = x' and n of map[y][x][n] V[i][j][c][n]
//   gradient: dV[i][j][c][n]    = the sum over samples, y, x of image[y s + i - p][x s + j - p][c] map[y][x][n]
// where images are zero outside. A conv2d gathers forward and scatters gradients, a conv_transpose2d does the reverse.
//
// No patches are copied: the kernels of math/panel read rows of the padded image where they lie. A scatter is s^2
// gathers from the map, one for each remainder of a pixel's place modulo s (each has its own share of V), or, for few
// channels, a product with all of V whose patches are then added up in the order of the map. No element's bits depend
// on the number of samples or on the blocks they are worked on in, but for the gradient's, whose sums over samples are
// cut at fixed places.
#ifndef ELBOW_NN_CONVOLUTION_H
#define ELBOW_NN_CONVOLUTION_H

#include "elbow/base/status.h"
#include "elbow/math/panel.h"

struct elbow_shape {
    size_t height, width, channels;
};

// One remainder (y, x) modulo the stride: the taps y, y + s, ... and x, x + s, ... of the kernel meet its pixels.
struct elbow_phase {
    size_t y, x, taps_y, taps_x;
    size_t first, pixels; // in the tables below; pixels of one sample
    size_t packed;        // floats before its share of V
    size_t runs;          // and its runs begin at first_run
    size_t first_run;
};

// Created once, then only read.
struct elbow_convolution {
    struct elbow_shape image, map;
    size_t kernel, stride, padding;
    size_t depth;                    // kernel^2 channels
    size_t block;                    // samples that are worked on at once
    struct elbow_shape padded_image; // zeros around it
    struct elbow_shape padded_map;   // for the phases of a scatter
    size_t map_margin;               // zeros before its first row and column
    bool by_patches;                 // how to scatter
    uint32_t *from;                  // (block, rows, columns) corners of patches in the padded images; owned
    uint32_t *at;                    // (depth) places within a patch; owned
    struct elbow_run *runs;          // of a patch: kernel; owned
    struct elbow_phase *phases;      // (s^2); owned
    uint32_t *phase_from, *phase_to; // into the padded maps, the images; owned
    struct elbow_run *phase_runs;    // owned
};

// How V lies in memory: element (i, j, c, n) at ((i kernel + j) channels filters + c channel + n filter).
struct elbow_strides {
    size_t channel, filter;
};

// Local. Plans for the given sizes, all at least 1 but for the padding; the map's size must follow from the image's
// (or the image's from the map's, up to s - 1 more rows or columns below and to the right). CONFIG if a sample is too
// large for the tables.
enum elbow_status elbow_convolution_create(struct elbow_shape image, struct elbow_shape map, size_t kernel,
                                           size_t stride, size_t padding, struct elbow_convolution *convolution,
                                           struct elbow_error *error);

// Local. Gives the tables back; a zeroed struct is legal.
void elbow_convolution_destroy(struct elbow_convolution *convolution);

// Local. Floats of the room that the functions below work in, 64-byte aligned; its contents pass from one to the next.
size_t elbow_convolution_room(const struct elbow_convolution *convolution);

// Local. Prepares V for gathers, for scatters; clears the gradient.
void elbow_convolution_begin_gather(const struct elbow_convolution *convolution, const float *v,
                                    struct elbow_strides strides, float *room);
void elbow_convolution_begin_scatter(const struct elbow_convolution *convolution, const float *v,
                                     struct elbow_strides strides, float *room);
void elbow_convolution_begin_gradient(const struct elbow_convolution *convolution, float *room);

// Local. For up to `block` samples: the images with zeros around them, for gather and gradient; valid until the next
// call with the same room that pads or scatters.
const float *elbow_convolution_pad(const struct elbow_convolution *convolution, size_t samples, const float *images,
                                   float *room);
void elbow_convolution_gather(const struct elbow_convolution *convolution, size_t samples, const float *padded,
                              const float *room, float *maps);
void elbow_convolution_scatter(const struct elbow_convolution *convolution, size_t samples, const float *maps,
                               float *room, float *images);
void elbow_convolution_gradient(const struct elbow_convolution *convolution, size_t samples, const float *padded,
                                const float *maps, float *room);

// Local. The gradient added up since begin_gradient.
void elbow_convolution_end_gradient(const struct elbow_convolution *convolution, const float *room,
                                    struct elbow_strides strides, float *dv);

#endif
