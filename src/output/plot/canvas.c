// SPDX-License-Identifier: BSD-3-Clause
// Common parts of all canvases: colours, shapes, a stream for their output.
#include "elbow/output/detail/canvas.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

size_t elbow_shape_corners(enum elbow_shape shape, double x, double y, double radius, double xy[8])
{
    static const double SQUARE[8] = {-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9};
    static const double TRIANGLE[8] = {0, -1.2, 1.1, 0.8, -1.1, 0.8};
    static const double DIAMOND[8] = {0, -1.3, 1.3, 0, 0, 1.3, -1.3, 0};
    const double *corners = shape == ELBOW_SHAPE_SQUARE ? SQUARE : shape == ELBOW_SHAPE_TRIANGLE ? TRIANGLE : DIAMOND;
    size_t count = shape == ELBOW_SHAPE_TRIANGLE ? 3 : 4;
    for (size_t i = 0; i < count; ++i) {
        xy[2 * i] = x + radius * corners[2 * i];
        xy[2 * i + 1] = y + radius * corners[2 * i + 1];
    }
    return count;
}

static struct elbow_ink ink_of(uint32_t colour)
{
    return (struct elbow_ink){(uint8_t)(colour >> 16), (uint8_t)(colour >> 8), (uint8_t)colour, 1};
}

static const uint32_t GREY = 0xb0b0b0;

// The colours of Okabe and Ito, then those farthest from all previous ones, found by a search with the simulation of
// colour blindness in the unit test.
struct elbow_ink elbow_group_ink(int group, size_t groups)
{
    static const uint32_t COLOURS[ELBOW_COLOURS_MANY] = {
        0x0072b2, 0xd55e00, 0x009e73, 0xe69f00, 0xcc79a7, 0x56b4e9, 0xf0e442, 0x000000, 0x880055, 0x7766ff,
        0x00ee88, 0x554400, 0x0000ff, 0xdd1144, 0x99bb99, 0x337777, 0xdd00cc, 0xbb9955, 0xffccdd, 0x2233aa};
    if (group < 0)
        return ink_of(GREY);
    return ink_of(COLOURS[group % (groups <= ELBOW_COLOURS_FEW ? ELBOW_COLOURS_FEW : ELBOW_COLOURS_MANY)]);
}

enum elbow_shape elbow_group_shape(int group)
{
    return group < 0 ? ELBOW_SHAPE_CIRCLE : (enum elbow_shape)(group / ELBOW_COLOURS_MANY % ELBOW_SHAPES);
}

// Viridis at ten places, straight in between.
struct elbow_ink elbow_value_ink(double share)
{
    static const uint32_t PLACES[] = {0x440154, 0x482878, 0x3e4a89, 0x31688e, 0x26828e,
                                      0x1f9e89, 0x35b779, 0x6dcd59, 0xb4de2c, 0xfde725};
    enum { PARTS = sizeof PLACES / sizeof *PLACES - 1 };
    if (!isfinite(share))
        return ink_of(GREY);
    double at = fmax(0, fmin(1, share)) * PARTS;
    size_t i = at >= PARTS ? PARTS - 1 : (size_t)at;
    double rest = at - (double)i;
    struct elbow_ink from = ink_of(PLACES[i]), to = ink_of(PLACES[i + 1]);
    return (struct elbow_ink){(uint8_t)(from.red + rest * (to.red - from.red) + 0.5),
                              (uint8_t)(from.green + rest * (to.green - from.green) + 0.5),
                              (uint8_t)(from.blue + rest * (to.blue - from.blue) + 0.5), 1};
}

enum elbow_status elbow_canvas_stream(elbow_canvas_writer *write, const struct elbow_drawing *drawing, char **bytes,
                                      size_t *size, struct elbow_error *error)
{
    char *text = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&text, &length);
    *bytes = NULL;
    if (stream == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "%s: out of memory for a picture", drawing->path);
    enum elbow_status status = write(stream, drawing, error);
    bool is_whole = fclose(stream) == 0;
    if (status == ELBOW_OK && !is_whole)
        status = elbow_error_set(error, ELBOW_MEMORY, "%s: out of memory for a picture", drawing->path);
    if (status == ELBOW_OK)
        status = elbow_allocate(bytes, length + 1, 1, "a picture", error);
    if (status == ELBOW_OK) {
        memcpy(*bytes, text, length);
        *size = length;
    }
    free(text);
    return status;
}
