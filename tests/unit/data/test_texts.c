// SPDX-License-Identifier: BSD-3-Clause
// Texts, enumerations and references of HDF5 files that the library itself wrote.
#include "elbow/data/detail/texts.h"

#include "hdf5_files.h"

#include <stdio.h>

static hid_t text_type(size_t size, H5T_str_t padding)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    ck_assert(H5Tset_size(type, size) >= 0 && (size == H5T_VARIABLE || H5Tset_strpad(type, padding) >= 0));
    return type;
}

struct joined {
    char text[256];
    uint64_t next;
};

static enum elbow_status join(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    struct joined *joined = user;
    ck_assert_uint_eq(place, joined->next++);
    if (strcmp(text, "stop") == 0)
        return elbow_error_set(error, ELBOW_DATA, "stopped");
    strcat(joined->text, text);
    strcat(joined->text, "|");
    return ELBOW_OK;
}

static const char *joined_rows(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count)
{
    static struct joined joined;
    struct elbow_error error = {0};
    joined = (struct joined){.next = 0};
    ck_assert_msg(elbow_hdf5_read_texts(file, name, first, count, join, &joined, &error) == ELBOW_OK, "%s",
                  error.message);
    return joined.text;
}

START_TEST(texts_of_every_kind)
{
    static const char *const WORDS[] = {"one", "K\xc3\xbcste", "", "four"};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), varying = text_type(H5T_VARIABLE, H5T_STR_NULLTERM);
    hid_t padded = text_type(6, H5T_STR_NULLPAD), blank = text_type(6, H5T_STR_SPACEPAD);
    put(id, "varying", varying, varying, 1, (const hsize_t[]){4}, H5P_DEFAULT, WORDS);
    put(id, "row", varying, varying, 2, (const hsize_t[]){1, 4}, H5P_DEFAULT, WORDS);
    put(id, "unwritten", varying, varying, 1, (const hsize_t[]){2}, H5P_DEFAULT, NULL);
    put(id, "padded", padded, padded, 2, (const hsize_t[]){4, 1}, H5P_DEFAULT,
        "one\0\0\0K\xc3\xbcste\0\0\0\0\0\0four\0\0");
    put(id, "blank", blank, blank, 1, (const hsize_t[]){4}, H5P_DEFAULT, "one   K\xc3\xbcste      four  ");
    put(id, "numbers", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (const hsize_t[]){4}, H5P_DEFAULT, NULL);
    hid_t chunks = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(chunks, 1, (const hsize_t[]){3});
    H5Pset_deflate(chunks, 1);
    put(id, "packed", varying, varying, 1, (const hsize_t[]){4}, chunks, WORDS);
    H5Pclose(chunks);
    H5Tclose(varying);
    H5Tclose(padded);
    H5Tclose(blank);
    H5Gclose(H5Gcreate2(id, "group", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    for (const char *const *name = (const char *const[]){"varying", "padded", "blank", "packed", NULL}; *name != NULL;
         ++name) {
        ck_assert_str_eq(joined_rows(file, *name, 0, 4), "one|K\xc3\xbcste||four|");
        ck_assert_str_eq(joined_rows(file, *name, 1, 2), "K\xc3\xbcste||");
        ck_assert_str_eq(joined_rows(file, *name, 2, 0), "");
    }
    ck_assert_str_eq(joined_rows(file, "/row", 0, 1), "one|K\xc3\xbcste||four|");
    ck_assert_str_eq(joined_rows(file, "/unwritten", 0, 2), "||");
    struct elbow_hdf5_info info;
    struct elbow_error error = {0};
    ck_assert(elbow_hdf5_describe_texts(file, "/row", &info, &error) == ELBOW_OK);
    ck_assert(info.rank == 2 && info.shape[0] == 1 && info.shape[1] == 4);
    ck_assert_int_eq(elbow_hdf5_describe_texts(file, "/numbers", &info, &error), ELBOW_FORMAT);
    check_message(&error, "/numbers", "is not a dataset of texts");
    ck_assert_int_eq(elbow_hdf5_kind_of(file, "/row"), ELBOW_HDF5_TEXTS);
    ck_assert_int_eq(elbow_hdf5_kind_of(file, "/numbers"), ELBOW_HDF5_VALUES);
    ck_assert_int_eq(elbow_hdf5_kind_of(file, "/group"), ELBOW_HDF5_GROUP);
    ck_assert_int_eq(elbow_hdf5_kind_of(file, "/none"), ELBOW_HDF5_NOTHING);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(long_texts_and_a_stop)
{
    static char longest[ELBOW_HDF5_TEXT_MAX + 2];
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    memset(longest, 'x', ELBOW_HDF5_TEXT_MAX + 1);
    hid_t id = new_file(path), varying = text_type(H5T_VARIABLE, H5T_STR_NULLTERM);
    put(id, "long", varying, varying, 1, (const hsize_t[]){1}, H5P_DEFAULT, (const char *const[]){longest});
    put(id, "stop", varying, varying, 1, (const hsize_t[]){3}, H5P_DEFAULT, (const char *const[]){"a", "stop", "b"});
    H5Tclose(varying);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct joined joined = {.next = 0};
    struct elbow_error error = {0};
    ck_assert_int_eq(elbow_hdf5_read_texts(file, "/long", 0, 1, join, &joined, &error), ELBOW_FORMAT);
    check_message(&error, "/long", "a text of 1025 bytes, at most 1024");
    ck_assert_int_eq(elbow_hdf5_read_texts(file, "/stop", 0, 3, join, &joined, &error), ELBOW_DATA);
    ck_assert_str_eq(joined.text, "a|");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(texts_that_are_written_come_back)
{
    static const char *const WORDS[] = {"a", "", "K\xc3\xbcste"};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_hdf5 *file;
    struct elbow_error error = {0};
    ck_assert(elbow_hdf5_create(path, true, &file, &error) == ELBOW_OK);
    ck_assert_msg(elbow_hdf5_write_texts(file, "/names", WORDS, 3, &error) == ELBOW_OK, "%s", error.message);
    ck_assert_msg(elbow_hdf5_write_texts(file, "/empty", WORDS + 1, 1, &error) == ELBOW_OK, "%s", error.message);
    close_good(file);
    file = open_good(path);
    ck_assert_str_eq(joined_rows(file, "/names", 0, 3), "a||K\xc3\xbcste|");
    ck_assert_str_eq(joined_rows(file, "/empty", 0, 1), "|");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

static enum elbow_status join_member(void *user, int64_t value, const char *name, struct elbow_error *error)
{
    char member[64];
    (void)error;
    snprintf(member, sizeof member, "%s=%lld ", name, (long long)value);
    strcat(user, member);
    return ELBOW_OK;
}

START_TEST(members_and_references)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    hid_t id = new_file(path), kinds = H5Tenum_create(H5T_STD_I16BE);
    const struct {
        const char *name;
        unsigned char bytes[2];
    } MEMBERS[] = {{"low", {0xff, 0xf7}}, {"high", {1, 0x2c}}, {"zero", {0, 0}}};
    for (size_t i = 0; i < 3; ++i)
        ck_assert(H5Tenum_insert(kinds, MEMBERS[i].name, MEMBERS[i].bytes) >= 0);
    put(id, "kinds", kinds, kinds, 1, (const hsize_t[]){2}, H5P_DEFAULT, NULL);
    put(id, "plain", H5T_STD_U8LE, H5T_NATIVE_UINT8, 1, (const hsize_t[]){2}, H5P_DEFAULT, NULL);
    hobj_ref_t reference;
    hid_t plain = H5Dopen2(id, "plain", H5P_DEFAULT), space = H5Screate(H5S_SCALAR);
    ck_assert(H5Rcreate(&reference, id, "/kinds", H5R_OBJECT, -1) >= 0);
    hid_t attribute = H5Acreate2(plain, "categories", H5T_STD_REF_OBJ, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Awrite(attribute, H5T_STD_REF_OBJ, &reference) >= 0);
    H5Aclose(attribute);
    attribute = H5Acreate2(plain, "number", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Dclose(plain);
    H5Tclose(kinds);
    H5Fclose(id);
    struct elbow_hdf5 *file = open_good(path);
    struct elbow_error error = {0};
    char text[256] = "";
    elbow_path name;
    ck_assert(elbow_hdf5_each_member(file, "/kinds", join_member, text, &error) == ELBOW_OK);
    ck_assert_str_eq(text, "low=-9 high=300 zero=0 ");
    ck_assert(elbow_hdf5_each_member(file, "/plain", join_member, text, &error) == ELBOW_OK);
    ck_assert(elbow_hdf5_each_member(file, "/none", join_member, text, &error) == ELBOW_OK);
    ck_assert_str_eq(text, "low=-9 high=300 zero=0 ");
    ck_assert(elbow_hdf5_read_reference(file, "/plain", "categories", name));
    ck_assert_str_eq(name, "/kinds");
    ck_assert(!elbow_hdf5_read_reference(file, "/plain", "number", name));
    ck_assert(!elbow_hdf5_read_reference(file, "/plain", "none", name));
    ck_assert(!elbow_hdf5_read_reference(file, "/none", "categories", name));
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/texts", texts_of_every_kind, long_texts_and_a_stop, texts_that_are_written_come_back,
          members_and_references)
