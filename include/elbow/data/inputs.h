// SPDX-License-Identifier: BSD-3-Clause
// What the encoder sees of samples, where that is not what the likelihood scores, in stages: values -> model.input
// transform -> corruption -> mask. Unknown values are 0 behind the first two.
#ifndef ELBOW_DATA_INPUTS_H
#define ELBOW_DATA_INPUTS_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/corrupt.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// Which stages there are. The transform and its numbers are the dataset's (struct elbow_dataset, input).
struct elbow_inputs {
    const struct elbow_dataset *dataset; // not owned
    enum elbow_corrupt_kind corrupt;     // NONE: what is seen is clean
    double amount;                       // of it
    enum elbow_purpose purpose;          // keyed by the seed, sample and epoch
    bool is_binary;                      // values have become zeros and ones
    bool shows_mask;                     // which values are known, behind those of each place
};

// Room for the stages of a microbatch; owned. NULL: there is no such stage.
struct elbow_inputs_room {
    float *transformed, *corrupted; // (rows_max, D)
    float *masked;                  // (rows_max, 2 D)
    float *range;                   // (2, D): lowest and highest values
};

// Local. A failure leaves something to clear.
enum elbow_status elbow_inputs_create(const struct elbow_inputs *inputs, size_t rows_max,
                                      struct elbow_inputs_room *room, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_inputs_clear(struct elbow_inputs_room *room);

// Local. Floats of room for a row.
size_t elbow_inputs_floats(const struct elbow_inputs *inputs);

// Local. What the encoder sees of values (rows, D), of which `known` (rows, D; NULL: all) are: the last stage, or NULL
// if there is none. ids and draw key what is random, with the seed.
const float *elbow_inputs_make(const struct elbow_inputs *inputs, const struct elbow_inputs_room *room, uint64_t seed,
                               uint32_t draw, size_t rows, const uint64_t *ids, const float *values,
                               const float *known);

// Local. How far apart the smallest and the largest value of the training data are as the model scores them; of several
// columns that are transformed apart, of the widest one.
double elbow_inputs_span(const struct elbow_inputs *inputs);

// Local. The reverse of the transform for one sample: what the encoder sees (D; without a mask) as the model scores it.
void elbow_inputs_turn_back(const struct elbow_inputs *inputs, const float *seen, float *values);

ELBOW_C_END

#endif
