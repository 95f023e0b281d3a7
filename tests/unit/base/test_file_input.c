// SPDX-License-Identifier: BSD-3-Clause
// Inputs that would make a program wait for ever are refused at once; those that others write into are read.
#include "elbow/base/file.h"

#include "elbow/base/memory.h"
#include "scratch.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void check_refused(const char *path, bool takes_pipes, int reason)
{
    errno = 0;
    ck_assert_int_lt(elbow_file_open_input(path, takes_pipes), 0);
    ck_assert_int_eq(errno, reason);
}

START_TEST(what_is_no_input)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "pipe");
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    check_refused(path, true, EPIPE);
    check_refused(path, false, ENXIO);
    check_refused("/dev/zero", true, ENXIO);
    check_refused(scratch.directory, true, EISDIR);
    check_refused(scratch_path(&scratch, "missing"), true, ENOENT);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", scratch_path(&scratch, "socket"));
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) == 0)
        check_refused(address.sun_path, true, ENXIO);
    close(listener);
    ck_assert_str_eq(elbow_file_reason(EPIPE), "it is a pipe that nobody writes into");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_regular_file)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "file");
    char bytes[4] = "";
    scratch_write(path, "abc", 3);
    int file = elbow_file_open_input(path, false);
    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(read(file, bytes, sizeof bytes), 3);
    ck_assert_int_eq(fcntl(file, F_GETFL) & O_NONBLOCK, 0);
    close(file);
    scratch_clear(&scratch);
}
END_TEST

// The look removes no bytes, and waits for later ones.
START_TEST(pipes_with_a_writer)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    char path[600], bytes[8] = "", *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/pipe", scratch.directory);
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    int ends = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(ends, 0);
    for (int i = 0; i < 2; ++i) { // with nothing in it yet, and with something
        int file = elbow_file_open_input(path, true);
        ck_assert_int_ge(file, 0);
        ck_assert_int_eq(fcntl(file, F_GETFL) & O_NONBLOCK, 0);
        if (i == 0)
            ck_assert_int_eq(write(ends, "abc", 3), 3);
        else
            ck_assert_int_eq(read(file, bytes, sizeof bytes), 3);
        close(file);
    }
    ck_assert_str_eq(bytes, "abc");
    int opened[2]; // says that the child has the pipe open
    ck_assert_int_eq(pipe(opened), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        close(ends);
        int writer = open(path, O_WRONLY);
        if (write(opened[1], "x", 1) != 1)
            _exit(1);
        for (int i = 0; i < 3 && writer >= 0; ++i) {
            usleep(20000);
            if (write(writer, "abc", 3) != 3)
                _exit(1);
        }
        _exit(0);
    }
    int first = open(path, O_RDONLY | O_NONBLOCK); // so that the writer has a reader all the time
    ck_assert_int_ge(first, 0);
    ck_assert_int_eq(read(opened[0], bytes, 1), 1);
    close(opened[0]);
    close(opened[1]);
    close(ends);
    ck_assert_int_eq(elbow_file_read_input(path, 9, &text, &size, &error), ELBOW_OK);
    ck_assert_uint_eq(size, 9);
    ck_assert_str_eq(text, "abcabcabc");
    elbow_release(&text);
    close(first);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(a_pipe_that_gives_too_much)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "pipe");
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(mkfifo(path, 0666), 0);
    int ends = open(path, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(write(ends, "abcdefgh", 8), 8);
    ck_assert_int_eq(elbow_file_read_input(path, 4, &text, &size, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "delivers more than the maximum of 4 bytes"));
    ck_assert_ptr_null(text);
    close(ends);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(files_and_directories)
{
    struct elbow_error error = {0};
    struct scratch scratch = scratch_make();
    char path[300], file[310];
    snprintf(path, sizeof path, "%s/a/b", scratch.directory);
    ck_assert_int_eq(elbow_file_make_directory(path, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_file_make_directory(path, &error), ELBOW_OK);
    snprintf(file, sizeof file, "%s/f", path);
    FILE *out = fopen(file, "w");
    fputs("hello", out);
    fclose(out);
    char *text = NULL;
    size_t size = 0;
    ck_assert_int_eq(elbow_file_read_input(file, 100, &text, &size, &error), ELBOW_OK);
    ck_assert_uint_eq(size, 5);
    ck_assert_str_eq(text, "hello");
    elbow_release(&text);
    ck_assert_int_eq(elbow_file_read_input(file, 4, &text, &size, &error), ELBOW_FILE);
    ck_assert_int_eq(elbow_file_read_input(path, 4, &text, &size, &error), ELBOW_FILE);
    ck_assert_int_eq(elbow_file_read_input("/proc/none/x", 4, &text, &size, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "/proc/none/x"));
    snprintf(path, sizeof path, "%s/c", file);
    ck_assert_int_eq(elbow_file_make_directory(path, &error), ELBOW_FILE);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/file input", files_and_directories, what_is_no_input, a_regular_file, pipes_with_a_writer,
          a_pipe_that_gives_too_much)
