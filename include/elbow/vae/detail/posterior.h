// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of posteriors. Private to this folder and to the table.
#ifndef ELBOW_VAE_DETAIL_POSTERIOR_H
#define ELBOW_VAE_DETAIL_POSTERIOR_H

#include "elbow/vae/posterior.h"

#define ELBOW_POSTERIOR_DECLARE(name, word, ...) extern const struct elbow_posterior elbow_posterior_##word;
ELBOW_POSTERIOR_LIST(ELBOW_POSTERIOR_DECLARE)

#endif
