// SPDX-License-Identifier: BSD-3-Clause
// The sources of a virtual dataset, one by one: HDF5 passes on their values, but none of their properties.
#include "elbow/data/detail/pieces.h"

#include <string.h>

struct tour {
    struct elbow_hdf5_view view;
    elbow_hdf5_visit *visit;
    void *context;
    struct elbow_hdf5_pieces *pieces; // receives the mappings; NULL: they are not needed
    struct elbow_error passed;        // of the first source that could not be opened
};

// The rows of a mapping; all rows if they are unknown.
static struct elbow_hdf5_rows rows_of(const struct tour *tour, size_t i)
{
    hsize_t low[H5S_MAX_RANK], high[H5S_MAX_RANK];
    const struct elbow_hdf5_info *info = tour->view.info;
    struct elbow_hdf5_rows rows = {0, info->rank > 0 && info->shape[0] > 0 ? info->shape[0] - 1 : 0};
    hid_t space = H5Pget_virtual_vspace(tour->view.creation, i);
    if (space < 0)
        return rows;
    if (H5Sget_select_type(space) == H5S_SEL_HYPERSLABS && H5Sget_select_bounds(space, low, high) >= 0)
        rows = (struct elbow_hdf5_rows){low[0], high[0]};
    H5Sclose(space);
    return rows;
}

// The source of mapping i; `is_there`: whether it could be opened.
static enum elbow_status visit_one(struct tour *tour, size_t i, const char *file, const char *dataset, bool *is_there,
                                   struct elbow_error *error)
{
    struct elbow_hdf5_view *view = &tour->view;
    *is_there = true;
    if (view->source != NULL && strcmp(file, view->source_file) == 0 && strcmp(dataset, view->source_dataset) == 0)
        return ELBOW_OK;
    struct elbow_error trouble = {0};
    struct elbow_hdf5_rows rows = tour->pieces != NULL ? rows_of(tour, i) : (struct elbow_hdf5_rows){0};
    enum elbow_status status = elbow_hdf5_open_source(view, file, dataset, rows, &trouble);
    *is_there = status == ELBOW_OK;
    if (status != ELBOW_OK) // so that no half-open source is used later
        elbow_hdf5_close_source(view);
    if (status == ELBOW_MEMORY)
        return elbow_error_set(error, ELBOW_MEMORY, "%s: no memory for the sources of virtual dataset %s",
                               view->file->name, view->name);
    if (status != ELBOW_OK && tour->passed.status == ELBOW_OK)
        tour->passed = trouble;
    if (status != ELBOW_OK)
        return ELBOW_OK;
    struct elbow_hdf5_origin origin = {view->source, dataset, file, view->source_info.element, view->info->rank};
    return tour->visit(tour->context, &origin, error);
}

static enum elbow_status visit_mapping(struct tour *tour, size_t i, struct elbow_error *error)
{
    elbow_path files, datasets, file, dataset;
    ssize_t length = H5Pget_virtual_filename(tour->view.creation, i, files, sizeof files);
    ssize_t other = H5Pget_virtual_dsetname(tour->view.creation, i, datasets, sizeof datasets);
    if (length < 0 || length >= (ssize_t)sizeof files || other < 0 || other >= (ssize_t)sizeof datasets)
        return elbow_hdf5_fail_view(&tour->view, error);
    bool is_there = true, goes_on = true;
    enum elbow_status status = ELBOW_OK;
    for (uint64_t n = 0; goes_on && status == ELBOW_OK; ++n) {
        bool is_pattern = elbow_hdf5_name_block(files, n, file);
        is_pattern = elbow_hdf5_name_block(datasets, n, dataset) || is_pattern;
        status = visit_one(tour, i, file, dataset, &is_there, error);
        if (status == ELBOW_OK && is_there && tour->pieces != NULL)
            elbow_hdf5_pieces_add(tour->pieces, &tour->view, i, is_pattern, n);
        goes_on = is_pattern && is_there;
    }
    return status;
}

static enum elbow_status visit_all(struct tour *tour, struct elbow_error *error)
{
    size_t count = 0;
    if (H5Pget_layout(tour->view.creation) != H5D_VIRTUAL)
        return ELBOW_OK;
    enum elbow_status status = ELBOW_OK;
    if (H5Pget_virtual_count(tour->view.creation, &count) < 0)
        status = elbow_hdf5_fail_view(&tour->view, error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        status = visit_mapping(tour, i, error);
    elbow_hdf5_close_source(&tour->view);
    return status;
}

// libhdf5 returns fill values for a source that it cannot open. If all sources were there at the first opening, all
// must be there later.
static enum elbow_status check_whole(struct tour *tour, struct elbow_error *error)
{
    struct elbow_hdf5 *file = tour->view.file;
    bool is_whole = elbow_hdf5_pieces_are_whole(tour->pieces), was_whole = is_whole;
    enum elbow_status status = elbow_steady_whole(file->steady, file->name, tour->view.name, &was_whole, error);
    if (status == ELBOW_OK && was_whole && !is_whole && tour->passed.status != ELBOW_OK) {
        status = tour->passed.status;
        if (error != NULL)
            *error = tour->passed;
    }
    return status;
}

// `pieces`, if it is not NULL, receives new pieces.
static enum elbow_status visit_origins(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                       void *context, struct elbow_hdf5_pieces **pieces, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    hid_t dataset;
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_open_any(file, name, &dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    struct tour tour = {.view = {.file = file, .name = name, .info = &info, .source_id = H5I_INVALID_HID},
                        .visit = visit,
                        .context = context};
    bool is_known = elbow_hdf5_home(dataset, tour.view.home);
    tour.view.creation = H5Dget_create_plist(dataset);
    H5Dclose(dataset); // this also closes the sources that HDF5 may have opened
    if (pieces != NULL)
        status = elbow_hdf5_pieces_begin(&tour.view, pieces, error);
    tour.pieces = pieces != NULL ? *pieces : NULL;
    if (status == ELBOW_OK && is_known && tour.view.creation >= 0)
        status = visit_all(&tour, error);
    if (status == ELBOW_OK && pieces != NULL)
        status = check_whole(&tour, error);
    if (tour.view.creation >= 0)
        H5Pclose(tour.view.creation);
    return status;
}

enum elbow_status elbow_hdf5_visit_origins(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                           void *context, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    return visit_origins(file, name, visit, context, NULL, error);
}

enum elbow_status elbow_hdf5_find_pieces(struct elbow_hdf5 *file, const char *name, elbow_hdf5_visit *visit,
                                         void *context, struct elbow_hdf5_pieces **pieces, struct elbow_error *error)
{
    return visit_origins(file, name, visit, context, pieces, error);
}
