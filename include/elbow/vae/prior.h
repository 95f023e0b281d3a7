// SPDX-License-Identifier: BSD-3-Clause
// The prior p(z) of the Z latent variables: a table with a row for each kind (elbow/config/kinds.h), whose functions
// lie in src/vae/prior/<word>.c, with their formulas.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row depend on that row alone:
// neither on the rows beside it nor on the number of threads. A NaN arrives in what comes of it. The arrays of a call
// do not overlap, and belong to the caller. Functions keep nothing: threads may call them at the same time with arrays
// of their own. They use the threads of elbow/math/threads.h.
#ifndef ELBOW_VAE_PRIOR_H
#define ELBOW_VAE_PRIOR_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/math/random.h"
#include "elbow/nn/parameters.h"
#include "elbow/vae/posterior.h"

#include <stddef.h>

ELBOW_C_BEGIN

enum { ELBOW_PRIOR_TENSORS = 4 }; // at most

// What the trained numbers of a prior are as many as.
struct elbow_prior_sizes {
    size_t latent, conditions, components; // Z, C, K
    size_t inputs;                         // values of a row that the encoder sees
};

// Rows of latent variables. Nothing is owned; a function reads what it names and ignores the rest, which may be NULL.
struct elbow_prior_call {
    size_t rows, latent;                       // Z
    const struct elbow_posterior *posterior;   // of q(z|x); no prior knows the layout of its head
    const float *head;                         // (rows, outputs of the posterior)
    const float *noise;                        // (rows, Z): what z was drawn with
    const float *z;                            // (rows, Z)
    size_t components;                         // of a mixture
    size_t conditions;                         // C; 0: there are none
    const float *condition;                    // (rows, C): what the model is told of each; NULL: nothing
    const float *tensors[ELBOW_PRIOR_TENSORS]; // the trained numbers, in the order of `tensors` below; of a prior that
                                               // encodes their heads
    double *room;                              // of `room` below; overwritten
};

struct elbow_prior {
    // Whether kl is exact: the integral over q(z|x). Else it is sampled: log q(z|x) - log p(z) at the one z.
    bool is_exact;
    // Whether the one trained tensor is rows of inputs of the encoder (K, inputs): the functions below see their heads
    // (K, outputs of the posterior) in its place, and `gradient` is the one by these.
    bool encodes;
    // Local. Describes the trained tensors beside the networks (names that begin with prior/, ranks, shapes, starts)
    // and returns their number. NULL: there are none.
    size_t (*tensors)(const struct elbow_prior_sizes *sizes, struct elbow_tensor tensors[ELBOW_PRIOR_TENSORS]);
    // Local. Doubles of room that a call takes, but one of draw. NULL: none.
    size_t (*room)(size_t rows, size_t latent, size_t components);
    // Local. log_p (rows): log p(z) in nats with all its constants. Reads z and the tensors.
    void (*log_p)(const struct elbow_prior_call *call, double *log_p);
    // Local. ratio (rows): log p(z) - log q(z|x), in which what both have in common cancels. Reads all of the call.
    void (*log_ratio)(const struct elbow_prior_call *call, double *ratio);
    // Local. kl (rows, Z): parts that add up to the KL divergence of a row. Reads the head and the tensors; unless it
    // is exact all of the call.
    void (*kl)(const struct elbow_prior_call *call, float *kl);
    // Local. The gradient of sum_ij price_ij kl_ij, price (rows, Z; the same in a row unless the KL is exact): what
    // goes through z is added to dz (rows, Z), the rest is slopes (rows, outputs of the posterior), by the
    // head, overwritten. Reads what kl reads.
    void (*backward)(const struct elbow_prior_call *call, const double *price, float *dz, double *slopes);
    // Local. Adds to dz (rows, Z) the gradient of -sum_i price_i log p(z_i), price (rows). Reads z and the tensors.
    // NULL: rows have priors of their own, and no objective asks for it.
    void (*pull)(const struct elbow_prior_call *call, const double *price, float *dz);
    // Local. Of backward, by the trained tensors: gradients (as many values as the tensors), overwritten. NULL where
    // there are no tensors.
    void (*gradient)(const struct elbow_prior_call *call, const double *price,
                     float *const gradients[ELBOW_PRIOR_TENSORS]);
    // Local. A draw from p(z) into z (Z), of one row, with the words of the stream alone. Reads the tensors.
    void (*draw)(struct elbow_stream stream, const struct elbow_prior_call *call, float *z);
};

// Local. The row of a kind.
const struct elbow_prior *elbow_prior_row(enum elbow_prior_kind kind);

// Local. p(z|c), which model.condition.prior asks for: no kind of its own, as it takes what the data bring along.
const struct elbow_prior *elbow_prior_given_conditions(void);

ELBOW_C_END

#endif
