// SPDX-License-Identifier: BSD-3-Clause
// The reading of rows. Numbers are read as they are stored, in the byte order of this machine; only what C has no type
// for is converted by HDF5. HDF5 keeps some kilobytes for each chunk of one read: a read has a bounded number of them.
#include "elbow/data/detail/hdf5.h"

#include "elbow/config/config.h"

#include <string.h>

enum { CHUNKS_MAX = 128 }; // of one read

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
    char what[ELBOW_HDF5_WHAT_SIZE];
    status = elbow_hdf5_describe_id(*dataset, info, what, sizeof what);
    if (status == ELBOW_OK)
        return status;
    H5Dclose(*dataset);
    *dataset = H5I_INVALID_HID;
    return elbow_error_set(error, status, "%s: dataset %s %s", file->name, name, what);
}

enum elbow_status elbow_hdf5_describe_dataset(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                              struct elbow_error *error)
{
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

// A read in pieces: boxes of at most CHUNKS_MAX chunks.
struct reading {
    hid_t dataset, type, space, memory;
    void *out;
    int rank;
    hsize_t first[ELBOW_HDF5_RANK_MAX], end[ELBOW_HDF5_RANK_MAX]; // of all that is read
    hsize_t step[ELBOW_HDF5_RANK_MAX];                            // of a box, in whole chunks
};

// Boxes as long as can be along the last dimensions. A row of a virtual dataset may be a chunk of its source.
static bool find_steps(hid_t dataset, const struct elbow_hdf5_info *info, struct reading *reading)
{
    hsize_t chunk[H5S_MAX_RANK];
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    bool is_known = layout != H5D_LAYOUT_ERROR;
    for (int i = 0; i < info->rank; ++i) {
        bool is_cut = i == 0 && layout == H5D_VIRTUAL;
        chunk[i] = is_cut || info->shape[i] == 0 ? 1 : info->shape[i];
    }
    if (layout == H5D_CHUNKED)
        is_known = H5Pget_chunk(creation, H5S_MAX_RANK, chunk) == info->rank;
    if (creation >= 0)
        H5Pclose(creation);
    hsize_t room = CHUNKS_MAX; // chunks that a box may still have along the dimensions before
    for (int i = info->rank - 1; i >= 0 && is_known; --i) {
        hsize_t chunks = (reading->end[i] + chunk[i] - 1) / chunk[i] - reading->first[i] / chunk[i];
        hsize_t taken = chunks < room ? chunks : room;
        reading->step[i] = chunk[i] * (taken > 0 ? taken : 1);
        room = taken < chunks || taken == 0 ? 1 : room / taken;
    }
    return is_known;
}

// One box, from `start`.
static bool read_box(const struct reading *reading, const hsize_t *start)
{
    hsize_t inside[ELBOW_HDF5_RANK_MAX], size[ELBOW_HDF5_RANK_MAX];
    for (int i = 0; i < reading->rank; ++i) {
        hsize_t next = (start[i] / reading->step[i] + 1) * reading->step[i]; // on the bounds of chunks
        size[i] = (next < reading->end[i] ? next : reading->end[i]) - start[i];
        inside[i] = start[i] - reading->first[i];
    }
    return H5Sselect_hyperslab(reading->space, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
           H5Sselect_hyperslab(reading->memory, H5S_SELECT_SET, inside, NULL, size, NULL) >= 0 &&
           H5Dread(reading->dataset, reading->type, reading->memory, reading->space, H5P_DEFAULT, reading->out) >= 0;
}

// Goes on to the next box; false behind the last.
static bool next_box(const struct reading *reading, hsize_t *start)
{
    for (int i = reading->rank - 1; i >= 0; --i) {
        start[i] = (start[i] / reading->step[i] + 1) * reading->step[i];
        if (start[i] < reading->end[i])
            return true;
        start[i] = reading->first[i];
    }
    return false;
}

static bool read_boxes(const struct reading *reading, const struct elbow_hdf5_info *info)
{
    struct reading boxes = *reading;
    hsize_t start[ELBOW_HDF5_RANK_MAX];
    memcpy(start, boxes.first, sizeof start);
    if (boxes.space < 0 || !find_steps(boxes.dataset, info, &boxes))
        return false;
    bool is_read;
    do
        is_read = read_box(&boxes, start);
    while (is_read && next_box(&boxes, start));
    return is_read;
}

// What could not be read, and why, if a filter is not installed.
static enum elbow_status fail_read(const struct elbow_hdf5 *file, const struct reading *reading, const char *name,
                                   bool is_chunked, struct elbow_error *error)
{
    struct elbow_error reason = {0};
    elbow_hdf5_fail(file, ELBOW_FORMAT, error, "rows %llu to %llu of dataset %s cannot be read",
                    (unsigned long long)reading->first[0], (unsigned long long)reading->end[0] - 1, name);
    if (is_chunked && elbow_hdf5_check_filters(file, reading->dataset, name, &reason) != ELBOW_OK && error != NULL)
        *error = reason;
    return ELBOW_FORMAT;
}

static enum elbow_status read_rows(struct elbow_hdf5 *file, hid_t dataset, const struct elbow_hdf5_info *info,
                                   const char *name, uint64_t first, uint64_t count, void *out,
                                   struct elbow_error *error)
{
    ELBOW_CHECK(info->rank >= 1 && first <= info->shape[0] && count <= info->shape[0] - first);
    enum elbow_status status = elbow_hdf5_check_chunks(file, dataset, name, first, count, error);
    if (status != ELBOW_OK || count == 0 || elbow_hdf5_row_values(info) == 0)
        return status;
    struct reading reading = {.dataset = dataset,
                              .type = elbow_hdf5_native_type(info->element),
                              .rank = info->rank,
                              .first = {first},
                              .end = {first + count},
                              .out = out};
    for (int i = 1; i < info->rank; ++i)
        reading.end[i] = info->shape[i];
    reading.space = elbow_hdf5_select_rows(dataset, first, count, &reading.memory);
    if (!read_boxes(&reading, info))
        status = fail_read(file, &reading, name, info->chunk_rows > 0, error);
    if (reading.space >= 0) {
        H5Sclose(reading.space);
        H5Sclose(reading.memory);
    }
    return status;
}

enum elbow_status elbow_hdf5_read_rows(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                       void *out, struct elbow_error *error)
{
    ELBOW_CHECK(out != NULL || count == 0);
    hid_t dataset;
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    status = read_rows(file, dataset, &info, name, first, count, out, error);
    H5Dclose(dataset);
    return status;
}
