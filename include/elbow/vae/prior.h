// SPDX-License-Identifier: BSD-3-Clause
// The prior p(z) of the Z latent variables: a table with a row for each kind (elbow/config/kinds.h), whose functions
// are in src/vae/prior/<word>.c, with their formulas.
//
// A function is called for the rows of a microbatch, never for a value. The bits of a row depend on that row alone:
// neither on the rows beside it nor on the number of threads. A NaN propagates to the results. The arrays of a call do
// not overlap, and belong to the caller. Functions have no state: threads may call them concurrently with arrays of
// their own. They use the threads of elbow/math/threads.h.
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

// The sizes of the trained numbers of a prior.
struct elbow_prior_sizes {
    size_t latent, conditions, components; // Z, C, K
    size_t inputs;                         // values of a row of the encoder's input
};

// Rows of latent variables. Nothing is owned; a function reads the fields that it names and ignores the rest, which may
// be NULL.
struct elbow_prior_call {
    size_t rows, latent;                       // Z
    const struct elbow_posterior *posterior;   // of q(z|x); priors do not know the layout of its head
    const float *head;                         // (rows, outputs of the posterior)
    const float *noise;                        // (rows, Z): noise of the draw of z
    const float *z;                            // (rows, Z)
    size_t components;                         // of a mixture
    size_t conditions;                         // C; 0: there are none
    const float *condition;                    // (rows, C): conditions; NULL: none
    const float *tensors[ELBOW_PRIOR_TENSORS]; // the trained numbers, in the order of `tensors` below; of a prior that
                                               // encodes their heads
    double *workspace;                         // of `workspace` below; overwritten
};

struct elbow_prior {
    // Whether kl is exact: the integral over q(z|x). Otherwise it is sampled: log q(z|x) - log p(z) at the one z.
    bool is_exact;
    // Whether the one trained tensor is rows of inputs of the encoder (K, inputs): the functions below see their heads
    // (K, outputs of the posterior) instead, and `gradient` is with respect to these.
    bool encodes;
    // Local. Describes the trained tensors beside the networks (names that begin with prior/, ranks, shapes, starts)
    // and returns their number. NULL: there are none.
    size_t (*tensors)(const struct elbow_prior_sizes *sizes, struct elbow_tensor tensors[ELBOW_PRIOR_TENSORS]);
    // Local. Doubles of workspace that a call needs, except one of draw. NULL: none.
    size_t (*workspace)(size_t rows, size_t latent, size_t components);
    // Local. log_p (rows): log p(z) in nats with all its constants. Reads z and the tensors.
    void (*log_p)(const struct elbow_prior_call *call, double *log_p);
    // Local. ratio (rows): log p(z) - log q(z|x), with common terms cancelled. Reads all of the call.
    void (*log_ratio)(const struct elbow_prior_call *call, double *ratio);
    // Local. kl (rows, Z): parts that add up to the KL divergence of a row. Reads the head and the tensors; unless it
    // is exact, all of the call.
    void (*kl)(const struct elbow_prior_call *call, float *kl);
    // Local. The gradient of sum_ij price_ij kl_ij, price (rows, Z; the same in a row unless the KL is exact): the part
    // through z is added to dz (rows, Z), the rest overwrites derivatives (rows, outputs of the posterior), with
    // respect to the head. Reads what kl reads.
    void (*backward)(const struct elbow_prior_call *call, const double *price, float *dz, double *derivatives);
    // Local. Adds to dz (rows, Z) the gradient of -sum_i price_i log p(z_i), price (rows). Reads z and the tensors.
    // NULL: rows have priors of their own, and no objective needs it.
    void (*pull)(const struct elbow_prior_call *call, const double *price, float *dz);
    // Local. The backward part for the trained tensors: gradients (as many values as the tensors), overwritten. NULL if
    // there are no tensors.
    void (*gradient)(const struct elbow_prior_call *call, const double *price,
                     float *const gradients[ELBOW_PRIOR_TENSORS]);
    // Local. A draw from p(z) into z (Z), of one row, with only the words of the stream. Reads the tensors.
    void (*draw)(struct elbow_stream stream, const struct elbow_prior_call *call, float *z);
};

// Local. The row of a kind.
const struct elbow_prior *elbow_prior_row(enum elbow_prior_kind kind);

// Local. p(z|c) for model.condition.prior: not a kind of its own, because it depends on the conditions of the data.
const struct elbow_prior *elbow_prior_given_conditions(void);

ELBOW_C_END

#endif
