// SPDX-License-Identifier: BSD-3-Clause
// The table of priors.
#include "elbow/vae/detail/prior.h"

#include "elbow/base/status.h"

#define ROW(name, word, ...) [name] = &elbow_prior_##word,
static const struct elbow_prior *const rows[] = {ELBOW_PRIOR_LIST(ROW)};

const struct elbow_prior *elbow_prior_row(enum elbow_prior_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_PRIORS);
    return rows[kind];
}

const struct elbow_prior *elbow_prior_given_conditions(void)
{
    return &elbow_prior_conditional;
}
