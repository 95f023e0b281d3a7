// SPDX-License-Identifier: BSD-3-Clause
// The pixels of a page of a TIFF file: blocks (strips or tiles) that libtiff unpacks, put into their places.
#include "tiff_page.h"

#include "values.h"

#include "elbow/base/memory.h"

#include <string.h>

// A block in memory and where it belongs: whole pixels, or one channel of them.
struct block {
    const unsigned char *bytes;
    uint64_t top, left, height, width; // the part of it inside the picture
    size_t plane, planes;              // planes: 1 of whole pixels, else the channels
};

// Bits of a row, from the highest on: 0 or the white of a byte.
static void put_bits(const unsigned char *line, uint64_t count, unsigned char *to)
{
    for (uint64_t i = 0; i < count; ++i)
        to[i] = line[i / 8] >> (7 - i % 8) & 1 ? UINT8_MAX : 0;
}

static void put_halves(const unsigned char *line, uint64_t count, size_t step, float *to)
{
    for (uint64_t i = 0; i < count; ++i) {
        uint16_t half;
        memcpy(&half, line + 2 * i, sizeof half);
        to[i * step] = import_half(half);
    }
}

// A row of a block.
static void put_line(const struct tiff_page *page, const struct block *block, const unsigned char *line, uint64_t y,
                     unsigned char *pixels)
{
    size_t size = elbow_element_size(page->element);
    uint64_t count = block->planes == 1 ? block->width * page->samples : block->width;
    uint64_t first = ((block->top + y) * page->width + block->left) * page->samples + block->plane;
    unsigned char *to = pixels + first * size;
    if (page->bits == 1)
        put_bits(line, count, to);
    else if (page->format == SAMPLEFORMAT_IEEEFP && page->bits == 16)
        put_halves(line, count, block->planes, (float *)(void *)to);
    else if (block->planes == 1)
        memcpy(to, line, count * size);
    else
        for (uint64_t i = 0; i < count; ++i)
            memcpy(to + i * page->samples * size, line + i * size, size);
}

// Unpacks one block; false if it is damaged.
static bool read_block(struct tiff_file *file, const struct tiff_page *page, const struct block *block, void *bytes)
{
    tmsize_t want = (tmsize_t)(page->block_line * (page->is_tiled ? page->block_height : block->height)), got;
    if (page->is_tiled) {
        uint32_t tile =
            TIFFComputeTile(file->tiff, (uint32_t)block->left, (uint32_t)block->top, 0, (uint16_t)block->plane);
        got = TIFFReadEncodedTile(file->tiff, tile, bytes, want);
    } else {
        uint32_t strip = TIFFComputeStrip(file->tiff, (uint32_t)block->top, (uint16_t)block->plane);
        got = TIFFReadEncodedStrip(file->tiff, strip, bytes, want);
    }
    return got == want && file->reason[0] == '\0';
}

// All blocks of the picture, or of one channel of it.
static enum elbow_status read_plane(struct tiff_file *file, const struct tiff_page *page, size_t plane, size_t planes,
                                    unsigned char *bytes, unsigned char *pixels, struct elbow_error *error)
{
    struct block block = {.bytes = bytes, .plane = plane, .planes = planes};
    for (block.top = 0; block.top < page->height; block.top += page->block_height)
        for (block.left = 0; block.left < page->width; block.left += page->block_width) {
            uint64_t below = page->height - block.top, beside = page->width - block.left;
            block.height = below < page->block_height ? below : page->block_height;
            block.width = beside < page->block_width ? beside : page->block_width;
            if (!read_block(file, page, &block, bytes))
                return import_tiff_fail(file, error);
            for (uint64_t y = 0; y < block.height; ++y)
                put_line(page, &block, bytes + y * page->block_line, y, pixels);
        }
    return ELBOW_OK;
}

// If white is 0, which is possible for unsigned integers, inverts the values: black is 0 in all pictures. Alpha is
// unchanged.
static void invert(const struct tiff_page *page, unsigned char *pixels, uint64_t count)
{
    if (page->photometric != PHOTOMETRIC_MINISWHITE || page->format != SAMPLEFORMAT_UINT)
        return;
    size_t size = elbow_element_size(page->element), pixel = page->samples * size;
    size_t colours = (page->samples - (size_t)page->has_alpha) * size;
    for (uint64_t i = 0; i < count; ++i)
        for (size_t k = 0; k < colours; ++k)
            pixels[i * pixel + k] = (unsigned char)~pixels[i * pixel + k];
}

static unsigned value_at(const void *pixels, uint64_t i, bool is_wide)
{
    return is_wide ? ((const uint16_t *)pixels)[i] : ((const uint8_t *)pixels)[i];
}

static void put_value(void *pixels, uint64_t i, bool is_wide, unsigned value)
{
    if (is_wide)
        ((uint16_t *)pixels)[i] = (uint16_t)value;
    else
        ((uint8_t *)pixels)[i] = (uint8_t)value;
}

// Removes the alpha channel in place: puts the colours on black, unless they already are.
static void drop_alpha(const struct tiff_page *page, struct import_picture *picture)
{
    bool is_wide = picture->element == ELBOW_ELEMENT_UINT16;
    unsigned white = is_wide ? UINT16_MAX : UINT8_MAX;
    size_t stored = picture->channels--;
    for (uint64_t i = 0; i < (uint64_t)picture->height * picture->width; ++i) {
        unsigned alpha = value_at(picture->pixels, i * stored + stored - 1, is_wide);
        picture->is_transparent = picture->is_transparent || alpha < white;
        for (size_t c = 0; c < picture->channels; ++c) {
            unsigned value = value_at(picture->pixels, i * stored + c, is_wide);
            put_value(picture->pixels, i * picture->channels + c, is_wide,
                      page->is_premultiplied ? value : import_over_black(value, alpha, white));
        }
    }
    picture->has_alpha = true;
}

enum elbow_status import_tiff_pixels(struct tiff_file *file, const struct tiff_page *page,
                                     struct import_picture *picture, struct elbow_error *error)
{
    *picture = (struct import_picture){
        .element = page->element, .height = page->height, .width = page->width, .channels = page->samples};
    uint64_t count = (uint64_t)page->height * page->width;
    size_t planes = page->planar == PLANARCONFIG_SEPARATE ? page->samples : 1;
    unsigned char *bytes = NULL;
    enum elbow_status status = elbow_allocate(&bytes, page->block_bytes, 1, "a part of a picture", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&picture->pixels, count, page->samples * elbow_element_size(page->element),
                                "the pixels of a picture", error);
    file->reason[0] = '\0';
    file->is_decoding = true;
    for (size_t plane = 0; plane < planes && status == ELBOW_OK; ++plane)
        status = read_plane(file, page, plane, planes, bytes, picture->pixels, error);
    file->is_decoding = false;
    elbow_release(&bytes);
    if (status != ELBOW_OK)
        return status;
    invert(page, picture->pixels, count);
    if (page->has_alpha)
        drop_alpha(page, picture);
    return import_picture_turn(picture, page->orientation, error);
}
