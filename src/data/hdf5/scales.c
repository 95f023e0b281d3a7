// SPDX-License-Identifier: BSD-3-Clause
// Dimension scales (HDF5 Dimension Scale Specification, 1.1), by which netCDF and xarray know the axes of a dataset:
// attributes, as the library's own H5DS writes them.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <string.h>

// An entry of a scale's REFERENCE_LIST.
struct user {
    hobj_ref_t dataset;
    int axis;
};

// Creates an attribute of an object, and writes it. Takes the type.
static bool put(struct elbow_hdf5 *file, const char *object, const char *name, hid_t type, hsize_t count,
                const void *values)
{
    hid_t id = elbow_hdf5_open_object(file, object);
    hid_t space = count == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, NULL);
    hid_t attribute = H5I_INVALID_HID;
    if (id >= 0 && space >= 0 && type >= 0)
        attribute = H5Acreate2(id, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool is_put = attribute >= 0 && H5Awrite(attribute, type, values) >= 0;
    is_put = attribute >= 0 && H5Aclose(attribute) >= 0 && is_put;
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    if (id >= 0)
        H5Oclose(id);
    return is_put;
}

// With a zero at its end, which H5DS looks for.
static bool put_text(struct elbow_hdf5 *file, const char *object, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    if (type >= 0)
        H5Tset_size(type, strlen(text) + 1);
    return put(file, object, name, type, 0, text);
}

static bool refer(struct elbow_hdf5 *file, const char *name, hobj_ref_t *reference)
{
    return H5Rcreate(reference, file->id, name, H5R_OBJECT, -1) >= 0;
}

// Which scale belongs to each axis of a dataset.
static bool put_axes(struct elbow_hdf5 *file, const struct elbow_hdf5_axes *axes)
{
    hobj_ref_t references[ELBOW_HDF5_RANK_MAX];
    hvl_t lists[ELBOW_HDF5_RANK_MAX];
    for (int i = 0; i < axes->rank; ++i) {
        lists[i] = (hvl_t){.len = 1, .p = &references[i]};
        if (!refer(file, axes->scales[i], &references[i]))
            return false;
    }
    return put(file, axes->dataset, "DIMENSION_LIST", H5Tvlen_create(H5T_STD_REF_OBJ), (hsize_t)axes->rank, lists);
}

// Which axes of which datasets a scale belongs to.
static bool put_users(struct elbow_hdf5 *file, const char *scale, const struct elbow_hdf5_axes *axes, size_t count,
                      struct user *users)
{
    size_t used = 0;
    bool is_put = true;
    for (size_t k = 0; k < count; ++k)
        for (int i = 0; i < axes[k].rank; ++i)
            if (strcmp(axes[k].scales[i], scale) == 0) {
                is_put = is_put && refer(file, axes[k].dataset, &users[used].dataset);
                users[used++].axis = i;
            }
    hid_t type = H5Tcreate(H5T_COMPOUND, sizeof *users);
    if (type >= 0) {
        H5Tinsert(type, "dataset", HOFFSET(struct user, dataset), H5T_STD_REF_OBJ);
        H5Tinsert(type, "dimension", HOFFSET(struct user, axis), H5T_NATIVE_INT);
    }
    return put(file, scale, "REFERENCE_LIST", type, used, users) && is_put;
}

// Whether the axis is the first one that has its scale.
static bool is_first(const struct elbow_hdf5_axes *axes, size_t k, int axis)
{
    for (size_t before = 0; before <= k; ++before)
        for (int i = 0; i < (before < k ? axes[before].rank : axis); ++i)
            if (strcmp(axes[before].scales[i], axes[k].scales[axis]) == 0)
                return false;
    return true;
}

enum elbow_status elbow_hdf5_write_scales(struct elbow_hdf5 *file, const struct elbow_hdf5_axes *axes, size_t count,
                                          struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    struct user *users = NULL;
    ELBOW_CHECK(file != NULL && file->is_written);
    if (file->error.status == ELBOW_OK)
        elbow_allocate(&users, count * ELBOW_HDF5_RANK_MAX, sizeof *users, "dimension scales", &file->error);
    for (size_t k = 0; k < count && file->error.status == ELBOW_OK; ++k) {
        bool is_put = put_axes(file, &axes[k]);
        for (int i = 0; i < axes[k].rank && is_put; ++i) {
            const char *scale = axes[k].scales[i], *name = strrchr(scale, '/');
            if (is_first(axes, k, i))
                is_put = put_text(file, scale, "CLASS", "DIMENSION_SCALE") &&
                         put_text(file, scale, "NAME", name == NULL ? scale : name + 1) &&
                         put_users(file, scale, axes, count, users);
        }
        if (!is_put)
            elbow_hdf5_fail_write(file, "the axes of %s cannot be written", axes[k].dataset);
    }
    elbow_release(&users);
    return elbow_hdf5_first_error(file, error);
}
