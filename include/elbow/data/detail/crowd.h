// SPDX-License-Identifier: BSD-3-Clause
// Members of a group that are many and alike, as one dataset or group a sample: told of in one line, whatever is beside
// them.
#ifndef ELBOW_DATA_DETAIL_CROWD_H
#define ELBOW_DATA_DETAIL_CROWD_H

#include "elbow/data/detail/hdf5.h"

struct elbow_hdf5_crowds; // opaque

// Local. The crowds of an open group; NULL if there are none, or no memory for them. Given back with elbow_release.
struct elbow_hdf5_crowds *elbow_hdf5_find_crowds(struct elbow_hdf5 *file, const char *name, hid_t group);

// Local. Whether a member of the group is of one of its crowds; NULL is legal. Of any number of members a bounded one
// is opened.
bool elbow_hdf5_crowds_have(struct elbow_hdf5_crowds *crowds, hid_t group, const char *name);

// Local. "holds 300 objects, ..., as it seems datasets alike ...", with what can be done, of the crowd of that number;
// false if there are fewer.
bool elbow_hdf5_describe_crowd(const struct elbow_hdf5_crowds *crowds, size_t number, char *what, size_t size);

#endif
