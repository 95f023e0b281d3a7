// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/file.h"
#include "elbow/base/log.h"
#include "elbow/base/mask.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check_mask(const char *text, const char *expected)
{
    char copy[64];
    ck_assert(elbow_text_format(copy, sizeof copy, "%s", text));
    elbow_mask(copy);
    ck_assert_str_eq(copy, expected);
}

START_TEST(commands_to_terminals_are_masked)
{
    check_mask("", "");
    check_mask("data/train.h5:/x y~", "data/train.h5:/x y~");
    check_mask("\x1b[31mred\x07", "?[31mred?");
    check_mask("a\nb\tc\rd\x7f", "a?b?c?d?");
    check_mask("\xc2\x9b\x33\x31m", "?31m"); // CSI as one character
    // NOLINTNEXTLINE(misc-misleading-bidirectional): what the test is about
    check_mask("\xe2\x80\xae"
               "gpj.exe\xe2\x81\xa6\xe2\x80\xa8",
               "?gpj.exe??"); // right to left, isolate, a line's end
}
END_TEST

START_TEST(letters_of_all_scripts_stay)
{
    check_mask("größe ě 字 😀 \xc2\xa0", "größe ě 字 😀 \xc2\xa0");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_masked)
{
    check_mask("caf\xe9!", "caf?!");
    check_mask("\x9b\x33\x31m", "?31m");      // CSI where a byte is a character
    check_mask("\xc0\x9b|\xc1\xbf", "??|??"); // too long for their characters
    check_mask("\xe0\x82\x9b", "???");
    check_mask("\xed\xa0\x80", "???");      // half of a pair
    check_mask("\xf4\x90\x80\x80", "????"); // beyond the last character
    check_mask("cut \xe5\xad", "cut ??");
}
END_TEST

START_TEST(lines_stay_where_they_are_wanted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    elbow_mask_print_lines(out, "data:\n\ttrain: \x1b[2J\xff größe\n");
    fclose(out);
    ck_assert_str_eq(text, "data:\n\ttrain: ?[2J? größe\n");
    free(text);
}
END_TEST

START_TEST(printed_lines_end_where_their_format_does)
{
    char *text = NULL;
    size_t size = 0;
    char longer[9000];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    FILE *out = open_memstream(&text, &size);
    elbow_text_print(out, "\n\n%s: %d\n", "a\nb\x1b", 3);
    elbow_text_print(out, "%s", "\n");
    elbow_text_print(out, "\n");
    elbow_text_print(out, "%s\n", longer);
    fclose(out);
    ck_assert_int_eq(strncmp(text, "\n\na?b?: 3\n?\nxxx", 15), 0);
    ck_assert_int_eq(text[size - 1], '\n');
    ck_assert_uint_gt(size, 8000);
    free(text);
}
END_TEST

START_TEST(a_log_is_masked_on_the_screen_and_in_its_file)
{
    char path[] = "/tmp/elbow-mask-XXXXXX", *screen_text = NULL;
    close(mkstemp(path));
    size_t size = 0;
    FILE *screen = open_memstream(&screen_text, &size);
    struct elbow_log log = elbow_log_open(true, screen);
    ck_assert_int_eq(elbow_log_append_to(&log, NULL, path, NULL), ELBOW_OK);
    elbow_log_say(&log, "data: %s", "/\x1b[31mred\n");
    elbow_log_progress(&log, "data: %s", "/\x1b[31mred");
    elbow_log_close(&log);
    fclose(screen);
    ck_assert_str_eq(screen_text, "data: /?[31mred?\n\r\033[Kdata: /?[31mred\r\033[K");
    free(screen_text);
    char *text = NULL;
    ck_assert_int_eq(elbow_file_read_input(path, 100, &text, &size, NULL), ELBOW_OK);
    ck_assert_str_eq(text, "data: /?[31mred?\n");
    elbow_release(&text);
    unlink(path);
}
END_TEST

UNIT_MAIN("base/mask", commands_to_terminals_are_masked, letters_of_all_scripts_stay, bytes_that_are_no_utf8_are_masked,
          lines_stay_where_they_are_wanted, printed_lines_end_where_their_format_does,
          a_log_is_masked_on_the_screen_and_in_its_file)
