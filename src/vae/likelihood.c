// SPDX-License-Identifier: BSD-3-Clause
// The table of likelihoods.
#include "elbow/vae/detail/likelihood.h"

#include "elbow/base/status.h"

#define ROW(name, word, ...) [name] = &elbow_likelihood_##word,
static const struct elbow_likelihood *const rows[] = {ELBOW_LIKELIHOOD_LIST(ROW)};

const struct elbow_likelihood *elbow_likelihood_row(enum elbow_likelihood_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_LIKELIHOODS);
    return rows[kind];
}
