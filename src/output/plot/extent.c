// SPDX-License-Identifier: BSD-3-Clause
// The scales of a panel: from the ends of all its series and its raster.
#include "elbow/output/detail/plot_panel.h"

#include <math.h>

static const double MARGIN = 0.04; // beyond the data, of their distance

// Bars are as wide as the distance between two of them, and begin at zero.
static void add_bars(const struct elbow_plot_series *series, const struct elbow_plot_panel *panel,
                     struct elbow_extent *x, struct elbow_extent *y)
{
    double half = series->count > 1 ? fabs(series->x[1] - series->x[0]) / 2 : 0.5;
    for (size_t i = 0; i < series->count; ++i) {
        elbow_extent_add(x, series->x[i] - half, panel->x.logarithmic);
        elbow_extent_add(x, series->x[i] + half, panel->x.logarithmic);
    }
    elbow_extent_add(y, 0, panel->y.logarithmic);
}

static void add_series(const struct elbow_plot_series *series, const struct elbow_plot_panel *panel,
                       struct elbow_extent *x, struct elbow_extent *y)
{
    for (size_t i = 0; i < series->count; ++i) {
        if (!isfinite(series->x[i]) || !isfinite(series->y[i]))
            continue;
        elbow_extent_add(x, series->x[i], panel->x.logarithmic);
        elbow_extent_add(y, series->y[i], panel->y.logarithmic);
        if (series->low != NULL)
            elbow_extent_add(y, series->low[i], panel->y.logarithmic);
        if (series->high != NULL)
            elbow_extent_add(y, series->high[i], panel->y.logarithmic);
    }
    if (series->mark == ELBOW_PLOT_BARS && series->count > 0)
        add_bars(series, panel, x, y);
}

static struct elbow_colour_range range_of(const double *values, size_t count, double least, double most,
                                          const char *label)
{
    struct elbow_plot_axis axis = {.least = least, .most = most};
    struct elbow_extent extent = {0};
    for (size_t i = 0; i < count; ++i)
        elbow_extent_add(&extent, values[i], false);
    return (struct elbow_colour_range){elbow_scale_make(&axis, &extent, 0), label, true};
}

static struct elbow_colour_range range_of_points(const struct elbow_plot_panel *panel)
{
    struct elbow_plot_axis axis = {.least = panel->value_least, .most = panel->value_most};
    struct elbow_extent extent = {0};
    bool is_there = false;
    for (size_t s = 0; s < panel->series_count; ++s) {
        const struct elbow_plot_series *series = &panel->series[s];
        is_there = is_there || series->value != NULL;
        for (size_t i = 0; series->value != NULL && i < series->count; ++i)
            elbow_extent_add(&extent, series->value[i], false);
    }
    if (!is_there)
        return (struct elbow_colour_range){0};
    return (struct elbow_colour_range){elbow_scale_make(&axis, &extent, 0), panel->value_label, true};
}

// Axes of points and bands have a margin; those of lines begin where the data do, and heat maps fill theirs.
void elbow_frame_scale(struct elbow_frame *frame, const struct elbow_plot_panel *panel)
{
    struct elbow_extent x = {0}, y = {0};
    const struct elbow_plot_raster *raster = panel->raster;
    bool has_points = false;
    for (size_t s = 0; s < panel->series_count; ++s) {
        add_series(&panel->series[s], panel, &x, &y);
        has_points = has_points || panel->series[s].mark == ELBOW_PLOT_POINTS;
    }
    if (raster != NULL) {
        elbow_extent_add(&x, raster->x0, panel->x.logarithmic);
        elbow_extent_add(&x, raster->x1, panel->x.logarithmic);
        elbow_extent_add(&y, raster->y0, panel->y.logarithmic);
        elbow_extent_add(&y, raster->y1, panel->y.logarithmic);
    }
    frame->panel = panel;
    frame->x = elbow_scale_make(&panel->x, &x, has_points && raster == NULL ? MARGIN : 0);
    frame->y = elbow_scale_make(&panel->y, &y, raster == NULL ? MARGIN : 0);
    frame->values = range_of_points(panel);
    frame->cells = (struct elbow_colour_range){0};
    if (raster != NULL && raster->channels == 0)
        frame->cells =
            range_of(raster->value, raster->rows * raster->columns, raster->least, raster->most, raster->label);
}
