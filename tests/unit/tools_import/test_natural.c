// SPDX-License-Identifier: BSD-3-Clause
// The natural order of names.
#include "import/natural.h"

#include "unit.h"

START_TEST(digits_are_numbers_and_all_else_is_bytes)
{
    // Of names that differ in zeros alone, bytes decide.
    static const char *const SORTED[] = {"",
                                         "0",
                                         "1",
                                         "2",
                                         "10",
                                         "A",
                                         "a",
                                         "a1b2",
                                         "a1b10",
                                         "a2",
                                         "img",
                                         "img01.png",
                                         "img1.png",
                                         "img2.p",
                                         "img2.png",
                                         "img10.png",
                                         "x18446744073709551615",
                                         "x18446744073709551616",
                                         "\xc3\xa4"};
    size_t count = sizeof SORTED / sizeof *SORTED;
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < count; ++k) {
            int order = import_natural_order(SORTED[i], SORTED[k]);
            ck_assert_msg((order > 0) - (order < 0) == (i > k) - (i < k), "%s, %s: %d", SORTED[i], SORTED[k], order);
        }
}
END_TEST

UNIT_MAIN("tools/import/natural", digits_are_numbers_and_all_else_is_bytes)
