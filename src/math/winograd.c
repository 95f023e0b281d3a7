// SPDX-License-Identifier: BSD-3-Clause
// A two-dimensional transform is one of all rows, then one of all columns; the values of a tile stay in registers
// between the two. With
//        | 2 -1 -2  1  0 |        | 1  1  1  1  0 |           | 1/2 -1/2 -1/6 1/6 0 |
//   B' = | 0 -2 -1  1  0 |   A' = | 0  1 -1  2  0 |      G' = |  0  -1/2  1/6 1/3 1 |
//        | 0  2 -3  1  0 |        | 0  1  1  4  0 |
//        | 0 -1  0  1  0 |        | 0  1 -1  8  1 |
//        | 0  2 -1 -2  1 |
// a line below is one of these products, or its adjoint, with the common parts of its terms computed once.
#include "elbow/math/winograd.h"

#include "elbow/base/status.h"

#include <string.h>

enum { LANES = ELBOW_WINOGRAD_LANES, IMAGE = ELBOW_WINOGRAD_IMAGE, MAP = ELBOW_WINOGRAD_MAP };
enum { TAPS = ELBOW_WINOGRAD_TAPS, POINTS = ELBOW_WINOGRAD_POINTS };

typedef float vector __attribute__((vector_size(sizeof(float) * LANES)));

#define INLINE static inline __attribute__((always_inline))

// x[0], x[step], ...: five of an image become five points.
INLINE void image_line(vector *x, int step)
{
    vector d0 = x[0], d1 = x[step], d2 = x[2 * step], d3 = x[3 * step], d4 = x[4 * step];
    vector outer = d3 - d1, inner = d3 - d2, twice = d1 + d1;
    x[0] = (d0 - d2) + (d0 - d2) + outer;
    x[step] = inner - twice;
    x[2 * step] = inner + twice - (d2 + d2);
    x[3 * step] = outer;
    x[4 * step] = (d4 - d2) - (outer + outer);
}

INLINE void image_line_adjoint(vector *x, int step)
{
    vector m0 = x[0], m1 = x[step], m2 = x[2 * step], m3 = x[3 * step], m4 = x[4 * step];
    vector two_m0 = m0 + m0, two_m4 = m4 + m4, sum = m1 + m2, difference = m2 - m1;
    x[0] = two_m0;
    x[step] = (difference + difference) - (m0 + m3) + two_m4;
    x[2 * step] = -((sum + two_m0) + (m2 + m2) + m4);
    x[3 * step] = (sum + (m0 + m3)) - two_m4;
    x[4 * step] = m4;
}

// Four of a map become five points; there is memory for the fifth.
INLINE void map_line(vector *x, int step)
{
    vector y0 = x[0], y1 = x[step], y2 = x[2 * step], y3 = x[3 * step];
    vector even = y0 + y2, odd = y1 + y3;
    x[step] = even + odd;
    x[2 * step] = even - odd;
    x[3 * step] = (y0 + 4 * y2) + (2 * y1 + 8 * y3);
    x[4 * step] = y3;
}

INLINE void map_line_adjoint(vector *x, int step)
{
    vector m0 = x[0], m1 = x[step], m2 = x[2 * step], m3 = x[3 * step], m4 = x[4 * step];
    vector sum = m1 + m2, difference = m1 - m2;
    x[0] = (m0 + m3) + sum;
    x[step] = difference + 2 * m3;
    x[2 * step] = sum + 4 * m3;
    x[3 * step] = (difference + m4) + 8 * m3;
}

// Two taps become five points.
INLINE void taps_line(vector *x, int step)
{
    const float half = 0.5F, sixth = 1.0F / 6.0F;
    vector g0 = x[0], g1 = x[step];
    x[0] = half * g0;
    x[step] = -half * (g0 + g1);
    x[2 * step] = sixth * (g1 - g0);
    x[3 * step] = sixth * (g0 + (g1 + g1));
    x[4 * step] = g1;
}

INLINE void taps_line_adjoint(vector *x, int step)
{
    const float half = 0.5F, sixth = 1.0F / 6.0F;
    vector m0 = x[0], m1 = x[step], m2 = x[2 * step], m3 = x[3 * step], m4 = x[4 * step];
    x[0] = half * (m0 - m1) + sixth * (m3 - m2);
    x[step] = (m4 - half * m1) + sixth * (m2 + (m3 + m3));
}

INLINE void load(vector *x, const float *from)
{
    memcpy(x, from, sizeof *x);
}

INLINE void load_place(vector *x, const float *from, uint32_t at)
{
    *x = (vector){0};
    if (at != ELBOW_WINOGRAD_OUTSIDE)
        load(x, from + at);
}

INLINE void load_points(vector x[POINTS], const float *points, size_t stride)
{
#pragma GCC unroll 25
    for (size_t i = 0; i < POINTS; ++i)
        load(&x[i], points + i * stride);
}

INLINE void store_points(const vector x[POINTS], float *points, size_t stride)
{
#pragma GCC unroll 25
    for (size_t i = 0; i < POINTS; ++i)
        memcpy(points + i * stride, &x[i], sizeof *x);
}

// In all of these, the places of a tile of any size are x[5 row + column].
void elbow_winograd_image(size_t count, const float *from, const uint32_t at[IMAGE * IMAGE], float *points,
                          size_t stride)
{
    ELBOW_CHECK(count % LANES == 0);
    for (size_t c = 0; c < count; c += LANES) {
        vector x[POINTS];
#pragma GCC unroll 5
        for (int i = 0; i < IMAGE; ++i) {
#pragma GCC unroll 5
            for (int j = 0; j < IMAGE; ++j)
                load_place(&x[5 * i + j], from + c, at[IMAGE * i + j]);
            image_line(x + 5 * i, 1);
        }
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j)
            image_line(x + j, 5);
        store_points(x, points + c, stride);
    }
}

void elbow_winograd_image_adjoint(size_t count, const float *points, size_t stride, bool has_above, bool has_left,
                                  float *to, const uint32_t at[IMAGE * IMAGE])
{
    ELBOW_CHECK(count % LANES == 0);
    for (size_t c = 0; c < count; c += LANES) {
        vector x[POINTS];
        load_points(x, points + c, stride);
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j)
            image_line_adjoint(x + j, 5);
#pragma GCC unroll 5
        for (int i = 0; i < IMAGE; ++i) {
            image_line_adjoint(x + 5 * i, 1);
#pragma GCC unroll 5
            for (int j = 0; j < IMAGE; ++j) {
                uint32_t place = at[IMAGE * i + j];
                if (place == ELBOW_WINOGRAD_OUTSIDE)
                    continue;
                vector sum = x[5 * i + j];
                if ((i == 0 && has_above) || (j == 0 && has_left)) {
                    vector before;
                    load(&before, to + c + place);
                    sum = before + sum;
                }
                memcpy(to + c + place, &sum, sizeof sum);
            }
        }
    }
}

void elbow_winograd_map(size_t count, const float *from, const uint32_t at[MAP * MAP], float *points, size_t stride)
{
    ELBOW_CHECK(count % LANES == 0);
    for (size_t c = 0; c < count; c += LANES) {
        vector x[POINTS];
#pragma GCC unroll 4
        for (int i = 0; i < MAP; ++i) {
#pragma GCC unroll 4
            for (int j = 0; j < MAP; ++j)
                load_place(&x[5 * i + j], from + c, at[MAP * i + j]);
            map_line(x + 5 * i, 1);
        }
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j)
            map_line(x + j, 5);
        store_points(x, points + c, stride);
    }
}

void elbow_winograd_map_adjoint(size_t count, const float *points, size_t stride, float *to,
                                const uint32_t at[MAP * MAP])
{
    ELBOW_CHECK(count % LANES == 0);
    for (size_t c = 0; c < count; c += LANES) {
        vector x[POINTS];
        load_points(x, points + c, stride);
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j)
            map_line_adjoint(x + j, 5);
#pragma GCC unroll 4
        for (int i = 0; i < MAP; ++i) {
            map_line_adjoint(x + 5 * i, 1);
#pragma GCC unroll 4
            for (int j = 0; j < MAP; ++j)
                if (at[MAP * i + j] != ELBOW_WINOGRAD_OUTSIDE)
                    memcpy(to + c + at[MAP * i + j], &x[5 * i + j], sizeof *x);
        }
    }
}

void elbow_winograd_taps(size_t count, const float *w, size_t tap_stride, float *points, size_t stride)
{
    ELBOW_CHECK(count % LANES == 0);
    for (size_t c = 0; c < count; c += LANES) {
        vector x[POINTS];
#pragma GCC unroll 2
        for (int i = 0; i < TAPS; ++i) {
            load(&x[5 * i], w + c + (size_t)(TAPS * i) * tap_stride);
            load(&x[5 * i + 1], w + c + (size_t)(TAPS * i + 1) * tap_stride);
            taps_line(x + 5 * i, 1);
        }
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j)
            taps_line(x + j, 5);
        store_points(x, points + c, stride);
    }
}

void elbow_winograd_taps_adjoint(size_t count, const float *points, size_t stride, float *w, size_t tap_stride)
{
    ELBOW_CHECK(count % LANES == 0);
    for (size_t c = 0; c < count; c += LANES) {
        vector x[POINTS];
        load_points(x, points + c, stride);
#pragma GCC unroll 5
        for (int j = 0; j < 5; ++j)
            taps_line_adjoint(x + j, 5);
#pragma GCC unroll 2
        for (int i = 0; i < TAPS; ++i) {
            taps_line_adjoint(x + 5 * i, 1);
            memcpy(w + c + (size_t)(TAPS * i) * tap_stride, &x[5 * i], sizeof *x);
            memcpy(w + c + (size_t)(TAPS * i + 1) * tap_stride, &x[5 * i + 1], sizeof *x);
        }
    }
}
