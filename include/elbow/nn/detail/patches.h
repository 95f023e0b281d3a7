// SPDX-License-Identifier: BSD-3-Clause
// The common part of the plan of patches (patches_plan.c) and the products (patches.c). Private to this room.
#ifndef ELBOW_NN_DETAIL_PATCHES_H
#define ELBOW_NN_DETAIL_PATCHES_H

#include "elbow/nn/patches.h"

// A workspace holds, one after the other: V packed for gathers, V packed for scatters, the packed gradient, padded
// images, padded maps, maps with whole vectors, and patches; each function uses its own parts. The members are their
// starts, each on a cache line; `end` is the size.
struct elbow_patches_places {
    size_t gather, scatter, gradient, images, maps, wide, patches, end;
};

// Local.
struct elbow_patches_places elbow_patches_layout(const struct elbow_patches *plan);

// Local. Whether maps can be read directly: their filters are whole vectors.
static inline bool elbow_patches_has_whole_vectors(const struct elbow_patches *plan)
{
    return elbow_panel_width(plan->map.channels) == plan->map.channels;
}

#endif
