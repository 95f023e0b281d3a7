// SPDX-License-Identifier: BSD-3-Clause
// Canvases of Cairo, and the only caller of it: pixels, which libpng packs (output/image), and pages of PDF. Letters
// are neither hinted nor fitted to pixels, so a text is as wide as it was measured. If the machine has no font, Cairo
// draws one of its own.
#include "elbow/output/detail/canvas.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <cairo-pdf.h>
#include <cairo.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SCALE = 2, SIDE_MAX = 16384, TURN = 360 }; // pixels a point; pixels of a side
static const double DEGREE = 0.017453292519943295;

static void choose_font(cairo_t *cairo, double size, bool is_bold)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_set_font_options(cairo, options);
    cairo_font_options_destroy(options);
    cairo_select_font_face(cairo, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
                           is_bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, size);
}

double elbow_cairo_width(const char *text, double size, bool is_bold)
{
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *cairo = cairo_create(surface);
    cairo_text_extents_t extents = {0};
    choose_font(cairo, size, is_bold);
    cairo_text_extents(cairo, text, &extents);
    cairo_destroy(cairo);
    cairo_surface_destroy(surface);
    return extents.x_advance;
}

static void take_ink(cairo_t *cairo, struct elbow_ink ink)
{
    cairo_set_source_rgba(cairo, ink.red / 255.0, ink.green / 255.0, ink.blue / 255.0, ink.alpha);
}

static void fill(struct elbow_canvas *canvas, const struct elbow_box *box, struct elbow_ink ink)
{
    take_ink(canvas->state, ink);
    cairo_rectangle(canvas->state, box->x, box->y, box->width, box->height);
    cairo_fill(canvas->state);
}

static void trace(cairo_t *cairo, const double *xy, size_t count)
{
    cairo_new_path(cairo); // because a text leaves its end as the current point
    for (size_t i = 0; i < count; ++i)
        cairo_line_to(cairo, xy[2 * i], xy[2 * i + 1]);
}

static void line(struct elbow_canvas *canvas, const double *xy, size_t count, const struct elbow_pen *pen)
{
    const double dashes[] = {4 * pen->width, 2.5 * pen->width};
    take_ink(canvas->state, pen->ink);
    cairo_set_line_width(canvas->state, pen->width);
    cairo_set_line_join(canvas->state, CAIRO_LINE_JOIN_ROUND);
    cairo_set_dash(canvas->state, dashes, pen->is_dashed ? 2 : 0, 0);
    trace(canvas->state, xy, count);
    cairo_stroke(canvas->state);
}

static void area(struct elbow_canvas *canvas, const double *xy, size_t count, struct elbow_ink ink)
{
    take_ink(canvas->state, ink);
    trace(canvas->state, xy, count);
    cairo_close_path(canvas->state);
    cairo_fill(canvas->state);
}

static void mark(struct elbow_canvas *canvas, enum elbow_shape shape, double x, double y, double radius,
                 struct elbow_ink ink)
{
    if (shape == ELBOW_SHAPE_CIRCLE) {
        take_ink(canvas->state, ink);
        cairo_new_path(canvas->state);
        cairo_arc(canvas->state, x, y, radius, 0, TURN * DEGREE);
        cairo_fill(canvas->state);
        return;
    }
    double xy[8];
    area(canvas, xy, elbow_shape_corners(shape, x, y, radius, xy), ink);
}

static void text(struct elbow_canvas *canvas, const char *words, double x, double y,
                 const struct elbow_lettering *lettering, const struct elbow_box *box)
{
    double length = lettering->is_upward ? box->height : box->width;
    double back = length * (lettering->anchor == ELBOW_ANCHOR_END      ? 1
                            : lettering->anchor == ELBOW_ANCHOR_MIDDLE ? 0.5
                                                                       : 0);
    cairo_save(canvas->state);
    choose_font(canvas->state, lettering->size, lettering->is_bold);
    take_ink(canvas->state, lettering->ink);
    cairo_translate(canvas->state, x, y);
    if (lettering->is_upward)
        cairo_rotate(canvas->state, -90 * DEGREE);
    cairo_move_to(canvas->state, -back, 0);
    cairo_show_text(canvas->state, words);
    cairo_restore(canvas->state);
}

// Cairo's pixels are words of 32 bits.
static void image(struct elbow_canvas *canvas, const struct elbow_box *box, const struct elbow_picture *picture)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)picture->width, (int)picture->height);
    cairo_t *cairo = canvas->state;
    if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS) {
        unsigned char *pixels = cairo_image_surface_get_data(surface);
        size_t stride = (size_t)cairo_image_surface_get_stride(surface);
        cairo_surface_flush(surface);
        for (size_t y = 0; y < picture->height; ++y)
            for (size_t x = 0; x < picture->width; ++x) {
                const uint8_t *from = picture->pixels + (y * picture->width + x) * 3;
                uint32_t word = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];
                memcpy(pixels + y * stride + 4 * x, &word, sizeof word);
            }
        cairo_surface_mark_dirty(surface);
    }
    cairo_save(cairo);
    cairo_translate(cairo, box->x, box->y);
    cairo_scale(cairo, box->width / (double)picture->width, box->height / (double)picture->height);
    cairo_set_source_surface(cairo, surface, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(cairo), CAIRO_FILTER_NEAREST);
    cairo_rectangle(cairo, 0, 0, (double)picture->width, (double)picture->height);
    cairo_fill(cairo);
    cairo_restore(cairo);
    cairo_surface_destroy(surface);
}

static void clip(struct elbow_canvas *canvas, const struct elbow_box *box)
{
    cairo_reset_clip(canvas->state);
    if (box == NULL)
        return;
    cairo_rectangle(canvas->state, box->x, box->y, box->width, box->height);
    cairo_clip(canvas->state);
}

static const struct elbow_canvas_kind kind = {fill, line, area, mark, text, image, clip};

static enum elbow_status told(cairo_status_t trouble, const char *path, struct elbow_error *error)
{
    if (trouble == CAIRO_STATUS_SUCCESS)
        return ELBOW_OK;
    return elbow_error_set(error, trouble == CAIRO_STATUS_NO_MEMORY ? ELBOW_MEMORY : ELBOW_OUTPUT,
                           "%s: the picture cannot be made: %s", path, cairo_status_to_string(trouble));
}

// Draws; the sentence is of the first trouble, the canvas's or Cairo's.
static enum elbow_status draw_on(cairo_surface_t *surface, double scale, const struct elbow_drawing *drawing,
                                 struct elbow_error *error)
{
    cairo_t *cairo = cairo_create(surface);
    struct elbow_canvas canvas = {
        .kind = &kind, .width = drawing->width, .height = drawing->height, .error = error, .state = cairo};
    cairo_scale(cairo, scale, scale);
    drawing->draw(&canvas, drawing->context);
    cairo_status_t trouble = cairo_status(cairo);
    cairo_destroy(cairo);
    cairo_surface_flush(surface);
    if (trouble == CAIRO_STATUS_SUCCESS)
        trouble = cairo_surface_status(surface);
    return canvas.status == ELBOW_OK ? told(trouble, drawing->path, error) : canvas.status;
}

static enum elbow_status pack(const unsigned char *pixels, size_t stride, struct elbow_picture *picture,
                              const char *path, char **bytes, size_t *size, struct elbow_error *error)
{
    enum elbow_status status =
        elbow_allocate(&picture->pixels, picture->height * picture->width, 3, "a picture", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t y = 0; y < picture->height; ++y)
        for (size_t x = 0; x < picture->width; ++x) {
            uint32_t word;
            memcpy(&word, pixels + y * stride + 4 * x, sizeof word);
            for (unsigned c = 0; c < 3; ++c)
                picture->pixels[(y * picture->width + x) * 3 + c] = (uint8_t)(word >> (16 - 8 * c));
        }
    status = elbow_picture_encode(picture, path, bytes, size, error);
    elbow_picture_clear(picture);
    return status;
}

enum elbow_status elbow_cairo_png(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                  struct elbow_error *error)
{
    struct elbow_picture picture = {
        .height = (size_t)ceil(SCALE * drawing->height), .width = (size_t)ceil(SCALE * drawing->width), .channels = 3};
    if (picture.height > SIDE_MAX || picture.width > SIDE_MAX)
        return elbow_error_set(error, ELBOW_OUTPUT,
                               "%s: a picture of %zu x %zu pixels is too large; write a PDF or SVG instead",
                               drawing->path, picture.width, picture.height);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)picture.width, (int)picture.height);
    enum elbow_status status = draw_on(surface, SCALE, drawing, error);
    if (status == ELBOW_OK)
        status = pack(cairo_image_surface_get_data(surface), (size_t)cairo_image_surface_get_stride(surface), &picture,
                      drawing->path, bytes, size, error);
    cairo_surface_destroy(surface);
    return status;
}

static cairo_status_t take_bytes(void *stream, const unsigned char *bytes, unsigned length)
{
    return fwrite(bytes, 1, length, stream) == length ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

// A file without a date: the same plot, the same bytes.
static enum elbow_status draw_page(FILE *stream, const struct elbow_drawing *drawing, struct elbow_error *error)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take_bytes, stream, drawing->width, drawing->height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "1970-01-01T00:00:00Z");
    if (drawing->title != NULL)
        cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, drawing->title);
    enum elbow_status status = draw_on(surface, 1, drawing, error);
    cairo_surface_finish(surface); // writes the rest
    if (status == ELBOW_OK)
        status = told(cairo_surface_status(surface), drawing->path, error);
    cairo_surface_destroy(surface);
    return status;
}

enum elbow_status elbow_cairo_pdf(const struct elbow_drawing *drawing, char **bytes, size_t *size,
                                  struct elbow_error *error)
{
    return elbow_canvas_stream(draw_page, drawing, bytes, size, error);
}
