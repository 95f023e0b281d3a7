// SPDX-License-Identifier: BSD-3-Clause
// Values of rows, from any format.
#ifndef ELBOW_TOOLS_IMPORT_VALUES_H
#define ELBOW_TOOLS_IMPORT_VALUES_H

#include "elbow/data/element.h"

#include <stddef.h>
#include <stdint.h>

enum { IMPORT_RANK_MAX = 7 }; // dimensions of a row

// Local. The number of values in a row of this shape.
uint64_t import_shape_values(size_t rank, const uint64_t *shape);

// Local. Reverses the bytes of n elements of this size, if the byte order of the file is not the machine's.
void import_swap(void *elements, size_t n, size_t size);

// Local. The exact value of a float16.
float import_half(uint16_t half);

// Local. The narrowest type for integers from min to max.
enum elbow_element import_integer_element(int64_t min, int64_t max);

#endif
