// SPDX-License-Identifier: BSD-3-Clause
// Differences from the first known value of a column in the block are at most about sqrt(1,024) times the block's
// deviation in quadratic mean, so their sums lose few digits. Each column has a unit, a power of two, which the block
// lowers when a difference is too large for it: squares neither overflow nor vanish, and no bit is lost.
#include "elbow/data/detail/block_moments.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/tree_sum.h"

#include <math.h>
#include <string.h>

// The unit of a column whose differences were all zero so far; the largest difference in its unit, whose squares can be
// added 2^20 times.
static const double FIRST_UNIT = 0x1p1000, LARGEST = 0x1p500;

enum { EXPONENT_LEAST = -1000, EXPONENT_MOST = 1000 };
enum { COUNT, MEAN, REST, DEVIATION, LEAST, MOST, RECORD };
_Static_assert((int)RECORD == (int)ELBOW_BLOCK_MOMENTS_RECORD, "the numbers of a record");

enum elbow_status elbow_block_moments_create(size_t values, bool has_known, struct elbow_block_moments *block,
                                             struct elbow_error *error)
{
    *block = (struct elbow_block_moments){.values = values, .has_known = has_known};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(block->origin, values),  ELBOW_ARRAY(block->units, values),  ELBOW_ARRAY(block->sums, values),
        ELBOW_ARRAY(block->squares, values), ELBOW_ARRAY(block->counts, values), ELBOW_ARRAY(block->least, values),
        ELBOW_ARRAY(block->most, values),    ELBOW_ARRAY(block->row, values),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "mean and deviation of the data", error);
}

void elbow_block_moments_destroy(struct elbow_block_moments *block)
{
    elbow_release(&block->origin);
    elbow_release(&block->units);
    elbow_release(&block->sums);
    elbow_release(&block->squares);
    elbow_release(&block->counts);
    elbow_release(&block->least);
    elbow_release(&block->most);
    elbow_release(&block->row);
}

void elbow_block_moments_begin(struct elbow_block_moments *block)
{
    block->rows = 0;
    for (size_t j = 0; j < block->values; ++j) {
        block->origin[j] = block->sums[j] = block->squares[j] = block->counts[j] = 0;
        block->units[j] = FIRST_UNIT;
        block->least[j] = INFINITY;
        block->most[j] = -INFINITY;
    }
}

// The power of two that brings a positive number near 1.
static double unit_of(double size)
{
    int exponent = ilogb(size);
    exponent = exponent < EXPONENT_LEAST ? EXPONENT_LEAST : exponent > EXPONENT_MOST ? EXPONENT_MOST : exponent;
    return ldexp(1, -exponent);
}

// Lowers the units of columns whose difference is too large for them. One that is not finite remains so.
static void lower_units(struct elbow_block_moments *block)
{
    for (size_t j = 0; j < block->values; ++j) {
        double size = fabs(block->row[j]);
        if (!isfinite(size) || size * block->units[j] <= LARGEST)
            continue;
        double unit = unit_of(size), ratio = unit / block->units[j];
        block->units[j] = unit;
        block->sums[j] *= ratio;
        block->squares[j] = block->squares[j] * ratio * ratio;
    }
}

// Leaves the differences from the origin in the workspace; 0 for a missing value.
static void find_differences(struct elbow_block_moments *block, const double *row, const float *known)
{
    if (known == NULL) {
        if (block->rows == 0)
            memcpy(block->origin, row, block->values * sizeof *row);
        for (size_t j = 0; j < block->values; ++j)
            block->row[j] = row[j] - block->origin[j];
        return;
    }
    for (size_t j = 0; j < block->values; ++j) {
        bool is_known = known[j] != 0;
        if (is_known && block->counts[j] == 0)
            block->origin[j] = row[j];
        block->row[j] = is_known ? row[j] - block->origin[j] : 0;
    }
}

static bool has_large(const struct elbow_block_moments *block)
{
    unsigned large = 0;
    for (size_t j = 0; j < block->values; ++j)
        large |= !(fabs(block->row[j] * block->units[j]) <= LARGEST);
    return large != 0;
}

static void find_extremes(struct elbow_block_moments *block, const double *row, const float *known)
{
    double *least = block->least, *most = block->most;
    for (size_t j = 0; j < block->values; ++j) {
        if (known != NULL && known[j] == 0)
            continue;
        least[j] = row[j] < least[j] ? row[j] : least[j];
        most[j] = row[j] > most[j] ? row[j] : most[j];
    }
    for (size_t j = 0; known != NULL && j < block->values; ++j)
        block->counts[j] += (double)known[j];
}

void elbow_block_moments_add(struct elbow_block_moments *block, const double *row, const float *known)
{
    double *sums = block->sums, *squares = block->squares;
    ELBOW_CHECK(block->has_known == (known != NULL));
    find_differences(block, row, known);
    if (has_large(block))
        lower_units(block);
    for (size_t j = 0; j < block->values; ++j) {
        double difference = block->row[j] * block->units[j];
        sums[j] += difference;
        squares[j] += difference * difference;
    }
    find_extremes(block, row, known);
    block->rows += 1;
}

// a + b as the nearest double and the rest of it.
static void add_exactly(double a, double b, double *sum, double *rest)
{
    double whole = a + b, part = whole - a;
    *rest = (a - (whole - part)) + (b - part);
    *sum = whole;
}

void elbow_block_moments_end(const struct elbow_block_moments *block, double *records)
{
    for (size_t j = 0; j < block->values; ++j) {
        double *record = records + j * RECORD, unit = block->units[j];
        double n = block->has_known ? block->counts[j] : (double)block->rows;
        double mean = n > 0 ? block->sums[j] / n : 0, square = n > 0 ? block->squares[j] / n : 0;
        double variance = square - mean * mean;
        record[COUNT] = n;
        add_exactly(block->origin[j], mean / unit, &record[MEAN], &record[REST]);
        record[DEVIATION] = sqrt(variance < 0 ? 0 : variance) / unit; // a NaN remains one
        record[LEAST] = block->least[j];
        record[MOST] = block->most[j];
    }
}

// sqrt(a x^2 + b y^2 + a b d^2), without overflow.
static double merge_deviations(double a, double x, double b, double y, double d)
{
    double size = fmax(fmax(x, y), fabs(d));
    if (size == 0)
        return x + y + d; // 0, or NaN
    double unit = unit_of(size);
    x *= unit;
    y *= unit;
    d *= unit;
    return sqrt(a * x * x + b * y * y + a * b * d * d) / unit;
}

static void merge(double *left, const double *right)
{
    if (right[COUNT] == 0)
        return;
    if (left[COUNT] == 0) {
        memcpy(left, right, RECORD * sizeof *left);
        return;
    }
    double n = left[COUNT] + right[COUNT], a = left[COUNT] / n, b = right[COUNT] / n;
    double difference = (right[MEAN] - left[MEAN]) + (right[REST] - left[REST]);
    left[COUNT] = n;
    left[DEVIATION] = merge_deviations(a, left[DEVIATION], b, right[DEVIATION], difference);
    add_exactly(left[MEAN], left[REST] + b * difference, &left[MEAN], &left[REST]);
    left[LEAST] = fmin(left[LEAST], right[LEAST]);
    left[MOST] = fmax(left[MOST], right[MOST]);
}

void elbow_block_moments_merge(size_t count, double *left, const double *right)
{
    for (size_t i = 0; i < count; ++i)
        merge(left + i * RECORD, right + i * RECORD);
}

static bool is_empty(const struct elbow_moments *moments, size_t column)
{
    return moments->counts != NULL && moments->counts[column] == 0;
}

// The extremes of all values, from those of the columns that have any.
static void join_extremes(struct elbow_moments *moments)
{
    moments->low = INFINITY;
    moments->high = -INFINITY;
    for (size_t j = 0; j < moments->values; ++j) {
        if (is_empty(moments, j))
            continue;
        moments->low = fmin(moments->low, moments->least[j]);
        moments->high = fmax(moments->high, moments->most[j]);
    }
}

enum elbow_status elbow_block_moments_conclude(const double *records, size_t values, bool has_known,
                                               struct elbow_moments *moments, struct elbow_error *error)
{
    *moments = (struct elbow_moments){.values = values};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(moments->mean, values), ELBOW_ARRAY(moments->deviation, values),
                                         ELBOW_ARRAY(moments->least, values), ELBOW_ARRAY(moments->most, values),
                                         ELBOW_ARRAY(moments->counts, has_known ? values : 0)};
    enum elbow_status status = elbow_allocate_all(arrays, has_known ? 5 : 4, "mean and deviation of the data", error);
    for (size_t j = 0; status == ELBOW_OK && j < values; ++j) {
        const double *record = records + j * RECORD;
        moments->mean[j] = record[MEAN] + record[REST];
        moments->deviation[j] = record[COUNT] > 0 ? record[DEVIATION] : 1;
        moments->least[j] = record[LEAST];
        moments->most[j] = record[MOST];
        if (has_known)
            moments->counts[j] = record[COUNT];
    }
    if (status == ELBOW_OK)
        join_extremes(moments);
    return status;
}

void elbow_block_moments_start(const struct elbow_moments *moments, double *mean, double *variance)
{
    for (size_t j = 0; j < moments->values; ++j) {
        mean[j] = is_empty(moments, j) ? 0 : moments->mean[j];
        if (variance != NULL)
            variance[j] = is_empty(moments, j) ? 1 : moments->deviation[j] * moments->deviation[j];
    }
}

void elbow_block_moments_scale(const struct elbow_scale *scale, struct elbow_moments *moments)
{
    for (size_t j = 0; j < moments->values; ++j) {
        if (is_empty(moments, j))
            continue;
        double a = moments->least[j] * scale->factor + scale->offset;
        double b = moments->most[j] * scale->factor + scale->offset;
        moments->least[j] = fmin(a, b);
        moments->most[j] = fmax(a, b);
        moments->mean[j] = moments->mean[j] * scale->factor + scale->offset;
        moments->deviation[j] *= fabs(scale->factor);
    }
    join_extremes(moments);
}

void elbow_block_moments_transform(const struct elbow_fit *fit, struct elbow_moments *moments)
{
    const struct elbow_transform *row = elbow_transform_row(fit->kind);
    ELBOW_CHECK(fit->columns > 0);
    row->forward(fit, 0, moments->values, moments->mean);
    row->forward(fit, 0, moments->values, moments->least);
    row->forward(fit, 0, moments->values, moments->most);
    for (size_t j = 0; j < moments->values; ++j) {
        if (is_empty(moments, j))
            moments->mean[j] = 0;
        else
            moments->deviation[j] /= fit->numbers[fit->columns + (fit->columns == 1 ? 0 : j)];
    }
    join_extremes(moments);
}

struct taking {
    const struct elbow_moments_job *job;
    struct elbow_block_moments block;
    double *row;  // (D)
    float *known; // (D); NULL: all are known
};

static void take_block(void *user, uint64_t number, double *records)
{
    struct taking *taking = user;
    const struct elbow_moments_job *job = taking->job;
    uint64_t first = number * ELBOW_MOMENTS_BLOCK, left = job->rows - first;
    uint64_t last = first + (left < ELBOW_MOMENTS_BLOCK ? left : ELBOW_MOMENTS_BLOCK);
    elbow_block_moments_begin(&taking->block);
    for (uint64_t row = first; row < last; ++row) {
        job->read(job->user, row, taking->row);
        if (taking->known != NULL)
            job->known(job->user, row, taking->known);
        elbow_block_moments_add(&taking->block, taking->row, taking->known);
    }
    elbow_block_moments_end(&taking->block, records);
}

enum elbow_status elbow_block_moments_take(const struct elbow_moments_job *job, struct elbow_moments *moments,
                                           struct elbow_error *error)
{
    struct taking taking = {.job = job};
    const struct elbow_tree_sum sum = {.leaves = (job->rows + ELBOW_MOMENTS_BLOCK - 1) / ELBOW_MOMENTS_BLOCK,
                                       .width = RECORD * job->values,
                                       .user = &taking,
                                       .leaf = take_block,
                                       .combine = elbow_block_moments_merge,
                                       .record = RECORD};
    double *records = NULL;
    *moments = (struct elbow_moments){0};
    *error = (struct elbow_error){0};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(records, sum.width), ELBOW_ARRAY(taking.row, job->values),
                                         ELBOW_ARRAY(taking.known, job->values)}; // the last one: if values are missing
    if (elbow_block_moments_create(job->values, job->known != NULL, &taking.block, error) == ELBOW_OK)
        elbow_allocate_all(arrays, job->known != NULL ? 3 : 2, "mean and deviation of the data", error);
    if (elbow_comm_agree(job->comm, error) == ELBOW_OK &&
        elbow_tree_sum_run(job->comm, &sum, records, error) == ELBOW_OK)
        elbow_block_moments_conclude(records, job->values, job->known != NULL, moments, error);
    elbow_comm_agree(job->comm, error);
    elbow_block_moments_destroy(&taking.block);
    elbow_release(&records);
    elbow_release(&taking.row);
    elbow_release(&taking.known);
    return error->status;
}
