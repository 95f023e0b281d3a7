// SPDX-License-Identifier: BSD-3-Clause
// Rows that are encoded and decoded several times (elbow/vae/model.h). Private to this room.
#ifndef ELBOW_VAE_DETAIL_DRAWS_H
#define ELBOW_VAE_DETAIL_DRAWS_H

#include "elbow/vae/model.h"

// Local. The maximum number of rows encoded, and decoded, in a slot; number of blocks of decoded rows.
static inline size_t elbow_model_heads(const struct elbow_model *model)
{
    return model->copies * model->rows_max;
}

static inline size_t elbow_model_blocks(const struct elbow_model *model)
{
    return model->copies * model->draws;
}

static inline size_t elbow_model_points(const struct elbow_model *model)
{
    return elbow_model_blocks(model) * model->rows_max;
}

// Local. Allocates memory for several blocks; its bytes. MEMORY.
enum elbow_status elbow_draws_create(struct elbow_model *model, size_t slots, struct elbow_error *error);
void elbow_draws_destroy(struct elbow_model *model);
size_t elbow_draws_bytes(const struct elbow_model *model);

// Local. Passes the information about the rows of a slot to the layers of both networks.
void elbow_draws_about(struct elbow_model *model, size_t slot, const struct elbow_microbatch *microbatch);

// Local. The likelihoods of all blocks of a slot's decoded points y: recon, notes; unless they are NULL also the
// gradients dy (which may be y) and, of the arena, that of the numbers that likelihoods train. worth: (points),
// NULL: 1.
void elbow_draws_score(struct elbow_model *model, size_t slot, const float *parameters,
                       const struct elbow_microbatch *microbatch, const float *worth, const float *y, float *dy,
                       float *gradient);

// Local. The same, forward only, of one draw in the first slot, whatever the number of draws of the model.
void elbow_draws_score_one(struct elbow_model *model, const float *parameters,
                           const struct elbow_microbatch *microbatch, const float *y);

// Local. recon of a row of a pass: the mean over its draws.
double elbow_draws_recon(const struct elbow_pass *pass, size_t row);

// Local. The gradient of the numbers that the prior trains.
void elbow_draws_train_prior(struct elbow_model *model, const struct elbow_pass *pass, float *gradient);

// Local. Everything of likelihood and objective for a training pass: recon, KL, values of the rows, the gradient that
// replaces y, and that of the numbers that likelihoods train.
void elbow_draws_train(struct elbow_model *model, size_t slot, const float *parameters,
                       const struct elbow_microbatch *microbatch, const struct elbow_pass *pass, double *value,
                       float *gradient);

#endif
