// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/log.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include "scratch.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(bytes_and_durations)
{
    ck_assert_str_eq(elbow_text_count(0, "row").text, "0 rows");
    ck_assert_str_eq(elbow_text_count(1, "microbatch").text, "1 microbatch");
    ck_assert_str_eq(elbow_text_count(2, "microbatch").text, "2 microbatches");
    ck_assert_str_eq(elbow_text_count(3, "class").text, "3 classes");
    ck_assert_str_eq(elbow_text_count(UINT64_MAX, "latent dimension").text, "18446744073709551615 latent dimensions");
    ck_assert_str_eq(elbow_text_bytes(0).text, "0 bytes");
    ck_assert_str_eq(elbow_text_bytes(1).text, "1 byte");
    ck_assert_str_eq(elbow_text_bytes(999).text, "999 bytes");
    ck_assert_str_eq(elbow_text_bytes(1000).text, "1.0 kB");
    ck_assert_str_eq(elbow_text_bytes(999949).text, "999.9 kB");
    ck_assert_str_eq(elbow_text_bytes(999999).text, "1.0 MB");
    ck_assert_str_eq(elbow_text_bytes(24000000000).text, "24.0 GB");
    ck_assert_str_eq(elbow_text_duration(0.4).text, "0 s");
    ck_assert_str_eq(elbow_text_duration(59.4).text, "59 s");
    ck_assert_str_eq(elbow_text_duration(3723).text, "1:02:03");
    ck_assert_str_eq(elbow_text_duration(-1).text, "?");
}
END_TEST

START_TEST(durations_are_read)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } right[] = {{"0", 0},
                 {"5400", 5400},
                 {"90m", 5400},
                 {"1h30m", 5400},
                 {"2d", 172800},
                 {"1d2h3m4s", 93784},
                 {"1h5s", 3605},
                 {"1:30:00", 5400},
                 {"00:00:05", 5},
                 {"100:00:00", 360000},
                 {"1-12:00:00", 129600},
                 {"0-00:00:01", 1},
                 {"999999999", 999999999}};
    for (size_t i = 0; i < sizeof right / sizeof *right; ++i) {
        int64_t seconds = -1;
        ck_assert_msg(elbow_text_read_duration(right[i].text, &seconds), "refused: %s", right[i].text);
        ck_assert_int_eq(seconds, right[i].seconds);
    }
    static const char *const wrong[] = {"",         "h",        "-5",         "1.5",        "30m1h", "1h1h",
                                        "1h30",     "5x",       "1 h",        "90:00",      "1:2:3", "1:60:00",
                                        "1:00:60",  "1:000:00", "1-24:00:00", "1-12",       "1-",    "-1:00:00",
                                        "1:30:00 ", "1h-2m",    "1:00:0s",    "9999999999", "epoch", "1:30:00:00"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        int64_t seconds = -1;
        ck_assert_msg(!elbow_text_read_duration(wrong[i], &seconds), "taken: %s", wrong[i]);
        ck_assert_int_eq(seconds, -1);
    }
}
END_TEST

START_TEST(sizes_are_read)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } right[] = {{"0", 0},
                 {"4096", 4096},
                 {"12B", 12},
                 {"1kB", 1000},
                 {"500MB", 500000000},
                 {"8GB", 8000000000},
                 {"8 gb", 8000000000},
                 {"1.5GB", 1500000000},
                 {"0.000001MB", 1},
                 {"2TB", 2000000000000},
                 {"1KiB", 1024},
                 {"1.5MiB", 1572864},
                 {"8GiB", 8589934592},
                 {"9223372036854775807", INT64_MAX}};
    for (size_t i = 0; i < sizeof right / sizeof *right; ++i) {
        int64_t bytes = -1;
        ck_assert_msg(elbow_text_read_bytes(right[i].text, &bytes), "refused: %s", right[i].text);
        ck_assert_int_eq(bytes, right[i].bytes);
    }
    static const char *const wrong[] = {"",
                                        "GB",
                                        "-1",
                                        "1.5",
                                        "1.GB",
                                        "8 ",
                                        "8  GB",
                                        "8GBs",
                                        "8G",
                                        "8PB",
                                        "1e9",
                                        "8Gb ",
                                        ".5GB",
                                        "0.0000001MB",
                                        "8iB",
                                        "8kiBB",
                                        "1,5GB",
                                        "8,0",
                                        "9223372036854775808",
                                        "9300000000GB"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        int64_t bytes = -1;
        ck_assert_msg(!elbow_text_read_bytes(wrong[i], &bytes), "taken: %s", wrong[i]);
        ck_assert_int_eq(bytes, -1);
    }
}
END_TEST

START_TEST(edit_distances)
{
    ck_assert_uint_eq(elbow_text_distance("", ""), 0);
    ck_assert_uint_eq(elbow_text_distance("epoch", "epochs"), 1);
    ck_assert_uint_eq(elbow_text_distance("epcohs", "epochs"), 1);
    ck_assert_uint_eq(elbow_text_distance("rate", "gate"), 1);
    ck_assert_uint_eq(elbow_text_distance("kitten", "sitting"), 3);
    ck_assert_uint_eq(elbow_text_distance("abc", ""), 3);
}
END_TEST

START_TEST(texts_are_wrapped)
{
    char seen[400] = {0}, word[ELBOW_TEXT_WIDTH + 2];
    FILE *out = tmpfile();
    elbow_text_wrap("one two", 4, out);
    fputc('\n', out);
    memset(word, 'w', sizeof word - 1);
    word[sizeof word - 1] = '\0'; // does not fit into a line, and is not cut
    elbow_text_wrap(word, 0, out);
    fputc('\n', out);
    word[ELBOW_TEXT_WIDTH - 10] = '\0';
    word[10] = ' ';
    elbow_text_wrap(word, 10, out); // 10 + 10 + 1 + 79: just fits
    fputs("\n", out);
    word[ELBOW_TEXT_WIDTH - 10] = 'w';
    word[ELBOW_TEXT_WIDTH - 9] = '\0';
    elbow_text_wrap(word, 10, out);
    rewind(out);
    size_t length = fread(seen, 1, sizeof seen - 1, out);
    ck_assert_uint_gt(length, 0);
    const char *line = seen;
    ck_assert_int_eq(strncmp(line, "one two\n", 8), 0);
    line += 8;
    ck_assert_uint_eq(strcspn(line, "\n"), ELBOW_TEXT_WIDTH + 1);
    line += ELBOW_TEXT_WIDTH + 2;
    ck_assert_uint_eq(strcspn(line, "\n"), ELBOW_TEXT_WIDTH - 10);
    line += ELBOW_TEXT_WIDTH - 9;
    ck_assert_uint_eq(strcspn(line, "\n"), 10);
    ck_assert_uint_eq(strspn(line + 11, " "), 10);
    ck_assert_uint_eq(strlen(line + 21), ELBOW_TEXT_WIDTH - 20);
    fclose(out);
}
END_TEST

START_TEST(log_writes_lines_to_screen_and_file)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "log.txt");
    FILE *screen = tmpfile();
    struct elbow_log log = elbow_log_open(true, screen), silent = elbow_log_open(false, screen);
    ck_assert_int_eq(elbow_log_append_to(&log, NULL, path, NULL), ELBOW_OK);
    elbow_log_progress(&log, "half");
    elbow_log_say(&log, "step %d", 3);
    elbow_log_say(&silent, "never");
    elbow_log_close(&log);
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(elbow_file_read_input(path, 100, &text, &size, NULL), ELBOW_OK);
    ck_assert_str_eq(text, "step 3\n");
    elbow_release(&text);
    char seen[64] = {0};
    rewind(screen);
    ck_assert_uint_gt(fread(seen, 1, sizeof seen - 1, screen), 0);
    ck_assert_str_eq(seen, "\r\033[Khalf\r\033[Kstep 3\n");
    fclose(screen);
    scratch_clear(&scratch);
}
END_TEST

// The output of one write to a screen that is not buffered, as stderr.
struct pieces {
    int count;
    char last[64];
};

static ssize_t note_piece(void *cookie, const char *bytes, size_t size)
{
    struct pieces *pieces = cookie;
    pieces->count += 1;
    snprintf(pieces->last, sizeof pieces->last, "%.*s", (int)size, bytes);
    return (ssize_t)size;
}

START_TEST(a_line_is_written_in_one_go)
{
    struct pieces pieces = {0};
    FILE *screen = fopencookie(&pieces, "w", (cookie_io_functions_t){.write = note_piece});
    setvbuf(screen, NULL, _IONBF, 0);
    struct elbow_log log = elbow_log_open(true, screen);
    elbow_log_say(&log, "step %d of %s", 3, "many");
    ck_assert_int_eq(pieces.count, 1);
    ck_assert_str_eq(pieces.last, "step 3 of many\n");
    elbow_log_close(&log);
    fclose(screen);
}
END_TEST

START_TEST(clock_goes_forward)
{
    double first = elbow_clock_seconds(), second = elbow_clock_seconds();
    ck_assert(second >= first);
    char now[32];
    elbow_clock_now(now, sizeof now);
    ck_assert_uint_eq(strlen(now), strlen("2026-01-02T03:04:05Z"));
}
END_TEST

UNIT_MAIN("base/text", bytes_and_durations, durations_are_read, sizes_are_read, edit_distances, texts_are_wrapped,
          log_writes_lines_to_screen_and_file, a_line_is_written_in_one_go, clock_goes_forward)
