// SPDX-License-Identifier: BSD-3-Clause
// Files written in one go: the new bytes or the old ones, never a part of them, and no .part left behind.
#include "elbow/base/file.h"

#include "elbow/base/text.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static bool has_part(const char *path)
{
    char part[2 * ELBOW_PATH_SIZE];
    snprintf(part, sizeof part, "%s.part", path);
    return exists(part);
}

static void check_bytes(const char *path, const void *bytes, size_t size)
{
    size_t found;
    void *read = scratch_read(path, &found);
    ck_assert_ptr_nonnull(read);
    ck_assert_uint_eq(found, size);
    ck_assert_int_eq(memcmp(read, bytes, size), 0);
    ck_assert(!has_part(path));
    free(read);
}

// OUTPUT with one sentence that names the path and says why.
static void check_output(enum elbow_status status, const struct elbow_error *error, const char *path, const char *why)
{
    ck_assert_int_eq(status, ELBOW_OUTPUT);
    ck_assert_int_eq(error->status, ELBOW_OUTPUT);
    ck_assert_msg(strstr(error->message, path) != NULL, "no \"%s\" in: %s", path, error->message);
    ck_assert_msg(strstr(error->message, why) != NULL, "no \"%s\" in: %s", why, error->message);
}

START_TEST(bytes_arrive_whole)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "file");
    static const size_t sizes[] = {1, 0, 4096, 3000017, 5};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) { // each replaces the one before
        unsigned char *bytes = malloc(sizes[i] + 1);
        for (size_t k = 0; k < sizes[i]; ++k)
            bytes[k] = (unsigned char)(k * 31 + i);
        ck_assert_int_eq(elbow_file_write(path, bytes, sizes[i], &error), ELBOW_OK);
        check_bytes(path, bytes, sizes[i]);
        free(bytes);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_path_without_a_directory)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char before[4096];
    ck_assert_ptr_nonnull(getcwd(before, sizeof before));
    ck_assert_int_eq(chdir(scratch.directory), 0);
    ck_assert_int_eq(elbow_file_write("here", "abc", 3, &error), ELBOW_OK);
    check_bytes("here", "abc", 3);
    ck_assert_int_eq(chdir(before), 0);
    check_bytes(scratch_path(&scratch, "here"), "abc", 3);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_part_of_an_earlier_crash_is_replaced)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    scratch_write(scratch_path(&scratch, "file.part"), "a longer text than the new one", 30);
    const char *path = scratch_path(&scratch, "file");
    ck_assert_int_eq(elbow_file_write(path, "new", 3, &error), ELBOW_OK);
    check_bytes(path, "new", 3);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(no_such_directory)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "missing/file");
    check_output(elbow_file_write(path, "abc", 3, &error), &error, path, "No such file or directory");
    ck_assert(!exists(path));
    scratch_write(scratch_path(&scratch, "plain"), "", 0);
    path = scratch_path(&scratch, "plain/file");
    check_output(elbow_file_write(path, "abc", 3, &error), &error, path, "Not a directory");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_directory_in_the_way)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "directory");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    check_output(elbow_file_write(path, "abc", 3, &error), &error, path, "cannot be written");
    ck_assert(exists(path) && !has_part(path));
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
    struct elbow_error error = {0};
    char path[ELBOW_PATH_SIZE + 10] = "/tmp/";
    memset(path + 5, 'x', sizeof path - 6);
    check_output(elbow_file_write(path, "abc", 3, &error), &error, "/tmp/xxx", "longer than 1018 bytes");
    // The longest path, with room for ".part" and nothing more, is refused by the system at most.
    path[ELBOW_PATH_SIZE - 6] = 0;
    check_output(elbow_file_write(path, "abc", 3, &error), &error, "/tmp/xxx", "File name too long");
    path[ELBOW_PATH_SIZE - 6] = 'x';
    path[ELBOW_PATH_SIZE - 5] = 0;
    check_output(elbow_file_write(path, "abc", 3, &error), &error, "/tmp/xxx", "longer than 1018 bytes");
}
END_TEST

// A full disk, as a limit on the size of files.
START_TEST(a_full_disk_leaves_the_old_file)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct rlimit before, limit;
    static char bytes[20000];
    const char *path = scratch_path(&scratch, "file");
    ck_assert_int_eq(elbow_file_write(path, "old", 3, &error), ELBOW_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < sizeof bytes; room += 4096) { // the first write fails, or a later one
        limit = (struct rlimit){.rlim_cur = room, .rlim_max = before.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        enum elbow_status status = elbow_file_write(path, bytes, sizeof bytes, &error);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_output(status, &error, path, "File too large");
        check_bytes(path, "old", 3);
    }
    ck_assert_int_eq(elbow_file_write(path, bytes, sizeof bytes, &error), ELBOW_OK);
    check_bytes(path, bytes, sizeof bytes);
    signal(SIGXFSZ, SIG_DFL);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(publishing_a_finished_part)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char part[600];
    const char *path = scratch_path(&scratch, "file");
    snprintf(part, sizeof part, "%s.part", path);
    scratch_write(path, "old", 3);
    check_output(elbow_file_publish(part, path, &error), &error, path, "No such file or directory");
    check_bytes(path, "old", 3);
    scratch_write(part, "newer", 5);
    ck_assert_int_eq(elbow_file_publish(part, path, &error), ELBOW_OK);
    check_bytes(path, "newer", 5);
    scratch_write(part, "newest", 6);
    char nowhere[700];
    snprintf(nowhere, sizeof nowhere, "%s/missing/file", scratch.directory);
    check_output(elbow_file_publish(part, nowhere, &error), &error, nowhere, "No such file or directory");
    ck_assert(!exists(part));
    scratch_clear(&scratch);
}
END_TEST

// Whichever call fails, the old file is whole and nothing else is there; once the disk has room, the new one is.
START_TEST(every_call_may_fail)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char path[300];
    snprintf(path, sizeof path, "%s/file", scratch.directory);
    ck_assert_int_eq(elbow_file_write(path, "old", 3, &error), ELBOW_OK);
    uint64_t before = elbow_file_count();
    ck_assert_int_eq(elbow_file_write(path, "old", 3, &error), ELBOW_OK);
    uint64_t calls = elbow_file_count() - before;
    ck_assert_uint_ge(calls, 4); // open, write, sync, rename
    for (uint64_t n = 1; n <= calls; ++n) {
        elbow_file_fail_at(n, 1);
        check_output(elbow_file_write(path, "newer", 5, &error), &error, path, strerror(ENOSPC));
        ck_assert_int_eq(errno, ENOSPC);
        check_bytes(path, "old", 3);
    }
    elbow_file_fail_at(1, 2 * calls); // a disk that stays full for a while
    for (int i = 0; i < 3; ++i)
        ck_assert_int_eq(elbow_file_write(path, "newer", 5, &error), ELBOW_OUTPUT);
    elbow_file_fail_at(0, 0);
    ck_assert_int_eq(elbow_file_write(path, "newer", 5, &error), ELBOW_OK);
    check_bytes(path, "newer", 5);
    ck_assert(elbow_file_is_full(ENOSPC) && elbow_file_is_full(EFBIG) && !elbow_file_is_full(EACCES));
    scratch_clear(&scratch);
}
END_TEST

START_TEST(an_error_may_be_unwanted)
{
    ck_assert_int_eq(elbow_file_write("/nonexistent/file", "abc", 3, NULL), ELBOW_OUTPUT);
    ck_assert_int_eq(elbow_file_publish("/nonexistent/part", "/nonexistent/file", NULL), ELBOW_OUTPUT);
}
END_TEST

START_TEST(what_was_left_half_written_is_removed)
{
    static const char *const names[] = {"a.h5.part", "b.part", "a.h5", "part", "x.part.h5", ".part"};
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        ck_assert_int_eq(elbow_file_write(scratch_path(&scratch, names[i]), "x", 1, &error), ELBOW_OK);
    elbow_file_sweep(scratch.directory);
    for (size_t i = 0; i < sizeof names / sizeof *names; ++i)
        ck_assert_msg(exists(scratch_path(&scratch, names[i])) == (i >= 2), "%s", names[i]);
    elbow_file_sweep(scratch_path(&scratch, "nowhere"));
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/file", what_was_left_half_written_is_removed, every_call_may_fail, bytes_arrive_whole,
          a_path_without_a_directory, a_part_of_an_earlier_crash_is_replaced, no_such_directory, a_directory_in_the_way,
          a_path_that_is_too_long, a_full_disk_leaves_the_old_file, publishing_a_finished_part,
          an_error_may_be_unwanted)
