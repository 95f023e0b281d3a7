// SPDX-License-Identifier: BSD-3-Clause
// The drawing surface of a plot: Cairo (PNG, PDF), SVG, in which text stays text, or one of a test, which examines the
// calls. Units are points, from the upper left corner. The canvas stores an error, and ignores later calls.
#ifndef ELBOW_OUTPUT_DETAIL_CANVAS_H
#define ELBOW_OUTPUT_DETAIL_CANVAS_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"
#include "elbow/output/image.h"

#include <stdint.h>
#include <stdio.h>

ELBOW_C_BEGIN

struct elbow_ink {
    uint8_t red, green, blue;
    double alpha; // 0 to 1
};

struct elbow_box {
    double x, y, width, height; // of the upper left corner; of all
};

struct elbow_pen {
    struct elbow_ink ink;
    double width;
    bool is_dashed;
};

enum elbow_shape { ELBOW_SHAPE_CIRCLE, ELBOW_SHAPE_SQUARE, ELBOW_SHAPE_TRIANGLE, ELBOW_SHAPE_DIAMOND, ELBOW_SHAPES };

enum elbow_anchor { ELBOW_ANCHOR_START, ELBOW_ANCHOR_MIDDLE, ELBOW_ANCHOR_END };

struct elbow_lettering {
    double size;
    bool is_bold, is_upward; // upward: turned by 90 degrees, read from below
    enum elbow_anchor anchor;
    struct elbow_ink ink;
};

enum { ELBOW_LETTERS = 256 }; // bytes of a label, its end included

struct elbow_canvas;

struct elbow_canvas_kind {
    void (*fill)(struct elbow_canvas *canvas, const struct elbow_box *box, struct elbow_ink ink);
    void (*line)(struct elbow_canvas *canvas, const double *xy, size_t count, const struct elbow_pen *pen);
    void (*area)(struct elbow_canvas *canvas, const double *xy, size_t count, struct elbow_ink ink);
    void (*mark)(struct elbow_canvas *canvas, enum elbow_shape shape, double x, double y, double radius,
                 struct elbow_ink ink);
    // On the base line at (x, y); the box is the extent of the text.
    void (*text)(struct elbow_canvas *canvas, const char *text, double x, double y,
                 const struct elbow_lettering *lettering, const struct elbow_box *box);
    void (*image)(struct elbow_canvas *canvas, const struct elbow_box *box, const struct elbow_picture *picture);
    void (*clip)(struct elbow_canvas *canvas, const struct elbow_box *box); // NULL: no more
};

struct elbow_canvas {
    const struct elbow_canvas_kind *kind;
    double width, height;
    enum elbow_status status;
    struct elbow_error *error;
    void *state; // the kind's
};

// Local. A text that is safe to draw: masked, and truncated to ELBOW_LETTERS.
void elbow_canvas_letters(const char *text, char letters[ELBOW_LETTERS]);

// Local. Draws a text, masked, truncated with "..." to a width of at most `most`; nothing if not even that fits.
void elbow_canvas_write(struct elbow_canvas *canvas, const char *text, double x, double y, double most,
                        const struct elbow_lettering *lettering);

// Local. The width of a text, masked.
double elbow_canvas_width(const char *text, double size, bool is_bold);

// Local. The corners of a shape that is not a circle: their number, x and y of each.
size_t elbow_shape_corners(enum elbow_shape shape, double x, double y, double radius, double xy[8]);

// Local. By Cairo: of a masked text.
double elbow_cairo_width(const char *text, double size, bool is_bold);

// Local. Pictures of `scale` pixels a point, and pages, by Cairo. *bytes as elbow_plot_encode gives them.
typedef void elbow_draw(struct elbow_canvas *canvas, const void *context);
struct elbow_drawing {
    double width, height;
    elbow_draw *draw;
    const void *context;
    const char *path;  // for sentences
    const char *title; // or NULL
};

// Local. The output of `write` to a stream, as *bytes (zero-terminated). MEMORY.
typedef enum elbow_status elbow_canvas_writer(FILE *stream, const struct elbow_drawing *drawing,
                                              struct elbow_error *error);
enum elbow_status elbow_canvas_stream(elbow_canvas_writer *write, const struct elbow_drawing *drawing, char **bytes,
                                      size_t *size, struct elbow_error *error);

enum elbow_status elbow_cairo_png(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                  struct elbow_error *error);
enum elbow_status elbow_cairo_pdf(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                  struct elbow_error *error);
enum elbow_status elbow_svg_encode(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                   struct elbow_error *error);

// Local. The colour of a group or a series: those of Okabe and Ito for at most eight, otherwise of a longer list,
// distinguishable under deuteranopia and protanopia. Negative: grey.
enum { ELBOW_COLOURS_FEW = 8, ELBOW_COLOURS_MANY = 20 };
struct elbow_ink elbow_group_ink(int group, size_t groups);

// Local. The shape of a group's points: after ELBOW_COLOURS_MANY groups the colours repeat with another shape.
enum elbow_shape elbow_group_shape(int group);

// Local. Viridis from 0 to 1; grey for values that are not finite.
struct elbow_ink elbow_value_ink(double share);

ELBOW_C_END

#endif
