// SPDX-License-Identifier: BSD-3-Clause
// The tables of a run: their rows to the byte, and cuts in every state that a crash can leave.
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "metrics_fixture.h"
#include "scratch_open.h"
#include "unit.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(rows_to_the_byte)
{
    struct scratch scratch = scratch_make();
    struct elbow_metrics metrics;
    struct elbow_error error = {0};
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    table_expect(&scratch, "metrics.csv", METRICS);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    struct elbow_metrics_row valid = valid_row(UINT64_C(12345678901234));
    ck_assert_int_eq(elbow_metrics_append(&metrics, &valid, kl_of, &error), ELBOW_OK);
    int tables[2];
    elbow_metrics_descriptors(&metrics, tables);
    ck_assert(fsync(tables[0]) == 0 && fsync(tables[1]) == 0 && tables[0] != tables[1]);
    snprintf(text, sizeof text, "%s%s12345678901234%s", METRICS, TRAIN, VALID_TAIL);
    table_expect(&scratch, "metrics.csv", text); // before the close: a row is there once it is appended
    snprintf(text, sizeof text, "%s%s12345678901234,2,valid,10,1.25\n", KL, TRAIN_KL);
    table_expect(&scratch, "kl.csv", text);
    elbow_metrics_close(&metrics);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(resuming_goes_on_behind_the_kept_rows)
{
    struct scratch scratch = scratch_make();
    struct elbow_metrics metrics;
    struct elbow_error error = {0};
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    for (uint64_t step = 100; step <= 300; step += 100) {
        struct elbow_metrics_row row = valid_row(step);
        ck_assert_int_eq(elbow_metrics_append(&metrics, &row, kl_of, &error), ELBOW_OK);
    }
    elbow_metrics_close(&metrics);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 100, &metrics, &error), ELBOW_OK);
    struct elbow_metrics_row row = valid_row(250);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &row, kl_of, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    snprintf(text, sizeof text, "%s100%s250%s", METRICS, VALID_TAIL, VALID_TAIL);
    table_expect(&scratch, "metrics.csv", text);
    snprintf(text, sizeof text, "%s100,2,valid,10,1.25\n250,2,valid,10,1.25\n", KL);
    table_expect(&scratch, "kl.csv", text);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(cutting_by_step)
{
    struct scratch scratch = scratch_make();
    char all[1024], two[512];
    snprintf(two, sizeof two, "%s50%s", TRAIN, VALID_TAIL); // a train and a valid row of one step
    snprintf(all, sizeof all, "%s60%s", two, VALID_TAIL);
    table_expect_cut(&scratch, "", 50, "");
    table_expect_cut(&scratch, all, 60, all);
    table_expect_cut(&scratch, all, 1000, all);
    table_expect_cut(&scratch, all, 59, two);
    table_expect_cut(&scratch, all, 50, two);
    table_expect_cut(&scratch, all, 49, "");
    table_expect_cut(&scratch, all, 5, ""); // "50" begins with a 5
    table_expect_cut(&scratch, all, 0, ""); // begins again
    scratch_clear(&scratch);
}
END_TEST

// A crash may cut the last row anywhere; if only its end of line is missing, digits may be missing, too.
START_TEST(cutting_incomplete_rows)
{
    struct scratch scratch = scratch_make();
    char rows[1024];
    for (size_t length = 0; length < sizeof TRAIN - 1; ++length) {
        snprintf(rows, sizeof rows, "50%s%.*s", VALID_TAIL, (int)length, TRAIN);
        char kept[256];
        snprintf(kept, sizeof kept, "50%s", VALID_TAIL);
        table_expect_cut(&scratch, rows, 1000, kept);
    }
    scratch_clear(&scratch);
}
END_TEST

// Some file systems leave blocks of zeros after a power cut.
START_TEST(cutting_zero_bytes)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char bytes[4096] = {0}, text[1024];
    size_t length = (size_t)snprintf(bytes, sizeof bytes, "%s%s", METRICS, TRAIN);
    length += 700;
    length += (size_t)snprintf(bytes + length, sizeof bytes - length, "\n60%s", VALID_TAIL);
    ck_assert_int_eq(table_reopen(&scratch, bytes, length, 1000, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s%s60%s", METRICS, TRAIN, VALID_TAIL);
    table_expect(&scratch, "metrics.csv", text);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(headers)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    // Cut off in the header's middle, or empty: no row was ever there.
    for (size_t length = 0; length < sizeof METRICS - 1; ++length) {
        ck_assert_int_eq(table_reopen(&scratch, METRICS, length, 10, &error), ELBOW_OK);
        table_expect(&scratch, "metrics.csv", METRICS);
    }
    // Another header, with a name in the message, but not if the tables begin again.
    ck_assert_int_eq(table_reopen(&scratch, "step,loss\n5,1\n", 14, 10, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "metrics.csv: has another header"));
    table_expect(&scratch, "metrics.csv", "step,loss\n5,1\n");
    ck_assert_int_eq(table_reopen(&scratch, "step,loss\n5,1\n", 14, 0, &error), ELBOW_FORMAT);
    table_expect(&scratch, "metrics.csv", "step,loss\n5,1\n");
    // Rows of another run, which left no checkpoint.
    static const char others[] = "step,epoch,split,kl_0\n5,1,train,3.5\n10,2,valid,\n15,2,tr";
    ck_assert_int_eq(table_reopen(&scratch, others, sizeof others - 1, 10, &error), ELBOW_FORMAT);
    ck_assert_int_eq(table_reopen(&scratch, others, sizeof others - 1, 0, &error), ELBOW_OK);
    table_expect(&scratch, "metrics.csv", METRICS);
    // kl.csv of another number of latent dimensions.
    ck_assert_int_eq(open_tables(scratch.directory, 3, 10, &metrics, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "kl.csv: has another header"));
    ck_assert(!metrics.metrics.is_open && metrics.metrics.waiting == NULL);
    // Missing files are made, at any step.
    unlink(scratch_path(&scratch, "metrics.csv"));
    unlink(scratch_path(&scratch, "kl.csv"));
    ck_assert_int_eq(open_tables(scratch.directory, 2, 10, &metrics, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    table_expect(&scratch, "metrics.csv", METRICS);
    table_expect(&scratch, "kl.csv", KL);
    scratch_clear(&scratch);
}
END_TEST

// Of an earlier version, which had a figure less; each column is found by its name.
START_TEST(a_table_of_fewer_columns_keeps_them)
{
    static const char before[] = "step,epoch,split,objective,elbo,kl,recon,beta\n"
                                 "40,1,train,-1,-2,3,4,1\n# a note, with, commas\n50,1,valid,,-2,,4,1\n";
    static const char behind[] = "60,1,train,-1,-2,3,4,1\n";
    struct scratch scratch = scratch_make();
    struct elbow_metrics metrics;
    struct elbow_error error = {0};
    struct stat first, second;
    char text[1024];
    snprintf(text, sizeof text, "%s%s", before, behind);
    ck_assert_int_eq(table_reopen(&scratch, text, strlen(text), 50, &error), ELBOW_OK);
    table_expect(&scratch, "metrics.csv", before);
    // There is nothing to cut: the file stays as it is.
    ck_assert_int_eq(stat(scratch_path(&scratch, "metrics.csv"), &first), 0);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 50, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(stat(scratch_path(&scratch, "metrics.csv"), &second), 0);
    ck_assert_uint_eq(first.st_ino, second.st_ino);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    struct elbow_metrics_row valid = valid_row(70);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &valid, kl_of, &error), ELBOW_OK);
    snprintf(text, sizeof text, "%s50,1,train,-100.5,-101.25,11.25,-90,0.5\n70,2,valid,,0.33333333333333331,0,0,0\n",
             before);
    table_expect(&scratch, "metrics.csv", text);
    // A removed table begins again with the columns of its rows.
    unlink(scratch_path(&scratch, "metrics.csv"));
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
    table_expect(&scratch, "metrics.csv",
                 "step,epoch,split,objective,elbo,kl,recon,beta\n50,1,train,-100.5,-101.25,11.25,-90,0.5\n");
    elbow_metrics_close(&metrics);
    // Every column but one, whichever that is.
    for (const char *at = strstr(METRICS, ",objective"); *at == ','; at += 1 + strcspn(at + 1, ",\n")) {
        size_t length = 1 + strcspn(at + 1, ",\n");
        snprintf(text, sizeof text, "%.*s%s", (int)(at - METRICS), METRICS, at + length);
        ck_assert_msg(table_reopen(&scratch, text, strlen(text), 50, &error) == ELBOW_OK, "%s", error.message);
        table_expect(&scratch, "metrics.csv", text);
    }
    // If no checkpoint is left, no row is kept; without foreign notes the table is a new one.
    ck_assert_int_eq(table_reopen(&scratch, before, strlen(before), 0, &error), ELBOW_OK);
    table_expect(&scratch, "metrics.csv", "step,epoch,split,objective,elbo,kl,recon,beta\n# a note, with, commas\n");
    snprintf(text, sizeof text, "step,epoch,split,objective,elbo,kl,recon,beta\n%s", behind);
    ck_assert_int_eq(table_reopen(&scratch, text, strlen(text), 0, &error), ELBOW_OK);
    table_expect(&scratch, "metrics.csv", METRICS);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(unknown_columns_are_refused)
{
    static const char *const texts[] = {
        "step,epoch,split,objective,elbo,novel\n5,1,train,1,2,3\n",
        "step,epoch,split,objective,elbo,samples\n5,1,train,1,2,3\n", // a figure, but none of the table
        "step,epoch,split,objective,elbo,elbo\n5,1,train,1,2,2\n",
        "step,epoch,split,objective,elbo,\n5,1,train,1,2,\n",
        "step,epoch,split,objective,,elbo\n5,1,train,1,,2\n",
        "step,epoch,split,objective,elb\n5,1,train,1,2\n",
        "step,epoch,split,objective,elbo\r\n5,1,train,1,2\r\n",
        "step,epoch,split\n5,1,train\n",
        "step,epoch,objective,split,elbo\n5,1,1,train,2\n",
        "step,epoch,split,elbo,recon",
    };
    struct scratch scratch = scratch_make();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; ++i) {
        struct elbow_error error = {0};
        ck_assert_msg(table_reopen(&scratch, texts[i], strlen(texts[i]), 10, &error) == ELBOW_FORMAT, "%s", texts[i]);
        ck_assert_ptr_nonnull(strstr(error.message, "metrics.csv: has another header"));
        table_expect(&scratch, "metrics.csv", texts[i]);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_run_is_known_by_its_tables)
{
    ck_assert(elbow_metrics_is_table(METRICS) && elbow_metrics_is_table(KL));
    ck_assert(elbow_metrics_is_table("step,epoch,split,objective,elbo,recon\n"));
    ck_assert(!elbow_metrics_is_table("step,epoch,split,loss\n"));
}
END_TEST

START_TEST(unusable_directories)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    char removed[300];
    snprintf(removed, sizeof removed, "%s/removed", scratch.directory);
    mkdir(removed, 0777);
    struct elbow_directory directory = scratch_open(removed);
    rmdir(removed);
    ck_assert_int_eq(elbow_metrics_open(&directory, 2, &(struct elbow_figures){0}, 0, &silence, &metrics, &error),
                     ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "removed/metrics.csv"));
    elbow_directory_close(&directory);
    mkfifo(scratch_path(&scratch, "metrics.csv"), 0666); // it is never written
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "it is not a regular file"));
    unlink(scratch_path(&scratch, "metrics.csv"));
    mkdir(scratch_path(&scratch, "kl.csv"), 0777);
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_FILE);
    ck_assert(!metrics.metrics.is_open && metrics.metrics.waiting == NULL);
    ck_assert_int_eq(error.status, ELBOW_FILE);
    scratch_clear(&scratch);
}
END_TEST

// The disk fills up in the middle of a row (here: a limit of the file's size): the row is taken back.
START_TEST(a_full_disk_leaves_whole_rows)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    struct rlimit before, limit;
    char text[1024];
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = sizeof METRICS - 1 + sizeof TRAIN - 1 + 20;
    setrlimit(RLIMIT_FSIZE, &limit);
    enum elbow_status status = elbow_metrics_append(&metrics, &train_row, kl_of, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    ck_assert_int_eq(status, ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "metrics.csv: cannot be written: "));
    snprintf(text, sizeof text, "%s%s", METRICS, TRAIN);
    table_expect(&scratch, "metrics.csv", text);
    ck_assert(elbow_metrics_waits_for_space(&metrics));
    ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OK);
    ck_assert(!elbow_metrics_waits_for_space(&metrics));
    snprintf(text, sizeof text, "%s%s%s%s", METRICS, TRAIN, TRAIN, TRAIN); // the one that waited, too
    table_expect(&scratch, "metrics.csv", text);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

// Rows that find the disk full wait, in order, and both tables are whole as soon as there is room.
START_TEST(rows_wait_for_space)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    size_t size;
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    elbow_file_fail_at(3, 40);
    for (uint64_t step = 1; step <= 30; ++step) {
        struct elbow_metrics_row row = train_row;
        row.step = step;
        enum elbow_status status = elbow_metrics_append(&metrics, &row, kl_of, &error);
        ck_assert_int_eq(status, step == 1 || step > 21 ? ELBOW_OK : ELBOW_OUTPUT);
        ck_assert(elbow_metrics_waits_for_space(&metrics) == (status != ELBOW_OK));
        static const char *const names[] = {"metrics.csv", "kl.csv"};
        for (size_t i = 0; i < 2; ++i) { // whole rows, at any time
            char *text = scratch_read(scratch_path(&scratch, names[i]), &size);
            size_t lines = 0;
            for (size_t k = 0; k < size; ++k)
                lines += text[k] == '\n';
            ck_assert_uint_eq(lines, status == ELBOW_OK ? step + 1 : 2);
            ck_assert_int_eq(text[size - 1], '\n');
            free(text);
        }
    }
    elbow_file_fail_at(0, 0);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(more_rows_than_can_wait)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    ck_assert_int_eq(open_tables(scratch.directory, 2, 0, &metrics, &error), ELBOW_OK);
    elbow_file_fail_at(1, UINT64_MAX / 2);
    int rows = 0;
    do {
        ck_assert_int_eq(elbow_metrics_append(&metrics, &train_row, kl_of, &error), ELBOW_OUTPUT);
        ++rows;
    } while (rows < 1000000 && strstr(error.message, "rows are lost") == NULL);
    ck_assert_int_gt(rows, 500);
    ck_assert_int_lt(rows, 1000000);
    elbow_file_fail_at(0, 0);
    ck_assert_int_eq(elbow_metrics_flush(&metrics, &error), ELBOW_OK);
    elbow_metrics_close(&metrics);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_metrics metrics;
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(table_reopen(&scratch, METRICS, sizeof METRICS - 1, 10, &error), ELBOW_OK);
    enum elbow_status status = ELBOW_MEMORY;
    uint64_t nth = 0;
    while (status == ELBOW_MEMORY) {
        elbow_memory_fail_at(++nth);
        status = open_tables(scratch.directory, 2, 10, &metrics, &error);
        if (status == ELBOW_OK)
            status = elbow_metrics_append(&metrics, &train_row, kl_of, &error);
        elbow_memory_fail_at(0);
        elbow_metrics_close(&metrics);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    ck_assert_int_eq(status, ELBOW_OK);
    ck_assert_uint_ge(nth, 4); // the header of kl.csv, both texts, the row: all were made to fail
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("output/metrics", rows_to_the_byte, resuming_goes_on_behind_the_kept_rows, cutting_by_step,
          cutting_incomplete_rows, cutting_zero_bytes, headers, a_table_of_fewer_columns_keeps_them,
          unknown_columns_are_refused, a_run_is_known_by_its_tables, unusable_directories,
          a_full_disk_leaves_whole_rows, rows_wait_for_space, more_rows_than_can_wait, every_allocation_may_fail)
