// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/disentanglement.h"

#include "elbow/base/memory.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The number of different values of a sorted list.
static size_t count_different(size_t rows, const double *sorted)
{
    size_t count = 1;
    for (size_t i = 1; i < rows; ++i)
        count += sorted[i] != sorted[i - 1];
    return count;
}

// The first place of a value in the sorted list.
static size_t place_of(size_t rows, const double *sorted, double value)
{
    size_t low = 0, high = rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < value)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum elbow_status elbow_factor_values(size_t rows, size_t width, const double *table, size_t column, int64_t *values,
                                      size_t *count, struct elbow_error *error)
{
    double *sorted = NULL;
    enum elbow_status status = elbow_allocate(&sorted, rows, sizeof *sorted, "the values of a factor", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < rows; ++i)
        sorted[i] = table[i * width + column];
    qsort(sorted, rows, sizeof *sorted, compare);
    size_t different = count_different(rows, sorted);
    *count = different <= ELBOW_FACTOR_VALUES_MAX ? different : ELBOW_FACTOR_BINS;
    for (size_t i = 1, kept = 1; different <= ELBOW_FACTOR_VALUES_MAX && i < rows; ++i)
        if (sorted[i] != sorted[i - 1])
            sorted[kept++] = sorted[i];
    for (size_t i = 0; i < rows; ++i) {
        double value = table[i * width + column];
        values[i] =
            (int64_t)(different <= ELBOW_FACTOR_VALUES_MAX ? place_of(different, sorted, value)
                                                           : place_of(rows, sorted, value) * ELBOW_FACTOR_BINS / rows);
    }
    elbow_release(&sorted);
    return ELBOW_OK;
}
