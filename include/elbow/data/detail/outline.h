// SPDX-License-Identifier: BSD-3-Clause
// What a member of a group holds, in few words, so that members can be compared.
#ifndef ELBOW_DATA_DETAIL_OUTLINE_H
#define ELBOW_DATA_DETAIL_OUTLINE_H

#include "elbow/data/detail/hdf5.h"

enum { ELBOW_HDF5_PATTERN_SIZE = 64, ELBOW_HDF5_PARTS = 8 };

// A dataset of a member: itself, or one beneath it.
struct elbow_hdf5_part {
    char path[ELBOW_HDF5_PATTERN_SIZE], type[ELBOW_HDF5_WORD_SIZE]; // with # for numbers; empty path: the member itself
    int rank;
    uint64_t shape[ELBOW_HDF5_RANK_MAX];
    bool differs, rows_differ; // in shape from another member's; at least in the first axis
};

// What a member holds.
struct elbow_hdf5_outline {
    bool is_group, has_more;
    size_t count;
    struct elbow_hdf5_part parts[ELBOW_HDF5_PARTS];
};

// Local. "img_#" of "img_017". False if there is no number in it.
bool elbow_hdf5_fold(const char *name, char pattern[ELBOW_HDF5_PATTERN_SIZE]);

// Local. False if it holds nothing that can be described.
bool elbow_hdf5_outline_member(hid_t group, const char *name, struct elbow_hdf5_outline *outline);

// Local. Whether both hold the same, but for shapes; single datasets of any names have to have the same of these, too.
bool elbow_hdf5_is_alike(const struct elbow_hdf5_outline *a, const struct elbow_hdf5_outline *b, bool has_any_name);

// Local. Notes in an outline where the shapes of one that is alike are others.
void elbow_hdf5_note_shapes(struct elbow_hdf5_outline *outline, const struct elbow_hdf5_outline *other);

#endif
