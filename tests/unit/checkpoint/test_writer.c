// SPDX-License-Identifier: BSD-3-Clause
// The writer by itself, without MPI, so that ThreadSanitizer can watch: orders are written completely and in order, and
// the next wait reports failures.
#include "elbow/checkpoint/writer.h"

#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/memory.h"
#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { SIZE = 300000 };

// A writer as elbow_writer_open makes it, with bytes of our own for a snapshot.
static void open_writer(struct elbow_writer *writer, const char *run)
{
    struct elbow_error error = {0};
    static struct elbow_directory directory; // stays open as long as the test
    elbow_directory_close(&directory);
    directory = scratch_open(run);
    *writer = (struct elbow_writer){.run = &directory};
    ck_assert_int_eq(elbow_hdf5_reserve(&writer->snapshot.file, SIZE, &error), ELBOW_OK);
    writer->snapshot.file.size = SIZE;
    ck_assert_int_eq(elbow_retention_open(&directory, &writer->retention, &error), ELBOW_OK);
}

static void take(struct elbow_writer *writer, uint64_t step)
{
    writer->snapshot.step = step;
    for (size_t i = ELBOW_CHECKPOINT_BLOCK; i < SIZE; ++i)
        writer->snapshot.file.bytes[i] = (unsigned char)(i * step);
}

static const struct elbow_writer_order no_tables = {.keep = 2, .tables = {-1, -1, -1}};

static bool is_sound(const char *run, uint64_t step)
{
    elbow_path path;
    return elbow_checkpoint_path(run, step, path) && elbow_checkpoint_verify_file(NULL, path, NULL) == ELBOW_OK;
}

static void write_many(const char *run)
{
    struct elbow_writer writer;
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    open_writer(&writer, run);
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK); // nothing to wait for
    uint64_t allocations = elbow_memory_count().allocations;
    for (uint64_t step = 1; step <= 12; ++step) {
        take(&writer, step);
        struct elbow_writer_order order = no_tables;
        order.keeps_best = true;
        order.best_step = step <= 5 ? step : 5;
        elbow_writer_begin(&writer, &order);
        ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
        ck_assert(is_sound(run, step));
    }
    ck_assert_uint_eq(elbow_memory_count().allocations, allocations);
    for (uint64_t step = 1; step <= 12; ++step)
        ck_assert(is_sound(run, step) == (step == 5 || step >= 11));
    take(&writer, 13);
    elbow_writer_begin(&writer, &no_tables);
    elbow_writer_close(&writer); // waits
    ck_assert(is_sound(run, 13));
    elbow_writer_close(&writer);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(what_is_handed_over_arrives)
{
    struct scratch scratch = scratch_make();
    write_many(scratch.directory);
    scratch_clear(&scratch);
}
END_TEST

// A file of another user has the link's name: this is reported, and the best one is kept all the same.
START_TEST(the_best_stays_without_its_link)
{
    struct scratch scratch = scratch_make();
    struct elbow_writer writer;
    struct elbow_error error = {0};
    open_writer(&writer, scratch.directory);
    for (uint64_t step = 1; step <= 6; ++step) {
        struct elbow_writer_order order = no_tables;
        order.keeps_best = true;
        order.best_step = 2;
        take(&writer, step);
        elbow_writer_begin(&writer, &order);
        ck_assert_int_eq(elbow_writer_wait(&writer, &error), step == 1 ? ELBOW_OK : ELBOW_OUTPUT);
        ck_assert_uint_eq(writer.written, step);
        if (step == 1)
            scratch_write(scratch_path(&scratch, "checkpoints/best.h5"), "mine", 4);
        else
            ck_assert_ptr_nonnull(strstr(error.message, "/checkpoints/best.h5: cannot become a link to step 2: "));
    }
    for (uint64_t step = 1; step <= 6; ++step)
        ck_assert(is_sound(scratch.directory, step) == (step == 2 || step >= 5));
    elbow_writer_close(&writer);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(the_thread_notes_its_work)
{
    struct scratch scratch = scratch_make();
    struct elbow_writer writer;
    struct elbow_track track;
    struct elbow_error error = {0};
    open_writer(&writer, scratch.directory);
    ck_assert_int_eq(elbow_track_create(&track, 16, &error), ELBOW_OK);
    writer.track = &track;
    elbow_track_turn(&track, true);
    take(&writer, 7);
    elbow_writer_begin(&writer, &no_tables);
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
    elbow_writer_close(&writer);
    static const enum elbow_trace_name names[] = {ELBOW_TRACE_WRITE, ELBOW_TRACE_SYNC_TABLES, ELBOW_TRACE_WRITE_FILE,
                                                  ELBOW_TRACE_TIDY};
    ck_assert_uint_eq(elbow_track_finish(&track), sizeof names / sizeof *names);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
        ck_assert_uint_eq(track.events[i].name, names[i]);
        ck_assert(track.events[i].end <= track.events[0].end);
    }
    ck_assert_uint_eq(track.events[0].argument, 7);
    elbow_track_clear(&track);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(without_a_thread_begin_does_it)
{
    struct scratch scratch = scratch_make();
    struct elbow_writer writer;
    struct elbow_error error = {0};
    open_writer(&writer, scratch.directory);
    take(&writer, 1);
    elbow_thread_fail_at(1);
    elbow_writer_begin(&writer, &no_tables);
    elbow_thread_fail_at(0);
    ck_assert(is_sound(scratch.directory, 1)); // before anybody waited
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
    elbow_writer_close(&writer);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(what_fails_is_told_and_tried_again)
{
    struct scratch scratch = scratch_make();
    struct elbow_writer writer;
    struct elbow_error error = {0};
    open_writer(&writer, scratch.directory);
    take(&writer, 1);
    elbow_writer_begin(&writer, &no_tables);
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
    // A file where the checkpoints were.
    char folder[300], moved[400];
    snprintf(folder, sizeof folder, "%s/checkpoints", scratch.directory);
    snprintf(moved, sizeof moved, "%s-moved", folder);
    ck_assert_int_eq(rename(folder, moved), 0);
    scratch_write(folder, "", 0);
    take(&writer, 2);
    elbow_writer_begin(&writer, &no_tables);
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "the checkpoint was not written: "));
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK); // reported once
    ck_assert_int_eq(remove(folder), 0);
    ck_assert_int_eq(rename(moved, folder), 0);
    take(&writer, 3);
    elbow_writer_begin(&writer, &no_tables);
    ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
    ck_assert(is_sound(scratch.directory, 1) && !is_sound(scratch.directory, 2) && is_sound(scratch.directory, 3));
    elbow_writer_close(&writer);
    scratch_clear(&scratch);
}
END_TEST

// The tables may be closed, and their descriptors be used for something else, while the thread syncs them.
START_TEST(tables_are_synced_by_descriptors_of_its_own)
{
    struct scratch scratch = scratch_make();
    struct elbow_writer writer;
    struct elbow_error error = {0};
    open_writer(&writer, scratch.directory);
    int free_one = open("/dev/null", O_RDONLY);
    for (uint64_t step = 1; step <= 20; ++step) {
        struct elbow_writer_order order = no_tables;
        order.tables[0] = open(scratch_path(&scratch, "a.csv"), O_CREAT | O_WRONLY, 0666);
        order.tables[1] = open(scratch_path(&scratch, "b.csv"), O_CREAT | O_WRONLY, 0666);
        take(&writer, step);
        elbow_writer_begin(&writer, &order);
        close(order.tables[0]);
        close(order.tables[1]);
        ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
    }
    int after = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(after, free_one + 1); // no descriptor was left open
    close(after);
    close(free_one);
    elbow_writer_close(&writer);
    scratch_clear(&scratch);
}
END_TEST

// Training changes all that the snapshot was made of, and writes rows, meanwhile.
START_TEST(work_goes_on_beside_it)
{
    struct scratch scratch = scratch_make();
    struct elbow_writer writer;
    struct elbow_error error = {0};
    struct elbow_writer_order order = no_tables;
    open_writer(&writer, scratch.directory);
    order.tables[0] = open(scratch_path(&scratch, "a.csv"), O_CREAT | O_WRONLY | O_APPEND, 0666);
    for (uint64_t step = 1; step <= 10; ++step) {
        take(&writer, step);
        elbow_writer_begin(&writer, &order);
        void *block = NULL;
        for (int i = 0; i < 200; ++i) {
            ck_assert_int_eq(elbow_allocate(&block, 100, 1, "a test", &error), ELBOW_OK);
            ck_assert_int_eq(write(order.tables[0], "row\n", 4), 4);
            elbow_release(&block);
        }
        ck_assert_int_eq(elbow_writer_wait(&writer, &error), ELBOW_OK);
    }
    struct stat about;
    ck_assert_int_eq(fstat(order.tables[0], &about), 0);
    ck_assert_int_eq(about.st_size, 10 * 200 * 4);
    close(order.tables[0]);
    elbow_writer_close(&writer);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("run/writer", what_is_handed_over_arrives, the_best_stays_without_its_link, the_thread_notes_its_work,
          without_a_thread_begin_does_it, what_fails_is_told_and_tried_again,
          tables_are_synced_by_descriptors_of_its_own, work_goes_on_beside_it)
