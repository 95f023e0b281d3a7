// SPDX-License-Identifier: BSD-3-Clause
// Sums along the tree, and moments of columns. All is compared with plain serial loops: on any number of ranks it has
// the same bits.
#include "elbow/data/detail/moments.h"
#include "elbow/math/random.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/tree_sum.h"
#include "mpi_unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- sums

enum { WIDE = 9000 }; // more than travel at once

static void leaf(void *user, uint64_t number, double *vector)
{
    const size_t *width = user;
    for (size_t i = 0; i < *width; ++i)
        vector[i] = 1.0 / (double)(3 + number * 7 + i);
}

static void serial_sum(size_t width, uint64_t lo, uint64_t hi, double *sum)
{
    if (hi - lo == 1) {
        leaf(&width, lo, sum);
        return;
    }
    double *right = calloc(width, sizeof *right);
    ck_assert_ptr_nonnull(right);
    serial_sum(width, lo, (lo + hi) / 2, sum);
    serial_sum(width, (lo + hi) / 2, hi, right);
    for (size_t i = 0; i < width; ++i)
        sum[i] += right[i];
    free(right);
}

START_TEST(sums_are_those_of_the_tree)
{
    static double sum[WIDE], wanted[WIDE];
    const size_t widths[] = {1, 5, WIDE};
    struct elbow_error error = {0};
    for (size_t w = 0; w < sizeof widths / sizeof *widths; ++w)
        for (uint64_t leaves = 1; leaves < 20; ++leaves) {
            size_t width = widths[w];
            struct elbow_tree_sum job = {.leaves = leaves, .width = width, .user = &width, .leaf = leaf};
            for (size_t i = 0; i < width; ++i)
                sum[i] = NAN;
            mpi_assert(elbow_tree_sum_run(mpi_comm, &job, sum, &error) == ELBOW_OK);
            serial_sum(width, 0, leaves, wanted);
            mpi_assert(memcmp(sum, wanted, width * sizeof *sum) == 0);
        }
}
END_TEST

// The memory for all ranks is bounded: 8 MiB, or 64 numbers per subtree if there are very many.
START_TEST(pieces_of_sums_take_bounded_room)
{
    mpi_assert(elbow_tree_sum_piece(5, 1, 4, 3) == 5 && elbow_tree_sum_piece(WIDE, 1, 4, 3) == 4096);
    mpi_assert(elbow_tree_sum_piece(64, 1, 1 << 16, 20) == 64 && elbow_tree_sum_piece(1, 1, 1 << 16, 20) == 1);
    mpi_assert(elbow_tree_sum_piece(6, 6, 4, 3) == 6 && elbow_tree_sum_piece(WIDE, 6, 4, 3) == 4092);
    mpi_assert(elbow_tree_sum_piece(WIDE, 6, 1 << 16, 20) == 60);
    for (int ranks = 1; ranks <= 1 << 16; ranks *= 2)
        for (int subtrees = 1; subtrees <= 40; ++subtrees) {
            size_t piece = elbow_tree_sum_piece(WIDE, 1, ranks, subtrees);
            mpi_assert(piece == 64 || (piece > 64 && piece * (size_t)ranks * (size_t)subtrees <= 1 << 20));
        }
}
END_TEST

// --- moments

enum { COLUMNS = 6, MOST = 5000 };

// The bits of mean and deviation of this number of rows, on one rank.
static const uint64_t MOST_WORD = UINT64_C(0x583ab52ca8ee11b6);

// Columns of all sizes: far from zero with a small deviation, tiny, huge, constant, with an outlier in the first row.
static void read_row(const void *user, uint64_t row, double *values)
{
    float drawn[COLUMNS]; // not normal ones, whose bits are the processor's
    (void)user;
    elbow_random_uniform((struct elbow_stream){.seed = 5, .id = row}, COLUMNS, drawn);
    values[0] = 1e6 + 1e-3 * (double)drawn[0];
    values[1] = 1e-18 * ((double)drawn[1] - 0.5);
    values[2] = 1e12 * ((double)drawn[2] - 0.5);
    values[3] = 0.1;
    values[4] = row == 0 ? 1e9 : (double)drawn[4];
    values[5] = -3 + (double)drawn[5];
}

static void check_column(const struct elbow_moments *moments, uint64_t rows, size_t column)
{
    long double mean = 0, square = 0, variance = 0;
    double values[COLUMNS];
    for (uint64_t row = 0; row < rows; ++row) {
        read_row(NULL, row, values);
        mean += (long double)values[column] / (long double)rows;
        square += (long double)values[column] * (long double)values[column] / (long double)rows;
    }
    for (uint64_t row = 0; row < rows; ++row) {
        read_row(NULL, row, values);
        long double difference = (long double)values[column] - mean;
        variance += difference * difference / (long double)rows;
    }
    double off = fabs((double)((long double)moments->mean[column] - mean));
    double deviation = column == 3 ? 0 : sqrt((double)variance);
    mpi_assert(off <= 1e-14 * sqrt((double)square));
    mpi_assert(fabs(moments->deviation[column] - deviation) <= 1e-12 * deviation);
}

START_TEST(moments_are_exact_on_any_ranks)
{
    const uint64_t rows[] = {1, 2, 1023, 1024, 1025, MOST};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; ++k) {
        struct elbow_error error = {0};
        struct elbow_moments moments;
        struct elbow_moments_job job = {
            .comm = mpi_comm, .rows = rows[k], .values = COLUMNS, .low = -4e12, .high = 4e12, .read = read_row};
        mpi_assert(elbow_moments_take(&job, &moments, &error) == ELBOW_OK);
        for (size_t j = 0; j < COLUMNS; ++j)
            check_column(&moments, rows[k], j);
        mpi_assert(moments.mean[3] == 0.1 && moments.deviation[3] == 0);
        double all[2 * COLUMNS];
        memcpy(all, moments.mean, sizeof all / 2);
        memcpy(all + COLUMNS, moments.deviation, sizeof all / 2);
        uint64_t word = 0;
        for (size_t i = 0; i < 2 * COLUMNS; ++i) {
            uint64_t bits;
            memcpy(&bits, &all[i], sizeof bits);
            word = (word ^ bits) * UINT64_C(0x9e3779b97f4a7c15) + 1;
        }
        mpi_assert(elbow_comm_is_same(mpi_comm, word));
        if (rows[k] == MOST && word != MOST_WORD && is_root())
            printf("bits: 0x%llx\n", (unsigned long long)word);
        mpi_assert(rows[k] != MOST || word == MOST_WORD);
        elbow_moments_clear(&moments);
    }
}
END_TEST

// Columns of very different sizes: row % 3 - 1 times the size, about which the exact moments are known.
static const double SIZES[] = {1e300, 1e-300, 1e150, 1e-150, 1, 1e-310};

static void read_sizes(const void *user, uint64_t row, double *values)
{
    (void)user;
    for (size_t j = 0; j < COLUMNS; ++j)
        values[j] = SIZES[j] * ((double)(row % 3) - 1);
}

START_TEST(each_column_has_its_own_size)
{
    struct elbow_error error = {0};
    struct elbow_moments moments;
    struct elbow_moments_job job = {
        .comm = mpi_comm, .rows = 3000, .values = COLUMNS, .low = -1e300, .high = 1e300, .read = read_sizes};
    mpi_assert(elbow_moments_take(&job, &moments, &error) == ELBOW_OK);
    for (size_t j = 0; j < COLUMNS; ++j) {
        double deviation = SIZES[j] * sqrt(2.0 / 3), off = fabs(moments.deviation[j] - deviation);
        mpi_assert(off <= 1e-13 * deviation + 1e-323 && fabs(moments.mean[j]) <= 1e-13 * deviation + 1e-323);
    }
    elbow_moments_clear(&moments);
}
END_TEST

// A third of the values are missing, as NaN; the last column has no others.
static bool is_gap(uint64_t row, size_t column)
{
    return (row + column) % 3 == 0 || column == COLUMNS - 1;
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

START_TEST(missing_values_do_not_count)
{
    struct elbow_error error = {0};
    struct elbow_moments moments;
    struct elbow_moments_job job = {.comm = mpi_comm,
                                    .rows = 3000,
                                    .values = COLUMNS,
                                    .low = -4e12,
                                    .high = 4e12,
                                    .read = read_gaps,
                                    .known = know_gaps};
    mpi_assert(elbow_moments_take(&job, &moments, &error) == ELBOW_OK);
    for (size_t j = 0; j + 1 < COLUMNS; ++j) {
        long double count = 0, mean = 0, variance = 0;
        double values[COLUMNS];
        for (int pass = 0; pass < 3; ++pass)
            for (uint64_t row = 0; row < job.rows; ++row) {
                read_row(NULL, row, values);
                long double value = (long double)values[j], difference = value - mean;
                count += pass == 0 && !is_gap(row, j);
                mean += pass == 1 && !is_gap(row, j) ? value / count : 0;
                variance += pass == 2 && !is_gap(row, j) ? difference * difference / count : 0;
            }
        double deviation = j == 3 ? 0 : sqrt((double)variance);
        mpi_assert(moments.counts[j] == (double)count && count == 2000);
        mpi_assert(fabs((double)((long double)moments.mean[j] - mean)) <= 1e-14 * (fabs((double)mean) + deviation));
        mpi_assert(fabs(moments.deviation[j] - deviation) <= 1e-12 * deviation);
    }
    mpi_assert(moments.mean[3] == 0.1 && moments.deviation[3] == 0);
    mpi_assert(moments.counts[5] == 0 && moments.mean[5] == 0 && moments.deviation[5] == 1);
    elbow_moments_clear(&moments);
}
END_TEST

// All values together: from the columns' own, as if they were one column.
START_TEST(columns_are_joined)
{
    double mean[] = {1, 1, 4}, deviation[] = {0, 2, 1}, of_all, deviation_of_all;
    struct elbow_moments moments = {.values = 3, .mean = mean, .deviation = deviation, .low = -10, .high = 10};
    elbow_moments_join(&moments, &of_all, &deviation_of_all);
    ck_assert_double_eq_tol(of_all, 2, 1e-15);
    ck_assert_double_eq_tol(deviation_of_all, sqrt((1 + 1 + 4 + 0 + 4 + 1) / 3.0), 1e-15);
    double same[] = {0.1, 0.1, 0.1}, none[] = {0, 0, 0};
    moments = (struct elbow_moments){.values = 3, .mean = same, .deviation = none, .low = 0.1, .high = 0.1};
    elbow_moments_join(&moments, &of_all, &deviation_of_all);
    ck_assert(of_all == 0.1 && deviation_of_all == 0);
    double counts[] = {2, 1, 0};
    moments = (struct elbow_moments){
        .values = 3, .mean = mean, .deviation = deviation, .low = -10, .high = 10, .counts = counts};
    elbow_moments_join(&moments, &of_all, &deviation_of_all);
    ck_assert_double_eq_tol(of_all, 1, 1e-15);
    ck_assert_double_eq_tol(deviation_of_all, sqrt(4 / 3.0), 1e-15);
}
END_TEST

MPI_UNIT_MAIN("data/moments", sums_are_those_of_the_tree, pieces_of_sums_take_bounded_room,
              moments_are_exact_on_any_ranks, each_column_has_its_own_size, missing_values_do_not_count,
              columns_are_joined)
