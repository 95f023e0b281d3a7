// SPDX-License-Identifier: BSD-3-Clause
// The indices of sparse rows as files store them (CSR): where the entries of each row begin, and the column of each
// entry. Files may hold anything: all numbers are checked before they are used. No MPI call; any thread.
#ifndef ELBOW_DATA_CSR_H
#define ELBOW_DATA_CSR_H

#include "elbow/base/language.h"
#include "elbow/data/element.h"

#include <stdbool.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Local. Takes n stored pointers, of any type of integers, as starts. SIZE_MAX; or the first one that is below the one
// before it (the first of all: below `low`) or above `high`: starts behind it are not set.
size_t elbow_csr_starts(enum elbow_element element, const void *stored, size_t n, uint64_t low, uint64_t high,
                        uint64_t *starts);

// Local. Takes n stored column numbers, of any type of integers. SIZE_MAX; or the first one that is negative or not
// below `width` (at most 2^32): columns behind it are not set.
size_t elbow_csr_columns(enum elbow_element element, const void *stored, size_t n, uint64_t width, uint32_t *columns);

// Local. Puts the n entries of a row in ascending order of their columns, in place; values are of `size` bytes (1, 2, 4
// or 8). False if a column has two entries: *twice is the first such column.
bool elbow_csr_sort(size_t n, size_t size, uint32_t *columns, void *values, uint32_t *twice);

ELBOW_C_END

#endif
