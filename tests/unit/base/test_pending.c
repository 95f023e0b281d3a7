// SPDX-License-Identifier: BSD-3-Clause
// Files that found the disk full are written later, all of them, and reported until then.
#include "elbow/base/pending.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "scratch.h"
#include "scratch_open.h"
#include "unit.h"

static enum elbow_status put(struct elbow_pending *pending, const char *path, const char *text,
                             struct elbow_error *error)
{
    char *bytes = NULL;
    *error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_duplicate(&bytes, text, error), ELBOW_OK);
    enum elbow_status status = elbow_pending_write(pending, path, &bytes, strlen(text), error);
    elbow_release(&bytes);
    return status;
}

static void check_text(const char *path, const char *text)
{
    size_t size;
    char *bytes = scratch_read(path, &size);
    ck_assert(bytes != NULL && size == strlen(text) && memcmp(bytes, text, size) == 0);
    free(bytes);
}

START_TEST(what_waits_is_written_later)
{
    struct scratch scratch = scratch_make();
    struct elbow_pending pending = {0};
    struct elbow_error error;
    size_t blocks = elbow_memory_count().blocks;
    char one[300], two[300], three[300];
    snprintf(one, sizeof one, "%s/samples/1.png", scratch.directory);
    snprintf(two, sizeof two, "%s/samples/2.png", scratch.directory);
    snprintf(three, sizeof three, "%s/samples/3.png", scratch.directory);
    elbow_file_fail_at(1, UINT64_MAX / 2);
    ck_assert_int_eq(put(&pending, one, "first", &error), ELBOW_OUTPUT);
    ck_assert_ptr_nonnull(strstr(error.message, one));
    ck_assert_int_eq(put(&pending, two, "second", &error), ELBOW_OUTPUT);
    ck_assert(elbow_pending_wait_for_space(&pending));
    ck_assert_int_eq(elbow_pending_flush(&pending, &error), ELBOW_OUTPUT);
    elbow_file_fail_at(0, 0);
    ck_assert_int_eq(put(&pending, three, "third", &error), ELBOW_OK);
    ck_assert(!elbow_pending_wait_for_space(&pending) && pending.count == 0 && pending.bytes == 0);
    check_text(one, "first");
    check_text(two, "second");
    check_text(three, "third");
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(too_many_are_lost)
{
    struct scratch scratch = scratch_make();
    struct elbow_pending pending = {0};
    struct elbow_error error;
    size_t blocks = elbow_memory_count().blocks;
    elbow_file_fail_at(1, UINT64_MAX / 2);
    for (int i = 0; i < ELBOW_PENDING_MAX + 5; ++i)
        ck_assert_int_eq(put(&pending, scratch_path(&scratch, "x.png"), "bytes", &error), ELBOW_OUTPUT);
    elbow_file_fail_at(0, 0);
    ck_assert_uint_eq(pending.count, ELBOW_PENDING_MAX);
    elbow_pending_clear(&pending);
    elbow_pending_clear(&pending);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(other_troubles_are_no_lack_of_room)
{
    struct scratch scratch = scratch_make();
    struct elbow_pending pending = {0};
    struct elbow_error error;
    char path[300];
    snprintf(path, sizeof path, "%s/plain/1.png", scratch.directory);
    scratch_write(scratch_path(&scratch, "plain"), "", 0);
    ck_assert_int_eq(put(&pending, path, "first", &error), ELBOW_OUTPUT);
    ck_assert(!elbow_pending_wait_for_space(&pending));
    elbow_pending_clear(&pending);
    scratch_clear(&scratch);
}
END_TEST

// A directory that is not this run's any more gets nothing.
START_TEST(what_comes_after_the_end_is_dropped)
{
    struct scratch scratch = scratch_make();
    struct elbow_directory directory = scratch_open(scratch.directory);
    struct elbow_pending pending = {.directory = &directory};
    struct elbow_error error;
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(put(&pending, "samples/1.png", "first", &error), ELBOW_OK);
    elbow_file_fail_at(1, UINT64_MAX / 2);
    ck_assert_int_eq(put(&pending, "samples/2.png", "second", &error), ELBOW_OUTPUT);
    elbow_file_fail_at(0, 0);
    elbow_pending_end(&pending);
    ck_assert_int_eq(put(&pending, "samples/3.png", "third", &error), ELBOW_OK);
    ck_assert_int_eq(elbow_pending_flush(&pending, &error), ELBOW_OK);
    check_text(scratch_path(&scratch, "samples/1.png"), "first");
    ck_assert_int_ne(access(scratch_path(&scratch, "samples/2.png"), F_OK), 0);
    ck_assert_int_ne(access(scratch_path(&scratch, "samples/3.png"), F_OK), 0);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    elbow_directory_close(&directory);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("run/pending", what_comes_after_the_end_is_dropped, what_waits_is_written_later, too_many_are_lost,
          other_troubles_are_no_lack_of_room)
