// SPDX-License-Identifier: BSD-3-Clause
// Transforms of a dataset: sums along the tree, what is learned of the training set, what the model then sees. All is
// compared with plain serial loops: on any number of ranks it has the same bits.
#include "dataset_fixture.h"

#include "elbow/data/detail/moments.h"
#include "elbow/data/facts.h"
#include "elbow/math/random.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/tree_sum.h"

// --- sums

enum { WIDE = 9000 }; // more than what travels at once

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

// What is taken for all ranks is bounded: 8 MiB, or 64 numbers of each subtree where they are so many.
START_TEST(pieces_of_sums_take_bounded_room)
{
    mpi_assert(elbow_tree_sum_piece(5, 4, 3) == 5 && elbow_tree_sum_piece(WIDE, 4, 3) == 4096);
    mpi_assert(elbow_tree_sum_piece(64, 1 << 16, 20) == 64 && elbow_tree_sum_piece(1, 1 << 16, 20) == 1);
    for (int ranks = 1; ranks <= 1 << 16; ranks *= 2)
        for (int subtrees = 1; subtrees <= 40; ++subtrees) {
            size_t piece = elbow_tree_sum_piece(WIDE, ranks, subtrees);
            mpi_assert(piece == 64 || (piece > 64 && piece * (size_t)ranks * (size_t)subtrees <= 1 << 20));
        }
}
END_TEST

// --- moments

enum { COLUMNS = 6, MOST = 5000 };

// The bits of mean and deviation of so many rows, on one rank.
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

// All values together: from the columns' own, as if they were one column.
START_TEST(columns_are_joined)
{
    double mean[] = {1, 1, 4}, deviation[] = {0, 2, 1}, of_all, deviation_of_all;
    struct elbow_moments moments = {3, mean, deviation, -10, 10};
    elbow_moments_join(&moments, &of_all, &deviation_of_all);
    ck_assert_double_eq_tol(of_all, 2, 1e-15);
    ck_assert_double_eq_tol(deviation_of_all, sqrt((1 + 1 + 4 + 0 + 4 + 1) / 3.0), 1e-15);
    double same[] = {0.1, 0.1, 0.1}, none[] = {0, 0, 0};
    moments = (struct elbow_moments){3, same, none, 0.1, 0.1};
    elbow_moments_join(&moments, &of_all, &deviation_of_all);
    ck_assert(of_all == 0.1 && deviation_of_all == 0);
}
END_TEST

// --- datasets

static void write_rows(double *rows)
{
    for (int i = 0; i < ROWS; ++i)
        for (int j = 0; j < VALUES; ++j)
            rows[i * VALUES + j] = j == 2 ? 7 : (i * 37 + j * 11) % 101 - 5 * j;
    write_file(ELBOW_ELEMENT_FLOAT64, rows, 0, ROWS);
}

static void unload(struct elbow_dataset *dataset)
{
    elbow_dataset_unload(mpi_comm, dataset);
}

START_TEST(every_transform_learns_and_is_kept)
{
    double rows[ROWS * VALUES];
    write_rows(rows);
    for (int kind = 0; kind < ELBOW_TRANSFORMS; ++kind) {
        struct elbow_error error = {0};
        struct elbow_dataset first, other;
        struct elbow_dataset_request request = request_for();
        request.has_factor = request.has_offset = true;
        request.factor = 0.5;
        request.offset = 30; // nothing is below zero
        request.transform = (enum elbow_transform_kind)kind;
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &first, &error) == ELBOW_OK);
        struct elbow_data_facts facts = elbow_data_facts_of(&first);
        request.transform = ELBOW_TRANSFORM_NONE;
        request.reference = &facts;
        request.reference_name = "first";
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &other, &error) == ELBOW_OK);
        mpi_assert(first.news.constant == (kind == ELBOW_TRANSFORM_STANDARDIZE_EACH) && other.news.constant == 0);
        mpi_assert(first.news.constant == 0 || first.news.first_constant[0] == 2);
        double mean = 0, squares = 0, low = INFINITY, high = -INFINITY, n = ROWS * VALUES;
        bool same = true, back = true;
        for (int row = 0; row < ROWS; ++row) {
            float a[VALUES], b[VALUES];
            double scaled[VALUES];
            elbow_dataset_sample(&first, (uint64_t)row, a);
            elbow_dataset_sample(&other, (uint64_t)row, b);
            elbow_fit_inverse(&other.transform, 0, VALUES, b, scaled);
            same = same && memcmp(a, b, sizeof a) == 0;
            for (int j = 0; j < VALUES; ++j) {
                mean += (double)a[j] / n;
                squares += (double)a[j] * (double)a[j] / n;
                low = fmin(low, (double)a[j]);
                high = fmax(high, (double)a[j]);
                back = back && fabs(scaled[j] - (0.5 * rows[row * VALUES + j] + 30)) < 1e-4;
            }
        }
        mpi_assert(same && back);
        for (int k = 0; k < 2; ++k) {
            const struct elbow_dataset *dataset = k == 0 ? &first : &other;
            mpi_assert(fabs(dataset->mean - mean) < 1e-6 &&
                       fabs(dataset->deviation - sqrt(squares - mean * mean)) < 1e-6);
            mpi_assert(fabs(dataset->low - low) < 1e-6 && fabs(dataset->high - high) < 1e-6);
        }
        mpi_assert(kind != ELBOW_TRANSFORM_STANDARDIZE || (fabs(mean) < 1e-6 && fabs(squares - 1) < 1e-6));
        mpi_assert(kind != ELBOW_TRANSFORM_MINMAX || (low == 0 && high == 1));
        unload(&first);
        unload(&other);
    }
    remove_file();
}
END_TEST

// Which values a transform, or a likelihood behind it, cannot take: in one sentence, of the first such row.
START_TEST(values_that_cannot_be_are_refused)
{
    static const struct {
        enum elbow_transform_kind transform;
        double offset;
        struct elbow_demand demand;
        const char *row, *sentence;
    } cases[] = {
        {ELBOW_TRANSFORM_LOG1P,
         0,
         {.support = ELBOW_SUPPORT_REAL},
         "row 2 holds",
         "but data.transform: log1p needs values above -1"},
        {ELBOW_TRANSFORM_LOG1P,
         100,
         {.support = ELBOW_SUPPORT_BINARY, .key = "model.likelihood", .word = "bernoulli"},
         "row 0 holds",
         "(data.factor and data.offset) and data.transform: log1p, but model.likelihood: bernoulli needs values in [0, "
         "1]"},
        {ELBOW_TRANSFORM_STANDARDIZE,
         0,
         {.support = ELBOW_SUPPORT_UNIT, .key = "data.binarize", .word = "sample"},
         "row 0 holds",
         "and data.transform: standardize, but data.binarize: sample needs values in [0, 1]"},
    };
    double rows[ROWS * VALUES];
    write_rows(rows);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_error error = {0};
        struct elbow_dataset dataset;
        struct elbow_dataset_request request = request_for();
        request.has_factor = request.has_offset = true;
        request.factor = 1;
        request.offset = cases[i].offset;
        request.transform = cases[i].transform;
        request.demand = cases[i].demand;
        mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_DATA);
        mpi_assert(strstr(error.message, cases[i].sentence) != NULL);
        mpi_assert(strstr(error.message, cases[i].row) != NULL);
    }
    remove_file();
}
END_TEST

// Rows beyond the range that minmax has learned of others, where the model needs values in [0, 1].
START_TEST(values_beyond_the_learned_range_are_told)
{
    double rows[ROWS * VALUES] = {0}, numbers[2] = {0, 2};
    rows[4] = 2;
    rows[9 * VALUES + 1] = 3;
    write_file(ELBOW_ELEMENT_FLOAT64, rows, 0, ROWS);
    struct elbow_error error = {0};
    struct elbow_data_facts facts = {.samples = 1,
                                     .values = VALUES,
                                     .rank = 2,
                                     .shape = {2, 3},
                                     .element = ELBOW_ELEMENT_FLOAT64,
                                     .has_range = true,
                                     .max = 2,
                                     .scale = {.factor = 1, .source = "taken as stored"},
                                     .transform = {ELBOW_TRANSFORM_MINMAX, 1, numbers}};
    struct elbow_dataset_request request = request_for();
    request.reference = &facts;
    request.reference_name = "first";
    request.demand = (struct elbow_demand){.support = ELBOW_SUPPORT_UNIT, .key = "data.binarize", .word = "sample"};
    mpi_assert(load(&request, &error) == ELBOW_DATA);
    mpi_assert(
        strstr(error.message,
               "row 9 holds 1.5 (number 1 of the row) after scaling (taken as stored) and data.transform: minmax, "
               "beyond the range of the training rows, but data.binarize: sample needs values in [0, 1]; train on "
               "rows that hold the whole range, or set data.factor and data.offset by known bounds in place of "
               "data.transform, or model.likelihood: gaussian") != NULL);
    remove_file();
}
END_TEST

// Samples of another width than those that the numbers were learned of: in one sentence, before anything is done to
// them.
START_TEST(other_widths_are_refused)
{
    double rows[ROWS * VALUES], numbers[2 * (VALUES + 3)];
    write_rows(rows);
    for (size_t i = 0; i < 2 * (VALUES + 3); ++i)
        numbers[i] = 1;
    for (uint64_t width = VALUES - 3; width <= VALUES + 3; width += 6)
        for (int is_settled = 0; is_settled < 2; ++is_settled) {
            struct elbow_error error = {0};
            char sentence[200];
            struct elbow_data_facts facts = {
                .samples = 1, .values = width, .rank = 1, .shape = {width}, .scale = {.factor = 1}};
            facts.transform = (struct elbow_fit){ELBOW_TRANSFORM_STANDARDIZE_EACH, width, numbers};
            struct elbow_dataset_request request = request_for();
            request.reference = &facts;
            request.reference_name = "first";
            request.is_settled = is_settled;
            mpi_assert(load(&request, &error) == ELBOW_MISMATCH);
            snprintf(sentence, sizeof sentence, "a sample has 6 values, but first %s samples of %d values (%d); %s",
                     is_settled ? "was trained on" : "has", (int)width, (int)width,
                     is_settled ? "give data of that shape" : "both must have the same shape");
            mpi_assert(strstr(error.message, sentence) != NULL);
        }
    remove_file();
}
END_TEST

// What lies too far apart for its own numbers.
START_TEST(values_too_far_apart_are_refused)
{
    double rows[ROWS * VALUES] = {0};
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    struct elbow_dataset_request request = request_for();
    rows[0] = 1.7e308;
    rows[7] = -1.7e308;
    write_file(ELBOW_ELEMENT_FLOAT64, rows, 0, ROWS);
    request.transform = ELBOW_TRANSFORM_MINMAX;
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_DATA);
    mpi_assert(strstr(error.message, "lie too far apart for data.transform: minmax") != NULL);
    remove_file();
}
END_TEST

MPI_UNIT_MAIN("data/transform", sums_are_those_of_the_tree, pieces_of_sums_take_bounded_room,
              moments_are_exact_on_any_ranks, columns_are_joined, every_transform_learns_and_is_kept,
              values_that_cannot_be_are_refused, values_beyond_the_learned_range_are_told, other_widths_are_refused,
              values_too_far_apart_are_refused)
