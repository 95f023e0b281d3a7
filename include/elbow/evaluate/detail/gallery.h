// SPDX-License-Identifier: BSD-3-Clause
// The rows that a gallery shows (gallery_shown.c). Private to this room.
#ifndef ELBOW_EVALUATE_DETAIL_GALLERY_H
#define ELBOW_EVALUATE_DETAIL_GALLERY_H

#include "elbow/evaluate/gallery.h"

// Local. The configuration by which these rows are read.
const struct elbow_config *elbow_gallery_reading(const struct elbow_gallery *gallery);

// Local. Whether data.transform is inverted.
bool elbow_gallery_turns_back(const struct elbow_gallery *gallery);

// Local. Whether the file needs doubles.
bool elbow_gallery_needs_doubles(const struct elbow_gallery *gallery, const char *path);

// Rows that are not images: `count` lines of `width` floats for each (original, corrupted, reconstruction), with
// `stride` floats from one row to the next. Nothing is owned.
struct elbow_gallery_lines {
    const struct elbow_gallery *gallery;
    const struct elbow_dataset *dataset;
    const struct elbow_gallery_list *list;
    size_t count, width, stride;
    struct elbow_gallery_plot *plots; // gets a plot for each row, in place of a file; or NULL
    void *user;
    void (*produce)(void *user, uint64_t first, size_t count, void *rows); // on any rank, at most a microbatch
};

// Collective. Draws a panel for each row of a list that has been checked. MEMORY, and errors of elbow_plot_write.
enum elbow_status elbow_gallery_draw_lines(const struct elbow_gallery_lines *lines, const char *path,
                                           struct elbow_error *error);

#endif
