// SPDX-License-Identifier: BSD-3-Clause
// Groups that form one unit, and many similar members: one line each.
#include "hdf5_files.h"

#include <stdio.h>
#include <string.h>

struct told {
    char text[4096];
};

static bool tell(void *user, const struct elbow_hdf5_entry *entry)
{
    struct told *told = user;
    size_t length = strlen(told->text);
    snprintf(told->text + length, sizeof told->text - length, "%s %s\n", entry->name,
             entry->info == NULL ? entry->what : "numbers");
    return true;
}

static void put_text(hid_t object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(text));
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Awrite(attribute, type, text);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
}

// Groups that form one unit are one line.
START_TEST(groups_that_stand_for_one_thing)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    static const float numbers[12];
    hid_t id = new_file(path), table = H5Tcreate(H5T_COMPOUND, 8);
    hid_t sparse = H5Gcreate2(id, "X", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_text(sparse, "encoding-type", "csr_matrix");
    put(sparse, "data", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (const hsize_t[]){12}, H5P_DEFAULT, numbers);
    hid_t many = H5Gcreate2(id, "images", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    char name[16];
    for (int i = 0; i < 50; ++i) {
        snprintf(name, sizeof name, "%d", i);
        put(many, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){3, 4}, H5P_DEFAULT, numbers);
    }
    H5Tinsert(table, "a", 0, H5T_IEEE_F32LE);
    H5Tinsert(table, "b", 4, H5T_IEEE_F32LE);
    put(id, "table", table, table, 1, (const hsize_t[]){3}, H5P_DEFAULT, NULL);
    H5Tclose(table);
    H5Gclose(sparse);
    H5Gclose(many);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct told told = {""};
    ck_assert_int_eq(elbow_hdf5_each(file, tell, &told, NULL), ELBOW_OK);
    ck_assert_str_eq(
        told.text,
        "/X is a sparse matrix (CSR), which can only be used as rows of data; for other uses store it dense, for "
        "example with toarray() of scipy.sparse\n"
        "/images holds 50 objects (0, ...) that look like similar datasets of float32 (3 x 4), one per sample "
        "or column: join them into one dataset (samples, values, ...), for example with h5py and numpy.stack, in "
        "the order of their numbers (h5py lists 10 before 2)\n"
        "/table holds compound values (a, b), a table: write its numbers as one dataset (samples, "
        "columns)\n");
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/X", &info, &error), ELBOW_FORMAT);
    check_message(&error, "t.h5: dataset /X is a sparse matrix (CSR)", "store it dense");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

// A group for each sample, of 1 to 3 rows, with a label.
static void put_samples(hid_t holder, const char *name_of, int count)
{
    static const float numbers[12];
    char name[32];
    for (int i = 0; i < count; ++i) {
        snprintf(name, sizeof name, "%s%d", name_of, i);
        hid_t sample = H5Gcreate2(holder, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        hid_t frames = H5Gcreate2(sample, "frames", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        put(sample, "obs", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){1 + (hsize_t)i % 3, 4}, H5P_DEFAULT,
            numbers);
        put(sample, "label", H5T_STD_U8LE, H5T_NATIVE_UINT8, 0, NULL, H5P_DEFAULT, NULL);
        for (int k = 0; k <= i % 3; ++k) {
            snprintf(name, sizeof name, "%d", k);
            put(frames, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (const hsize_t[]){2}, H5P_DEFAULT, numbers);
        }
        H5Gclose(frames);
        H5Gclose(sample);
    }
}

// Images and series at the root, beside their labels, and groups of any names below it.
static void put_beside(hid_t id)
{
    static const float numbers[12];
    hid_t deep = H5Gcreate2(id, "deep", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    char name[32];
    for (int i = 0; i < 30; ++i) {
        snprintf(name, sizeof name, "img%d", i);
        put(id, name, H5T_STD_U8LE, H5T_NATIVE_UINT8, 2, (const hsize_t[]){3, 4}, H5P_DEFAULT, NULL);
        snprintf(name, sizeof name, "w%d", i);
        put(id, name, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 2, (const hsize_t[]){1 + (hsize_t)i % 3, 2}, H5P_DEFAULT,
            numbers);
        snprintf(name, sizeof name, "%c%c", 'a' + i % 26, 'a' + i / 26);
        hid_t named = H5Gcreate2(deep, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        put(named, "x", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (const hsize_t[]){2}, H5P_DEFAULT, numbers);
        H5Gclose(named);
    }
    put(deep, "extra", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (const hsize_t[]){2}, H5P_DEFAULT, numbers);
    put(id, "labels", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (const hsize_t[]){30}, H5P_DEFAULT, NULL);
    H5Gclose(deep);
}

// One dataset or group per sample, at any depth, beside others: one line, also in the error of a training on it.
START_TEST(a_dataset_a_sample)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path);
    put_beside(id);
    hid_t samples = H5Gcreate2(id, "s", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    put_samples(samples, "demo_", 25);
    H5Lcreate_hard(id, "/", samples, "up", H5P_DEFAULT, H5P_DEFAULT); // a circle
    H5Gclose(samples);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct told told = {""};
    ck_assert_int_eq(elbow_hdf5_each(file, tell, &told, NULL), ELBOW_OK);
    static const char *const LINES[] = {
        "/ holds 30 objects (img0, ...) that look like similar datasets of uint8 (3 x 4), one per sample or column: "
        "join",
        "/ holds 30 objects (w0, ...) that look like datasets of float32 of different shapes (1 x 2 and others), one "
        "per "
        "sample: cut or pad",
        "/deep holds 31 groups (aa, ...) that look alike, one per sample, each with x (float32, 2): join each",
        "/deep/extra ",
        "/labels ",
        "/s holds 25 groups (demo_0, ...) that look alike, one per sample, each with frames/# (float32, 2), label "
        "(uint8, single values), obs (float32, 1 x 4 and other shapes): join each of them"};
    const char *at = told.text;
    for (size_t i = 0; i < sizeof LINES / sizeof *LINES; ++i) {
        ck_assert_msg(strncmp(at, LINES[i], strlen(LINES[i])) == 0, "no %s at: %s", LINES[i], at);
        at = strchr(at, '\n') + 1;
    }
    ck_assert_str_eq(at, "");
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/s", &info, &error), ELBOW_FORMAT);
    check_message(&error, "t.h5: dataset /s holds 25 groups (demo_0, ...)", "numpy.stack");
    ck_assert_int_eq(elbow_hdf5_describe_dataset(file, "/s/demo_1", &info, &error), ELBOW_FORMAT);
    check_message(&error, "/s/demo_1 is a group (the file has: /deep/extra, /labels; / holds 30 objects", "img0");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5 crowd", groups_that_stand_for_one_thing, a_dataset_a_sample)
