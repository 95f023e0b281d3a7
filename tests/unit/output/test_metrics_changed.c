// SPDX-License-Identifier: BSD-3-Clause
// Tables of a run that another process changes or removes during the run: its changes stay.
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "metrics_fixture.h"
#include "scratch_open.h"
#include "unit.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

START_TEST(a_table_that_is_removed_begins_anew)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    ck_assert_int_eq(unlink(scratch_path(&scratch, "metrics.csv")), 0);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "has been removed"));
    ck_assert(!elbow_metrics_waits_for_space(&metrics));
    snprintf(text, sizeof text, "%s%s", METRICS, TRAIN);
    table_expect(&scratch, "metrics.csv", text);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

// The directory itself is never made again: appended rows wait.
START_TEST(a_directory_that_is_removed_stays_removed)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    scratch_clear(&scratch);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
    ck_assert_int_ne(access(scratch.directory, F_OK), 0);
    ck_assert(metrics.metrics.length > 0);
    elbow_metrics_close(&metrics);
}
END_TEST

// Lines of others stay, wherever rows are cut: comments, rows with a word too many, empty lines, a last one without
// end.
START_TEST(lines_of_others_stay)
{
    static const char *const others[] = {
        "# tuned the rate here\n",
        "\n",
        "50,1,train\n",
        "50,1,train,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0,why?\n",
        "50,1,train,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0 !\n",
        "50,1,test,-100.5,-101.25,-90,11.25,0.5,0.001,3,,2,0.25,51200,0.75,0.125,0\n",
        "99999999999999999999999,1,train,,,,,,,,,,,,,,\n",
        "-5,1,train,,,,,,,,,,,,,,\n"};
    struct scratch scratch = scratch_make();
    char rows[1024], kept[1024];
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i)
        for (uint64_t step = 0; step < 100; step += 55) {
            snprintf(rows, sizeof rows, "%s%s60%s%s", others[i], TRAIN, VALID_TAIL, others[i]);
            snprintf(kept, sizeof kept, "%s%s%s", others[i], step == 0 ? "" : TRAIN, others[i]);
            table_expect_cut(&scratch, rows, step, kept);
        }
    snprintf(rows, sizeof rows, "%s# the end", TRAIN);
    snprintf(kept, sizeof kept, "%s# the end\n", TRAIN);
    table_expect_cut(&scratch, rows, 50, kept);
    table_expect_cut(&scratch, rows, 10, "# the end\n");
    scratch_clear(&scratch);
}
END_TEST

// The contents of a table after a foreign change and an appended row. *said: warnings.
static void expect_changed(const char *before, const char *changed, bool renames, const char *after, int said)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char path[300], text[2048];
    size_t size;
    FILE *screen = fopen("/dev/null", "w");
    snprintf(path, sizeof path, "%s/metrics.csv", scratch.directory);
    silence = elbow_log_open(true, screen);
    ck_assert_int_eq(elbow_log_append_to(&silence, NULL, scratch_path(&scratch, "log.txt"), &error), ELBOW_OK);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s%s", METRICS, before);
    table_expect(&scratch, "metrics.csv", text);
    if (renames)
        ck_assert_int_eq(unlink(path), 0); // an editor's file comes in its place
    scratch_write(path, changed, strlen(changed));
    for (int i = 0; i < 2; ++i)
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s%s%s", after, TRAIN, TRAIN);
    table_expect(&scratch, "metrics.csv", text);
    snprintf(text, sizeof text, "%s%s%s%s", KL, TRAIN_KL, TRAIN_KL, TRAIN_KL);
    table_expect(&scratch, "kl.csv", text);
    elbow_metrics_close(&metrics);
    silence.line_is_open = false;
    elbow_log_close(&silence);
    silence = (struct elbow_log){0};
    fclose(screen);
    char *log = scratch_read(scratch_path(&scratch, "log.txt"), &size);
    int warnings = 0;
    for (size_t i = 0; i < size; ++i)
        warnings += log[i] == '\n';
    ck_assert_int_eq(warnings, said);
    free(log);
    scratch_clear(&scratch);
}

START_TEST(a_table_that_is_changed_keeps_its_bytes)
{
    char longer[2048], same[2048];
    signal(SIGPIPE, SIG_IGN);
    for (int renames = 0; renames < 2; ++renames) {
        snprintf(longer, sizeof longer, "# mine\n%s%s# and mine\n", METRICS, TRAIN);
        expect_changed(TRAIN, longer, renames, longer, 1);
        expect_changed(TRAIN, "# shorter\n", renames, "# shorter\n", 1);
        expect_changed(TRAIN, "# no end", renames, "# no end\n", 1);
        expect_changed(TRAIN, "", renames, "", 1);
        snprintf(same, sizeof same, "%s%s", METRICS, TRAIN);
        same[0] = 'S'; // as long as before
        expect_changed(TRAIN, same, renames, same, renames);
    }
}
END_TEST

// The newline that ends somebody's last line may find the disk full: it is owed, and no row is joined to that line.
START_TEST(a_line_without_an_end_gets_it_when_there_is_room)
{
    char changed[1024], text[2048], path[300];
    for (int renames = 0; renames < 2; ++renames) {
        struct scratch scratch = scratch_make();
        struct elbow_error error = {0};
        struct elbow_metrics metrics;
        snprintf(path, sizeof path, "%s/metrics.csv", scratch.directory);
        ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
        if (renames)
            ck_assert_int_eq(unlink(path), 0);
        snprintf(changed, sizeof changed, "%s%s# no end", METRICS, TRAIN);
        scratch_write(path, changed, strlen(changed));
        elbow_file_fail_at(renames ? 2 : 1, 1); // behind the opening of the new file
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(1, 1); // and once more
        ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(0, 0);
        table_expect(&scratch, "metrics.csv", changed);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
        snprintf(text, sizeof text, "%s\n%s%s", changed, TRAIN, TRAIN);
        table_expect(&scratch, "metrics.csv", text);
        elbow_metrics_close(&metrics);
        scratch_clear(&scratch);
    }
}
END_TEST

// Half a row that could not be taken back is Elbow's own: it goes. Anything else in its place stays.
START_TEST(half_a_row_is_known)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char text[2048], path[300];
    snprintf(path, sizeof path, "%s/metrics.csv", scratch.directory);
    for (int is_foreign = 0; is_foreign < 2; ++is_foreign) {
        unlink(path);
        unlink(scratch_path(&scratch, "kl.csv"));
        ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
        elbow_file_fail_at(1, 2);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(0, 0);
        snprintf(text, sizeof text, "%s%.20s", METRICS, is_foreign ? "someone else's notes, longer" : TRAIN);
        scratch_write(path, text, strlen(text));
        ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OK);
        if (is_foreign)
            snprintf(text, sizeof text, "%ssomeone else's notes\n%s", METRICS, TRAIN);
        else
            snprintf(text, sizeof text, "%s%s", METRICS, TRAIN);
        table_expect(&scratch, "metrics.csv", text);
        elbow_metrics_close(&metrics);
    }
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("output/metrics changed", a_table_that_is_removed_begins_anew, a_directory_that_is_removed_stays_removed,
          lines_of_others_stay, a_table_that_is_changed_keeps_its_bytes,
          a_line_without_an_end_gets_it_when_there_is_room, half_a_row_is_known)
