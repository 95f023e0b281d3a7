// SPDX-License-Identifier: BSD-3-Clause
// Sparse rows against the same rows stored densely: every value, every span of values, every scaled sample.
#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "unit.h"

#include <string.h>

// More columns than a piece has values, with a run of entries longer than any tile.
enum { ROWS = 9, VALUES = 2 * ELBOW_ROWS_PIECE + 13, RUN = 700 };

struct pair {
    struct elbow_dataset dense, sparse;
};

// Row 0 and the last are empty; row 1 is full of a run; the others have entries here and there, zeros among them.
static int value_at(uint64_t row, uint64_t column, bool *is_entry)
{
    *is_entry = row == 1 ? column >= 100 && column < 100 + RUN
                         : row > 1 && row + 1 < ROWS && (column * 31 + row * 7) % 97 < row;
    return *is_entry ? (int)((column * 13 + row * 5) % 120) : 0;
}

static void put(enum elbow_element element, void *values, size_t i, int value)
{
    switch (element) {
#define PUT(name, type, text)                                                                                          \
    case ELBOW_ELEMENT_##name:                                                                                         \
        ((type *)values)[i] = (type)value;                                                                             \
        break;
        ELBOW_ELEMENT_LIST(PUT)
#undef PUT
    }
}

static void take(struct elbow_dataset *dataset)
{
    struct elbow_error error = {0};
    dataset->rows.bytes = elbow_dataset_bytes(dataset);
    ck_assert_int_eq(elbow_allocate(&dataset->rows.base, dataset->rows.bytes, 1, "rows", &error), ELBOW_OK);
}

static struct pair make(enum elbow_element element, double factor, double offset)
{
    bool is_entry;
    struct elbow_dataset both = {.samples = ROWS,
                                 .values = VALUES,
                                 .rank = 1,
                                 .shape = {VALUES},
                                 .element = element,
                                 .scale = {.factor = factor, .offset = offset}};
    struct pair pair = {both, both};
    pair.sparse.is_sparse = true;
    for (uint64_t i = 0; i < (uint64_t)ROWS * VALUES; ++i) {
        value_at(i / VALUES, i % VALUES, &is_entry);
        pair.sparse.entries += is_entry;
    }
    take(&pair.dense);
    take(&pair.sparse);
    struct elbow_rows_parts parts = elbow_rows_parts(&pair.sparse);
    uint64_t entry = 0;
    for (uint64_t i = 0; i < (uint64_t)ROWS * VALUES; ++i) {
        int value = value_at(i / VALUES, i % VALUES, &is_entry);
        put(element, pair.dense.rows.base, i, value);
        if (i % VALUES == 0)
            parts.starts[i / VALUES] = entry;
        if (!is_entry)
            continue;
        put(element, parts.values, entry, value);
        parts.columns[entry++] = (uint32_t)(i % VALUES);
    }
    parts.starts[ROWS] = entry;
    ck_assert_uint_eq(entry, pair.sparse.entries);
    return pair;
}

static void drop(struct pair *pair)
{
    elbow_release(&pair->dense.rows.base);
    elbow_release(&pair->sparse.rows.base);
}

START_TEST(samples_are_alike)
{
    static float dense[VALUES], sparse[VALUES];
    const double factors[] = {1, 1.0 / 255, -3}, offsets[] = {0, 0.5, -0.25};
    for (int element = ELBOW_ELEMENT_UINT8; element <= ELBOW_ELEMENT_FLOAT64; ++element)
        for (size_t k = 0; k < 3; ++k) {
            struct pair pair = make((enum elbow_element)element, factors[k], offsets[k]);
            for (uint64_t row = 0; row < ROWS; ++row) {
                elbow_dataset_sample(&pair.dense, row, dense);
                memset(sparse, 0x55, sizeof sparse);
                elbow_dataset_sample(&pair.sparse, row, sparse);
                ck_assert_mem_eq(sparse, dense, sizeof dense);
            }
            drop(&pair);
        }
}
END_TEST

// Whatever is done to the values, of which zeros are some: for each column, or for all alike.
START_TEST(transforms_are_alike)
{
    static float dense[VALUES], sparse[VALUES];
    static double scaled[VALUES], scaled_sparse[VALUES];
    struct elbow_error error = {0};
    for (int kind = 0; kind < ELBOW_TRANSFORMS; ++kind) {
        struct pair pair = make(ELBOW_ELEMENT_FLOAT32, 0.5, 2);
        struct elbow_fit *fit = &pair.dense.transform;
        ck_assert_int_eq(elbow_fit_create((enum elbow_transform_kind)kind, VALUES, fit, &error), ELBOW_OK);
        for (size_t i = 0; i < 2 * fit->columns; ++i)
            fit->numbers[i] = 0.5 + (double)i / 7;
        pair.sparse.transform = *fit;
        for (uint64_t row = 0; row < ROWS; ++row) {
            elbow_dataset_sample(&pair.dense, row, dense);
            elbow_dataset_sample(&pair.sparse, row, sparse);
            ck_assert_mem_eq(sparse, dense, sizeof dense);
            elbow_dataset_scaled(&pair.dense, row, scaled);
            elbow_dataset_scaled(&pair.sparse, row, scaled_sparse);
            ck_assert_mem_eq(scaled_sparse, scaled, sizeof scaled);
        }
        elbow_fit_clear(fit);
        drop(&pair);
    }
}
END_TEST

START_TEST(spans_are_alike)
{
    const uint64_t all = (uint64_t)ROWS * VALUES;
    const size_t lengths[] = {1, 8, 777, ELBOW_ROWS_PIECE};
    struct elbow_rows_buffer buffer;
    for (int element = ELBOW_ELEMENT_UINT8; element <= ELBOW_ELEMENT_FLOAT64; ++element) {
        struct pair pair = make((enum elbow_element)element, 1, 0);
        size_t size = elbow_element_size(pair.dense.element);
        for (size_t k = 0; k < 4; ++k)
            for (uint64_t first = 0; first < all; first += lengths[k] == 1 ? 641 : lengths[k]) {
                size_t n = all - first < lengths[k] ? (size_t)(all - first) : lengths[k];
                memset(&buffer, 0x55, sizeof buffer);
                ck_assert_mem_eq(elbow_rows_stored(&pair.sparse, first, n, &buffer),
                                 elbow_rows_stored(&pair.dense, first, n, NULL), n * size);
            }
        ck_assert(elbow_rows_at(&pair.sparse, VALUES + 150) == elbow_rows_at(&pair.dense, VALUES + 150));
        drop(&pair);
    }
}
END_TEST

START_TEST(steps_are_bounded)
{
    struct pair pair = make(ELBOW_ELEMENT_UINT8, 1, 0);
    ck_assert_uint_eq(elbow_rows_step(&pair.dense, 1 << 20), 1 << 20);
    ck_assert_uint_eq(elbow_rows_step(&pair.sparse, 1 << 20), ELBOW_ROWS_PIECE);
    ck_assert_uint_eq(elbow_rows_step(&pair.sparse, 5), 5);
    ck_assert_uint_eq(ELBOW_ROWS_PIECE % ELBOW_ELEMENT_LANES, 0);
    ck_assert_uint_lt(elbow_dataset_bytes(&pair.sparse), elbow_dataset_bytes(&pair.dense));
    drop(&pair);
}
END_TEST

UNIT_MAIN("data/rows", samples_are_alike, transforms_are_alike, spans_are_alike, steps_are_bounded)
