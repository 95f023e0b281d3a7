// SPDX-License-Identifier: BSD-3-Clause
// Sources of virtual datasets: where they are, and whether they contain what is mapped.
#include "elbow/data/detail/virtual.h"

#include "elbow/base/inputs.h"

#include <stdio.h>
#include <string.h>

enum elbow_status elbow_hdf5_fail_view(const struct elbow_hdf5_view *view, struct elbow_error *error)
{
    return elbow_hdf5_fail(view->file, ELBOW_FORMAT, error, "the sources of virtual dataset %s cannot be read",
                           view->name);
}

void elbow_hdf5_close_source_dataset(struct elbow_hdf5_view *view)
{
    if (view->source_id >= 0)
        H5Dclose(view->source_id);
    view->source_id = H5I_INVALID_HID;
}

void elbow_hdf5_close_source(struct elbow_hdf5_view *view)
{
    elbow_hdf5_close_source_dataset(view);
    if (view->source != view->file)
        elbow_hdf5_close(view->source, NULL);
    view->source = NULL;
}

enum elbow_status elbow_hdf5_fail_source(const struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                         struct elbow_hdf5_rows rows, struct elbow_error *error)
{
    char text[64];
    if (rows.last == ELBOW_HDF5_NO_END)
        elbow_text_format(text, sizeof text, "rows from %llu on", (unsigned long long)rows.first);
    else
        elbow_text_format(text, sizeof text, "rows %llu to %llu", (unsigned long long)rows.first,
                          (unsigned long long)rows.last);
    return elbow_error_set(error, ELBOW_FILE,
                           "%s: %s of virtual dataset %s are stored as %s in %s, and there is no such file (searched "
                           "next to it, in the working directory, and in HDF5_VDS_PREFIX)",
                           view->file->name, text, view->name, dataset, file);
}

// Errors of a source also name the virtual dataset.
static enum elbow_status name_dataset(const struct elbow_hdf5_view *view, enum elbow_status status,
                                      struct elbow_hdf5_rows rows, struct elbow_error *error)
{
    if (status != ELBOW_OK && view->depth == 0)
        elbow_error_prefix(error, "%s: virtual dataset %s (rows %llu to %llu): ", view->file->name, view->name,
                           (unsigned long long)rows.first, (unsigned long long)rows.last);
    return status;
}

static enum elbow_status open_file(struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                   struct elbow_hdf5_rows rows, struct elbow_error *error)
{
    elbow_path path;
    elbow_hdf5_close_source_dataset(view);
    if (view->source != NULL && strcmp(file, view->source_file) == 0)
        return ELBOW_OK;
    elbow_hdf5_close_source(view);
    elbow_text_format(view->source_file, sizeof view->source_file, "%s", file);
    if (strcmp(file, ".") == 0 && strcmp(view->home, view->file->name) == 0) {
        view->source = view->file;
        return ELBOW_OK;
    }
    if (strcmp(file, ".") == 0)
        return name_dataset(view, elbow_hdf5_open_steady(view->home, view->file->steady, &view->source, error), rows,
                            error);
    if (!elbow_hdf5_resolve("HDF5_VDS_PREFIX", view->home, file, path))
        return elbow_hdf5_fail_source(view, file, dataset, rows, error);
    if (elbow_inputs_note(path, error) != ELBOW_OK)
        return ELBOW_MEMORY;
    return name_dataset(view, elbow_hdf5_open_steady(path, view->file->steady, &view->source, error), rows, error);
}

enum elbow_status elbow_hdf5_open_source(struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                         struct elbow_hdf5_rows rows, struct elbow_error *error)
{
    if (view->source != NULL && strcmp(file, view->source_file) == 0 && strcmp(dataset, view->source_dataset) == 0)
        return ELBOW_OK;
    view->source_is_whole = false;
    elbow_text_format(view->source_dataset, sizeof view->source_dataset, "%s", dataset);
    enum elbow_status status = open_file(view, file, dataset, rows, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_hdf5_open_any(view->source, dataset, &view->source_id, &view->source_info, error);
    return name_dataset(view, status, rows, error);
}

enum elbow_status elbow_hdf5_reopen_source(struct elbow_hdf5_view *view, struct elbow_hdf5_rows rows,
                                           struct elbow_error *error)
{
    if (view->source_id >= 0)
        return ELBOW_OK;
    enum elbow_status status =
        elbow_hdf5_open_any(view->source, view->source_dataset, &view->source_id, &view->source_info, error);
    return name_dataset(view, status, rows, error);
}

enum elbow_status elbow_hdf5_check_source(struct elbow_hdf5_view *view, hid_t wanted, struct elbow_hdf5_rows rows,
                                          struct elbow_error *error)
{
    struct elbow_hdf5_wanted look = {.depth = view->depth + 1, .space = wanted};
    enum elbow_status status = ELBOW_OK;
    if (view->source_is_whole)
        return status;
    if (view->source_id < 0)
        status = elbow_hdf5_open_any(view->source, view->source_dataset, &view->source_id, &view->source_info, error);
    if (status == ELBOW_OK) {
        hid_t id = view->source_id;
        view->source_id = H5I_INVALID_HID; // closed by the check
        status = view->check(view->source, id, view->source_dataset, &view->source_info, &look, error);
    }
    view->source_is_whole = look.is_whole;
    return name_dataset(view, status, rows, error);
}

static void print_shape(int rank, const uint64_t *shape, char *text, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < rank && length < size; ++i)
        length +=
            (size_t)snprintf(text + length, size - length, "%s%llu", i > 0 ? " x " : "", (unsigned long long)shape[i]);
}

// A source that is mapped as a whole must have its original shape: the file does not store that, and HDF5 would reshape
// its values. `to`: the target blocks; NULL if they are not regular.
static enum elbow_status check_whole(const struct elbow_hdf5_view *view, hid_t space,
                                     const struct elbow_hdf5_blocks *to, struct elbow_error *error)
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
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: virtual dataset %s maps the whole of %s in %s to %s values, but that has %s now; "
                           "create it again from its sources",
                           view->file->name, view->name, view->source_dataset, view->source_file, then, now);
}

// A source must contain what is mapped; `to`: the target blocks; NULL if they are not regular.
enum elbow_status elbow_hdf5_check_extent(const struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                          const struct elbow_hdf5_blocks *to, struct elbow_error *error)
{
    const struct elbow_hdf5_info *source = &view->source_info;
    hsize_t low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    struct elbow_hdf5_blocks blocks;
    if (H5Sget_select_type(mapping->source_space) == H5S_SEL_ALL)
        return check_whole(view, mapping->virtual_space, to, error);
    int rank = H5Sget_simple_extent_ndims(mapping->source_space);
    if (rank < 0)
        return elbow_hdf5_fail_view(view, error);
    bool is_regular = elbow_hdf5_blocks_of(mapping->source_space, &blocks);
    if (rank == source->rank && is_regular && elbow_hdf5_blocks_endless(&blocks, rank) >= 0)
        return ELBOW_OK; // as long as the source now is
    if (H5Sget_select_bounds(mapping->source_space, low, high) < 0)
        return elbow_hdf5_fail_view(view, error);
    for (int i = 0; i < rank; ++i)
        if (rank != source->rank || high[i] >= source->shape[i])
            return elbow_error_set(error, ELBOW_MISMATCH,
                                   "%s: virtual dataset %s maps %llu indices of dimension %d of %s in %s, which has "
                                   "%llu of them in %d dimensions; create it again from its sources",
                                   view->file->name, view->name, (unsigned long long)high[i] + 1, i,
                                   view->source_dataset, view->source_file,
                                   (unsigned long long)(i < source->rank ? source->shape[i] : 0), source->rank);
    return ELBOW_OK;
}
