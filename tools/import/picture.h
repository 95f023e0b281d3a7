// SPDX-License-Identifier: BSD-3-Clause
// Pictures, and what reads them: a format of pictures has a decoder, and all else (folders, sizes, labels) is
// pictures.c's.
#ifndef ELBOW_TOOLS_IMPORT_PICTURE_H
#define ELBOW_TOOLS_IMPORT_PICTURE_H

#include "elbow/base/status.h"
#include "elbow/data/element.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// height x width x channels values, rows from the top, channels last. Begins zeroed; pixels is given back with
// elbow_release.
struct import_picture {
    enum elbow_element element;
    size_t height, width, channels;
    void *pixels;
    bool has_alpha, is_transparent; // the file has an alpha channel; it is not opaque everywhere, and laid over black
    bool is_turned;                 // the file says that it lies on its side; it is upright here
    bool has_stray;                 // bytes that mean nothing were passed over
};

// What reads the files of a format.
struct import_decoder {
    bool has_pages; // a file may hold several pictures

    // Local. Opens a file, which must be a regular one: a new reader, and how many pictures there are. FILE, FORMAT,
    // MEMORY; *file is NULL then.
    enum elbow_status (*open)(const char *path, void **file, uint64_t *pictures, struct elbow_error *error);
    // Local. The next of its pictures; of the last one, all that is behind it is sound, too. FORMAT with one sentence
    // if it is damaged or not supported; the picture may then have pixels.
    enum elbow_status (*read)(void *file, struct import_picture *picture, struct elbow_error *error);
    // Local.
    void (*close)(void *file);
};

// Local. Turns or mirrors a picture as an orientation of EXIF and TIFF (1 to 8; others are 1) asks for.
enum elbow_status import_picture_turn(struct import_picture *picture, int orientation, struct elbow_error *error);

// Local. The orientation in a block of EXIF, which is a small TIFF file; 1 where there is none.
int import_exif_orientation(const unsigned char *bytes, size_t size);

// Local. A value over black: times alpha, of `white` at the most.
unsigned import_over_black(unsigned value, unsigned alpha, unsigned white);

#endif
