// SPDX-License-Identifier: BSD-3-Clause
// The rows of the tables of objectives, of costs of the KL, and of penalties. Private to this folder and to the table.
#ifndef ELBOW_VAE_DETAIL_OBJECTIVE_H
#define ELBOW_VAE_DETAIL_OBJECTIVE_H

#include "elbow/vae/objective.h"

#define ELBOW_OBJECTIVE_DECLARE(name, word, ...) extern const struct elbow_objective elbow_objective_##word;
ELBOW_OBJECTIVE_LIST(ELBOW_OBJECTIVE_DECLARE)

#define ELBOW_KL_DECLARE(name, word, ...) extern const struct elbow_kl elbow_kl_##word;
ELBOW_KL_LIST(ELBOW_KL_DECLARE)

#define ELBOW_PENALTY_DECLARE(name, word, ...) extern const struct elbow_penalty elbow_penalty_##word;
ELBOW_PENALTY_LIST(ELBOW_PENALTY_DECLARE)

#endif
