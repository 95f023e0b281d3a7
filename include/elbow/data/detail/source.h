// SPDX-License-Identifier: BSD-3-Clause
// The kinds of sources. Private to src/data/source.c and src/data/source/.
#ifndef ELBOW_DATA_DETAIL_SOURCE_H
#define ELBOW_DATA_DETAIL_SOURCE_H

#include "elbow/data/source.h"

// Local. A dataset of numbers, rows first. The texts are copied.
enum elbow_status elbow_source_open_dense(const char *file, const char *dataset, struct elbow_source **source,
                                          struct elbow_error *error);

#endif
