// SPDX-License-Identifier: BSD-3-Clause
// The table of corruptions.
#include "elbow/data/detail/corrupt.h"

#include "elbow/base/status.h"

#define ROW(name, word, ...) [name] = &elbow_corrupt_##word,
static const struct elbow_corruption *const rows[] = {ELBOW_CORRUPT_LIST(ROW)};

const struct elbow_corruption *elbow_corruption_row(enum elbow_corrupt_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_CORRUPTIONS);
    return rows[kind];
}
