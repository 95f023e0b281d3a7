// SPDX-License-Identifier: BSD-3-Clause
// The first pass finds the mean, as an offset from the first row, so that equal values have exactly their own. The
// second sums deviations from that mean and their squares, which corrects both. Each column has a unit of the size of
// its own differences, a power of two: squares neither overflow nor vanish, however large other columns are, and no bit
// is lost.
#include "elbow/data/detail/moments.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/tree_sum.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024, EXPONENT_LEAST = -1000, EXPONENT_MOST = 1000, EXPONENT_LARGE = 900 };

struct taking {
    const struct elbow_moments_job *job;
    const double *origin; // (D) what is subtracted
    double *units;        // (D) what differences are multiplied by
    double *row;          // (D) room
};

// The first pass knows no column yet: sums of differences must not overflow, whatever there is.
static double first_unit(double low, double high)
{
    return ldexp(1, fmax(fabs(low), fabs(high)) > ldexp(1, EXPONENT_LARGE) ? EXPONENT_LARGE - EXPONENT_MOST : 0);
}

// The unit of a column, by the sum of its absolute differences; a column where that vanishes has tiny ones, or none.
static double column_unit(double sum, double unit)
{
    if (!isfinite(sum))
        return unit;
    int exponent = sum > 0 ? ilogb(sum) - ilogb(unit) : EXPONENT_LEAST;
    exponent = exponent < EXPONENT_LEAST ? EXPONENT_LEAST : exponent > EXPONENT_MOST ? EXPONENT_MOST : exponent;
    return ldexp(1, -exponent);
}

// Sums of a block's differences and, behind them, of their squares, or else of their absolute values.
static void sum_block(const struct taking *taking, uint64_t block, bool has_squares, double *sums)
{
    const struct elbow_moments_job *job = taking->job;
    size_t values = job->values;
    uint64_t first = block * BLOCK, last = job->rows - first < BLOCK ? job->rows : first + BLOCK;
    memset(sums, 0, 2 * values * sizeof *sums);
    for (uint64_t row = first; row < last; ++row) {
        job->read(job->user, row, taking->row);
        for (size_t j = 0; j < values; ++j)
            taking->row[j] = (taking->row[j] - taking->origin[j]) * taking->units[j];
        for (size_t j = 0; j < values; ++j)
            sums[j] += taking->row[j];
        for (size_t j = 0; j < values; ++j)
            sums[values + j] += has_squares ? taking->row[j] * taking->row[j] : fabs(taking->row[j]);
    }
}

static void sum_differences(void *user, uint64_t block, double *sums)
{
    sum_block(user, block, false, sums);
}

static void sum_squares(void *user, uint64_t block, double *sums)
{
    sum_block(user, block, true, sums);
}

// Collective. `sums` has room for two vectors.
static enum elbow_status take(struct taking *taking, double *sums, struct elbow_moments *moments,
                              struct elbow_error *error)
{
    const struct elbow_moments_job *job = taking->job;
    size_t values = job->values;
    double rows = (double)job->rows, first = first_unit(job->low, job->high);
    struct elbow_tree_sum sum = {
        .leaves = (job->rows + BLOCK - 1) / BLOCK, .width = 2 * values, .user = taking, .leaf = sum_differences};
    job->read(job->user, 0, moments->mean);
    taking->origin = moments->mean;
    for (size_t j = 0; j < values; ++j)
        taking->units[j] = first;
    if (elbow_tree_sum_run(job->comm, &sum, sums, error) != ELBOW_OK)
        return error->status;
    for (size_t j = 0; j < values; ++j) {
        moments->mean[j] += sums[j] / rows / first;
        taking->units[j] = column_unit(sums[values + j], first);
    }
    sum.leaf = sum_squares;
    if (elbow_tree_sum_run(job->comm, &sum, sums, error) != ELBOW_OK)
        return error->status;
    for (size_t j = 0; j < values; ++j) {
        double rest = sums[j] / rows, variance = sums[values + j] / rows - rest * rest;
        moments->mean[j] += rest / taking->units[j];
        moments->deviation[j] = sqrt(fmax(variance, 0)) / taking->units[j];
    }
    return ELBOW_OK;
}

enum elbow_status elbow_moments_take(const struct elbow_moments_job *job, struct elbow_moments *moments,
                                     struct elbow_error *error)
{
    struct taking taking = {.job = job};
    double *sums = NULL;
    ELBOW_CHECK(job->rows > 0);
    *moments = (struct elbow_moments){.values = job->values, .low = job->low, .high = job->high};
    *error = (struct elbow_error){0};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(moments->mean, job->values), ELBOW_ARRAY(moments->deviation, job->values),
        ELBOW_ARRAY(taking.row, job->values),    ELBOW_ARRAY(taking.units, job->values),
        ELBOW_ARRAY(sums, 2 * job->values),
    };
    elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "mean and deviation of the data", error);
    if (elbow_comm_agree(job->comm, error) == ELBOW_OK)
        take(&taking, sums, moments, error);
    elbow_release(&taking.row);
    elbow_release(&taking.units);
    elbow_release(&sums);
    return error->status;
}

// All values together have one unit: those far below the largest do not count.
static double unit_of(double low, double high)
{
    double most = fmax(fabs(low), fabs(high));
    int exponent = most > 0 && isfinite(most) ? ilogb(most) : 0;
    return ldexp(1, -(exponent > EXPONENT_LEAST ? exponent : EXPONENT_LEAST));
}

// The sum over columns [lo, hi) of the differences of their means from an origin, or of the squares about it.
static double join(const struct elbow_moments *moments, double origin, double unit, bool squares, size_t lo, size_t hi)
{
    if (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        return join(moments, origin, unit, squares, lo, middle) + join(moments, origin, unit, squares, middle, hi);
    }
    double difference = (moments->mean[lo] - origin) * unit, deviation = moments->deviation[lo] * unit;
    return squares ? difference * difference + deviation * deviation : difference;
}

void elbow_moments_join(const struct elbow_moments *moments, double *mean, double *deviation)
{
    size_t n = moments->values;
    double unit = unit_of(moments->low, moments->high), origin = moments->mean[0];
    *mean = origin + join(moments, origin, unit, false, 0, n) / (double)n / unit;
    *deviation = sqrt(join(moments, *mean, unit, true, 0, n) / (double)n) / unit;
}

void elbow_moments_clear(struct elbow_moments *moments)
{
    elbow_release(&moments->mean);
    elbow_release(&moments->deviation);
    *moments = (struct elbow_moments){0};
}
