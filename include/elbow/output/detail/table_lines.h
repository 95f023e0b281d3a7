// SPDX-License-Identifier: BSD-3-Clause
// The lines of a table as text, and which of them are a run's own rows.
#ifndef ELBOW_OUTPUT_DETAIL_TABLE_LINES_H
#define ELBOW_OUTPUT_DETAIL_TABLE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Local. Removes a table's own rows of steps after `step` from its text, in place, and the remains of a crash; other
// lines stay. Returns the new length: at most one more than before, for the end of an unterminated last line.
size_t elbow_table_cut(char *text, size_t size, size_t header_length, uint64_t step);

// Local. The length of a text's first line if that names some of a header's columns, each once and in any order, after
// the place of a row; else 0.
size_t elbow_table_columns(const char *text, const char *header);

// Local. Whether a text is a table of another run of Elbow, without foreign lines.
bool elbow_table_is_own(const char *text, size_t size);

#endif
