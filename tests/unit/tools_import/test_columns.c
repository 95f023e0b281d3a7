// SPDX-License-Identifier: BSD-3-Clause
#include "import/columns.h"

#include "unit.h"

#include <string.h>

START_TEST(lists_are_read)
{
    static const struct {
        const char *text, *taken; // of columns 1 to 9: x taken, . not
        size_t last;
    } CASES[] = {{"1", "x........", 1},        {"2-4", ".xxx.....", 4}, {"1,3-5,9", "x.xxx...x", 9},
                 {"9,1", "x.......x", 9},      {"4-4", "...x.....", 4}, {"3-5,4-6", "..xxxx...", 6},
                 {"7-1000", "......xxx", 1000}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        struct import_columns columns;
        ck_assert_msg(import_columns_parse(CASES[i].text, &columns), "%s", CASES[i].text);
        for (size_t column = 1; column <= 9; ++column)
            ck_assert_msg(import_columns_has(&columns, column) == (CASES[i].taken[column - 1] == 'x'), "%s: %zu",
                          CASES[i].text, column);
        ck_assert_uint_eq(import_columns_last(&columns), CASES[i].last);
    }
}
END_TEST

START_TEST(other_texts_are_refused)
{
    static const char *const TEXTS[] = {"",
                                        "0",
                                        "x",
                                        "-1",
                                        "1-",
                                        "2-1",
                                        "1,",
                                        ",1",
                                        "1,,2",
                                        "1 2",
                                        "1;2",
                                        "1-x",
                                        "+1-2",
                                        "1.5",
                                        "01a",
                                        "1-2-3",
                                        "99999999999999999999"};
    struct import_columns columns;
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; ++i)
        ck_assert_msg(!import_columns_parse(TEXTS[i], &columns), "%s", TEXTS[i]);
    char most[2 * IMPORT_RANGES_MAX + 2] = "";
    for (int i = 0; i < IMPORT_RANGES_MAX; ++i)
        strcat(most, i == 0 ? "1" : ",1");
    ck_assert(import_columns_parse(most, &columns));
    strcat(most, ",1");
    ck_assert(!import_columns_parse(most, &columns));
}
END_TEST

START_TEST(taken_and_skipped)
{
    struct import_columns none = {0}, some, others;
    ck_assert(import_columns_parse("2-5", &some) && import_columns_parse("1,4", &others));
    ck_assert(import_columns_take(&none, &none, 1) && import_columns_take(&none, &none, 1000));
    ck_assert(!import_columns_take(&some, &none, 1) && import_columns_take(&some, &none, 2));
    ck_assert(!import_columns_take(&none, &others, 1) && import_columns_take(&none, &others, 2));
    ck_assert(!import_columns_take(&some, &others, 4) && import_columns_take(&some, &others, 5));
    ck_assert_uint_eq(import_columns_last(&none), 0);
}
END_TEST

UNIT_MAIN("tools/import/columns", lists_are_read, other_texts_are_refused, taken_and_skipped)
