// SPDX-License-Identifier: BSD-3-Clause
// The comparison of wanted and present processor features. (What a whole program says is the test processor_stub.)
#include "elbow/cli/processor.h"

#include "unit.h"

#include <stddef.h>

START_TEST(the_first_missing_feature_is_named)
{
    const struct elbow_processor_feature features[] = {
        {"sse3", true}, {"avx2", false}, {"avx512f", false}, {NULL, true}};
    ck_assert_str_eq(elbow_processor_first_missing(features), "avx2");
}
END_TEST

START_TEST(nothing_is_missing_from_full_and_empty_lists)
{
    const struct elbow_processor_feature full[] = {{"sse3", true}, {"avx2", true}, {NULL, true}};
    const struct elbow_processor_feature empty[] = {{NULL, true}};
    ck_assert_ptr_null(elbow_processor_first_missing(full));
    ck_assert_ptr_null(elbow_processor_first_missing(empty));
}
END_TEST

// The tests run where they were built.
START_TEST(the_processor_at_hand_fits)
{
    ck_assert_ptr_null(elbow_processor_missing());
    ck_assert(elbow_processor_fits("test"));
}
END_TEST

UNIT_MAIN("cli/processor", the_first_missing_feature_is_named, nothing_is_missing_from_full_and_empty_lists,
          the_processor_at_hand_fits)
