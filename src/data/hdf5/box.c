// SPDX-License-Identifier: BSD-3-Clause
// Shared by the reading of rows and of sources: boxes that are cut at chunk boundaries.
#include "elbow/data/detail/box.h"

bool elbow_hdf5_box_steps(hid_t dataset, const struct elbow_hdf5_info *info, struct elbow_hdf5_box *box)
{
    hsize_t chunk[H5S_MAX_RANK];
    hid_t creation = H5Dget_create_plist(dataset);
    H5D_layout_t layout = creation < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(creation);
    bool is_known = layout != H5D_LAYOUT_ERROR;
    for (int i = 0; i < info->rank; ++i) {
        chunk[i] = info->shape[i] == 0 ? 1 : info->shape[i];
    }
    if (layout == H5D_CHUNKED)
        is_known = H5Pget_chunk(creation, H5S_MAX_RANK, chunk) == info->rank;
    if (creation >= 0)
        H5Pclose(creation);
    hsize_t left = ELBOW_HDF5_CHUNKS_MAX; // chunks that a part may still have along the dimensions before
    for (int i = info->rank - 1; i >= 0 && is_known; --i) {
        hsize_t chunks = (box->end[i] + chunk[i] - 1) / chunk[i] - box->first[i] / chunk[i];
        hsize_t taken = chunks < left ? chunks : left;
        box->step[i] = chunk[i] * (taken > 0 ? taken : 1);
        left = taken < chunks || taken == 0 ? 1 : left / taken;
    }
    return is_known;
}

void elbow_hdf5_box_part(const struct elbow_hdf5_box *box, const hsize_t *start, hsize_t *next)
{
    for (int i = 0; i < box->rank; ++i) {
        next[i] = (start[i] / box->step[i] + 1) * box->step[i];
        next[i] = next[i] < box->end[i] ? next[i] : box->end[i];
    }
}

bool elbow_hdf5_box_next(const struct elbow_hdf5_box *box, hsize_t *start)
{
    for (int i = box->rank - 1; i >= 0; --i) {
        start[i] = (start[i] / box->step[i] + 1) * box->step[i];
        if (start[i] < box->end[i])
            return true;
        start[i] = box->first[i];
    }
    return false;
}

enum elbow_status elbow_hdf5_box_fail(const struct elbow_hdf5 *file, hid_t dataset, const char *name,
                                      const struct elbow_hdf5_info *info, const struct elbow_hdf5_box *box,
                                      struct elbow_error *error)
{
    struct elbow_error reason = {0};
    unsigned long long first = box->rank > 0 ? box->first[0] : 0, last = box->rank > 0 ? box->end[0] - 1 : 0;
    elbow_hdf5_fail(file, ELBOW_FORMAT, error, "rows %llu to %llu of dataset %s cannot be read", first, last, name);
    if (info->chunk_rows > 0 && elbow_hdf5_check_filters(file, dataset, name, &reason) != ELBOW_OK && error != NULL)
        *error = reason;
    return ELBOW_FORMAT;
}
