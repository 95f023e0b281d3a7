// SPDX-License-Identifier: BSD-3-Clause
// The indices of sparse rows as files store them (CSR): the start of each row among the entries, and the column of each
// entry. Files may hold anything, so all numbers are checked before they are used. No MPI call; any thread.
#ifndef ELBOW_DATA_CSR_H
#define ELBOW_DATA_CSR_H

#include "elbow/base/language.h"
#include "elbow/data/element.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Local. Converts n stored row pointers, of any integer type, to starts [n]. Returns SIZE_MAX, or the index of the
// first pointer that is above `high` or below its predecessor (the first one: below `low`); starts after it are not
// set.
size_t elbow_csr_starts(enum elbow_element element, const void *stored, size_t n, uint64_t low, uint64_t high,
                        uint64_t *starts);

// Local. Converts n stored column numbers, of any integer type, to columns [n]. Returns SIZE_MAX, or the index of the
// first number that is negative or not below `width` (at most 2^32); columns after it are not set.
size_t elbow_csr_columns(enum elbow_element element, const void *stored, size_t n, uint64_t width, uint32_t *columns);

// Local. Sorts the n entries of a row by column, in place; a value has `size` bytes (1, 2, 4 or 8). Returns false if a
// column has two entries; *twice is the first such column.
bool elbow_csr_sort(size_t n, size_t size, uint32_t *columns, void *values, uint32_t *twice);

ELBOW_C_END

#endif
