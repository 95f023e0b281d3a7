// SPDX-License-Identifier: BSD-3-Clause
// The common part of the plan of tiles (tiles_plan.c) and the products (tiles.c): the sizes of the parts of a
// workspace. Private to this room.
#ifndef ELBOW_NN_DETAIL_TILES_H
#define ELBOW_NN_DETAIL_TILES_H

#include "elbow/math/winograd.h"
#include "elbow/nn/tiles.h"

// Floats from tile to tile; an additional cache line prevents rows of all tiles from mapping to the same few cache
// sets.
static inline size_t elbow_tiles_image_points(const struct elbow_tiles *tiles)
{
    return ELBOW_WINOGRAD_POINTS * tiles->depth + ELBOW_WINOGRAD_LANES;
}

static inline size_t elbow_tiles_map_points(const struct elbow_tiles *tiles)
{
    return ELBOW_WINOGRAD_POINTS * tiles->map.channels + ELBOW_WINOGRAD_LANES;
}

static inline size_t elbow_tiles_count(const struct elbow_tiles *tiles)
{
    return tiles->rows * tiles->columns;
}

// Planes of the image for a plane of the map: taps along the depth.
static inline size_t elbow_tiles_planes_met(const struct elbow_tiles *tiles)
{
    return tiles->taps_deep * tiles->stride_deep;
}

// Planes of points of a sample, with zeros around them, and floats of one.
static inline size_t elbow_tiles_image_planes(const struct elbow_tiles *tiles)
{
    return tiles->slots * tiles->stride_deep;
}

static inline size_t elbow_tiles_padded_planes(const struct elbow_tiles *tiles)
{
    return tiles->slots + tiles->taps_deep - 1;
}

static inline size_t elbow_tiles_image_plane(const struct elbow_tiles *tiles)
{
    return elbow_tiles_count(tiles) * elbow_tiles_image_points(tiles);
}

static inline size_t elbow_tiles_map_plane(const struct elbow_tiles *tiles)
{
    return elbow_tiles_count(tiles) * elbow_tiles_map_points(tiles);
}

// The matrices of one point, of a gather and of a remainder of a scatter.
static inline size_t elbow_tiles_gather_size(const struct elbow_tiles *tiles)
{
    return elbow_panel_size(elbow_tiles_planes_met(tiles) * tiles->depth, tiles->map.channels);
}

static inline size_t elbow_tiles_scatter_size(const struct elbow_tiles *tiles)
{
    return elbow_panel_size(tiles->taps_deep * tiles->map.channels, tiles->depth);
}

// A workspace holds, one after the other: the transformed weights packed for gathers, for scatters, their gradient, the
// points of a block's images, those of its maps, these with zeros around, and a row of weights in transit. The members
// are their starts; `end` is the size.
struct elbow_tiles_places {
    size_t gather, scatter, gradient, images, maps, padded, taps, row, end;
};

// Local.
struct elbow_tiles_places elbow_tiles_layout(const struct elbow_tiles *tiles);

#endif
