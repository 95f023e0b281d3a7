// SPDX-License-Identifier: BSD-3-Clause
// Indices of sparse rows. Most rows are sorted already; others are sorted as a heap, which needs no memory and is never
// slow.
#include "elbow/data/csr.h"

#include "elbow/base/status.h"

// One pair of functions for each type. A negative number is a very large one without its sign.
#define CSR_TAKE(name, type, text)                                                                                     \
    static size_t starts_##name(const type *stored, size_t n, uint64_t low, uint64_t high, uint64_t *starts)           \
    {                                                                                                                  \
        for (size_t i = 0; i < n; ++i) {                                                                               \
            uint64_t start = (uint64_t)stored[i];                                                                      \
            if (start < low || start > high)                                                                           \
                return i;                                                                                              \
            starts[i] = low = start;                                                                                   \
        }                                                                                                              \
        return SIZE_MAX;                                                                                               \
    }                                                                                                                  \
    static size_t columns_##name(const type *stored, size_t n, uint64_t width, uint32_t *columns)                      \
    {                                                                                                                  \
        for (size_t i = 0; i < n; ++i) {                                                                               \
            uint64_t column = (uint64_t)stored[i];                                                                     \
            if (column >= width)                                                                                       \
                return i;                                                                                              \
            columns[i] = (uint32_t)column;                                                                             \
        }                                                                                                              \
        return SIZE_MAX;                                                                                               \
    }
#define CSR_INTEGERS(X)                                                                                                \
    X(UINT8, uint8_t, "uint8")                                                                                         \
    X(INT8, int8_t, "int8")                                                                                            \
    X(UINT16, uint16_t, "uint16")                                                                                      \
    X(INT16, int16_t, "int16")                                                                                         \
    X(UINT32, uint32_t, "uint32")                                                                                      \
    X(INT32, int32_t, "int32")                                                                                         \
    X(UINT64, uint64_t, "uint64")                                                                                      \
    X(INT64, int64_t, "int64")
CSR_INTEGERS(CSR_TAKE)
#undef CSR_TAKE

size_t elbow_csr_starts(enum elbow_element element, const void *stored, size_t n, uint64_t low, uint64_t high,
                        uint64_t *starts)
{
    ELBOW_CHECK(high <= INT64_MAX); // what is negative lies above it
    switch (element) {
#define CSR_CASE(name, type, text)                                                                                     \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return starts_##name(stored, n, low, high, starts);
        CSR_INTEGERS(CSR_CASE)
#undef CSR_CASE
    default:
        ELBOW_CHECK(!"a type of integers");
        return 0;
    }
}

size_t elbow_csr_columns(enum elbow_element element, const void *stored, size_t n, uint64_t width, uint32_t *columns)
{
    ELBOW_CHECK(width <= UINT64_C(1) << 32);
    switch (element) {
#define CSR_CASE(name, type, text)                                                                                     \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return columns_##name(stored, n, width, columns);
        CSR_INTEGERS(CSR_CASE)
#undef CSR_CASE
    default:
        ELBOW_CHECK(!"a type of integers");
        return 0;
    }
}

// One function for each size of values: a heap with its largest column on top, taken down from behind.
#define CSR_SORT(size, type)                                                                                           \
    static void swap_##size(uint32_t *columns, type *values, size_t a, size_t b)                                       \
    {                                                                                                                  \
        uint32_t column = columns[a];                                                                                  \
        type value = values[a];                                                                                        \
        columns[a] = columns[b];                                                                                       \
        values[a] = values[b];                                                                                         \
        columns[b] = column;                                                                                           \
        values[b] = value;                                                                                             \
    }                                                                                                                  \
    static void sink_##size(uint32_t *columns, type *values, size_t at, size_t n)                                      \
    {                                                                                                                  \
        for (size_t child; (child = 2 * at + 1) < n; at = child) {                                                     \
            if (child + 1 < n && columns[child + 1] > columns[child])                                                  \
                ++child;                                                                                               \
            if (columns[at] >= columns[child])                                                                         \
                return;                                                                                                \
            swap_##size(columns, values, at, child);                                                                   \
        }                                                                                                              \
    }                                                                                                                  \
    static void sort_##size(uint32_t *columns, type *values, size_t n)                                                 \
    {                                                                                                                  \
        for (size_t i = n / 2; i > 0; --i)                                                                             \
            sink_##size(columns, values, i - 1, n);                                                                    \
        for (size_t last = n - 1; last > 0; --last) {                                                                  \
            swap_##size(columns, values, 0, last);                                                                     \
            sink_##size(columns, values, 0, last);                                                                     \
        }                                                                                                              \
    }
CSR_SORT(1, uint8_t)
CSR_SORT(2, uint16_t)
CSR_SORT(4, uint32_t)
CSR_SORT(8, uint64_t)
#undef CSR_SORT

bool elbow_csr_sort(size_t n, size_t size, uint32_t *columns, void *values, uint32_t *twice)
{
    ELBOW_CHECK(size == 1 || size == 2 || size == 4 || size == 8);
    bool is_sorted = true;
    for (size_t i = 1; i < n && is_sorted; ++i)
        is_sorted = columns[i - 1] < columns[i];
    if (is_sorted)
        return true;
    if (size == 1)
        sort_1(columns, values, n);
    else if (size == 2)
        sort_2(columns, values, n);
    else if (size == 4)
        sort_4(columns, values, n);
    else
        sort_8(columns, values, n);
    for (size_t i = 1; i < n; ++i)
        if (columns[i - 1] == columns[i]) {
            *twice = columns[i];
            return false;
        }
    return true;
}
