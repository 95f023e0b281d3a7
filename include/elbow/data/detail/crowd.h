// SPDX-License-Identifier: BSD-3-Clause
// Crowds: many similar members of a group, as in files with a dataset or a group for each sample. A crowd is listed in
// one line, whatever other members the group has.
#ifndef ELBOW_DATA_DETAIL_CROWD_H
#define ELBOW_DATA_DETAIL_CROWD_H

#include "elbow/data/detail/hdf5.h"

struct elbow_hdf5_crowds; // opaque

// Local. Finds the crowds of an open group; NULL if there are none, or no memory. Release them with elbow_release.
struct elbow_hdf5_crowds *elbow_hdf5_find_crowds(struct elbow_hdf5 *file, const char *name, hid_t group);

// Local. Whether a member of the group belongs to a crowd; NULL is legal. The number of members that are opened is
// limited, whatever the size of the group.
bool elbow_hdf5_crowds_have(struct elbow_hdf5_crowds *crowds, hid_t group, const char *name);

// Local. Describes crowd `number`, with a remedy: "holds 300 objects (img0, ...) that look like similar datasets of
// uint8 (28 x 28), ..."; false if there are fewer crowds.
bool elbow_hdf5_describe_crowd(const struct elbow_hdf5_crowds *crowds, size_t number, char *what, size_t size);

#endif
