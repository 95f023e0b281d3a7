// SPDX-License-Identifier: BSD-3-Clause
// The right checkpoint is found among damaged and foreign files.
#include "elbow/checkpoint/checkpoint.h"

#include "elbow/base/memory.h"
#include "run_files.h"
#include "unit.h"

#include <sys/stat.h>

START_TEST(directories_without_checkpoints)
{
    struct run run = run_open(false);
    elbow_path found;
    struct elbow_error error = {0};
    run_check_list(&run, NULL, 0);
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "holds no checkpoint"));
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, true, &run.log, found, &error), ELBOW_FILE);
    ck_assert_int_eq(elbow_checkpoint_find("/proc/none", false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "/proc/none: No such file"));
    elbow_checkpoint_link_best(&run.directory, 5);
    scratch_write(scratch_path(&run.scratch, "checkpoints"), "hello", 5); // a file of that name
    run_check_list(&run, NULL, 0);
    run_close(&run);
}
END_TEST

START_TEST(foreign_names_are_no_checkpoints)
{
    struct run run = run_open(true);
    run_put_foreign(&run);
    run_check_list(&run, NULL, 0);
    run_put(&run, "step-00000003.h5", false);
    run_put(&run, "step-00000002.h5", false);
    run_check_list(&run, (const uint64_t[]){2, 3}, 2);
    run_check_found(&run, false, "step-00000003.h5");
    run_check_kept(&run, 3, 1, false, (const uint64_t[]){3}, 1);
    ck_assert(run_holds(&run, "step-9.h5") && run_holds(&run, "step-00000009.h5.part") && run_holds(&run, "notes.txt"));
    ck_assert_int_eq(run_warnings(&run), 0);
    run_close(&run);
}
END_TEST

START_TEST(damaged_ones_are_passed_over)
{
    struct run run = run_open(true);
    elbow_path found;
    struct elbow_error error = {0};
    run_put(&run, "step-00000010.h5", false);
    run_put(&run, "step-00000020.h5", false);
    run_put(&run, "step-00000030.h5", true);
    run_put_text(&run, "step-00000040.h5");
    scratch_write(run_path_of(&run, "step-00000050.h5"), "", 0);
    ck_assert_int_eq(mkdir(run_path_of(&run, "step-00000060.h5"), 0777), 0);
    run_check_found(&run, false, "step-00000020.h5");
    ck_assert_int_eq(run_warnings(&run), 4);
    ck_assert_int_eq(elbow_checkpoint_find(run_path_of(&run, "step-00000030.h5"), false, &run.log, found, &error),
                     ELBOW_FORMAT);
    ck_assert_int_eq(elbow_checkpoint_find(run_path_of(&run, "step-00000010.h5"), false, &run.log, found, &error),
                     ELBOW_OK);
    ck_assert_str_eq(found, run.path);
    run_put(&run, "step-00000010.h5", true);
    run_put(&run, "step-00000020.h5", true);
    error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "holds no checkpoint that is sound"));
    run_close(&run);
}
END_TEST

// A pipe, a directory, a text of a checkpoint's name are not waited for, read or taken.
START_TEST(foreign_things_are_passed_over)
{
    struct run run = run_open(true);
    run_put(&run, "step-00000003.h5", false);
    run_put_text(&run, "step-00000004.h5");
    mkdir(run_path_of(&run, "step-00000005.h5"), 0777);
    mkfifo(run_path_of(&run, "step-00000006.h5"), 0666);
    if (symlink("step-00000099.h5", run_path_of(&run, "step-00000007.h5")) != 0) // to nothing
        ck_abort_msg("no symbolic link");
    run_check_found(&run, false, "step-00000003.h5");
    run_close(&run);
}
END_TEST

// The newest file may be sound, where there was no memory to look.
START_TEST(no_memory_is_no_damage)
{
    struct run run = run_open(true);
    run_put(&run, "step-00000010.h5", false);
    run_put(&run, "step-00000020.h5", false);
    size_t before = elbow_memory_count().blocks;
    uint64_t count = elbow_memory_count().allocations;
    run_check_found(&run, false, "step-00000020.h5");
    count = elbow_memory_count().allocations - count;
    ck_assert_uint_ge(count, 2);
    for (uint64_t n = 1; n <= count; ++n) {
        elbow_path found;
        struct elbow_error error = {0};
        elbow_memory_fail_at(n);
        enum elbow_status status = elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error);
        elbow_memory_fail_at(0);
        ck_assert_int_eq(status, ELBOW_MEMORY);
        ck_assert_int_eq(error.status, ELBOW_MEMORY);
        ck_assert_uint_eq(elbow_memory_count().blocks, before);
    }
    ck_assert_int_eq(run_warnings(&run), 0);
    run_close(&run);
}
END_TEST

// A newer one that cannot be read may be intact: no older one is used instead of it, and it is not removed.
START_TEST(what_cannot_be_read_is_no_damage)
{
    struct run run = run_open(true);
    elbow_path found;
    struct elbow_error error = {0};
    run_put(&run, "step-00000010.h5", false);
    run_put(&run, "step-00000020.h5", true);
    ck_assert_int_eq(symlink("step-00000030.h5", run_path_of(&run, "step-00000030.h5")), 0); // ELOOP
    ck_assert_int_eq(elbow_checkpoint_find(run.scratch.directory, false, &run.log, found, &error), ELBOW_FILE);
    ck_assert_msg(strstr(error.message, "step-00000030.h5: cannot be read: Too many levels") != NULL, "%s",
                  error.message);
    ck_assert_ptr_nonnull(strstr(error.message, "try again when it can be read"));
    ck_assert_int_eq(elbow_checkpoint_cut(&run.directory, 10, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "step-00000030.h5: cannot be read"));
    ck_assert(run_holds(&run, "step-00000030.h5") && !run_holds(&run, "step-00000030.h5.damaged"));
    // For the retention it neither counts nor goes, and is asked again.
    ck_assert_int_eq(unlink(run_path_of(&run, "step-00000020.h5.damaged")), 0);
    struct elbow_retention retention;
    ck_assert_int_eq(elbow_retention_open(&run.directory, &retention, &error), ELBOW_OK);
    run_put(&run, "step-00000040.h5", false);
    elbow_retention_put(&retention, &run.directory, 40, 1, false, 0);
    run_check_list(&run, (const uint64_t[]){30, 40}, 2);
    ck_assert_int_eq(unlink(run_path_of(&run, "step-00000030.h5")), 0);
    run_put(&run, "step-00000030.h5", false);
    run_put(&run, "step-00000050.h5", false);
    ck_assert_int_eq(elbow_retention_reserve(&retention, &error), ELBOW_OK);
    elbow_retention_put(&retention, &run.directory, 50, 1, false, 0);
    run_check_list(&run, (const uint64_t[]){50}, 1);
    elbow_retention_clear(&retention);
    run_close(&run);
}
END_TEST

UNIT_MAIN("checkpoint/find", directories_without_checkpoints, foreign_names_are_no_checkpoints,
          damaged_ones_are_passed_over, foreign_things_are_passed_over, no_memory_is_no_damage,
          what_cannot_be_read_is_no_damage)
