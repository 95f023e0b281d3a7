// SPDX-License-Identifier: BSD-3-Clause
// Shared by the checks of virtual datasets: mappings and their coverage (virtual.c), and sources (source.c).
#ifndef ELBOW_DATA_DETAIL_VIRTUAL_H
#define ELBOW_DATA_DETAIL_VIRTUAL_H

#include "elbow/data/detail/cover.h"

// A virtual dataset that is being checked.
struct elbow_hdf5_view {
    struct elbow_hdf5 *file;
    const char *name;
    const struct elbow_hdf5_info *info;
    hid_t creation;
    struct elbow_hdf5_cover cover; // the part without a source so far
    elbow_path home;               // the file that contains it
    int depth;
    elbow_hdf5_check *check; // checks a source
    // The source of the last mapping: consecutive mappings often have the same source, or another of its file.
    struct elbow_hdf5 *source;
    struct elbow_hdf5_info source_info;
    hid_t source_id;      // open until it is checked; else negative
    bool source_is_whole; // all its values were checked and exist
    elbow_path source_file, source_dataset;
};

// A mapping: the selected blocks of the virtual dataset and of the source.
struct elbow_hdf5_mapping {
    hid_t virtual_space, source_space;
    elbow_path file, dataset;
};

// Rows of the virtual dataset; last is ELBOW_HDF5_NO_END if they extend to its end.
struct elbow_hdf5_rows {
    uint64_t first, last;
};
#define ELBOW_HDF5_NO_END UINT64_MAX

// Local. The n-th name of a pattern: %b stands for n, %% for %. Returns whether it is a pattern.
bool elbow_hdf5_name_block(const char *pattern, uint64_t n, elbow_path name);

// Local. FORMAT, with the reason that libhdf5 gives.
enum elbow_status elbow_hdf5_fail_view(const struct elbow_hdf5_view *view, struct elbow_error *error);

// Local. FILE: the source of these rows does not exist.
enum elbow_status elbow_hdf5_fail_source(const struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                         struct elbow_hdf5_rows rows, struct elbow_error *error);

// Local. Opens and describes the source of a mapping, unless it is that of the last mapping. FILE, FORMAT.
enum elbow_status elbow_hdf5_open_source(struct elbow_hdf5_view *view, const char *file, const char *dataset,
                                         struct elbow_hdf5_rows rows, struct elbow_error *error);

// Local. Opens the dataset of the view's source again if it is closed.
enum elbow_status elbow_hdf5_reopen_source(struct elbow_hdf5_view *view, struct elbow_hdf5_rows rows,
                                           struct elbow_error *error);

// Local. MISMATCH if the source is smaller than the mapping requires. to: the blocks in the virtual dataset; NULL if
// they are not regular.
enum elbow_status elbow_hdf5_check_extent(const struct elbow_hdf5_view *view, const struct elbow_hdf5_mapping *mapping,
                                          const struct elbow_hdf5_blocks *to, struct elbow_error *error);

// Local. Checks that the wanted part of the source (a limited selection, or H5S_ALL) exists and can be read.
enum elbow_status elbow_hdf5_check_source(struct elbow_hdf5_view *view, hid_t wanted, struct elbow_hdf5_rows rows,
                                          struct elbow_error *error);

// Local. Close the source's dataset; or the dataset and its file. Neither need be open.
void elbow_hdf5_close_source_dataset(struct elbow_hdf5_view *view);
void elbow_hdf5_close_source(struct elbow_hdf5_view *view);

#endif
