// SPDX-License-Identifier: BSD-3-Clause
// Register tiles on the widest vectors of the build. A tile is some rows times some vectors of columns, all of its sums
// in registers; each step loads a row of the panel and broadcasts one value of each row of A. Rows that a tile has too
// many are computed twice and stored once, so that there is one kernel for whole and broken tiles.
//
// Fused multiply-adds are explicit, because the build forbids the compiler to fuse operations by itself.
#include "elbow/math/panel.h"

#include "elbow/base/status.h"
#include "elbow/math/threads.h"

#include <string.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { LANES = 16, VECTORS_MAX = 4 };
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
enum { LANES = 8, VECTORS_MAX = 2 };
#else
enum { LANES = 4, VECTORS_MAX = 2 };
#endif

typedef float vector __attribute__((vector_size(sizeof(float) * LANES)));

#define INLINE static inline __attribute__((always_inline))

// Rows of a tile by its vectors: as many sums as the processor has registers for, some left over for the operands.
#if defined(__AVX512F__)
enum { ROWS_1 = 16, ROWS_2 = 12, ROWS_3 = 8, ROWS_4 = 6, ROWS_MAX = 16 };
#else
enum { ROWS_1 = 8, ROWS_2 = 6, ROWS_MAX = 8 };
#endif

// Rows whose sums are kept in registers before they are added to the result; with the columns of a panel they fill the
// first-level cache.
enum { GROUP_FLOATS = 6144, GROUP_MAX = 256 };

INLINE vector fused(vector a, vector b, vector c)
{
#if defined(__AVX512F__)
    return (vector)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__) && defined(__FMA__)
    return (vector)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

INLINE vector load(const float *x)
{
    vector v;
    memcpy(&v, x, sizeof v);
    return v;
}

INLINE vector broadcast(float x)
{
    return x - (vector){0};
}

size_t elbow_panel_width(size_t columns)
{
    return (columns + LANES - 1) / LANES * LANES;
}

size_t elbow_panel_size(size_t depth, size_t columns)
{
    return depth * elbow_panel_width(columns);
}

// The vectors of the panel that begins at column `first`. Panels follow each other.
static size_t vectors_of(size_t columns, size_t first)
{
    size_t left = (elbow_panel_width(columns) - first) / LANES;
    return left < VECTORS_MAX ? left : VECTORS_MAX;
}

static void copy_row(size_t count, const float *from, size_t from_stride, float *to, size_t to_stride)
{
    if (from_stride == 1 && to_stride == 1) {
        memcpy(to, from, count * sizeof *to);
        return;
    }
    for (size_t j = 0; j < count; ++j)
        to[j * to_stride] = from[j * from_stride];
}

void elbow_panel_pack(size_t depth, size_t columns, size_t first, size_t count, const float *b, size_t row_stride,
                      size_t column_stride, float *packed)
{
    ELBOW_CHECK(first + count <= depth);
    for (size_t column = 0; column < columns; column += (size_t)VECTORS_MAX * LANES) {
        size_t width = vectors_of(columns, column) * LANES;
        size_t used = columns - column < width ? columns - column : width;
        float *to = packed + depth * column + first * width;
        for (size_t i = 0; i < count; ++i, to += width) {
            copy_row(used, b + i * row_stride + column * column_stride, column_stride, to, 1);
            memset(to + used, 0, (width - used) * sizeof *to);
        }
    }
}

void elbow_panel_put(size_t depth, size_t columns, size_t k, size_t first, size_t count, const float *b, size_t stride,
                     float *packed)
{
    ELBOW_CHECK(k < depth && first + count <= columns);
    const size_t widest = (size_t)VECTORS_MAX * LANES;
    for (size_t j = 0; j < count; ++j) {
        size_t column = first + j, begin = column / widest * widest, width = vectors_of(columns, begin) * LANES;
        packed[depth * begin + k * width + (column - begin)] = b[j * stride];
    }
}

void elbow_panel_unpack(size_t depth, size_t columns, size_t first, size_t count, const float *packed, float *b,
                        size_t row_stride, size_t column_stride)
{
    ELBOW_CHECK(first + count <= depth);
    for (size_t column = 0; column < columns; column += (size_t)VECTORS_MAX * LANES) {
        size_t width = vectors_of(columns, column) * LANES;
        size_t used = columns - column < width ? columns - column : width;
        const float *from = packed + depth * column + first * width;
        for (size_t i = 0; i < count; ++i, from += width) {
            copy_row(used, from, 1, b + i * row_stride + column * column_stride, column_stride);
        }
    }
}

// Rows of A, the panel, and where the sums go; `rows` of them are wanted, `used` columns are stored.
struct tile {
    const float *a[ROWS_MAX];
    float *c[ROWS_MAX];
    size_t rows, used;
};

INLINE void multiply_tile(const int height, const int vectors, const struct tile *tile, size_t runs,
                          const struct elbow_run *run, const float *panel)
{
    vector sum[ROWS_MAX][VECTORS_MAX];
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j)
            sum[i][j] = (vector){0};
    for (size_t r = 0; r < runs; ++r) {
        size_t at = run[r].offset, end = at + run[r].length;
        for (; at < end; ++at, panel += vectors * LANES) {
            vector b[VECTORS_MAX];
#pragma GCC unroll 4
            for (int j = 0; j < vectors; ++j)
                b[j] = load(panel + j * LANES);
#pragma GCC unroll 16
            for (int i = 0; i < height; ++i) {
                vector x = broadcast(tile->a[i][at]);
#pragma GCC unroll 4
                for (int j = 0; j < vectors; ++j)
                    sum[i][j] = fused(x, b[j], sum[i][j]);
            }
        }
    }
    float row[VECTORS_MAX * LANES];
    size_t bytes = tile->used * sizeof(float);
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i) {
        if ((size_t)i >= tile->rows)
            break;
        if (bytes == sizeof(vector) * (size_t)vectors) {
            memcpy(tile->c[i], sum[i], sizeof(vector) * (size_t)vectors);
        } else {
            memcpy(row, sum[i], sizeof(vector) * (size_t)vectors);
            memcpy(tile->c[i], row, bytes);
        }
    }
}

// For each k of the tile one row of the result, added to.
INLINE void accumulate_tile(const int height, const int vectors, const struct tile *tile, size_t rows,
                            const uint32_t *from, const float *b, size_t stride)
{
    vector sum[ROWS_MAX][VECTORS_MAX];
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j)
            sum[i][j] = (vector){0};
    for (size_t row = 0; row < rows; ++row, b += stride) {
        size_t at = from[row];
        vector x[VECTORS_MAX];
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j)
            x[j] = load(b + j * LANES);
#pragma GCC unroll 16
        for (int i = 0; i < height; ++i) {
            vector y = broadcast(tile->a[i][at]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; ++j)
                sum[i][j] = fused(y, x[j], sum[i][j]);
        }
    }
#pragma GCC unroll 16
    for (int i = 0; i < height; ++i) {
        if ((size_t)i >= tile->rows)
            break;
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) {
            vector total = load(tile->c[i] + j * LANES) + sum[i][j];
            memcpy(tile->c[i] + j * LANES, &total, sizeof total);
        }
    }
}

static size_t height_of(size_t vectors)
{
#if defined(__AVX512F__)
    static const size_t heights[] = {0, ROWS_1, ROWS_2, ROWS_3, ROWS_4};
#else
    static const size_t heights[] = {0, ROWS_1, ROWS_2};
#endif
    return heights[vectors];
}

static void multiply_one(size_t vectors, const struct tile *tile, size_t runs, const struct elbow_run *run,
                         const float *panel)
{
    switch (vectors) {
    case 1:
        multiply_tile(ROWS_1, 1, tile, runs, run, panel);
        return;
    case 2:
        multiply_tile(ROWS_2, 2, tile, runs, run, panel);
        return;
#if defined(__AVX512F__)
    case 3:
        multiply_tile(ROWS_3, 3, tile, runs, run, panel);
        return;
    default:
        multiply_tile(ROWS_4, 4, tile, runs, run, panel);
        return;
#endif
    }
}

static void multiply_rows(size_t rows, const float *a, const uint32_t *from, size_t runs, const struct elbow_run *run,
                          size_t depth, size_t columns, const float *packed, float *c, const uint32_t *to)
{
    for (size_t column = 0; column < columns; column += (size_t)VECTORS_MAX * LANES) {
        size_t vectors = vectors_of(columns, column), height = height_of(vectors), width = vectors * LANES;
        for (size_t first = 0; first < rows; first += height) {
            struct tile tile;
            tile.rows = rows - first < height ? rows - first : height;
            tile.used = columns - column < width ? columns - column : width;
            for (size_t i = 0; i < height; ++i) {
                size_t row = first + (i < tile.rows ? i : tile.rows - 1);
                tile.a[i] = a + (from ? from[row] : row * depth);
                tile.c[i] = c + (to ? to[row] : row * columns) + column;
            }
            multiply_one(vectors, &tile, runs, run, packed + depth * column);
        }
    }
}

// Tiles of every height, and the multiply-adds that are worth a thread.
enum { ROWS_UNIT = 48, PRODUCTS_LEAST = 1 << 19 };

struct panel_product {
    const float *a;
    const uint32_t *from;
    size_t runs;
    const struct elbow_run *run;
    size_t depth, columns;
    const float *packed;
    float *c;
    const uint32_t *to;
};

static void multiply_span(void *user, int part, size_t first, size_t count)
{
    const struct panel_product *p = user;
    (void)part;
    multiply_rows(count, p->from ? p->a : p->a + first * p->depth, p->from ? p->from + first : NULL, p->runs, p->run,
                  p->depth, p->columns, p->packed, p->to ? p->c : p->c + first * p->columns,
                  p->to ? p->to + first : NULL);
}

void elbow_panel_multiply(size_t rows, const float *a, const uint32_t *from, size_t runs, const struct elbow_run *run,
                          size_t depth, size_t columns, const float *packed, float *c, const uint32_t *to)
{
    struct panel_product product = {a, from, runs, run, depth, columns, packed, c, to};
    elbow_threads_split(rows, ROWS_UNIT, PRODUCTS_LEAST / (depth * columns + 1) + 1, multiply_span, &product);
}

static void accumulate_one(size_t vectors, const struct tile *tile, size_t rows, const uint32_t *from, const float *b,
                           size_t stride)
{
    switch (vectors) {
    case 1:
        accumulate_tile(ROWS_1, 1, tile, rows, from, b, stride);
        return;
    case 2:
        accumulate_tile(ROWS_2, 2, tile, rows, from, b, stride);
        return;
#if defined(__AVX512F__)
    case 3:
        accumulate_tile(ROWS_3, 3, tile, rows, from, b, stride);
        return;
    default:
        accumulate_tile(ROWS_4, 4, tile, rows, from, b, stride);
        return;
#endif
    }
}

// One group of rows, to rows [begin, end) of the panel.
static void accumulate_panel(size_t vectors, size_t rows, const float *a, const uint32_t *from, size_t begin,
                             size_t end, const uint32_t *at, const float *b, size_t stride, float *panel)
{
    size_t height = height_of(vectors), width = vectors * LANES;
    for (size_t first = begin; first < end; first += height) {
        struct tile tile;
        tile.rows = end - first < height ? end - first : height;
        tile.used = width;
        for (size_t i = 0; i < height; ++i) {
            size_t k = first + (i < tile.rows ? i : tile.rows - 1);
            tile.a[i] = a + at[k];
            tile.c[i] = panel + k * width;
        }
        accumulate_one(vectors, &tile, rows, from, b, stride);
    }
}

struct panel_sum {
    size_t rows;
    const float *a;
    const uint32_t *from;
    size_t depth;
    const uint32_t *at;
    size_t columns;
    const float *b;
    size_t stride;
    float *packed;
};

static void accumulate_span(void *user, int part, size_t begin, size_t depth)
{
    const struct panel_sum *sum = user;
    (void)part;
    for (size_t column = 0; column < sum->columns; column += (size_t)VECTORS_MAX * LANES) {
        size_t vectors = vectors_of(sum->columns, column), group = GROUP_FLOATS / (vectors * LANES);
        if (group > GROUP_MAX)
            group = GROUP_MAX;
        for (size_t first = 0; first < sum->rows; first += group) {
            size_t count = sum->rows - first < group ? sum->rows - first : group;
            accumulate_panel(vectors, count, sum->a, sum->from + first, begin, begin + depth, sum->at,
                             sum->b + first * sum->stride + column, sum->stride, sum->packed + sum->depth * column);
        }
    }
}

void elbow_panel_accumulate(size_t rows, const float *a, const uint32_t *from, size_t depth, const uint32_t *at,
                            size_t columns, const float *b, size_t stride, float *packed)
{
    struct panel_sum sum = {rows, a, from, depth, at, columns, b, stride, packed};
    elbow_threads_split(depth, ROWS_UNIT, PRODUCTS_LEAST / (rows * columns + 1) + 1, accumulate_span, &sum);
}
