// SPDX-License-Identifier: BSD-3-Clause
// Rows of a run's tables (metrics.csv, kl.csv) as numbers.
#ifndef ELBOW_EVALUATE_HISTORY_H
#define ELBOW_EVALUATE_HISTORY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

// Columns one after the other: value[c * rows + i]. Owned; zeroed: nothing.
struct elbow_history {
    size_t rows, columns;
    double *values;
};

// Local. Of the table's rows of a split the columns of these names, NaN where one is empty or missing; names NULL: all
// behind step, epoch and split. What is no row of the table is passed over. MEMORY.
enum elbow_status elbow_history_take(const char *table, const char *split, const char *const *names, size_t count,
                                     struct elbow_history *curves, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_history_clear(struct elbow_history *curves);

// Local. A column.
const double *elbow_history_column(const struct elbow_history *curves, size_t column);

ELBOW_C_END

#endif
