// SPDX-License-Identifier: BSD-3-Clause
// The latents of a dataset's rows, with the rows and their reconstructions, in memory: what `elbow measure` works on.
#ifndef ELBOW_EVALUATE_CODES_H
#define ELBOW_EVALUATE_CODES_H

#include "elbow/base/language.h"
#include "elbow/data/facts.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Arrays are rank zero's; owned.
struct elbow_codes {
    size_t rows, width, values, sample_count;
    uint64_t *places; // (rows) in the dataset
    double *codes;    // (rows, width): means of q(z|x)
    float *data;      // (rows, values) as the model sees them
    float *told;      // (rows, values): means of p(x|z) at these codes
    float *samples;   // (sample_count, values): means of p(x|z) for z from the prior; NULL: none
    bool has_unknown; // values are missing
};

// Local. At most `most` of `samples` rows, which ones is keyed by the seed: all in their order, or some in keyed order.
// places: room for as many, which are counted.
size_t elbow_codes_choose(uint64_t samples, size_t most, uint64_t seed, uint64_t *places);

// Collective. Of at most `most` rows of the request's dataset, and, where `facts` of the training data are given, as
// many samples, which are those of `elbow sample`, of a model that has a prior; under conditions those of the rows, one
// by one. The same on any number of ranks.
enum elbow_status elbow_codes_collect(const struct elbow_evaluation_request *request, size_t most, uint64_t seed,
                                      const struct elbow_data_facts *facts, struct elbow_codes *codes,
                                      struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_codes_clear(struct elbow_codes *codes);

ELBOW_C_END

#endif
