// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of transforms. Private to this folder and to the table.
#ifndef ELBOW_DATA_DETAIL_TRANSFORM_H
#define ELBOW_DATA_DETAIL_TRANSFORM_H

#include "elbow/data/transform.h"

#define ELBOW_TRANSFORM_DECLARE(name, word, ...) extern const struct elbow_transform elbow_transform_##word;
ELBOW_TRANSFORM_LIST(ELBOW_TRANSFORM_DECLARE)

#endif
