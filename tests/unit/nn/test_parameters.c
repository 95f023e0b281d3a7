// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/nn/parameters.h"

#include "elbow/base/memory.h"
#include "elbow/math/hash.h"
#include "elbow/math/random.h"

#include "panic.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct elbow_tensor matrix(const char *name, size_t inputs, size_t outputs, enum elbow_initial initial)
{
    struct elbow_tensor tensor = {.rank = 2,
                                  .shape = {inputs, outputs},
                                  .is_weight = true,
                                  .initial = initial,
                                  .fan_in = inputs,
                                  .fan_out = outputs,
                                  .value = 0.25f};
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    return tensor;
}

static size_t add(struct elbow_parameters *parameters, struct elbow_tensor tensor)
{
    struct elbow_error error = {0};
    size_t index = SIZE_MAX;
    ck_assert_int_eq(elbow_parameters_add(parameters, tensor, &index, &error), ELBOW_OK);
    return index;
}

START_TEST(offsets_are_whole_cache_lines)
{
    struct elbow_parameters parameters = {0};
    ck_assert_uint_eq(add(&parameters, matrix("a", 3, 5, ELBOW_INITIAL_GLOROT)), 0);
    ck_assert_uint_eq(add(&parameters, matrix("b", 4, 4, ELBOW_INITIAL_GLOROT)), 1);
    struct elbow_tensor kernel = {.name = "c", .rank = 4, .shape = {3, 3, 2, 1}};
    ck_assert_uint_eq(add(&parameters, kernel), 2);
    ck_assert_uint_eq(parameters.tensors[0].offset, 0);
    ck_assert_uint_eq(parameters.tensors[0].count, 15);
    ck_assert_uint_eq(parameters.tensors[1].offset, 16);
    ck_assert_uint_eq(parameters.tensors[2].offset, 32);
    ck_assert_uint_eq(parameters.tensors[2].count, 18);
    ck_assert_uint_eq(parameters.size, 64);
    ck_assert_uint_eq(elbow_parameters_trainable(&parameters), 15 + 16 + 18);
    ck_assert_ptr_eq(elbow_parameters_find(&parameters, "b"), &parameters.tensors[1]);
    ck_assert_ptr_null(elbow_parameters_find(&parameters, "bb"));
    elbow_parameters_clear(&parameters);
    ck_assert_uint_eq(parameters.size, 0);
    ck_assert_ptr_null(parameters.tensors);
}
END_TEST

START_TEST(many_tensors_keep_their_places)
{
    struct elbow_parameters parameters = {0};
    for (size_t i = 0; i < 100; ++i) {
        char name[16];
        snprintf(name, sizeof name, "t%zu", i);
        ck_assert_uint_eq(add(&parameters, matrix(name, 1, i + 1, ELBOW_INITIAL_GLOROT)), i);
    }
    size_t offset = 0;
    for (size_t i = 0; i < 100; ++i) {
        ck_assert_uint_eq(parameters.tensors[i].offset, offset);
        offset += (i + 16) / 16 * 16;
    }
    ck_assert_uint_eq(parameters.size, offset);
    elbow_parameters_clear(&parameters);
}
END_TEST

// A tensor's values depend on the seed, its name and its initialiser, not on its place or its neighbours.
START_TEST(values_depend_on_name_and_seed)
{
    struct elbow_parameters one = {0}, other = {0};
    add(&one, matrix("x", 30, 7, ELBOW_INITIAL_HE));
    add(&one, matrix("y", 30, 7, ELBOW_INITIAL_HE));
    add(&other, matrix("w", 5, 5, ELBOW_INITIAL_GLOROT));
    add(&other, matrix("y", 30, 7, ELBOW_INITIAL_HE));
    float a[512] = {0}, b[512] = {0}, c[512] = {0};
    ck_assert_uint_le(one.size, 512);
    elbow_parameters_initialize(&one, 1, a);
    elbow_parameters_initialize(&other, 1, b);
    elbow_parameters_initialize(&one, 2, c);
    const struct elbow_tensor *x = elbow_parameters_find(&one, "x"), *y = elbow_parameters_find(&one, "y");
    ck_assert_mem_eq(a + y->offset, b + elbow_parameters_find(&other, "y")->offset, 210 * sizeof *a);
    ck_assert_mem_ne(a + x->offset, a + y->offset, 210 * sizeof *a);
    ck_assert_mem_ne(a + y->offset, c + y->offset, 210 * sizeof *a);
    for (size_t i = 210; i < 224; ++i)
        ck_assert(a[x->offset + i] == 0.0f && a[y->offset + i] == 0.0f); // padding stays zero
    elbow_parameters_clear(&one);
    elbow_parameters_clear(&other);
}
END_TEST

START_TEST(values_come_from_their_stream)
{
    struct elbow_parameters parameters = {0};
    add(&parameters, matrix("encoder.0/weight", 6, 4, ELBOW_INITIAL_HE));
    float values[32] = {0}, normal[24];
    elbow_parameters_initialize(&parameters, 77, values);
    struct elbow_stream stream = {77, ELBOW_PURPOSE_INITIALIZE, elbow_hash_text("encoder.0/weight") >> 8, 0};
    elbow_random_normal(stream, 24, normal);
    for (size_t i = 0; i < 24; ++i)
        ck_assert(values[i] == normal[i] * (float)sqrt(2.0 / 6.0));
    elbow_parameters_clear(&parameters);
}
END_TEST

// Sums of n independent values with a known variance: five standard deviations.
START_TEST(statistics_of_the_initialisers)
{
    struct elbow_parameters parameters = {0};
    enum { IN = 300, OUT = 200, N = IN * OUT };
    add(&parameters, matrix("glorot", IN, OUT, ELBOW_INITIAL_GLOROT));
    add(&parameters, matrix("he", IN, OUT, ELBOW_INITIAL_HE));
    add(&parameters, matrix("constant", 3, 4, ELBOW_INITIAL_CONSTANT));
    static float values[2 * N + 64];
    ck_assert_uint_le(parameters.size, 2 * N + 64);
    elbow_parameters_initialize(&parameters, 9, values);

    double limit = sqrt(6.0 / (IN + OUT)), largest = 0.0, mean[2] = {0}, square[2] = {0};
    for (size_t i = 0; i < 2 * (size_t)N; ++i) {
        double value = (double)values[i];
        mean[i / N] += value / N;
        square[i / N] += value * value / N;
        if (i < N && fabs(value) > largest)
            largest = fabs(value);
    }
    ck_assert_double_le(largest, limit * (1.0 + 1e-6)); // the limit is rounded to float
    ck_assert_double_ge(largest, limit * 0.999);        // missed with a chance of exp(-60)
    double glorot = limit * limit / 3.0, he = 2.0 / IN, share = 5.0 / sqrt((double)N);
    ck_assert_double_eq_tol(mean[0], 0.0, share * sqrt(glorot));
    ck_assert_double_eq_tol(mean[1], 0.0, share * sqrt(he));
    ck_assert_double_eq_tol(square[0], glorot, share * glorot * sqrt(0.8)); // var(x^2) = 4/5 var^2 of a uniform
    ck_assert_double_eq_tol(square[1], he, share * he * sqrt(2.0));
    for (size_t i = 0; i < 12; ++i)
        ck_assert(values[parameters.tensors[2].offset + i] == 0.25f);
    elbow_parameters_clear(&parameters);
}
END_TEST

START_TEST(too_large_and_no_memory)
{
    struct elbow_parameters parameters = {0};
    struct elbow_error error = {0};
    size_t index = 5;
    struct elbow_tensor huge = matrix("huge", (size_t)1 << 40, (size_t)1 << 40, ELBOW_INITIAL_HE);
    ck_assert_int_eq(elbow_parameters_add(&parameters, huge, &index, &error), ELBOW_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, "tensor huge"));
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_parameters_add(&parameters, matrix("a", 2, 2, ELBOW_INITIAL_HE), &index, &error),
                     ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    ck_assert_uint_eq(parameters.count, 0);
    ck_assert_uint_eq(index, 5);
    add(&parameters, matrix("a", 2, 2, ELBOW_INITIAL_HE));
    elbow_parameters_clear(&parameters);
    ck_assert_uint_eq(elbow_memory_count().blocks, 0);
}
END_TEST

static struct elbow_parameters shared;

static void same_name(void)
{
    size_t index;
    elbow_parameters_add(&shared, matrix("a", 1, 1, ELBOW_INITIAL_HE), &index, NULL);
}

static void no_shape(void)
{
    size_t index;
    elbow_parameters_add(&shared, matrix("b", 0, 1, ELBOW_INITIAL_HE), &index, NULL);
}

START_TEST(broken_contracts)
{
    add(&shared, matrix("a", 2, 2, ELBOW_INITIAL_HE));
    ck_assert(panics(same_name));
    ck_assert(panics(no_shape));
    elbow_parameters_clear(&shared);
}
END_TEST

UNIT_MAIN("nn/parameters", offsets_are_whole_cache_lines, many_tensors_keep_their_places,
          values_depend_on_name_and_seed, values_come_from_their_stream, statistics_of_the_initialisers,
          too_large_and_no_memory, broken_contracts)
