// SPDX-License-Identifier: BSD-3-Clause
// What a model is made of: rows of the tables. Private to this room and to tests, which bring rows of their own.
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

// Local. As elbow_model_create_shaped, with these in place of the configuration's.
enum elbow_status elbow_model_create_of(struct elbow_model_rows kinds, const struct elbow_config *config,
                                        struct elbow_shape sample, size_t rows_max, struct elbow_model **model,
                                        struct elbow_error *error);

#endif
