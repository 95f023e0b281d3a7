// SPDX-License-Identifier: BSD-3-Clause
// Parts of a plot: a panel in its cell, the contents of its area, its legend and its colour bar.
#ifndef ELBOW_OUTPUT_DETAIL_PLOT_PANEL_H
#define ELBOW_OUTPUT_DETAIL_PLOT_PANEL_H

#include "elbow/base/language.h"
#include "elbow/output/detail/canvas.h"
#include "elbow/output/detail/plot_scale.h"

ELBOW_C_BEGIN

// Sizes of letters and distances, in points.
#define ELBOW_PLOT_TITLE 13.0
#define ELBOW_PLOT_LABEL 11.0
#define ELBOW_PLOT_TICK 10.0
#define ELBOW_PLOT_LINE_HEIGHT 16.0
#define ELBOW_PLOT_GAP 6.0
#define ELBOW_PLOT_LEGEND_MOST 160.0 // of its width

// Coloured numbers of a panel: their range, and the label of the bar.
struct elbow_colour_range {
    struct elbow_scale scale;
    const char *label;
    bool is_there;
};

// A panel, the place of its area, and its scales.
struct elbow_frame {
    const struct elbow_plot_panel *panel;
    struct elbow_box area;
    struct elbow_scale x, y;
    struct elbow_colour_range values, cells; // of points; of a heat map
};

enum { ELBOW_LEGEND_MAX = 256 }; // entries

struct elbow_legend_entry {
    const char *name;
    enum elbow_plot_mark mark;
    enum elbow_shape shape;
    struct elbow_ink ink;
    bool is_dashed;
};

struct elbow_legend {
    struct elbow_legend_entry entries[ELBOW_LEGEND_MAX];
    size_t count;
};

// Local. The scales of the contents of a panel.
void elbow_frame_scale(struct elbow_frame *frame, const struct elbow_plot_panel *panel);

// Local. The place of a value, in points.
double elbow_frame_x(const struct elbow_frame *frame, double value);
double elbow_frame_y(const struct elbow_frame *frame, double value);

// Local. The colour of the panel's series i.
struct elbow_ink elbow_series_ink(const struct elbow_plot_panel *panel, size_t i);

// Local. Series and raster, in the area.
void elbow_frame_draw_raster(struct elbow_canvas *canvas, const struct elbow_frame *frame);
void elbow_frame_draw_series(struct elbow_canvas *canvas, const struct elbow_frame *frame);

// Local. The entries of a panel's legend; its width (0: empty); whether one contains all entries of another; draws it
// at (x, y), as far down as `height` allows.
void elbow_legend_collect(const struct elbow_plot_panel *panel, struct elbow_legend *legend);
double elbow_legend_width(const struct elbow_legend *legend);
bool elbow_legend_covers(const struct elbow_legend *legend, const struct elbow_legend *part);
void elbow_legend_draw(struct elbow_canvas *canvas, const struct elbow_legend *legend, double x, double y,
                       double height);

// Local. A bar of the colours of a range: its width with ticks and label; draws it beside the area, at x.
double elbow_colour_bar_width(const struct elbow_colour_range *range, double height);
void elbow_colour_bar_draw(struct elbow_canvas *canvas, const struct elbow_colour_range *range, double x, double y,
                           double height);

// Local. A panel in its cell; its own legend beside it, unless it is NULL.
void elbow_panel_draw(struct elbow_canvas *canvas, const struct elbow_plot_panel *panel, const struct elbow_box *cell,
                      const struct elbow_legend *legend);

// Local. The whole plot; its size.
void elbow_plot_size(const struct elbow_plot *plot, double *width, double *height);
void elbow_plot_draw(struct elbow_canvas *canvas, const void *plot);

ELBOW_C_END

#endif
