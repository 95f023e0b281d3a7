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

// Rows that are no images, as floats: `count` lines of `width` values each (the row, what the encoder saw, what is
// made of it), `stride` from one row to the next. Nothing is owned.
struct elbow_gallery_lines {
    const struct elbow_gallery *gallery;
    const struct elbow_dataset *dataset;
    const struct elbow_gallery_list *list;
    size_t count, width, stride;
    struct elbow_gallery_plot *plots; // a plot of each row, in place of a file; or NULL
    void *user;
    void (*produce)(void *user, uint64_t first, size_t count, void *rows); // on any rank, of a microbatch at most
};

// Collective. Draws a panel for each row of a list that has been checked. MEMORY, and as elbow_plot_write.
enum elbow_status elbow_gallery_draw_lines(const struct elbow_gallery_lines *lines, const char *path,
                                           struct elbow_error *error);

#endif
