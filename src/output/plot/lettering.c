// SPDX-License-Identifier: BSD-3-Clause
// Texts of a plot: masked, and cut to their room.
#include "elbow/base/mask.h"
#include "elbow/base/text.h"
#include "elbow/output/detail/canvas.h"

#include <string.h>

// A text that is too long is cut between two characters.
void elbow_canvas_letters(const char *text, char letters[ELBOW_LETTERS])
{
    elbow_text_format(letters, ELBOW_LETTERS, "%s", text);
    size_t length = strlen(letters), begin = length;
    uint32_t character;
    if (text[length] != '\0') {
        while (begin > 0 && ((unsigned char)letters[begin - 1] & 0xc0) == 0x80)
            --begin;
        if (begin > 0 && elbow_mask_read(letters + begin - 1, &character) != length - begin + 1)
            letters[begin - 1] = '\0';
    }
    elbow_mask(letters);
}

double elbow_canvas_width(const char *text, double size, bool is_bold)
{
    char letters[ELBOW_LETTERS];
    elbow_canvas_letters(text, letters);
    return elbow_cairo_width(letters, size, is_bold);
}

// Replaces the last character by an ellipsis; false if none is left.
static bool shorten(char *letters, size_t *length)
{
    while (*length > 0 && ((unsigned char)letters[*length - 1] & 0xc0) == 0x80)
        --*length;
    if (*length <= 1)
        return false;
    --*length;
    while (*length > 0 && letters[*length - 1] == ' ')
        --*length;
    elbow_text_format(letters + *length, ELBOW_LETTERS + 4 - *length, "...");
    return true;
}

static struct elbow_box box_of(double x, double y, double width, const struct elbow_lettering *lettering)
{
    double back = width * (lettering->anchor == ELBOW_ANCHOR_END      ? 1
                           : lettering->anchor == ELBOW_ANCHOR_MIDDLE ? 0.5
                                                                      : 0);
    double above = 0.8 * lettering->size;
    if (lettering->is_upward)
        return (struct elbow_box){x - above, y + back - width, lettering->size, width};
    return (struct elbow_box){x - back, y - above, width, lettering->size};
}

void elbow_canvas_write(struct elbow_canvas *canvas, const char *text, double x, double y, double most,
                        const struct elbow_lettering *lettering)
{
    char letters[ELBOW_LETTERS + 4];
    if (canvas->status != ELBOW_OK || text == NULL)
        return;
    elbow_canvas_letters(text, letters);
    size_t length = strlen(letters);
    double width;
    while ((width = elbow_cairo_width(letters, lettering->size, lettering->is_bold)) > most)
        if (!shorten(letters, &length))
            return;
    if (length == 0)
        return;
    struct elbow_box box = box_of(x, y, width, lettering);
    canvas->kind->text(canvas, letters, x, y, lettering, &box);
}
