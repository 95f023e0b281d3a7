// SPDX-License-Identifier: BSD-3-Clause
// Pictures and their decoders. Each format of pictures has a decoder; folders, sizes and labels are handled in
// pictures.c.
#ifndef ELBOW_TOOLS_IMPORT_PICTURE_H
#define ELBOW_TOOLS_IMPORT_PICTURE_H

#include "elbow/base/status.h"
#include "elbow/data/element.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// height x width x channels values, rows from the top, channels last. Begins zeroed; the caller releases pixels with
// elbow_release.
struct import_picture {
    enum elbow_element element;
    size_t height, width, channels;
    void *pixels;
    // The file has an alpha channel; it is not opaque everywhere, and the picture was put on black.
    bool has_alpha, is_transparent;
    bool is_turned; // the file has an orientation tag; the picture is upright here
    bool has_stray; // meaningless bytes were skipped
};

// The decoder of a format.
struct import_decoder {
    bool has_pages; // a file may hold several pictures

    // Local. Opens a file, which must be a regular one: a new reader, and the number of pictures. FILE, FORMAT, MEMORY;
    // *file is NULL then.
    enum elbow_status (*open)(const char *path, void **file, uint64_t *pictures, struct elbow_error *error);
    // Local. Reads the next picture; after the last one, the rest of the file is checked as well. FORMAT with a message
    // if it is damaged or not supported; the picture may then have pixels.
    enum elbow_status (*read)(void *file, struct import_picture *picture, struct elbow_error *error);
    // Local. Closes the file.
    void (*close)(void *file);
};

// Local. Turns or mirrors a picture as an orientation of EXIF and TIFF (1 to 8; others count as 1) says. MEMORY.
enum elbow_status import_picture_turn(struct import_picture *picture, int orientation, struct elbow_error *error);

// Local. The orientation in a block of EXIF, which is a small TIFF file; 1 if there is none.
int import_exif_orientation(const unsigned char *bytes, size_t size);

// Local. A value over black: times alpha, at most `white`.
unsigned import_over_black(unsigned value, unsigned alpha, unsigned white);

#endif
