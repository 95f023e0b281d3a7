// SPDX-License-Identifier: BSD-3-Clause
// Masking. UTF-8 is read by hand: the program runs in the C locale, whatever the terminal's is.
#include "elbow/base/mask.h"

#include <string.h>

// The bytes of a character by its first one, and the bits that this byte holds; 0: no character begins so.
static size_t length_of(unsigned char first, uint32_t *bits)
{
    if (first >= 0xc2 && first < 0xe0) {
        *bits = first & 0x1fu;
        return 2;
    }
    if (first >= 0xe0 && first < 0xf0) {
        *bits = first & 0x0fu;
        return 3;
    }
    if (first >= 0xf0 && first < 0xf5) {
        *bits = first & 0x07u;
        return 4;
    }
    *bits = first;
    return first < 0x80 ? 1 : 0;
}

size_t elbow_mask_read(const char *text, uint32_t *character)
{
    static const uint32_t LEAST[] = {0, 1, 0x80, 0x800, 0x10000}; // by length: what is less was written too long
    const unsigned char *bytes = (const unsigned char *)text;
    if (*bytes == '\0')
        return 0;
    uint32_t value;
    size_t length = length_of(*bytes, &value);
    for (size_t i = 1; i < length; ++i) {
        if ((bytes[i] & 0xc0) != 0x80) // the end among them
            return 0;
        value = value << 6 | (bytes[i] & 0x3fu);
    }
    if (length == 0 || value < LEAST[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
        return 0;
    *character = value;
    return length;
}

bool elbow_mask_hides(uint32_t character)
{
    static const struct {
        uint32_t first, last;
    } HIDDEN[] = {{0, 0x1f}, {0x7f, 0x9f}, {0x2028, 0x202e}, {0x2066, 0x2069}};
    for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; ++i)
        if (character >= HIDDEN[i].first && character <= HIDDEN[i].last)
            return true;
    return false;
}

// The bytes of what the text begins with, at least one; *stays: whether they may be seen.
static size_t look(const char *text, const char *kept, bool *stays)
{
    uint32_t character;
    size_t length = elbow_mask_read(text, &character);
    *stays = length > 0 && (!elbow_mask_hides(character) || (length == 1 && strchr(kept, *text) != NULL));
    return length > 0 ? length : 1;
}

void elbow_mask(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        bool stays;
        size_t length = look(from, "", &stays);
        if (stays)
            memmove(to, from, length);
        else
            *to = '?';
        to += stays ? length : 1;
        from += length;
    }
    *to = '\0';
}

void elbow_mask_print_lines(FILE *out, const char *text)
{
    while (*text != '\0') {
        bool stays;
        size_t length = look(text, "\n\t", &stays);
        if (stays)
            fwrite(text, 1, length, out);
        else
            fputc('?', out);
        text += length;
    }
}
