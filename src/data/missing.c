// SPDX-License-Identifier: BSD-3-Clause
// Which stored values are missing.
#include "elbow/data/packing.h"

#include "elbow/base/status.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

bool elbow_missing_has_rules(const struct elbow_missing *missing)
{
    return missing->count > 0 || missing->has_range;
}

bool elbow_missing_is(const struct elbow_missing *missing, double stored)
{
    bool is_missing = missing->has_range && (stored < missing->low || stored > missing->high);
    for (size_t i = 0; i < missing->count; ++i)
        is_missing = is_missing || stored == missing->values[i] || (isnan(stored) && isnan(missing->values[i]));
    return is_missing;
}

bool elbow_missing_add(struct elbow_missing *missing, const struct elbow_missing *more)
{
    bool fits = true;
    for (size_t i = 0; i < more->count; ++i) {
        bool is_known = false;
        for (size_t k = 0; k < missing->count; ++k)
            is_known = is_known || missing->values[k] == more->values[i] ||
                       (isnan(missing->values[k]) && isnan(more->values[i]));
        fits = fits && (is_known || missing->count < ELBOW_MISSING_VALUES);
        if (!is_known && fits)
            missing->values[missing->count++] = more->values[i];
    }
    if (!more->has_range)
        return fits;
    missing->low = missing->has_range ? fmax(missing->low, more->low) : more->low;
    missing->high = missing->has_range ? fmin(missing->high, more->high) : more->high;
    missing->has_range = true;
    return fits;
}

static int by_size(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

// Rules for very many values: sorted numbers, so that a list of hundreds is as fast as one of eight.
static struct elbow_missing in_order(const struct elbow_missing *missing, bool *has_nan)
{
    struct elbow_missing sorted = *missing;
    sorted.count = 0;
    *has_nan = false;
    for (size_t i = 0; i < missing->count; ++i) {
        *has_nan = *has_nan || isnan(missing->values[i]);
        if (!isnan(missing->values[i]))
            sorted.values[sorted.count++] = missing->values[i];
    }
    qsort(sorted.values, sorted.count, sizeof *sorted.values, by_size);
    return sorted;
}

// By sorted rules.
static bool is_in(const struct elbow_missing *sorted, bool has_nan, double stored)
{
    size_t low = 0, high = sorted->count;
    if (isnan(stored))
        return has_nan;
    if (sorted->has_range && (stored < sorted->low || stored > sorted->high))
        return true;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted->values[middle] < stored)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sorted->count && sorted->values[low] == stored;
}

// One function for each type: find_UINT8 and so on.
#define FIND(name, type, text)                                                                                         \
    static struct elbow_missing_count find_##name(const struct elbow_missing *missing, const type *stored, size_t n)   \
    {                                                                                                                  \
        struct elbow_missing_count found = {.first = SIZE_MAX};                                                        \
        bool has_nan;                                                                                                  \
        struct elbow_missing sorted = in_order(missing, &has_nan);                                                     \
        for (size_t i = 0; i < n; ++i) {                                                                               \
            if (!is_in(&sorted, has_nan, (double)stored[i]))                                                           \
                continue;                                                                                              \
            found.first = found.count == 0 ? i : found.first;                                                          \
            ++found.count;                                                                                             \
        }                                                                                                              \
        return found;                                                                                                  \
    }
ELBOW_ELEMENT_LIST(FIND)
#undef FIND

struct elbow_missing_count elbow_missing_find(const struct elbow_missing *missing, enum elbow_element element,
                                              const void *stored, size_t n)
{
    ELBOW_CHECK(n == 0 || stored != NULL);
    switch (element) {
#define FIND_CASE(name, type, text)                                                                                    \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return find_##name(missing, stored, n);
        ELBOW_ELEMENT_LIST(FIND_CASE)
#undef FIND_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
    return (struct elbow_missing_count){0};
}
