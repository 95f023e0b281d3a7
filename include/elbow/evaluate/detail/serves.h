// SPDX-License-Identifier: BSD-3-Clause
// The possible uses of the datasets of a file.
#ifndef ELBOW_EVALUATE_DETAIL_SERVES_H
#define ELBOW_EVALUATE_DETAIL_SERVES_H

#include "elbow/data/hdf5.h"
#include "elbow/evaluate/detail/look.h"

// The distinct numbers of rows of the datasets that can serve as data. Owned.
struct elbow_serves {
    uint64_t *rows;
    size_t count, capacity;
};

// Local. Why a dataset cannot serve as data; NULL if it can.
const char *elbow_serves_obstacle(const struct elbow_hdf5_info *info);

// Local. Visits the datasets of a file and collects their numbers of rows. If the visit fails half-way, those found so
// far are kept. The caller clears *serves.
void elbow_serves_collect(struct elbow_hdf5 *file, struct elbow_serves *serves);
void elbow_serves_clear(struct elbow_serves *serves);

// Local. Whether a list looks like labels: integers, one per row or all in one row, or floats with whole values and no
// axis for the values of a sample. All values must fit into int64_t.
bool elbow_serves_as_labels(const struct elbow_hdf5_info *info, const struct elbow_look *values);

// Local. Whether floats that are data, one per sample, may also be labels: whole numbers with few distinct values.
bool elbow_serves_as_both(const struct elbow_hdf5_info *info, const struct elbow_look *values);

// Local. Whether the group of this dataset declares it as the names of its rows, as AnnData does (attribute _index).
bool elbow_serves_is_index(struct elbow_hdf5 *file, const char *name);

// Local. Whether some data of the file have exactly `count` rows; whether some data have a row number `row` and at
// least `count` rows.
bool elbow_serves_has_rows(const struct elbow_serves *serves, uint64_t count);
bool elbow_serves_has_row(const struct elbow_serves *serves, double row, uint64_t count);

// Local. Why `count` labels of this name cannot belong to a dataset of the file ("are names of categories"); NULL: they
// can. If no dataset of the file can serve as data, they may belong to another file.
const char *elbow_serves_reason(const struct elbow_serves *serves, struct elbow_hdf5 *file, const char *name,
                                uint64_t count);

#endif
