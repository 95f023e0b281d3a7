// SPDX-License-Identifier: BSD-3-Clause
// Files written in one go: the new bytes or the old ones, never some of them, no part left behind, and nothing of
// others touched.
#include "elbow/base/part.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "scratch.h"
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static bool exists(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

// True if a file beside path has the name of a part.
static bool has_part(const char *path)
{
    elbow_path holder;
    bool found = false;
    elbow_file_directory_of(path, holder);
    DIR *stream = opendir(holder);
    for (struct dirent *entry; stream != NULL && (entry = readdir(stream)) != NULL;)
        found |= strncmp(entry->d_name, ".elbow-", 7) == 0;
    if (stream != NULL)
        closedir(stream);
    return found;
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
        ck_assert_int_eq(elbow_part_write(NULL, path, bytes, sizes[i], ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
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
    ck_assert_int_eq(elbow_part_write(NULL, "here", "abc", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    check_bytes("here", "abc", 3);
    ck_assert_int_eq(chdir(before), 0);
    check_bytes(scratch_path(&scratch, "here"), "abc", 3);
    scratch_clear(&scratch);
}
END_TEST

// Files of others named .part are theirs.
START_TEST(a_foreign_part_stays)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char part[600];
    snprintf(part, sizeof part, "%s/file.part", scratch.directory);
    scratch_write(part, "mine", 4);
    const char *path = scratch_path(&scratch, "file");
    ck_assert_int_eq(elbow_part_write(NULL, path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    check_bytes(path, "new", 3);
    check_bytes(part, "mine", 4);
    scratch_clear(&scratch);
}
END_TEST

// Two at once have parts of their own, and the second one of both finds the name taken.
START_TEST(two_writers_of_one_new_file)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_part parts[2];
    const char *path = scratch_path(&scratch, "file");
    int files[2];
    for (int i = 0; i < 2; ++i)
        ck_assert_int_eq(elbow_part_begin(NULL, path, &parts[i], &files[i], &error), ELBOW_OK);
    for (int i = 0; i < 2; ++i) {
        ck_assert(elbow_file_put(files[i], i == 0 ? "first" : "second", i == 0 ? 5 : 6));
        close(files[i]);
    }
    ck_assert_int_eq(elbow_part_publish(&parts[0], ELBOW_PUBLISH_NEW, &error), ELBOW_OK);
    check_output(elbow_part_publish(&parts[1], ELBOW_PUBLISH_NEW, &error), &error, path,
                 "a file of that name is there");
    ck_assert_int_eq(errno, EEXIST);
    check_bytes(path, "first", 5);
    scratch_clear(&scratch);
}
END_TEST

// For file systems with neither a rename that replaces nothing nor a hard link, as some shared folders.
START_TEST(new_files_on_a_plain_file_system)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "file");
    elbow_file_pretend_plain(true);
    ck_assert_int_eq(elbow_part_write(NULL, path, "first", 5, ELBOW_PUBLISH_NEW, &error), ELBOW_OK);
    check_output(elbow_part_write(NULL, path, "second", 6, ELBOW_PUBLISH_NEW, &error), &error, path,
                 "a file of that name is there");
    elbow_file_pretend_plain(false);
    check_bytes(path, "first", 5);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(an_input_is_never_replaced)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char other[600];
    snprintf(other, sizeof other, "%s/other", scratch.directory);
    const char *path = scratch_path(&scratch, "input");
    scratch_write(path, "thesis", 6);
    ck_assert_int_eq(link(path, other), 0); // another name for it
    ck_assert_int_eq(elbow_inputs_note(path, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_inputs_note("no such file", &error), ELBOW_OK);
    check_output(elbow_part_write(NULL, path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), &error, path, "is read");
    check_output(elbow_part_write(NULL, other, "new", 3, ELBOW_PUBLISH_REPLACE, &error), &error, other, "is read");
    check_bytes(path, "thesis", 6);
    check_bytes(other, "thesis", 6);
    // A new file is another one, even if it gets the inode of the input.
    ck_assert(unlink(path) == 0 && unlink(other) == 0);
    scratch_write(path, "notes", 5);
    ck_assert_int_eq(elbow_part_write(NULL, path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(links_are_followed)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char path[600];
    struct stat about;
    snprintf(path, sizeof path, "%s/link", scratch.directory);
    ck_assert_int_eq(mkdir(scratch_path(&scratch, "elsewhere"), 0777), 0);
    ck_assert_int_eq(symlink("elsewhere/file", path), 0);
    for (int i = 0; i < 2; ++i) { // where there is no file yet, and where there is one
        ck_assert_int_eq(elbow_part_write(NULL, path, "new", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
        ck_assert(lstat(path, &about) == 0 && S_ISLNK(about.st_mode));
        check_bytes(scratch_path(&scratch, "elsewhere/file"), "new", 3);
    }
    ck_assert_int_eq(symlink("circle", scratch_path(&scratch, "circle")), 0);
    check_output(elbow_part_write(NULL, scratch_path(&scratch, "circle"), "new", 3, ELBOW_PUBLISH_REPLACE, &error),
                 &error, "circle", strerror(ELOOP));
    scratch_clear(&scratch);
}
END_TEST

// A directory that is moved is followed, and one that takes its name is let alone.
START_TEST(an_open_directory_is_followed)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_directory directory;
    char moved[600];
    snprintf(moved, sizeof moved, "%s/moved", scratch.directory);
    const char *path = scratch_path(&scratch, "run");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(elbow_directory_open(path, &directory, &error), ELBOW_OK);
    ck_assert_int_eq(rename(path, moved), 0);
    ck_assert_int_eq(mkdir(path, 0777), 0);
    ck_assert_int_eq(elbow_directory_make(&directory, "samples", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_part_write(&directory, "samples/a", "x", 1, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    ck_assert(elbow_part_link(&directory, "a", "samples/best"));
    check_bytes(scratch_path(&scratch, "moved/samples/best"), "x", 1);
    ck_assert(!exists(scratch_path(&scratch, "run/samples")) && !elbow_directory_is_removed(&directory));
    ck_assert_int_eq(rename(moved, scratch_path(&scratch, "elsewhere")), 0);
    ck_assert_int_eq(unlinkat(directory.descriptor, "samples/a", 0), 0);
    ck_assert_int_eq(unlinkat(directory.descriptor, "samples/best", 0), 0);
    ck_assert_int_eq(unlinkat(directory.descriptor, "samples", AT_REMOVEDIR), 0);
    ck_assert_int_eq(rmdir(scratch_path(&scratch, "elsewhere")), 0);
    ck_assert(elbow_directory_is_removed(&directory));
    check_output(elbow_part_write(&directory, "a", "x", 1, ELBOW_PUBLISH_REPLACE, &error), &error, "run/a",
                 "No such file or directory");
    elbow_directory_close(&directory);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_link_replaces_only_links)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "best");
    char target[16] = "";
    ck_assert(elbow_part_link(NULL, "one", path) && elbow_part_link(NULL, "two", path));
    ck_assert_int_eq(readlink(path, target, sizeof target - 1), 3);
    ck_assert_str_eq(target, "two");
    ck_assert_int_eq(unlink(path), 0);
    scratch_write(path, "mine", 4);
    ck_assert(!elbow_part_link(NULL, "one", path) && errno == EEXIST);
    check_bytes(path, "mine", 4);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(pipes_are_refused_at_once)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "pipe");
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    ck_assert(elbow_file_open(NULL, path, O_APPEND) < 0 && errno == ENXIO);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    ck_assert(reader >= 0 && elbow_file_open(NULL, path, O_APPEND) < 0 && errno == ENXIO);
    close(reader);
    ck_assert(elbow_file_open(NULL, "/dev/null", 0) < 0 && errno == ENXIO);
    ck_assert_str_eq(elbow_file_reason(ENXIO), "it is not a regular file");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(no_such_directory)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "missing/file");
    check_output(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, &error), &error, path,
                 "No such file or directory");
    ck_assert(!exists(path));
    scratch_write(scratch_path(&scratch, "plain"), "", 0);
    path = scratch_path(&scratch, "plain/file");
    check_output(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, &error), &error, path,
                 "Not a directory");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_directory_in_the_way)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "directory");
    ck_assert_int_eq(mkdir(path, 0777), 0);
    check_output(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, &error), &error, path,
                 "cannot be written");
    ck_assert(exists(path) && !has_part(path));
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
    struct elbow_error error = {0};
    char path[ELBOW_PATH_SIZE + 10] = "/tmp/";
    memset(path + 5, 'x', sizeof path - 6);
    check_output(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, &error), &error, "/tmp/xxx",
                 "longer than 999 bytes");
    path[999] = 0; // the longest path is refused by the system at most
    check_output(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, &error), &error, "/tmp/xxx",
                 "File name too long");
}
END_TEST

// A name that leaves no room for the additions in the name of a part.
START_TEST(the_longest_name)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char name[256] = "", path[600];
    memset(name, 'n', 255);
    snprintf(path, sizeof path, "%s/%s", scratch.directory, name);
    ck_assert_int_eq(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    check_bytes(path, "abc", 3);
    scratch_clear(&scratch);
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
    ck_assert_int_eq(elbow_part_write(NULL, path, "old", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    for (rlim_t room = 0; room < sizeof bytes; room += 4096) { // the first write fails, or a later one
        limit = (struct rlimit){.rlim_cur = room, .rlim_max = before.rlim_max};
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        enum elbow_status status = elbow_part_write(NULL, path, bytes, sizeof bytes, ELBOW_PUBLISH_REPLACE, &error);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
        check_output(status, &error, path, "File too large");
        check_bytes(path, "old", 3);
    }
    ck_assert_int_eq(elbow_part_write(NULL, path, bytes, sizeof bytes, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    check_bytes(path, bytes, sizeof bytes);
    signal(SIGXFSZ, SIG_DFL);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(publishing_a_part_that_is_gone)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_part part;
    const char *path = scratch_path(&scratch, "file");
    scratch_write(path, "old", 3);
    ck_assert_int_eq(elbow_part_begin(NULL, path, &part, NULL, &error), ELBOW_OK);
    ck_assert_int_eq(unlink(part.part), 0);
    check_output(elbow_part_publish(&part, ELBOW_PUBLISH_REPLACE, &error), &error, path, "No such file or directory");
    check_bytes(path, "old", 3);
    elbow_part_abandon(&part);
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
    ck_assert_int_eq(elbow_part_write(NULL, path, "old", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    uint64_t before = elbow_file_count();
    ck_assert_int_eq(elbow_part_write(NULL, path, "old", 3, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    uint64_t calls = elbow_file_count() - before;
    ck_assert_uint_ge(calls, 4); // open, write, sync, rename
    for (uint64_t n = 1; n <= calls; ++n) {
        elbow_file_fail_at(n, 1);
        check_output(elbow_part_write(NULL, path, "newer", 5, ELBOW_PUBLISH_REPLACE, &error), &error, path,
                     strerror(ENOSPC));
        ck_assert_int_eq(errno, ENOSPC);
        check_bytes(path, "old", 3);
    }
    elbow_file_fail_at(1, 2 * calls); // a disk that stays full for a while
    for (int i = 0; i < 3; ++i)
        ck_assert_int_eq(elbow_part_write(NULL, path, "newer", 5, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OUTPUT);
    elbow_file_fail_at(0, 0);
    ck_assert_int_eq(elbow_part_write(NULL, path, "newer", 5, ELBOW_PUBLISH_REPLACE, &error), ELBOW_OK);
    check_bytes(path, "newer", 5);
    ck_assert(elbow_file_is_full(ENOSPC) && elbow_file_is_full(EFBIG) && !elbow_file_is_full(EACCES));
    scratch_clear(&scratch);
}
END_TEST

START_TEST(an_error_may_be_unwanted)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "missing/file");
    ck_assert_int_eq(elbow_part_write(NULL, path, "abc", 3, ELBOW_PUBLISH_REPLACE, NULL), ELBOW_OUTPUT);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/part", every_call_may_fail, bytes_arrive_whole, a_path_without_a_directory, a_foreign_part_stays,
          two_writers_of_one_new_file, new_files_on_a_plain_file_system, an_input_is_never_replaced, links_are_followed,
          an_open_directory_is_followed, a_link_replaces_only_links, pipes_are_refused_at_once, no_such_directory,
          a_directory_in_the_way, a_path_that_is_too_long, the_longest_name, a_full_disk_leaves_the_old_file,
          publishing_a_part_that_is_gone, an_error_may_be_unwanted)
