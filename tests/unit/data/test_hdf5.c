// SPDX-License-Identifier: BSD-3-Clause
// Contents of HDF5 files, and all errors in them.
#include "elbow/base/memory.h"
#include "hdf5_files.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(other_types_are_refused_by_name)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), text = H5Tcopy(H5T_C_S1), pair = H5Tcreate(H5T_COMPOUND, 8);
    hid_t wide = H5Tcopy(H5T_STD_I64LE), list = H5Tvlen_create(H5T_NATIVE_INT);
    H5Tset_size(text, 8);
    H5Tset_size(wide, 16);
    H5Tset_precision(wide, 128);
    H5Tinsert(pair, "a", 0, H5T_NATIVE_INT);
    H5Tinsert(pair, "b", 4, H5T_NATIVE_INT);
    const hid_t types[] = {text, pair, wide, list, H5T_STD_B8LE};
    static const char *const NAMES[] = {"texts", "compound values", "integers of an unusual width",
                                        "lists of varying length", "bit fields"};
    for (int i = 0; i < 5; ++i)
        put(id, NAMES[i], types[i], types[i], 1, (const hsize_t[]){2}, H5P_DEFAULT, NULL);
    for (int i = 0; i < 4; ++i)
        H5Tclose(types[i]);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    for (int i = 0; i < 5; ++i) {
        struct elbow_hdf5_info info;
        struct elbow_error error = {0};
        char bytes[64];
        ck_assert_int_eq(elbow_hdf5_describe_dataset(file, NAMES[i], &info, &error), ELBOW_FORMAT);
        check_message(&error, "holds", NAMES[i]);
        ck_assert_int_eq(elbow_hdf5_read_rows(file, NAMES[i], 0, 1, bytes, &error), ELBOW_FORMAT);
    }
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(missing_datasets_list_those_there)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    H5Fclose(new_file(path));
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/x", &info, &error), ELBOW_FORMAT);
    check_message(&error, path, "dataset /x not found (the file has no datasets)");
    close_good(file);

    hid_t id = new_file(path);
    H5Gclose(H5Gcreate2(id, "train", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "train/labels", H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL, H5P_DEFAULT, NULL);
    put(id, "train/images", H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL, H5P_DEFAULT, NULL);
    H5Lcreate_soft("/nowhere", id, "dangling", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(id);
    file = open_good(path);
    static const char *const MISSING[] = {"/x", "x", "/train/x", "/x/y/z", "/train/labels/x"};
    for (size_t i = 0; i < sizeof MISSING / sizeof *MISSING; ++i) {
        ck_assert_int_eq(elbow_hdf5_describe_dataset(file, MISSING[i], &info, &error), ELBOW_FORMAT);
        check_message(&error, MISSING[i], "not found (the file has: /train/images, /train/labels)");
        ck_assert_int_eq(elbow_hdf5_read_rows(file, MISSING[i], 0, 0, NULL, &error), ELBOW_FORMAT);
        ck_assert(!has(file, MISSING[i]));
    }
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/train", &info, &error), ELBOW_FORMAT);
    check_message(&error, "/train is a group", "/train/images");
    ck_assert(has(file, "/train") && has(file, "train/images") && has(file, "/"));
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(long_lists_are_cut)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path);
    char name[300];
    for (int i = 0; i < 12; ++i) {
        snprintf(name, sizeof name, "d%02d", i);
        put(id, name, H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL, H5P_DEFAULT, NULL);
    }
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    elbow_hdf5_describe_dataset(file, "x", &info, &error);
    check_message(&error, "(the file has: /d00, ", "/d09, ...)");
    close_good(file);
    id = new_file(path);
    for (int i = 0; i < 12; ++i) {
        snprintf(name, sizeof name, "%0*d", 250, i);
        put(id, name, H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL, H5P_DEFAULT, NULL);
    }
    H5Fclose(id);
    file = open_good(path);
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "x", &info, &error), ELBOW_FORMAT);
    check_message(&error, "(the file has: /0000", "...)");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

struct seen {
    char names[256];
    int limit;
};

static bool see(void *user, const struct elbow_hdf5_entry *entry)
{
    struct seen *seen = user;
    size_t length = strlen(seen->names);
    snprintf(seen->names + length, sizeof seen->names - length, "%s:%s ", entry->name,
             entry->info == NULL ? "-" : elbow_element_name(entry->info->element));
    return --seen->limit > 0;
}

START_TEST(each_goes_by_name)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path);
    H5Gclose(H5Gcreate2(id, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "z", H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL, H5P_DEFAULT, NULL);
    put(id, "g/b", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 0, NULL, H5P_DEFAULT, NULL);
    put(id, "g/a", H5T_C_S1, H5T_C_S1, 0, NULL, H5P_DEFAULT, NULL);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct seen seen = {.limit = 9};
    ck_assert_int_eq(elbow_hdf5_each(file, see, &seen, NULL), ELBOW_OK);
    ck_assert_str_eq(seen.names, "/g/a:- /g/b:float32 /z:uint8 ");
    seen = (struct seen){.limit = 2};
    ck_assert_int_eq(elbow_hdf5_each(file, see, &seen, NULL), ELBOW_OK);
    ck_assert_str_eq(seen.names, "/g/a:- /g/b:float32 ");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

static void check_refused(const char *path, enum elbow_status status, const char *text)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_open(path, &file, &error), status);
    ck_assert(file == NULL);
    check_message(&error, path, text);
    ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

START_TEST(files_that_are_none)
{
    struct scratch scratch = scratch_make();
    check_refused(scratch_path(&scratch, "missing.h5"), ELBOW_FILE, "No such file");
    check_refused(scratch.directory, ELBOW_FILE, "is a directory");
    check_refused("/dev/null", ELBOW_FILE, "not a regular file");
    static const struct {
        const char *bytes;
        size_t size;
        const char *looks;
    } FILES[] = {{"", 0, "is empty"},
                 {"\x1f\x8b\x08\0\0", 5, "like gzip"},
                 {"\x93NUMPY\1\0", 8, "like NumPy"},
                 {"\x89PNG\r\n\x1a\n", 8, "like PNG"},
                 {"\0\0\x08\x03\0\0\0\5", 8, "like IDX"},
                 {"PK\3\4xxx", 7, "like zip"},
                 {"CDF\1", 4, "like classic netCDF"},
                 {"1,2,3\n4,5,6\n", 12, "like text"},
                 {"\1\2\3", 3, "not an HDF5 file"}};
    const char *path = scratch_path(&scratch, "file");
    for (size_t i = 0; i < sizeof FILES / sizeof *FILES; ++i) {
        scratch_write(path, FILES[i].bytes, FILES[i].size);
        check_refused(path, ELBOW_FORMAT, FILES[i].looks);
    }
    chmod(path, 0);
    if (geteuid() != 0) // root may read anything
        check_refused(path, ELBOW_FILE, "Permission denied");
    char longer[2000];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    struct elbow_hdf5 *file;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_open(longer, &file, &error), ELBOW_FILE);
    check_message(&error, "xxx", "longer than");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(truncated_and_damaged_files)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    static uint8_t values[4000];
    for (int i = 0; i < 4000; ++i)
        values[i] = (uint8_t)(i * 7 ^ i >> 3);
    hid_t id = new_file(path), packed = layout(10, 40, false, false, 6);
    put(id, "x", H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (const hsize_t[]){100, 40}, packed, values);
    H5Pclose(packed);
    H5Fclose(id);
    size_t size;
    unsigned char *bytes = scratch_read(path, &size);
    scratch_write(path, bytes, size - 1000);
    check_refused(path, ELBOW_FORMAT, "truncated");
    scratch_write(path, bytes, 40);
    check_refused(path, ELBOW_FORMAT, "damaged");
    for (size_t i = size - 1500; i < size - 500; ++i)
        bytes[i] ^= 0xa5; // inside the compressed rows
    scratch_write(path, bytes, size);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_read_rows(file, "x", 0, 100, values, &error), ELBOW_FORMAT);
    check_message(&error, "rows 0 to 99 of dataset x cannot be read", "(HDF5: ");
    close_good(file);
    free(bytes);
    scratch_clear(&scratch);
}
END_TEST

// A file that is removed, or whose name another one gets, stays available to readers that have it open.
START_TEST(files_that_change_while_they_are_read)
{
    struct scratch scratch = scratch_make();
    const uint16_t values[] = {1, 2, 3, 4};
    uint16_t out[4];
    for (int kind = 0; kind < 3; ++kind) {
        const char *path = scratch_path(&scratch, "t.h5");
        hid_t id = new_file(path);
        put(id, "x", H5T_STD_U16LE, H5T_NATIVE_UINT16, 2, (const hsize_t[]){2, 2}, H5P_DEFAULT, values);
        H5Fclose(id);
        struct elbow_hdf5 *file = open_good(path);
        struct elbow_error error = {0};
        const struct timespec later[2] = {{.tv_sec = 1}, {.tv_sec = 7}};
        read_good(file, "x", 0, 2, out);
        if (kind == 0)
            ck_assert_int_eq(truncate(path, 2000), 0);
        if (kind == 1)
            ck_assert_int_eq(utimensat(AT_FDCWD, path, later, 0), 0);
        if (kind == 2)
            ck_assert_int_eq(unlink(path), 0);
        enum elbow_status status = elbow_hdf5_read_rows(file, "x", 0, 2, out, &error);
        ck_assert_int_eq(status, kind < 2 ? ELBOW_MISMATCH : ELBOW_OK);
        if (kind < 2)
            check_message(&error, "t.h5: ", kind == 0 ? "bytes now" : "was written to after it was opened");
        else
            ck_assert_mem_eq(out, values, sizeof out);
        close_good(file);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(memory_that_runs_out)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    H5Fclose(new_file(path));
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_hdf5_open(path, &file, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    ck_assert(file == NULL);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(rows_are_counted_without_wrapping_around)
{
    struct elbow_hdf5_info info = {.rank = 3, .shape = {4, 5, 6}};
    struct elbow_error error = {0};
    ck_assert_uint_eq(elbow_hdf5_row_values(&info), 30);
    ck_assert_int_eq(elbow_hdf5_check_rows("x", &info, &error), ELBOW_OK);
    info = (struct elbow_hdf5_info){.rank = 0};
    ck_assert_uint_eq(elbow_hdf5_row_values(&info), 1);
    ck_assert_int_eq(elbow_hdf5_check_rows("x", &info, &error), ELBOW_OK);
    info = (struct elbow_hdf5_info){.rank = 2, .shape = {3, INT32_MAX}};
    ck_assert_int_eq(elbow_hdf5_check_rows("x", &info, &error), ELBOW_OK);
    info.shape[1] += 1;
    ck_assert_int_eq(elbow_hdf5_check_rows("x", &info, &error), ELBOW_FORMAT);
    check_message(&error, "x: a row has 2147483648 values", "at most 2147483647");
    info = (struct elbow_hdf5_info){.rank = 3, .shape = {3, 3, UINT64_C(0xaaaaaaaaaaaaaaab)}}; // 1 modulo 2^64
    ck_assert_uint_eq(elbow_hdf5_row_values(&info), UINT64_MAX);
    ck_assert_int_eq(elbow_hdf5_check_rows("x", &info, &error), ELBOW_FORMAT);
    check_message(&error, "more than 18446744073709551615 values", "at most");
    info = (struct elbow_hdf5_info){.rank = 4, .shape = {3, UINT64_MAX, UINT64_MAX, 0}};
    ck_assert_uint_eq(elbow_hdf5_row_values(&info), 0);
    info = (struct elbow_hdf5_info){.rank = 2, .shape = {UINT64_MAX, 2}};
    ck_assert_int_eq(elbow_hdf5_check_rows("x", &info, &error), ELBOW_FORMAT);
    check_message(&error, "x: has more values", "than any memory holds");
}
END_TEST

START_TEST(library_is_told)
{
    ck_assert(strncmp(elbow_hdf5_describe(), "HDF5 1.", 7) == 0);
}
END_TEST

UNIT_MAIN("data/hdf5", other_types_are_refused_by_name, missing_datasets_list_those_there, long_lists_are_cut,
          each_goes_by_name, files_that_are_none, truncated_and_damaged_files, files_that_change_while_they_are_read,
          memory_that_runs_out, rows_are_counted_without_wrapping_around, library_is_told)
