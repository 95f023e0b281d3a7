// SPDX-License-Identifier: BSD-3-Clause
// The keys of dropout's masks; conformance/layer has the values for given keys.
#include "elbow/base/memory.h"
#include "elbow/nn/layer.h"

#include "unit.h"

#include <math.h>
#include <string.h>

enum { ROWS = 4, VALUES = 5000 };

static const uint64_t ids[ROWS] = {3, 70000000000, 5, 0};

// y of ones.
static void pass(const char *name, double rate, const struct elbow_about *about, float *y)
{
    static float x[ROWS * VALUES];
    struct elbow_layer options = {.kind = ELBOW_LAYER_DROPOUT, .rate = rate};
    struct elbow_parameters parameters = {0};
    struct elbow_layer_instance layer;
    struct elbow_layer_site site = {.name = name, .options = &options, .input = {1, 1, VALUES, 0}, .rows_max = ROWS};
    ck_assert_int_eq(elbow_layer_create(&parameters, &site, &layer, NULL), ELBOW_OK);
    ck_assert_uint_eq(parameters.count, 0);
    for (size_t i = 0; i < ROWS * VALUES; ++i)
        x[i] = 1;
    elbow_layer_forward(&layer, &(struct elbow_layer_call){.rows = ROWS, .x = x, .y = y, .about = about});
    elbow_layer_destroy(&layer);
}

static float first[ROWS * VALUES], second[ROWS * VALUES];

static bool same_row(size_t a, size_t b)
{
    return memcmp(first + a * VALUES, second + b * VALUES, VALUES * sizeof *first) == 0;
}

START_TEST(a_share_of_the_values_is_dropped)
{
    const struct elbow_about about = {.ids = ids, .seed = 1, .epoch = 2, .is_training = true};
    size_t dropped = 0;
    pass("encoder.1", 0.3, &about, first);
    for (size_t i = 0; i < ROWS * VALUES; ++i) {
        ck_assert(first[i] == 0 || first[i] == (float)(1 / 0.7));
        dropped += first[i] == 0;
    }
    // Five deviations of sqrt(0.21 / 20000).
    ck_assert_double_eq_tol((double)dropped / (ROWS * VALUES), 0.3, 0.017);
}
END_TEST

START_TEST(masks_are_keyed)
{
    const struct elbow_about about = {.ids = ids, .seed = 1, .epoch = 2, .is_training = true},
                             epoch = {.ids = ids, .seed = 1, .epoch = 3, .is_training = true},
                             seed = {.ids = ids, .seed = 2, .epoch = 2, .is_training = true};
    static const uint64_t turned[ROWS] = {0, 5, 70000000000, 3};
    const struct elbow_about order = {.ids = turned, .seed = 1, .epoch = 2, .is_training = true};
    pass("encoder.1", 0.3, &about, first);
    pass("encoder.1", 0.3, &order, second); // wherever in the microbatch
    for (size_t row = 0; row < ROWS; ++row)
        ck_assert(same_row(row, ROWS - 1 - row));
    pass("encoder.1", 0.3, &about, second);
    for (size_t row = 1; row < ROWS; ++row)
        ck_assert(!same_row(row, row - 1));
    pass("encoder.1", 0.3, &epoch, second);
    ck_assert(!same_row(0, 0));
    pass("encoder.1", 0.3, &seed, second);
    ck_assert(!same_row(0, 0));
    pass("encoder.2", 0.3, &about, second);
    ck_assert(!same_row(0, 0));
    pass("decoder.1", 0.3, &about, second);
    ck_assert(!same_row(0, 0));
}
END_TEST

START_TEST(an_evaluation_drops_nothing)
{
    const struct elbow_about evaluation = {.ids = ids, .seed = 1, .epoch = 0, .is_training = false}, unknown = {0};
    const struct elbow_about *none[] = {&evaluation, &unknown, NULL};
    for (size_t k = 0; k < sizeof none / sizeof *none; ++k) {
        pass("encoder.1", 0.3, none[k], first);
        for (size_t i = 0; i < ROWS * VALUES; ++i)
            ck_assert(first[i] == 1);
    }
}
END_TEST

UNIT_MAIN("nn/dropout", a_share_of_the_values_is_dropped, masks_are_keyed, an_evaluation_drops_nothing)
