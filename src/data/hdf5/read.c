// SPDX-License-Identifier: BSD-3-Clause
// Reading rows. Numbers are read as stored, in the byte order of this machine; HDF5 converts only types that C does not
// have. HDF5 holds some kilobytes for each chunk of a read, so a read has a limited number of chunks.
#include "elbow/data/detail/box.h"
#include "elbow/data/detail/pieces.h"

#include <string.h>

// Rows per read of a virtual dataset, unless a chunk of its sources has more: the memory that HDF5 needs to find the
// parts of its sources may grow with the rows.
enum { VIRTUAL_MAX = 1 << 14 };

// Without a cache of chunks. The sources get the properties of the dataset that was opened first, so no dataset may be
// open.
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

// The virtual dataset whose sources are known.
static enum elbow_status open_virtual(struct elbow_hdf5 *file, const char *name,
                                      const struct elbow_hdf5_origins *origins, hid_t *dataset,
                                      struct elbow_hdf5_info *info, struct elbow_error *error)
{
    if (origins->pieces != NULL) {
        *info = origins->pieces->info;
        return ELBOW_OK;
    }
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
        return open_virtual(file, name, *origins, dataset, info, error);
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, dataset, info, error);
    if (status != ELBOW_OK || file->is_written || !info->is_virtual)
        return status;
    H5Dclose(*dataset);
    *dataset = H5I_INVALID_HID;
    status = elbow_hdf5_look_at_origins(file, name, origins, error);
    return status == ELBOW_OK ? open_virtual(file, name, *origins, dataset, info, error) : status;
}

// A read in parts.
struct reading {
    struct elbow_hdf5_box box;
    hid_t dataset, type, space, memory;
    void *out;
};

// Whole rows of a virtual dataset: as many as fill chunks of its sources, if these begin at the same rows.
static void find_virtual_steps(const struct elbow_hdf5_origins *origins, struct elbow_hdf5_box *box)
{
    hsize_t chunks = origins->across < ELBOW_HDF5_CHUNKS_MAX ? ELBOW_HDF5_CHUNKS_MAX / origins->across : 1;
    hsize_t rows = chunks * (origins->least > 0 ? origins->least : 1), longest = origins->chunk[0];
    hsize_t most = longest > VIRTUAL_MAX ? longest : VIRTUAL_MAX;
    rows = rows < most ? rows : most;
    if (longest > 0 && rows > longest)
        rows = rows / longest * longest;
    box->step[0] = rows;
    for (int i = 1; i < box->rank; ++i)
        box->step[i] = box->end[i];
}

// One part, from `start`.
static bool read_part(const struct reading *reading, const hsize_t *start)
{
    hsize_t next[ELBOW_HDF5_RANK_MAX], inside[ELBOW_HDF5_RANK_MAX], size[ELBOW_HDF5_RANK_MAX];
    elbow_hdf5_box_part(&reading->box, start, next);
    for (int i = 0; i < reading->box.rank; ++i) {
        size[i] = next[i] - start[i];
        inside[i] = start[i] - reading->box.first[i];
    }
    return H5Sselect_hyperslab(reading->space, H5S_SELECT_SET, start, NULL, size, NULL) >= 0 &&
           H5Sselect_hyperslab(reading->memory, H5S_SELECT_SET, inside, NULL, size, NULL) >= 0 &&
           H5Dread(reading->dataset, reading->type, reading->memory, reading->space, H5P_DEFAULT, reading->out) >= 0;
}

static bool read_parts(const struct reading *reading, const struct elbow_hdf5_info *info,
                       const struct elbow_hdf5_origins *origins)
{
    struct reading parts = *reading;
    hsize_t start[ELBOW_HDF5_RANK_MAX];
    memcpy(start, parts.box.first, sizeof start);
    if (origins != NULL)
        find_virtual_steps(origins, &parts.box);
    if (parts.space < 0 || (origins == NULL && !elbow_hdf5_box_steps(parts.dataset, info, &parts.box)))
        return false;
    bool is_read;
    do
        is_read = read_part(&parts, start);
    while (is_read && elbow_hdf5_box_next(&parts.box, start));
    return is_read;
}

// Out of chunks that are unpacked here, each once.
static bool unpack(const struct reading *reading, const struct elbow_hdf5_info *info)
{
    const struct elbow_hdf5_box *box = &reading->box;
    size_t stride[ELBOW_HDF5_RANK_MAX], values = 1;
    if (elbow_hdf5_unpack_rows(reading->dataset, info, box->first[0], box->end[0] - box->first[0], reading->out))
        return true;
    for (int i = info->rank - 1; i >= 0; --i) {
        stride[i] = values;
        values *= info->shape[i];
    }
    return elbow_hdf5_unpack_box(reading->dataset, info, box->first, box->end, reading->out, stride);
}

static enum elbow_status read_box(struct elbow_hdf5 *file, struct reading *reading, const struct elbow_hdf5_info *info,
                                  const struct elbow_hdf5_origins *origins, const char *name, struct elbow_error *error)
{
    uint64_t first = reading->box.first[0], count = reading->box.end[0] - first;
    if (origins == NULL && unpack(reading, info))
        return ELBOW_OK;
    enum elbow_status status = elbow_hdf5_check_chunks(file, reading->dataset, name, first, count, error);
    if (status != ELBOW_OK)
        return status;
    reading->space = elbow_hdf5_select_rows(reading->dataset, first, count, &reading->memory);
    if (!read_parts(reading, info, origins))
        status = elbow_hdf5_box_fail(file, reading->dataset, name, info, &reading->box, error);
    if (reading->space >= 0) {
        H5Sclose(reading->space);
        H5Sclose(reading->memory);
    }
    return status;
}

static enum elbow_status read_rows(struct elbow_hdf5 *file, hid_t dataset, const struct elbow_hdf5_info *info,
                                   const struct elbow_hdf5_origins *origins, const char *name, uint64_t first,
                                   uint64_t count, void *out, struct elbow_error *error)
{
    ELBOW_CHECK(info->rank >= 1 && first <= info->shape[0] && count <= info->shape[0] - first);
    if (count == 0 || elbow_hdf5_row_values(info) == 0)
        return ELBOW_OK;
    struct reading reading = {.dataset = dataset, .type = elbow_hdf5_native_type(info->element), .out = out};
    reading.box = (struct elbow_hdf5_box){.rank = info->rank, .first = {first}, .end = {first + count}};
    for (int i = 1; i < info->rank; ++i)
        reading.box.end[i] = info->shape[i];
    if (dataset < 0)
        return elbow_hdf5_pieces_read(origins->pieces, reading.box.first, reading.box.end, reading.type, out, error);
    return read_box(file, &reading, info, origins, name, error);
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
    if (dataset >= 0)
        H5Dclose(dataset);
    enum elbow_status steady = elbow_hdf5_check_steady(file, error);
    return steady != ELBOW_OK ? steady : status;
}
