// SPDX-License-Identifier: BSD-3-Clause
// The first pass finds the mean, as an offset from the first row, so that a column of equal values has exactly that
// value as its mean. The second pass sums deviations from that mean and their squares, which corrects both. Each column
// has a unit of the size of its own differences, a power of two: squares neither overflow nor vanish, whatever the size
// of other columns, and no bit is lost.
#include "elbow/data/detail/moments.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/tree_sum.h"

#include <math.h>
#include <string.h>

enum { BLOCK = 1024, EXPONENT_LEAST = -1000, EXPONENT_MOST = 1000, EXPONENT_LARGE = 900 };

struct taking {
    const struct elbow_moments_job *job;
    const double *origin; // (D) subtracted from the values
    double *units;        // (D) multiplies the differences
    double *row;          // (D) workspace
    float *known;         // (D) workspace; NULL: all values are known
};

// The first pass knows no column yet, so sums of differences must not overflow for any values.
static double first_unit(double low, double high)
{
    return ldexp(1, fmax(fabs(low), fabs(high)) > ldexp(1, EXPONENT_LARGE) ? EXPONENT_LARGE - EXPONENT_MOST : 0);
}

// The unit of a column, from the sum of its absolute differences; if that is zero, the column has tiny differences or
// none.
static double column_unit(double sum, double unit)
{
    if (!isfinite(sum))
        return unit;
    int exponent = sum > 0 ? ilogb(sum) - ilogb(unit) : EXPONENT_LEAST;
    exponent = exponent < EXPONENT_LEAST ? EXPONENT_LEAST : exponent > EXPONENT_MOST ? EXPONENT_MOST : exponent;
    return ldexp(1, -exponent);
}

// A row minus its origin, in the units of its columns; 0 for a missing value.
static void read_row(const struct taking *taking, uint64_t row)
{
    const struct elbow_moments_job *job = taking->job;
    job->read(job->user, row, taking->row);
    for (size_t j = 0; j < job->values; ++j)
        taking->row[j] = (taking->row[j] - taking->origin[j]) * taking->units[j];
    if (taking->known == NULL)
        return;
    job->known(job->user, row, taking->known);
    for (size_t j = 0; j < job->values; ++j)
        taking->row[j] = taking->known[j] != 0 ? taking->row[j] : 0;
}

// Sums over a block: of the differences; then of their squares or absolute values; then, if some are missing, the
// numbers of known values.
static void sum_block(const struct taking *taking, uint64_t block, bool has_squares, double *sums)
{
    const struct elbow_moments_job *job = taking->job;
    size_t values = job->values;
    uint64_t first = block * BLOCK, last = job->rows - first < BLOCK ? job->rows : first + BLOCK;
    memset(sums, 0, (taking->known != NULL ? 3 : 2) * values * sizeof *sums);
    for (uint64_t row = first; row < last; ++row) {
        read_row(taking, row);
        for (size_t j = 0; j < values; ++j)
            sums[j] += taking->row[j];
        for (size_t j = 0; j < values; ++j)
            sums[values + j] += has_squares ? taking->row[j] * taking->row[j] : fabs(taking->row[j]);
        for (size_t j = 0; taking->known != NULL && j < values; ++j)
            sums[2 * values + j] += (double)taking->known[j];
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

// The first known value of each column; 0 if there is none. Without missing values, the first row.
static void take_origin(const struct taking *taking, double *origin)
{
    const struct elbow_moments_job *job = taking->job;
    size_t left = job->values;
    job->read(job->user, 0, origin);
    if (taking->known == NULL)
        return;
    for (size_t j = 0; j < job->values; ++j)
        origin[j] = NAN; // not found yet
    for (uint64_t row = 0; row < job->rows && left > 0; ++row) {
        job->read(job->user, row, taking->row);
        job->known(job->user, row, taking->known);
        for (size_t j = 0; j < job->values; ++j)
            if (taking->known[j] != 0 && isnan(origin[j])) {
                origin[j] = taking->row[j];
                --left;
            }
    }
    for (size_t j = 0; j < job->values; ++j)
        origin[j] = isnan(origin[j]) ? 0 : origin[j];
}

// The number of known values of column j, but at least 1, as a divisor.
static double count_of(const struct elbow_moments *moments, double rows, size_t j)
{
    return moments->counts == NULL ? rows : moments->counts[j] > 0 ? moments->counts[j] : 1;
}

// Collective. `sums` has space for two vectors, or for three if values are missing.
static enum elbow_status take(struct taking *taking, double *sums, struct elbow_moments *moments,
                              struct elbow_error *error)
{
    const struct elbow_moments_job *job = taking->job;
    size_t values = job->values, width = (taking->known != NULL ? 3 : 2) * values;
    double rows = (double)job->rows, first = first_unit(job->low, job->high);
    struct elbow_tree_sum sum = {
        .leaves = (job->rows + BLOCK - 1) / BLOCK, .width = width, .user = taking, .leaf = sum_differences};
    take_origin(taking, moments->mean);
    taking->origin = moments->mean;
    for (size_t j = 0; j < values; ++j)
        taking->units[j] = first;
    if (elbow_tree_sum_run(job->comm, &sum, sums, error) != ELBOW_OK)
        return error->status;
    if (moments->counts != NULL)
        memcpy(moments->counts, sums + 2 * values, values * sizeof *sums);
    for (size_t j = 0; j < values; ++j) {
        moments->mean[j] += sums[j] / count_of(moments, rows, j) / first;
        taking->units[j] = column_unit(sums[values + j], first);
    }
    sum.leaf = sum_squares;
    if (elbow_tree_sum_run(job->comm, &sum, sums, error) != ELBOW_OK)
        return error->status;
    for (size_t j = 0; j < values; ++j) {
        double n = count_of(moments, rows, j), rest = sums[j] / n, variance = sums[values + j] / n - rest * rest;
        moments->mean[j] += rest / taking->units[j];
        moments->deviation[j] = sqrt(fmax(variance, 0)) / taking->units[j];
        if (moments->counts != NULL && moments->counts[j] == 0)
            moments->deviation[j] = 1;
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
        ELBOW_ARRAY(moments->mean, job->values),   ELBOW_ARRAY(moments->deviation, job->values),
        ELBOW_ARRAY(taking.row, job->values),      ELBOW_ARRAY(taking.units, job->values),
        ELBOW_ARRAY(sums, 3 * job->values),        ELBOW_ARRAY(taking.known, job->values),
        ELBOW_ARRAY(moments->counts, job->values), // the last two: only if values are missing
    };
    size_t count = sizeof arrays / sizeof *arrays - (job->known != NULL ? 0 : 2);
    elbow_allocate_all(arrays, count, "mean and deviation of the data", error);
    if (elbow_comm_agree(job->comm, error) == ELBOW_OK)
        take(&taking, sums, moments, error);
    elbow_release(&taking.row);
    elbow_release(&taking.units);
    elbow_release(&taking.known);
    elbow_release(&sums);
    return error->status;
}

// All values together have one unit: values far below the largest do not matter.
static double unit_of(double low, double high)
{
    double most = fmax(fabs(low), fabs(high));
    int exponent = most > 0 && isfinite(most) ? ilogb(most) : 0;
    return ldexp(1, -(exponent > EXPONENT_LEAST ? exponent : EXPONENT_LEAST));
}

// Sums over columns. Each is weighted by its number of known values, or by one if all have the same.
enum joined { COUNT, DIFFERENCE, SQUARES };

// The sum over columns [lo, hi) of the differences of their means from an origin, or of the squares about it.
static double join(const struct elbow_moments *moments, double origin, double unit, enum joined what, size_t lo,
                   size_t hi)
{
    if (hi - lo > 1) {
        size_t middle = lo + (hi - lo) / 2;
        return join(moments, origin, unit, what, lo, middle) + join(moments, origin, unit, what, middle, hi);
    }
    double difference = (moments->mean[lo] - origin) * unit, deviation = moments->deviation[lo] * unit;
    double count = moments->counts != NULL ? moments->counts[lo] : 1;
    if (what == COUNT)
        return count;
    return count * (what == SQUARES ? difference * difference + deviation * deviation : difference);
}

void elbow_moments_join(const struct elbow_moments *moments, double *mean, double *deviation)
{
    size_t columns = moments->values;
    double unit = unit_of(moments->low, moments->high), origin = moments->mean[0];
    double n = join(moments, 0, 1, COUNT, 0, columns);
    *mean = origin + join(moments, origin, unit, DIFFERENCE, 0, columns) / n / unit;
    *deviation = sqrt(join(moments, *mean, unit, SQUARES, 0, columns) / n) / unit;
}

void elbow_moments_clear(struct elbow_moments *moments)
{
    elbow_release(&moments->mean);
    elbow_release(&moments->deviation);
    elbow_release(&moments->counts);
    *moments = (struct elbow_moments){0};
}
