// SPDX-License-Identifier: BSD-3-Clause
#include "import/fields.h"

#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

START_TEST(separators_are_found)
{
    static const struct {
        const char *line;
        char separator;
    } CASES[] = {{"1,2", ','},           {"1;2", ';'},         {"1\t2", '\t'},
                 {"1 2", ' '},           {"1", ' '},           {"\t1 2\t", ' '},
                 {"1\t", ' '},           {"a;b,c", ','},       {"1,5;2,5", ';'},
                 {"-1,5e3; 2;", ';'},    {"1,5\t2,5", '\t'},   {"1,2,3;4", ','},
                 {"\"1,5\";\"2\"", ';'}, {"\"a;b\",c", ','},   {"5\" pipe,3", ','},
                 {"\"a\tb\" c", ' '},    {"\"a,b\"\t1", '\t'}, {"", ' '}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i)
        ck_assert_msg(import_find_separator(CASES[i].line) == CASES[i].separator, "%s: '%c'", CASES[i].line,
                      import_find_separator(CASES[i].line));
}
END_TEST

// The fields of a line, with | between.
static const char *cut(const char *line, char separator)
{
    static char copy[128], joined[256];
    snprintf(copy, sizeof copy, "%s", line);
    joined[0] = '\0';
    for (char *at = copy; at != NULL;) {
        strcat(joined, import_next_field(&at, separator));
        strcat(joined, at != NULL ? "|" : "");
    }
    return joined;
}

START_TEST(lines_are_cut_into_fields)
{
    static const struct {
        const char *line, *fields;
        char separator;
    } CASES[] = {
        {"1,2,3", "1|2|3", ','},
        {" 1 , 2 ,\t3\r", "1|2|3", ','},
        {"1,,", "1||", ','},
        {"", "", ','},
        {"1  2 \t 3", "1|2|3", ' '},
        {"1\t\t3", "1||3", '\t'},
        {"\"1\",\"2\"", "1|2", ','},
        {" \" 1 \" ,2", "1|2", ','},
        {"\"a,b\",2", "a,b|2", ','},
        {"\"a \"\"b\"\"\",2", "a \"b\"|2", ','},
        {"\"\"\"\",2", "\"|2", ','},
        {"\"\",\"\"", "|", ','},
        {"\"1\" \"2\"\t\"3 4\"", "1|2|3 4", ' '},
        {"\"open,2", "\"open|2", ','}, // does not end
        {"\"a\"b,2", "\"a\"b|2", ','}, // ends in the middle
        {"5\",6", "5\"|6", ','},
        {"\"a\tb\"\t1", "a\tb|1", '\t'},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i)
        ck_assert_str_eq(cut(CASES[i].line, CASES[i].separator), CASES[i].fields);
}
END_TEST

START_TEST(numbers_are_read_whole)
{
    struct import_number number;
    ck_assert(import_parse_number("-17", &number) && number.is_integer && number.integer == -17);
    ck_assert(import_parse_number("+7", &number) && number.is_integer && number.integer == 7 && !number.is_rounded);
    ck_assert(import_parse_number("16777217", &number) && number.is_integer && number.is_rounded);
    ck_assert(import_parse_number("999999999999999999", &number) && number.is_integer);
    ck_assert(import_parse_number("1234567890123456789", &number) && !number.is_integer && number.is_rounded);
    ck_assert(import_parse_number("-1.5e-3", &number) && !number.is_integer && number.value == -1.5e-3f);
    ck_assert(import_parse_number("nan", &number) && isnan(number.value));
    ck_assert(import_parse_number("inf", &number) && isinf(number.value) && !number.is_too_large);
    ck_assert(import_parse_number("1e39", &number) && number.is_too_large);
    static const char *const OTHERS[] = {"", "x", "1x", "1,5", "1 2", "-", "\"1\"", "2020-01-01", "1e"};
    for (size_t i = 0; i < sizeof OTHERS / sizeof *OTHERS; ++i)
        ck_assert_msg(!import_parse_number(OTHERS[i], &number), "%s", OTHERS[i]);
}
END_TEST

START_TEST(fields_are_of_four_kinds)
{
    ck_assert_int_eq(import_field_kind(""), IMPORT_EMPTY);
    ck_assert_int_eq(import_field_kind("-2.5"), IMPORT_NUMBER);
    ck_assert_int_eq(import_field_kind("NaN"), IMPORT_NUMBER);
    ck_assert_int_eq(import_field_kind("NA"), IMPORT_MISSING);
    ck_assert_int_eq(import_field_kind("."), IMPORT_MISSING);
    ck_assert_int_eq(import_field_kind("setosa"), IMPORT_NAME);
    ck_assert_int_eq(import_field_kind("1,5"), IMPORT_NAME);
}
END_TEST

START_TEST(cures_fit_their_fields)
{
    ck_assert_ptr_nonnull(strstr(import_field_cure("1,000"), "decimal point"));
    ck_assert_ptr_nonnull(strstr(import_field_cure("1'000.5"), "decimal point"));
    ck_assert_ptr_nonnull(strstr(import_field_cure("\"1"), "quotes"));
    ck_assert_ptr_nonnull(strstr(import_field_cure("NA"), "fill in"));
    ck_assert_str_eq(import_field_cure("setosa"), "");
    ck_assert_str_eq(import_field_cure("2020-01-01"), "");
}
END_TEST

UNIT_MAIN("tools/import/fields", separators_are_found, lines_are_cut_into_fields, numbers_are_read_whole,
          fields_are_of_four_kinds, cures_fit_their_fields)
