// SPDX-License-Identifier: BSD-3-Clause
// The table of transforms.
#include "elbow/data/detail/transform.h"

#include "elbow/base/status.h"

#define ROW(name, word, ...) [name] = &elbow_transform_##word,
static const struct elbow_transform *const rows[] = {ELBOW_TRANSFORM_LIST(ROW)};

const struct elbow_transform *elbow_transform_row(enum elbow_transform_kind kind)
{
    ELBOW_CHECK((unsigned)kind < ELBOW_TRANSFORMS);
    return rows[kind];
}
