// SPDX-License-Identifier: BSD-3-Clause
// Optimisers on a slice of the arena, and the rate of a step.
//
// g is the clipped gradient, t the number of updates, including this one:
//   sgd:   v = momentum v + g;  p -= rate v                                       (Polyak 1964, as in common use)
//   adam:  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;
//          p -= rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)              (Kingma and Ba 2015, algorithm 1)
//   adamw: p *= 1 - rate decay on weights, then adam                              (Loshchilov and Hutter 2019,
//   algorithm 2)
//   rmsprop: v = rho v + (1 - rho) g^2;  u = momentum u + g / (sqrt(v) + eps);  p -= rate u
//                                     (Tieleman and Hinton 2012, lecture 6e; momentum as Graves 2013, section 4.2)
// m, u and sgd's v start at 0; v of adam and rmsprop at train.second_moment, 0 by default. The bias correction, 1 / (1
// - b2^t), assumes a start at 0, as in the released code of Burda et al. 2016, whose v starts at 1: there v / (1 -
// b2^t) begins at about 1 / (1 - b2) = 1000, so the first steps have a rate of about rate / 32 per unit of the
// gradient, and after some multiples of 1 / (1 - b2) steps the start is forgotten. A start at 0 moves each parameter by
// about the rate in the first step already. For sgd, adam and rmsprop weight_decay adds decay p to g of weights (L2).
#ifndef ELBOW_NN_OPTIMIZER_H
#define ELBOW_NN_OPTIMIZER_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/nn/parameters.h"

ELBOW_C_BEGIN

// One rank's optimiser: the moments of its slice, which may be any `count` parameters of the arena.
struct elbow_optimizer {
    enum elbow_optimizer_kind kind;
    double beta1, beta2, epsilon, momentum, weight_decay; // beta2: also rmsprop's rho
    size_t count;
    float *first_moment;                       // (count) m, sgd's v, rmsprop's u; NULL for rmsprop without it; owned
    float *second_moment;                      // (count) v of adam and rmsprop, NULL for sgd; owned
    const struct elbow_parameters *parameters; // distinguishes weights from biases; not owned
};

// Local. The number of values that an optimiser keeps per parameter.
size_t elbow_optimizer_moments(const struct elbow_config *config);

// Local.
enum elbow_status elbow_optimizer_create(const struct elbow_config *config, const struct elbow_parameters *parameters,
                                         size_t count, struct elbow_optimizer *optimizer, struct elbow_error *error);
void elbow_optimizer_destroy(struct elbow_optimizer *optimizer);

// Some consecutive parameters of the slice: [first, first + count) of the arena, the first of which is the slice's
// element `offset`.
struct elbow_optimizer_part {
    size_t first, count, offset;
};

// Local. Updates a part of the slice; gradient and parameters point at its first element. update is t (from 1); clip
// multiplies the gradient first.
void elbow_optimizer_apply(struct elbow_optimizer *optimizer, struct elbow_optimizer_part part, uint64_t update,
                           double rate, double clip, const float *gradient, float *parameters);

// Local. The rate of a step (from 0), a pure function: linear warm-up rate (step + 1) / rate_warmup, times
//   constant 1; cosine f + (1 - f) (1 + cos(pi t / T)) / 2 with f = rate_final, t = step, T = schedule_steps, f after T
//   (Loshchilov and Hutter 2017, eq. 5); step step_factor^floor(step / step_every); pieces: rate is that of the piece,
//   where schedule_steps are the steps of an epoch.
double elbow_optimizer_rate(const struct elbow_config *config, uint64_t step, uint64_t schedule_steps);

// Local. The factor for a gradient of this norm: min(1, clip / (norm + 1e-6)), 1 for clip 0.
double elbow_optimizer_clip(double clip, double norm);

ELBOW_C_END

#endif
