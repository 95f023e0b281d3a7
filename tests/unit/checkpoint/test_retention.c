// SPDX-License-Identifier: BSD-3-Clause
// Kept checkpoints: only our own are ever set aside or removed, and only those that are certainly damaged or intact.
#include "elbow/checkpoint/checkpoint.h"

#include "elbow/base/memory.h"
#include "run_files.h"
#include "unit.h"

#include <sys/stat.h>

// Earlier ones that were set aside stay, even if their step gets others.
START_TEST(damaged_ones_get_names_of_their_own)
{
    static const char *const names[] = {"step-00000020.h5.damaged", "step-00000020.h5.damaged-2",
                                        "step-00000020.h5.damaged-3"};
    struct run run = run_open(true);
    struct elbow_error error = {0};
    run_put(&run, "step-00000010.h5", false);
    for (size_t i = 0; i < 3; ++i) {
        char text[8];
        snprintf(text, sizeof text, "no. %d", (int)i);
        scratch_write(run_path_of(&run, "step-00000020.h5"), text, 5);
        ck_assert_int_eq(elbow_checkpoint_cut(&run.directory, 10, &error), ELBOW_OK);
        ck_assert(!run_holds(&run, "step-00000020.h5"));
    }
    for (size_t i = 0; i < 3; ++i) {
        size_t size;
        char *bytes = scratch_read(run_path_of(&run, names[i]), &size);
        ck_assert(bytes != NULL && size == 5 && bytes[4] == (char)('0' + i));
        free(bytes);
    }
    ck_assert(run_holds(&run, "step-00000010.h5"));
    run_close(&run);
}
END_TEST

START_TEST(the_newest_and_the_best_are_kept)
{
    struct run run = run_open(true);
    for (int step = 1; step <= 6; ++step) {
        char name[32];
        snprintf(name, sizeof name, "step-%08d.h5", step);
        run_put(&run, name, false);
    }
    elbow_checkpoint_link_best(&run.directory, 2);
    run_check_kept(&run, 6, 9, true, (const uint64_t[]){1, 2, 3, 4, 5, 6}, 6);
    run_check_kept(&run, 6, 3, true, (const uint64_t[]){2, 4, 5, 6}, 4);
    // The best one is that which best.h5 links to: one that could not be written is no reason to lose it.
    elbow_checkpoint_link_best(&run.directory, 7);
    run_check_kept(&run, 6, 1, true, (const uint64_t[]){2, 6}, 2);
    run_check_kept(&run, 6, 1, false, (const uint64_t[]){6}, 1);
    run_close(&run);
}
END_TEST

// A start without knowledge of the files reads before it counts, and before it deletes.
START_TEST(damaged_ones_neither_count_nor_go)
{
    struct run run = run_open(true);
    run_put(&run, "step-00000001.h5", false);
    run_put(&run, "step-00000002.h5", true);
    run_put(&run, "step-00000003.h5", false);
    run_put_text(&run, "step-00000004.h5");
    run_put(&run, "step-00000005.h5", true);
    mkdir(run_path_of(&run, "step-00000006.h5"), 0777);
    mkfifo(run_path_of(&run, "step-00000007.h5"), 0666); // it is never written
    run_put(&run, "step-00000008.h5", false);
    run_check_kept(&run, 8, 2, false, (const uint64_t[]){2, 3, 4, 5, 6, 7, 8}, 7);
    run_check_kept(&run, 8, 1, false, (const uint64_t[]){2, 4, 5, 6, 7, 8}, 6);
    run_close(&run);
}
END_TEST

// The retention of a long run allocates more memory now and then, and keeps track of its deletions.
START_TEST(a_retention_over_a_long_run)
{
    struct run run = run_open(true);
    struct elbow_retention retention;
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(elbow_retention_open(&run.directory, &retention, &error), ELBOW_OK);
    for (uint64_t step = 1; step <= 40; ++step) {
        char name[32];
        snprintf(name, sizeof name, "step-%08d.h5", (int)step);
        run_put_text(&run, name); // the retention is informed that it is intact
        ck_assert_int_eq(elbow_retention_reserve(&retention, &error), ELBOW_OK);
        elbow_retention_put(&retention, &run.directory, step, step <= 30 ? 25 : 2, false, 0);
        ck_assert_uint_eq(retention.count, step <= 25 ? step : step <= 30 ? 25 : 2);
    }
    run_check_list(&run, (const uint64_t[]){39, 40}, 2);
    elbow_retention_put(&retention, &run.directory, 40, 2, false, 0); // written again
    ck_assert_uint_eq(retention.count, 2);
    elbow_retention_clear(&retention);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    run_close(&run);
}
END_TEST

START_TEST(the_best_is_a_link)
{
    struct run run = run_open(true);
    char target[64] = "";
    run_put(&run, "step-00000001.h5", false);
    run_put(&run, "step-00000002.h5", false);
    elbow_checkpoint_link_best(&run.directory, 1);
    run_check_found(&run, true, "best.h5");
    elbow_checkpoint_link_best(&run.directory, 2);
    ck_assert_int_eq(readlink(run_path_of(&run, "best.h5"), target, sizeof target - 1), 16);
    ck_assert_str_eq(target, "step-00000002.h5");
    run_put_text(&run, "link");
    ck_assert_int_eq(unlink(run_path_of(&run, "best.h5")), 0);
    ck_assert_int_eq(rename(scratch_path(&run.scratch, "checkpoints/link"), run_path_of(&run, "best.h5")), 0);
    ck_assert(!elbow_checkpoint_link_best(&run.directory, 2)); // a file of somebody's stays
    ck_assert_int_lt(readlink(run_path_of(&run, "best.h5"), target, sizeof target - 1), 0);
    ck_assert_int_eq(unlink(run_path_of(&run, "best.h5")), 0);
    elbow_checkpoint_link_best(&run.directory, 2);
    run_check_found(&run, true, "best.h5");
    run_check_found(&run, false, "step-00000002.h5"); // the link is no checkpoint of its own
    run_check_list(&run, (const uint64_t[]){1, 2}, 2);
    run_close(&run);
}
END_TEST

UNIT_MAIN("checkpoint/retention", damaged_ones_get_names_of_their_own, the_newest_and_the_best_are_kept,
          damaged_ones_neither_count_nor_go, a_retention_over_a_long_run, the_best_is_a_link)
