// SPDX-License-Identifier: BSD-3-Clause
// Averaged weights: an exponential moving average of the trained parameters (Polyak and Juditsky 1992, in its usual
// form). With p the parameters after update t (from 1) and a_0 = p_0:
//   a += (1 - d_t) (p - a);   d_t = min(decay, (1 + t) / (10 + t))
// The second bound excludes the start from the average of a short run.
//
// Gradients are taken at p; evaluations, pictures and outputs use a.
#ifndef ELBOW_NN_AVERAGE_H
#define ELBOW_NN_AVERAGE_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// The averages of one rank's slice. Zeroed: there are none.
struct elbow_average {
    double decay;
    size_t count;
    float *values; // (count); NULL: there are none; owned
};

// Local. decay 0: there are none. The values are zeros.
enum elbow_status elbow_average_create(double decay, size_t count, struct elbow_average *average,
                                       struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_average_destroy(struct elbow_average *average);

// Local. Moves elements [offset, offset + count) after update t towards the new parameters, which start at
// parameters[0]. Does nothing without averages. An element's bits depend on its own values and t alone.
void elbow_average_apply(struct elbow_average *average, size_t offset, size_t count, uint64_t update,
                         const float *parameters);

ELBOW_C_END

#endif
