// SPDX-License-Identifier: BSD-3-Clause
// Reads a box of a virtual dataset from its sources, in the order of the mappings, like libhdf5. Only one source is
// open at a time.
#include "elbow/data/detail/pieces.h"

#include "elbow/data/detail/box.h"

// A box of the virtual dataset, and the part of it that the current piece provides.
struct work {
    struct elbow_hdf5_pieces *pieces;
    const hsize_t *first, *end;
    hid_t type, memory, space; // `space`: of the source
    void *out;
    struct elbow_hdf5_lines lines;
    hsize_t low[ELBOW_HDF5_RANK_MAX], high[ELBOW_HDF5_RANK_MAX]; // indices of its lines
};

// The number of indices of a line before a place.
static hsize_t count_before(const struct elbow_hdf5_line *line, hsize_t place)
{
    if (place <= line->start)
        return 0;
    hsize_t count = (place - line->start - 1) / line->stride + 1;
    return count < line->length ? count : line->length;
}

// Whether a piece has a part in the box.
static bool meet(struct work *work, size_t piece)
{
    elbow_hdf5_pieces_lines(work->pieces, piece, &work->lines);
    for (int i = 0; i < work->pieces->info.rank; ++i) {
        work->low[i] = count_before(&work->lines.to[i], work->first[i]);
        work->high[i] = count_before(&work->lines.to[i], work->end[i]);
        if (work->low[i] >= work->high[i])
            return false;
    }
    return true;
}

static enum elbow_status open_source(struct work *work, size_t piece, struct elbow_error *error)
{
    struct elbow_hdf5_pieces *pieces = work->pieces;
    struct elbow_hdf5_view *view = &pieces->view;
    const struct elbow_hdf5_line *rows = &work->lines.to[0];
    const char *file = pieces->texts + pieces->pieces[piece].file;
    const char *dataset = pieces->texts + pieces->pieces[piece].dataset;
    struct elbow_hdf5_rows range = {rows->start, rows->start + (rows->length - 1) * rows->stride};
    enum elbow_status status = elbow_hdf5_open_source(view, file, dataset, range, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_reopen_source(view, range, error);
    if (status == ELBOW_OK && view->source_info.rank != work->lines.source_rank)
        status = elbow_error_set(error, ELBOW_MISMATCH, "%s: dataset %s of %s has changed since it was checked",
                                 view->file->name, dataset, file);
    return status;
}

static bool add_lines(hid_t space, int rank, const hsize_t *start, const hsize_t *stride, const hsize_t *count)
{
    return H5Sselect_hyperslab(space, H5S_SELECT_SET, start, stride, count, NULL) >= 0 && rank > 0;
}

// Whether a part of a piece, which is a box of its source, could be read.
static bool read_part(const struct work *work, const hsize_t *start, const hsize_t *next)
{
    const struct elbow_hdf5_lines *lines = &work->lines;
    hsize_t at[ELBOW_HDF5_RANK_MAX], by[ELBOW_HDF5_RANK_MAX], count[ELBOW_HDF5_RANK_MAX];
    hsize_t to[ELBOW_HDF5_RANK_MAX], apart[ELBOW_HDF5_RANK_MAX], number[ELBOW_HDF5_RANK_MAX];
    int rank = work->pieces->info.rank;
    for (int i = 0; i < rank; ++i) {
        to[i] = lines->to[i].start + work->low[i] * lines->to[i].stride - work->first[i];
        apart[i] = lines->to[i].stride;
        number[i] = 1; // determined by a line of the source
    }
    for (int i = 0; i < lines->source_rank; ++i) {
        const struct elbow_hdf5_line *line = &lines->from[i];
        hsize_t low = count_before(line, start[i]), high = count_before(line, next[i]);
        if (low >= high)
            return true; // between two indices
        at[i] = line->start + low * line->stride;
        by[i] = line->stride;
        count[i] = high - low;
        if (lines->axis[i] < 0)
            continue;
        int k = lines->axis[i];
        to[k] = lines->to[k].start + low * lines->to[k].stride - work->first[k];
        number[k] = high - low;
    }
    return add_lines(work->space, lines->source_rank, at, by, count) &&
           add_lines(work->memory, rank, to, apart, number) &&
           H5Dread(work->pieces->view.source_id, work->type, work->memory, work->space, H5P_DEFAULT, work->out) >= 0;
}

// Likewise out of chunks that are unpacked here, each once. False: it is left to libhdf5.
static bool unpack_part(const struct work *work, const hsize_t *start, const hsize_t *next)
{
    const struct elbow_hdf5_lines *lines = &work->lines;
    const struct elbow_hdf5_info *info = &work->pieces->info, *source = &work->pieces->view.source_info;
    hsize_t first[ELBOW_HDF5_RANK_MAX], end[ELBOW_HDF5_RANK_MAX];
    size_t step[ELBOW_HDF5_RANK_MAX], stride[ELBOW_HDF5_RANK_MAX], values = 1, at = 0;
    if (source->element != info->element)
        return false;
    for (int i = info->rank - 1; i >= 0; --i) { // of the virtual dataset
        step[i] = values;
        values *= work->end[i] - work->first[i];
        at += (lines->to[i].start + work->low[i] * lines->to[i].stride - work->first[i]) * step[i];
    }
    for (int i = 0; i < lines->source_rank; ++i) {
        const struct elbow_hdf5_line *line = &lines->from[i];
        hsize_t low = count_before(line, start[i]), high = count_before(line, next[i]);
        int k = lines->axis[i];
        if (low >= high || (line->stride != 1 && high - low > 1))
            return false;
        first[i] = line->start + low * line->stride;
        end[i] = first[i] + high - low;
        stride[i] = k < 0 ? 1 : lines->to[k].stride * step[k];
        at += k < 0 ? 0 : (low - work->low[k]) * stride[i];
    }
    char *out = (char *)work->out + at * elbow_element_size(info->element);
    return elbow_hdf5_unpack_box(work->pieces->view.source_id, source, first, end, out, stride);
}

static enum elbow_status read_piece(struct work *work, struct elbow_error *error)
{
    struct elbow_hdf5_view *view = &work->pieces->view;
    const struct elbow_hdf5_lines *lines = &work->lines;
    struct elbow_hdf5_box box = {.rank = lines->source_rank};
    hsize_t start[ELBOW_HDF5_RANK_MAX], next[ELBOW_HDF5_RANK_MAX];
    for (int i = 0; i < box.rank; ++i) {
        hsize_t low = lines->axis[i] < 0 ? 0 : work->low[lines->axis[i]];
        hsize_t high = lines->axis[i] < 0 ? 1 : work->high[lines->axis[i]];
        box.first[i] = start[i] = lines->from[i].start + low * lines->from[i].stride;
        box.end[i] = lines->from[i].start + (high - 1) * lines->from[i].stride + 1;
    }
    bool is_read = elbow_hdf5_box_steps(view->source_id, &view->source_info, &box);
    enum elbow_status status = ELBOW_OK;
    bool is_left = is_read;
    while (is_left && is_read && status == ELBOW_OK) {
        elbow_hdf5_box_part(&box, start, next);
        if (!unpack_part(work, start, next)) {
            status = elbow_hdf5_check_box(view->source, view->source_id, view->source_dataset, start, next, error);
            is_read = status != ELBOW_OK || read_part(work, start, next);
        }
        is_left = elbow_hdf5_box_next(&box, start);
    }
    return is_read ? status
                   : elbow_hdf5_box_fail(view->source, view->source_id, view->source_dataset, &view->source_info, &box,
                                         error);
}

enum elbow_status elbow_hdf5_pieces_read(struct elbow_hdf5_pieces *pieces, const hsize_t *first, const hsize_t *end,
                                         hid_t type, void *out, struct elbow_error *error)
{
    struct work work = {.pieces = pieces, .first = first, .end = end, .type = type, .out = out};
    hsize_t shape[ELBOW_HDF5_RANK_MAX];
    for (int i = 0; i < pieces->info.rank; ++i)
        shape[i] = end[i] - first[i];
    work.memory = H5Screate_simple(pieces->info.rank, shape, NULL);
    enum elbow_status status = work.memory < 0 ? elbow_hdf5_fail_view(&pieces->view, error) : ELBOW_OK;
    for (size_t i = 0; i < pieces->count && status == ELBOW_OK; ++i) {
        if (!meet(&work, i))
            continue;
        status = open_source(&work, i, error);
        work.space = status == ELBOW_OK ? H5Dget_space(pieces->view.source_id) : H5I_INVALID_HID;
        if (status == ELBOW_OK)
            status = work.space < 0 ? elbow_hdf5_fail_view(&pieces->view, error) : read_piece(&work, error);
        if (work.space >= 0)
            H5Sclose(work.space);
    }
    if (work.memory >= 0)
        H5Sclose(work.memory);
    // Its chunks are not cached, but its file stays open.
    if (status == ELBOW_OK)
        elbow_hdf5_close_source_dataset(&pieces->view);
    else
        elbow_hdf5_close_source(&pieces->view);
    return status;
}
