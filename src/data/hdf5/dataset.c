// SPDX-License-Identifier: BSD-3-Clause
// Datasets of numbers: opening and describing them, and whether their rows may be read at all.
#include "elbow/data/detail/hdf5.h"

#include "elbow/config/config.h"

enum elbow_status elbow_hdf5_describe_opened(const struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                             struct elbow_hdf5_info *info, struct elbow_error *error)
{
    char what[ELBOW_HDF5_WHAT_SIZE];
    enum elbow_status status = elbow_hdf5_describe_id(*dataset, info, what, sizeof what);
    if (status == ELBOW_OK)
        return status;
    H5Dclose(*dataset);
    *dataset = H5I_INVALID_HID;
    return elbow_error_set(error, status, "%s: dataset %s %s", file->name, name, what);
}

enum elbow_status elbow_hdf5_open_dataset(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                          struct elbow_hdf5_info *info, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && name != NULL && info != NULL);
    bool found;
    *dataset = H5I_INVALID_HID;
    enum elbow_status status = elbow_hdf5_find(file, name, &found, error);
    if (status != ELBOW_OK || !found)
        return elbow_hdf5_fail_missing(file, name, status, error);
    *dataset = elbow_hdf5_open_object(file, name);
    if (*dataset >= 0 && H5Iget_type(*dataset) == H5I_DATASET)
        *dataset = elbow_hdf5_open_beside(file, *dataset, name);
    if (*dataset < 0)
        return elbow_hdf5_fail_unreadable(file, name, error);
    if (H5Iget_type(*dataset) != H5I_DATASET) {
        H5Oclose(*dataset);
        *dataset = H5I_INVALID_HID;
        return elbow_hdf5_fail_group(file, name, error);
    }
    return elbow_hdf5_describe_opened(file, name, dataset, info, error);
}

enum elbow_status elbow_hdf5_describe_dataset(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                              struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    hid_t dataset;
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, &dataset, info, error);
    if (status == ELBOW_OK)
        H5Dclose(dataset);
    return status;
}

uint64_t elbow_hdf5_row_values(const struct elbow_hdf5_info *info)
{
    uint64_t values = 1;
    for (int i = 1; i < info->rank; ++i) {
        if (info->shape[i] == 0)
            return 0;
        if (values > UINT64_MAX / info->shape[i])
            values = UINT64_MAX;
        else
            values *= info->shape[i];
    }
    return values;
}

enum elbow_status elbow_hdf5_check_rows(const char *name, const struct elbow_hdf5_info *info, struct elbow_error *error)
{
    uint64_t values = elbow_hdf5_row_values(info), all;
    if (values > ELBOW_VALUES_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: a row has %s%llu values, at most %d are supported", name,
                               values == UINT64_MAX ? "more than " : "", (unsigned long long)values, ELBOW_VALUES_MAX);
    bool fits = info->rank < 1 || !__builtin_mul_overflow(values * sizeof(int64_t), info->shape[0], &all);
    if (fits && (info->rank < 1 || info->shape[0] >> 48 == 0))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s: has more values than any memory holds", name);
}
