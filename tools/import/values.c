// SPDX-License-Identifier: BSD-3-Clause
// Values of rows.
#include "values.h"

#include <math.h>

uint64_t import_shape_values(size_t rank, const uint64_t *shape)
{
    uint64_t values = 1;
    for (size_t i = 0; i < rank; ++i)
        values *= shape[i];
    return values;
}

void import_swap(void *elements, size_t n, size_t size)
{
    unsigned char *at = elements;
    for (size_t i = 0; i < n; ++i, at += size)
        for (size_t k = 0; k < size / 2; ++k) {
            unsigned char byte = at[k];
            at[k] = at[size - 1 - k];
            at[size - 1 - k] = byte;
        }
}

float import_half(uint16_t half)
{
    int exponent = half >> 10 & 31, mantissa = half & 1023;
    float value;
    if (exponent == 31)
        value = mantissa == 0 ? INFINITY : NAN;
    else if (exponent == 0)
        value = ldexpf((float)mantissa, -24);
    else
        value = ldexpf((float)(mantissa + 1024), exponent - 25);
    return half >> 15 ? -value : value;
}

enum elbow_element import_integer_element(int64_t min, int64_t max)
{
    static const struct {
        enum elbow_element element;
        int64_t min, max;
    } TYPES[] = {{ELBOW_ELEMENT_UINT8, 0, UINT8_MAX},        {ELBOW_ELEMENT_INT8, INT8_MIN, INT8_MAX},
                 {ELBOW_ELEMENT_UINT16, 0, UINT16_MAX},      {ELBOW_ELEMENT_INT16, INT16_MIN, INT16_MAX},
                 {ELBOW_ELEMENT_UINT32, 0, UINT32_MAX},      {ELBOW_ELEMENT_INT32, INT32_MIN, INT32_MAX},
                 {ELBOW_ELEMENT_INT64, INT64_MIN, INT64_MAX}};
    size_t i = 0;
    while (min < TYPES[i].min || max > TYPES[i].max)
        ++i;
    return TYPES[i].element;
}
