// SPDX-License-Identifier: BSD-3-Clause
// A figure: title, panels in a grid, one legend for those that would have the same.
#include "elbow/output/detail/plot_panel.h"

#include <math.h>

static const double EDGE = 10, HEAD = 26, BETWEEN = 14; // around all; of the title; between two panels
static const struct elbow_ink WHITE = {255, 255, 255, 1}, DARK = {0x22, 0x22, 0x22, 1};

struct figure {
    size_t columns, rows;
    struct elbow_box cell; // the first one
    double width, height;
    struct elbow_legend shared; // empty: each panel has its own
};

// The size of a panel, by how many stand side by side.
static struct elbow_box cell_of(size_t columns)
{
    if (columns == 1)
        return (struct elbow_box){0, 0, 600, 440};
    if (columns == 2)
        return (struct elbow_box){0, 0, 450, 340};
    return columns == 3 ? (struct elbow_box){0, 0, 370, 290} : (struct elbow_box){0, 0, 260, 220};
}

// One legend for all, if no two panels have different ones.
static bool is_shared(const struct elbow_plot *plot, struct elbow_legend *shared)
{
    struct elbow_legend legend;
    shared->count = 0;
    for (size_t i = 0; i < plot->panel_count; ++i) {
        elbow_legend_collect(&plot->panels[i], &legend);
        if (shared->count == 0)
            *shared = legend;
        else if (legend.count > 0 && !elbow_legend_equals(shared, &legend))
            return false;
    }
    return true;
}

static struct figure lay_out(const struct elbow_plot *plot)
{
    struct figure figure = {0};
    size_t count = plot->panel_count == 0 ? 1 : plot->panel_count;
    figure.columns = plot->columns > 0 ? plot->columns : (size_t)ceil(sqrt((double)count));
    if (figure.columns > count)
        figure.columns = count;
    figure.rows = (count + figure.columns - 1) / figure.columns;
    figure.cell = cell_of(figure.columns);
    figure.cell.x = EDGE;
    figure.cell.y = EDGE + (plot->title == NULL ? 0 : HEAD);
    if (!is_shared(plot, &figure.shared))
        figure.shared.count = 0;
    double legend = ceil(elbow_legend_width(&figure.shared)); // the paper ends with a pixel
    figure.width =
        2 * EDGE + (figure.cell.width + BETWEEN) * (double)figure.columns - BETWEEN + (legend > 0 ? legend + EDGE : 0);
    figure.height = figure.cell.y + (figure.cell.height + BETWEEN) * (double)figure.rows - BETWEEN + EDGE;
    return figure;
}

void elbow_plot_size(const struct elbow_plot *plot, double *width, double *height)
{
    struct figure figure = lay_out(plot);
    *width = figure.width;
    *height = figure.height;
}

void elbow_plot_draw(struct elbow_canvas *canvas, const void *context)
{
    const struct elbow_plot *plot = context;
    struct figure figure = lay_out(plot);
    struct elbow_lettering lettering = {
        .size = ELBOW_PLOT_TITLE + 1, .is_bold = true, .ink = DARK, .anchor = ELBOW_ANCHOR_MIDDLE};
    struct elbow_box all = {0, 0, canvas->width, canvas->height};
    struct elbow_legend own;
    canvas->kind->fill(canvas, &all, WHITE);
    elbow_canvas_write(canvas, plot->title, canvas->width / 2, EDGE + 14, canvas->width - 2 * EDGE, &lettering);
    for (size_t i = 0; i < plot->panel_count; ++i) {
        struct elbow_box cell = figure.cell;
        cell.x += (cell.width + BETWEEN) * (double)(i % figure.columns);
        cell.y += (cell.height + BETWEEN) * (double)(i / figure.columns);
        elbow_legend_collect(&plot->panels[i], &own);
        elbow_panel_draw(canvas, &plot->panels[i], &cell, figure.shared.count > 0 ? NULL : &own);
    }
    if (figure.shared.count == 0 || canvas->status != ELBOW_OK)
        return;
    double x = figure.width - EDGE - ceil(elbow_legend_width(&figure.shared));
    double y = figure.cell.y + ELBOW_PLOT_LINE_HEIGHT + 6;
    elbow_legend_draw(canvas, &figure.shared, x, y, figure.height - y - EDGE);
}
