// SPDX-License-Identifier: BSD-3-Clause
// Reading rows along the last axis, as MATLAB writes matrices of rows: in boxes of whole chunks, each of which is
// transposed in memory. A chunk inside the requested rows is read once.
#include "elbow/data/detail/pieces.h"
#include "elbow/data/detail/unpack.h"

#include "elbow/base/memory.h"

#include <string.h>

struct turning {
    hid_t dataset, type, space;
    const struct elbow_hdf5_info *info;
    const struct elbow_hdf5_origins *origins; // of a virtual one
    int rank;
    size_t size; // of an element
    hsize_t first[ELBOW_HDF5_RANK_MAX], end[ELBOW_HDF5_RANK_MAX], chunk[ELBOW_HDF5_RANK_MAX], step[ELBOW_HDF5_RANK_MAX];
    size_t stride[ELBOW_HDF5_RANK_MAX]; // in `out`, of each axis
    void *box;
    char *out;
};

// A box is a chunk along each axis, or more, from the last axis on, as memory allows.
static bool find_steps(struct turning *turning)
{
    bool is_known = true;
    H5D_layout_t layout = H5D_VIRTUAL;
    hid_t creation = turning->dataset < 0 ? H5I_INVALID_HID : H5Dget_create_plist(turning->dataset);
    if (turning->dataset >= 0) {
        layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
        is_known = layout != H5D_LAYOUT_ERROR;
    }
    for (int i = 0; i < turning->rank; ++i)
        turning->chunk[i] = 1;
    if (layout == H5D_CHUNKED)
        is_known = H5Pget_chunk(creation, turning->rank, turning->chunk) == turning->rank;
    if (creation >= 0)
        H5Pclose(creation);
    bool has_chunks = layout == H5D_CHUNKED || (turning->origins != NULL && turning->origins->chunk[0] > 0);
    for (int i = 0; i < turning->rank && has_chunks && turning->origins != NULL; ++i)
        turning->chunk[i] = turning->origins->chunk[i];
    uint64_t bytes = turning->size, chunks = has_chunks ? ELBOW_HDF5_CHUNKS_MAX : UINT64_MAX;
    for (int i = 0; i < turning->rank && is_known; ++i)
        if (__builtin_mul_overflow(bytes, turning->chunk[i], &bytes))
            return false;
    uint64_t left = ELBOW_HDF5_BOX_BYTES / bytes;
    left = left < chunks ? left : chunks;
    for (int i = turning->rank - 1; i >= 0 && is_known; --i) {
        hsize_t there = (turning->end[i] - 1) / turning->chunk[i] - turning->first[i] / turning->chunk[i] + 1;
        hsize_t taken = there < left ? there : left > 0 ? left : 1;
        turning->step[i] = taken * turning->chunk[i];
        left /= taken;
    }
    return is_known;
}

// Copies the elements of a box to their places: each step of the last axis advances `out` by a row.
static void scatter(const struct turning *turning, const hsize_t *start, const hsize_t *count)
{
    int last = turning->rank - 1;
    hsize_t at[ELBOW_HDF5_RANK_MAX] = {0};
    const char *from = turning->box;
    for (bool is_left = true; is_left; from += count[last] * turning->size) {
        size_t to = (start[last] - turning->first[last]) * turning->stride[last];
        for (int i = 0; i < last; ++i)
            to += (start[i] + at[i]) * turning->stride[i];
        char *out = turning->out + to * turning->size;
        elbow_hdf5_put_line(turning->size, from, out, count[last], turning->stride[last]);
        is_left = false;
        for (int i = last - 1; i >= 0 && !is_left; --i) {
            is_left = ++at[i] < count[i];
            at[i] = is_left ? at[i] : 0;
        }
    }
}

static bool read_stored(const struct turning *turning, const hsize_t *start, const hsize_t *count)
{
    hid_t memory = H5Screate_simple(turning->rank, count, NULL);
    bool is_read = memory >= 0 && H5Sselect_hyperslab(turning->space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                   H5Dread(turning->dataset, turning->type, memory, turning->space, H5P_DEFAULT, turning->box) >= 0;
    if (memory >= 0)
        H5Sclose(memory);
    return is_read;
}

static enum elbow_status read_box(struct elbow_hdf5 *file, const char *name, const struct turning *turning,
                                  const hsize_t *start, const hsize_t *count, struct elbow_error *error)
{
    hsize_t end[ELBOW_HDF5_RANK_MAX];
    size_t stride[ELBOW_HDF5_RANK_MAX], values = 1;
    for (int i = turning->rank - 1; i >= 0; --i) {
        end[i] = start[i] + count[i];
        stride[i] = values;
        values *= count[i];
    }
    if (turning->dataset < 0)
        return elbow_hdf5_pieces_read(turning->origins->pieces, start, end, turning->type, turning->box, error);
    if (elbow_hdf5_unpack_box(turning->dataset, turning->info, start, end, turning->box, stride))
        return ELBOW_OK;
    enum elbow_status status = elbow_hdf5_check_box(file, turning->dataset, name, start, end, error);
    if (status == ELBOW_OK && !read_stored(turning, start, count))
        status = elbow_hdf5_fail(
            file, ELBOW_FORMAT, error, "columns %llu to %llu of dataset %s cannot be read (data.transpose)",
            (unsigned long long)start[turning->rank - 1], (unsigned long long)end[turning->rank - 1] - 1, name);
    return status;
}

// The box at `start`, up to the next bound of its steps.
static void size_box(const struct turning *turning, const hsize_t *start, hsize_t *count)
{
    for (int i = 0; i < turning->rank; ++i) {
        hsize_t next = (start[i] / turning->step[i] + 1) * turning->step[i];
        count[i] = (next < turning->end[i] ? next : turning->end[i]) - start[i];
    }
}

static bool next_box(const struct turning *turning, hsize_t *start)
{
    for (int i = turning->rank - 1; i >= 0; --i) {
        start[i] = (start[i] / turning->step[i] + 1) * turning->step[i];
        if (start[i] < turning->end[i])
            return true;
        start[i] = turning->first[i];
    }
    return false;
}

static enum elbow_status read_boxes(struct elbow_hdf5 *file, const char *name, struct turning *turning,
                                    struct elbow_error *error)
{
    hsize_t start[ELBOW_HDF5_RANK_MAX], count[ELBOW_HDF5_RANK_MAX], most = 1;
    if ((turning->dataset >= 0 && turning->space < 0) || !find_steps(turning))
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "dataset %s cannot be read", name);
    for (int i = 0; i < turning->rank; ++i) {
        hsize_t there = turning->end[i] - turning->first[i];
        most *= turning->step[i] < there ? turning->step[i] : there;
        start[i] = turning->first[i];
    }
    enum elbow_status status = elbow_allocate(&turning->box, most, turning->size, "values to be transposed", error);
    bool is_left = true;
    while (is_left && status == ELBOW_OK) {
        size_box(turning, start, count);
        status = read_box(file, name, turning, start, count, error);
        if (status == ELBOW_OK)
            scatter(turning, start, count);
        is_left = next_box(turning, start);
    }
    elbow_release(&turning->box);
    return status;
}

enum elbow_status elbow_hdf5_read_reversed(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
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
    int last = info.rank - 1;
    ELBOW_CHECK(last >= 0 && first <= info.shape[last] && count <= info.shape[last] - first);
    struct turning turning = {.dataset = dataset,
                              .info = &info,
                              .origins = origins,
                              .type = elbow_hdf5_native_type(info.element),
                              .rank = info.rank,
                              .size = elbow_element_size(info.element),
                              .out = out};
    size_t stride = 1;
    for (int i = 0; i < info.rank; ++i) {
        turning.stride[i] = stride; // that of the last axis is a whole row
        turning.end[i] = info.shape[i];
        stride *= info.shape[i];
    }
    turning.first[last] = first;
    turning.end[last] = first + count;
    bool is_empty = count == 0 || stride == 0;
    turning.space = is_empty || dataset < 0 ? H5I_INVALID_HID : H5Dget_space(dataset);
    if (!is_empty)
        status = read_boxes(file, name, &turning, error);
    if (turning.space >= 0)
        H5Sclose(turning.space);
    if (dataset >= 0)
        H5Dclose(dataset);
    enum elbow_status steady = elbow_hdf5_check_steady(file, error);
    return steady != ELBOW_OK ? steady : status;
}
