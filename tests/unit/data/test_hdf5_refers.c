// SPDX-License-Identifier: BSD-3-Clause
// Datasets and labels with values in other files.
#include "hdf5_files.h"

#include <stdio.h>

static const hsize_t LENGTH[1] = {3};
static const int8_t CODES[3] = {0, 1, 0};

static void put_codes(hid_t parent, const char *name)
{
    put(parent, name, H5T_STD_I8LE, H5T_NATIVE_INT8, 1, LENGTH, H5P_DEFAULT, CODES);
}

static void put_texts(hid_t parent, const char *name)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, 2);
    put(parent, name, type, type, 1, LENGTH, H5P_DEFAULT, "a\0b\0c");
    H5Tclose(type);
}

static hid_t new_group(hid_t file, const char *name)
{
    return H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
}

static void link_to(hid_t parent, const char *target, const char *name)
{
    ck_assert(H5Lcreate_external("other.h5", target, parent, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

static void refer(hid_t file, const char *target, const char *name)
{
    hobj_ref_t reference;
    hid_t space = H5Screate(H5S_SCALAR), object = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert(H5Rcreate(&reference, file, target, H5R_OBJECT, -1) >= 0);
    hid_t attribute = H5Acreate2(object, "categories", H5T_STD_REF_OBJ, space, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Awrite(attribute, H5T_STD_REF_OBJ, &reference) >= 0);
    H5Aclose(attribute);
    H5Dclose(object);
    H5Sclose(space);
}

static void put_virtual(hid_t file, const char *name)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE), all = H5Screate_simple(1, LENGTH, NULL);
    H5Pset_virtual(creation, all, "other.h5", "codes", all);
    put(file, name, H5T_STD_I8LE, H5T_NATIVE_INT8, 1, LENGTH, creation, NULL);
    H5Sclose(all);
    H5Pclose(creation);
}

static void put_file(struct scratch *scratch)
{
    hid_t other = new_file(scratch_path(scratch, "other.h5"));
    put_codes(other, "codes");
    put_texts(other, "texts");
    hid_t group = new_group(other, "group");
    put_codes(group, "codes");
    put_texts(group, "categories");
    H5Gclose(group);
    H5Fclose(other);
    hid_t file = new_file(scratch_path(scratch, "t.h5"));
    put_codes(file, "codes");
    put_texts(file, "texts");
    link_to(file, "/texts", "linked");
    link_to(file, "/group", "group");
    put_virtual(file, "view");
    group = new_group(file, "own");
    put_codes(group, "codes");
    put_texts(group, "categories");
    H5Gclose(group);
    group = new_group(file, "mixed");
    put_codes(group, "codes");
    link_to(group, "/texts", "categories");
    H5Gclose(group);
    group = new_group(file, "masked");
    put_codes(group, "values");
    link_to(group, "/codes", "mask");
    H5Gclose(group);
    put_codes(file, "old");
    refer(file, "/texts", "/old");
    put_codes(file, "old_view");
    refer(file, "/view", "/old_view");
    H5Fclose(file);
}

START_TEST(labels_in_other_files)
{
    static const struct {
        const char *name;
        bool refers;
    } CASES[] = {{"/codes", false},  {"/texts", false}, {"/own", false},        {"/own/codes", false},
                 {"/old", false},    {"/linked", true}, {"/group", true},       {"/group/codes", true},
                 {"/view", true},    {"/mixed", true},  {"/mixed/codes", true}, {"/masked", true},
                 {"/old_view", true}};
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    put_file(&scratch);
    struct elbow_hdf5 *file = open_good(scratch_path(&scratch, "t.h5"));
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        bool refers = !CASES[i].refers;
        ck_assert_int_eq(elbow_hdf5_refers(file, CASES[i].name, &refers, &error), ELBOW_OK);
        ck_assert_msg(refers == CASES[i].refers, "%s", CASES[i].name);
    }
    bool refers = true;
    ck_assert_int_eq(elbow_hdf5_refers(file, "/none", &refers, &error), ELBOW_FORMAT);
    check_message(&error, "dataset /none not found", "/codes");
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/hdf5_refers", labels_in_other_files)
