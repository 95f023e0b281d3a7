// SPDX-License-Identifier: BSD-3-Clause
// Rows of two tables of runs, metrics.csv or kl.csv, side by side.
#ifndef ELBOW_OUTPUT_TABLE_COMPARE_H
#define ELBOW_OUTPUT_TABLE_COMPARE_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_TABLE_WORD_SIZE = 64 };

// The result. Texts of the first row that differs are empty if none does.
struct elbow_table_difference {
    uint64_t rows;  // number of rows that both have, up to the first that differs
    uint64_t equal; // the last step all of whose rows are the same so far; 0: none
    uint64_t step;  // of the first row that differs; 0: none
    char split[ELBOW_TABLE_WORD_SIZE], column[ELBOW_TABLE_WORD_SIZE];
    char before[ELBOW_TABLE_WORD_SIZE], now[ELBOW_TABLE_WORD_SIZE];
};

// Local. Compares the rows of `before` of the steps first < step <= last with the rows of the same step and split in
// `now`, by the columns that both have, as texts; clocks are left out. Rows that only one has are skipped. Returns
// whether one differs. Both texts are zero-terminated.
bool elbow_table_compare(const char *before, const char *now, uint64_t first, uint64_t last,
                         struct elbow_table_difference *difference);

ELBOW_C_END

#endif
