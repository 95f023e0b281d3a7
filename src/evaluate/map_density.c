// SPDX-License-Identifier: BSD-3-Clause
// The density of rows: a histogram of both coordinates, smoothed along each axis.
#include "elbow/evaluate/map.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum { BINS = 256, REACH_MAX = 64 };

// One axis: its lower end, the width of a bin, and the deviation of the Gaussian in bins.
struct axis {
    double least, bin, deviation;
};

static struct axis axis_of(size_t rows, const double *x)
{
    double least = x[0], most = x[0], mean = 0, sum = 0;
    for (size_t i = 0; i < rows; ++i) {
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
        mean += x[i] / (double)rows;
    }
    for (size_t i = 0; i < rows; ++i)
        sum += (x[i] - mean) * (x[i] - mean);
    double width = most > least ? most - least : 1;
    double scott = sqrt(sum / (double)rows) * pow((double)rows, -1.0 / 6); // of two dimensions
    struct axis axis = {least - 0.1 * width, 1.2 * width / BINS, 0};
    axis.deviation = fmin(fmax(scott / axis.bin, 0.5), REACH_MAX / 3.0);
    return axis;
}

static size_t bin_of(const struct axis *axis, double x)
{
    double at = floor((x - axis->least) / axis->bin);
    return at < 0 ? 0 : at >= BINS ? BINS - 1 : (size_t)at;
}

// Along one axis, whose neighbours are `step` apart.
static void smooth(double *bins, size_t step, size_t other, double deviation)
{
    double weights[REACH_MAX + 1], line[BINS], sum = 0;
    size_t reach = (size_t)ceil(3 * deviation);
    reach = reach > REACH_MAX ? REACH_MAX : reach;
    for (size_t k = 0; k <= reach; ++k) {
        weights[k] = exp(-0.5 * pow((double)k / deviation, 2));
        sum += k == 0 ? weights[k] : 2 * weights[k];
    }
    for (size_t l = 0; l < BINS; ++l) {
        for (size_t i = 0; i < BINS; ++i)
            line[i] = bins[l * other + i * step];
        for (size_t i = 0; i < BINS; ++i) {
            double value = weights[0] * line[i];
            for (size_t k = 1; k <= reach; ++k)
                value += weights[k] * ((i >= k ? line[i - k] : 0) + (i + k < BINS ? line[i + k] : 0));
            bins[l * other + i * step] = value / sum;
        }
    }
}

enum elbow_status elbow_map_density(size_t rows, const double *x, const double *y, double *density,
                                    struct elbow_error *error)
{
    double *bins = NULL;
    struct axis across = axis_of(rows, x), upward = axis_of(rows, y);
    enum elbow_status status = elbow_allocate(&bins, (size_t)BINS * BINS, sizeof *bins, "the density of a map", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < rows; ++i)
        bins[bin_of(&upward, y[i]) * BINS + bin_of(&across, x[i])] += 1;
    smooth(bins, 1, BINS, across.deviation);
    smooth(bins, BINS, 1, upward.deviation);
    double unit = (double)rows * across.bin * upward.bin;
    for (size_t i = 0; i < rows; ++i)
        density[i] = bins[bin_of(&upward, y[i]) * BINS + bin_of(&across, x[i])] / unit;
    elbow_release(&bins);
    return ELBOW_OK;
}
