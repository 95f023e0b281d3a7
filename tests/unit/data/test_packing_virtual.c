// SPDX-License-Identifier: BSD-3-Clause
// Attributes of the sources of virtual datasets.
#include "hdf5_files.h"

#include "elbow/data/packing.h"

#include <stdio.h>

// A file with /x of two rows of int16, with a scale_factor unless that is 0.
static void write_source(const char *path, double factor)
{
    const int16_t values[2][2] = {{1, 2}, {3, 4}};
    hid_t id = new_file(path);
    put(id, "x", H5T_STD_I16LE, H5T_NATIVE_INT16, 2, (const hsize_t[]){2, 2}, H5P_DEFAULT, values);
    H5Fclose(id);
    if (factor == 0)
        return;
    id = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t one = H5Screate(H5S_SCALAR), object = H5Dopen2(id, "x", H5P_DEFAULT);
    hid_t attribute = H5Acreate2(object, "scale_factor", H5T_IEEE_F64LE, one, H5P_DEFAULT, H5P_DEFAULT);
    ck_assert(H5Awrite(attribute, H5T_NATIVE_DOUBLE, &factor) >= 0);
    H5Aclose(attribute);
    H5Dclose(object);
    H5Sclose(one);
    H5Fclose(id);
}

// A virtual /x of the rows of `count` sources, of that type.
static void write_view(const char *path, size_t count, const char *const *sources, hsize_t rows, hid_t type)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hid_t from = H5Screate_simple(2, (const hsize_t[]){rows, 2}, NULL);
    for (size_t i = 0; i < count; ++i) {
        hid_t to = H5Screate_simple(2, (const hsize_t[]){count * rows, 2}, NULL);
        H5Sselect_hyperslab(to, H5S_SELECT_SET, (const hsize_t[]){i * rows, 0}, NULL, (const hsize_t[]){rows, 2}, NULL);
        ck_assert(H5Pset_virtual(creation, to, sources[i], "x", from) >= 0);
        H5Sclose(to);
    }
    hid_t id = new_file(path);
    put(id, "x", type, H5T_NATIVE_INT16, 2, (const hsize_t[]){count * rows, 2}, creation, NULL);
    H5Sclose(from);
    H5Pclose(creation);
    H5Fclose(id);
}

static enum elbow_status read_view(const char *path, enum elbow_element element, struct elbow_packing *packing,
                                   struct elbow_error *error)
{
    struct elbow_hdf5 *file = open_good(path);
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_packing_read(file, "/x", element, packing, error);
    close_good(file);
    return status;
}

// HDF5 passes the values of sources on, and none of their attributes.
START_TEST(sources_of_a_virtual_dataset)
{
    struct scratch scratch = scratch_make();
    struct elbow_packing packing;
    struct elbow_error error;
    char path[256], outer[256];
    snprintf(path, sizeof path, "%s", scratch_path(&scratch, "v.h5"));
    snprintf(outer, sizeof outer, "%s", scratch_path(&scratch, "w.h5"));
    write_source(scratch_path(&scratch, "a.h5"), 0.5);
    write_source(scratch_path(&scratch, "b.h5"), 0.5);
    write_source(scratch_path(&scratch, "c.h5"), 0.25);
    write_source(scratch_path(&scratch, "d.h5"), 0);
    write_view(path, 2, (const char *const[]){"a.h5", "b.h5"}, 2, H5T_STD_I16LE);
    ck_assert_int_eq(read_view(path, ELBOW_ELEMENT_INT16, &packing, &error), ELBOW_OK);
    ck_assert(packing.factor.name != NULL && packing.factor.value == 0.5);
    write_view(outer, 1, (const char *const[]){"v.h5"}, 4, H5T_STD_I16LE); // of a virtual one
    ck_assert_int_eq(read_view(outer, ELBOW_ELEMENT_INT16, &packing, &error), ELBOW_OK);
    ck_assert(packing.factor.value == 0.5);
    static const char *const others[] = {"c.h5", "d.h5"};
    for (size_t i = 0; i < sizeof others / sizeof *others; ++i) {
        write_view(path, 2, (const char *const[]){"a.h5", others[i]}, 2, H5T_STD_I16LE);
        ck_assert_int_eq(read_view(path, ELBOW_ELEMENT_INT16, &packing, &error), ELBOW_MISMATCH);
        check_message(&error, "virtual dataset /x: ", others[i]);
        check_message(&error, "scale_factor 0.5", "store all alike");
    }
    write_view(path, 2, (const char *const[]){"a.h5", "b.h5"}, 2, H5T_IEEE_F32LE);
    ck_assert_int_eq(read_view(path, ELBOW_ELEMENT_FLOAT32, &packing, &error), ELBOW_MISMATCH);
    check_message(&error, "say scale_factor 0.5 of int16 values", "create it with the type of its sources");
    write_view(path, 2, (const char *const[]){"d.h5", "gone.h5"}, 2, H5T_STD_I16LE); // its storage reports that
    ck_assert_int_eq(read_view(path, ELBOW_ELEMENT_INT16, &packing, &error), ELBOW_OK);
    ck_assert(packing.factor.name == NULL && packing.said[0] == 0);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("data/packing virtual", sources_of_a_virtual_dataset)
