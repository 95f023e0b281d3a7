// SPDX-License-Identifier: BSD-3-Clause
// Rows from packed chunks. libhdf5 trusts the length to which a chunk unpacks (see chunks.c), so a chunk would have to
// be read and unpacked twice: to count its bytes, and for its values. For the usual chunks, this code does both at
// once. Other chunks, and all error messages, are left to libhdf5.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { PACKED_SHARE = 64, PACKED_EXTRA = 1024 }; // what packing may add to a chunk

struct unpacking {
    hid_t dataset;
    uint64_t rows, chunk_rows;                // of the dataset; of a chunk
    size_t row_bytes, size;                   // size: of a value
    int shuffle, deflate;                     // their place among the filters; negative: not used
    bool leaves_edges;                        // a chunk that extends beyond the dataset is not packed
    unsigned char *packed, *shuffled, *plain; // owned; of a chunk
    size_t capacity;                          // of `packed`
};

static bool find_filters(hid_t creation, struct unpacking *unpacking)
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

// Chunks of whole rows.
static bool find_chunks(hid_t creation, const struct elbow_hdf5_info *info, struct unpacking *unpacking)
{
    hsize_t chunk[H5S_MAX_RANK];
    if (H5Pget_layout(creation) != H5D_CHUNKED || H5Pget_chunk(creation, H5S_MAX_RANK, chunk) != info->rank)
        return false;
    for (int i = 1; i < info->rank; ++i)
        if (chunk[i] != info->shape[i])
            return false;
    unpacking->chunk_rows = chunk[0];
    return find_filters(creation, unpacking);
}

// Values that are stored as they are in memory.
static bool is_plain(hid_t dataset, enum elbow_element element)
{
    hid_t type = H5Dget_type(dataset);
    bool is_equal = type >= 0 && H5Tequal(type, elbow_hdf5_native_type(element)) > 0;
    if (type >= 0)
        H5Tclose(type);
    return is_equal;
}

static bool begin(hid_t dataset, const struct elbow_hdf5_info *info, struct unpacking *unpacking)
{
    size_t size = elbow_element_size(info->element);
    *unpacking = (struct unpacking){
        .dataset = dataset, .rows = info->shape[0], .row_bytes = elbow_hdf5_row_values(info) * size, .size = size};
    if (info->is_converted || info->chunk_rows == 0 || !is_plain(dataset, info->element))
        return false;
    hid_t creation = H5Dget_create_plist(dataset);
    bool is_usual = creation >= 0 && find_chunks(creation, info, unpacking);
    if (creation >= 0)
        H5Pclose(creation);
    return is_usual;
}

// The bytes of all values come first, then those of the next significance.
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

static bool take_packed(struct unpacking *unpacking, size_t size)
{
    if (size > unpacking->capacity)
        elbow_release(&unpacking->packed);
    unpacking->capacity = size > unpacking->capacity ? size : unpacking->capacity;
    return take(&unpacking->packed, unpacking->capacity);
}

// The size of the chunk that begins at a row, as stored; 0: it is left to libhdf5.
static size_t read_packed(struct unpacking *unpacking, uint64_t row, size_t bytes)
{
    hsize_t offset[H5S_MAX_RANK] = {row}, size = 0;
    uint32_t mask = 0;
    bool is_cut = unpacking->leaves_edges && row + unpacking->chunk_rows > unpacking->rows;
    if (is_cut || H5Dget_chunk_storage_size(unpacking->dataset, offset, &size) < 0 ||
        size > bytes + bytes / PACKED_SHARE + PACKED_EXTRA || size == 0 || !take_packed(unpacking, size) ||
        H5Dread_chunk(unpacking->dataset, H5P_DEFAULT, offset, &mask, unpacking->packed) < 0 || mask != 0)
        return 0;
    return size;
}

// The values of that chunk.
static bool unpack(struct unpacking *unpacking, uint64_t row, unsigned char *values)
{
    size_t bytes = unpacking->chunk_rows * unpacking->row_bytes, size = read_packed(unpacking, row, bytes);
    const unsigned char *shuffled = unpacking->packed;
    if (size == 0 || (unpacking->deflate < 0 && size != bytes))
        return false;
    if (unpacking->shuffle < 0)
        return elbow_hdf5_inflate(unpacking->packed, size, values, bytes);
    if (unpacking->deflate >= 0) {
        if (!take(&unpacking->shuffled, bytes) ||
            !elbow_hdf5_inflate(unpacking->packed, size, unpacking->shuffled, bytes))
            return false;
        shuffled = unpacking->shuffled;
    }
    unshuffle(shuffled, bytes / unpacking->size, unpacking->size, values);
    return true;
}

// Unpacks whole chunks in place; of others, copies the requested rows.
static bool copy_rows(struct unpacking *unpacking, uint64_t first, uint64_t count, unsigned char *out)
{
    for (uint64_t row = first, end = first + count; row < end;) {
        uint64_t chunk = row / unpacking->chunk_rows * unpacking->chunk_rows, next = chunk + unpacking->chunk_rows;
        uint64_t rows = (next < end ? next : end) - row;
        bool is_whole = rows == unpacking->chunk_rows;
        if (!is_whole && !take(&unpacking->plain, unpacking->chunk_rows * unpacking->row_bytes))
            return false;
        if (!unpack(unpacking, chunk, is_whole ? out : unpacking->plain))
            return false;
        if (!is_whole)
            memcpy(out, unpacking->plain + (row - chunk) * unpacking->row_bytes, rows * unpacking->row_bytes);
        out += rows * unpacking->row_bytes;
        row += rows;
    }
    return true;
}

bool elbow_hdf5_unpack_rows(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t first, uint64_t count,
                            void *out)
{
    struct unpacking unpacking;
    if (!begin(dataset, info, &unpacking))
        return false;
    bool is_done = copy_rows(&unpacking, first, count, out);
    elbow_release(&unpacking.packed);
    elbow_release(&unpacking.shuffled);
    elbow_release(&unpacking.plain);
    return is_done;
}

uint64_t elbow_hdf5_unpack_bytes(hid_t dataset, const struct elbow_hdf5_info *info, uint64_t packed, uint64_t otherwise)
{
    struct unpacking unpacking;
    if (!begin(dataset, info, &unpacking))
        return otherwise;
    uint64_t chunk = unpacking.chunk_rows * unpacking.row_bytes;
    bool has_both = unpacking.shuffle >= 0 && unpacking.deflate >= 0;
    bool has_edge = unpacking.rows % unpacking.chunk_rows != 0;
    return packed + (has_both ? chunk : 0) + (has_edge ? chunk : 0);
}
