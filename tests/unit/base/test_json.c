// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/json.h"
#include "panic.h"
#include "unit.h"

#include <math.h>
#include <string.h>

// The text written into a stream in memory.
struct sheet {
    struct elbow_json json;
    char *text;
    size_t size;
};

static void begin(struct sheet *sheet)
{
    *sheet = (struct sheet){.text = NULL};
    sheet->json.out = open_memstream(&sheet->text, &sheet->size);
}

static void check_text(struct sheet *sheet, const char *expected)
{
    fclose(sheet->json.out);
    ck_assert_str_eq(sheet->text, expected);
    free(sheet->text);
}

START_TEST(objects_and_lists)
{
    struct sheet sheet;
    begin(&sheet);
    elbow_json_open(&sheet.json, NULL, '{');
    elbow_json_integer(&sheet.json, "samples", INT64_MIN);
    elbow_json_number(&sheet.json, "elbo", -99.5);
    elbow_json_open(&sheet.json, "parts", '[');
    elbow_json_number(&sheet.json, NULL, 0.1);
    elbow_json_open(&sheet.json, NULL, '{');
    elbow_json_close(&sheet.json, '}');
    elbow_json_open(&sheet.json, NULL, '[');
    elbow_json_text(&sheet.json, NULL, "x");
    elbow_json_close(&sheet.json, ']');
    elbow_json_close(&sheet.json, ']');
    elbow_json_text(&sheet.json, "file", "data/mnist.h5");
    elbow_json_close(&sheet.json, '}');
    check_text(&sheet, "{\"samples\": -9223372036854775808, \"elbo\": -99.5, "
                       "\"parts\": [0.10000000000000001, {}, [\"x\"]], \"file\": \"data/mnist.h5\"}\n");
}
END_TEST

START_TEST(numbers_that_are_none)
{
    struct sheet sheet;
    begin(&sheet);
    elbow_json_open(&sheet.json, NULL, '[');
    elbow_json_number(&sheet.json, NULL, NAN);
    elbow_json_number(&sheet.json, NULL, INFINITY);
    elbow_json_number(&sheet.json, NULL, -INFINITY);
    elbow_json_number(&sheet.json, NULL, -0.0);
    elbow_json_number(&sheet.json, NULL, 1e-320);
    elbow_json_close(&sheet.json, ']');
    check_text(&sheet, "[null, null, null, -0, 9.9998886718268301e-321]\n");
}
END_TEST

START_TEST(texts_are_escaped)
{
    struct sheet sheet;
    begin(&sheet);
    elbow_json_open(&sheet.json, NULL, '{');
    elbow_json_text(&sheet.json, "a\"b", "\\ \b\t\n\v\f\r\x01\x1f\x7f größe /");
    elbow_json_close(&sheet.json, '}');
    check_text(&sheet, "{\"a\\\"b\": \"\\\\ \\b\\t\\n\\u000b\\f\\r\\u0001\\u001f\\u007f größe /\"}\n");
}
END_TEST

START_TEST(whatever_a_text_holds_it_is_json)
{
    struct sheet sheet;
    begin(&sheet);
    elbow_json_open(&sheet.json, NULL, '[');
    elbow_json_text(&sheet.json, NULL, "caf\xe9 \xed\xa0\x80 \xe5\xad");
    // NOLINTNEXTLINE(misc-misleading-bidirectional): what the test is about
    elbow_json_text(&sheet.json, NULL, "\x1b[31m \xc2\x9b\x33m \xe2\x80\xae \xf0\x9f\x98\x80");
    elbow_json_close(&sheet.json, ']');
    check_text(&sheet, "[\"caf\\ufffd \\ufffd\\ufffd\\ufffd \\ufffd\\ufffd\", "
                       "\"\\u001b[31m \\u009b3m \\u202e \xf0\x9f\x98\x80\"]\n");
}
END_TEST

START_TEST(sixteen_deep_and_again)
{
    struct sheet sheet;
    begin(&sheet);
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 16; ++i)
            elbow_json_open(&sheet.json, NULL, '[');
        for (int i = 0; i < 16; ++i)
            elbow_json_close(&sheet.json, ']');
    }
    check_text(&sheet, "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n");
}
END_TEST

static void close_too_often(void)
{
    struct elbow_json json = {.out = stderr};
    elbow_json_close(&json, '}');
}

static void key_at_the_root(void)
{
    struct elbow_json json = {.out = stderr};
    elbow_json_open(&json, "key", '{');
}

static void seventeen_deep(void)
{
    struct elbow_json json = {.out = stderr, .depth = 16, .has_member = {false}};
    elbow_json_open(&json, NULL, '[');
}

START_TEST(contracts)
{
    ck_assert(panics(close_too_often));
    ck_assert(panics(key_at_the_root));
    ck_assert(panics(seventeen_deep));
}
END_TEST

START_TEST(lines_and_fixed_digits)
{
    struct sheet sheet;
    begin(&sheet);
    elbow_json_open(&sheet.json, NULL, '[');
    for (int i = 0; i < 2; ++i) {
        elbow_json_line(&sheet.json);
        elbow_json_open(&sheet.json, NULL, '{');
        elbow_json_fixed(&sheet.json, "ts", 1e9 + 0.0625 * i, 3);
        elbow_json_fixed(&sheet.json, "none", NAN, 3);
        elbow_json_close(&sheet.json, '}');
    }
    elbow_json_integer(&sheet.json, NULL, 1);
    elbow_json_close(&sheet.json, ']');
    check_text(&sheet, "[\n{\"ts\": 1000000000.000, \"none\": null},\n"
                       "{\"ts\": 1000000000.062, \"none\": null}, 1]\n");
}
END_TEST

UNIT_MAIN("run/json", objects_and_lists, lines_and_fixed_digits, numbers_that_are_none, texts_are_escaped,
          whatever_a_text_holds_it_is_json, sixteen_deep_and_again, contracts)
