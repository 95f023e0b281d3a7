// SPDX-License-Identifier: BSD-3-Clause
// PNG pictures (libpng): writing grids of samples, reading files for the importer.
#ifndef ELBOW_OUTPUT_IMAGE_H
#define ELBOW_OUTPUT_IMAGE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// A picture: height x width x channels (1 or 3) bytes, rows from the top. Owns pixels.
struct elbow_picture {
    size_t height, width, channels;
    uint8_t *pixels;
    bool is_wide;                   // pixels are uint16_t, of a file of 16 bits
    bool has_alpha, is_transparent; // the file has an alpha channel; it is not opaque everywhere
};

// Local. A grid of `count` images (each height x width x channels floats; 0 is black, 1 white, clipped, rounded to
// nearest), `columns` wide, one grey pixel between neighbours and around; images whose longer side is below 64 pixels
// are enlarged by the smallest whole factor that reaches 64, at most 3. Missing images of the last row are left grey.
enum elbow_status elbow_picture_grid(const float *images, size_t count, size_t columns, size_t height, size_t width,
                                     size_t channels, struct elbow_picture *picture, struct elbow_error *error);

// Local. The bytes of a PNG, new, released with elbow_release; path is for messages. No text chunk and no time: the
// same pixels give the same bytes. OUTPUT if libpng refuses the picture.
enum elbow_status elbow_picture_encode(const struct elbow_picture *picture, const char *path, char **bytes,
                                       size_t *size, struct elbow_error *error);

// Local. Reads a PNG as grey (channels 1) or RGB (3): palettes are expanded, fewer than 8 bits become 8, 16 stay 16,
// alpha is removed over black, grey files stay grey unless `channels` is 3; channels 0: as in the file. FILE if it is
// not a regular file that can be read; FORMAT if it is damaged or larger than 16384 on a side.
enum elbow_status elbow_picture_read(const char *path, size_t channels, struct elbow_picture *picture,
                                     struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_picture_clear(struct elbow_picture *picture);

ELBOW_C_END

#endif
