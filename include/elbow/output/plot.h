// SPDX-License-Identifier: BSD-3-Clause
// Plots: panels with axes, curves, points, bars and heat maps, as PNG, SVG or PDF. Rank zero only. The same plot gives
// the same bytes on a machine: the file contains no time and no name of a program. Colours are distinguishable for
// people who are blind to red or green (detail/canvas.h); labels never overlap: those without space are omitted.
#ifndef ELBOW_OUTPUT_PLOT_H
#define ELBOW_OUTPUT_PLOT_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// Nothing is owned; the comments give the meaning of zeroed members. Texts are UTF-8; other bytes are shown as '?'.

struct elbow_plot_axis {
    const char *label;        // with unit, "rate in nats"; NULL: none
    bool logarithmic;         // values that are not positive are omitted
    bool is_whole;            // the values are whole numbers: no tick between two of them; logarithmic: doublings
    double least, most;       // ends; NaN, or both 0: from the data
    const char *const *names; // of categories, which are 0, 1, ...; NULL: numbers
    size_t name_count;
};

enum elbow_plot_mark { ELBOW_PLOT_LINE, ELBOW_PLOT_STEPS, ELBOW_PLOT_POINTS, ELBOW_PLOT_BARS };

// Values that are not finite are omitted, and a line has a gap there.
struct elbow_plot_series {
    const char *name; // in the legend; NULL: none
    enum elbow_plot_mark mark;
    size_t count;
    const double *x, *y;
    const double *low, *high; // a band about y; of points and bars an interval; or NULL
    const int *group;         // points: colour number of each, negative: grey; NULL: that of the series
    const double *value;      // points: coloured by number on a scale; NULL: not
    int colour;               // colour of the series: n is colour n - 1; 0: by its place among the series
    bool is_dashed;
};

// Cell (0, 0) lies at (x0, y0), the last one at (x1, y1): pictures, whose rows come from the top, have y0 > y1.
struct elbow_plot_raster {
    size_t rows, columns, channels; // 0: a heat map of value; 1 or 3: pixels, 0 to 1
    const double *value;            // rows x columns x channels; cells that are not finite are grey
    double x0, x1, y0, y1;
    const char *label;  // of the colour bar, with unit
    double least, most; // of the colours; both 0: from the data
};

struct elbow_plot_panel {
    const char *title;
    struct elbow_plot_axis x, y;
    const struct elbow_plot_series *series;
    size_t series_count;
    const char *const *group_names; // in the legend
    size_t group_count;
    const char *value_label;                // of the colour bar of `value`
    double value_least, value_most;         // of its colours; both 0: from the data
    const struct elbow_plot_raster *raster; // below the series; NULL: none
    bool equal_scales;                      // a unit is as long along x as along y
    bool is_bare;                           // without axes: for pictures
};

// Panels with the same legend, and those without one, share one beside all of them.
struct elbow_plot {
    const char *title;
    size_t columns;                   // panels per row; 0: about as many as rows
    double panel_width, panel_height; // in points; 0: from the number per row
    const struct elbow_plot_panel *panels;
    size_t panel_count;
};

// Local. USAGE unless the path ends in .png, .svg or .pdf.
enum elbow_status elbow_plot_check(const char *path, struct elbow_error *error);

// Local. Whether a path has such an ending.
bool elbow_plot_draws(const char *path);

// Local. The bytes of the file, in the format that the path's ending names, new, released with elbow_release. USAGE for
// another ending, OUTPUT if the picture cannot be made (more than 16384 pixels on a side), MEMORY.
enum elbow_status elbow_plot_encode(const struct elbow_plot *plot, const char *path, char **bytes, size_t *size,
                                    struct elbow_error *error);

// Local. The plot as the text of an <svg> element, with `size` letters and an end, new, released with elbow_release.
enum elbow_status elbow_plot_svg(const struct elbow_plot *plot, char **text, size_t *size, struct elbow_error *error);

// Local. Writes the file, by the rules of elbow/base/output.h.
enum elbow_status elbow_plot_write(const struct elbow_plot *plot, const char *path, enum elbow_publish publish,
                                   struct elbow_error *error);

ELBOW_C_END

#endif
