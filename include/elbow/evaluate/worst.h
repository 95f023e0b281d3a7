// SPDX-License-Identifier: BSD-3-Clause
// The rows with the worst reconstructions.
#ifndef ELBOW_EVALUATE_WORST_H
#define ELBOW_EVALUATE_WORST_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Owned; zeroed: none.
struct elbow_worst {
    uint64_t count;
    uint64_t *rows; // [count] numbers in the dataset, worst first; of equals the lower number first
    double *recon;  // [count] recon in nats, as in `elbow encode`
};

// Collective. Finds the `count` rows with the lowest recon (all rows if there are fewer); the same on every rank and on
// any number of ranks. NaN counts as lower than all numbers. MEMORY. The caller clears *worst, also after a failure.
enum elbow_status elbow_worst_find(const struct elbow_evaluation_request *request, uint64_t count,
                                   struct elbow_worst *worst, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_worst_clear(struct elbow_worst *worst);

ELBOW_C_END

#endif
