// SPDX-License-Identifier: BSD-3-Clause
// Conversion and scan of stored values: one plain loop for each type, so that every element is treated alike wherever
// it stands in a call.
#include "elbow/data/element.h"

#include "elbow/base/status.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

// Whether a type is one of integers, which are always finite.
#define INTEGER(type) ((type)0.5 == 0)

struct element_kind {
    size_t size;
    const char *name;
    bool is_float;
};

static const struct element_kind KINDS[] = {
#define ELBOW_ELEMENT_KIND(name, type, text) {sizeof(type), text, !INTEGER(type)},
    ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_KIND)
#undef ELBOW_ELEMENT_KIND
};

static const struct element_kind *kind_of(enum elbow_element element)
{
    ELBOW_CHECK((size_t)element < sizeof KINDS / sizeof *KINDS);
    return &KINDS[element];
}

size_t elbow_element_size(enum elbow_element element)
{
    return kind_of(element)->size;
}

const char *elbow_element_name(enum elbow_element element)
{
    return kind_of(element)->name;
}

bool elbow_element_find(const char *name, enum elbow_element *element)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; ++i)
        if (strcmp(KINDS[i].name, name) == 0) {
            *element = (enum elbow_element)i;
            return true;
        }
    return false;
}

bool elbow_element_is_float(enum elbow_element element)
{
    return kind_of(element)->is_float;
}

// One function for each type: convert_UINT8 and so on.
#define ELBOW_ELEMENT_CONVERT(name, type, text)                                                                        \
    static void convert_##name(const type *stored, size_t n, double factor, double offset, float *values)              \
    {                                                                                                                  \
        for (size_t i = 0; i < n; ++i)                                                                                 \
            values[i] = (float)((double)stored[i] * factor + offset);                                                  \
    }
ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_CONVERT)
#undef ELBOW_ELEMENT_CONVERT

void elbow_element_convert(enum elbow_element element, const void *stored, size_t n, double factor, double offset,
                           float *values)
{
    ELBOW_CHECK(n == 0 || (stored != NULL && values != NULL));
    switch (element) {
#define ELBOW_ELEMENT_CASE(name, type, text)                                                                           \
    case ELBOW_ELEMENT_##name:                                                                                         \
        convert_##name(stored, n, factor, offset, values);                                                             \
        return;
        ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_CASE)
#undef ELBOW_ELEMENT_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
}

// One function for each type: widen_UINT8 and so on.
#define ELBOW_ELEMENT_WIDEN(name, type, text)                                                                          \
    static void widen_##name(const type *stored, size_t n, double factor, double offset, double *values)               \
    {                                                                                                                  \
        for (size_t i = 0; i < n; ++i)                                                                                 \
            values[i] = (double)stored[i] * factor + offset;                                                           \
    }
ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_WIDEN)
#undef ELBOW_ELEMENT_WIDEN

void elbow_element_widen(enum elbow_element element, const void *stored, size_t n, double factor, double offset,
                         double *values)
{
    ELBOW_CHECK(n == 0 || (stored != NULL && values != NULL));
    switch (element) {
#define ELBOW_ELEMENT_CASE(name, type, text)                                                                           \
    case ELBOW_ELEMENT_##name:                                                                                         \
        widen_##name(stored, n, factor, offset, values);                                                               \
        return;
        ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_CASE)
#undef ELBOW_ELEMENT_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
}

// One function for each type: scan_UINT8 and so on. The extremes are looked for in the type itself.
#define ELBOW_ELEMENT_SCAN(name, type, text)                                                                           \
    static struct elbow_element_scan scan_##name(const type *stored, size_t n)                                         \
    {                                                                                                                  \
        struct elbow_element_scan scan = {.min = INFINITY, .max = -INFINITY, .first_not_finite = SIZE_MAX};            \
        size_t first = 0;                                                                                              \
        while (first < n && !INTEGER(type) && !isfinite((double)stored[first]))                                        \
            ++first;                                                                                                   \
        if (first > 0)                                                                                                 \
            scan.first_not_finite = 0;                                                                                 \
        if (first == n)                                                                                                \
            return scan;                                                                                               \
        type min = stored[first], max = stored[first];                                                                 \
        for (size_t i = first; i < n; ++i) {                                                                           \
            type value = stored[i];                                                                                    \
            bool finite = INTEGER(type) || isfinite((double)value);                                                    \
            if (!finite && scan.first_not_finite == SIZE_MAX)                                                          \
                scan.first_not_finite = i;                                                                             \
            min = finite && value < min ? value : min;                                                                 \
            max = finite && value > max ? value : max;                                                                 \
        }                                                                                                              \
        scan.min = (double)min;                                                                                        \
        scan.max = (double)max;                                                                                        \
        return scan;                                                                                                   \
    }
ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_SCAN)
#undef ELBOW_ELEMENT_SCAN
#undef INTEGER

struct elbow_element_scan elbow_element_scan(enum elbow_element element, const void *stored, size_t n)
{
    ELBOW_CHECK(n == 0 || stored != NULL);
    switch (element) {
#define ELBOW_ELEMENT_CASE(name, type, text)                                                                           \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return scan_##name(stored, n);
        ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_CASE)
#undef ELBOW_ELEMENT_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
    return (struct elbow_element_scan){0};
}

enum { LANES = ELBOW_ELEMENT_LANES };

// One function for each type: add_UINT8 and so on. Independent lanes let the processor work on several values at once.
#define ELBOW_ELEMENT_ADD(name, type, text)                                                                            \
    static void add_##name(const type *stored, size_t n, double origin, double scale,                                  \
                           struct elbow_element_lanes *lanes)                                                          \
    {                                                                                                                  \
        struct elbow_element_lanes mine = *lanes;                                                                      \
        size_t whole = n - n % LANES;                                                                                  \
        for (size_t i = 0; i < whole; i += LANES)                                                                      \
            for (size_t k = 0; k < LANES; ++k) {                                                                       \
                double value = ((double)stored[i + k] - origin) * scale;                                               \
                mine.sum[k] += value;                                                                                  \
                mine.squares[k] += value * value;                                                                      \
            }                                                                                                          \
        for (size_t i = whole; i < n; ++i) {                                                                           \
            double value = ((double)stored[i] - origin) * scale;                                                       \
            mine.sum[i - whole] += value;                                                                              \
            mine.squares[i - whole] += value * value;                                                                  \
        }                                                                                                              \
        *lanes = mine;                                                                                                 \
    }
ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_ADD)
#undef ELBOW_ELEMENT_ADD

void elbow_element_add(enum elbow_element element, const void *stored, size_t n, double origin, double unit,
                       struct elbow_element_lanes *lanes)
{
    ELBOW_CHECK(n == 0 || stored != NULL);
    switch (element) {
#define ELBOW_ELEMENT_CASE(name, type, text)                                                                           \
    case ELBOW_ELEMENT_##name:                                                                                         \
        add_##name(stored, n, origin, 1 / unit, lanes);                                                                \
        return;
        ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_CASE)
#undef ELBOW_ELEMENT_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
}

struct elbow_element_sums elbow_element_total(const struct elbow_element_lanes *lanes)
{
    struct elbow_element_sums sums = {lanes->sum[0], lanes->squares[0]};
    for (size_t k = 1; k < LANES; ++k) {
        sums.sum += lanes->sum[k];
        sums.squares += lanes->squares[k];
    }
    return sums;
}

struct elbow_element_sums elbow_element_sums(enum elbow_element element, const void *stored, size_t n, double origin,
                                             double unit)
{
    struct elbow_element_lanes lanes = {.sum = {0}};
    elbow_element_add(element, stored, n, origin, unit, &lanes);
    return elbow_element_total(&lanes);
}

double elbow_element_at(enum elbow_element element, const void *stored, size_t i)
{
    switch (element) {
#define ELBOW_ELEMENT_CASE(name, type, text)                                                                           \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return (double)((const type *)stored)[i];
        ELBOW_ELEMENT_LIST(ELBOW_ELEMENT_CASE)
#undef ELBOW_ELEMENT_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
    return 0;
}
