// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets. libhdf5 gives fill values for a source that is not there, for rows that a source no longer has, and
// for rows that no source maps; so all sources are looked at before anything is read.
#include "elbow/data/detail/blocks.h"
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/inputs.h"

#include <stdio.h>
#include <string.h>

// DEPTH_MAX: virtual datasets of virtual datasets. AHEAD: sources of a pattern that are looked for behind a gap.
enum { DEPTH_MAX = 8, AHEAD = 16 };

// A virtual dataset that is being looked at.
struct view {
    struct elbow_hdf5 *file;
    const char *name;
    const struct elbow_hdf5_info *info;
    hid_t creation, left; // left: what no source maps so far
    elbow_path home;      // the file that it lies in
    int depth;
    elbow_hdf5_check *check; // looks at a source
    // The source that was looked at last: consecutive mappings often have the same.
    struct elbow_hdf5 *source;
    struct elbow_hdf5_info source_info;
    elbow_path source_file, source_dataset;
};

// A mapping: blocks of the virtual dataset and of the source, both as selected.
struct mapping {
    hid_t virtual_space, source_space;
    elbow_path file, dataset;
};

static enum elbow_status fail_view(const struct view *view, struct elbow_error *error)
{
    return elbow_hdf5_fail(view->file, ELBOW_FORMAT, error, "the sources of virtual dataset %s cannot be read",
                           view->name);
}

// The n-th name of a pattern: %b is n, %% is %. Whether it is a pattern at all.
static bool name_of_block(const char *pattern, uint64_t n, elbow_path name)
{
    size_t length = 0;
    bool is_pattern = false;
    for (const char *p = pattern; *p != '\0' && length + 24 < ELBOW_PATH_SIZE; ++p) {
        if (p[0] == '%' && p[1] == 'b') {
            length += (size_t)snprintf(name + length, ELBOW_PATH_SIZE - length, "%llu", (unsigned long long)n);
            is_pattern = true;
            ++p;
        } else {
            name[length++] = *p;
            p += p[0] == '%' && p[1] == '%';
        }
    }
    name[length] = '\0';
    return is_pattern;
}

static void close_source(struct view *view)
{
    if (view->source != view->file)
        elbow_hdf5_close(view->source, NULL);
    view->source = NULL;
}

static const uint64_t NO_END = UINT64_MAX;

static enum elbow_status fail_source(const struct view *view, const char *file, const char *dataset, uint64_t first,
                                     uint64_t last, struct elbow_error *error)
{
    char rows[64];
    if (last == NO_END)
        elbow_text_format(rows, sizeof rows, "rows from %llu on", (unsigned long long)first);
    else
        elbow_text_format(rows, sizeof rows, "rows %llu to %llu", (unsigned long long)first, (unsigned long long)last);
    return elbow_error_set(
        error, ELBOW_FILE,
        "%s: %s of virtual dataset %s are those of %s in %s, and there is no such file (looked for beside it, in the "
        "working directory, and where HDF5_VDS_PREFIX says)",
        view->file->name, rows, view->name, dataset, file);
}

// The source of a mapping into view->source, whole as it should be.
static enum elbow_status open_source(struct view *view, const char *file, const char *dataset, uint64_t first,
                                     uint64_t last, struct elbow_error *error)
{
    if (view->source != NULL && strcmp(file, view->source_file) == 0 && strcmp(dataset, view->source_dataset) == 0)
        return ELBOW_OK;
    close_source(view);
    elbow_path path;
    elbow_text_format(view->source_file, sizeof view->source_file, "%s", file);
    elbow_text_format(view->source_dataset, sizeof view->source_dataset, "%s", dataset);
    enum elbow_status status = ELBOW_OK;
    if (strcmp(file, ".") == 0 && strcmp(view->home, view->file->name) == 0)
        view->source = view->file;
    else if (strcmp(file, ".") == 0)
        status = elbow_hdf5_open(view->home, &view->source, error);
    else if (!elbow_hdf5_resolve("HDF5_VDS_PREFIX", view->home, file, path))
        return fail_source(view, file, dataset, first, last, error);
    else if (elbow_inputs_note(path, error) != ELBOW_OK)
        return ELBOW_MEMORY;
    else
        status = elbow_hdf5_open(path, &view->source, error);
    hid_t id;
    if (status == ELBOW_OK)
        status = elbow_hdf5_open_any(view->source, dataset, &id, &view->source_info, error);
    if (status == ELBOW_OK)
        status = view->check(view->source, id, dataset, &view->source_info, view->depth + 1, error);
    if (status == ELBOW_OK)
        return status;
    if (view->depth > 0)
        return status;
    elbow_error_prefix(error, "%s: virtual dataset %s (rows %llu to %llu): ", view->file->name, view->name,
                       (unsigned long long)first, (unsigned long long)last);
    return status;
}

#define LEAST(a, b) ((a) < (b) ? (a) : (b))

// Takes `count` indices of an axis (of what has no end) out of what is left.
static bool take_indices(struct view *view, struct elbow_hdf5_blocks blocks, int axis, hsize_t count)
{
    if (count == 0)
        return true;
    hsize_t whole = 0, rest = count;
    if (blocks.block[axis] != H5S_UNLIMITED) {
        whole = count / blocks.block[axis];
        rest = count % blocks.block[axis];
    }
    struct elbow_hdf5_blocks last = blocks;
    blocks.count[axis] = whole;
    if (whole > 0 && !elbow_hdf5_blocks_take(view->left, &blocks))
        return false;
    last.start[axis] += whole * last.stride[axis];
    last.stride[axis] = last.count[axis] = 1;
    last.block[axis] = rest;
    return rest == 0 || elbow_hdf5_blocks_take(view->left, &last);
}

// Blocks of no regular order, one by one.
static bool take_list(struct view *view, hid_t space)
{
    hssize_t count = H5Sget_select_hyper_nblocks(space);
    hsize_t corners[2 * H5S_MAX_RANK];
    int rank = view->info->rank;
    for (hssize_t n = 0; n < count; ++n) {
        struct elbow_hdf5_blocks blocks;
        if (H5Sget_select_hyper_blocklist(space, (hsize_t)n, 1, corners) < 0)
            return false;
        for (int i = 0; i < rank; ++i) {
            blocks.start[i] = corners[i];
            blocks.stride[i] = blocks.count[i] = 1;
            blocks.block[i] = corners[rank + i] - corners[i] + 1;
        }
        if (!elbow_hdf5_blocks_take(view->left, &blocks))
            return false;
    }
    return count >= 0;
}

static void print_shape(int rank, const uint64_t *shape, char *text, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < rank && length < size; ++i)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%llu", i > 0 ? " x " : "", (unsigned long long)shape[i]);
}

// A source that is mapped whole must be as it was: the file holds no shape of it, and HDF5 would cut its values anew.
// `to`: where they go, NULL if that is not regular.
static enum elbow_status check_whole(const struct view *view, hid_t space, const struct elbow_hdf5_blocks *to,
                                     struct elbow_error *error)
{
    const struct elbow_hdf5_info *source = &view->source_info;
    int rank = view->info->rank;
    uint64_t lengths[ELBOW_HDF5_RANK_MAX];
    char now[256] = "", then[256] = "other";
    if (to == NULL ? elbow_hdf5_blocks_have_rows(space, source->rank, source->shape)
                   : elbow_hdf5_blocks_have_shape(to, rank, source->shape, source->rank))
        return ELBOW_OK;
    for (int i = 0; to != NULL && i < rank; ++i)
        lengths[i] = to->count[i] * to->block[i];
    if (to != NULL)
        print_shape(rank, lengths, then, sizeof then);
    print_shape(source->rank, source->shape, now, sizeof now);
    return elbow_error_set(
        error, ELBOW_MISMATCH,
        "%s: virtual dataset %s maps the whole of %s in %s to %s values, but that has %s now; make it anew from its "
        "sources",
        view->file->name, view->name, view->source_dataset, view->source_file, then, now);
}

// A source must hold what is mapped; `to`: where, NULL if that is not regular.
static enum elbow_status check_extent(const struct view *view, const struct mapping *mapping,
                                      const struct elbow_hdf5_blocks *to, struct elbow_error *error)
{
    const struct elbow_hdf5_info *source = &view->source_info;
    hsize_t low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    struct elbow_hdf5_blocks blocks;
    if (H5Sget_select_type(mapping->source_space) == H5S_SEL_ALL)
        return check_whole(view, mapping->virtual_space, to, error);
    int rank = H5Sget_simple_extent_ndims(mapping->source_space);
    if (rank < 0)
        return fail_view(view, error);
    bool is_regular = elbow_hdf5_blocks_of(mapping->source_space, &blocks);
    if (rank == source->rank && is_regular && elbow_hdf5_blocks_endless(&blocks, rank) >= 0)
        return ELBOW_OK; // as long as it happens to be
    if (H5Sget_select_bounds(mapping->source_space, low, high) < 0)
        return fail_view(view, error);
    for (int i = 0; i < rank; ++i)
        if (rank != source->rank || high[i] >= source->shape[i])
            return elbow_error_set(
                error, ELBOW_MISMATCH,
                "%s: virtual dataset %s maps %llu indices of dimension %d of %s in %s, which has %llu of them in %d "
                "dimensions; make it anew from its sources",
                view->file->name, view->name, (unsigned long long)high[i] + 1, i, view->source_dataset,
                view->source_file, (unsigned long long)(i < source->rank ? source->shape[i] : 0), source->rank);
    return ELBOW_OK;
}

static enum elbow_status check_single(struct view *view, const struct mapping *mapping, struct elbow_error *error)
{
    int rank = view->info->rank;
    struct elbow_hdf5_blocks blocks, source;
    bool is_regular = elbow_hdf5_blocks_of(mapping->virtual_space, &blocks);
    int axis = is_regular ? elbow_hdf5_blocks_endless(&blocks, rank) : -1;
    hsize_t low[H5S_MAX_RANK] = {0}, high[H5S_MAX_RANK] = {view->info->shape[0] - 1};
    if (axis < 0 && H5Sget_select_bounds(mapping->virtual_space, low, high) < 0)
        return fail_view(view, error);
    if (axis > 0) {
        low[0] = blocks.start[0];
        high[0] = blocks.start[0] + (blocks.count[0] - 1) * blocks.stride[0] + blocks.block[0] - 1;
    }
    enum elbow_status status = open_source(view, mapping->file, mapping->dataset, low[0], high[0], error);
    if (status == ELBOW_OK)
        status = check_extent(view, mapping, is_regular ? &blocks : NULL, error);
    if (status != ELBOW_OK)
        return status;
    bool is_taken;
    if (!is_regular) {
        is_taken = take_list(view, mapping->virtual_space);
    } else if (axis < 0) {
        is_taken = elbow_hdf5_blocks_take(view->left, &blocks);
    } else {
        hsize_t wanted = elbow_hdf5_blocks_within(&blocks, axis, view->info->shape[axis]);
        int along = elbow_hdf5_blocks_of(mapping->source_space, &source)
                        ? elbow_hdf5_blocks_endless(&source, view->source_info.rank)
                        : -1;
        if (along >= 0)
            wanted = LEAST(wanted, elbow_hdf5_blocks_within(&source, along, view->source_info.shape[along]));
        is_taken = take_indices(view, blocks, axis, wanted);
    }
    return is_taken ? ELBOW_OK : fail_view(view, error);
}

// HDF5 ends a dataset at the first source of a pattern that is missing. If there are sources behind it, it was not
// meant to end there.
static enum elbow_status check_end(const struct view *view, const struct mapping *mapping, uint64_t count,
                                   hsize_t first, struct elbow_error *error)
{
    elbow_path name, path;
    bool is_pattern = name_of_block(mapping->file, count, name);
    for (uint64_t n = count + 1; n <= count + AHEAD && is_pattern; ++n) {
        elbow_path later;
        name_of_block(mapping->file, n, later);
        if (elbow_hdf5_resolve("HDF5_VDS_PREFIX", view->home, later, path))
            return fail_source(view, name, mapping->dataset, first, NO_END, error);
    }
    return ELBOW_OK;
}

// A pattern: a source for each block along the dimension without an end.
static enum elbow_status check_pattern(struct view *view, const struct mapping *mapping, struct elbow_error *error)
{
    struct elbow_hdf5_blocks blocks;
    int axis = elbow_hdf5_blocks_of(mapping->virtual_space, &blocks)
                   ? elbow_hdf5_blocks_endless(&blocks, view->info->rank)
                   : -1;
    if (axis < 0)
        return fail_view(view, error);
    hsize_t stride = blocks.stride[axis], length = view->info->shape[axis], start = blocks.start[axis];
    uint64_t n = 0;
    for (; start + n * stride < length; ++n) {
        struct elbow_hdf5_blocks one = blocks;
        elbow_path file, dataset;
        name_of_block(mapping->file, n, file);
        name_of_block(mapping->dataset, n, dataset);
        one.start[axis] = start + n * stride;
        one.stride[axis] = one.count[axis] = 1;
        hsize_t first = one.start[0], last = first + (one.count[0] - 1) * one.stride[0] + one.block[0] - 1;
        enum elbow_status status = open_source(view, file, dataset, first, last, error);
        if (status == ELBOW_OK)
            status = check_extent(view, mapping, &one, error);
        if (status != ELBOW_OK)
            return status;
        if (!elbow_hdf5_blocks_take(view->left, &one))
            return fail_view(view, error);
    }
    return check_end(view, mapping, n, axis == 0 ? start + n * stride : 0, error);
}

static bool read_mapping(hid_t creation, size_t i, struct mapping *mapping)
{
    ssize_t file = H5Pget_virtual_filename(creation, i, mapping->file, sizeof mapping->file);
    ssize_t dataset = H5Pget_virtual_dsetname(creation, i, mapping->dataset, sizeof mapping->dataset);
    mapping->virtual_space = H5Pget_virtual_vspace(creation, i);
    mapping->source_space = H5Pget_virtual_srcspace(creation, i);
    return file >= 0 && file < (ssize_t)sizeof mapping->file && dataset >= 0 &&
           dataset < (ssize_t)sizeof mapping->dataset && mapping->virtual_space >= 0 && mapping->source_space >= 0;
}

static enum elbow_status check_mapping(struct view *view, size_t i, struct elbow_error *error)
{
    struct mapping mapping;
    elbow_path file, dataset;
    enum elbow_status status = ELBOW_OK;
    bool is_read = read_mapping(view->creation, i, &mapping);
    bool has_file_blocks = is_read && name_of_block(mapping.file, 0, file);
    bool has_blocks = is_read && name_of_block(mapping.dataset, 0, dataset); // both names are made
    if (!is_read) {
        status = fail_view(view, error);
    } else if (has_file_blocks || has_blocks) {
        status = check_pattern(view, &mapping, error);
    } else {
        memcpy(mapping.file, file, sizeof file);
        memcpy(mapping.dataset, dataset, sizeof dataset);
        status = check_single(view, &mapping, error);
    }
    if (mapping.virtual_space >= 0)
        H5Sclose(mapping.virtual_space);
    if (mapping.source_space >= 0)
        H5Sclose(mapping.source_space);
    return status;
}

static enum elbow_status check_left(const struct view *view, struct elbow_error *error)
{
    hsize_t low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    hssize_t left = H5Sget_select_npoints(view->left);
    if (left == 0)
        return ELBOW_OK;
    if (left < 0 || H5Sget_select_bounds(view->left, low, high) < 0)
        return fail_view(view, error);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: %lld values of virtual dataset %s, in rows %llu to %llu of %llu, are mapped by no "
                           "source: the file would give fill values for them; make the dataset anew",
                           view->file->name, (long long)left, view->name, (unsigned long long)low[0],
                           (unsigned long long)high[0], (unsigned long long)view->info->shape[0]);
}

static enum elbow_status check_view(struct view *view, struct elbow_error *error)
{
    size_t count = 0;
    hsize_t start[H5S_MAX_RANK] = {0}, shape[H5S_MAX_RANK];
    for (int i = 0; i < view->info->rank; ++i)
        shape[i] = view->info->shape[i];
    if (view->creation < 0 || view->left < 0 || H5Pget_virtual_count(view->creation, &count) < 0 ||
        H5Sselect_hyperslab(view->left, H5S_SELECT_SET, start, NULL, shape, NULL) < 0)
        return fail_view(view, error);
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        status = check_mapping(view, i, error);
    return status == ELBOW_OK ? check_left(view, error) : status;
}

enum elbow_status elbow_hdf5_check_virtual(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           const struct elbow_hdf5_info *info, int depth, elbow_hdf5_check *check,
                                           struct elbow_error *error)
{
    struct view view = {.file = file, .name = name, .info = info, .depth = depth, .check = check};
    view.creation = H5Dget_create_plist(dataset);
    view.left = H5Dget_space(dataset);
    bool is_known = elbow_hdf5_home(dataset, view.home);
    H5Dclose(dataset); // and with it the sources that HDF5 may have opened
    bool is_empty = false;
    for (int i = 0; i < info->rank; ++i)
        is_empty = is_empty || info->shape[i] == 0;
    enum elbow_status status = ELBOW_OK;
    if (depth > DEPTH_MAX)
        status =
            elbow_error_set(error, ELBOW_FORMAT, "%s: virtual dataset %s is the source of itself, or nested too deep",
                            file->name, name);
    else if (!is_empty)
        status = is_known ? check_view(&view, error) : fail_view(&view, error);
    close_source(&view);
    if (view.creation >= 0)
        H5Pclose(view.creation);
    if (view.left >= 0)
        H5Sclose(view.left);
    return status;
}
