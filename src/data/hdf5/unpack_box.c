// SPDX-License-Identifier: BSD-3-Clause
// Reads boxes from packed chunks of any shape; each chunk is read and unpacked once (see unpack.c).
#include "elbow/data/detail/unpack.h"

#include <string.h>

// A box, and the memory for its values.
struct filling {
    struct elbow_hdf5_unpacking unpacking;
    const hsize_t *first, *end;
    const size_t *stride; // values, along each axis
    char *out;            // of the value at `first`
};

// Copies the values of a line to places that are `stride` values apart.
#define SCATTER(bits)                                                                                                  \
    static void scatter_##bits(const void *from, void *to, hsize_t count, size_t stride)                               \
    {                                                                                                                  \
        const uint##bits##_t *values = from;                                                                           \
        uint##bits##_t *out = to;                                                                                      \
        for (hsize_t i = 0; i < count; ++i)                                                                            \
            out[i * stride] = values[i];                                                                               \
    }
SCATTER(8)
SCATTER(16)
SCATTER(32)
SCATTER(64)
#undef SCATTER

void elbow_hdf5_put_line(size_t size, const void *from, void *to, hsize_t count, size_t stride)
{
    if (stride == 1)
        memcpy(to, from, count * size);
    else if (size == 1)
        scatter_8(from, to, count, stride);
    else if (size == 2)
        scatter_16(from, to, count, stride);
    else if (size == 4)
        scatter_32(from, to, count, stride);
    else
        scatter_64(from, to, count, stride);
}

// Copies the values that a chunk and the box have in common.
static void put_chunk(const struct filling *filling, const hsize_t *offset, const unsigned char *values)
{
    const struct elbow_hdf5_unpacking *unpacking = &filling->unpacking;
    int last = unpacking->rank - 1;
    hsize_t low[ELBOW_HDF5_RANK_MAX], high[ELBOW_HDF5_RANK_MAX], at[ELBOW_HDF5_RANK_MAX];
    for (int i = 0; i <= last; ++i) {
        hsize_t end = offset[i] + unpacking->chunk[i];
        at[i] = low[i] = offset[i] > filling->first[i] ? offset[i] : filling->first[i];
        high[i] = end < filling->end[i] ? end : filling->end[i];
    }
    for (bool is_left = true; is_left;) {
        size_t from = 0, to = 0;
        for (int i = 0; i <= last; ++i) {
            from = from * unpacking->chunk[i] + (at[i] - offset[i]);
            to += (at[i] - filling->first[i]) * filling->stride[i];
        }
        elbow_hdf5_put_line(unpacking->size, values + from * unpacking->size, filling->out + to * unpacking->size,
                            high[last] - low[last], filling->stride[last]);
        is_left = false;
        for (int i = last - 1; i >= 0 && !is_left; --i) {
            is_left = ++at[i] < high[i];
            at[i] = is_left ? at[i] : low[i];
        }
    }
}

static bool fill(struct filling *filling)
{
    struct elbow_hdf5_unpacking *unpacking = &filling->unpacking;
    hsize_t from[ELBOW_HDF5_RANK_MAX], offset[ELBOW_HDF5_RANK_MAX];
    for (int i = 0; i < unpacking->rank; ++i)
        from[i] = offset[i] = filling->first[i] / unpacking->chunk[i] * unpacking->chunk[i];
    for (bool is_left = true; is_left;) {
        const unsigned char *values = elbow_hdf5_unpacking_chunk(unpacking, offset, NULL);
        if (values == NULL)
            return false;
        put_chunk(filling, offset, values);
        is_left = false;
        for (int i = unpacking->rank - 1; i >= 0 && !is_left; --i) {
            offset[i] += unpacking->chunk[i];
            is_left = offset[i] < filling->end[i];
            offset[i] = is_left ? offset[i] : from[i];
        }
    }
    return true;
}

bool elbow_hdf5_unpack_box(hid_t dataset, const struct elbow_hdf5_info *info, const hsize_t *first, const hsize_t *end,
                           void *out, const size_t *stride)
{
    struct filling filling = {.first = first, .end = end, .stride = stride, .out = out};
    for (int i = 0; i < info->rank; ++i)
        if (first[i] >= end[i])
            return false;
    if (!elbow_hdf5_unpacking_begin(dataset, info, &filling.unpacking))
        return false;
    bool is_done = fill(&filling);
    elbow_hdf5_unpacking_end(&filling.unpacking);
    return is_done;
}
