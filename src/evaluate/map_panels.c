// SPDX-License-Identifier: BSD-3-Clause
// A map as panels of a plot: one panel, or one for each pair of axes.
#include "elbow/evaluate/map.h"

#include "elbow/base/memory.h"

#include <math.h>

enum { BARS = 40 };

static const double *axis_of(const struct elbow_map *map, size_t a)
{
    return map->places + a * map->rows;
}

static struct elbow_plot_panel cloud(const struct elbow_map *map, size_t x, size_t y, struct elbow_plot_series *series)
{
    *series = (struct elbow_plot_series){.mark = ELBOW_PLOT_POINTS,
                                         .count = map->rows,
                                         .x = axis_of(map, x),
                                         .y = axis_of(map, y),
                                         .group = map->groups,
                                         .value = map->values};
    return (struct elbow_plot_panel){.x.label = map->along[x].label,
                                     .y.label = map->along[y].label,
                                     .series = series,
                                     .series_count = 1,
                                     .group_names = (const char *const *)map->group_names,
                                     .group_count = map->group_count,
                                     .value_label = map->value_label};
}

// Bars of an axis: places, and shares of the rows.
static struct elbow_plot_panel histogram(const struct elbow_map *map, size_t a, double *bars,
                                         struct elbow_plot_series *series)
{
    const double *x = axis_of(map, a);
    double least = x[0], most = x[0];
    for (size_t i = 0; i < map->rows; ++i) {
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
    }
    double width = most > least ? (most - least) / BARS : 1;
    for (size_t b = 0; b < BARS; ++b) {
        bars[b] = least + ((double)b + 0.5) * width;
        bars[BARS + b] = 0;
    }
    for (size_t i = 0; i < map->rows; ++i) {
        size_t b = (size_t)((x[i] - least) / width);
        bars[BARS + (b < BARS ? b : BARS - 1)] += 1 / (double)map->rows;
    }
    *series = (struct elbow_plot_series){.mark = ELBOW_PLOT_BARS, .count = BARS, .x = bars, .y = bars + BARS};
    return (struct elbow_plot_panel){
        .x.label = map->along[a].label, .y.label = "share of the rows", .series = series, .series_count = 1};
}

// Row and column of the grid: the lower half of all pairs, and histograms in the diagonal.
static void fill_pairs(const struct elbow_map *map, struct elbow_map_panels *panels)
{
    for (size_t row = 0; row < map->axes; ++row)
        for (size_t column = 0; column < map->axes; ++column) {
            size_t p = row * map->axes + column;
            if (column > row)
                panels->panels[p] = (struct elbow_plot_panel){.is_bare = true};
            else if (column == row)
                panels->panels[p] = histogram(map, row, panels->bars + row * 2 * BARS, &panels->series[p]);
            else
                panels->panels[p] = cloud(map, column, row, &panels->series[p]);
        }
}

enum elbow_status elbow_map_panels_make(const struct elbow_map *map, const char *title, struct elbow_map_panels *panels,
                                        struct elbow_error *error)
{
    size_t count = map->axes <= 2 ? 1 : map->axes * map->axes;
    *panels = (struct elbow_map_panels){0};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(panels->panels, count), ELBOW_ARRAY(panels->series, count),
                                         ELBOW_ARRAY(panels->bars, map->axes * 2 * BARS)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a map", error);
    if (status != ELBOW_OK)
        return status;
    if (map->axes == 1) {
        panels->panels[0] = histogram(map, 0, panels->bars, panels->series);
    } else if (map->axes == 2) {
        panels->panels[0] = cloud(map, 0, 1, panels->series);
        panels->panels[0].equal_scales = true;
    } else {
        fill_pairs(map, panels);
    }
    panels->plot = (struct elbow_plot){
        .title = title, .columns = map->axes <= 2 ? 1 : map->axes, .panels = panels->panels, .panel_count = count};
    return ELBOW_OK;
}

void elbow_map_panels_clear(struct elbow_map_panels *panels)
{
    elbow_release(&panels->panels);
    elbow_release(&panels->series);
    elbow_release(&panels->bars);
    *panels = (struct elbow_map_panels){0};
}
