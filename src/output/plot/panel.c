// SPDX-License-Identifier: BSD-3-Clause
// A panel: margins as wide as the labels need, axes, ticks. The number of ticks along x is limited by the width of
// their labels.
#include "elbow/output/detail/plot_panel.h"

#include <math.h>
#include <string.h>

static const struct elbow_ink DARK = {0x22, 0x22, 0x22, 1}, FAINT = {0xe4, 0xe4, 0xe4, 1};
static const double DASH = 4, NAMES_MOST = 110, SPACE = 8; // of a tick; room for names; between two labels

// The labels of an axis: numbers, or the names of categories.
struct labels {
    struct elbow_tick ticks[ELBOW_TICKS_MAX];
    const struct elbow_plot_axis *axis;
    size_t count;
};

static const char *label_of(const struct labels *labels, size_t i)
{
    return labels->axis->name_count > 0 ? labels->axis->names[i] : labels->ticks[i].label;
}

static double place_of(const struct labels *labels, size_t i)
{
    return labels->axis->name_count > 0 ? ((double)i + 0.5) / (double)labels->axis->name_count : labels->ticks[i].place;
}

static double width_of(const struct labels *labels, size_t i)
{
    return elbow_canvas_width(label_of(labels, i), ELBOW_PLOT_TICK, false);
}

static double widest_of(const struct labels *labels)
{
    double widest = 0;
    for (size_t i = 0; i < labels->count; ++i)
        widest = fmax(widest, width_of(labels, i));
    return widest;
}

static void choose(struct labels *labels, const struct elbow_plot_axis *axis, const struct elbow_scale *scale,
                   size_t most)
{
    labels->axis = axis;
    labels->count =
        axis->name_count > 0 ? axis->name_count : elbow_scale_ticks(scale, most, axis->is_whole, labels->ticks);
}

// True if the labels fit side by side along a line of this length.
static bool fit(const struct labels *labels, double length)
{
    double end = -INFINITY;
    for (size_t i = 0; i < labels->count; ++i) {
        double middle = place_of(labels, i) * length, width = width_of(labels, i);
        if (middle - width / 2 < end + SPACE)
            return false;
        end = middle + width / 2;
    }
    return true;
}

static void choose_along(struct labels *labels, const struct elbow_plot_axis *axis, const struct elbow_scale *scale,
                         double length)
{
    for (size_t most = (size_t)fmax(2, length / 45); most >= 2; --most) {
        choose(labels, axis, scale, most);
        if (axis->name_count > 0 || fit(labels, length))
            return;
    }
}

// The layout of a panel.
struct layout {
    struct elbow_frame frame;
    struct labels across, upward;
    bool names_stand; // labels of the x axis are turned
    double upward_width, across_height;
};

static void lay_out(struct layout *layout, const struct elbow_plot_panel *panel, const struct elbow_box *cell,
                    double legend)
{
    struct elbow_box *area = &layout->frame.area;
    double title = panel->title == NULL ? 4 : ELBOW_PLOT_LINE_HEIGHT + 6;
    double bottom = panel->x.label == NULL ? 0 : ELBOW_PLOT_LINE_HEIGHT + 2;
    if (panel->is_bare) {
        *area = (struct elbow_box){cell->x, cell->y + title, cell->width - legend, cell->height - title};
        return;
    }
    double height = cell->height - title - bottom - ELBOW_PLOT_LINE_HEIGHT - DASH - 4;
    choose(&layout->upward, &panel->y, &layout->frame.y, (size_t)fmax(2, height / 32));
    layout->upward_width = fmin(widest_of(&layout->upward), NAMES_MOST);
    double left = layout->upward_width + DASH + 6 + (panel->y.label == NULL ? 0 : ELBOW_PLOT_LINE_HEIGHT + 2);
    double right = legend + fmax(14, elbow_colour_bar_width(&layout->frame.values, height) +
                                         elbow_colour_bar_width(&layout->frame.cells, height) + 14);
    double width = fmax(20, cell->width - left - right);
    choose_along(&layout->across, &panel->x, &layout->frame.x, width);
    layout->names_stand = panel->x.name_count > 0 && !fit(&layout->across, width);
    layout->across_height =
        layout->names_stand ? fmin(widest_of(&layout->across), NAMES_MOST) + 4 : ELBOW_PLOT_LINE_HEIGHT;
    height = fmax(20, cell->height - title - bottom - layout->across_height - DASH - 4);
    *area = (struct elbow_box){cell->x + left, cell->y + title, width, height};
}

// Makes one unit equally long on both axes: the axis with the shorter units shows a larger range, or, if it cannot, the
// area is reduced.
static void equalise(struct elbow_frame *frame)
{
    const struct elbow_plot_panel *panel = frame->panel;
    double x = (frame->x.most - frame->x.least) / frame->area.width;
    double y = (frame->y.most - frame->y.least) / frame->area.height;
    struct elbow_scale *scale = x < y ? &frame->x : &frame->y;
    if (panel->raster != NULL || panel->x.name_count > 0 || panel->y.name_count > 0) {
        double width = frame->area.width * fmin(x / y, 1);
        frame->area.x += (frame->area.width - width) / 2;
        frame->area.width = width;
        frame->area.height *= fmin(y / x, 1);
        return;
    }
    double more = (x < y ? y * frame->area.width : x * frame->area.height) - (scale->most - scale->least);
    scale->least -= more / 2;
    scale->most += more / 2;
}

static void draw_line(struct elbow_canvas *canvas, double x0, double y0, double x1, double y1, struct elbow_ink ink)
{
    const double xy[] = {x0, y0, x1, y1};
    canvas->kind->line(canvas, xy, 2, &(struct elbow_pen){ink, 0.8, false});
}

static void draw_grid(struct elbow_canvas *canvas, const struct layout *layout)
{
    const struct elbow_box *area = &layout->frame.area;
    for (size_t i = 0; layout->across.axis->name_count == 0 && i < layout->across.count; ++i) {
        double x = area->x + place_of(&layout->across, i) * area->width;
        draw_line(canvas, x, area->y, x, area->y + area->height, FAINT);
    }
    for (size_t i = 0; layout->upward.axis->name_count == 0 && i < layout->upward.count; ++i) {
        double y = area->y + (1 - place_of(&layout->upward, i)) * area->height;
        draw_line(canvas, area->x, y, area->x + area->width, y, FAINT);
    }
}

// Labels along x; those that would leave the cell, or touch the previous one, are left out.
static void draw_across(struct elbow_canvas *canvas, const struct layout *layout, const struct elbow_box *cell)
{
    const struct elbow_box *area = &layout->frame.area;
    struct elbow_lettering lettering = {.size = ELBOW_PLOT_TICK, .ink = DARK, .anchor = ELBOW_ANCHOR_MIDDLE};
    double end = cell->x - SPACE, foot = area->y + area->height;
    if (layout->names_stand) {
        lettering.is_upward = true;
        lettering.anchor = ELBOW_ANCHOR_END;
    }
    for (size_t i = 0; i < layout->across.count; ++i) {
        double x = area->x + place_of(&layout->across, i) * area->width;
        double half = layout->names_stand ? ELBOW_PLOT_TICK / 2 : width_of(&layout->across, i) / 2;
        double space = layout->names_stand ? 1 : SPACE;
        if (x - half < end + space || x + half > cell->x + cell->width)
            continue;
        end = x + half;
        draw_line(canvas, x, foot, x, foot + DASH, DARK);
        if (layout->names_stand)
            elbow_canvas_write(canvas, label_of(&layout->across, i), x + 3, foot + DASH + 3, NAMES_MOST, &lettering);
        else
            elbow_canvas_write(canvas, label_of(&layout->across, i), x, foot + DASH + 11, INFINITY, &lettering);
    }
}

static void draw_upward(struct elbow_canvas *canvas, const struct layout *layout)
{
    const struct elbow_box *area = &layout->frame.area;
    struct elbow_lettering lettering = {.size = ELBOW_PLOT_TICK, .ink = DARK, .anchor = ELBOW_ANCHOR_END};
    double last = INFINITY;
    for (size_t i = 0; i < layout->upward.count; ++i) {
        double y = area->y + (1 - place_of(&layout->upward, i)) * area->height;
        if (last - y < ELBOW_PLOT_TICK + 2)
            continue;
        last = y;
        draw_line(canvas, area->x - DASH, y, area->x, y, DARK);
        elbow_canvas_write(canvas, label_of(&layout->upward, i), area->x - DASH - 3, y + 3.5, layout->upward_width + 1,
                           &lettering);
    }
}

static void draw_axes(struct elbow_canvas *canvas, const struct layout *layout, const struct elbow_box *cell)
{
    const struct elbow_box *area = &layout->frame.area;
    const struct elbow_plot_panel *panel = layout->frame.panel;
    const double frame[] = {
        area->x, area->y, area->x, area->y + area->height, area->x + area->width, area->y + area->height};
    struct elbow_lettering lettering = {.size = ELBOW_PLOT_LABEL, .ink = DARK, .anchor = ELBOW_ANCHOR_MIDDLE};
    canvas->kind->line(canvas, frame, 3, &(struct elbow_pen){DARK, 0.8, false});
    draw_across(canvas, layout, cell);
    draw_upward(canvas, layout);
    elbow_canvas_write(canvas, panel->x.label, area->x + area->width / 2,
                       area->y + area->height + DASH + layout->across_height + 13, area->width, &lettering);
    lettering.is_upward = true;
    elbow_canvas_write(canvas, panel->y.label, area->x - layout->upward_width - DASH - 13, area->y + area->height / 2,
                       area->height, &lettering);
}

static void draw_inside(struct elbow_canvas *canvas, const struct layout *layout)
{
    canvas->kind->clip(canvas, &layout->frame.area);
    elbow_frame_draw_raster(canvas, &layout->frame);
    if (layout->frame.panel->raster == NULL && !layout->frame.panel->is_bare)
        draw_grid(canvas, layout);
    elbow_frame_draw_series(canvas, &layout->frame);
    canvas->kind->clip(canvas, NULL);
}

void elbow_panel_draw(struct elbow_canvas *canvas, const struct elbow_plot_panel *panel, const struct elbow_box *cell,
                      const struct elbow_legend *legend)
{
    struct layout layout = {0};
    struct elbow_lettering lettering = {
        .size = ELBOW_PLOT_LABEL + 1, .is_bold = true, .ink = DARK, .anchor = ELBOW_ANCHOR_MIDDLE};
    double beside = legend == NULL ? 0 : elbow_legend_width(legend);
    if (canvas->status != ELBOW_OK)
        return;
    elbow_frame_scale(&layout.frame, panel);
    lay_out(&layout, panel, cell, beside);
    if (panel->equal_scales) {
        equalise(&layout.frame);
        lay_out(&layout, panel, cell, beside);
        equalise(&layout.frame);
    }
    const struct elbow_box *area = &layout.frame.area;
    draw_inside(canvas, &layout);
    if (!panel->is_bare)
        draw_axes(canvas, &layout, cell);
    double title_width = fmin(
        cell->width, 2 * fmin(area->x + area->width / 2 - cell->x, cell->x + cell->width - area->x - area->width / 2));
    elbow_canvas_write(canvas, panel->title, area->x + area->width / 2, cell->y + 14, title_width, &lettering);
    double x = area->x + area->width + 10;
    elbow_colour_bar_draw(canvas, &layout.frame.values, x, area->y, area->height);
    x += elbow_colour_bar_width(&layout.frame.values, area->height);
    elbow_colour_bar_draw(canvas, &layout.frame.cells, x, area->y, area->height);
    if (beside > 0)
        elbow_legend_draw(canvas, legend, cell->x + cell->width - beside, area->y, area->height);
}
