// SPDX-License-Identifier: BSD-3-Clause
// Rows of a run's tables (metrics.csv, kl.csv) as numbers.
#ifndef ELBOW_EVALUATE_HISTORY_H
#define ELBOW_EVALUATE_HISTORY_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>

ELBOW_C_BEGIN

// A table by columns: values[c * rows + i]. Owned; zeroed: empty.
struct elbow_history {
    size_t rows, columns;
    double *values;
};

// Local. Parses the rows of a split from the text of a table: the columns names [count], or with NULL all columns after
// step, epoch and split. A missing or empty value is NaN. Lines that are not rows of the table are skipped. MEMORY.
enum elbow_status elbow_history_take(const char *table, const char *split, const char *const *names, size_t count,
                                     struct elbow_history *curves, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_history_clear(struct elbow_history *curves);

// Local. The values [rows] of a column. They borrow from the history.
const double *elbow_history_column(const struct elbow_history *curves, size_t column);

ELBOW_C_END

#endif
