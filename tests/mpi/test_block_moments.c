// SPDX-License-Identifier: BSD-3-Clause
// Moments in one pass: compared with two passes in long double, and with blocks that are merged serially, whose bits
// they have on any number of ranks.
#include "elbow/data/detail/block_moments.h"
#include "elbow/math/random.h"
#include "elbow/parallel/collectives.h"
#include "mpi_unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 12, CONSTANT = 3, EMPTY = 11, MOST = 5000 };

// Columns of all kinds: far from zero with a small deviation, tiny, huge, constant, with an outlier, skewed, rarely
// above zero, drifting, growing over the whole range of a double.
static void read_row(const void *user, uint64_t row, double *values)
{
    float drawn[COLUMNS]; // not normal ones, whose bits are the processor's
    (void)user;
    elbow_random_uniform((struct elbow_stream){.seed = 5, .id = row}, COLUMNS, drawn);
    values[0] = 1e8 + 2 * sqrt(3) * ((double)drawn[0] - 0.5);
    values[1] = 1e-300 * ((double)drawn[1] - 0.5);
    values[2] = 1e300 * ((double)drawn[2] - 0.5);
    values[3] = 0.1;
    values[4] = row == 0 ? 1e9 : (double)drawn[4];
    values[5] = -3 + (double)drawn[5];
    values[6] = pow((double)drawn[6], 20);
    values[7] = row % 1500 == 1499 ? 7 : 0;
    values[8] = 1e4 + 1e-3 * (double)row;
    values[9] = 1e6 + 1e-3 * (double)drawn[9];
    values[10] = ldexp((double)drawn[10], (int)(row % 1900) - 950);
    values[11] = 1e-310 * (double)drawn[11];
}

static bool is_gap(uint64_t row, size_t column)
{
    bool is_late = column % 4 == 1 && row < 2500; // no value in the first blocks
    return (row + column) % 3 == 0 || is_late || column == EMPTY;
}

static void read_gaps(const void *user, uint64_t row, double *values)
{
    read_row(user, row, values);
    for (size_t j = 0; j < COLUMNS; ++j)
        values[j] = is_gap(row, j) ? NAN : values[j];
}

static void know_gaps(const void *user, uint64_t row, float *known)
{
    (void)user;
    for (size_t j = 0; j < COLUMNS; ++j)
        known[j] = is_gap(row, j) ? 0.0F : 1.0F;
}

struct reference {
    long double count, mean, deviation, square;
    double least, most;
};

static struct reference reference_of(const struct elbow_moments_job *job, size_t column)
{
    struct reference reference = {.least = INFINITY, .most = -INFINITY};
    double values[COLUMNS];
    float known[COLUMNS];
    long double sum = 0, squares = 0;
    for (int pass = 0; pass < 2; ++pass) {
        for (uint64_t row = 0; row < job->rows; ++row) {
            job->read(job->user, row, values);
            if (job->known != NULL)
                job->known(job->user, row, known);
            if (job->known != NULL && known[column] == 0)
                continue;
            long double value = (long double)values[column], difference = value - reference.mean;
            reference.count += pass == 0;
            sum += pass == 0 ? value : 0;
            reference.square += pass == 0 ? value * value : 0;
            squares += pass == 1 ? difference * difference : 0;
            reference.least = fmin(reference.least, values[column]);
            reference.most = fmax(reference.most, values[column]);
        }
        reference.mean = reference.count > 0 ? sum / reference.count : 0;
    }
    reference.deviation = reference.count > 0 ? sqrtl(squares / reference.count) : 1;
    reference.square = reference.count > 0 ? sqrtl(reference.square / reference.count) : 0;
    return reference;
}

static void check_column(const struct elbow_moments_job *job, const struct elbow_moments *moments, size_t column)
{
    struct reference wanted = reference_of(job, column);
    long double off = fabsl((long double)moments->mean[column] - wanted.mean);
    long double apart = fabsl((long double)moments->deviation[column] - wanted.deviation);
    mpi_assert(off <= 1e-13L * wanted.square + 1e-323L);
    if (column != CONSTANT)
        mpi_assert(apart <= 1e-12L * wanted.deviation + 1e-323L);
    mpi_assert(moments->least[column] == wanted.least && moments->most[column] == wanted.most);
    if (moments->counts != NULL)
        mpi_assert(moments->counts[column] == (double)wanted.count);
}

// Node [lo, hi) of the tree over the blocks.
static void merge_serially(const struct elbow_moments_job *job, struct elbow_block_moments *block, uint64_t lo,
                           uint64_t hi, double *records)
{
    if (hi - lo > 1) {
        double *right = calloc(ELBOW_BLOCK_MOMENTS_RECORD * job->values, sizeof *right);
        ck_assert_ptr_nonnull(right);
        merge_serially(job, block, lo, (lo + hi) / 2, records);
        merge_serially(job, block, (lo + hi) / 2, hi, right);
        elbow_block_moments_merge(job->values, records, right);
        free(right);
        return;
    }
    double *row = calloc(job->values, sizeof *row);
    float *known = calloc(job->values, sizeof *known);
    ck_assert(row != NULL && known != NULL);
    elbow_block_moments_begin(block);
    for (uint64_t i = lo * ELBOW_MOMENTS_BLOCK; i < hi * ELBOW_MOMENTS_BLOCK && i < job->rows; ++i) {
        job->read(job->user, i, row);
        if (job->known != NULL)
            job->known(job->user, i, known);
        elbow_block_moments_add(block, row, job->known != NULL ? known : NULL);
    }
    elbow_block_moments_end(block, records);
    free(row);
    free(known);
}

static bool has_serial_bits(const struct elbow_moments_job *job, const struct elbow_moments *moments)
{
    struct elbow_error error = {0};
    struct elbow_block_moments block;
    struct elbow_moments serial;
    size_t bytes = job->values * sizeof(double);
    double *records = calloc(ELBOW_BLOCK_MOMENTS_RECORD * job->values, sizeof *records);
    ck_assert_ptr_nonnull(records);
    ck_assert(elbow_block_moments_create(job->values, job->known != NULL, &block, &error) == ELBOW_OK);
    merge_serially(job, &block, 0, (job->rows + ELBOW_MOMENTS_BLOCK - 1) / ELBOW_MOMENTS_BLOCK, records);
    ck_assert(elbow_block_moments_conclude(records, job->values, job->known != NULL, &serial, &error) == ELBOW_OK);
    bool is_same = memcmp(serial.mean, moments->mean, bytes) == 0 &&
                   memcmp(serial.deviation, moments->deviation, bytes) == 0 &&
                   memcmp(serial.least, moments->least, bytes) == 0 && memcmp(serial.most, moments->most, bytes) == 0 &&
                   serial.low == moments->low && serial.high == moments->high;
    elbow_moments_clear(&serial);
    elbow_block_moments_destroy(&block);
    free(records);
    return is_same;
}

START_TEST(one_pass_finds_what_two_find)
{
    const uint64_t rows[] = {1, 2, 1023, 1024, 1025, MOST};
    for (size_t k = 0; k < 2 * sizeof rows / sizeof *rows; ++k) {
        struct elbow_error error = {0};
        struct elbow_moments moments;
        bool has_gaps = k % 2 == 1;
        struct elbow_moments_job job = {.comm = mpi_comm,
                                        .rows = rows[k / 2],
                                        .values = COLUMNS,
                                        .read = has_gaps ? read_gaps : read_row,
                                        .known = has_gaps ? know_gaps : NULL};
        mpi_assert(elbow_block_moments_take(&job, &moments, &error) == ELBOW_OK);
        for (size_t j = 0; j < COLUMNS; ++j)
            check_column(&job, &moments, j);
        mpi_assert(has_serial_bits(&job, &moments));
        if (!has_gaps || job.rows > 2)
            mpi_assert(moments.mean[CONSTANT] == 0.1 && moments.deviation[CONSTANT] == 0);
        if (has_gaps)
            mpi_assert(moments.mean[EMPTY] == 0 && moments.deviation[EMPTY] == 1);
        elbow_moments_clear(&moments);
    }
}
END_TEST

// More records than travel at once, of which none may be cut.
enum { WIDE = 1500 };

static void read_wide(const void *user, uint64_t row, double *values)
{
    (void)user;
    for (size_t j = 0; j < WIDE; ++j)
        values[j] = (double)((row * 7 + j * 13) % 101) / 3;
}

START_TEST(many_columns_have_the_same_bits)
{
    struct elbow_error error = {0};
    struct elbow_moments moments;
    struct elbow_moments_job job = {.comm = mpi_comm, .rows = 7000, .values = WIDE, .read = read_wide};
    mpi_assert(elbow_block_moments_take(&job, &moments, &error) == ELBOW_OK);
    mpi_assert(has_serial_bits(&job, &moments));
    elbow_moments_clear(&moments);
}
END_TEST

// Differences that leave the range of a double are not hidden.
static void read_beyond(const void *user, uint64_t row, double *values)
{
    (void)user;
    values[0] = row % 2 == 0 ? 1.7e308 : -1.7e308;
    values[1] = (double)(row % 2);
}

START_TEST(differences_beyond_a_double_are_seen)
{
    for (uint64_t rows = 2; rows <= 4096; rows *= 2) {
        struct elbow_error error = {0};
        struct elbow_moments moments;
        struct elbow_moments_job job = {.comm = mpi_comm, .rows = rows, .values = 2, .read = read_beyond};
        mpi_assert(elbow_block_moments_take(&job, &moments, &error) == ELBOW_OK);
        mpi_assert(!isfinite(moments.deviation[0]) && moments.deviation[1] == 0.5 && moments.mean[1] == 0.5);
        elbow_moments_clear(&moments);
    }
}
END_TEST

static const struct elbow_scale SCALE = {.factor = -0.25, .offset = 3};

static void read_scaled(const void *user, uint64_t row, double *values)
{
    read_gaps(user, row, values);
    values[2] = ldexp(values[2], -900);
    for (size_t j = 0; j < COLUMNS; ++j)
        values[j] = values[j] * SCALE.factor + SCALE.offset;
}

static void read_stored(const void *user, uint64_t row, double *values)
{
    read_gaps(user, row, values);
    values[2] = ldexp(values[2], -900);
}

static bool are_near(double a, double b, double size)
{
    return fabs(a - b) <= 1e-13 * size;
}

// What follows from the moments of stored values is what the scaled and transformed values have.
START_TEST(moments_are_scaled_and_transformed)
{
    struct elbow_error error = {0};
    struct elbow_moments moments, scaled;
    struct elbow_moments_job job = {
        .comm = mpi_comm, .rows = 3000, .values = COLUMNS, .read = read_stored, .known = know_gaps};
    mpi_assert(elbow_block_moments_take(&job, &moments, &error) == ELBOW_OK);
    job.read = read_scaled;
    mpi_assert(elbow_block_moments_take(&job, &scaled, &error) == ELBOW_OK);
    elbow_block_moments_scale(&SCALE, &moments);
    mpi_assert(moments.low == scaled.low && moments.high == scaled.high);
    for (size_t j = 0; j < EMPTY; ++j) {
        double size = fabs(scaled.mean[j]) + scaled.deviation[j];
        mpi_assert(moments.least[j] == scaled.least[j] && moments.most[j] == scaled.most[j]);
        mpi_assert(are_near(moments.mean[j], scaled.mean[j], size));
        mpi_assert(fabs(moments.deviation[j] - scaled.deviation[j]) <= 1e-13 * size);
    }
    struct elbow_fit fit;
    mpi_assert(elbow_fit_create(ELBOW_TRANSFORM_STANDARDIZE_EACH, COLUMNS, &fit, &error) == ELBOW_OK);
    elbow_fit_learn(&moments, &fit, NULL, 0);
    elbow_block_moments_transform(&fit, &moments);
    for (size_t j = 0; j < COLUMNS; ++j)
        mpi_assert(moments.mean[j] == 0 && (moments.deviation[j] == 1 || moments.deviation[j] == 0));
    mpi_assert(moments.deviation[0] == 1 && moments.deviation[CONSTANT] == 0);
    mpi_assert(moments.least[CONSTANT] == 0 && moments.most[CONSTANT] == 0);
    double mean[COLUMNS], variance[COLUMNS];
    elbow_block_moments_start(&moments, mean, variance);
    mpi_assert(mean[EMPTY] == 0 && variance[EMPTY] == 1 && variance[0] == 1 && variance[CONSTANT] == 0);
    elbow_fit_clear(&fit);
    elbow_moments_clear(&moments);
    elbow_moments_clear(&scaled);
}
END_TEST

MPI_UNIT_MAIN("data/block_moments", one_pass_finds_what_two_find, many_columns_have_the_same_bits,
              differences_beyond_a_double_are_seen, moments_are_scaled_and_transformed)
