// SPDX-License-Identifier: BSD-3-Clause
// Winograd's minimal filtering F(4x4, 2x2): the transforms that turn a correlation with 2 x 2 taps into 25 products
// instead of the 64 of the definition (Winograd 1980; Lavin and Gray 2016), and the adjoints of these transforms.
//
// A tile of a map, 4 x 4 places, is made of a tile of an image, 5 x 5 places, and the taps, 2 x 2:
//   map = A' [(G taps G') * (B' image B)] A        the * element by element, X' the transpose of X
// with the points 0, 1, -1, 2 and infinity; summed over channels, the * are 25 matrix products. The way back from the
// gradient of a map to those of image and taps uses the adjoints: A map A', B (..) B', G' (..) G.
//
// Places of an array are given by offsets; consecutive floats (channels, filters) are processed 16 at a time, each
// independently: its bits depend on nothing else.
#ifndef ELBOW_MATH_WINOGRAD_H
#define ELBOW_MATH_WINOGRAD_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum {
    ELBOW_WINOGRAD_MAP = 4, // places of a tile along each side
    ELBOW_WINOGRAD_IMAGE = 5,
    ELBOW_WINOGRAD_TAPS = 2,
    ELBOW_WINOGRAD_POINTS = 25, // of the transformed tiles
    ELBOW_WINOGRAD_LANES = 16   // counts of floats are multiples of this
};

// Offset of a missing place: read as zeros, not written.
#define ELBOW_WINOGRAD_OUTSIDE UINT32_MAX

// Local. points[i stride + c] = (B' x B)[i] for c in [0, count), where place j of x is at x[at[j] + c].
void elbow_winograd_image(size_t count, const float *x, const uint32_t at[ELBOW_WINOGRAD_IMAGE * ELBOW_WINOGRAD_IMAGE],
                          float *points, size_t stride);

// Local. Its adjoint. Neighbouring tiles share a row or a column: adds to places of the first row if `has_above`, to
// those of the first column if `has_left`, and writes all others.
void elbow_winograd_image_adjoint(size_t count, const float *points, size_t stride, bool has_above, bool has_left,
                                  float *x, const uint32_t at[ELBOW_WINOGRAD_IMAGE * ELBOW_WINOGRAD_IMAGE]);

// Local. points = A y A', as above.
void elbow_winograd_map(size_t count, const float *y, const uint32_t at[ELBOW_WINOGRAD_MAP * ELBOW_WINOGRAD_MAP],
                        float *points, size_t stride);

// Local. y = A' points A.
void elbow_winograd_map_adjoint(size_t count, const float *points, size_t stride, float *y,
                                const uint32_t at[ELBOW_WINOGRAD_MAP * ELBOW_WINOGRAD_MAP]);

// Local. points = G w G'; tap j at w[j tap_stride + c].
void elbow_winograd_taps(size_t count, const float *w, size_t tap_stride, float *points, size_t stride);

// Local. w = G' points G.
void elbow_winograd_taps_adjoint(size_t count, const float *points, size_t stride, float *w, size_t tap_stride);

ELBOW_C_END

#endif
