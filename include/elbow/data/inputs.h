// SPDX-License-Identifier: BSD-3-Clause
// The encoder's input, if it differs from the values that the likelihood scores. It is made in stages: values ->
// model.input transform -> corruption -> mask. Unknown values are 0 after the first two stages.
#ifndef ELBOW_DATA_INPUTS_H
#define ELBOW_DATA_INPUTS_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/corrupt.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// The stages in use. The transform and its numbers belong to the dataset (struct elbow_dataset, input).
struct elbow_inputs {
    const struct elbow_dataset *dataset; // not owned
    enum elbow_corrupt_kind corrupt;     // NONE: no corruption
    double amount;                       // of the corruption: its option
    enum elbow_purpose purpose;          // keys the corruption, with seed, sample and epoch
    bool is_binary;                      // the values are zeros and ones
    bool shows_mask; // the input also has the mask: which values are known, after the values of each place
};

// The memory of the stages for a microbatch; owned. NULL: no such stage.
struct elbow_inputs_workspace {
    float *transformed, *corrupted; // (rows_max, D)
    float *masked;                  // (rows_max, 2 D)
    float *range;                   // (2, D): smallest and largest values
};

// Local. Allocates the memory for up to rows_max rows. MEMORY. Release it with elbow_inputs_clear, after a failure too.
enum elbow_status elbow_inputs_create(const struct elbow_inputs *inputs, size_t rows_max,
                                      struct elbow_inputs_workspace *workspace, struct elbow_error *error);

// Local. Releases the memory; a zeroed struct is legal.
void elbow_inputs_clear(struct elbow_inputs_workspace *workspace);

// Local. The number of floats that elbow_inputs_create allocates per row.
size_t elbow_inputs_floats(const struct elbow_inputs *inputs);

// Local. Makes the encoder's input from values (rows, D). `known` is (rows, D), or NULL if all values are known. The
// seed, `draw` and `ids` (rows) key the random numbers. Returns the memory of the last stage, or NULL if there are no
// stages.
const float *elbow_inputs_make(const struct elbow_inputs *inputs, const struct elbow_inputs_workspace *workspace,
                               uint64_t seed, uint32_t draw, size_t rows, const uint64_t *ids, const float *values,
                               const float *known);

// Local. The largest distance, over the D values, between the smallest and the largest value of the training data as
// the model scores them.
double elbow_inputs_span(const struct elbow_inputs *inputs);

// Local. Reverses the transform for one sample: from the encoder's input without mask, seen (D), to values as the model
// scores them, values (D).
void elbow_inputs_turn_back(const struct elbow_inputs *inputs, const float *seen, float *values);

ELBOW_C_END

#endif
