// SPDX-License-Identifier: BSD-3-Clause
// The identity of the build.
#include "elbow/base/build.h"

#include "unit.h"

#include <string.h>

// Between two versions it is the next one's number and "-dev".
START_TEST(version_is_a_number)
{
    size_t digits = strspn(elbow_build_version(), "0123456789.");
    const char *rest = elbow_build_version() + digits;
    ck_assert_uint_gt(digits, 0);
    ck_assert(strcmp(rest, "") == 0 || strcmp(rest, "-dev") == 0);
}
END_TEST

START_TEST(texts_are_single_lines)
{
    ck_assert(strlen(elbow_build_id()) > 0);
    ck_assert_ptr_null(strchr(elbow_build_id(), '\n'));
    ck_assert_ptr_null(strchr(elbow_build_flags(), '\n'));
    ck_assert_ptr_nonnull(strstr(elbow_build_flags(), "HDF5"));
    ck_assert_ptr_nonnull(strstr(elbow_build_flags(), "-ffp-contract=off")); // required for exact results
}
END_TEST

UNIT_MAIN("base/build", version_is_a_number, texts_are_single_lines)
