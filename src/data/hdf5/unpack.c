// SPDX-License-Identifier: BSD-3-Clause
// Rows from packed chunks. libhdf5 trusts the length to which a chunk unpacks (see chunks.c), so a chunk would have to
// be read and unpacked twice: to count its bytes, and for its values. For the usual chunks, this code does both at
// once. Other chunks, and all error messages, are left to libhdf5.
#include "elbow/data/detail/unpack.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { PACKED_SHARE = 64, PACKED_EXTRA = 1024 }; // what packing may add to a chunk

static bool find_filters(hid_t creation, struct elbow_hdf5_unpacking *unpacking)
{
    unsigned options = 0;
    int filters = H5Pget_nfilters(creation);
    unpacking->shuffle = unpacking->deflate = -1;
    if (filters < 1 || filters > 2 || H5Pget_chunk_opts(creation, &options) < 0)
        return false;
    unpacking->leaves_edges = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    for (int i = 0; i < filters; ++i) {
        unsigned flags, config, value = 0;
        size_t values = 1;
        H5Z_filter_t filter = H5Pget_filter2(creation, (unsigned)i, &flags, &values, &value, 0, NULL, &config);
        if (filter == H5Z_FILTER_SHUFFLE && i == 0 && values == 1 && value == unpacking->size)
            unpacking->shuffle = i;
        else if (filter == H5Z_FILTER_DEFLATE && unpacking->deflate < 0)
            unpacking->deflate = i;
        else
            return false;
    }
    return true;
}

static bool find_chunks(hid_t creation, const struct elbow_hdf5_info *info, struct elbow_hdf5_unpacking *unpacking)
{
    if (H5Pget_layout(creation) != H5D_CHUNKED ||
        H5Pget_chunk(creation, ELBOW_HDF5_RANK_MAX, unpacking->chunk) != info->rank)
        return false;
    unpacking->bytes = unpacking->size;
    for (int i = 0; i < info->rank; ++i) {
        unpacking->shape[i] = info->shape[i];
        unpacking->bytes *= unpacking->chunk[i]; // less than 4 GB, says libhdf5
    }
    return find_filters(creation, unpacking);
}

// Whether values have the same type in the file and in memory.
static bool is_plain(hid_t dataset, enum elbow_element element)
{
    hid_t type = H5Dget_type(dataset);
    bool is_equal = type >= 0 && H5Tequal(type, elbow_hdf5_native_type(element)) > 0;
    if (type >= 0)
        H5Tclose(type);
    return is_equal;
}

bool elbow_hdf5_unpacking_begin(hid_t dataset, const struct elbow_hdf5_info *info,
                                struct elbow_hdf5_unpacking *unpacking)
{
    *unpacking = (struct elbow_hdf5_unpacking){
        .dataset = dataset, .rank = info->rank, .size = elbow_element_size(info->element)};
    if (info->is_converted || info->chunk_rows == 0 || !is_plain(dataset, info->element))
        return false;
    hid_t creation = H5Dget_create_plist(dataset);
    bool is_usual = creation >= 0 && find_chunks(creation, info, unpacking);
    if (creation >= 0)
        H5Pclose(creation);
    return is_usual;
}

void elbow_hdf5_unpacking_end(struct elbow_hdf5_unpacking *unpacking)
{
    elbow_release(&unpacking->packed);
    elbow_release(&unpacking->shuffled);
    elbow_release(&unpacking->plain);
}

// Begins to unpack; false also if the chunks are not of whole rows.
static bool begin_rows(hid_t dataset, const struct elbow_hdf5_info *info, struct elbow_hdf5_unpacking *unpacking)
{
    if (!elbow_hdf5_unpacking_begin(dataset, info, unpacking))
        return false;
    for (int i = 1; i < info->rank; ++i)
        if (unpacking->chunk[i] != unpacking->shape[i])
            return false;
    return true;
}

// Shuffled values: the first bytes of all values, then their second bytes, and so on.
static void unshuffle(const unsigned char *from, size_t count, size_t size, unsigned char *to)
{
    for (size_t b = 0; b < size; ++b)
        for (size_t i = 0; i < count; ++i)
            to[i * size + b] = from[b * count + i];
}

static bool take(unsigned char **bytes, size_t size)
{
    return *bytes != NULL || elbow_allocate(bytes, size, 1, "a chunk", NULL) == ELBOW_OK;
}

static bool take_packed(struct elbow_hdf5_unpacking *unpacking, size_t size)
{
    if (size > unpacking->capacity)
        elbow_release(&unpacking->packed);
    unpacking->capacity = size > unpacking->capacity ? size : unpacking->capacity;
    return take(&unpacking->packed, unpacking->capacity);
}

static bool is_cut(const struct elbow_hdf5_unpacking *unpacking, const hsize_t *offset)
{
    for (int i = 0; i < unpacking->rank; ++i)
        if (offset[i] + unpacking->chunk[i] > unpacking->shape[i])
            return true;
    return false;
}

// Reads the chunk as it is stored, and returns its bytes; 0: it is left to libhdf5.
static size_t read_packed(struct elbow_hdf5_unpacking *unpacking, const hsize_t *offset)
{
    hsize_t size = 0;
    uint32_t mask = 0;
    size_t bytes = unpacking->bytes;
    if ((unpacking->leaves_edges && is_cut(unpacking, offset)) ||
        H5Dget_chunk_storage_size(unpacking->dataset, offset, &size) < 0 ||
        size > bytes + bytes / PACKED_SHARE + PACKED_EXTRA || size == 0 || !take_packed(unpacking, size) ||
        H5Dread_chunk(unpacking->dataset, H5P_DEFAULT, offset, &mask, unpacking->packed) < 0 || mask != 0)
        return 0;
    return size;
}

const unsigned char *elbow_hdf5_unpacking_chunk(struct elbow_hdf5_unpacking *unpacking, const hsize_t *offset,
                                                unsigned char *values)
{
    size_t bytes = unpacking->bytes, size = read_packed(unpacking, offset);
    bool is_own = values == NULL, has_both = unpacking->shuffle >= 0 && unpacking->deflate >= 0;
    const unsigned char *shuffled = unpacking->packed;
    if (size == 0 || (unpacking->deflate < 0 && size != bytes) ||
        ((is_own || has_both) && !take(&unpacking->shuffled, bytes)))
        return NULL;
    values = is_own ? unpacking->shuffled : values;
    if (unpacking->shuffle < 0)
        return elbow_hdf5_inflate(unpacking->packed, size, values, bytes) ? values : NULL;
    if (has_both) {
        if (!elbow_hdf5_inflate(unpacking->packed, size, unpacking->shuffled, bytes) ||
            (is_own && !take_packed(unpacking, bytes)))
            return NULL;
        shuffled = unpacking->shuffled;
        values = is_own ? unpacking->packed : values; // whose packed bytes are no longer needed
    }
    unshuffle(shuffled, bytes / unpacking->size, unpacking->size, values);
    return values;
}

// Unpacks whole chunks in place; of others, copies the requested rows.
static bool copy_rows(struct elbow_hdf5_unpacking *unpacking, uint64_t first, uint64_t count, unsigned char *out)
{
    uint64_t chunk_rows = unpacking->chunk[0];
    size_t row_bytes = unpacking->bytes / chunk_rows;
    for (uint64_t row = first, end = first + count; row < end;) {
        hsize_t offset[ELBOW_HDF5_RANK_MAX] = {row / chunk_rows * chunk_rows};
        uint64_t next = offset[0] + chunk_rows, rows = (next < end ? next : end) - row;
        bool is_whole = rows == chunk_rows;
        if (!is_whole && !take(&unpacking->plain, unpacking->bytes))
            return false;
        if (elbow_hdf5_unpacking_chunk(unpacking, offset, is_whole ? out : unpacking->plain) == NULL)
            return false;
        if (!is_whole)
            memcpy(out, unpacking->plain + (row - offset[0]) * row_bytes, rows * row_bytes);
        out += rows * row_bytes;
        row += rows;
    }
    return true;
}

bool elbow_hdf5_unpack_rows(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t first, uint64_t count,
                            void *out)
{
    struct elbow_hdf5_unpacking unpacking;
    if (!begin_rows(dataset, info, &unpacking))
        return false;
    bool is_done = copy_rows(&unpacking, first, count, out);
    elbow_hdf5_unpacking_end(&unpacking);
    return is_done;
}

uint64_t elbow_hdf5_unpack_bytes(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t packed, uint64_t otherwise)
{
    struct elbow_hdf5_unpacking unpacking;
    if (!begin_rows(dataset, info, &unpacking))
        return otherwise;
    bool has_both = unpacking.shuffle >= 0 && unpacking.deflate >= 0;
    bool has_edge = unpacking.shape[0] % unpacking.chunk[0] != 0;
    return packed + (has_both ? unpacking.bytes : 0) + (has_edge ? unpacking.bytes : 0);
}
