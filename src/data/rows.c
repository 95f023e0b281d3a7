// SPDX-License-Identifier: BSD-3-Clause
// Rows in memory or in pages, dense or sparse. A row is in one page. A sparse row is expanded when it is used: zeros
// first, then each entry at its column.
#include "elbow/data/detail/rows.h"

#include <string.h>

enum { TILE = 256 }; // entries that are scaled at once

struct elbow_pages *elbow_dataset_pages(const struct elbow_dataset *dataset)
{
    return dataset->stored != NULL ? dataset->stored->pages : dataset->pages;
}

struct elbow_row_runs elbow_dataset_runs(const struct elbow_dataset *dataset)
{
    const struct elbow_page_table *table = &dataset->page_table;
    if (elbow_dataset_pages(dataset) == NULL)
        return (struct elbow_row_runs){0};
    return (struct elbow_row_runs){.count = table->count, .first = table->first};
}

size_t elbow_dataset_bytes(const struct elbow_dataset *dataset)
{
    size_t size = elbow_element_size(dataset->element);
    if (dataset->is_synthetic)
        return 0;
    if (dataset->is_sparse)
        return elbow_page_parts_bytes(dataset->samples, dataset->entries, size);
    return dataset->samples * dataset->values * size;
}

struct elbow_rows_parts elbow_rows_parts(const struct elbow_dataset *dataset)
{
    ELBOW_CHECK(dataset->is_sparse && dataset->rows.base != NULL);
    struct elbow_page all = {.rows = dataset->samples, .entries = dataset->entries, .values = dataset->rows.base};
    return elbow_page_parts(&all, elbow_element_size(dataset->element));
}

// Finds a sparse row; *row becomes its index there.
static struct elbow_rows_parts parts_of(const struct elbow_dataset *dataset, uint64_t *row)
{
    if (dataset->pages == NULL)
        return elbow_rows_parts(dataset);
    const struct elbow_page *page = elbow_pages_find(dataset->pages, *row);
    *row -= page->first;
    return elbow_page_parts(page, elbow_element_size(dataset->element));
}

// Finds a dense row; *rows is the number of rows, from this one on, that are contiguous.
static const char *dense_row(const struct elbow_dataset *dataset, uint64_t row, uint64_t *rows)
{
    size_t bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_page all = {.rows = dataset->samples, .values = dataset->rows.base};
    const struct elbow_page *page = dataset->pages == NULL ? &all : elbow_pages_find(dataset->pages, row);
    *rows = page->first + page->rows - row;
    return (const char *)page->values + (row - page->first) * bytes;
}

size_t elbow_rows_step(const struct elbow_dataset *dataset, size_t n)
{
    bool is_there = !dataset->is_sparse && dataset->pages == NULL;
    return !is_there && n > ELBOW_ROWS_PIECE ? ELBOW_ROWS_PIECE : n;
}

// The first entry of [entry, end) in this column or after it.
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

// Copies entries [entry, end), whose columns are `column` or more, to their places.
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

// Copies values [column, last) of a row into zeros.
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

// Finds the values from `first` on that are contiguous, at most n; *count of them. For dense rows.
static const char *dense_piece(const struct elbow_dataset *dataset, uint64_t first, size_t n, size_t *count)
{
    uint64_t rows = 0, column = first % dataset->values;
    const char *row = dense_row(dataset, first / dataset->values, &rows);
    uint64_t there = rows * dataset->values - column;
    *count = there < n ? (size_t)there : n;
    return row + column * elbow_element_size(dataset->element);
}

static const void *dense_values(const struct elbow_dataset *dataset, uint64_t first, size_t n,
                                struct elbow_rows_buffer *buffer)
{
    size_t size = elbow_element_size(dataset->element), count = 0;
    const char *piece = dense_piece(dataset, first, n, &count);
    if (count == n)
        return piece;
    ELBOW_CHECK(n <= ELBOW_ROWS_PIECE);
    char *out = (char *)buffer->values;
    for (size_t done = 0;;) {
        memcpy(out + done * size, piece, count * size);
        done += count;
        if (done == n)
            return out;
        piece = dense_piece(dataset, first + done, n - done, &count);
    }
}

const void *elbow_rows_stored(const struct elbow_dataset *dataset, uint64_t first, size_t n,
                              struct elbow_rows_buffer *buffer)
{
    size_t size = elbow_element_size(dataset->element);
    if (!dataset->is_sparse)
        return dense_values(dataset, first, n, buffer);
    ELBOW_CHECK(n <= ELBOW_ROWS_PIECE);
    char *out = (char *)buffer->values;
    memset(out, 0, n * size);
    uint64_t row = first / dataset->values, column = first % dataset->values;
    for (size_t done = 0; done < n; ++row, column = 0) {
        uint64_t at = row;
        struct elbow_rows_parts parts = parts_of(dataset, &at);
        size_t left = n - done, there = dataset->values - column;
        size_t count = there < left ? there : left;
        spread(&parts, at, column, column + count, size, out + done * size);
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

// A transform that treats all columns alike is applied to the entries, and to one zero.
static void transform_entries(const struct elbow_dataset *dataset, uint64_t row, float *values)
{
    static const uint64_t ZERO = 0; // of any element
    const struct elbow_fit *fit = &dataset->transform;
    const struct elbow_scale *scale = &dataset->scale;
    struct elbow_rows_parts parts = parts_of(dataset, &row);
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

// A dense row is always contiguous.
static size_t row_step(const struct elbow_dataset *dataset, size_t n)
{
    return dataset->is_sparse ? elbow_rows_step(dataset, n) : n;
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
        size_t count = row_step(dataset, width - at);
        const void *stored = elbow_rows_stored(dataset, row * width + at, count, &buffer);
        elbow_fit_forward(&dataset->transform, &dataset->scale, dataset->element, stored, at, count, values + at);
        at += count;
    }
}

static void widen(const struct elbow_dataset *dataset, uint64_t row, double factor, double offset, double *values)
{
    struct elbow_rows_buffer buffer;
    size_t width = dataset->values;
    for (size_t at = 0; at < width;) {
        size_t count = row_step(dataset, width - at);
        const void *stored = elbow_rows_stored(dataset, row * width + at, count, &buffer);
        elbow_element_widen(dataset->element, stored, count, factor, offset, values + at);
        at += count;
    }
}

void elbow_rows_read(const struct elbow_dataset *dataset, uint64_t row, double *values)
{
    widen(dataset, row, 1, 0, values);
}

void elbow_rows_scale(const struct elbow_dataset *dataset, uint64_t row, double *values)
{
    widen(dataset, row, dataset->scale.factor, dataset->scale.offset, values);
}
