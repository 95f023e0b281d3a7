// SPDX-License-Identifier: BSD-3-Clause
// The rows of several files: a file that is opened again must be the one that it was.
#include "elbow/data/source.h"
#include "elbow/data/steady.h"
#include "hdf5_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static void set_time(const char *path, time_t seconds, long fraction)
{
    const struct timespec times[2] = {{.tv_sec = seconds}, {.tv_sec = seconds, .tv_nsec = fraction}};
    ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void write_part(const char *path, uint8_t first, time_t changed)
{
    const uint8_t values[] = {first, 2, 3, 4, 5, 6};
    hid_t file = new_file(path);
    put(file, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (const hsize_t[]){3, 2}, H5P_DEFAULT, values);
    H5Fclose(file);
    set_time(path, changed, 0);
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
    check_message(&error, "b.h5: was replaced or changed while it was read: its last change", "must not change");
    ck_assert_int_eq(elbow_source_read(source, 0, 1, rows, &error), ELBOW_OK);
    elbow_source_close(source);
    scratch_clear(&scratch);
}
END_TEST

// A virtual dataset of the file `from` in `path`.
static void write_virtual(const char *path, const char *from)
{
    hid_t space = H5Screate_simple(2, (const hsize_t[]){3, 2}, NULL), creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t file = new_file(path);
    ck_assert_int_ge(H5Pset_virtual(creation, space, from, "x", space), 0);
    H5Dclose(H5Dcreate2(file, "x", H5T_STD_U8LE, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation);
    H5Sclose(space);
    H5Fclose(file);
}

static enum elbow_status read_once(const char *path, struct elbow_steady *steady, struct elbow_error *error)
{
    const char *name = "x";
    const struct elbow_files files = elbow_files_of(&path, &name);
    const struct elbow_source_request request = {.files = &files, .steady = steady};
    struct elbow_source *source = NULL;
    uint8_t rows[6];
    enum elbow_status status = elbow_source_open(&request, &source, error);
    if (status == ELBOW_OK)
        status = elbow_source_read(source, 0, 3, rows, error);
    elbow_source_close(source);
    return status;
}

// The change of a file between two openings, and its message; NULL: none.
static const struct {
    time_t seconds;
    long fraction;
    bool is_moved, is_longer; // into its place; to begin with, the time is 1000.5 s
    const char *said;
} changes[] = {
    {1000, 500000000, false, false, NULL},
    {1000, 500000000, true, false, NULL}, // a copy with its time
    {1000, 0, true, false, NULL},         // the file system does not say
    {1000, 7, false, false, NULL},
    {1000, 7, true, false, "was replaced while it was read: another file has its name now"},
    {1001, 500000000, false, false, "was replaced or changed while it was read: its last change was at "},
    {1000, 500000000, false, true, "was replaced or changed while it was read: it had "},
};

// Of a file itself, and of the source of a virtual dataset.
START_TEST(a_file_that_is_opened_again_is_the_one_that_it_was)
{
    struct scratch scratch = scratch_make();
    char a[512], other[512], all[512];
    snprintf(a, sizeof a, "%s", scratch_path(&scratch, "a.h5"));
    snprintf(other, sizeof other, "%s", scratch_path(&scratch, "other.h5"));
    snprintf(all, sizeof all, "%s", scratch_path(&scratch, "all.h5"));
    write_virtual(all, "a.h5");
    for (size_t i = 0; i < 2 * sizeof changes / sizeof *changes; ++i) {
        const char *path = i % 2 == 0 ? a : all, *changed = changes[i / 2].is_moved ? other : a;
        struct elbow_error error = {0};
        struct elbow_steady *steady = NULL;
        ck_assert_int_eq(elbow_steady_create(&steady, &error), ELBOW_OK);
        write_part(a, 10, 1000);
        set_time(a, 1000, 500000000);
        ck_assert_int_eq(read_once(path, steady, &error), ELBOW_OK);
        write_part(changed, 10, 1000);
        if (changes[i / 2].is_longer) {
            struct stat about;
            ck_assert_int_eq(stat(changed, &about), 0);
            ck_assert_int_eq(truncate(changed, about.st_size + 1), 0);
        }
        set_time(changed, changes[i / 2].seconds, changes[i / 2].fraction);
        ck_assert(changed == a || rename(other, a) == 0);
        bool is_same = changes[i / 2].said == NULL;
        ck_assert_int_eq(read_once(path, steady, &error), is_same ? ELBOW_OK : ELBOW_MISMATCH);
        if (!is_same)
            check_message(&error, "a.h5: ", changes[i / 2].said);
        elbow_steady_destroy(steady);
    }
    scratch_clear(&scratch);
}
END_TEST

// libhdf5 gives fill values for it.
START_TEST(a_source_that_is_gone_is_missed)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_steady *steady = NULL;
    char a[512], all[512];
    snprintf(a, sizeof a, "%s", scratch_path(&scratch, "a.h5"));
    snprintf(all, sizeof all, "%s", scratch_path(&scratch, "all.h5"));
    write_virtual(all, "a.h5");
    write_part(a, 10, 1000);
    ck_assert_int_eq(elbow_steady_create(&steady, &error), ELBOW_OK);
    ck_assert_int_eq(read_once(all, steady, &error), ELBOW_OK);
    ck_assert_int_eq(unlink(a), 0);
    ck_assert_int_eq(read_once(all, steady, &error), ELBOW_FILE);
    check_message(&error, "all.h5: rows 0 to 2 of virtual dataset x are stored as x in a.h5", "there is no such file");
    elbow_steady_destroy(steady);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/source_list", files_must_stay_as_they_are, a_file_that_is_opened_again_is_the_one_that_it_was,
          a_source_that_is_gone_is_missed)
