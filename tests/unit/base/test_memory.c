// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "unit.h"

#include <string.h>

START_TEST(aligned_zeroed_and_counted)
{
    struct elbow_error error = {0};
    struct elbow_memory_counts before = elbow_memory_count();
    float *values = NULL;
    ck_assert_int_eq(elbow_allocate(&values, 100, sizeof *values, "test", &error), ELBOW_OK);
    ck_assert_uint_eq((uintptr_t)values % ELBOW_ALIGNMENT, 0);
    for (int i = 0; i < 100; ++i)
        ck_assert(values[i] == 0.0F);
    struct elbow_memory_counts held = elbow_memory_count();
    ck_assert_uint_eq(held.bytes - before.bytes, 400);
    ck_assert_uint_eq(held.blocks - before.blocks, 1);
    ck_assert_uint_ge(held.peak_bytes, held.bytes);
    elbow_release(&values);
    ck_assert_ptr_null(values);
    elbow_release(&values);
    ck_assert_uint_eq(elbow_memory_count().bytes, before.bytes);
    ck_assert_uint_eq(elbow_memory_count().blocks, before.blocks);
}
END_TEST

START_TEST(nothing_is_legal)
{
    char *none = NULL;
    ck_assert_int_eq(elbow_allocate(&none, 0, 1, "test", NULL), ELBOW_OK);
    ck_assert_ptr_nonnull(none);
    elbow_release(&none);
}
END_TEST

START_TEST(overflow_and_too_much_are_told)
{
    struct elbow_error error = {0};
    char *none = &(char){0};
    ck_assert_int_eq(elbow_allocate(&none, SIZE_MAX, 2, "the moon", &error), ELBOW_MEMORY);
    ck_assert_ptr_null(none);
    ck_assert_ptr_nonnull(strstr(error.message, "the moon"));
    ck_assert_int_eq(elbow_allocate(&none, SIZE_MAX, 1, "the sun", &error), ELBOW_MEMORY);
    ck_assert_ptr_nonnull(strstr(error.message, "the sun"));
}
END_TEST

START_TEST(fails_on_demand)
{
    char *one = NULL, *two = NULL;
    elbow_memory_fail_at(2);
    ck_assert_int_eq(elbow_allocate(&one, 1, 1, "one", NULL), ELBOW_OK);
    ck_assert_int_eq(elbow_allocate(&two, 1, 1, "two", NULL), ELBOW_MEMORY);
    ck_assert_int_eq(elbow_allocate(&two, 1, 1, "two", NULL), ELBOW_OK);
    elbow_memory_fail_at(0);
    elbow_release(&one);
    elbow_release(&two);
}
END_TEST

START_TEST(several_arrays_at_once)
{
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks, bytes = elbow_memory_count().bytes;
    float *values = NULL;
    char(*names)[7] = NULL;
    uint64_t *ids = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(values, 10), ELBOW_ARRAY_OF(names, 3, "names"),
                                         ELBOW_ARRAY(ids, 4)};
    ck_assert_int_eq(elbow_allocate_all(arrays, 3, "things", &error), ELBOW_OK);
    ck_assert_uint_eq(elbow_memory_count().blocks - blocks, 3);
    ck_assert_uint_eq(elbow_memory_count().bytes - bytes, 10 * sizeof(float) + 3 * 7 + 4 * sizeof(uint64_t));
    elbow_release(&values);
    elbow_release(&names);
    elbow_release(&ids);
    for (uint64_t n = 1; n <= 3; ++n) {
        elbow_memory_fail_at(n);
        ck_assert_int_eq(elbow_allocate_all(arrays, 3, "things", &error), ELBOW_MEMORY);
        elbow_memory_fail_at(0);
        ck_assert_ptr_nonnull(strstr(error.message, n == 2 ? "no memory for names" : "no memory for things"));
        ck_assert_uint_eq(elbow_memory_count().blocks - blocks, n - 1); // those before the one that fails
        elbow_release(&values);
        elbow_release(&names);
        elbow_release(&ids);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
}
END_TEST

UNIT_MAIN("base/memory", several_arrays_at_once, aligned_zeroed_and_counted, nothing_is_legal,
          overflow_and_too_much_are_told, fails_on_demand)
