// SPDX-License-Identifier: BSD-3-Clause
// The options of costs of the KL and of penalties: rows of keys, as in schema.c.
#include "elbow/config/detail/rows.h"

#define no_options                                                                                                     \
    {                                                                                                                  \
        NULL, 0                                                                                                        \
    }

#define OF_OBJECTIVE(member) .offset = offsetof(struct elbow_config, objective.member)

// clang-format off
static const struct elbow_key linear_keys[] = {
    {"", "steps", INTEGER, OF_OBJECTIVE(warmup), FROM_ZERO, .preset = "0", .is_flat = true,
     .help = "Steps in which the weight rises linearly to its value. 0: no ramp."},
};
static const struct elbow_key cyclical_keys[] = {
    {"", "cycles", INTEGER, OF_OBJECTIVE(cyclical.cycles), FROM(1, UINT32_MAX), .preset = "4",
     .help = "Number of cycles."},
    {"", "share", REAL, OF_OBJECTIVE(cyclical.share), .low = 0, .low_open = true, .high = 1, .preset = "0.5",
     .help = "Share of a cycle in which the weight rises linearly; in the rest it has its value."},
    {"", "steps", INTEGER, OF_OBJECTIVE(cyclical.steps), FROM_ONE,
     .help = "Number of steps of all cycles together; afterwards the weight has its value."},
};
// clang-format on
#define linear_options OPTIONS(linear_keys)
#define cyclical_options OPTIONS(cyclical_keys)
#define RAMP(name, word, options) [name] = {#word, options},
static const struct elbow_kind_schema ramp_kinds[ELBOW_RAMPS + 1] = {ELBOW_RAMP_LIST(RAMP)};

static const char *const free_choices[] = {ELBOW_FREE_LIST(ELBOW_KIND_WORD) NULL};

// clang-format off
static const struct elbow_key free_keys[] = {
    {"", "nats", REAL, OF_OBJECTIVE(free_bits), NOT_NEGATIVE, .preset = "0.0", .is_flat = true,
     .help = "Nats of KL in each latent dimension that cost nothing."},
    {"", "of", CHOICE(free_choices), OF_OBJECTIVE(free_of), .preset = "sample",
     .help = "sample: the free nats apply to the KL of each sample; batch: to the mean KL of the batch of the previous "
             "step."},
};
// clang-format on
static const struct elbow_kind_schema free_options[2] = {{"free", OPTIONS(free_keys)}, {NULL, {NULL, 0}}};

// clang-format off
static const struct elbow_key weighted_keys[] = {
    {"", "weight", REAL, OF_OBJECTIVE(beta), NOT_NEGATIVE, .preset = "1.0", .is_flat = true,
     .help = "Weight of the KL in the objective."},
    {"", "ramp", KIND(ramp_kinds), OF_OBJECTIVE(ramp), .preset = "linear",
     .help = "How the weight rises to its value: once (linear), or repeatedly (cyclical)."},
    {"", "free", MAP(free_options), OF_OBJECTIVE(free_of), .preset = "null",
     .help = "KL that costs nothing."},
};
static const struct elbow_key capacity_keys[] = {
    {"", "weight", REAL, OF_OBJECTIVE(capacity.weight), NOT_NEGATIVE, .preset = "100.0",
     .help = "Cost of each nat by which the mean KL of the batch is above or below the capacity."},
    {"", "from", REAL, OF_OBJECTIVE(capacity.from), NOT_NEGATIVE, .preset = "0.0",
     .help = "The capacity of the first step, in nats."},
    {"", "to", REAL, OF_OBJECTIVE(capacity.to), NOT_NEGATIVE, .preset = "25.0",
     .help = "The final capacity, in nats; it changes linearly."},
    {"", "steps", INTEGER, OF_OBJECTIVE(capacity.steps), FROM_ONE, .preset = "100000",
     .help = "Steps until the final capacity; afterwards it is constant."},
};
// clang-format on
// clang-format off
static const struct elbow_key parts_keys[] = {
    {"", "information", REAL, OF_OBJECTIVE(parts.information), NOT_NEGATIVE, .preset = "1.0",
     .help = "Weight of the mutual information of sample and z."},
    {"", "total_correlation", REAL, OF_OBJECTIVE(parts.total_correlation), NOT_NEGATIVE, .preset = "6.0",
     .help = "Weight of the divergence of q(z) from the product of its dimensions."},
    {"", "dimensions", REAL, OF_OBJECTIVE(parts.dimensions), NOT_NEGATIVE, .preset = "1.0",
     .help = "Weight of the divergence of that product from the prior."},
};
static const struct elbow_key mmd_keys[] = {
    {"", "weight", REAL, OF_OBJECTIVE(penalty_options.mmd_weight), NOT_NEGATIVE, .preset = "10.0",
     .help = "Weight of the square of the maximum mean discrepancy."},
    {"", "width", REAL, OF_OBJECTIVE(penalty_options.mmd_width), ABOVE_ZERO, .preset = "1.0",
     .help = "s of the kernel exp(-d^2 / (2 Z s^2))."},
};
static const char *const dip_choices[] = {ELBOW_DIP_LIST(ELBOW_KIND_WORD) NULL};
static const struct elbow_key dip_keys[] = {
    {"", "off_diagonal", REAL, OF_OBJECTIVE(penalty_options.dip_off_diagonal), NOT_NEGATIVE, .preset = "10.0",
     .help = "Weight of the squared covariances of pairs of dimensions."},
    {"", "diagonal", REAL, OF_OBJECTIVE(penalty_options.dip_diagonal), NOT_NEGATIVE, .preset = "100.0",
     .help = "Weight of (variance - 1)^2 of each dimension."},
    {"", "of", CHOICE(dip_choices), OF_OBJECTIVE(penalty_options.dip_of), .preset = "means",
     .help = "means: the covariance of the means of q(z|x) (DIP-VAE-I); latents: that of the latents, with their "
             "mean variances (DIP-VAE-II)."},
};
static const char *const estimator_choices[] = {ELBOW_ESTIMATOR_LIST(ELBOW_KIND_WORD) NULL};
static const struct elbow_key importance_keys[] = {
    {"", "gradient", CHOICE(estimator_choices), OF_OBJECTIVE(gradient), .preset = "plain",
     .help = "Estimator of the encoder's gradient: plain, without the score of q (stl), or doubly reparameterised "
             "(dreg)."},
};
// clang-format on
#define importance_options OPTIONS(importance_keys)
#define BOUND(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_bound_kinds[ELBOW_OBJECTIVES + 1] = {ELBOW_OBJECTIVE_LIST(BOUND)};

#define mmd_options OPTIONS(mmd_keys)
#define dip_options OPTIONS(dip_keys)
#define PENALTY(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_penalty_kinds[ELBOW_PENALTIES + 1] = {ELBOW_PENALTY_LIST(PENALTY)};

#define parts_options OPTIONS(parts_keys)
#define weighted_options OPTIONS(weighted_keys)
#define capacity_options OPTIONS(capacity_keys)
#define KL(name, word, options) [name] = {#word, options},
const struct elbow_kind_schema elbow_kl_kinds[ELBOW_KLS + 1] = {ELBOW_KL_LIST(KL)};
