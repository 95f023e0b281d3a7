// SPDX-License-Identifier: BSD-3-Clause
// What an HDF5 file holds, and the reading of rows. Numbers are read as they are stored, in the byte order of this
// machine; only what C has no type for is converted by HDF5.
#include "elbow/data/detail/hdf5.h"

#include "elbow/config/config.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 10, LIST_SIZE = 900 };

struct visit {
    bool (*each)(void *user, const char *name, const struct elbow_hdf5_info *info);
    void *user;
};

// Called for every link; those that lead to a dataset are told.
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    (void)link;
    const struct visit *visit = user;
    if (H5Oexists_by_name(group, name, H5P_DEFAULT) <= 0)
        return 0; // a soft link to nowhere
    hid_t object = H5Oopen(group, name, H5P_DEFAULT);
    if (object < 0)
        return -1;
    bool goes_on = true;
    if (H5Iget_type(object) == H5I_DATASET) {
        char full[ELBOW_PATH_SIZE + 1], what[64];
        struct elbow_hdf5_info info;
        elbow_text_format(full, sizeof full, "/%s", name);
        bool is_numeric = elbow_hdf5_describe_id(object, &info, what, sizeof what) == ELBOW_OK;
        goes_on = visit->each(visit->user, full, is_numeric ? &info : NULL);
    }
    H5Oclose(object);
    return goes_on ? 0 : 1;
}

enum elbow_status elbow_hdf5_each(struct elbow_hdf5 *file,
                                  bool (*each)(void *user, const char *name, const struct elbow_hdf5_info *info),
                                  void *user, struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && each != NULL);
    struct visit visit = {each, user};
    if (H5Lvisit(file->id, H5_INDEX_NAME, H5_ITER_INC, visit_link, &visit) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "its contents cannot be listed, the file may be damaged");
    return ELBOW_OK;
}

struct list {
    char text[LIST_SIZE];
    size_t length, count;
};

static bool list_one(void *user, const char *name, const struct elbow_hdf5_info *info)
{
    (void)info;
    struct list *list = user;
    bool is_full = list->count == LISTED || list->length + strlen(name) + 8 > sizeof list->text;
    int written = snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                           list->count == 0 ? "" : ", ", is_full ? "..." : name);
    list->length += (size_t)written;
    ++list->count;
    return !is_full;
}

// The sentence for a dataset that is not there: it lists those that are.
static enum elbow_status fail_missing(struct elbow_hdf5 *file, const char *name, const char *what,
                                      struct elbow_error *error)
{
    struct list list = {.length = 0};
    elbow_hdf5_each(file, list_one, &list, NULL);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s %s (the file has%s %s)", file->name, name, what,
                           list.count == 0 ? "" : ":", list.count == 0 ? "no datasets" : list.text);
}

static enum elbow_status open_dataset(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                      struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && name != NULL);
    bool found;
    *dataset = H5I_INVALID_HID;
    enum elbow_status status = elbow_hdf5_find(file, name, &found, error);
    if (status != ELBOW_OK)
        return status;
    if (!found)
        return fail_missing(file, name, "not found", error);
    *dataset = elbow_hdf5_open_object(file, name);
    if (*dataset < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "dataset %s cannot be opened", name);
    if (H5Iget_type(*dataset) == H5I_DATASET)
        return ELBOW_OK;
    H5Oclose(*dataset);
    return fail_missing(file, name, "is a group", error);
}

enum elbow_status elbow_hdf5_describe_dataset(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                              struct elbow_error *error)
{
    ELBOW_CHECK(info != NULL);
    hid_t dataset;
    enum elbow_status status = open_dataset(file, name, &dataset, error);
    if (status != ELBOW_OK)
        return status;
    char what[128];
    status = elbow_hdf5_describe_id(dataset, info, what, sizeof what);
    if (status != ELBOW_OK)
        elbow_error_set(error, status, "%s: dataset %s %s", file->name, name, what);
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

static enum elbow_status read_rows(struct elbow_hdf5 *file, hid_t dataset, const char *name, uint64_t first,
                                   uint64_t count, void *out, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    char what[128];
    enum elbow_status status = elbow_hdf5_describe_id(dataset, &info, what, sizeof what);
    if (status != ELBOW_OK)
        return elbow_error_set(error, status, "%s: dataset %s %s", file->name, name, what);
    ELBOW_CHECK(info.rank >= 1 && first <= info.shape[0] && count <= info.shape[0] - first);
    status = elbow_hdf5_check_chunks(file, dataset, name, first, count, error);
    if (status != ELBOW_OK || count == 0)
        return status;
    hid_t memory, space = elbow_hdf5_select_rows(dataset, first, count, &memory);
    if (space < 0 || H5Dread(dataset, elbow_hdf5_native_type(info.element), memory, space, H5P_DEFAULT, out) < 0)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "rows %llu to %llu of dataset %s cannot be read",
                                 (unsigned long long)first, (unsigned long long)(first + count - 1), name);
    if (space >= 0) {
        H5Sclose(space);
        H5Sclose(memory);
    }
    return status;
}

enum elbow_status elbow_hdf5_read_rows(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                       void *out, struct elbow_error *error)
{
    ELBOW_CHECK(out != NULL || count == 0);
    hid_t dataset;
    enum elbow_status status = open_dataset(file, name, &dataset, error);
    if (status != ELBOW_OK)
        return status;
    status = read_rows(file, dataset, name, first, count, out, error);
    H5Dclose(dataset);
    return status;
}
