// SPDX-License-Identifier: BSD-3-Clause
// A page of a TIFF file: how its pixels are laid out, and its pixels.
#ifndef ELBOW_TOOLS_IMPORT_TIFF_PAGE_H
#define ELBOW_TOOLS_IMPORT_TIFF_PAGE_H

#include "picture.h"

#include "elbow/base/text.h"

#include <tiffio.h>

// An open file. What libtiff says goes into `reason`, the first error of a call.
struct tiff_file {
    TIFF *tiff;
    elbow_path path;
    char place[ELBOW_PATH_SIZE + 48]; // the path, and the page where there are several
    int descriptor;
    uint64_t size, pictures, next; // bytes; pages of full size, and how many of them were read
    char reason[256];
    bool is_decoding; // then some warnings are of damage
};

// How a page is laid out.
struct tiff_page {
    uint32_t height, width;
    uint16_t samples, bits, format, photometric, planar, compression, orientation;
    uint32_t block_height, block_width; // of a tile or strip
    uint64_t block_bytes, block_line;   // all of it, and a row of it
    bool is_tiled, has_alpha, is_premultiplied;
    enum elbow_element element;
};

// Local. Looks at the page at hand. FORMAT if it is none that can be imported, or declares more than the file can hold.
enum elbow_status import_tiff_describe(struct tiff_file *file, struct tiff_page *page, struct elbow_error *error);

// Local. Reads its pixels into picture->pixels, which is new.
enum elbow_status import_tiff_pixels(struct tiff_file *file, const struct tiff_page *page,
                                     struct import_picture *picture, struct elbow_error *error);

// Local. The sentence for a file that libtiff gives up, with its reason.
enum elbow_status import_tiff_fail(const struct tiff_file *file, struct elbow_error *error);

#endif
