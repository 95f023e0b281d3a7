// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/average.h"

#include "elbow/base/memory.h"

#include "panic.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { SLICE = 70, STEPS = 40 };

static float parameter_at(int step, size_t i)
{
    return (float)sin((double)(step * 7) + (double)i) * ldexpf(1.0f, (int)(i % 9) - 4);
}

static void move(struct elbow_average *average, int step, size_t first, size_t count)
{
    float parameters[SLICE];
    for (size_t i = 0; i < count; ++i)
        parameters[i] = parameter_at(step, first + i);
    elbow_average_apply(average, first, count, (uint64_t)step, parameters);
}

// Against the header's formula in double: the decay rises for 9 d / (1 - d) - 1 steps, 8 for 0.5, and stays.
START_TEST(averages_against_double)
{
    static const double decays[] = {0.5, 0.999};
    for (size_t d = 0; d < 2; ++d) {
        struct elbow_average average;
        double expected[SLICE] = {0};
        ck_assert_int_eq(elbow_average_create(decays[d], SLICE, &average, NULL), ELBOW_OK);
        for (int step = 1; step <= STEPS; ++step) {
            double decay = fmin(decays[d], (1.0 + step) / (10.0 + step));
            for (size_t i = 0; i < SLICE; ++i)
                expected[i] = decay * expected[i] + (1.0 - decay) * (double)parameter_at(step, i);
            move(&average, step, 0, SLICE);
        }
        // Two roundings of 2^-24 a step, of numbers up to 16.
        for (size_t i = 0; i < SLICE; ++i)
            ck_assert_double_eq_tol((double)average.values[i], expected[i], STEPS * 2 * 0x1p-24 * 16);
        elbow_average_destroy(&average);
    }
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

START_TEST(cut_anywhere_they_have_the_same_bits)
{
    struct elbow_average whole, cut;
    ck_assert_int_eq(elbow_average_create(0.9, SLICE, &whole, NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_average_create(0.9, SLICE, &cut, NULL), ELBOW_OK);
    for (int step = 1; step <= SLICE; ++step) {
        move(&whole, step, 0, SLICE);
        move(&cut, step, (size_t)step, SLICE - (size_t)step);
        move(&cut, step, 0, (size_t)step);
    }
    ck_assert(memcmp(whole.values, cut.values, SLICE * sizeof(float)) == 0);
    elbow_average_destroy(&whole);
    elbow_average_destroy(&cut);
}
END_TEST

START_TEST(without_a_decay_there_are_none)
{
    struct elbow_average average;
    float parameter = 1;
    ck_assert_int_eq(elbow_average_create(0, SLICE, &average, NULL), ELBOW_OK);
    ck_assert(average.values == NULL && average.count == 0);
    elbow_average_apply(&average, 3, 1, 1, &parameter);
    elbow_average_destroy(&average);
}
END_TEST

static struct elbow_average shared;

static void beyond_the_slice(void)
{
    move(&shared, 1, SLICE - 1, 2);
}

static void update_zero(void)
{
    move(&shared, 0, 0, 2);
}

START_TEST(broken_contracts)
{
    ck_assert_int_eq(elbow_average_create(0.9, SLICE, &shared, NULL), ELBOW_OK);
    ck_assert(panics(beyond_the_slice));
    ck_assert(panics(update_zero));
    elbow_average_destroy(&shared);
}
END_TEST

UNIT_MAIN("nn/average", averages_against_double, cut_anywhere_they_have_the_same_bits, without_a_decay_there_are_none,
          broken_contracts)
