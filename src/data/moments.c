// SPDX-License-Identifier: BSD-3-Clause
// The first pass finds the mean, as an offset from the first row, so that a column of equal values has exactly that
// value as its mean. The second pass sums deviations from that mean and their squares, which corrects both. Each column
// has a unit of the size of its own differences, a power of two: squares neither overflow nor vanish, whatever the size
// of other columns, and no bit is lost.
#include "elbow/data/detail/moments.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"
#include "elbow/parallel/tree_sum.h"

#include <math.h>
#include <string.h>

// The state of the passes.
struct taking {
    const struct elbow_moments_job *job;
    struct elbow_moments *moments; // its mean is subtracted from the values: first an origin, then the mean
    bool has_mean;                 // the first pass is over
    double *units;                 // (D) factors of the differences; this and the following arrays are owned
    double *row;                   // (D) workspace
    float *known;                  // (D) workspace; NULL: all values are known
    double *found, *where;         // (D) workspace, if values are missing
};

enum { EXPONENT_LEAST = -1000, EXPONENT_MOST = 1000, EXPONENT_LARGE = 900 };

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
        taking->row[j] = (taking->row[j] - taking->moments->mean[j]) * taking->units[j];
    if (taking->known == NULL)
        return;
    job->known(job->user, row, taking->known);
    for (size_t j = 0; j < job->values; ++j)
        taking->row[j] = taking->known[j] != 0 ? taking->row[j] : 0;
}

static size_t width_of(const struct taking *taking)
{
    return (taking->known != NULL ? 3 : 2) * taking->job->values;
}

static void add_block(void *user, uint64_t block, double *sums)
{
    const struct taking *taking = user;
    size_t values = taking->job->values;
    uint64_t first = block * ELBOW_MOMENTS_BLOCK, left = taking->job->rows - first;
    uint64_t last = first + (left < ELBOW_MOMENTS_BLOCK ? left : ELBOW_MOMENTS_BLOCK);
    memset(sums, 0, width_of(taking) * sizeof *sums);
    for (uint64_t row = first; row < last; ++row) {
        read_row(taking, row);
        for (size_t j = 0; j < values; ++j)
            sums[j] += taking->row[j];
        for (size_t j = 0; j < values; ++j)
            sums[values + j] += taking->has_mean ? taking->row[j] * taking->row[j] : fabs(taking->row[j]);
        for (size_t j = 0; taking->known != NULL && j < values; ++j)
            sums[2 * values + j] += (double)taking->known[j];
    }
}

// Finds the first known value of each column among some rows: sets origin, which is NaN for the `left` columns without
// one so far, and its row in `where`. Returns the number of columns that remain.
static size_t find_first(const struct taking *taking, uint64_t first, uint64_t last, size_t left, double *origin,
                         double *where)
{
    const struct elbow_moments_job *job = taking->job;
    for (uint64_t row = first; row < last && left > 0; ++row) {
        job->read(job->user, row, taking->row);
        job->known(job->user, row, taking->known);
        for (size_t j = 0; j < job->values; ++j)
            if (taking->known[j] != 0 && isnan(origin[j])) {
                origin[j] = taking->row[j];
                where[j] = (double)row;
                --left;
            }
    }
    return left;
}

// Collective. Finds the first known value of columns that have none in the first block; each rank searches its part of
// the rows. 0 for a column without one.
static void find_others(const struct taking *taking, size_t left, double *origin)
{
    const struct elbow_moments_job *job = taking->job;
    struct elbow_place place = elbow_comm_place(job->comm);
    struct elbow_range mine = elbow_partition(job->rows, place.rank, place.size);
    double *where = taking->where, *mean = taking->moments->mean;
    for (size_t j = 0; j < job->values; ++j)
        where[j] = INFINITY;
    memcpy(origin, mean, job->values * sizeof *origin);
    find_first(taking, mine.first, mine.last, left, origin, where);
    memcpy(taking->row, where, job->values * sizeof *where);
    elbow_comm_min(job->comm, where, job->values);
    for (size_t j = 0; j < job->values; ++j)
        if (isfinite(taking->row[j]) == 0 || taking->row[j] > where[j])
            origin[j] = INFINITY;
    elbow_comm_min(job->comm, origin, job->values);
    for (size_t j = 0; j < job->values; ++j)
        if (isnan(mean[j]))
            mean[j] = isfinite(where[j]) ? origin[j] : 0;
}

// Collective. Sets the origin of each column, its first known value, or 0 if there is none. Without missing values it
// is the first row. Rank zero reads the first block.
static void take_origin(const struct taking *taking)
{
    const struct elbow_moments_job *job = taking->job;
    double *origin = taking->moments->mean;
    bool is_root = elbow_comm_place(job->comm).rank == 0;
    size_t left = 0, bytes = job->values * sizeof *origin;
    if (is_root && taking->known == NULL)
        job->read(job->user, 0, origin);
    for (size_t j = 0; is_root && taking->known != NULL && j < job->values; ++j)
        origin[j] = NAN; // not found yet
    if (is_root && taking->known != NULL)
        find_first(taking, 0, job->rows < ELBOW_MOMENTS_BLOCK ? job->rows : ELBOW_MOMENTS_BLOCK, job->values, origin,
                   taking->where);
    elbow_comm_broadcast(job->comm, origin, bytes);
    for (size_t j = 0; taking->known != NULL && j < job->values; ++j)
        left += isnan(origin[j]);
    if (left > 0)
        find_others(taking, left, taking->found);
}

// The number of known values of column j, but at least 1, as a divisor.
static double count_of(const struct elbow_moments *moments, double rows, size_t j)
{
    return moments->counts == NULL ? rows : moments->counts[j] > 0 ? moments->counts[j] : 1;
}

static void take_mean(struct taking *taking, const double *sums)
{
    struct elbow_moments *moments = taking->moments;
    size_t values = taking->job->values;
    double rows = (double)taking->job->rows, first = first_unit(taking->job->low, taking->job->high);
    if (moments->counts != NULL)
        memcpy(moments->counts, sums + 2 * values, values * sizeof *sums);
    for (size_t j = 0; j < values; ++j) {
        moments->mean[j] += sums[j] / count_of(moments, rows, j) / first;
        taking->units[j] = column_unit(sums[values + j], first);
    }
    taking->has_mean = true;
}

static void take_deviation(struct taking *taking, const double *sums)
{
    struct elbow_moments *moments = taking->moments;
    size_t values = taking->job->values;
    for (size_t j = 0; j < values; ++j) {
        double n = count_of(moments, (double)taking->job->rows, j), rest = sums[j] / n;
        double variance = sums[values + j] / n - rest * rest;
        moments->mean[j] += rest / taking->units[j];
        moments->deviation[j] = sqrt(fmax(variance, 0)) / taking->units[j];
        if (moments->counts != NULL && moments->counts[j] == 0)
            moments->deviation[j] = 1;
    }
}

// Collective.
static enum elbow_status begin(const struct elbow_moments_job *job, struct elbow_moments *moments,
                               struct taking *taking, struct elbow_error *error)
{
    ELBOW_CHECK(job->rows > 0);
    *moments = (struct elbow_moments){.values = job->values, .low = job->low, .high = job->high};
    *taking = (struct taking){.job = job, .moments = moments};
    *error = (struct elbow_error){0};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(moments->mean, job->values),
        ELBOW_ARRAY(moments->deviation, job->values),
        ELBOW_ARRAY(taking->row, job->values),
        ELBOW_ARRAY(taking->units, job->values),
        ELBOW_ARRAY(taking->known, job->values),
        ELBOW_ARRAY(taking->found, job->values),
        ELBOW_ARRAY(taking->where, job->values),
        ELBOW_ARRAY(moments->counts, job->values), // the last four: where values are missing
    };
    size_t count = sizeof arrays / sizeof *arrays - (job->known != NULL ? 0 : 4);
    elbow_allocate_all(arrays, count, "mean and deviation of the data", error);
    if (elbow_comm_agree(job->comm, error) != ELBOW_OK)
        return error->status;
    for (size_t j = 0; j < job->values; ++j)
        taking->units[j] = first_unit(job->low, job->high);
    take_origin(taking);
    return ELBOW_OK;
}

static void end(struct taking *taking)
{
    elbow_release(&taking->row);
    elbow_release(&taking->units);
    elbow_release(&taking->known);
    elbow_release(&taking->found);
    elbow_release(&taking->where);
}

// Collective. `sums` has room for the vector.
static enum elbow_status take(struct taking *taking, double *sums, struct elbow_error *error)
{
    const struct elbow_moments_job *job = taking->job;
    const struct elbow_tree_sum sum = {.leaves = (job->rows + ELBOW_MOMENTS_BLOCK - 1) / ELBOW_MOMENTS_BLOCK,
                                       .width = width_of(taking),
                                       .user = taking,
                                       .leaf = add_block};
    if (elbow_tree_sum_run(job->comm, &sum, sums, error) != ELBOW_OK)
        return error->status;
    take_mean(taking, sums);
    if (elbow_tree_sum_run(job->comm, &sum, sums, error) == ELBOW_OK)
        take_deviation(taking, sums);
    return error->status;
}

enum elbow_status elbow_moments_take(const struct elbow_moments_job *job, struct elbow_moments *moments,
                                     struct elbow_error *error)
{
    struct taking taking;
    double *sums = NULL;
    if (begin(job, moments, &taking, error) == ELBOW_OK) {
        elbow_allocate(&sums, width_of(&taking), sizeof *sums, "mean and deviation of the data", error);
        if (elbow_comm_agree(job->comm, error) == ELBOW_OK)
            take(&taking, sums, error);
    }
    end(&taking);
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
    elbow_release(&moments->least);
    elbow_release(&moments->most);
    *moments = (struct elbow_moments){0};
}
