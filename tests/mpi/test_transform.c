// SPDX-License-Identifier: BSD-3-Clause
// Transforms of a dataset: the numbers learned from the training set, and the values that the model then sees. All is
// compared with plain serial loops: the bits are the same on any number of ranks.
#include "dataset_fixture.h"

#include "elbow/data/facts.h"

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
        mpi_assert(elbow_fit_has_constants(&first.transform) == (kind == ELBOW_TRANSFORM_STANDARDIZE_EACH) &&
                   elbow_fit_has_constants(&other.transform) == (kind == ELBOW_TRANSFORM_STANDARDIZE_EACH));
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

// Values that a transform, or a likelihood behind it, cannot use: one sentence, about the first such row.
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

// With data.dequantize the model sees noise from 0 to the factor on each value: the numbers are learned from such
// values.
static void check_noisy(enum elbow_transform_kind kind, double factor)
{
    uint8_t rows[ROWS * VALUES];
    double mean[VALUES + 1] = {0}, square[VALUES + 1] = {0};
    for (int i = 0; i < ROWS * VALUES; ++i) {
        int column = i % VALUES;
        rows[i] = column == 2 ? 7 : (uint8_t)(i * 37 % 101 * (column + 1) % 256);
        double value = factor * rows[i], noise = factor * factor / 12, moved = value + factor / 2;
        for (int j = column; j <= VALUES; j += VALUES - column) { // of its column, and of all
            double n = j == VALUES ? ROWS * VALUES : ROWS;
            mean[j] += moved / n;
            square[j] += (moved * moved + noise) / n;
        }
    }
    struct elbow_error error = {0};
    struct elbow_dataset dataset;
    struct elbow_dataset_request request = request_for();
    write_file(ELBOW_ELEMENT_UINT8, rows, 0, ROWS);
    request.has_factor = true;
    request.factor = factor;
    request.transform = kind;
    request.demand = (struct elbow_demand){.support = ELBOW_SUPPORT_REAL, .is_whole = true};
    mpi_assert(elbow_dataset_load(mpi_comm, &request, &silent, &dataset, &error) == ELBOW_OK);
    const struct elbow_fit *fit = &dataset.transform;
    for (size_t j = 0; j < fit->columns; ++j) {
        size_t of = fit->columns == 1 ? VALUES : j;
        double center = mean[of], spread = sqrt(square[of] - mean[of] * mean[of]);
        if (kind == ELBOW_TRANSFORM_MINMAX) {
            double a = factor * dataset.min, b = factor * (dataset.max + 1);
            center = fmin(a, b);
            spread = fabs(b - a);
        }
        mpi_assert(fabs(fit->numbers[j] - center) < 1e-9 && fabs(fit->numbers[fit->columns + j] - spread) < 1e-9);
    }
    mpi_assert(dataset.news.constant == 0); // there is noise
    unload(&dataset);
    remove_file();
}

START_TEST(noise_counts_in_what_is_learned)
{
    const double factors[] = {1, -0.25, 1.0 / 255};
    for (size_t i = 0; i < sizeof factors / sizeof *factors; ++i) {
        check_noisy(ELBOW_TRANSFORM_STANDARDIZE, factors[i]);
        check_noisy(ELBOW_TRANSFORM_STANDARDIZE_EACH, factors[i]);
        check_noisy(ELBOW_TRANSFORM_MINMAX, factors[i]);
    }
}
END_TEST

// A factor below zero takes the noise below the values.
START_TEST(noise_below_what_a_transform_takes_is_refused)
{
    uint8_t rows[ROWS * VALUES] = {0};
    struct elbow_error error = {0};
    struct elbow_dataset_request request = request_for();
    rows[8 * VALUES + 4] = 3;
    write_file(ELBOW_ELEMENT_UINT8, rows, 0, ROWS);
    request.has_factor = request.has_offset = true;
    request.factor = -0.5;
    request.offset = 0.75;
    request.transform = ELBOW_TRANSFORM_LOG1P;
    mpi_assert(load(&request, &error) == ELBOW_OK);
    request.demand = (struct elbow_demand){.support = ELBOW_SUPPORT_REAL, .is_whole = true};
    mpi_assert(load(&request, &error) == ELBOW_DATA);
    mpi_assert(strstr(error.message,
                      "row 8 holds -0.75 (at index 4) after scaling (data.factor and data.offset) and noise "
                      "down to -1.25 (data.dequantize), but data.transform: log1p needs values above -1") != NULL);
    request.offset = 1.25;
    mpi_assert(load(&request, &error) == ELBOW_OK);
    remove_file();
}
END_TEST

// Rows beyond the range that minmax has learned of others, where the model needs values in [0, 1].
START_TEST(values_beyond_the_learned_range_are_told)
{
    double rows[ROWS * VALUES] = {0}, numbers[ELBOW_FIT_NUMBERS] = {0, 2};
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
               "row 9 holds 1.5 (at index 1) after scaling (taken as stored) and data.transform: minmax, "
               "beyond the range of the training rows, but data.binarize: sample needs values in [0, 1]; train on "
               "rows that hold the whole range, or set data.factor and data.offset from known bounds instead of "
               "data.transform, or model.likelihood: gaussian") != NULL);
    remove_file();
}
END_TEST

// Samples of another width than those that the numbers were learned of: in one sentence, before anything is done to
// them.
START_TEST(other_widths_are_refused)
{
    double rows[ROWS * VALUES], numbers[ELBOW_FIT_NUMBERS * (VALUES + 3)];
    write_rows(rows);
    for (size_t i = 0; i < ELBOW_FIT_NUMBERS * (VALUES + 3); ++i)
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

// Values that are too far apart for numbers of their own.
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
    mpi_assert(strstr(error.message, "span too wide a range for data.transform: minmax") != NULL);
    remove_file();
}
END_TEST

MPI_UNIT_MAIN("data/transform", every_transform_learns_and_is_kept, values_that_cannot_be_are_refused,
              noise_counts_in_what_is_learned, noise_below_what_a_transform_takes_is_refused,
              values_beyond_the_learned_range_are_told, other_widths_are_refused, values_too_far_apart_are_refused)
