// SPDX-License-Identifier: BSD-3-Clause
// What the parts of rechunking share: the walk over the file (rechunk.c), one dataset (rechunk_rows.c), attributes and
// references (rechunk_attributes.c).
#ifndef ELBOW_DATA_DETAIL_RECHUNK_H
#define ELBOW_DATA_DETAIL_RECHUNK_H

#include "elbow/data/detail/hdf5.h"
#include "elbow/data/rechunk.h"

// An object that has several names, and the first of them.
struct elbow_rechunk_seen {
    struct elbow_hdf5_identity identity;
    elbow_path name;
};

// A rechunking on its way.
struct elbow_rechunking {
    const struct elbow_rechunk_request *request;
    struct elbow_rechunk_result *result;
    struct elbow_hdf5 *from, *to;
    struct elbow_error *error;
    bool refers;                     // second walk: attributes that refer to objects, all of which are there now
    struct elbow_rechunk_seen *seen; // owned
    size_t count, capacity;
    uint64_t largest; // bytes of result->largest
};

// Local. Copies the attributes of an open object to another: in the first walk those without references, in the second
// the others.
bool elbow_rechunk_attributes(struct elbow_rechunking *rechunking, hid_t from, hid_t to);

// Local. Whether values of the type refer to objects or regions.
bool elbow_rechunk_is_reference(hid_t type);

// Local. Whether a dataset is to be rewritten: it is of numbers, has rows, and is larger than a chunk or has its values
// elsewhere.
bool elbow_rechunk_wants(const struct elbow_rechunking *rechunking, hid_t dataset);

// Local. Writes an open dataset anew. The error is set on failure.
bool elbow_rechunk_rows(struct elbow_rechunking *rechunking, hid_t dataset, const char *name);

#endif
