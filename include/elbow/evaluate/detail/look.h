// SPDX-License-Identifier: BSD-3-Clause
// A look at the values of datasets: of large ones a sample of rows is read, so that a large file costs little more than
// a small one.
#ifndef ELBOW_EVALUATE_DETAIL_LOOK_H
#define ELBOW_EVALUATE_DETAIL_LOOK_H

#include "elbow/base/language.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/packing.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// What the values of a dataset are, as far as they were looked at.
struct elbow_look {
    uint64_t rows, count;                  // looked at
    uint64_t nan, infinite, missing, zero; // missing: what attributes call so
    uint64_t fractions;                    // that are no whole numbers, of the finite ones that are not missing
    uint64_t other_rows;                   // without exactly one 1
    uint64_t width, at, ones;              // while it looks: values of a row, and of this one; its 1s
    double min, max;                       // of the finite ones that are not missing
};

// Local. Bytes of all rows; UINT64_MAX for what is more than a number holds.
uint64_t elbow_look_bytes(const struct elbow_hdf5_info *info);

// Local. Looks at a sample of the rows of a dataset that is not empty; false, with the reason (a sentence or empty) in
// `error`, if it cannot. *bytes: that have been read of this file, begins as 0; there is a limit.
bool elbow_look_at(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info,
                   const struct elbow_packing *packing, uint64_t *bytes, struct elbow_look *values,
                   struct elbow_error *error);

ELBOW_C_END

#endif
