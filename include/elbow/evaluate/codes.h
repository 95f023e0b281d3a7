// SPDX-License-Identifier: BSD-3-Clause
// The codes of a dataset's rows, with the rows and their reconstructions, in memory, for `elbow measure`.
#ifndef ELBOW_EVALUATE_CODES_H
#define ELBOW_EVALUATE_CODES_H

#include "elbow/base/language.h"
#include "elbow/data/facts.h"
#include "elbow/evaluate/evaluation.h"

ELBOW_C_BEGIN

// Arrays are owned, and on rank zero only.
struct elbow_codes {
    size_t rows, width, values, sample_count;
    uint64_t *places;       // (rows) their numbers in the dataset
    double *codes;          // (rows, width) means of q(z|x)
    float *data;            // (rows, values) as the model sees them
    float *reconstructions; // (rows, values) reconstructions: means of p(x|z) at the codes
    float *samples;         // (sample_count, values) means of p(x|z) for z from the prior, or NULL
    bool has_unknown;       // some values are missing
};

// Local. Chooses at most `most` of `samples` rows: all of them in order if they are not more, otherwise a choice keyed
// by the seed. Writes their numbers into places, with space for `most`, and returns their number.
size_t elbow_codes_choose(uint64_t samples, size_t most, uint64_t seed, uint64_t *places);

// Collective. Collects at most `most` rows of the request's dataset. If `facts` of the training data are given and the
// model has a prior, also decodes the same number of samples, those of `elbow sample`; under conditions sample n has
// the condition of row n. The same bits on any number of ranks. MEMORY, and errors of reading.
enum elbow_status elbow_codes_collect(const struct elbow_evaluation_request *request, size_t most, uint64_t seed,
                                      const struct elbow_data_facts *facts, struct elbow_codes *codes,
                                      struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_codes_clear(struct elbow_codes *codes);

ELBOW_C_END

#endif
