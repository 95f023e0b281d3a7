// SPDX-License-Identifier: BSD-3-Clause
// Products with a matrix whose rows are gathered from arbitrary places: the basis of convolutions.
//
// The rows of A are runs of floats at offsets of an array, so that the patches of an image need not be copied; B is
// packed once into panels that the kernels stream. An element of a product is one chain of fused multiply-adds from
// zero, in the order of its terms: its bits depend on its row of A and its column of B alone, never on the other rows,
// the number of rows or its place.
#ifndef ELBOW_MATH_PANEL_H
#define ELBOW_MATH_PANEL_H

#include "elbow/base/language.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// A row of A consists of these runs, one after the other: `length` floats at the row's offset + `offset`.
struct elbow_run {
    uint32_t offset, length;
};

// Local. Columns rounded up to whole vectors; floats of a packed matrix (depth, columns).
size_t elbow_panel_width(size_t columns);
size_t elbow_panel_size(size_t depth, size_t columns);

// Local. Packs rows [first, first + count) of a matrix (depth, columns): row first + i, column j is
// b[i row_stride + j column_stride]. Columns beyond the last become zero.
void elbow_panel_pack(size_t depth, size_t columns, size_t first, size_t count, const float *b, size_t row_stride,
                      size_t column_stride, float *packed);

// Local. Writes columns [first, first + count) of row k: value j is b[j stride].
void elbow_panel_put(size_t depth, size_t columns, size_t k, size_t first, size_t count, const float *b, size_t stride,
                     float *packed);

// Local. The reverse of pack.
void elbow_panel_unpack(size_t depth, size_t columns, size_t first, size_t count, const float *packed, float *b,
                        size_t row_stride, size_t column_stride);

// Local. c[to[i] + j] = the sum over k of A[i][k] B[k][j] for `rows` rows; row i of A lies at a + from[i], its runs'
// lengths add up to depth. `from` NULL: row i lies at i depth; `to` NULL: row i of the result lies at i columns.
void elbow_panel_multiply(size_t rows, const float *a, const uint32_t *from, size_t runs, const struct elbow_run *run,
                          size_t depth, size_t columns, const float *packed, float *c, const uint32_t *to);

// Local. Adds to the packed matrix (depth, columns) at [k][j] the sum over i of a[from[i] + at[k]] b[i stride + j] for
// `rows` rows. Rows are summed in order in groups of a fixed size, and the groups' sums are added in order. b has
// elbow_panel_width(columns) readable floats a row.
void elbow_panel_accumulate(size_t rows, const float *a, const uint32_t *from, size_t depth, const uint32_t *at,
                            size_t columns, const float *b, size_t stride, float *packed);

ELBOW_C_END

#endif
