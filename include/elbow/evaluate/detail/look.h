// SPDX-License-Identifier: BSD-3-Clause
// Statistics of the values of datasets. Of large datasets a sample of rows is read, so a large file takes little more
// time than a small one.
#ifndef ELBOW_EVALUATE_DETAIL_LOOK_H
#define ELBOW_EVALUATE_DETAIL_LOOK_H

#include "elbow/base/language.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/packing.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Statistics of the values that were read.
struct elbow_look {
    uint64_t rows, count;                  // rows and values that were read
    uint64_t nan, infinite, missing, zero; // missing: by the attributes of the dataset
    uint64_t fractions;                    // finite, not missing, and not whole numbers
    uint64_t other_rows;                   // rows that do not have exactly one 1
    uint64_t width, at, ones; // while reading: values of a row, position in the present row, its number of 1s
    double min, max;          // of finite values that are not missing
    uint64_t known;           // their number
    double first;             // of them
    double sum, squares;      // of their differences from the first one
};

// Local. Bytes of all rows; UINT64_MAX if the number overflows.
uint64_t elbow_look_bytes(const struct elbow_hdf5_info *info);

// Local. Reads a sample of the rows of a dataset that is not empty. False, with the reason (a sentence, or empty) in
// `error`, if that is not possible. *bytes: the bytes read from this file so far, initially 0; their number is limited.
bool elbow_look_at(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info,
                   const struct elbow_packing *packing, uint64_t *bytes, struct elbow_look *values,
                   struct elbow_error *error);

// Local. Whether a likelihood of real values needs data.transform: standardize for these values, as far as a sample of
// them shows: floats, or integers that attributes scale, which differ, are not all between 0 and 1, and are far from
// unit scale.
bool elbow_look_is_far(const struct elbow_look *values, const struct elbow_packing *packing);

ELBOW_C_END

#endif
