// SPDX-License-Identifier: BSD-3-Clause
// A figure: title, panels in a grid, one legend for panels with the same one.
#include "elbow/output/detail/plot_panel.h"

#include <math.h>

static const double EDGE = 10, HEAD = 26, BETWEEN = 14; // around all; of the title; between two panels
static const struct elbow_ink WHITE = {255, 255, 255, 1}, DARK = {0x22, 0x22, 0x22, 1};

enum { LEGENDS_MAX = 3 };

struct figure {
    size_t columns, rows;
    struct elbow_box cell; // the first one
    double width, height;
    struct elbow_legend shared[LEGENDS_MAX];
    size_t shared_count; // 0: each panel has its own
};

// The size of a panel, by the number of columns.
static struct elbow_box cell_of(size_t columns)
{
    if (columns == 1)
        return (struct elbow_box){0, 0, 600, 440};
    if (columns == 2)
        return (struct elbow_box){0, 0, 450, 340};
    return columns == 3 ? (struct elbow_box){0, 0, 370, 290} : (struct elbow_box){0, 0, 260, 220};
}

// Legends that several panels share, one below the other; none if each would belong to one panel alone.
static void share(const struct elbow_plot *plot, struct figure *figure)
{
    struct elbow_legend legend;
    size_t uses[LEGENDS_MAX] = {0};
    for (size_t i = 0; i < plot->panel_count; ++i) {
        size_t k = 0;
        elbow_legend_collect(&plot->panels[i], &legend);
        while (k < figure->shared_count && !elbow_legend_covers(&figure->shared[k], &legend) &&
               !elbow_legend_covers(&legend, &figure->shared[k]))
            ++k;
        if (legend.count == 0)
            continue;
        if (k == LEGENDS_MAX) {
            figure->shared_count = 0;
            return;
        }
        if (k == figure->shared_count || legend.count > figure->shared[k].count)
            figure->shared[k] = legend;
        figure->shared_count += k == figure->shared_count;
        ++uses[k];
    }
    for (size_t k = 0; k < figure->shared_count && figure->shared_count > 1; ++k)
        if (uses[k] < 2)
            figure->shared_count = 0;
}

static double shared_width(const struct figure *figure)
{
    double widest = 0;
    for (size_t k = 0; k < figure->shared_count; ++k)
        widest = fmax(widest, elbow_legend_width(&figure->shared[k]));
    return ceil(widest); // the paper ends with a pixel
}

static void draw_shared(struct elbow_canvas *canvas, const struct figure *figure)
{
    double x = figure->width - EDGE - shared_width(figure), y = figure->cell.y + ELBOW_PLOT_LINE_HEIGHT + 6;
    for (size_t k = 0; k < figure->shared_count && canvas->status == ELBOW_OK; ++k) {
        double space = (figure->height - y - EDGE) / (double)(figure->shared_count - k);
        double wanted = (double)figure->shared[k].count * ELBOW_PLOT_LINE_HEIGHT;
        elbow_legend_draw(canvas, &figure->shared[k], x, y, space);
        y += fmin(wanted, space) + ELBOW_PLOT_LINE_HEIGHT;
    }
}

static struct figure lay_out(const struct elbow_plot *plot)
{
    struct figure figure = {0};
    size_t count = plot->panel_count == 0 ? 1 : plot->panel_count;
    figure.columns = plot->columns > 0 ? plot->columns : (size_t)ceil(sqrt((double)count));
    if (figure.columns > count)
        figure.columns = count;
    figure.rows = (count + figure.columns - 1) / figure.columns;
    figure.cell = plot->panel_width > 0 ? (struct elbow_box){0, 0, plot->panel_width, plot->panel_height}
                                        : cell_of(figure.columns);
    figure.cell.x = EDGE;
    figure.cell.y = EDGE + (plot->title == NULL ? 0 : HEAD);
    share(plot, &figure);
    double legend = shared_width(&figure);
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
        size_t row = i / figure.columns, column = i % figure.columns;
        cell.x += (cell.width + BETWEEN) * (double)column;
        cell.y += (cell.height + BETWEEN) * (double)row;
        elbow_legend_collect(&plot->panels[i], &own);
        elbow_panel_draw(canvas, &plot->panels[i], &cell, figure.shared_count > 0 ? NULL : &own);
    }
    draw_shared(canvas, &figure);
}
