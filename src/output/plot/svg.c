// SPDX-License-Identifier: BSD-3-Clause
// A canvas of SVG, written as text: labels stay texts, which can be searched, read aloud and restyled. Cairo's own SVG
// has outlines of letters in their place. A text says how wide it was measured (textLength), so that another font does
// not push it over its neighbours. Points of one colour in a row are one path of dots.
#include "elbow/output/detail/canvas.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/output/base64.h"

#include <stdio.h>

struct svg {
    FILE *stream;
    size_t clips;
    bool is_clipped;
    bool has_dots; // a path of dots is open
    struct elbow_ink ink;
    double radius; // of the dots
};

static void end_dots(struct svg *svg)
{
    if (svg->has_dots)
        fputs("\"/></g>\n", svg->stream);
    svg->has_dots = false;
}

static FILE *open_part(struct elbow_canvas *canvas)
{
    struct svg *svg = canvas->state;
    end_dots(svg);
    return svg->stream;
}

// A place, to a hundredth of a point.
static void put_place(FILE *stream, const char *before, double x, double y)
{
    fprintf(stream, "%s%.2f %.2f", before, x, y);
}

static void put_ink(FILE *stream, const char *what, struct elbow_ink ink)
{
    fprintf(stream, " %s=\"#%02x%02x%02x\"", what, ink.red, ink.green, ink.blue);
    if (ink.alpha < 1)
        fprintf(stream, " %s-opacity=\"%.2f\"", what, ink.alpha);
}

static void put_text(FILE *stream, const char *text)
{
    for (; *text != '\0'; ++text) {
        if (*text == '&')
            fputs("&amp;", stream);
        else if (*text == '<')
            fputs("&lt;", stream);
        else if (*text == '>')
            fputs("&gt;", stream);
        else if (*text == '"')
            fputs("&quot;", stream);
        else
            fputc(*text, stream);
    }
}

static void put_box(FILE *stream, const struct elbow_box *box)
{
    fprintf(stream, " x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"", box->x, box->y, box->width, box->height);
}

static void fill(struct elbow_canvas *canvas, const struct elbow_box *box, struct elbow_ink ink)
{
    FILE *stream = open_part(canvas);
    fputs("<rect", stream);
    put_box(stream, box);
    put_ink(stream, "fill", ink);
    fputs("/>\n", stream);
}

static void trace(FILE *stream, const double *xy, size_t count)
{
    fputs(" d=\"", stream);
    for (size_t i = 0; i < count; ++i)
        put_place(stream, i == 0 ? "M" : " L", xy[2 * i], xy[2 * i + 1]);
}

static void line(struct elbow_canvas *canvas, const double *xy, size_t count, const struct elbow_pen *pen)
{
    FILE *stream = open_part(canvas);
    fputs("<path fill=\"none\" stroke-linejoin=\"round\"", stream);
    put_ink(stream, "stroke", pen->ink);
    fprintf(stream, " stroke-width=\"%.2f\"", pen->width);
    if (pen->is_dashed)
        fprintf(stream, " stroke-dasharray=\"%.2f %.2f\"", 4 * pen->width, 2.5 * pen->width);
    trace(stream, xy, count);
    fputs("\"/>\n", stream);
}

static void area(struct elbow_canvas *canvas, const double *xy, size_t count, struct elbow_ink ink)
{
    FILE *stream = open_part(canvas);
    fputs("<path", stream);
    put_ink(stream, "fill", ink);
    trace(stream, xy, count);
    fputs("Z\"/>\n", stream);
}

static bool is_same(struct elbow_ink one, struct elbow_ink other)
{
    return one.red == other.red && one.green == other.green && one.blue == other.blue;
}

// The common attributes of the dots of a cloud are written once, in a group around their paths.
static void begin_dots(struct elbow_canvas *canvas, double radius, struct elbow_ink ink)
{
    struct svg *svg = canvas->state;
    bool is_open = svg->has_dots && svg->radius == radius && svg->ink.alpha == ink.alpha;
    if (is_open && is_same(svg->ink, ink))
        return;
    if (is_open) {
        fputs("\"/>\n", svg->stream);
    } else {
        FILE *stream = open_part(canvas);
        fprintf(stream, "<g fill=\"none\" stroke-linecap=\"round\" stroke-width=\"%.2f\" stroke-opacity=\"%.2f\">\n",
                2 * radius, ink.alpha);
    }
    fprintf(svg->stream, "<path stroke=\"#%02x%02x%02x\" d=\"", ink.red, ink.green, ink.blue);
    svg->has_dots = true;
    svg->ink = ink;
    svg->radius = radius;
}

static void mark(struct elbow_canvas *canvas, enum elbow_shape shape, double x, double y, double radius,
                 struct elbow_ink ink)
{
    struct svg *svg = canvas->state;
    if (shape != ELBOW_SHAPE_CIRCLE) {
        double xy[8];
        area(canvas, xy, elbow_shape_corners(shape, x, y, radius, xy), ink);
        return;
    }
    begin_dots(canvas, radius, ink);
    put_place(svg->stream, "M", x, y);
    fputs("h0", svg->stream);
}

static void text(struct elbow_canvas *canvas, const char *words, double x, double y,
                 const struct elbow_lettering *lettering, const struct elbow_box *box)
{
    static const char *const ANCHORS[] = {"start", "middle", "end"};
    FILE *stream = open_part(canvas);
    fprintf(stream, "<text x=\"%.2f\" y=\"%.2f\" font-size=\"%g\" text-anchor=\"%s\"", x, y, lettering->size,
            ANCHORS[lettering->anchor]);
    put_ink(stream, "fill", lettering->ink);
    if (lettering->is_bold)
        fputs(" font-weight=\"bold\"", stream);
    if (lettering->is_upward)
        fprintf(stream, " transform=\"rotate(-90 %.2f %.2f)\"", x, y);
    fprintf(stream, " textLength=\"%.2f\" lengthAdjust=\"spacingAndGlyphs\">",
            lettering->is_upward ? box->height : box->width);
    put_text(stream, words);
    fputs("</text>\n", stream);
}

static void image(struct elbow_canvas *canvas, const struct elbow_box *box, const struct elbow_picture *picture)
{
    FILE *stream = open_part(canvas);
    char *bytes = NULL;
    size_t size = 0;
    canvas->status = elbow_picture_encode(picture, "a plot", &bytes, &size, canvas->error);
    if (canvas->status != ELBOW_OK)
        return;
    fputs("<image preserveAspectRatio=\"none\" style=\"image-rendering:optimizeSpeed;image-rendering:pixelated\"",
          stream);
    put_box(stream, box);
    fputs(" xlink:href=\"data:image/png;base64,", stream);
    elbow_base64_put(stream, bytes, size);
    fputs("\"/>\n", stream);
    elbow_release(&bytes);
}

static void clip(struct elbow_canvas *canvas, const struct elbow_box *box)
{
    FILE *stream = open_part(canvas);
    struct svg *svg = canvas->state;
    if (svg->is_clipped)
        fputs("</svg>\n", stream);
    svg->is_clipped = box != NULL;
    if (box == NULL)
        return;
    // An inner <svg> clips, and needs no name that another picture on the page could have, too.
    fputs("<svg", stream);
    put_box(stream, box);
    fprintf(stream, " viewBox=\"%.2f %.2f %.2f %.2f\" overflow=\"hidden\">\n", box->x, box->y, box->width, box->height);
}

static const struct elbow_canvas_kind kind = {fill, line, area, mark, text, image, clip};

static enum elbow_status draw_text(FILE *stream, const struct elbow_drawing *drawing, struct elbow_error *error)
{
    struct svg svg = {.stream = stream};
    struct elbow_canvas canvas = {
        .kind = &kind, .width = drawing->width, .height = drawing->height, .error = error, .state = &svg};
    fprintf(
        stream,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" role=\"img\" "
        "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.2f %.2f\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n",
        drawing->width, drawing->height, drawing->width, drawing->height);
    if (drawing->title != NULL) {
        fputs("<title>", stream);
        put_text(stream, drawing->title);
        fputs("</title>\n", stream);
    }
    drawing->draw(&canvas, drawing->context);
    end_dots(&svg);
    fputs("</svg>\n", stream);
    return canvas.status;
}

enum elbow_status elbow_svg_encode(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                   struct elbow_error *error)
{
    return elbow_canvas_stream(draw_text, drawing, bytes, size, error);
}
