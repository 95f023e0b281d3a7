// SPDX-License-Identifier: BSD-3-Clause
// What datasets of a file can serve as, beside each other.
#ifndef ELBOW_EVALUATE_DETAIL_SERVES_H
#define ELBOW_EVALUATE_DETAIL_SERVES_H

#include "elbow/data/hdf5.h"
#include "elbow/evaluate/detail/look.h"

// Numbers of rows of the datasets that can serve as data, each once; owned.
struct elbow_serves {
    uint64_t *rows;
    size_t count, capacity;
};

// Local. Why a dataset is none of data; NULL if it is one.
const char *elbow_serves_obstacle(const struct elbow_hdf5_info *info);

// Local. Walks over a file for its numbers of rows. A file that cannot be walked over to its end has those of its
// beginning. To be cleared.
void elbow_serves_collect(struct elbow_hdf5 *file, struct elbow_serves *serves);
void elbow_serves_clear(struct elbow_serves *serves);

// Local. Whether a list is meant for labels: integers, one a row or all in one row; floats that are whole, but not
// those with an axis for the values of a sample. All must be numbers of int64_t.
bool elbow_serves_as_labels(const struct elbow_hdf5_info *info, const struct elbow_look *values);

// Local. Whether floats that are data, one a sample, may as well be labels: whole, and of few values.
bool elbow_serves_as_both(const struct elbow_hdf5_info *info, const struct elbow_look *values);

// Local. Whether a group says that this member of it holds the names of its rows, as AnnData's do (attribute _index).
bool elbow_serves_is_index(struct elbow_hdf5 *file, const char *name);

// Local. Whether some data of the file have so many rows; a row of that number, and no fewer rows.
bool elbow_serves_has_rows(const struct elbow_serves *serves, uint64_t count);
bool elbow_serves_has_row(const struct elbow_serves *serves, double row, uint64_t count);

// Local. Why `count` labels of a name are none of a dataset of the file: "are names of categories"; NULL: they may be.
// Where no dataset can serve as data, they may be those of another file.
const char *elbow_serves_reason(const struct elbow_serves *serves, struct elbow_hdf5 *file, const char *name,
                                uint64_t count);

#endif
