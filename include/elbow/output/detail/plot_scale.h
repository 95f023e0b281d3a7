// SPDX-License-Identifier: BSD-3-Clause
// Scales of a plot: from values to places along an axis, and their ticks.
#ifndef ELBOW_OUTPUT_DETAIL_PLOT_SCALE_H
#define ELBOW_OUTPUT_DETAIL_PLOT_SCALE_H

#include "elbow/base/language.h"
#include "elbow/output/plot.h"

ELBOW_C_BEGIN

enum { ELBOW_TICKS_MAX = 32, ELBOW_TICK_LETTERS = 32 };

// The ends of logarithmic ones are logarithms to the base of 10.
struct elbow_scale {
    bool logarithmic;
    double least, most; // least < most
};

// The known range of the values of an axis. Zeroed: unknown.
struct elbow_extent {
    double least, most;
    bool is_known;
};

struct elbow_tick {
    double place; // 0 to 1
    char label[ELBOW_TICK_LETTERS];
};

// Local. Includes a value, if it is finite and the axis can show it.
void elbow_extent_add(struct elbow_extent *extent, double value, bool logarithmic);

// Local. The scale of an axis: its own ends if it has them, otherwise those of the data and `margin`, a share of their
// distance. Ends are at most 1e300, and far enough apart for ticks with different numbers.
struct elbow_scale elbow_scale_make(const struct elbow_plot_axis *axis, const struct elbow_extent *extent,
                                    double margin);

// Local. 0 at the least, 1 at the most; NaN for values without a place.
double elbow_scale_place(const struct elbow_scale *scale, double value);

// Local. At most `most` ticks (at least 2 are allowed), between the ends; of a logarithmic scale of whole numbers
// powers of two.
size_t elbow_scale_ticks(const struct elbow_scale *scale, size_t most, bool is_whole,
                         struct elbow_tick ticks[ELBOW_TICKS_MAX]);

ELBOW_C_END

#endif
