// SPDX-License-Identifier: BSD-3-Clause
// The rows that a model reconstructs worst.
#ifndef ELBOW_EVALUATE_WORST_H
#define ELBOW_EVALUATE_WORST_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Owned; zeroed: none.
struct elbow_worst {
    uint64_t count;
    uint64_t *rows; // (count) of the dataset, the worst one first; of equals the first row
    double *recon;  // (count) as `elbow encode` has it
};

// Collective. The `count` rows of the lowest recon (all, if there are fewer), the same on every rank and any number of
// ranks. A recon that is NaN is below all others. MEMORY. A failure leaves something to clear.
enum elbow_status elbow_worst_find(const struct elbow_evaluation_request *request, uint64_t count,
                                   struct elbow_worst *worst, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_worst_clear(struct elbow_worst *worst);

ELBOW_C_END

#endif
