// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of priors. Private to this folder and to the table.
#ifndef ELBOW_VAE_DETAIL_PRIOR_H
#define ELBOW_VAE_DETAIL_PRIOR_H

#include "elbow/vae/prior.h"

#define ELBOW_PRIOR_DECLARE(name, word, ...) extern const struct elbow_prior elbow_prior_##word;
ELBOW_PRIOR_LIST(ELBOW_PRIOR_DECLARE)
extern const struct elbow_prior elbow_prior_conditional;

#endif
