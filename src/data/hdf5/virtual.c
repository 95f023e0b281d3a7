// SPDX-License-Identifier: BSD-3-Clause
// Virtual datasets. libhdf5 returns fill values for a missing source, for rows that a source no longer has, and for
// rows that no source maps; so all sources are checked before any read.
#include "elbow/data/detail/virtual.h"

#include <stdio.h>
#include <string.h>

// DEPTH_MAX: of virtual datasets as sources of each other. AHEAD: sources of a pattern that are searched after a gap.
enum { DEPTH_MAX = 8, AHEAD = 16 };

bool elbow_hdf5_name_block(const char *pattern, uint64_t n, elbow_path name)
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

#define LEAST(a, b) ((a) < (b) ? (a) : (b))

// The part of its source that a mapping uses: `count` indices of its unlimited dimension. A space that the caller
// closes, or H5S_ALL.
static hid_t select_wanted(const struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                           const struct elbow_hdf5_blocks *endless, int axis, hsize_t count)
{
    if (H5Sget_select_type(mapping->source_space) == H5S_SEL_ALL)
        return H5S_ALL;
    if (axis < 0)
        return H5Scopy(mapping->source_space);
    hsize_t shape[H5S_MAX_RANK];
    for (int i = 0; i < view->source_info.rank; ++i)
        shape[i] = view->source_info.shape[i];
    hid_t space = H5Screate_simple(view->source_info.rank, shape, NULL);
    struct elbow_hdf5_parts parts = elbow_hdf5_blocks_cut(endless, axis, count);
    bool is_selected = space >= 0 && H5Sselect_none(space) >= 0;
    if (is_selected && parts.has_whole)
        is_selected = elbow_hdf5_blocks_add(space, &parts.whole);
    if (is_selected && parts.has_rest)
        is_selected = elbow_hdf5_blocks_add(space, &parts.rest);
    if (is_selected)
        return space;
    if (space >= 0)
        H5Sclose(space);
    return H5I_INVALID_HID;
}

static enum elbow_status check_wanted(struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                      const struct elbow_hdf5_blocks *endless, int axis, hsize_t count,
                                      struct elbow_hdf5_rows rows, struct elbow_error *error)
{
    if (view->source_is_whole || (axis >= 0 && count == 0))
        return ELBOW_OK;
    hid_t wanted = select_wanted(view, mapping, endless, axis, count);
    if (wanted < 0)
        return elbow_hdf5_fail_view(view, error);
    enum elbow_status status = elbow_hdf5_check_source(view, wanted, rows, error);
    if (wanted != H5S_ALL)
        H5Sclose(wanted);
    return status;
}

static bool take_block(void *cover, const struct elbow_hdf5_blocks *blocks)
{
    return elbow_hdf5_cover_take(cover, blocks);
}

// The part of an unlimited mapping that both ends cover: `count` indices of the source's dimension `axis` (negative: it
// is limited).
struct extent {
    struct elbow_hdf5_blocks source;
    int axis;
    hsize_t count;
};

static struct extent find_extent(const struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                 const struct elbow_hdf5_blocks *to, int axis)
{
    struct extent extent = {.axis = -1};
    if (elbow_hdf5_blocks_of(mapping->source_space, &extent.source))
        extent.axis = elbow_hdf5_blocks_endless(&extent.source, view->source_info.rank);
    extent.count = axis < 0 ? 0 : elbow_hdf5_blocks_within(to, axis, view->info->shape[axis]);
    if (axis >= 0 && extent.axis >= 0)
        extent.count = LEAST(
            extent.count, elbow_hdf5_blocks_within(&extent.source, extent.axis, view->source_info.shape[extent.axis]));
    return extent;
}

static enum elbow_status check_single(struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                      struct elbow_error *error)
{
    int rank = view->info->rank;
    struct elbow_hdf5_blocks blocks;
    bool is_regular = elbow_hdf5_blocks_of(mapping->virtual_space, &blocks);
    int axis = is_regular ? elbow_hdf5_blocks_endless(&blocks, rank) : -1;
    hsize_t low[H5S_MAX_RANK] = {0}, high[H5S_MAX_RANK] = {view->info->shape[0] - 1};
    if (axis < 0 && H5Sget_select_bounds(mapping->virtual_space, low, high) < 0)
        return elbow_hdf5_fail_view(view, error);
    if (axis > 0) {
        low[0] = blocks.start[0];
        high[0] = blocks.start[0] + (blocks.count[0] - 1) * blocks.stride[0] + blocks.block[0] - 1;
    }
    struct elbow_hdf5_rows rows = {low[0], high[0]};
    enum elbow_status status = elbow_hdf5_open_source(view, mapping->file, mapping->dataset, rows, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_check_extent(view, mapping, is_regular ? &blocks : NULL, error);
    if (status != ELBOW_OK)
        return status;
    struct extent extent = find_extent(view, mapping, &blocks, axis);
    status = check_wanted(view, mapping, &extent.source, extent.axis, extent.count, rows, error);
    if (status != ELBOW_OK)
        return status;
    bool is_taken = axis < 0 ? elbow_hdf5_blocks_each(mapping->virtual_space, rank, take_block, &view->cover)
                             : elbow_hdf5_cover_take_first(&view->cover, &blocks, axis, extent.count);
    return is_taken ? ELBOW_OK : elbow_hdf5_fail_view(view, error);
}

// HDF5 ends a dataset at the first missing source of a pattern. If there are sources after it, that was not intended.
static enum elbow_status check_end(const struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                   uint64_t count, hsize_t first, struct elbow_error *error)
{
    elbow_path name, path;
    bool is_pattern = elbow_hdf5_name_block(mapping->file, count, name);
    for (uint64_t n = count + 1; n <= count + AHEAD && is_pattern; ++n) {
        elbow_path later;
        elbow_hdf5_name_block(mapping->file, n, later);
        if (elbow_hdf5_resolve("HDF5_VDS_PREFIX", view->home, later, path))
            return elbow_hdf5_fail_source(view, name, mapping->dataset,
                                          (struct elbow_hdf5_rows){first, ELBOW_HDF5_NO_END}, error);
    }
    return ELBOW_OK;
}

// A pattern: a source for each block along the unlimited dimension.
static enum elbow_status check_pattern(struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                       struct elbow_error *error)
{
    struct elbow_hdf5_blocks blocks;
    int axis = elbow_hdf5_blocks_of(mapping->virtual_space, &blocks)
                   ? elbow_hdf5_blocks_endless(&blocks, view->info->rank)
                   : -1;
    if (axis < 0)
        return elbow_hdf5_fail_view(view, error);
    hsize_t stride = blocks.stride[axis], length = view->info->shape[axis], start = blocks.start[axis];
    uint64_t n = 0;
    for (; start + n * stride < length; ++n) {
        struct elbow_hdf5_blocks one = blocks;
        elbow_path file, dataset;
        elbow_hdf5_name_block(mapping->file, n, file);
        elbow_hdf5_name_block(mapping->dataset, n, dataset);
        one.start[axis] = start + n * stride;
        one.stride[axis] = one.count[axis] = 1;
        struct elbow_hdf5_rows rows = {one.start[0],
                                       one.start[0] + (one.count[0] - 1) * one.stride[0] + one.block[0] - 1};
        enum elbow_status status = elbow_hdf5_open_source(view, file, dataset, rows, error);
        if (status == ELBOW_OK)
            status = elbow_hdf5_check_extent(view, mapping, &one, error);
        if (status == ELBOW_OK)
            status = check_wanted(view, mapping, NULL, -1, 0, rows, error);
        if (status != ELBOW_OK)
            return status;
        if (!elbow_hdf5_cover_take(&view->cover, &one))
            return elbow_hdf5_fail_view(view, error);
    }
    return check_end(view, mapping, n, axis == 0 ? start + n * stride : 0, error);
}

static bool read_mapping(hid_t creation, size_t i, struct elbow_hdf5_mapping *mapping)
{
    ssize_t file = H5Pget_virtual_filename(creation, i, mapping->file, sizeof mapping->file);
    ssize_t dataset = H5Pget_virtual_dsetname(creation, i, mapping->dataset, sizeof mapping->dataset);
    mapping->virtual_space = H5Pget_virtual_vspace(creation, i);
    mapping->source_space = H5Pget_virtual_srcspace(creation, i);
    return file >= 0 && file < (ssize_t)sizeof mapping->file && dataset >= 0 &&
           dataset < (ssize_t)sizeof mapping->dataset && mapping->virtual_space >= 0 && mapping->source_space >= 0;
}

// Whether a mapping overlaps the wanted part of a virtual dataset that is itself a source.
static bool is_wanted(hid_t wanted, const struct elbow_hdf5_mapping *mapping, int rank)
{
    struct elbow_hdf5_blocks blocks;
    return wanted == H5S_ALL || !elbow_hdf5_blocks_of(mapping->virtual_space, &blocks) ||
           elbow_hdf5_blocks_endless(&blocks, rank) >= 0 || elbow_hdf5_blocks_meet(wanted, &blocks);
}

static enum elbow_status check_mapping(struct elbow_hdf5_view *view, size_t i, hid_t wanted, struct elbow_error *error)
{
    struct elbow_hdf5_mapping mapping;
    elbow_path file, dataset;
    enum elbow_status status = ELBOW_OK;
    bool is_read = read_mapping(view->creation, i, &mapping);
    bool has_file_blocks = is_read && elbow_hdf5_name_block(mapping.file, 0, file);
    bool has_blocks = is_read && elbow_hdf5_name_block(mapping.dataset, 0, dataset); // both names are made
    if (!is_read) {
        status = elbow_hdf5_fail_view(view, error);
    } else if (!is_wanted(wanted, &mapping, view->info->rank)) {
        status = ELBOW_OK;
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

static enum elbow_status check_left(struct elbow_hdf5_view *view, struct elbow_error *error)
{
    hsize_t low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    if (!elbow_hdf5_cover_finish(&view->cover))
        return elbow_hdf5_fail_view(view, error);
    hssize_t left = H5Sget_select_npoints(view->cover.left);
    if (left == 0)
        return ELBOW_OK;
    if (left < 0 || H5Sget_select_bounds(view->cover.left, low, high) < 0)
        return elbow_hdf5_fail_view(view, error);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: %lld values of virtual dataset %s, in rows %llu to %llu of %llu, are not mapped to any "
                           "source: HDF5 would return fill values for them; create the dataset again",
                           view->file->name, (long long)left, view->name, (unsigned long long)low[0],
                           (unsigned long long)high[0], (unsigned long long)view->info->shape[0]);
}

static bool add_block(void *space, const struct elbow_hdf5_blocks *blocks)
{
    return elbow_hdf5_blocks_add(*(hid_t *)space, blocks);
}

// Selects the wanted part in a space of the dataset.
static bool select_left(const struct elbow_hdf5_view *view, hid_t wanted, hid_t left)
{
    hsize_t start[H5S_MAX_RANK] = {0}, shape[H5S_MAX_RANK];
    for (int i = 0; i < view->info->rank; ++i)
        shape[i] = view->info->shape[i];
    if (wanted == H5S_ALL)
        return H5Sselect_hyperslab(left, H5S_SELECT_SET, start, NULL, shape, NULL) >= 0;
    return H5Sselect_none(left) >= 0 && elbow_hdf5_blocks_each(wanted, view->info->rank, add_block, &left);
}

static enum elbow_status check_mappings(struct elbow_hdf5_view *view, hid_t wanted, struct elbow_error *error)
{
    size_t count = 0;
    if (view->creation < 0 || view->cover.left < 0 || H5Pget_virtual_count(view->creation, &count) < 0 ||
        !select_left(view, wanted, view->cover.left))
        return elbow_hdf5_fail_view(view, error);
    hid_t kept = wanted == H5S_ALL ? H5S_ALL : H5Scopy(view->cover.left);
    enum elbow_status status = kept < 0 ? elbow_hdf5_fail_view(view, error) : ELBOW_OK;
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        status = check_mapping(view, i, kept, error);
    if (kept > 0)
        H5Sclose(kept);
    return status == ELBOW_OK ? check_left(view, error) : status;
}

// Checks everything if it exists; else the wanted part, with the whole of each source that it uses.
static enum elbow_status check_view(struct elbow_hdf5_view *view, struct elbow_hdf5_wanted *look,
                                    struct elbow_error *error)
{
    struct elbow_error all = {0};
    enum elbow_status status = check_mappings(view, H5S_ALL, &all);
    look->is_whole = status == ELBOW_OK;
    if (status == ELBOW_OK)
        return status;
    if (look->space != H5S_ALL && (status == ELBOW_FILE || status == ELBOW_DATA))
        return check_mappings(view, look->space, error);
    if (error != NULL)
        *error = all;
    return status;
}

enum elbow_status elbow_hdf5_check_virtual(struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                           const struct elbow_hdf5_info *info, struct elbow_hdf5_wanted *look,
                                           elbow_hdf5_check *check, struct elbow_error *error)
{
    struct elbow_hdf5_view view = {
        .file = file, .name = name, .info = info, .depth = look->depth, .check = check, .source_id = H5I_INVALID_HID};
    view.creation = H5Dget_create_plist(dataset);
    view.cover = (struct elbow_hdf5_cover){.left = H5Dget_space(dataset), .rank = info->rank, .shape = info->shape};
    bool is_known = elbow_hdf5_home(dataset, view.home);
    H5Dclose(dataset); // this also closes the sources that HDF5 may have opened
    bool is_empty = false;
    for (int i = 0; i < info->rank; ++i)
        is_empty = is_empty || info->shape[i] == 0;
    enum elbow_status status = ELBOW_OK;
    if (look->depth > DEPTH_MAX)
        status =
            elbow_error_set(error, ELBOW_FORMAT, "%s: virtual dataset %s is the source of itself, or nested too deep",
                            file->name, name);
    else if (!is_empty)
        status = is_known ? check_view(&view, look, error) : elbow_hdf5_fail_view(&view, error);
    elbow_hdf5_close_source(&view);
    if (view.creation >= 0)
        H5Pclose(view.creation);
    elbow_hdf5_cover_clear(&view.cover);
    return status;
}
