// SPDX-License-Identifier: BSD-3-Clause
// What the parts of loading a dataset share: opening and describing (dataset_open.c), reading (dataset_read.c), what
// follows from the values (dataset_values.c).
#ifndef ELBOW_DATA_DETAIL_LOADING_H
#define ELBOW_DATA_DETAIL_LOADING_H

#include "elbow/data/dataset.h"
#include "elbow/data/hdf5.h"
#include "elbow/parallel/partition.h"

// What one loading keeps in hand.
struct elbow_loading {
    struct elbow_comm *comm;
    const struct elbow_dataset_request *request;
    struct elbow_dataset *dataset;
    struct elbow_hdf5 *file;
    struct elbow_hdf5_info info;
    bool has_attributes;
    struct elbow_scale attributes;
};

// Local. Opens the file and finds out what is in it: element, shape and layout of the dataset. FILE, FORMAT,
// MISMATCH.
enum elbow_status elbow_loading_open(struct elbow_loading *loading, struct elbow_error *error);

// Local. Whether the sample has the dimensions that its layout names.
enum elbow_status elbow_loading_check_layout(const struct elbow_dataset *dataset, struct elbow_error *error);

// Local. The rows that this rank reads: whole chunks, or pieces of about a megabyte.
struct elbow_range elbow_loading_rows(const struct elbow_loading *loading, const struct elbow_hdf5_info *info,
                                      uint64_t row_bytes, bool is_shared, uint64_t *piece);

// Local. Reads this rank's rows in blocks and looks for the smallest, the largest and the unusable ones.
enum elbow_status elbow_loading_read_rows(struct elbow_loading *loading, struct elbow_error *error);

// Collective. What follows from all rows together: scaling, and whether all values may be what is demanded.
enum elbow_status elbow_loading_settle(struct elbow_loading *loading, struct elbow_error *error);

#endif
