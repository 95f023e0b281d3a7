// SPDX-License-Identifier: BSD-3-Clause
// The rows of the table of corruptions. Private to src/data/corrupt/ and the table.
#ifndef ELBOW_DATA_DETAIL_CORRUPT_H
#define ELBOW_DATA_DETAIL_CORRUPT_H

#include "elbow/data/corrupt.h"

#define ELBOW_CORRUPT_DECLARE(name, word, ...) extern const struct elbow_corruption elbow_corrupt_##word;
ELBOW_CORRUPT_LIST(ELBOW_CORRUPT_DECLARE)

#endif
