// SPDX-License-Identifier: BSD-3-Clause
// A microbatch: rows of samples, passed from the data to the model. It owns nothing.
#ifndef ELBOW_MATH_MICROBATCH_H
#define ELBOW_MATH_MICROBATCH_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Information for layers about rows, beside their values.
struct elbow_about {
    const uint64_t *ids; // (rows): keys of their random numbers, beside the seed and the epoch; NULL: nothing is random
    uint64_t seed;
    uint32_t epoch;
    bool is_training;       // else layers draw no random numbers
    const float *condition; // (rows, C): their conditions; zeros, or NULL: unknown
    size_t blocks;          // blocks of rows with the inputs of the first block; 0, 1: each row has its own
};

// At least one row. Treatment of unknown values by a likelihood: elbow/vae/model.h.
struct elbow_microbatch {
    size_t rows;
    const float *values; // (rows, D): what the likelihood scores
    const float *known;  // (rows, D): 1, or 0 if a value is unknown, whatever is stored; NULL: all are known
    const double *sizes; // (rows) if a likelihood has `size: data`; else NULL
    const float *inputs; // (rows, inputs of the encoder); NULL: values
    const float *noise;  // (draws, rows, Z) standard normal
    size_t draws;        // of z for each row; 0 counts as 1
    // (rows) numbers of classes, -1 if unknown; NULL: there is no classifier, or no row has a label. A model may read
    // them in training only: an evaluation compares with them.
    const int64_t *labels;
    const float *weights; // (rows): weight of each in the objective; NULL: all 1
    struct elbow_about about;
};

// Local. The input of the encoder.
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
