// SPDX-License-Identifier: BSD-3-Clause
#include "import/values.h"

#include "unit.h"

START_TEST(values_of_a_shape)
{
    ck_assert_uint_eq(import_shape_values(0, NULL), 1);
    ck_assert_uint_eq(import_shape_values(3, (const uint64_t[]){28, 28, 3}), 2352);
    ck_assert_uint_eq(import_shape_values(2, (const uint64_t[]){5, 0}), 0);
}
END_TEST

START_TEST(bytes_are_turned_around)
{
    uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    import_swap(bytes, 4, 2);
    ck_assert_mem_eq(bytes, ((uint8_t[]){2, 1, 4, 3, 6, 5, 8, 7}), 8);
    import_swap(bytes, 1, 8);
    ck_assert_mem_eq(bytes, ((uint8_t[]){7, 8, 5, 6, 3, 4, 1, 2}), 8);
    import_swap(bytes, 8, 1);
    ck_assert_mem_eq(bytes, ((uint8_t[]){7, 8, 5, 6, 3, 4, 1, 2}), 8);
}
END_TEST

START_TEST(the_narrowest_type_of_integers)
{
    static const struct {
        int64_t min, max;
        enum elbow_element element;
    } CASES[] = {
        {0, 0, ELBOW_ELEMENT_UINT8},
        {0, 255, ELBOW_ELEMENT_UINT8},
        {-1, 127, ELBOW_ELEMENT_INT8},
        {-128, 0, ELBOW_ELEMENT_INT8},
        {0, 256, ELBOW_ELEMENT_UINT16},
        {-1, 128, ELBOW_ELEMENT_INT16},
        {-129, 0, ELBOW_ELEMENT_INT16},
        {0, 65536, ELBOW_ELEMENT_UINT32},
        {-1, 32768, ELBOW_ELEMENT_INT32},
        {0, UINT32_MAX, ELBOW_ELEMENT_UINT32},
        {-1, UINT32_MAX, ELBOW_ELEMENT_INT64},
        {0, (int64_t)UINT32_MAX + 1, ELBOW_ELEMENT_INT64},
        {INT64_MIN, INT64_MAX, ELBOW_ELEMENT_INT64},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i)
        ck_assert_str_eq(elbow_element_name(import_integer_element(CASES[i].min, CASES[i].max)),
                         elbow_element_name(CASES[i].element));
}
END_TEST

UNIT_MAIN("tools/import/values", values_of_a_shape, bytes_are_turned_around, the_narrowest_type_of_integers)
