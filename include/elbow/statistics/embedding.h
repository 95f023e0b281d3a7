// SPDX-License-Identifier: BSD-3-Clause
// Agreement between the neighbours of rows and the neighbours of their codes.
#ifndef ELBOW_STATISTICS_EMBEDDING_H
#define ELBOW_STATISTICS_EMBEDDING_H

#include "elbow/base/language.h"
#include "elbow/statistics/neighbours.h"

ELBOW_C_BEGIN

// Local. Trustworthiness of `codes` for `data` (Venna and Kaski 2001):
//   1 - 2 / (n k (2 n - 3 k - 1)) times the sum, over rows and the k neighbours of their codes, of max(0, r - k),
// where r is the rank of the neighbour by distance in the data, and n the number of rows. Continuity is the
// trustworthiness of the data for the codes. 2 k < n. MEMORY.
enum elbow_status elbow_trustworthiness(struct elbow_points data, struct elbow_points codes, size_t k, double *value,
                                        struct elbow_error *error);

ELBOW_C_END

#endif
