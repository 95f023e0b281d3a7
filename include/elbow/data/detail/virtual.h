// SPDX-License-Identifier: BSD-3-Clause
// What the parts of the look at virtual datasets share: mappings and what they cover (virtual.c), their sources
// (source.c).
#ifndef ELBOW_DATA_DETAIL_VIRTUAL_H
#define ELBOW_DATA_DETAIL_VIRTUAL_H

#include "elbow/data/detail/cover.h"

// A virtual dataset that is being looked at.
struct elbow_hdf5_view {
    struct elbow_hdf5 *file;
    const char *name;
    const struct elbow_hdf5_info *info;
    hid_t creation;
    struct elbow_hdf5_cover cover; // what no source maps so far
    elbow_path home;               // the file that it lies in
    int depth;
    elbow_hdf5_check *check; // looks at a source
    // The source that was looked at last: consecutive mappings often have the same one, or another of its file.
    struct elbow_hdf5 *source;
    struct elbow_hdf5_info source_info;
    hid_t source_id;      // open until it is looked at; else negative
    bool source_is_whole; // whatever a mapping takes of it is there
    elbow_path source_file, source_dataset;
};

// A mapping: blocks of the virtual dataset and of the source, both as selected.
struct elbow_hdf5_mapping {
    hid_t virtual_space, source_space;
    elbow_path file, dataset;
};

// Rows of the virtual dataset; ELBOW_HDF5_NO_END: to its end.
struct elbow_hdf5_rows {
    uint64_t first, last;
};
#define ELBOW_HDF5_NO_END UINT64_MAX

// Local. The n-th name of a pattern: %b is n, %% is %. Whether it is a pattern at all.
bool elbow_hdf5_name_block(const char *pattern, uint64_t n, elbow_path name);

// Local. FORMAT, with libhdf5's reason.
enum elbow_status elbow_hdf5_fail_view(const struct elbow_hdf5_view *view, struct elbow_error *error);

// Local. FILE: the source of these rows is not there.
enum elbow_status elbow_hdf5_fail_source(const struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                         struct elbow_hdf5_rows rows, struct elbow_error *error);

// Local. Opens and describes the source of a mapping, unless the last one was the same. FILE, FORMAT.
enum elbow_status elbow_hdf5_open_source(struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                         struct elbow_hdf5_rows rows, struct elbow_error *error);

// Local. Opens the dataset of the view's source anew, if it is closed.
enum elbow_status elbow_hdf5_reopen_source(struct elbow_hdf5_view *view, struct elbow_hdf5_rows rows,
                                           struct elbow_error *error);

// Local. MISMATCH if the source does not hold what is mapped; `to`: where, NULL if that is not regular.
enum elbow_status elbow_hdf5_check_extent(const struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                          const struct elbow_hdf5_blocks *to, struct elbow_error *error);

// Local. Whether what is wanted of the source (a selection that has an end, or H5S_ALL) is there and can be read.
enum elbow_status elbow_hdf5_check_source(struct elbow_hdf5_view *view, hid_t wanted, struct elbow_hdf5_rows rows,
                                          struct elbow_error *error);

// Local. The source's dataset, or its file, too. Nothing may be open.
void elbow_hdf5_close_source_dataset(struct elbow_hdf5_view *view);
void elbow_hdf5_close_source(struct elbow_hdf5_view *view);

#endif
