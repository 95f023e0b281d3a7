// SPDX-License-Identifier: BSD-3-Clause
// The reading of rows. Numbers are read as they are stored, in the byte order of this machine; only what C has no type
// for is converted by HDF5. HDF5 keeps some kilobytes for each chunk of one read: a read has a bounded number of them.
#include "elbow/data/detail/hdf5.h"

#include <string.h>

// Rows of one read of a virtual dataset, unless a chunk of its sources has more: what HDF5 takes to find the parts of
// its sources may grow with the rows.
enum { VIRTUAL_MAX = 1 << 14 };

// Without a cache of chunks. The sources get the properties of the dataset that was opened first: nothing may be open.
static hid_t open_uncached(struct elbow_hdf5 *file, const char *name)
{
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    if (access < 0)
        return access;
    herr_t result = H5Pset_chunk_cache(access, H5D_CHUNK_CACHE_NSLOTS_DEFAULT, 0, H5D_CHUNK_CACHE_W0_DEFAULT);
    hid_t dataset = result < 0 ? H5I_INVALID_HID : H5Dopen2(file->id, name, access);
    H5Pclose(access);
    return dataset;
}

// Whose sources are known.
static enum elbow_status open_virtual(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                      struct elbow_hdf5_info *info, struct elbow_error *error)
{
    *dataset = open_uncached(file, name);
    return *dataset < 0 ? elbow_hdf5_fail_unreadable(file, name, error)
                        : elbow_hdf5_describe_opened(file, name, dataset, info, error);
}

enum elbow_status elbow_hdf5_open_values(struct elbow_hdf5 *file, const char *name, hid_t *dataset,
                                         struct elbow_hdf5_info *info, const struct elbow_hdf5_origins **origins,
                                         struct elbow_error *error)
{
    *dataset = H5I_INVALID_HID;
    *origins = elbow_hdf5_known_origins(file, name);
    if (*origins != NULL)
        return open_virtual(file, name, dataset, info, error);
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, dataset, info, error);
    if (status != ELBOW_OK || file->is_written || !info->is_virtual)
        return status;
    H5Dclose(*dataset);
    *dataset = H5I_INVALID_HID;
    status = elbow_hdf5_look_at_origins(file, name, origins, error);
    return status == ELBOW_OK ? open_virtual(file, name, dataset, info, error) : status;
}

// A read in pieces: boxes of at most ELBOW_HDF5_CHUNKS_MAX chunks.
struct reading {
    hid_t dataset, type, space, memory;
    void *out;
    int rank;
    hsize_t first[ELBOW_HDF5_RANK_MAX], end[ELBOW_HDF5_RANK_MAX]; // of all that is read
    hsize_t step[ELBOW_HDF5_RANK_MAX];                            // of a box, in whole chunks
};

// Whole rows of a virtual dataset: as many as fill chunks of its sources, where these begin where it does.
static void find_virtual_steps(const struct elbow_hdf5_origins *origins, struct reading *reading)
{
    hsize_t chunks = origins->across < ELBOW_HDF5_CHUNKS_MAX ? ELBOW_HDF5_CHUNKS_MAX / origins->across : 1;
    hsize_t rows = chunks * (origins->least > 0 ? origins->least : 1), longest = origins->chunk[0];
    hsize_t most = longest > VIRTUAL_MAX ? longest : VIRTUAL_MAX;
    rows = rows < most ? rows : most;
    if (longest > 0 && rows > longest)
        rows = rows / longest * longest;
    reading->step[0] = rows;
    for (int i = 1; i < reading->rank; ++i)
        reading->step[i] = reading->end[i];
}

// Boxes as long as can be along the last dimensions.
static bool find_steps(hid_t dataset, const struct elbow_hdf5_info *info, struct reading *reading)
{
    hsize_t chunk[H5S_MAX_RANK];
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    bool is_known = layout != H5D_LAYOUT_ERROR;
    for (int i = 0; i < info->rank; ++i) {
        chunk[i] = info->shape[i] == 0 ? 1 : info->shape[i];
    }
    if (layout == H5D_CHUNKED)
        is_known = H5Pget_chunk(creation, H5S_MAX_RANK, chunk) == info->rank;
    if (creation >= 0)
        H5Pclose(creation);
    hsize_t room = ELBOW_HDF5_CHUNKS_MAX; // chunks that a box may still have along the dimensions before
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

static bool read_boxes(const struct reading *reading, const struct elbow_hdf5_info *info,
                       const struct elbow_hdf5_origins *origins)
{
    struct reading boxes = *reading;
    hsize_t start[ELBOW_HDF5_RANK_MAX];
    memcpy(start, boxes.first, sizeof start);
    if (origins != NULL)
        find_virtual_steps(origins, &boxes);
    if (boxes.space < 0 || (origins == NULL && !find_steps(boxes.dataset, info, &boxes)))
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
                                   const struct elbow_hdf5_origins *origins, const char *name, uint64_t first,
                                   uint64_t count, void *out, struct elbow_error *error)
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
    if (!read_boxes(&reading, info, origins))
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
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(out != NULL || count == 0);
    hid_t dataset;
    struct elbow_hdf5_info info;
    const struct elbow_hdf5_origins *origins;
    enum elbow_status status = elbow_hdf5_open_values(file, name, &dataset, &info, &origins, error);
    if (status != ELBOW_OK)
        return status;
    status = read_rows(file, dataset, &info, origins, name, first, count, out, error);
    H5Dclose(dataset);
    return status;
}
