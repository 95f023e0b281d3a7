// SPDX-License-Identifier: BSD-3-Clause
// A microbatch: rows of samples on their way from the data to the model. It owns nothing.
#ifndef ELBOW_MATH_MICROBATCH_H
#define ELBOW_MATH_MICROBATCH_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// What layers may know of rows beside their values.
struct elbow_about {
    const uint64_t *ids; // (rows): keys of their random numbers, as the seed and the epoch are; NULL: nothing is random
    uint64_t seed;
    uint32_t epoch;
    bool is_training;       // else layers draw no random numbers
    const float *condition; // (rows, C): what the model is told of them; zeros say nothing, as NULL does
    size_t blocks;          // of equally many rows, which all have the inputs of the first one; 0, 1: each has its own
};

// At least one row. What a likelihood does with unknown values: elbow/vae/model.h.
struct elbow_microbatch {
    size_t rows;
    const float *values; // (rows, D): what the likelihood scores
    const float *known;  // (rows, D): 1, or 0 where a value is unknown and anything may stand; NULL: all are known
    const double *sizes; // (rows) where a likelihood has `size: data`; else NULL
    const float *inputs; // (rows, inputs of the encoder): what it sees; NULL: values
    const float *noise;  // (draws, rows, Z) standard normal
    size_t draws;        // of z for each row; 0 counts as 1
    // (rows) numbers of classes, -1 where unknown; NULL: there is no classifier, or no row has a label. A model may
    // read them in training alone: in an evaluation they are what it is measured by.
    const int64_t *labels;
    const float *weights; // (rows): how much each counts in what is trained; NULL: all alike, as 1
    struct elbow_about about;
};

// Local. What the encoder sees.
static inline const float *elbow_microbatch_inputs(const struct elbow_microbatch *microbatch)
{
    return microbatch->inputs != NULL ? microbatch->inputs : microbatch->values;
}

// Local. The weight of a row.
static inline double elbow_microbatch_weight(const struct elbow_microbatch *microbatch, size_t row)
{
    return microbatch->weights != NULL ? (double)microbatch->weights[row] : 1;
}

ELBOW_C_END

#endif
