// SPDX-License-Identifier: BSD-3-Clause
// Rows of two tables, compared by step, split and column.
#include "elbow/output/table_compare.h"

#include "unit.h"

#define HEAD "step,epoch,split,objective,seconds,beta\n"

static const char before[] = HEAD "2,1,train,-1.5,7,1\n4,1,train,-1.25,8,1\n4,1,valid,-2,8,1\n6,2,train,-1,9,1\n";

START_TEST(clocks_and_columns_of_one_table_do_not_count)
{
    struct elbow_table_difference found;
    const char now[] = "step,epoch,split,beta,objective\n2,1,train,1,-1.5\n4,1,train,1,-1.25\n4,1,valid,1,-2\n"
                       "6,2,train,1,-1\n";
    ck_assert(!elbow_table_compare(before, now, 0, 6, &found));
    ck_assert_uint_eq(found.rows, 4);
    ck_assert_uint_eq(found.equal, 6);
    ck_assert_uint_eq(found.step, 0);
}
END_TEST

START_TEST(the_first_row_that_differs_is_told)
{
    struct elbow_table_difference found;
    const char now[] = HEAD "2,1,train,-1.5,70,1\n4,1,train,-1.25,80,1\n4,1,valid,-2.5,8,1\n6,2,train,-3,9,1\n";
    ck_assert(elbow_table_compare(before, now, 0, 6, &found));
    ck_assert_uint_eq(found.step, 4);
    ck_assert_uint_eq(found.equal, 2); // of step 4 one row is the same, and one is not
    ck_assert_str_eq(found.split, "valid");
    ck_assert_str_eq(found.column, "objective");
    ck_assert_str_eq(found.before, "-2");
    ck_assert_str_eq(found.now, "-2.5");
}
END_TEST

START_TEST(rows_outside_and_rows_of_one_table_are_passed_over)
{
    struct elbow_table_difference found;
    const char now[] = HEAD "2,1,train,0,7,1\na note\n6,2,train,-1,9,1\n8,2,train,-1,9,1\n10,3,tra";
    ck_assert(!elbow_table_compare(before, now, 2, 8, &found));
    ck_assert_uint_eq(found.rows, 1);
    ck_assert(elbow_table_compare(before, now, 0, 8, &found));
    ck_assert_uint_eq(found.step, 2);
    ck_assert_uint_eq(found.equal, 0);
}
END_TEST

UNIT_MAIN("output/table_compare", clocks_and_columns_of_one_table_do_not_count, the_first_row_that_differs_is_told,
          rows_outside_and_rows_of_one_table_are_passed_over)
