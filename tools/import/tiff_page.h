// SPDX-License-Identifier: BSD-3-Clause
// A page of a TIFF file: its layout and its pixels.
#ifndef ELBOW_TOOLS_IMPORT_TIFF_PAGE_H
#define ELBOW_TOOLS_IMPORT_TIFF_PAGE_H

#include "picture.h"

#include "elbow/base/text.h"

#include <tiffio.h>

// An open file. `reason` is the first message of libtiff in a call.
struct tiff_file {
    TIFF *tiff;
    elbow_path path;
    char place[ELBOW_PATH_SIZE + 48]; // the path, and the page if there are several
    int descriptor;
    uint64_t size, pictures, next; // bytes; number of full-size pages; number of them that were read
    char reason[256];
    bool is_decoding; // some warnings then mean damage
};

// The layout of a page.
struct tiff_page {
    uint32_t height, width;
    uint16_t samples, bits, format, photometric, planar, compression, orientation;
    uint32_t block_height, block_width; // of a tile or strip
    uint64_t block_bytes, block_line;   // of a block, and of a row of it
    bool is_tiled, has_alpha, is_premultiplied;
    enum elbow_element element;
};

// Local. Describes the current page. FORMAT if it cannot be imported, or declares more than the file can contain.
enum elbow_status import_tiff_describe(struct tiff_file *file, struct tiff_page *page, struct elbow_error *error);

// Local. Reads the pixels into picture->pixels, which is allocated. MEMORY, FORMAT.
enum elbow_status import_tiff_pixels(struct tiff_file *file, const struct tiff_page *page,
                                     struct import_picture *picture, struct elbow_error *error);

// Local. FORMAT: libtiff cannot read the file, with its reason.
enum elbow_status import_tiff_fail(const struct tiff_file *file, struct elbow_error *error);

#endif
