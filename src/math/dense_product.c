// SPDX-License-Identifier: BSD-3-Clause
// C = A B by tiles of 6 rows and 4 vectors, whose sums stay in registers: each step of a tile loads a row of B and
// broadcasts a value of each row of A. A is read in place. B is read in blocks of DEPTH rows and four vectors that fit
// the second-level cache: copied row after row (and turned, if B is a transpose), or in place if too few rows of A
// follow to make up for the copy. The sums of one block continue those of the previous one, so blocks, tiles and copies
// change no bit.
//
// The factors are larger than the second-level cache, and strides like 2048 bytes escape the processor's own
// prefetching. The code therefore prefetches the next block while one is used, the line of A beside the one in use, and
// the lines of C before they are written. Without this, OpenBLAS is as fast.
#include "elbow/math/dense_product.h"

#include "elbow/math/blas.h"

#if defined(__AVX512F__) && defined(__AVX512VL__)

#include "elbow/math/threads.h"

#include <immintrin.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16, VECTORS = 4, WIDTH = LANES * VECTORS, HEIGHT = 6, DEPTH = 256 };

// B is copied if A has more rows than this.
enum { ROWS_FEW = 192 };

// Tiles, and the multiply-adds that are worth a thread.
enum { ROWS_UNIT = 8 * HEIGHT, PRODUCTS_LEAST = 1 << 19 };

// Row k of A or of B begins at k stride; `turned`: column k does. C has no gaps.
struct factor {
    const float *values;
    size_t stride;
    bool turned;
};

struct product {
    size_t rows, columns, depth;
    struct factor a, b;
    float *c;
    bool goes_on; // from the sums in C
};

// A block of B: rows [k, k + depth) and columns [column, column + width).
struct block {
    size_t k, depth, column, width;
};

struct tile {
    size_t depth;
    const float *a, *b;
    float *c;
    size_t a_stride, b_stride, c_stride;
    __mmask16 last; // the columns of the last vector
    bool goes_on;   // from the sums in C
};

INLINE __m512 load_sum(const struct tile *tile, int row, int vector, bool is_last)
{
    if (!tile->goes_on)
        return _mm512_setzero_ps();
    const float *c = tile->c + (size_t)row * tile->c_stride + (size_t)vector * LANES;
    return is_last ? _mm512_maskz_loadu_ps(tile->last, c) : _mm512_loadu_ps(c);
}

INLINE void store_sum(const struct tile *tile, int row, int vector, bool is_last, __m512 sum)
{
    float *c = tile->c + (size_t)row * tile->c_stride + (size_t)vector * LANES;
    if (is_last && tile->last != 0xffff) // a masked store is slow
        _mm512_mask_storeu_ps(c, tile->last, sum);
    else
        _mm512_storeu_ps(c, sum);
}

INLINE void multiply_tile(const int height, const int vectors, const bool turned, const struct tile *tile)
{
    __m512 sum[HEIGHT][VECTORS];
    const float *a = tile->a, *b = tile->b;
    const size_t a_stride = tile->a_stride;
#pragma GCC unroll 6
    for (int i = 0; i < height; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) {
            _mm_prefetch(tile->c + (size_t)i * tile->c_stride + (size_t)j * LANES, _MM_HINT_ET0);
            sum[i][j] = load_sum(tile, i, j, j + 1 == vectors);
        }
    for (size_t k = 0; k < tile->depth; ++k, a += turned ? a_stride : 1, b += tile->b_stride) {
        __m512 row[VECTORS];
        if (turned)
            _mm_prefetch(a + LANES, _MM_HINT_T0);
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j)
            row[j] = _mm512_loadu_ps(b + j * LANES);
#pragma GCC unroll 6
        for (int i = 0; i < height; ++i) {
            __m512 value = _mm512_set1_ps(turned ? a[i] : a[(size_t)i * a_stride]);
#pragma GCC unroll 4
            for (int j = 0; j < vectors; ++j)
                sum[i][j] = _mm512_fmadd_ps(value, row[j], sum[i][j]);
        }
    }
#pragma GCC unroll 6
    for (int i = 0; i < height; ++i)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j)
            store_sum(tile, i, j, j + 1 == vectors, sum[i][j]);
}

INLINE void multiply_height(const int height, const bool turned, size_t vectors, const struct tile *tile)
{
    switch (vectors) {
    case 1:
        multiply_tile(height, 1, turned, tile);
        return;
    case 2:
        multiply_tile(height, 2, turned, tile);
        return;
    case 3:
        multiply_tile(height, 3, turned, tile);
        return;
    default:
        multiply_tile(height, 4, turned, tile);
        return;
    }
}

INLINE void multiply_any(const bool turned, size_t height, size_t vectors, const struct tile *tile)
{
    switch (height) {
    case 1:
        multiply_height(1, turned, vectors, tile);
        return;
    case 2:
        multiply_height(2, turned, vectors, tile);
        return;
    case 3:
        multiply_height(3, turned, vectors, tile);
        return;
    case 4:
        multiply_height(4, turned, vectors, tile);
        return;
    case 5:
        multiply_height(5, turned, vectors, tile);
        return;
    default:
        multiply_height(6, turned, vectors, tile);
        return;
    }
}

static size_t vectors_of(size_t width)
{
    return (width + LANES - 1) / LANES;
}

// The columns of the last of a width's vectors.
static __mmask16 last_of(size_t width)
{
    return (__mmask16)(0xffffu >> (vectors_of(width) * LANES - width));
}

// The first value of the block in B.
static const float *begin_of(const struct product *product, struct block block)
{
    const struct factor *b = &product->b;
    return b->values + (b->turned ? block.column * b->stride + block.k : block.k * b->stride + block.column);
}

static void copy_block(const struct product *product, struct block block, float *workspace)
{
    const float *from = begin_of(product, block);
    size_t vectors = vectors_of(block.width);
    __mmask16 last = last_of(block.width);
    for (size_t k = 0; k < block.depth; ++k, from += product->b.stride, workspace += vectors * LANES) {
        for (size_t j = 0; j + 1 < vectors; ++j)
            _mm512_storeu_ps(workspace + j * LANES, _mm512_loadu_ps(from + j * LANES));
        size_t j = (vectors - 1) * LANES;
        _mm512_storeu_ps(workspace + j, _mm512_maskz_loadu_ps(last, from + j));
    }
}

// Values of rows i, i + 4, i + 8 and i + 12, four of each.
INLINE __m512 load_quads(const float *const row[LANES], int i, size_t k, __mmask8 mask)
{
    __m512 quads = _mm512_castps128_ps512(_mm_maskz_loadu_ps(mask, row[i] + k));
    quads = _mm512_insertf32x4(quads, _mm_maskz_loadu_ps(mask, row[i + 4] + k), 1);
    quads = _mm512_insertf32x4(quads, _mm_maskz_loadu_ps(mask, row[i + 8] + k), 2);
    return _mm512_insertf32x4(quads, _mm_maskz_loadu_ps(mask, row[i + 12] + k), 3);
}

// Four rows of the workspace from four columns of 16 rows.
INLINE void turn_quads(const float *const row[LANES], size_t k, __mmask8 mask, float *workspace, size_t width)
{
    __m512d low[2], high[2];
#pragma GCC unroll 2
    for (int i = 0; i < 2; ++i) {
        __m512 even = load_quads(row, 2 * i, k, mask), odd = load_quads(row, 2 * i + 1, k, mask);
        low[i] = _mm512_castps_pd(_mm512_unpacklo_ps(even, odd));
        high[i] = _mm512_castps_pd(_mm512_unpackhi_ps(even, odd));
    }
    _mm512_storeu_ps(workspace, _mm512_castpd_ps(_mm512_unpacklo_pd(low[0], low[1])));
    _mm512_storeu_ps(workspace + width, _mm512_castpd_ps(_mm512_unpackhi_pd(low[0], low[1])));
    _mm512_storeu_ps(workspace + 2 * width, _mm512_castpd_ps(_mm512_unpacklo_pd(high[0], high[1])));
    _mm512_storeu_ps(workspace + 3 * width, _mm512_castpd_ps(_mm512_unpackhi_pd(high[0], high[1])));
}

// Columns beyond the last repeat it; their sums are not used.
static void turn_block(const struct product *product, struct block block, float *workspace)
{
    const float *from = begin_of(product, block), *row[LANES];
    size_t width = vectors_of(block.width) * LANES;
    for (size_t column = 0; column < width; column += LANES) {
        for (size_t i = 0; i < LANES; ++i)
            row[i] = from + (column + i < block.width ? column + i : block.width - 1) * product->b.stride;
        for (size_t k = 0; k < block.depth; k += 4) {
            size_t left = block.depth - k;
            turn_quads(row, k, left < 4 ? (__mmask8)((1u << left) - 1) : 15, workspace + k * width + column, width);
        }
    }
}

static struct block block_at(const struct product *product, size_t k, size_t column)
{
    size_t depth = product->depth - k, width = product->columns - column;
    return (struct block){k, depth < DEPTH ? depth : DEPTH, column, width < WIDTH ? width : WIDTH};
}

// Asks for part `part` of `parts` of the block that follows, if one does.
static void fetch_next(const struct product *product, struct block block, size_t part, size_t parts)
{
    size_t k = block.k, column = block.column + WIDTH;
    if (column >= product->columns) {
        k += DEPTH;
        column = 0;
    }
    if (k >= product->depth)
        return;
    struct block next = block_at(product, k, column);
    bool turned = product->b.turned;
    size_t lines = turned ? next.width : next.depth, length = turned ? next.depth : next.width;
    const float *begin = begin_of(product, next);
    for (size_t i = lines * part / parts; i < lines * (part + 1) / parts; ++i)
        for (size_t j = 0; j < length; j += LANES)
            _mm_prefetch(begin + i * product->b.stride + j, _MM_HINT_T1);
}

static void multiply_block(const struct product *product, struct block block, float *workspace)
{
    const struct factor *a = &product->a, *b = &product->b;
    size_t vectors = vectors_of(block.width), tiles = (product->rows + HEIGHT - 1) / HEIGHT;
    struct tile tile = {.depth = block.depth,
                        .a_stride = a->stride,
                        .b = workspace,
                        .b_stride = vectors * LANES,
                        .c_stride = product->columns,
                        .last = last_of(block.width),
                        .goes_on = product->goes_on || block.k > 0};
    if (b->turned) {
        turn_block(product, block, workspace);
    } else if (product->rows > ROWS_FEW || tile.last != 0xffff) {
        copy_block(product, block, workspace);
    } else {
        tile.b = begin_of(product, block);
        tile.b_stride = b->stride;
    }
    for (size_t i = 0; i < tiles; ++i) {
        size_t first = i * HEIGHT, left = product->rows - first, height = left < HEIGHT ? left : HEIGHT;
        fetch_next(product, block, i, tiles);
        tile.a = a->values + (a->turned ? block.k * a->stride + first : first * a->stride + block.k);
        tile.c = product->c + first * product->columns + block.column;
        if (a->turned)
            multiply_any(true, height, vectors, &tile);
        else
            multiply_any(false, height, vectors, &tile);
    }
}

// Columns [first, first + count).
static void multiply_columns(void *user, int part, size_t first, size_t count)
{
    const struct product *product = user;
    _Alignas(64) float workspace[DEPTH * WIDTH];
    (void)part;
    struct product span = *product;
    for (size_t k = 0; k < product->depth; k += DEPTH)
        for (size_t column = first; column < first + count; column += WIDTH)
            multiply_block(&span, block_at(product, k, column), workspace);
}

static void multiply_rows(void *user, int part, size_t first, size_t count)
{
    struct product span = *(const struct product *)user;
    span.rows = count;
    span.a.values += span.a.turned ? first : first * span.a.stride;
    span.c += first * span.columns;
    multiply_columns(&span, part, 0, span.columns);
}

// Slices nearer to squares have less to copy.
static void multiply(struct product product)
{
    size_t rows = product.rows, columns = product.columns, depth = product.depth;
    if (depth == 0)
        memset(product.c, 0, rows * columns * sizeof *product.c);
    else if (columns >= rows)
        elbow_threads_split(columns, WIDTH, PRODUCTS_LEAST / (rows * depth + 1) + 1, multiply_columns, &product);
    else
        elbow_threads_split(rows, ROWS_UNIT, PRODUCTS_LEAST / (columns * depth + 1) + 1, multiply_rows, &product);
}

bool elbow_dense_product_is_own(void)
{
    return true;
}

void elbow_dense_product_forward(size_t rows, size_t inputs, size_t units, struct elbow_span part, const float *x,
                                 const float *weight, float *y)
{
    multiply((struct product){.rows = rows,
                              .columns = units,
                              .depth = part.count,
                              .a = {x + part.first, inputs, false},
                              .b = {weight + part.first * units, units, false},
                              .c = y,
                              .goes_on = part.first > 0});
}

void elbow_dense_product_weight(size_t rows, size_t inputs, size_t units, struct elbow_span part, const float *x,
                                const float *dy, float *dw)
{
    multiply((struct product){.rows = part.count,
                              .columns = units,
                              .depth = rows,
                              .a = {x + part.first, inputs, true},
                              .b = {dy, units, false},
                              .c = dw + part.first * units});
}

void elbow_dense_product_input(size_t rows, size_t inputs, size_t units, const float *dy, const float *weight,
                               float *dx)
{
    multiply((struct product){
        .rows = rows, .columns = inputs, .depth = units, .a = {dy, units, false}, .b = {weight, units, true}, .c = dx});
}

#else

bool elbow_dense_product_is_own(void)
{
    return false;
}

void elbow_dense_product_forward(size_t rows, size_t inputs, size_t units, struct elbow_span part, const float *x,
                                 const float *weight, float *y)
{
    ELBOW_CHECK(part.first == 0 && part.count == inputs);
    elbow_blas_multiply(rows, units, inputs, x, inputs, weight, units, false, y, units);
}

void elbow_dense_product_weight(size_t rows, size_t inputs, size_t units, struct elbow_span part, const float *x,
                                const float *dy, float *dw)
{
    ELBOW_CHECK(part.first == 0 && part.count == inputs);
    elbow_blas_multiply_at(inputs, units, rows, x, inputs, dy, units, false, dw, units);
}

void elbow_dense_product_input(size_t rows, size_t inputs, size_t units, const float *dy, const float *weight,
                               float *dx)
{
    elbow_blas_multiply_bt(rows, inputs, units, dy, units, weight, units, false, dx, inputs);
}

#endif
