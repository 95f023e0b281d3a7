// SPDX-License-Identifier: BSD-3-Clause
// The rows of several files: a file that is opened again must be the one that it was.
#include "elbow/data/source.h"
#include "hdf5_files.h"

#include <fcntl.h>
#include <sys/stat.h>

static void write_part(const char *path, uint8_t first, time_t changed)
{
    const uint8_t values[] = {first, 2, 3, 4, 5, 6};
    const struct timespec times[2] = {{.tv_sec = changed}, {.tv_sec = changed}};
    hid_t file = new_file(path);
    put(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (const hsize_t[]){3, 2}, H5P_DEFAULT, values);
    H5Fclose(file);
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

START_TEST(files_must_stay_as_they_are)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_source *source = NULL;
    char a[512], b[512];
    const char *const paths[] = {a, b}, *const names[] = {"x", "x"};
    uint8_t rows[12];
    snprintf(a, sizeof a, "%s", scratch_path(&scratch, "a.h5"));
    snprintf(b, sizeof b, "%s", scratch_path(&scratch, "b.h5"));
    write_part(a, 10, 1000);
    write_part(b, 20, 1000);
    const struct elbow_files files = {.count = 2, .channels = 1, .paths = paths, .datasets = names};
    const struct elbow_source_request request = {.files = &files};
    ck_assert_int_eq(elbow_source_open(&request, &source, &error), ELBOW_OK);
    for (int round = 0; round < 2; ++round) {
        ck_assert_int_eq(elbow_source_read(source, 0, 6, rows, &error), ELBOW_OK);
        ck_assert_uint_eq(rows[0], 10);
        ck_assert_uint_eq(rows[6], 20);
    }
    ck_assert_int_eq(elbow_source_read(source, 0, 1, rows, &error), ELBOW_OK); // b.h5 is closed now
    write_part(b, 30, 1000);
    ck_assert_int_eq(elbow_source_read(source, 3, 1, rows, &error), ELBOW_OK); // no way to know
    ck_assert_int_eq(elbow_source_read(source, 0, 1, rows, &error), ELBOW_OK);
    write_part(b, 40, 2000);
    ck_assert_int_eq(elbow_source_read(source, 3, 1, rows, &error), ELBOW_MISMATCH);
    check_message(&error, "b.h5: was changed after it was read", "must not change");
    ck_assert_int_eq(elbow_source_read(source, 0, 1, rows, &error), ELBOW_OK);
    elbow_source_close(source);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/source_list", files_must_stay_as_they_are)
