// SPDX-License-Identifier: BSD-3-Clause
// The functions of the table of measures (elbow/statistics/yardstick.h), one per row.
#ifndef ELBOW_STATISTICS_DETAIL_YARDSTICK_H
#define ELBOW_STATISTICS_DETAIL_YARDSTICK_H

#include "elbow/statistics/yardstick.h"

#define ELBOW_YARDSTICK_DECLARE(name, word, ...)                                                                       \
    enum elbow_status elbow_yardstick_##word(const struct elbow_yardstick_input *input,                                \
                                             struct elbow_yardstick_figures *figures, struct elbow_error *error);
ELBOW_YARDSTICK_LIST(ELBOW_YARDSTICK_DECLARE)
#undef ELBOW_YARDSTICK_DECLARE

#endif
