// SPDX-License-Identifier: BSD-3-Clause
// Reading whole files below a directory: a read never waits for a file that is not a plain one, and the error gives the
// reason.
#include "elbow/base/file.h"

#include "elbow/base/memory.h"
#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static enum elbow_status read_one(const struct elbow_directory *directory, const char *path, char **bytes, size_t *size,
                                  struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    return elbow_file_read(directory, path, 1000, bytes, size, error);
}

START_TEST(bytes_come_back)
{
    struct scratch scratch = scratch_make();
    struct elbow_directory directory = scratch_open(scratch.directory);
    struct elbow_error error;
    char text[1000], *bytes = NULL;
    size_t size = 9, blocks = elbow_memory_count().blocks;
    for (size_t i = 0; i < sizeof text; ++i)
        text[i] = (char)i;
    for (size_t length = 0; length <= sizeof text; length += 250) {
        scratch_write(scratch_path(&scratch, "file"), text, length);
        ck_assert_int_eq(read_one(&directory, "file", &bytes, &size, &error), ELBOW_OK);
        ck_assert(size == length && memcmp(bytes, text, length) == 0 && bytes[length] == 0);
        elbow_release(&bytes);
    }
    ck_assert_int_eq(read_one(NULL, scratch_path(&scratch, "file"), &bytes, &size, &error), ELBOW_OK);
    elbow_release(&bytes);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    elbow_directory_close(&directory);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(what_cannot_be_read)
{
    struct scratch scratch = scratch_make();
    struct elbow_directory directory = scratch_open(scratch.directory);
    struct elbow_error error;
    char *bytes = NULL, longer[1001] = "";
    size_t size, blocks = elbow_memory_count().blocks;
    mkfifo(scratch_path(&scratch, "pipe"), 0666);
    mkdir(scratch_path(&scratch, "folder"), 0777);
    ck_assert_int_eq(symlink("circle", scratch_path(&scratch, "circle")), 0);
    scratch_write(scratch_path(&scratch, "long"), longer, sizeof longer);
    static const struct {
        const char *name;
        int reason;
    } cases[] = {{"pipe", ENXIO}, {"folder", ENXIO}, {"circle", ELOOP}, {"long", EFBIG}, {"nothing", ENOENT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        ck_assert_int_eq(read_one(&directory, cases[i].name, &bytes, &size, &error), ELBOW_FILE);
        ck_assert_msg(errno == cases[i].reason, "%s: %s", cases[i].name, strerror(errno));
        ck_assert(bytes == NULL && strstr(error.message, scratch_path(&scratch, cases[i].name)) != NULL);
    }
    ck_assert_int_eq(read_one(NULL, "/dev/null", &bytes, &size, &error), ELBOW_FILE);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    // No descriptor is left for it.
    struct rlimit before, limit;
    int next = dup(0);
    close(next);
    getrlimit(RLIMIT_NOFILE, &before);
    limit = (struct rlimit){.rlim_cur = (rlim_t)next, .rlim_max = before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &limit);
    enum elbow_status status = read_one(&directory, "long", &bytes, &size, &error);
    int reason = errno;
    setrlimit(RLIMIT_NOFILE, &before);
    ck_assert_int_eq(status, ELBOW_FILE);
    ck_assert_int_eq(reason, EMFILE);
    elbow_directory_close(&directory);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("base/file", bytes_come_back, what_cannot_be_read)
