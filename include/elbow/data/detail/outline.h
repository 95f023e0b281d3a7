// SPDX-License-Identifier: BSD-3-Clause
// Outlines: short descriptions of the members of a group, which can be compared.
#ifndef ELBOW_DATA_DETAIL_OUTLINE_H
#define ELBOW_DATA_DETAIL_OUTLINE_H

#include "elbow/data/detail/hdf5.h"

enum { ELBOW_HDF5_PATTERN_SIZE = 64, ELBOW_HDF5_PARTS = 8 };

// A dataset of a member: the member itself, or a dataset below it.
struct elbow_hdf5_part {
    // Numbers in the path are written as #; an empty path is the member itself.
    char path[ELBOW_HDF5_PATTERN_SIZE], type[ELBOW_HDF5_WORD_SIZE];
    int rank;
    uint64_t shape[ELBOW_HDF5_RANK_MAX];
    bool differs, rows_differ; // its shape differs from that of another member; and only in the first axis
};

// The outline of a member.
struct elbow_hdf5_outline {
    bool is_group, has_more;
    size_t count;
    struct elbow_hdf5_part parts[ELBOW_HDF5_PARTS];
};

// Local. Replaces numbers in a name: "img_017" becomes "img_#". False if it has none.
bool elbow_hdf5_fold(const char *name, char pattern[ELBOW_HDF5_PATTERN_SIZE]);

// Local. Describes a member; false if it contains nothing that can be described.
bool elbow_hdf5_outline_member(hid_t group, const char *name, struct elbow_hdf5_outline *outline);

// Local. Whether two members have the same contents, apart from shapes. If their names have no common pattern
// (has_any_name), single datasets must also have the same shape.
bool elbow_hdf5_is_alike(const struct elbow_hdf5_outline *a, const struct elbow_hdf5_outline *b, bool has_any_name);

// Local. Marks the parts of an outline whose shapes differ from those of a similar one.
void elbow_hdf5_note_shapes(struct elbow_hdf5_outline *outline, const struct elbow_hdf5_outline *other);

#endif
