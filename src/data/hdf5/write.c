// SPDX-License-Identifier: BSD-3-Clause
// New HDF5 files, groups and datasets, and the writing of rows. Object times are off and types are little endian on
// every machine: the same contents give the same bytes.
#include "elbow/data/detail/hdf5.h"

#include <string.h>

static const uint64_t CHUNK_BYTES_MAX = UINT64_C(0xffffffff); // a limit of HDF5

static bool create_group(struct elbow_hdf5 *file, const char *name)
{
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
    if (creation < 0)
        return false;
    hid_t group = H5I_INVALID_HID;
    if (H5Pset_obj_track_times(creation, false) >= 0)
        group = H5Gcreate2(file->id, name, H5P_DEFAULT, creation, H5P_DEFAULT);
    bool is_made = group >= 0 && H5Gclose(group) >= 0;
    H5Pclose(creation);
    return is_made;
}

void elbow_hdf5_create_groups(struct elbow_hdf5 *file, const char *name)
{
    char prefix[ELBOW_PATH_SIZE];
    for (size_t i = 1; name[i] != '\0' && file->error.status == ELBOW_OK; ++i) {
        if (name[i] != '/' || name[i - 1] == '/')
            continue;
        memcpy(prefix, name, i);
        prefix[i] = '\0';
        hid_t object = elbow_hdf5_open_object(file, prefix);
        if (object < 0 && !create_group(file, prefix))
            elbow_hdf5_fail_write(file, "group %s cannot be created", prefix);
        else if (object >= 0 && H5Iget_type(object) != H5I_GROUP)
            elbow_error_set(&file->error, ELBOW_FORMAT, "%s: %s is a dataset, so %s cannot be created beneath it",
                            file->name, prefix, name);
        if (object >= 0)
            H5Oclose(object);
    }
}

// Chunks of whole rows: as many as requested, limited by the dataset and by HDF5.
static bool set_chunks(hid_t creation, enum elbow_element element, int rank, const uint64_t *shape,
                       struct elbow_hdf5_layout layout)
{
    hsize_t chunk[ELBOW_HDF5_RANK_MAX];
    uint64_t row_bytes = elbow_element_size(element);
    for (int i = 1; i < rank; ++i) {
        chunk[i] = shape[i] == 0 ? 1 : shape[i];
        if (__builtin_mul_overflow(row_bytes, chunk[i], &row_bytes))
            return false;
    }
    uint64_t rows = layout.chunk_rows < shape[0] ? layout.chunk_rows : shape[0];
    if (rows > CHUNK_BYTES_MAX / row_bytes)
        rows = CHUNK_BYTES_MAX / row_bytes;
    chunk[0] = rows == 0 ? 1 : rows;
    if (H5Pset_chunk(creation, rank, chunk) < 0)
        return false;
    return layout.compression == 0 ||
           (H5Pset_shuffle(creation) >= 0 && H5Pset_deflate(creation, (unsigned)layout.compression) >= 0);
}

static hid_t dataset_creation(enum elbow_element element, int rank, const uint64_t *shape,
                              struct elbow_hdf5_layout layout)
{
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    if (creation < 0)
        return creation;
    bool is_set = H5Pset_obj_track_times(creation, false) >= 0;
    if (layout.chunk_rows > 0)
        is_set = is_set && set_chunks(creation, element, rank, shape, layout);
    if (is_set)
        return creation;
    H5Pclose(creation);
    return H5I_INVALID_HID;
}

// Sets the file's error if a dataset of this name cannot be created.
static void check_name(struct elbow_hdf5 *file, const char *name)
{
    bool found;
    if (strlen(name) >= ELBOW_PATH_SIZE)
        elbow_error_set(&file->error, ELBOW_FORMAT, "%s: dataset %.60s...: the name is longer than %d bytes",
                        file->name, name, ELBOW_PATH_SIZE - 1);
    else if (elbow_hdf5_find(file, name, &found, NULL) != ELBOW_OK)
        elbow_hdf5_fail_write(file, "dataset %s cannot be created", name);
    else if (found)
        elbow_error_set(&file->error, ELBOW_FORMAT, "%s: dataset %s exists already", file->name, name);
}

enum elbow_status elbow_hdf5_create_dataset(struct elbow_hdf5 *file, const char *name, enum elbow_element element,
                                            int rank, const uint64_t *shape, struct elbow_hdf5_layout layout,
                                            struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && file->is_written && name != NULL && name[0] != '\0');
    ELBOW_CHECK(rank >= 0 && rank <= ELBOW_HDF5_RANK_MAX && (rank == 0 || shape != NULL));
    ELBOW_CHECK(layout.compression >= 0 && layout.compression <= 9);
    ELBOW_CHECK(layout.chunk_rows > 0 ? rank > 0 : layout.compression == 0);
    if (file->error.status == ELBOW_OK)
        check_name(file, name);
    if (file->error.status == ELBOW_OK)
        elbow_hdf5_create_groups(file, name);
    if (file->error.status != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    hsize_t sizes[ELBOW_HDF5_RANK_MAX] = {0};
    for (int i = 0; i < rank; ++i)
        sizes[i] = shape[i];
    hid_t creation = dataset_creation(element, rank, shape, layout);
    hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, sizes, NULL);
    hid_t dataset = H5I_INVALID_HID;
    if (creation >= 0 && space >= 0)
        dataset =
            H5Dcreate2(file->id, name, elbow_hdf5_stored_type(element), space, H5P_DEFAULT, creation, H5P_DEFAULT);
    if (dataset < 0 || H5Dclose(dataset) < 0)
        elbow_hdf5_fail_write(file, "dataset %s cannot be created", name);
    if (creation >= 0)
        H5Pclose(creation);
    if (space >= 0)
        H5Sclose(space);
    return elbow_hdf5_first_error(file, error);
}

enum elbow_status elbow_hdf5_remove(struct elbow_hdf5 *file, const char *name, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && file->is_written && name != NULL);
    if (file->error.status != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    hid_t object = elbow_hdf5_open_object(file, name);
    bool is_dataset = object >= 0 && H5Iget_type(object) == H5I_DATASET;
    if (object >= 0)
        H5Oclose(object);
    if (!is_dataset)
        elbow_error_set(&file->error, ELBOW_FORMAT, "%s: %s is not a dataset", file->name, name);
    else if (H5Ldelete(file->id, name, H5P_DEFAULT) < 0)
        elbow_hdf5_fail_write(file, "dataset %s cannot be removed", name);
    return elbow_hdf5_first_error(file, error);
}

static void write_rows(struct elbow_hdf5 *file, hid_t dataset, const char *name, enum elbow_element element,
                       uint64_t first, uint64_t count, const void *rows)
{
    hid_t memory, space = elbow_hdf5_select_rows(dataset, first, count, &memory);
    if (space < 0 || H5Dwrite(dataset, elbow_hdf5_native_type(element), memory, space, H5P_DEFAULT, rows) < 0)
        elbow_hdf5_fail_write(file, "dataset %s cannot be written", name);
    if (space >= 0) {
        H5Sclose(space);
        H5Sclose(memory);
    }
}

enum elbow_status elbow_hdf5_write_rows(struct elbow_hdf5 *file, const char *name, enum elbow_element element,
                                        uint64_t first, uint64_t count, const void *rows, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && file->is_written && name != NULL && (rows != NULL || count == 0));
    if (file->error.status != ELBOW_OK)
        return elbow_hdf5_first_error(file, error);
    hid_t dataset = elbow_hdf5_open_object(file, name);
    if (dataset < 0) {
        elbow_hdf5_fail_write(file, "dataset %s cannot be opened", name);
        return elbow_hdf5_first_error(file, error);
    }
    ELBOW_CHECK(H5Iget_type(dataset) == H5I_DATASET);
    if (count > 0)
        write_rows(file, dataset, name, element, first, count, rows);
    if (H5Dclose(dataset) < 0)
        elbow_hdf5_fail_write(file, "dataset %s cannot be written", name);
    return elbow_hdf5_first_error(file, error);
}
