// SPDX-License-Identifier: BSD-3-Clause
// The storage of a dataset, and whether all its rows exist and can be read. libhdf5 returns fill values for chunks that
// were never written. Filters, virtual datasets and raw files have their own source files.
#include "elbow/data/detail/hdf5.h"
#include "elbow/data/detail/texts.h"

#include "elbow/base/inputs.h"

#include <string.h>

// Of a source: the part that is mapped.
static enum elbow_status check_wanted(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                      const struct elbow_hdf5_info *info, hid_t wanted, struct elbow_error *error)
{
    uint64_t first = 0, last = info->rank > 0 && info->shape[0] > 0 ? info->shape[0] - 1 : 0;
    if (elbow_hdf5_are_written(dataset, wanted, &first, &last))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: rows %llu to %llu of dataset %s, a part of which is mapped, were never written: HDF5 "
                           "would return fill values for them; write them, or map only other rows",
                           file->name, (unsigned long long)first, (unsigned long long)last, name);
}

static enum elbow_status check_written(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                       const struct elbow_hdf5_info *info, const struct elbow_hdf5_storage *storage,
                                       struct elbow_error *error)
{
    if (storage->written >= storage->chunks || storage->chunks == 0)
        return ELBOW_OK;
    uint64_t first = 0, last = info->rank > 0 && info->shape[0] > 0 ? info->shape[0] - 1 : 0;
    if (storage->written > 0)
        elbow_hdf5_find_unwritten(dataset, &first, &last);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: rows %llu to %llu of dataset %s were never written (%llu of its %llu chunks): HDF5 "
                           "would return fill values for them; write them, or keep only the other rows",
                           file->name, (unsigned long long)first, (unsigned long long)last, name,
                           (unsigned long long)(storage->chunks - storage->written),
                           (unsigned long long)storage->chunks);
}

static enum elbow_status check_allocated(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                         const struct elbow_hdf5_info *info, struct elbow_error *error)
{
    H5D_space_status_t allocated;
    for (int i = 0; i < info->rank; ++i)
        if (info->shape[i] == 0)
            return ELBOW_OK;
    if (H5Dget_space_status(dataset, &allocated) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the storage of dataset %s cannot be read", name);
    if (allocated != H5D_SPACE_STATUS_NOT_ALLOCATED)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: dataset %s was created but never written: HDF5 would return fill values for all its rows; write them",
        file->name, name);
}

static enum elbow_status check_kind(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                    const struct elbow_hdf5_info *info, const struct elbow_hdf5_storage *storage,
                                    const struct elbow_hdf5_wanted *look, struct elbow_error *error)
{
    if (storage->kind == ELBOW_HDF5_CONTIGUOUS)
        return check_allocated(file, dataset, name, info, error);
    if (storage->kind == ELBOW_HDF5_RAW)
        return elbow_hdf5_check_raw(file, dataset, name, info, error);
    if (storage->kind != ELBOW_HDF5_CHUNKED)
        return ELBOW_OK;
    enum elbow_status status = elbow_hdf5_check_filters(file, dataset, name, error);
    if (status != ELBOW_OK || look->may_lack)
        return status;
    if (look->space != H5S_ALL && storage->written < storage->chunks)
        return check_wanted(file, dataset, name, info, look->space, error);
    return check_written(file, dataset, name, info, storage, error);
}

// elbow_hdf5_check_storage for an open dataset, which is closed. A virtual dataset calls it for its sources.
static enum elbow_status check_stored(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                      const struct elbow_hdf5_info *info, struct elbow_hdf5_wanted *look,
                                      struct elbow_error *error)
{
    struct elbow_hdf5_storage storage;
    enum elbow_status status = elbow_hdf5_describe_layout(file, dataset, name, info, &storage, error);
    if (status == ELBOW_OK && storage.kind == ELBOW_HDF5_VIRTUAL)
        return elbow_hdf5_check_virtual(file, dataset, name, info, look, check_stored, error);
    if (status == ELBOW_OK)
        status = check_kind(file, dataset, name, info, &storage, look, error);
    look->is_whole = status == ELBOW_OK && storage.written == storage.chunks;
    H5Dclose(dataset);
    return status;
}

// A link may lead to another file, which is also an input.
static enum elbow_status note_home(const struct elbow_hdf5 *file, hid_t dataset, struct elbow_error *error)
{
    elbow_path home;
    if (!elbow_hdf5_home(dataset, home) || strcmp(home, file->name) == 0)
        return ELBOW_OK;
    return elbow_inputs_note(home, error);
}

static enum elbow_status check(struct elbow_hdf5 *file, const char *name, bool may_lack, struct elbow_error *error)
{
    hid_t dataset;
    struct elbow_hdf5_info info;
    struct elbow_hdf5_wanted look = {.space = H5S_ALL, .may_lack = may_lack};
    enum elbow_status status = elbow_hdf5_open_any(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    status = note_home(file, dataset, error);
    if (status == ELBOW_OK)
        return check_stored(file, dataset, name, &info, &look, error);
    H5Dclose(dataset);
    return status;
}

enum elbow_status elbow_hdf5_check_storage(struct elbow_hdf5 *file, const char *name, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    return check(file, name, false, error);
}

enum elbow_status elbow_hdf5_check_gaps(struct elbow_hdf5 *file, const char *name, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    return check(file, name, true, error);
}

// Whether an open dataset has its values in other files; false if that cannot be read.
static bool dataset_refers(hid_t dataset, bool *refers)
{
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    int raw = layout == H5D_CONTIGUOUS ? H5Pget_external_count(creation) : 0;
    if (creation >= 0)
        H5Pclose(creation);
    *refers = *refers || layout == H5D_VIRTUAL || raw > 0;
    return layout != H5D_LAYOUT_ERROR && raw >= 0;
}

// Whether an object is in another file, or is a dataset with values in one.
static enum elbow_status object_refers(struct elbow_hdf5 *file, const char *name, bool *refers,
                                       struct elbow_error *error)
{
    elbow_path home;
    bool is_there = false;
    enum elbow_status status = elbow_hdf5_find(file, name, &is_there, error);
    if (!is_there)
        return elbow_hdf5_fail_missing(file, name, status, error);
    hid_t object = elbow_hdf5_open_object(file, name);
    if (object < 0)
        return elbow_hdf5_fail_unreadable(file, name, error);
    bool is_known = elbow_hdf5_home(object, home);
    *refers = *refers || (is_known && strcmp(home, file->name) != 0);
    if (is_known && H5Iget_type(object) == H5I_DATASET)
        is_known = dataset_refers(object, refers);
    if (!is_known)
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the storage of dataset %s cannot be read", name);
    H5Oclose(object);
    return status;
}

static enum elbow_status member_refers(struct elbow_hdf5 *file, const char *name, const char *member, bool *refers,
                                       struct elbow_error *error)
{
    elbow_path path;
    bool is_there = false;
    if (!elbow_text_format(path, sizeof path, "%s/%s", name, member))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: %.60s...: the path is too long", file->name, name);
    enum elbow_status status = elbow_hdf5_find(file, path, &is_there, error);
    return status == ELBOW_OK && is_there ? object_refers(file, path, refers, error) : status;
}

enum elbow_status elbow_hdf5_refers(struct elbow_hdf5 *file, const char *name, bool *refers, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    // Labels and sparse matrices consist of members of a group, or of datasets next to the codes, as AnnData writes
    // them.
    static const char *const MEMBERS[] = {"codes", "categories", "categories/values", "values",
                                          "mask",  "data",       "indices",           "indptr"};
    static const char CODES[] = "/codes";
    elbow_path group, other;
    *refers = false;
    enum elbow_status status = object_refers(file, name, refers, error);
    if (status != ELBOW_OK || *refers)
        return status;
    if (elbow_hdf5_read_reference(file, name, "categories", other))
        status = object_refers(file, other, refers, error);
    size_t length = strlen(name), ending = sizeof CODES - 1;
    if (elbow_hdf5_kind_of(file, name) != ELBOW_HDF5_GROUP) {
        if (length <= ending || strcmp(name + length - ending, CODES) != 0)
            return status;
        length -= ending;
    }
    elbow_text_format(group, sizeof group, "%.*s", (int)length, name);
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS && status == ELBOW_OK; ++i)
        status = member_refers(file, group, MEMBERS[i], refers, error);
    return status;
}
