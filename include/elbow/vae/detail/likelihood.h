// SPDX-License-Identifier: BSD-3-Clause
// Common parts of likelihoods. Private to this folder and to the table.
//
// The sum over a row's D values is in double and in an order fixed by D alone: value d goes to partial sum d % LANES,
// and those are folded pairwise. Work is done in tiles that fit the first-level cache; TILE is a multiple of LANES, so
// that a value's lane does not depend on its tile.
#ifndef ELBOW_VAE_DETAIL_LIKELIHOOD_H
#define ELBOW_VAE_DETAIL_LIKELIHOOD_H

#include "elbow/vae/likelihood.h"

#include <math.h>

#define ELBOW_LIKELIHOOD_DECLARE(name, word, ...) extern const struct elbow_likelihood elbow_likelihood_##word;
ELBOW_LIKELIHOOD_LIST(ELBOW_LIKELIHOOD_DECLARE)

enum { ELBOW_TILE = 256, ELBOW_LANES = 8 };

// Local. The sum of the lanes.
static inline double elbow_lanes_fold(const double lanes[ELBOW_LANES])
{
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// Local. The number in (0, 1) of a word.
static inline double elbow_word_uniform(uint32_t word)
{
    return ((double)word + 0.5) * 0x1p-32;
}

// Local. log(1 + exp(a)) and 1 / (1 + exp(-a)), in double, without overflow.
static inline double elbow_softplus(double a)
{
    return (a > 0 ? a : 0) + log1p(exp(-fabs(a)));
}

static inline double elbow_sigmoid(double a)
{
    double small = exp(-fabs(a));
    return (a < 0 ? small : 1) / (1 + small);
}

// Local. The first of the outputs of each value (rows, D outputs), as nodes of an ONNX graph.
elbow_onnx_value elbow_likelihood_onnx_first(size_t outputs, size_t values, struct elbow_onnx *onnx,
                                             elbow_onnx_value y);

// Local. Minimum number of rows per thread.
static inline size_t elbow_likelihood_least_rows(size_t values)
{
    enum { VALUES_LEAST = 1 << 12 };
    return VALUES_LEAST / (values + 1) + 1;
}

// Local. One output per value.
static inline size_t elbow_likelihood_one_output(const struct elbow_likelihood_options *options)
{
    (void)options;
    return 1;
}

#endif
