// SPDX-License-Identifier: BSD-3-Clause
// Shared by the parts of rechunking: the walk over the file (rechunk.c), one dataset (rechunk_rows.c), attributes and
// references (rechunk_attributes.c).
#ifndef ELBOW_DATA_DETAIL_RECHUNK_H
#define ELBOW_DATA_DETAIL_RECHUNK_H

#include "elbow/data/detail/hdf5.h"
#include "elbow/data/rechunk.h"

// An object with several names, and the first of them.
struct elbow_rechunk_seen {
    struct elbow_hdf5_identity identity;
    elbow_path name;
};

// The state of a rechunking.
struct elbow_rechunking {
    const struct elbow_rechunk_request *request;
    struct elbow_rechunk_result *result;
    struct elbow_hdf5 *from, *to;
    struct elbow_error *error;
    bool refers;                     // second walk: copies attributes that refer to objects, all of which exist now
    struct elbow_rechunk_seen *seen; // owned
    size_t count, capacity;
    uint64_t largest; // bytes of result->largest
};

// Local. Copies attributes of an open object to another: those without references in the first walk, the others in the
// second. False, with the error set, on failure.
bool elbow_rechunk_attributes(struct elbow_rechunking *rechunking, hid_t from, hid_t to);

// Local. Whether values of the type are references to objects or regions, or contain them.
bool elbow_rechunk_is_reference(hid_t type);

// Local. Whether a dataset must be rewritten: it is of numbers, has rows, and is larger than a chunk or stored outside
// of the file.
bool elbow_rechunk_wants(const struct elbow_rechunking *rechunking, hid_t dataset);

// Local. Rewrites an open dataset. False, with the error set, on failure.
bool elbow_rechunk_rows(struct elbow_rechunking *rechunking, hid_t dataset, const char *name);

#endif
