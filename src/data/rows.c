// SPDX-License-Identifier: BSD-3-Clause
// Rows in memory, dense or sparse. A sparse row is spread out where it is used: a fill of zeros, and an entry after the
// other to its column.
#include "elbow/data/detail/rows.h"

#include <string.h>

enum { TILE = 256 }; // entries that are scaled at once

// Where the parts begin.
struct offsets {
    size_t values, columns, end;
};

static struct offsets offsets_of(const struct elbow_dataset *dataset)
{
    const size_t word = sizeof(uint64_t);
    struct offsets at = {.values = (dataset->samples + 1) * word};
    size_t bytes = dataset->entries * elbow_element_size(dataset->element);
    at.columns = at.values + (bytes + word - 1) / word * word;
    at.end = at.columns + dataset->entries * sizeof(uint32_t);
    return at;
}

size_t elbow_dataset_bytes(const struct elbow_dataset *dataset)
{
    if (dataset->is_synthetic)
        return 0;
    if (dataset->is_sparse)
        return offsets_of(dataset).end;
    return dataset->samples * dataset->values * elbow_element_size(dataset->element);
}

struct elbow_rows_parts elbow_rows_parts(const struct elbow_dataset *dataset)
{
    ELBOW_CHECK(dataset->is_sparse && dataset->rows.base != NULL);
    char *base = dataset->rows.base;
    struct offsets at = offsets_of(dataset);
    return (struct elbow_rows_parts){
        .starts = (void *)base, .values = base + at.values, .columns = (void *)(base + at.columns)};
}

size_t elbow_rows_step(const struct elbow_dataset *dataset, size_t n)
{
    return dataset->is_sparse && n > ELBOW_ROWS_PIECE ? ELBOW_ROWS_PIECE : n;
}

// The first entry of [entry, end) in this column or behind it.
static uint64_t find_column(const uint32_t *columns, uint64_t entry, uint64_t end, uint64_t column)
{
    while (entry < end) {
        uint64_t middle = entry + (end - entry) / 2;
        if (columns[middle] < column)
            entry = middle + 1;
        else
            end = middle;
    }
    return entry;
}

// Entries [entry, end), which lie in columns from `column` on, to their places.
#define SPREAD(size, type)                                                                                             \
    static void spread_##size(const struct elbow_rows_parts *parts, uint64_t entry, uint64_t end, uint64_t column,     \
                              type *out)                                                                               \
    {                                                                                                                  \
        const type *values = (const void *)parts->values;                                                              \
        for (; entry < end; ++entry)                                                                                   \
            out[parts->columns[entry] - column] = values[entry];                                                       \
    }
SPREAD(1, uint8_t)
SPREAD(2, uint16_t)
SPREAD(4, uint32_t)
SPREAD(8, uint64_t)
#undef SPREAD

// Values [column, last) of a row, into zeros.
static void spread(const struct elbow_rows_parts *parts, uint64_t row, uint64_t column, uint64_t last, size_t size,
                   void *out)
{
    uint64_t entry = find_column(parts->columns, parts->starts[row], parts->starts[row + 1], column);
    uint64_t end = find_column(parts->columns, entry, parts->starts[row + 1], last);
    if (size == 1)
        spread_1(parts, entry, end, column, out);
    else if (size == 2)
        spread_2(parts, entry, end, column, out);
    else if (size == 4)
        spread_4(parts, entry, end, column, out);
    else
        spread_8(parts, entry, end, column, out);
}

const void *elbow_rows_stored(const struct elbow_dataset *dataset, uint64_t first, size_t n,
                              struct elbow_rows_buffer *buffer)
{
    size_t size = elbow_element_size(dataset->element);
    if (!dataset->is_sparse)
        return (const char *)dataset->rows.base + first * size;
    ELBOW_CHECK(n <= ELBOW_ROWS_PIECE);
    struct elbow_rows_parts parts = elbow_rows_parts(dataset);
    char *out = (char *)buffer->values;
    memset(out, 0, n * size);
    uint64_t row = first / dataset->values, column = first % dataset->values;
    for (size_t done = 0; done < n; ++row, column = 0) {
        size_t left = n - done, there = dataset->values - column;
        size_t count = there < left ? there : left;
        spread(&parts, row, column, column + count, size, out + done * size);
        done += count;
    }
    return out;
}

double elbow_rows_at(const struct elbow_dataset *dataset, uint64_t number)
{
    struct elbow_rows_buffer buffer;
    return elbow_element_at(dataset->element, elbow_rows_stored(dataset, number, 1, &buffer), 0);
}

static void fill(float value, size_t n, float *values)
{
    static const float ZERO = 0;
    if (memcmp(&value, &ZERO, sizeof value) == 0) {
        memset(values, 0, n * sizeof *values);
        return;
    }
    for (size_t i = 0; i < n; ++i)
        values[i] = value;
}

// A transform that treats all columns alike sees the entries, and one zero.
static void transform_entries(const struct elbow_dataset *dataset, uint64_t row, float *values)
{
    static const uint64_t ZERO = 0; // of any element
    const struct elbow_fit *fit = &dataset->transform;
    const struct elbow_scale *scale = &dataset->scale;
    struct elbow_rows_parts parts = elbow_rows_parts(dataset);
    size_t size = elbow_element_size(dataset->element);
    float zero, tile[TILE];
    elbow_fit_forward(fit, scale, dataset->element, &ZERO, 0, 1, &zero);
    fill(zero, dataset->values, values);
    for (uint64_t entry = parts.starts[row], end = parts.starts[row + 1]; entry < end;) {
        size_t count = end - entry < TILE ? (size_t)(end - entry) : TILE;
        elbow_fit_forward(fit, scale, dataset->element, parts.values + entry * size, 0, count, tile);
        for (size_t i = 0; i < count; ++i)
            values[parts.columns[entry + i]] = tile[i];
        entry += count;
    }
}

void elbow_rows_transform(const struct elbow_dataset *dataset, uint64_t row, float *values)
{
    if (dataset->is_sparse && dataset->transform.columns <= 1) {
        transform_entries(dataset, row, values);
        return;
    }
    struct elbow_rows_buffer buffer;
    size_t width = dataset->values;
    for (size_t at = 0; at < width;) {
        size_t count = elbow_rows_step(dataset, width - at);
        const void *stored = elbow_rows_stored(dataset, row * width + at, count, &buffer);
        elbow_fit_forward(&dataset->transform, &dataset->scale, dataset->element, stored, at, count, values + at);
        at += count;
    }
}

void elbow_rows_scale(const struct elbow_dataset *dataset, uint64_t row, double *values)
{
    struct elbow_rows_buffer buffer;
    size_t width = dataset->values;
    for (size_t at = 0; at < width;) {
        size_t count = elbow_rows_step(dataset, width - at);
        const void *stored = elbow_rows_stored(dataset, row * width + at, count, &buffer);
        elbow_element_widen(dataset->element, stored, count, dataset->scale.factor, dataset->scale.offset, values + at);
        at += count;
    }
}
