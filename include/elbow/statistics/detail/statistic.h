// SPDX-License-Identifier: BSD-3-Clause
// The functions of the table of measures.
#ifndef ELBOW_STATISTICS_DETAIL_STATISTIC_H
#define ELBOW_STATISTICS_DETAIL_STATISTIC_H

#include "elbow/statistics/statistic.h"

#define ELBOW_STATISTIC_DECLARE(name, word, ...)                                                                       \
    enum elbow_status elbow_statistic_##word(const struct elbow_statistic_input *input,                                \
                                             struct elbow_statistic_figures *figures, struct elbow_error *error);
ELBOW_STATISTIC_LIST(ELBOW_STATISTIC_DECLARE)
#undef ELBOW_STATISTIC_DECLARE

#endif
