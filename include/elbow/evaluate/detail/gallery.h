// SPDX-License-Identifier: BSD-3-Clause
// What is known of the rows that a gallery shows (gallery_shown.c). Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_GALLERY_H
#define ELBOW_EVALUATE_DETAIL_GALLERY_H

#include "elbow/evaluate/gallery.h"

// Local. How these rows are read.
const struct elbow_config *elbow_gallery_reading(const struct elbow_gallery *gallery);

// Local. Whether values are turned back by data.transform.
bool elbow_gallery_turns_back(const struct elbow_gallery *gallery);

// Local. Whether a file is to have doubles.
bool elbow_gallery_needs_doubles(const struct elbow_gallery *gallery, const char *path);

#endif
