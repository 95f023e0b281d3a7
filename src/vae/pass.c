// SPDX-License-Identifier: BSD-3-Clause
// A microbatch on its way through the model: what its prior is asked.
#include "elbow/vae/objective.h"

#include <string.h>

struct elbow_prior_call elbow_pass_prior(const struct elbow_pass *pass)
{
    struct elbow_prior_call call = {.rows = pass->rows,
                                    .latent = pass->latent,
                                    .posterior = pass->posterior,
                                    .head = pass->head,
                                    .noise = pass->noise,
                                    .z = pass->z,
                                    .components = pass->components,
                                    .conditions = pass->conditions,
                                    .condition = pass->condition};
    memcpy(call.tensors, pass->tensors, sizeof call.tensors);
    return call;
}
