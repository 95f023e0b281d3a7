// SPDX-License-Identifier: BSD-3-Clause
// The build tells what it is.
#include "elbow/base/build.h"

#include "unit.h"

#include <string.h>

START_TEST(version_is_a_number)
{
    ck_assert(strspn(elbow_build_version(), "0123456789.") == strlen(elbow_build_version()));
    ck_assert(strlen(elbow_build_version()) > 0);
}
END_TEST

START_TEST(texts_are_single_lines)
{
    ck_assert(strlen(elbow_build_id()) > 0);
    ck_assert_ptr_null(strchr(elbow_build_id(), '\n'));
    ck_assert_ptr_null(strchr(elbow_build_flags(), '\n'));
    ck_assert_ptr_nonnull(strstr(elbow_build_flags(), "HDF5"));
    ck_assert_ptr_nonnull(strstr(elbow_build_flags(), "-ffp-contract=off")); // what the exactness rests on
}
END_TEST

UNIT_MAIN("base/build", version_is_a_number, texts_are_single_lines)
