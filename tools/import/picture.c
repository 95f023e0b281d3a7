// SPDX-License-Identifier: BSD-3-Clause
// Pictures upright: cameras store them as the sensor lies, and note how they are to be turned.
#include "picture.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { ORIENTATION_TAG = 0x0112, TYPE_SHORT = 3, ENTRY_BYTES = 12 };

unsigned import_over_black(unsigned value, unsigned alpha, unsigned white)
{
    return (unsigned)(((uint64_t)value * alpha + white / 2) / white);
}

enum elbow_status import_picture_turn(struct import_picture *picture, int orientation, struct elbow_error *error)
{
    if (orientation < 2 || orientation > 8)
        return ELBOW_OK;
    bool is_swapped = orientation >= 5; // rows become columns
    bool from_below = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    size_t pixel = picture->channels * elbow_element_size(picture->element);
    size_t height = is_swapped ? picture->width : picture->height;
    size_t width = is_swapped ? picture->height : picture->width;
    unsigned char *turned;
    enum elbow_status status = elbow_allocate(&turned, height * width, pixel, "a picture", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t y = 0; y < height; ++y)
        for (size_t x = 0; x < width; ++x) {
            size_t row = is_swapped ? x : y, column = is_swapped ? y : x;
            row = from_below ? picture->height - 1 - row : row;
            column = from_right ? picture->width - 1 - column : column;
            memcpy(turned + (y * width + x) * pixel,
                   (const char *)picture->pixels + (row * picture->width + column) * pixel, pixel);
        }
    elbow_release(&picture->pixels);
    picture->pixels = turned;
    picture->height = height;
    picture->width = width;
    picture->is_turned = true;
    return ELBOW_OK;
}

static uint32_t number_at(const unsigned char *bytes, size_t count, bool is_big)
{
    uint32_t number = 0;
    for (size_t i = 0; i < count; ++i)
        number = number << 8 | bytes[is_big ? i : count - 1 - i];
    return number;
}

int import_exif_orientation(const unsigned char *bytes, size_t size)
{
    static const unsigned char HEAD[6] = {'E', 'x', 'i', 'f', 0, 0};
    if (size < sizeof HEAD + 8 || memcmp(bytes, HEAD, sizeof HEAD) != 0)
        return 1;
    bytes += sizeof HEAD;
    size -= sizeof HEAD;
    bool is_big = bytes[0] == 'M';
    size_t at = number_at(bytes + 4, 4, is_big);
    if (at > size - 2)
        return 1;
    size_t entries = number_at(bytes + at, 2, is_big);
    at += 2;
    for (size_t i = 0; i < entries && size - at >= ENTRY_BYTES; ++i, at += ENTRY_BYTES)
        if (number_at(bytes + at, 2, is_big) == ORIENTATION_TAG && number_at(bytes + at + 2, 2, is_big) == TYPE_SHORT)
            return (int)number_at(bytes + at + 8, 2, is_big);
    return 1;
}
