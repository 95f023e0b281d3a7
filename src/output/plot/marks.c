// SPDX-License-Identifier: BSD-3-Clause
// Lines, points, bars and rasters in the area of a panel. Points far outside are moved near it, because the coordinates
// of renderers are limited. If a line has many values in a column of dots, only the first, the last and the extremes
// are drawn.
#include "elbow/output/detail/plot_panel.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum { CELLS_MOST = 2048 };          // of a raster's side, that are drawn; of more, every n-th
static const double FAR_OFF = 20000; // points
static const double COLUMN = 0.5;    // points, in which a line's values fall together
static const double LINE_WIDTH = 1.5, BAND_ALPHA = 0.2;

static double bring_near(double place)
{
    return fmax(-FAR_OFF, fmin(FAR_OFF, place));
}

double elbow_frame_x(const struct elbow_frame *frame, double value)
{
    double place = elbow_scale_place(&frame->x, value);
    return isnan(place) ? NAN : bring_near(frame->area.x + place * frame->area.width);
}

double elbow_frame_y(const struct elbow_frame *frame, double value)
{
    double place = elbow_scale_place(&frame->y, value);
    return isnan(place) ? NAN : bring_near(frame->area.y + (1 - place) * frame->area.height);
}

struct elbow_ink elbow_series_ink(const struct elbow_plot_panel *panel, size_t i)
{
    int colour = panel->series[i].colour, most = (int)panel->series_count - 1;
    for (size_t s = 0; s < panel->series_count; ++s)
        if (panel->series[s].colour - 1 > most)
            most = panel->series[s].colour - 1;
    return elbow_group_ink(colour > 0 ? colour - 1 : (int)i, (size_t)most + 1);
}

// A pixel of the picture of a raster, with rows from the top and columns from the left.
static void take_cell(const struct elbow_frame *frame, size_t row, size_t column, uint8_t *pixel)
{
    const struct elbow_plot_raster *raster = frame->panel->raster;
    size_t channels = raster->channels;
    const double *value = raster->value + (row * raster->columns + column) * (channels == 0 ? 1 : channels);
    if (channels == 0) {
        struct elbow_ink ink = elbow_value_ink(elbow_scale_place(&frame->cells.scale, *value));
        pixel[0] = ink.red;
        pixel[1] = ink.green;
        pixel[2] = ink.blue;
        return;
    }
    for (size_t c = 0; c < 3; ++c) {
        double level = value[channels == 1 ? 0 : c];
        pixel[c] = level > 0 ? (uint8_t)(fmin(level, 1) * 255 + 0.5) : 0; // NaN: black
    }
}

void elbow_frame_draw_raster(struct elbow_canvas *canvas, const struct elbow_frame *frame)
{
    const struct elbow_plot_raster *raster = frame->panel->raster;
    if (raster == NULL || raster->rows == 0 || raster->columns == 0 || canvas->status != ELBOW_OK)
        return;
    double left = elbow_frame_x(frame, raster->x0), right = elbow_frame_x(frame, raster->x1);
    double top = elbow_frame_y(frame, raster->y1), bottom = elbow_frame_y(frame, raster->y0);
    struct elbow_box box = {fmin(left, right), fmin(top, bottom), fabs(right - left), fabs(bottom - top)};
    size_t row_step = (raster->rows - 1) / CELLS_MOST + 1, column_step = (raster->columns - 1) / CELLS_MOST + 1;
    struct elbow_picture picture = {
        .height = (raster->rows - 1) / row_step + 1, .width = (raster->columns - 1) / column_step + 1, .channels = 3};
    canvas->status =
        elbow_allocate(&picture.pixels, picture.height * picture.width, 3, "the picture of a raster", canvas->error);
    if (canvas->status != ELBOW_OK)
        return;
    for (size_t y = 0; y < picture.height; ++y)
        for (size_t x = 0; x < picture.width; ++x) {
            size_t row = top < bottom ? picture.height - 1 - y : y, column = left < right ? x : picture.width - 1 - x;
            take_cell(frame, row * row_step, column * column_step, picture.pixels + (y * picture.width + x) * 3);
        }
    if (box.width > 0 && box.height > 0)
        canvas->kind->image(canvas, &box, &picture);
    elbow_picture_clear(&picture);
}

// Corners of a line that is being drawn.
struct run {
    double *xy; // owned; room for all
    size_t count;
};

static void add_corner(struct run *run, double x, double y)
{
    run->xy[2 * run->count] = x;
    run->xy[2 * run->count + 1] = y;
    ++run->count;
}

// Removes the corners of a line that would fall into the same column of dots.
static size_t thin_out(double *xy, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count;) {
        size_t end = i + 1, least = i, most = i;
        for (; end < count && floor(xy[2 * end] / COLUMN) == floor(xy[2 * i] / COLUMN); ++end) {
            least = xy[2 * end + 1] < xy[2 * least + 1] ? end : least;
            most = xy[2 * end + 1] > xy[2 * most + 1] ? end : most;
        }
        size_t picks[4] = {i, least < most ? least : most, least < most ? most : least, end - 1};
        for (size_t p = 0, last = SIZE_MAX; p < 4; ++p) {
            if (picks[p] == last)
                continue;
            last = picks[p];
            memmove(xy + 2 * kept++, xy + 2 * last, 2 * sizeof *xy);
        }
        i = end;
    }
    return kept;
}

static void end_line(struct elbow_canvas *canvas, struct run *run, const struct elbow_pen *pen)
{
    if (run->count == 1) { // a value between two gaps
        canvas->kind->mark(canvas, ELBOW_SHAPE_CIRCLE, run->xy[0], run->xy[1], pen->width, pen->ink);
    } else if (run->count > 1) {
        run->count = thin_out(run->xy, run->count);
        canvas->kind->line(canvas, run->xy, run->count, pen);
    }
    run->count = 0;
}

static void draw_line(struct elbow_canvas *canvas, const struct elbow_frame *frame,
                      const struct elbow_plot_series *series, struct elbow_ink ink, struct run *run)
{
    struct elbow_pen pen = {ink, LINE_WIDTH, series->is_dashed};
    for (size_t i = 0; i < series->count; ++i) {
        double x = elbow_frame_x(frame, series->x[i]), y = elbow_frame_y(frame, series->y[i]);
        if (isnan(x) || isnan(y) || !isfinite(series->x[i]) || !isfinite(series->y[i])) {
            end_line(canvas, run, &pen);
            continue;
        }
        if (series->mark == ELBOW_PLOT_STEPS && run->count > 0)
            add_corner(run, x, run->xy[2 * run->count - 1]);
        add_corner(run, x, y);
    }
    end_line(canvas, run, &pen);
}

// The band of a line: along its upper ends and back along the lower ones.
static void draw_band(struct elbow_canvas *canvas, const struct elbow_frame *frame,
                      const struct elbow_plot_series *series, struct elbow_ink ink, struct run *run)
{
    run->count = 0;
    for (size_t k = 0; k < 2 * series->count; ++k) {
        size_t i = k < series->count ? k : 2 * series->count - 1 - k;
        double x = elbow_frame_x(frame, series->x[i]);
        double ends[2] = {elbow_frame_y(frame, series->low[i]), elbow_frame_y(frame, series->high[i])};
        if (!isnan(x) && !isnan(ends[0]) && !isnan(ends[1]))
            add_corner(run, x, ends[k < series->count]);
    }
    ink.alpha = BAND_ALPHA;
    if (run->count > 2)
        canvas->kind->area(canvas, run->xy, run->count, ink);
    run->count = 0;
}

static void draw_interval(struct elbow_canvas *canvas, const struct elbow_frame *frame,
                          const struct elbow_plot_series *series, size_t i, double x, struct elbow_ink ink)
{
    if (series->low == NULL || series->high == NULL)
        return;
    double low = elbow_frame_y(frame, series->low[i]), high = elbow_frame_y(frame, series->high[i]);
    struct elbow_pen pen = {ink, 1, false};
    const double line[] = {x, low, x, high}, foot[] = {x - 3, low, x + 3, low}, head[] = {x - 3, high, x + 3, high};
    if (isnan(low) || isnan(high))
        return;
    canvas->kind->line(canvas, line, 2, &pen);
    canvas->kind->line(canvas, foot, 2, &pen);
    canvas->kind->line(canvas, head, 2, &pen);
}

static double radius_of(size_t count)
{
    return count < 200 ? 3 : count < 2000 ? 2.2 : count < 20000 ? 1.5 : 1;
}

static void draw_points(struct elbow_canvas *canvas, const struct elbow_frame *frame,
                        const struct elbow_plot_series *series, struct elbow_ink own)
{
    double radius = radius_of(series->count);
    for (size_t i = 0; i < series->count; ++i) {
        double x = elbow_frame_x(frame, series->x[i]), y = elbow_frame_y(frame, series->y[i]);
        if (isnan(x) || isnan(y) || !isfinite(series->x[i]) || !isfinite(series->y[i]))
            continue;
        struct elbow_ink ink = own;
        enum elbow_shape shape = ELBOW_SHAPE_CIRCLE;
        if (series->value != NULL) {
            ink = elbow_value_ink(elbow_scale_place(&frame->values.scale, series->value[i]));
        } else if (series->group != NULL) {
            ink = elbow_group_ink(series->group[i], frame->panel->group_count);
            shape = elbow_group_shape(series->group[i]);
        }
        draw_interval(canvas, frame, series, i, x, ink);
        ink.alpha = series->count < 2000 ? 0.9 : 0.75;
        canvas->kind->mark(canvas, shape, x, y, radius, ink);
    }
}

// Bars of several series are side by side; the place of this series among them.
static void draw_bars(struct elbow_canvas *canvas, const struct elbow_frame *frame, size_t which, struct elbow_ink ink)
{
    const struct elbow_plot_series *series = &frame->panel->series[which];
    size_t before = 0, all = 0;
    for (size_t s = 0; s < frame->panel->series_count; ++s)
        if (frame->panel->series[s].mark == ELBOW_PLOT_BARS) {
            before += s < which;
            ++all;
        }
    double distance = series->count > 1 ? fabs(series->x[1] - series->x[0]) : 1;
    double share = frame->panel->x.names != NULL || all > 1 ? 0.8 : 0.96, width = distance * share / (double)all;
    for (size_t i = 0; i < series->count; ++i) {
        double begin = series->x[i] - distance * share / 2 + width * (double)before;
        double left = elbow_frame_x(frame, begin), right = elbow_frame_x(frame, begin + width);
        double y = elbow_frame_y(frame, series->y[i]), zero = elbow_frame_y(frame, 0);
        if (isnan(zero))
            zero = frame->area.y + frame->area.height;
        if (isnan(left) || isnan(right) || isnan(y) || !isfinite(series->y[i]))
            continue;
        struct elbow_box box = {left, fmin(y, zero), right - left, fabs(zero - y)};
        canvas->kind->fill(canvas, &box, ink);
        draw_interval(canvas, frame, series, i, left + box.width / 2, (struct elbow_ink){0, 0, 0, 1});
    }
}

void elbow_frame_draw_series(struct elbow_canvas *canvas, const struct elbow_frame *frame)
{
    for (size_t s = 0; s < frame->panel->series_count && canvas->status == ELBOW_OK; ++s) {
        const struct elbow_plot_series *series = &frame->panel->series[s];
        struct elbow_ink ink = elbow_series_ink(frame->panel, s);
        struct run run = {0};
        if (series->mark == ELBOW_PLOT_POINTS) {
            draw_points(canvas, frame, series, ink);
        } else if (series->mark == ELBOW_PLOT_BARS) {
            draw_bars(canvas, frame, s, ink);
        } else {
            canvas->status = elbow_allocate(&run.xy, series->count, 4 * sizeof(double), "a curve", canvas->error);
            if (canvas->status != ELBOW_OK)
                return;
            if (series->low != NULL && series->high != NULL)
                draw_band(canvas, frame, series, ink, &run);
            draw_line(canvas, frame, series, ink, &run);
            elbow_release(&run.xy);
        }
    }
}
