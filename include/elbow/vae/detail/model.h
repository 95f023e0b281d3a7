// SPDX-License-Identifier: BSD-3-Clause
// The rows of the tables of a model. Private to this room and to tests, which use rows of their own.
#ifndef ELBOW_VAE_DETAIL_MODEL_H
#define ELBOW_VAE_DETAIL_MODEL_H

#include "elbow/vae/model.h"

// Plain.
struct elbow_model_rows {
    const struct elbow_likelihood *likelihood;
    const struct elbow_posterior *posterior;
    const struct elbow_prior *prior; // NULL: there is none
    const struct elbow_objective *objective;
};

// Local. Like elbow_model_create_shaped, with these instead of those of the configuration.
enum elbow_status elbow_model_create_of(struct elbow_model_rows kinds, const struct elbow_config *config,
                                        struct elbow_shape sample, size_t rows_max, struct elbow_model **model,
                                        struct elbow_error *error);

#endif
