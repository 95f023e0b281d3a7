// SPDX-License-Identifier: BSD-3-Clause
// Types of stored values, and their conversion to float. Data stay in their stored type until a batch needs them.
#ifndef ELBOW_DATA_ELEMENT_H
#define ELBOW_DATA_ELEMENT_H

#include "elbow/base/language.h"

#include <stdbool.h>
#include <stddef.h>

ELBOW_C_BEGIN

// X(name, C type, text)
#define ELBOW_ELEMENT_LIST(X)                                                                                          \
    X(UINT8, uint8_t, "uint8")                                                                                         \
    X(INT8, int8_t, "int8")                                                                                            \
    X(UINT16, uint16_t, "uint16")                                                                                      \
    X(INT16, int16_t, "int16")                                                                                         \
    X(UINT32, uint32_t, "uint32")                                                                                      \
    X(INT32, int32_t, "int32")                                                                                         \
    X(UINT64, uint64_t, "uint64")                                                                                      \
    X(INT64, int64_t, "int64")                                                                                         \
    X(FLOAT32, float, "float32")                                                                                       \
    X(FLOAT64, double, "float64")

enum elbow_element {
#define ELBOW_ELEMENT_ENUM(name, type, text) ELBOW_ELEMENT_##name,
    ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_ENUM)
#undef ELBOW_ELEMENT_ENUM
};

// Local. The bytes of an element; its name; whether it is a floating-point type.
size_t elbow_element_size(enum elbow_element element);
const char *elbow_element_name(enum elbow_element element);
bool elbow_element_is_float(enum elbow_element element);

// Local. Finds an element by name; false if there is none.
bool elbow_element_find(const char *name, enum elbow_element *element);

// Local. values[i] = (float)((double)stored[i] * factor + offset). There is one rounding to float, so that the result
// is the same everywhere. The arrays have n entries and do not overlap.
void elbow_element_convert(enum elbow_element element, const void *stored, size_t n, double factor, double offset,
                           float *values);

// Local. The same without the rounding to float: values[i] = (double)stored[i] * factor + offset.
void elbow_element_widen(enum elbow_element element, const void *stored, size_t n, double factor, double offset,
                         double *values);

// The smallest and the largest value, and the first one that is NaN or infinite (SIZE_MAX: none).
struct elbow_element_scan {
    double min, max; // of the finite values; min > max if there are none
    size_t first_not_finite;
};

// Local. Scans n stored values.
struct elbow_element_scan elbow_element_scan(enum elbow_element element, const void *stored, size_t n);

// The sums of (stored - origin) / unit and of its squares. The order of the additions depends on n alone.
struct elbow_element_sums {
    double sum, squares;
};

// Local. The sums of n stored values.
struct elbow_element_sums elbow_element_sums(enum elbow_element element, const void *stored, size_t n, double origin,
                                             double unit);

// The same sums for values that come in pieces. Begin with zeroed lanes, add any number of pieces, and take the total.
// Each piece but the last has a multiple of ELBOW_ELEMENT_LANES values.
enum { ELBOW_ELEMENT_LANES = 8 };

struct elbow_element_lanes {
    double sum[ELBOW_ELEMENT_LANES], squares[ELBOW_ELEMENT_LANES];
};

// Local. Adds a piece of n stored values; and the total of all pieces.
void elbow_element_add(enum elbow_element element, const void *stored, size_t n, double origin, double unit,
                       struct elbow_element_lanes *lanes);
struct elbow_element_sums elbow_element_total(const struct elbow_element_lanes *lanes);

// Local. One stored value as a double.
double elbow_element_at(enum elbow_element element, const void *stored, size_t i);

ELBOW_C_END

#endif
