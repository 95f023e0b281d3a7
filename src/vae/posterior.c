// SPDX-License-Identifier: BSD-3-Clause
// The table of posteriors.
#include "elbow/vae/detail/posterior.h"

#include "elbow/base/status.h"

#define ROW(name, word, ...) [name] = &elbow_posterior_##word,
static const struct elbow_posterior *const rows[] = {ELBOW_POSTERIOR_LIST(ROW)};

const struct elbow_posterior *elbow_posterior_row(enum elbow_posterior_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_POSTERIORS);
    return rows[kind];
}
