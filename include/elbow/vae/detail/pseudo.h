// SPDX-License-Identifier: BSD-3-Clause
// Pseudo-inputs: rows of inputs of the encoder that a prior trains (Tomczak and Welling 2018, section 3). They pass
// through an encoder with its own workspace, forward once per step, and backward once, from the summed gradient of
// their heads. The encoder's input is clipped to the range of the data: u between low and high, otherwise the nearer of
// the two ("hard tanh"), where the gradient is 0. Private to this room.
#ifndef ELBOW_VAE_DETAIL_PSEUDO_H
#define ELBOW_VAE_DETAIL_PSEUDO_H

#include "elbow/vae/model.h"

// Local. Allocates what a prior that encodes needs, after its tensor, whose number is `index`: the last of the arena.
// Allocates nothing that grows with a size for a model that cannot compute. MEMORY.
enum elbow_status elbow_pseudo_create(const struct elbow_config *config, struct elbow_shape input, size_t index,
                                      struct elbow_model *model, struct elbow_error *error);
void elbow_pseudo_destroy(struct elbow_model *model);
size_t elbow_pseudo_bytes(const struct elbow_model *model);

#endif
