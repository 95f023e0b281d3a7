// SPDX-License-Identifier: BSD-3-Clause
// Every row of the table of corruptions: its statistics, its keys, and the stages of the encoder's input.
#include "elbow/data/detail/corrupt.h"
#include "elbow/data/inputs.h"

#include "unit.h"

#include <math.h>

enum { VALUES = 40000 };

static float clean[VALUES], corrupted[VALUES], again[VALUES], low[VALUES], high[VALUES];

// Clean values that are all alike, far from the extremes.
static void corrupt(enum elbow_corrupt_kind kind, double amount, uint64_t id, uint32_t draw, float *out)
{
    for (size_t d = 0; d < VALUES; ++d) {
        clean[d] = 2;
        low[d] = -5;
        high[d] = 7;
    }
    struct elbow_corrupt_call call = {
        .stream = {.seed = 9, .purpose = ELBOW_PURPOSE_TRAIN_CORRUPT, .id = id, .draw = draw},
        .amount = amount,
        .values = VALUES,
        .seen = clean,
        .low = low,
        .high = high};
    elbow_corruption_row(kind)->corrupt(&call, out);
}

static double share_of(float value)
{
    size_t count = 0;
    for (size_t d = 0; d < VALUES; ++d)
        count += corrupted[d] == value;
    return (double)count / VALUES;
}

// Within five deviations of a share.
static bool is_near(double found, double share)
{
    return fabs(found - share) <= 5 * sqrt(share * (1 - share) / VALUES);
}

START_TEST(statistics)
{
    corrupt(ELBOW_CORRUPT_NONE, 0, 1, 0, corrupted);
    ck_assert(share_of(2) == 1);
    corrupt(ELBOW_CORRUPT_DROP, 0.3, 1, 0, corrupted);
    ck_assert(is_near(share_of(0), 0.3) && share_of(0) + share_of(2) == 1); // kept values are not rescaled
    corrupt(ELBOW_CORRUPT_SALT_AND_PEPPER, 0.2, 1, 0, corrupted);
    ck_assert(is_near(share_of(-5), 0.1) && is_near(share_of(7), 0.1));
    ck_assert(is_near(share_of(2), 0.8));
    corrupt(ELBOW_CORRUPT_GAUSSIAN, 0.5, 1, 0, corrupted);
    double mean = 0, square = 0;
    for (size_t d = 0; d < VALUES; ++d) {
        mean += ((double)corrupted[d] - 2) / VALUES;
        square += ((double)corrupted[d] - 2) * ((double)corrupted[d] - 2) / VALUES;
    }
    ck_assert_double_le(fabs(mean), 5 * 0.5 / sqrt(VALUES));
    ck_assert_double_le(fabs(square / 0.25 - 1), 5 * sqrt(2.0 / VALUES));
}
END_TEST

START_TEST(keyed_by_sample_and_epoch)
{
    for (int kind = ELBOW_CORRUPT_NONE + 1; kind < ELBOW_CORRUPTIONS; ++kind) {
        corrupt((enum elbow_corrupt_kind)kind, 0.5, 3, 4, corrupted);
        corrupt((enum elbow_corrupt_kind)kind, 0.5, 3, 4, again);
        ck_assert_mem_eq(corrupted, again, sizeof again);
        corrupt((enum elbow_corrupt_kind)kind, 0.5, 2, 4, again);
        ck_assert_mem_ne(corrupted, again, sizeof again);
        corrupt((enum elbow_corrupt_kind)kind, 0.5, 3, 5, again);
        ck_assert_mem_ne(corrupted, again, sizeof again);
    }
}
END_TEST

enum { D = 5, ROWS = 3 };

// The stages of a small data set, whose values were from -1 to 3.
struct stages {
    double numbers[ELBOW_FIT_NUMBERS];
    struct elbow_dataset dataset;
    struct elbow_inputs inputs;
    struct elbow_inputs_workspace room;
    float values[ROWS * D], known[ROWS * D];
    uint64_t ids[ROWS];
};

static struct stages stages;

static void make_stages(enum elbow_transform_kind transform, enum elbow_corrupt_kind kind, bool shows_mask)
{
    struct elbow_error error = {0};
    stages = (struct stages){
        .numbers = {1, 2},
        .dataset = {.values = D, .rank = 1, .shape = {D}, .scale = {.factor = 1}, .trained_min = -1, .trained_max = 3}};
    stages.dataset.input = (struct elbow_fit){.kind = transform, .columns = 1, .numbers = stages.numbers};
    stages.inputs = (struct elbow_inputs){.dataset = &stages.dataset,
                                          .corrupt = kind,
                                          .amount = 0.999,
                                          .purpose = ELBOW_PURPOSE_TRAIN_CORRUPT,
                                          .shows_mask = shows_mask};
    for (size_t i = 0; i < (size_t)ROWS * D; ++i) {
        stages.values[i] = (float)i / 8;
        stages.known[i] = i % 4 != 1;
        stages.values[i] *= stages.known[i];
    }
    for (size_t i = 0; i < ROWS; ++i)
        stages.ids[i] = 100 + i;
    ck_assert(elbow_inputs_create(&stages.inputs, ROWS, &stages.room, &error) == ELBOW_OK);
}

static const float *make(void)
{
    return elbow_inputs_make(&stages.inputs, &stages.room, 7, 1, ROWS, stages.ids, stages.values, stages.known);
}

START_TEST(stages_follow_each_other)
{
    make_stages(ELBOW_TRANSFORM_NONE, ELBOW_CORRUPT_NONE, false);
    ck_assert_ptr_null(make()); // the values themselves
    ck_assert_uint_eq(elbow_inputs_floats(&stages.inputs), 0);
    elbow_inputs_clear(&stages.room);
    make_stages(ELBOW_TRANSFORM_STANDARDIZE, ELBOW_CORRUPT_NONE, true);
    const float *seen = make();
    for (size_t row = 0; row < ROWS; ++row) // a flat row is one place: values, then the mask
        for (size_t d = 0; d < D; ++d) {
            size_t at = row * D + d;
            ck_assert(seen[row * 2 * D + d] == (stages.known[at] != 0 ? (stages.values[at] - 1) / 2 : 0));
            ck_assert(seen[row * 2 * D + D + d] == stages.known[at]);
        }
    elbow_inputs_clear(&stages.room);
    make_stages(ELBOW_TRANSFORM_STANDARDIZE, ELBOW_CORRUPT_SALT_AND_PEPPER, false);
    seen = make();
    size_t ends = 0;
    for (size_t at = 0; at < (size_t)ROWS * D; ++at) {
        ends += seen[at] == -1 || seen[at] == 1; // -1 and 3, standardized
        ck_assert(stages.known[at] != 0 || seen[at] == 0);
    }
    ck_assert_uint_ge(ends, 10);
    float back[D];
    elbow_inputs_turn_back(&stages.inputs, seen, back);
    for (size_t d = 0; d < D; ++d)
        ck_assert(back[d] == 2 * seen[d] + 1);
    ck_assert(elbow_inputs_span(&stages.inputs) == 4);
    elbow_inputs_clear(&stages.room);
}
END_TEST

// A row is a function of its key: not of the rows beside it.
START_TEST(rows_do_not_depend_on_others)
{
    for (int kind = ELBOW_CORRUPT_NONE + 1; kind < ELBOW_CORRUPTIONS; ++kind) {
        float whole[ROWS * D];
        make_stages(ELBOW_TRANSFORM_STANDARDIZE, (enum elbow_corrupt_kind)kind, false);
        memcpy(whole, make(), sizeof whole);
        const float *one = elbow_inputs_make(&stages.inputs, &stages.room, 7, 1, 1, stages.ids + 2,
                                             stages.values + 2 * D, stages.known + 2 * D);
        ck_assert_mem_eq(one, whole + 2 * D, D * sizeof *one);
        elbow_inputs_clear(&stages.room);
    }
}
END_TEST

UNIT_MAIN("conformance/corrupt", statistics, keyed_by_sample_and_epoch, stages_follow_each_other,
          rows_do_not_depend_on_others)
