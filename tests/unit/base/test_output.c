// SPDX-License-Identifier: BSD-3-Clause
// Files that a user's outputs may replace: before the work, and at its end.
#include "elbow/base/output.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <sys/stat.h>

static void check_refused(const char *path, enum elbow_publish publish, enum elbow_status expected, const char *why)
{
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_output_check(path, publish, &error), expected);
    ck_assert_msg(strstr(error.message, path) != NULL && strstr(error.message, why) != NULL, "no \"%s\" in: %s", why,
                  error.message);
}

START_TEST(what_is_there_stays_unless_told)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "x");
    ck_assert_int_eq(elbow_output_publishing(false), ELBOW_PUBLISH_NEW);
    ck_assert_int_eq(elbow_output_publishing(true), ELBOW_PUBLISH_REPLACE);
    ck_assert_int_eq(elbow_output_check(path, ELBOW_PUBLISH_NEW, &error), ELBOW_OK);
    ck_assert_int_eq(access(path, F_OK), -1); // nothing is left of the trial
    scratch_write(path, "mine", 4);
    check_refused(path, ELBOW_PUBLISH_NEW, ELBOW_FILE, "exists already; give another name, or --force to replace it");
    ck_assert_int_eq(elbow_output_check(path, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    ck_assert(scratch_holds(path, "mine", 4));
    ck_assert_int_eq(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_NEW, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "another program has made this file meanwhile"));
    ck_assert(scratch_holds(path, "mine", 4));
    ck_assert_int_eq(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    ck_assert(scratch_holds(path, "new", 3));
    ck_assert_int_eq(scratch_parts(&scratch), 0);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(an_input_is_no_output)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "input");
    scratch_write(path, "thesis", 6);
    ck_assert_int_eq(elbow_inputs_note(path, &error), ELBOW_OK);
    check_refused(path, ELBOW_PUBLISH_NEW, ELBOW_USAGE, "is a file that is read");
    check_refused(path, ELBOW_PUBLISH_REPLACE, ELBOW_USAGE, "is a file that is read");
    // A late request is refused as well.
    ck_assert_int_eq(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OUTPUT);
    ck_assert_int_ne(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_NEW, &error), ELBOW_OK);
    ck_assert(scratch_holds(path, "thesis", 6));
    ck_assert_int_eq(scratch_parts(&scratch), 0);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_checkpoint_is_never_replaced)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "step-00000004.h5");
    char link[600];
    snprintf(link, sizeof link, "%s/best.h5", scratch.directory);
    scratch_write(path, ELBOW_OUTPUT_SPARED "a week", sizeof ELBOW_OUTPUT_SPARED + 5);
    ck_assert_int_eq(symlink("step-00000004.h5", link), 0);
    check_refused(link, ELBOW_PUBLISH_REPLACE, ELBOW_USAGE,
                  "is a checkpoint, and is never replaced; give another name");
    check_refused(link, ELBOW_PUBLISH_NEW, ELBOW_USAGE, "is a checkpoint");
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_output_write(link, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OUTPUT);
    check_refused(path, ELBOW_PUBLISH_REPLACE, ELBOW_USAGE, "is a checkpoint");
    ck_assert_int_eq(scratch_parts(&scratch), 0);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(only_regular_files_are_replaced)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char path[600];
    struct stat about;
    snprintf(path, sizeof path, "%s/pipe", scratch.directory);
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    check_refused(path, ELBOW_PUBLISH_REPLACE, ELBOW_FILE, "is a pipe, a device or a socket");
    ck_assert_int_eq(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, "it is not a regular file"));
    ck_assert(stat(path, &about) == 0 && S_ISFIFO(about.st_mode));
    ck_assert_int_eq(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_NEW, &error), ELBOW_FILE);
    check_refused("/dev/null", ELBOW_PUBLISH_REPLACE, ELBOW_FILE, "is a pipe, a device or a socket");
    check_refused(scratch.directory, ELBOW_PUBLISH_REPLACE, ELBOW_FILE, "is a directory; name a file in it");
    check_refused(scratch_path(&scratch, "no/x"), ELBOW_PUBLISH_NEW, ELBOW_FILE,
                  "cannot be written: No such file or directory; nothing was computed");
    ck_assert_int_eq(symlink("nowhere/at/all", scratch_path(&scratch, "dangling")), 0);
    check_refused(scratch_path(&scratch, "dangling"), ELBOW_PUBLISH_NEW, ELBOW_FILE, "cannot be written: No such file");
    ck_assert_int_eq(scratch_parts(&scratch), 0);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_full_disk)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "x");
    for (uint64_t n = 1; n <= 4; ++n) { // open, write, sync, rename
        elbow_file_fail_at(n, 1);
        ck_assert_int_eq(elbow_output_write(path, "new", 3, ELBOW_PUBLISH_NEW, &error), ELBOW_OUTPUT);
        elbow_file_fail_at(0, 0);
        ck_assert_ptr_nonnull(strstr(error.message, strerror(ENOSPC)));
        ck_assert_int_eq(access(path, F_OK), -1);
        ck_assert_int_eq(scratch_parts(&scratch), 0);
    }
    elbow_file_fail_at(1, 1);
    check_refused(path, ELBOW_PUBLISH_NEW, ELBOW_FILE, strerror(ENOSPC));
    elbow_file_fail_at(0, 0);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/output", what_is_there_stays_unless_told, an_input_is_no_output, a_checkpoint_is_never_replaced,
          only_regular_files_are_replaced, a_full_disk)
