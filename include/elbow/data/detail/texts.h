// SPDX-License-Identifier: BSD-3-Clause
// Objects of an HDF5 file, other than datasets of numbers, that labels need: datasets of texts, members of
// enumerations, references. No MPI call. Not thread-safe.
#ifndef ELBOW_DATA_DETAIL_TEXTS_H
#define ELBOW_DATA_DETAIL_TEXTS_H

#include "elbow/base/text.h"
#include "elbow/data/hdf5.h"

#include <stdbool.h>

ELBOW_C_BEGIN

enum { ELBOW_HDF5_TEXT_MAX = 1024 }; // bytes of one text of a dataset

enum elbow_hdf5_kind {
    ELBOW_HDF5_NOTHING, // no object of that name, or it cannot be opened
    ELBOW_HDF5_GROUP,
    ELBOW_HDF5_TEXTS, // a dataset of texts, of fixed or variable length
    ELBOW_HDF5_VALUES // any other dataset
};

// Local. The kind of an object.
enum elbow_hdf5_kind elbow_hdf5_kind_of(struct elbow_hdf5 *file, const char *name);

// Local. Rank and shape of a dataset of texts; the rest of info is zeroed. FORMAT if it is not one.
enum elbow_status elbow_hdf5_describe_texts(struct elbow_hdf5 *file, const char *name, struct elbow_hdf5_info *info,
                                            struct elbow_error *error);

// Receives a zero-terminated text, and its place among those that are read. The reading stops at a status other than
// OK.
typedef enum elbow_status elbow_hdf5_take_text(void *user, uint64_t place, const char *text, struct elbow_error *error);

// Local. Reads the texts of rows [first, first + count) of a dataset of rank >= 1, and calls `take` for each, in order.
// FORMAT if one has more than ELBOW_HDF5_TEXT_MAX bytes.
enum elbow_status elbow_hdf5_read_texts(struct elbow_hdf5 *file, const char *name, uint64_t first, uint64_t count,
                                        elbow_hdf5_take_text *take, void *user, struct elbow_error *error);

// Receives a member of an enumeration. The walk stops at a status other than OK.
typedef enum elbow_status elbow_hdf5_take_member(void *user, int64_t value, const char *name,
                                                 struct elbow_error *error);

// Local. Calls `take` for each member of the enumeration that a dataset holds; for none if it holds something else.
enum elbow_status elbow_hdf5_each_member(struct elbow_hdf5 *file, const char *name, elbow_hdf5_take_member *take,
                                         void *user, struct elbow_error *error);

// Local. The name of the object that an attribute refers to; false if there is no such attribute or object.
bool elbow_hdf5_read_reference(struct elbow_hdf5 *file, const char *object, const char *attribute, elbow_path name);

ELBOW_C_END

#endif
