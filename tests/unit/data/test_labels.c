// SPDX-License-Identifier: BSD-3-Clause
// Labels of one rank: names, and several blocks of them. tests/system/labels.sh has every form.
#include "elbow/data/detail/label_source.h"

#include "elbow/base/memory.h"

#include "hdf5_files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MANY = 300000 };

START_TEST(lists_of_names)
{
    struct elbow_label_list list = {0};
    struct elbow_error error = {0};
    static const char *const NAMES[] = {"m", "b", "m", "z", "a", "b"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; ++i)
        ck_assert(elbow_label_list_put(&list, NAMES[i], &error) == ELBOW_OK);
    ck_assert_uint_eq(list.count, 4);
    for (size_t i = 1; i < list.count; ++i)
        ck_assert_int_lt(strcmp(list.entries[i - 1].name, list.entries[i].name), 0);
    ck_assert_uint_eq(elbow_label_list_find(&list, "m"), 2);
    ck_assert_uint_eq(elbow_label_list_find(&list, "c"), SIZE_MAX);
    ck_assert_uint_eq(elbow_label_list_find(&list, ""), SIZE_MAX);
    elbow_label_list_clear(&list);
    ck_assert_uint_eq(elbow_label_list_find(&list, "m"), SIZE_MAX);
    elbow_label_list_clear(&list);
}
END_TEST

START_TEST(names_by_label)
{
    struct elbow_label_list list = {0};
    struct elbow_label_names names;
    struct elbow_error error = {0};
    size_t bytes;
    static const struct {
        int64_t label;
        const char *name;
    } ENTRIES[] = {{7, "seven"}, {-3, "minus three"}, {7, "another"}, {-1, "x"}, {0, "K\xc3\xbc"}};
    for (size_t i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; ++i)
        ck_assert(elbow_label_list_add(&list, ENTRIES[i].label, ENTRIES[i].name, &error) == ELBOW_OK);
    elbow_label_list_sort(&list);
    ck_assert_uint_eq(list.count, 4);
    ck_assert(elbow_label_list_pack(&list, &names, &bytes, &error) == ELBOW_OK);
    elbow_label_list_clear(&list);
    ck_assert_uint_eq(bytes, 12 + 2 + 4 + 6);
    ck_assert_str_eq(elbow_label_name(&names, 7), "seven");
    ck_assert_str_eq(elbow_label_name(&names, -3), "minus three");
    ck_assert_str_eq(elbow_label_name(&names, 0), "K\xc3\xbc");
    ck_assert_ptr_null(elbow_label_name(&names, ELBOW_LABEL_UNKNOWN));
    ck_assert_ptr_null(elbow_label_name(&names, 1));
    elbow_label_names_clear(&names);
    ck_assert_ptr_null(elbow_label_name(&names, 7));
}
END_TEST

// Labels of a source, in blocks of an odd size.
static void read_in_blocks(struct elbow_label_source *source, int64_t *labels)
{
    struct elbow_error error = {0};
    for (uint64_t first = 0; first < source->count; first += 70001) {
        uint64_t left = source->count - first, count = left < 70001 ? left : 70001;
        ck_assert_msg(elbow_label_source_collect(source, first, count, &error) == ELBOW_OK, "%s", error.message);
    }
    for (uint64_t first = 0; first < source->count; first += 70001) {
        uint64_t left = source->count - first, count = left < 70001 ? left : 70001;
        ck_assert_msg(elbow_label_source_read(source, first, count, labels + first, &error) == ELBOW_OK, "%s",
                      error.message);
    }
}

static void check_many(const char *path, const char *name, int unknown)
{
    static int64_t labels[MANY];
    struct elbow_label_source source;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_label_source_open(path, name, &source, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_uint_eq(source.count, MANY);
    read_in_blocks(&source, labels);
    for (int i = 0; i < MANY; ++i)
        ck_assert_msg(labels[i] == (i % 5 == unknown ? ELBOW_LABEL_UNKNOWN : i % 5), "%s: %d: %lld", name, i,
                      (long long)labels[i]);
    elbow_label_source_close(&source);
}

START_TEST(many_labels_of_all_shapes)
{
    static char texts[MANY];
    static double numbers[MANY];
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    for (int i = 0; i < MANY; ++i) {
        texts[i] = "01234"[i % 5];
        numbers[i] = i % 5 == 4 ? NAN : i % 5;
    }
    hid_t id = new_file(path), one = H5Tcopy(H5T_C_S1);
    H5Tset_strpad(one, H5T_STR_NULLPAD);
    put(id, "texts", one, one, 1, (const hsize_t[]){MANY}, H5P_DEFAULT, texts);
    put(id, "row", one, one, 2, (const hsize_t[]){1, MANY}, H5P_DEFAULT, texts);
    put(id, "numbers", H5T_IEEE_F32BE, H5T_NATIVE_DOUBLE, 3, (const hsize_t[]){1, 1, MANY}, H5P_DEFAULT, numbers);
    H5Tclose(one);
    H5Fclose(id);
    check_many(path, "/texts", -1);
    check_many(path, "/row", -1);
    check_many(path, "/numbers", 4);
    uint64_t count;
    struct elbow_error error = {0};
    ck_assert(elbow_labels_count(path, "/row", &count, &error) == ELBOW_OK && count == MANY);
    ck_assert_int_eq(elbow_labels_count(path, "/none", &count, &error), ELBOW_FORMAT);
    elbow_labels_preview(path, "/row");
    elbow_labels_preview(path, "/none");
    ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    scratch_clear(&scratch);
}
END_TEST

// Opens, collects and reads; returns the first error.
static enum elbow_status read_all(const char *path, const char *name, struct elbow_error *error)
{
    struct elbow_label_source source;
    struct elbow_label_names names = {0};
    int64_t labels[4];
    size_t bytes;
    enum elbow_status status = elbow_label_source_open(path, name, &source, error);
    if (status == ELBOW_OK)
        status = elbow_label_source_collect(&source, 0, source.count, error);
    if (status == ELBOW_OK)
        status = elbow_label_list_pack(&source.names, &names, &bytes, error);
    if (status == ELBOW_OK)
        status = elbow_label_source_read(&source, 0, source.count, labels, error);
    elbow_label_names_clear(&names);
    elbow_label_source_close(&source);
    return status;
}

START_TEST(without_memory_nothing_is_kept)
{
    static const char *const WORDS[] = {"b", "a", "", "b"};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), varying = H5Tcopy(H5T_C_S1);
    H5Tset_size(varying, H5T_VARIABLE);
    H5Gclose(H5Gcreate2(id, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "texts", varying, varying, 1, (const hsize_t[]){4}, H5P_DEFAULT, WORDS);
    put(id, "row", varying, varying, 2, (const hsize_t[]){1, 4}, H5P_DEFAULT, WORDS);
    put(id, "group/categories", varying, varying, 1, (const hsize_t[]){4}, H5P_DEFAULT, WORDS);
    put(id, "group/codes", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){4}, H5P_DEFAULT,
        (const int8_t[]){2, 0, -1, 3});
    put(id, "group/values", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, 1, (const hsize_t[]){4}, H5P_DEFAULT,
        (const float[]){2, 0, -1, 3});
    put(id, "group/mask", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){4}, H5P_DEFAULT,
        (const int8_t[]){0, 0, 1, 0});
    H5Tclose(varying);
    H5Fclose(id);
    static const char *const NAMES[] = {"/texts", "/row", "/group", "/group/codes", "/group/values"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; ++i) {
        size_t blocks = elbow_memory_count().blocks;
        enum elbow_status status = ELBOW_MEMORY;
        for (uint64_t n = 1; status != ELBOW_OK; ++n) {
            struct elbow_error error = {0};
            elbow_memory_fail_at(n);
            status = read_all(path, NAMES[i], &error);
            elbow_memory_fail_at(0);
            ck_assert_msg(status == ELBOW_OK || status == ELBOW_MEMORY, "%s: %s", NAMES[i], error.message);
            ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
            ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
        }
    }
    scratch_clear(&scratch);
}
END_TEST

// The category of the empty text is unknown, and so are masked ones; others keep their numbers.
START_TEST(unknown_labels)
{
    static const char *const WORDS[] = {"b", "", "a"};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), varying = H5Tcopy(H5T_C_S1);
    H5Tset_size(varying, H5T_VARIABLE);
    H5Gclose(H5Gcreate2(id, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "group/categories", varying, varying, 1, (const hsize_t[]){3}, H5P_DEFAULT, WORDS);
    put(id, "group/codes", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){4}, H5P_DEFAULT,
        (const int8_t[]){2, 1, -1, 0});
    H5Tclose(varying);
    H5Fclose(id);
    struct elbow_label_source source;
    struct elbow_error error = {0};
    int64_t labels[4];
    ck_assert(elbow_label_source_open(path, "/group", &source, &error) == ELBOW_OK);
    ck_assert_msg(elbow_label_source_read(&source, 0, 4, labels, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_mem_eq(labels, ((int64_t[]){2, ELBOW_LABEL_UNKNOWN, ELBOW_LABEL_UNKNOWN, 0}), sizeof labels);
    ck_assert_uint_eq(source.names.count, 2);
    elbow_label_source_close(&source);
    scratch_clear(&scratch);
}
END_TEST

static void put_attribute(hid_t id, const char *name, const char *attribute, hid_t type, hid_t memory, hsize_t count,
                          const void *values)
{
    hid_t dataset = H5Dopen2(id, name, H5P_DEFAULT), space = H5Screate_simple(1, &count, NULL);
    hid_t made = H5Acreate2(dataset, attribute, type, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Awrite(made, memory, values) >= 0);
    H5Aclose(made);
    H5Sclose(space);
    H5Dclose(dataset);
}

// Ambiguous labels: scaling, flags that do not fit together, bytes of another character set.
START_TEST(what_is_not_used_is_told)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), text = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 8);
    for (int i = 0; i < 3; ++i)
        put(id, (const char *[]){"scaled", "flags", "good"}[i], H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){3},
            H5P_DEFAULT, (const int8_t[]){0, 1, 2});
    put(id, "latin", text, text, 1, (const hsize_t[]){3}, H5P_DEFAULT,
        "M\xfcller\0 x\0      Stra\xdf"
        "e\0 ");
    put_attribute(id, "scaled", "scale_factor", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (const double[]){2});
    put_attribute(id, "good", "scale_factor", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (const double[]){1});
    put_attribute(id, "flags", "flag_values", H5T_STD_I8LE, H5T_NATIVE_INT8, 2, (const int8_t[]){0, 1});
    hid_t flags = H5Dopen2(id, "flags", H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    hid_t meanings = H5Acreate2(flags, "flag_meanings", text, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Awrite(meanings, text, "a b c\0\0") >= 0);
    H5Aclose(meanings);
    H5Sclose(space);
    H5Dclose(flags);
    H5Tclose(text);
    H5Fclose(id);
    static const char *const CASES[][2] = {
        {"/good", ""},
        {"/scaled", "attributes of scaling (scale_factor 2), which are not used"},
        {"/flags", "gets no names: flag_meanings has 3 words, and flag_values 2 values"},
        {"/latin", "is not valid UTF-8, and is shown with ?"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        struct elbow_label_source source;
        struct elbow_error error = {0};
        ck_assert_int_eq(elbow_label_source_open(path, CASES[i][0], &source, &error), ELBOW_OK);
        ck_assert_int_eq(elbow_label_source_collect(&source, 0, 3, &error), ELBOW_OK);
        ck_assert_msg(strstr(source.doubt, CASES[i][1]) != NULL && (source.doubt[0] == '\0') == (i == 0), "%s: %s",
                      CASES[i][0], source.doubt);
        elbow_label_source_close(&source);
    }
    scratch_clear(&scratch);
}
END_TEST

// Of very many categories, the last one empty: each code is found among the names without a search of all of them.
START_TEST(codes_of_many_categories)
{
    enum { CATEGORIES = ELBOW_LABEL_NAMES_MAX, SIZE = 6 };
    static char texts[CATEGORIES * SIZE];
    static int32_t codes[MANY];
    static int64_t labels[MANY];
    for (int i = 0; i < CATEGORIES; ++i) {
        char text[16];
        snprintf(text, sizeof text, "%06d", i);
        memcpy(texts + i * SIZE, text, SIZE);
    }
    memset(texts + (CATEGORIES - 1) * SIZE, 0, SIZE);
    for (int i = 0; i < MANY; ++i)
        codes[i] = CATEGORIES - 1 - i % CATEGORIES;
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, SIZE);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Gclose(H5Gcreate2(id, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "g/categories", type, type, 1, (const hsize_t[]){CATEGORIES}, H5P_DEFAULT, texts);
    put(id, "g/codes", H5T_STD_I32LE, H5T_NATIVE_INT32, 1, (const hsize_t[]){MANY}, H5P_DEFAULT, codes);
    H5Tclose(type);
    H5Fclose(id);
    struct elbow_label_source source;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_label_source_open(path, "/g", &source, &error) == ELBOW_OK, "%s", error.message);
    read_in_blocks(&source, labels);
    for (int i = 0; i < MANY; ++i)
        ck_assert_int_eq(labels[i], codes[i] == CATEGORIES - 1 ? ELBOW_LABEL_UNKNOWN : codes[i]);
    elbow_label_source_close(&source);
    scratch_clear(&scratch);
}
END_TEST

// A dataset of bytes that is never written.
static void put_unwritten(hid_t file, const char *name, hsize_t length)
{
    hid_t space = H5Screate_simple(1, &length, NULL);
    hid_t dataset = H5Dcreate2(file, name, H5T_STD_I8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(dataset >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

// Missing chunks would be read as zeros: categories that are all called 0, a mask that hides nothing.
START_TEST(what_stands_beside_labels_must_be_written)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path);
    H5Gclose(H5Gcreate2(id, "h", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Gclose(H5Gcreate2(id, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "h/codes", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){2}, H5P_DEFAULT, (const int8_t[]){0, 1});
    put(id, "g/values", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){2}, H5P_DEFAULT, (const int8_t[]){0, 1});
    put_unwritten(id, "h/categories", 2);
    put_unwritten(id, "g/mask", 2);
    H5Fclose(id);
    static const char *const CASES[][2] = {{"/h", "/h/categories"}, {"/h/codes", "/h/categories"}, {"/g", "/g/mask"}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        struct elbow_label_source source;
        struct elbow_error error = {0};
        ck_assert_int_eq(elbow_label_source_open(path, CASES[i][0], &source, &error), ELBOW_DATA);
        check_message(&error, CASES[i][1], "written");
        elbow_label_source_close(&source);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(numbers_that_differ_have_names_that_differ)
{
    static const double CATEGORIES[] = {0.12345678912, 0.12345678934, 1.5, 1e10, -0.1, NAN, 0.1 + 0.2, INFINITY};
    static const char *const NAMES[] = {"0.12345678912", "0.12345678934", "1.5", "1e+10", "-0.1", "nan", NULL, "inf"};
    enum { COUNT = sizeof CATEGORIES / sizeof *CATEGORIES };
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path);
    H5Gclose(H5Gcreate2(id, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    put(id, "g/codes", H5T_STD_I8LE, H5T_NATIVE_INT8, 1, (const hsize_t[]){2}, H5P_DEFAULT, (const int8_t[]){0, 1});
    put(id, "g/categories", H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, 1, (const hsize_t[]){COUNT}, H5P_DEFAULT, CATEGORIES);
    H5Fclose(id);
    struct elbow_label_source source;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_label_source_open(path, "/g", &source, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_uint_eq(source.names.count, COUNT);
    for (size_t i = 0; i < COUNT; ++i)
        if (NAMES[i] != NULL)
            ck_assert_str_eq(source.names.entries[i].name, NAMES[i]);
        else
            ck_assert(strtod(source.names.entries[i].name, NULL) == CATEGORIES[i]);
    elbow_label_source_close(&source);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(too_many_names_are_refused)
{
    enum { COUNT = ELBOW_LABEL_NAMES_MAX + 1, SIZE = 6 };
    static char texts[COUNT * SIZE];
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    for (int i = 0; i < COUNT; ++i) {
        char text[16];
        snprintf(text, sizeof text, "%06d", i);
        memcpy(texts + i * SIZE, text, SIZE);
    }
    hid_t id = new_file(path), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, SIZE);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    put(id, "names", type, type, 1, (const hsize_t[]){COUNT}, H5P_DEFAULT, texts);
    H5Tclose(type);
    H5Fclose(id);
    struct elbow_label_source source;
    struct elbow_error error = {0};
    ck_assert(elbow_label_source_open(path, "/names", &source, &error) == ELBOW_OK);
    ck_assert(elbow_label_source_collect(&source, 0, COUNT - 1, &error) == ELBOW_OK);
    ck_assert_int_eq(elbow_label_source_collect(&source, COUNT - 1, 1, &error), ELBOW_FORMAT);
    check_message(&error, "/names", "more than 65536 different names");
    elbow_label_source_close(&source);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/labels", lists_of_names, names_by_label, many_labels_of_all_shapes, without_memory_nothing_is_kept,
          unknown_labels, what_is_not_used_is_told, codes_of_many_categories, what_stands_beside_labels_must_be_written,
          numbers_that_differ_have_names_that_differ, too_many_names_are_refused)
