// SPDX-License-Identifier: BSD-3-Clause
// Checks the chunks of rows before libhdf5 reads them. If a chunk unpacks to too few bytes, libhdf5 accepts it, reads
// beyond its memory, and returns what is there as values. The packed chunks are therefore unpacked here first, only to
// count their bytes. Chunks that do not unpack at all, and unknown filters (plugins, szip), are left to libhdf5.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <zlib.h>

// Packing that does not help adds 5 bytes to 16 KB, and checksums.
enum { FILTERS_MAX = 8, CHECKSUM_BYTES = 4, SCRATCH_BYTES = 1 << 15, PACKED_SHARE = 64, PACKED_EXTRA = 1024 };
enum { FEW_MAX = 1000 }; // the time of libhdf5 grows with the square

struct chunks {
    hid_t dataset;
    int rank, filters;
    hsize_t shape[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
    H5Z_filter_t filter[FILTERS_MAX]; // in the order of packing
    uint64_t bytes;                   // of an unpacked chunk
    bool leaves_edges;                // chunks that extend beyond the dataset are not packed
    unsigned char *packed;
    size_t capacity;
};

static bool is_known(H5Z_filter_t filter)
{
    return filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE || filter == H5Z_FILTER_FLETCHER32;
}

static bool find_filters(hid_t creation, struct chunks *chunks)
{
    unsigned options = 0;
    chunks->filters = H5Pget_nfilters(creation);
    if (chunks->filters < 1 || chunks->filters > FILTERS_MAX || H5Pget_chunk_opts(creation, &options) < 0)
        return false;
    chunks->leaves_edges = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    for (int i = 0; i < chunks->filters; ++i) {
        unsigned flags, config;
        size_t values = 0;
        chunks->filter[i] = H5Pget_filter2(creation, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        if (!is_known(chunks->filter[i]))
            return false;
    }
    return true;
}

// Bytes of an element in the file; a text of variable length is a length, an address and an index in the heap. 0 if
// unknown.
static uint64_t stored_size(hid_t dataset, hid_t type)
{
    size_t address = 0, length = 0;
    if (H5Tis_variable_str(type) <= 0)
        return H5Tget_size(type);
    hid_t file = H5Iget_file_id(dataset), creation = file < 0 ? H5I_INVALID_HID : H5Fget_create_plist(file);
    bool is_known = creation >= 0 && H5Pget_sizes(creation, &address, &length) >= 0;
    if (creation >= 0)
        H5Pclose(creation);
    if (file >= 0)
        H5Fclose(file);
    return is_known ? 4 + address + 4 : 0;
}

static bool find_shapes(hid_t creation, struct chunks *chunks)
{
    hid_t space = H5Dget_space(chunks->dataset), type = H5Dget_type(chunks->dataset);
    chunks->rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunks->chunk);
    bool is_found = space >= 0 && type >= 0 && chunks->rank > 0 &&
                    H5Sget_simple_extent_dims(space, chunks->shape, NULL) == chunks->rank;
    chunks->bytes = is_found ? stored_size(chunks->dataset, type) : 0;
    for (int i = 0; i < chunks->rank && is_found; ++i)
        chunks->bytes *= chunks->chunk[i]; // less than 4 GB, says libhdf5
    if (space >= 0)
        H5Sclose(space);
    if (type >= 0)
        H5Tclose(type);
    return chunks->bytes > 0;
}

// Whether there are packed chunks whose bytes can be counted.
static bool begin(hid_t dataset, struct chunks *chunks)
{
    *chunks = (struct chunks){.dataset = dataset};
    hid_t creation = H5Dget_create_plist(dataset);
    if (creation < 0)
        return false;
    bool is_packed =
        H5Pget_layout(creation) == H5D_CHUNKED && find_filters(creation, chunks) && find_shapes(creation, chunks);
    H5Pclose(creation);
    return is_packed;
}

static const uint64_t NOT_KNOWN = UINT64_MAX;

// The number of bytes that a stream inflates to, if it is complete.
static uint64_t inflated_size(const unsigned char *bytes, size_t size)
{
    unsigned char scratch[SCRATCH_BYTES];
    uint64_t total = 0;
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)bytes, .avail_in = (unsigned)size};
    if (size != (unsigned)size || inflateInit(&stream) != Z_OK)
        return NOT_KNOWN;
    int result = Z_OK;
    while (result == Z_OK) {
        stream.next_out = scratch;
        stream.avail_out = sizeof scratch;
        result = inflate(&stream, Z_NO_FLUSH);
        total += sizeof scratch - stream.avail_out;
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END ? total : NOT_KNOWN;
}

bool elbow_hdf5_inflate(const void *packed, size_t size, void *out, size_t bytes)
{
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)packed,
                       .avail_in = (unsigned)size,
                       .next_out = out,
                       .avail_out = (unsigned)bytes};
    if (size != (unsigned)size || bytes != (unsigned)bytes || inflateInit(&stream) != Z_OK)
        return false;
    int result = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
    return result == Z_STREAM_END && stream.avail_out == 0;
}

// The number of bytes of a chunk after its filters; the mask says which filters were skipped.
static uint64_t unpacked_size(const struct chunks *chunks, uint32_t mask, size_t size)
{
    uint64_t left = size;
    for (int i = chunks->filters - 1; i >= 0; --i) {
        bool is_used = (mask >> i & 1) == 0;
        if (is_used && chunks->filter[i] == H5Z_FILTER_FLETCHER32)
            left = left > CHECKSUM_BYTES ? left - CHECKSUM_BYTES : 0;
        if (is_used && chunks->filter[i] == H5Z_FILTER_DEFLATE)
            left = left <= size ? inflated_size(chunks->packed, (size_t)left) : NOT_KNOWN; // packed twice
        if (left == NOT_KNOWN)
            return left;
    }
    return left;
}

static bool is_over_edge(const struct chunks *chunks, const hsize_t *offset)
{
    for (int i = 0; i < chunks->rank; ++i)
        if (offset[i] + chunks->chunk[i] > chunks->shape[i])
            return true;
    return false;
}

static enum elbow_status reserve(struct chunks *chunks, size_t size, struct elbow_error *error)
{
    if (size <= chunks->capacity)
        return ELBOW_OK;
    elbow_release(&chunks->packed);
    chunks->capacity = 0;
    enum elbow_status status = elbow_allocate(&chunks->packed, size, 1, "a packed chunk", error);
    if (status == ELBOW_OK)
        chunks->capacity = size;
    return status;
}

static enum elbow_status check_chunk(struct elbow_hdf5 *file, const char *name, struct chunks *chunks,
                                     const hsize_t *offset, struct elbow_error *error)
{
    hsize_t size = 0;
    uint32_t mask = 0;
    // A chunk without a size was never written, or libhdf5 also fails to read it.
    if (H5Dget_chunk_storage_size(chunks->dataset, offset, &size) < 0 || size == 0)
        return ELBOW_OK;
    unsigned long long first = offset[0], last = first + chunks->chunk[0] - 1;
    last = last < chunks->shape[0] ? last : chunks->shape[0] - 1;
    if (size > chunks->bytes + chunks->bytes / PACKED_SHARE + PACKED_EXTRA)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: rows %llu to %llu of dataset %s are damaged: their chunk of %llu bytes is packed "
                               "in %llu; create the file again, or use another copy of it",
                               file->name, first, last, name, (unsigned long long)chunks->bytes,
                               (unsigned long long)size);
    enum elbow_status status = reserve(chunks, size, error);
    if (status != ELBOW_OK)
        return status;
    if (H5Dread_chunk(chunks->dataset, H5P_DEFAULT, offset, &mask, chunks->packed) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "rows %llu to %llu of dataset %s cannot be read", first, last,
                               name);
    bool is_plain = chunks->leaves_edges && is_over_edge(chunks, offset);
    uint64_t bytes = is_plain ? size : unpacked_size(chunks, mask, size);
    if (bytes == chunks->bytes || bytes == NOT_KNOWN)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: rows %llu to %llu of dataset %s are damaged: their chunk unpacks to %llu bytes, %llu "
                           "were expected; create the file again, or use another copy of it",
                           file->name, first, last, name, (unsigned long long)bytes, (unsigned long long)chunks->bytes);
}

// Advances to the next chunk of a box; false after the last one. `begin` is at chunk boundaries.
static bool next_in_box(const struct chunks *chunks, const hsize_t *begin, const hsize_t *end, hsize_t *offset)
{
    for (int i = chunks->rank - 1; i >= 0; --i) {
        offset[i] += chunks->chunk[i];
        if (offset[i] < end[i])
            return true;
        offset[i] = begin[i];
    }
    return false;
}

// The same for rows.
static bool next_chunk(const struct chunks *chunks, hsize_t end, hsize_t *offset)
{
    hsize_t none[H5S_MAX_RANK] = {0}, ends[H5S_MAX_RANK];
    for (int i = 0; i < chunks->rank; ++i)
        ends[i] = i == 0 ? end : chunks->shape[i];
    return next_in_box(chunks, none, ends, offset);
}

enum elbow_status elbow_hdf5_check_box(struct elbow_hdf5 *file, hid_t dataset, const char *name, const hsize_t *first,
                                       const hsize_t *end, struct elbow_error *error)
{
    struct chunks chunks;
    hsize_t from[H5S_MAX_RANK], offset[H5S_MAX_RANK];
    if (!begin(dataset, &chunks))
        return ELBOW_OK;
    for (int i = 0; i < chunks.rank; ++i) {
        offset[i] = from[i] = first[i] / chunks.chunk[i] * chunks.chunk[i];
        if (first[i] >= end[i])
            return ELBOW_OK;
    }
    enum elbow_status status;
    do
        status = check_chunk(file, name, &chunks, offset, error);
    while (status == ELBOW_OK && next_in_box(&chunks, from, end, offset));
    elbow_release(&chunks.packed);
    return status;
}

enum elbow_status elbow_hdf5_check_chunks(struct elbow_hdf5 *file, hid_t dataset, const char *name, uint64_t first,
                                          uint64_t count, struct elbow_error *error)
{
    hsize_t from[H5S_MAX_RANK] = {first}, end[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    if (space < 0)
        return ELBOW_OK; // the read fails as well
    bool has_shape = H5Sget_simple_extent_dims(space, end, NULL) > 0;
    H5Sclose(space);
    end[0] = first + count;
    return has_shape ? elbow_hdf5_check_box(file, dataset, name, from, end, error) : ELBOW_OK;
}

// The n-th written chunk, in any order.
static bool nth_uses_filter(hid_t dataset, hid_t space, hsize_t n, int index)
{
    hsize_t offset[H5S_MAX_RANK], size = 0;
    haddr_t address = HADDR_UNDEF;
    unsigned mask = 0;
    return H5Dget_chunk_info(dataset, space, n, offset, &mask, &address, &size) < 0 || (mask >> index & 1) == 0;
}

static bool any_uses_filter(const struct chunks *chunks, int index)
{
    hsize_t offset[H5S_MAX_RANK] = {0};
    bool uses;
    do {
        unsigned mask = 0;
        haddr_t address = HADDR_UNDEF;
        hsize_t size = 0;
        herr_t result = H5Dget_chunk_info_by_coord(chunks->dataset, offset, &mask, &address, &size);
        uses = result < 0 || (address != HADDR_UNDEF && (mask >> index & 1) == 0);
    } while (!uses && next_chunk(chunks, chunks->shape[0], offset));
    return uses;
}

static bool find_places(hid_t dataset, struct chunks *chunks)
{
    *chunks = (struct chunks){.dataset = dataset};
    hid_t creation = H5Dget_create_plist(dataset);
    bool is_found = creation >= 0 && find_shapes(creation, chunks);
    if (creation >= 0)
        H5Pclose(creation);
    for (int i = 0; i < chunks->rank && is_found; ++i)
        is_found = chunks->shape[i] > 0;
    return is_found;
}

static bool is_full(const struct chunks *chunks, uint64_t written)
{
    uint64_t all = 1;
    for (int i = 0; i < chunks->rank; ++i)
        if (__builtin_mul_overflow(all, (chunks->shape[i] - 1) / chunks->chunk[i] + 1, &all))
            return false;
    return written >= all;
}

bool elbow_hdf5_uses_filter(hid_t dataset, int index)
{
    struct chunks chunks;
    hsize_t written = 0;
    hid_t space = H5Dget_space(dataset);
    bool uses = space < 0 || H5Dget_num_chunks(dataset, space, &written) < 0;
    if (!uses && written > 0 && find_places(dataset, &chunks) && is_full(&chunks, written))
        uses = any_uses_filter(&chunks, index);
    else if (written > FEW_MAX) // if most places are empty, they are not visited one by one
        uses = true;
    else
        for (hsize_t n = 0; n < written && !uses; ++n)
            uses = nth_uses_filter(dataset, space, n, index);
    if (space >= 0)
        H5Sclose(space);
    return uses;
}

static bool is_written(const struct chunks *chunks, const hsize_t *offset)
{
    hsize_t size = 0;
    return H5Dget_chunk_storage_size(chunks->dataset, offset, &size) >= 0 && size > 0;
}

static hsize_t last_offset(const struct chunks *chunks, int i)
{
    return (chunks->shape[i] - 1) / chunks->chunk[i] * chunks->chunk[i];
}

// Steps back to the previous chunk; false at the first one.
static bool previous_chunk(const struct chunks *chunks, hsize_t *offset)
{
    for (int i = chunks->rank - 1; i >= 0; --i) {
        if (offset[i] > 0) {
            offset[i] -= chunks->chunk[i];
            return true;
        }
        offset[i] = last_offset(chunks, i);
    }
    return false;
}

void elbow_hdf5_find_unwritten(hid_t dataset, uint64_t *first, uint64_t *last)
{
    struct chunks chunks;
    if (!find_places(dataset, &chunks))
        return;
    // However many chunks are missing, each walk passes only written ones.
    hsize_t front[H5S_MAX_RANK] = {0}, back[H5S_MAX_RANK];
    for (int i = 0; i < chunks.rank; ++i)
        back[i] = last_offset(&chunks, i);
    while (is_written(&chunks, front) && next_chunk(&chunks, chunks.shape[0], front))
        continue;
    while (is_written(&chunks, back) && previous_chunk(&chunks, back))
        continue;
    uint64_t end = back[0] + chunks.chunk[0];
    *first = front[0];
    *last = (end < chunks.shape[0] ? end : chunks.shape[0]) - 1;
}
