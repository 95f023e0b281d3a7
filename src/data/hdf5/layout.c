// SPDX-License-Identifier: BSD-3-Clause
// The storage of a dataset, and the memory that a read needs.
#include "elbow/data/detail/hdf5.h"

// Memory that libhdf5 needs for the chunks of one read; and, while the file is open, for the nodes of the index that it
// has visited: its cache of nodes is limited, but its table of what is where fills up.
enum { CHUNK_BYTES = 7000, INDEX_BYTES = 260, INDEX_MOST = 1500000 };

static uint64_t index_bytes(uint64_t chunks)
{
    uint64_t read = chunks < ELBOW_HDF5_CHUNKS_MAX ? chunks : ELBOW_HDF5_CHUNKS_MAX;
    return read * CHUNK_BYTES + (chunks < INDEX_MOST / INDEX_BYTES ? chunks * INDEX_BYTES : INDEX_MOST);
}

static bool describe_chunks(hid_t dataset, hid_t creation, const struct elbow_hdf5_info *info,
                            struct elbow_hdf5_storage *storage)
{
    hsize_t chunk[H5S_MAX_RANK], written = 0;
    if (H5Pget_chunk(creation, H5S_MAX_RANK, chunk) != info->rank)
        return false;
    storage->chunks = 1;
    for (int i = 0; i < info->rank; ++i) {
        storage->chunk[i] = chunk[i];
        uint64_t along = (info->shape[i] + chunk[i] - 1) / chunk[i];
        if (__builtin_mul_overflow(storage->chunks, along, &storage->chunks))
            return false;
    }
    hid_t space = H5Dget_space(dataset);
    bool is_known = space >= 0 && H5Dget_num_chunks(dataset, space, &written) >= 0;
    if (space >= 0)
        H5Sclose(space);
    storage->written = written;
    return is_known;
}

// Of a chunk as it is stored.
static uint64_t packed_bytes(hid_t dataset, const struct elbow_hdf5_storage *storage)
{
    return storage->written > 0 ? H5Dget_storage_size(dataset) / storage->written : 0;
}

// A filter has a buffer for its input and one for its output, except for a checksum, which works in place. Chunks
// without filters are read in place.
static uint64_t reading_bytes(hid_t dataset, const struct elbow_hdf5_info *info,
                              const struct elbow_hdf5_storage *storage)
{
    uint64_t packed = packed_bytes(dataset, storage);
    hid_t type = H5Dget_type(dataset);
    uint64_t chunk = type >= 0 ? H5Tget_size(type) : elbow_element_size(info->element);
    bool shuffles = false, packs = false;
    if (type >= 0)
        H5Tclose(type);
    for (int i = 0; i < info->rank; ++i)
        chunk *= storage->chunk[i]; // less than 4 GB, says libhdf5
    for (int i = 0; i < storage->filters; ++i) {
        shuffles = shuffles || storage->filter[i].number == H5Z_FILTER_SHUFFLE;
        packs = packs || storage->filter[i].number != H5Z_FILTER_FLETCHER32;
    }
    if (!packs)
        return storage->filters == 0 ? 0 : chunk;
    return chunk + (shuffles && chunk > packed ? chunk : packed);
}

static bool describe(hid_t dataset, hid_t creation, const struct elbow_hdf5_info *info,
                     struct elbow_hdf5_storage *storage)
{
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    int raw = 0;
    size_t mappings = 0;
    switch (layout) {
    case H5D_COMPACT:
        storage->kind = ELBOW_HDF5_COMPACT;
        return true;
    case H5D_CONTIGUOUS:
        raw = H5Pget_external_count(creation);
        storage->kind = raw > 0 ? ELBOW_HDF5_RAW : ELBOW_HDF5_CONTIGUOUS;
        storage->sources = raw > 0 ? (uint64_t)raw : 0;
        return raw >= 0;
    case H5D_CHUNKED:
        storage->kind = ELBOW_HDF5_CHUNKED;
        if (!describe_chunks(dataset, creation, info, storage) || !elbow_hdf5_describe_filters(creation, storage))
            return false;
        storage->reading = reading_bytes(dataset, info, storage);
        storage->unpacking = elbow_hdf5_unpack_bytes(dataset, info, packed_bytes(dataset, storage), storage->reading);
        storage->kept = index_bytes(storage->written);
        return true;
    case H5D_VIRTUAL:
        storage->kind = ELBOW_HDF5_VIRTUAL;
        if (H5Pget_virtual_count(creation, &mappings) < 0)
            return false;
        storage->sources = mappings;
        return true;
    default:
        return false;
    }
}

enum elbow_status elbow_hdf5_describe_layout(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                             const struct elbow_hdf5_info *info, struct elbow_hdf5_storage *storage,
                                             struct elbow_error *error)
{
    *storage = (struct elbow_hdf5_storage){0};
    hid_t creation = H5Dget_create_plist(dataset);
    enum elbow_status status = ELBOW_OK;
    if (!describe(dataset, creation, info, storage))
        status = elbow_hdf5_fail(file, ELBOW_FORMAT, error, "the storage of dataset %s cannot be read", name);
    if (creation >= 0)
        H5Pclose(creation);
    return status;
}

enum elbow_status elbow_hdf5_describe_alone(struct elbow_hdf5 *file, const char *name,
                                            struct elbow_hdf5_storage *storage, struct elbow_error *error)
{
    hid_t dataset;
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_open_dataset(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_hdf5_describe_layout(file, dataset, name, &info, storage, error);
    H5Dclose(dataset);
    return status;
}
