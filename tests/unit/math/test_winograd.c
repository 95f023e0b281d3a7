// SPDX-License-Identifier: BSD-3-Clause
// The transforms against the correlation that they compute, and each against its adjoint.
#include "elbow/math/winograd.h"

#include "elbow/math/random.h"

#include "unit.h"

#include <math.h>
#include <string.h>

enum { LANES = ELBOW_WINOGRAD_LANES, COUNT = 2 * LANES, POINTS = ELBOW_WINOGRAD_POINTS, STRIDE = COUNT + 3 };
enum { IMAGE = ELBOW_WINOGRAD_IMAGE, MAP = ELBOW_WINOGRAD_MAP, PLACES = IMAGE * IMAGE, TAPS = 4 };

static void draw(uint64_t number, size_t count, float *values)
{
    elbow_random_normal((struct elbow_stream){3, ELBOW_PURPOSE_SYNTHETIC, number, 0}, count, values);
}

// Places one after the other, in reverse order, so that offsets matter.
static void fill_places(size_t places, uint32_t *at)
{
    for (size_t i = 0; i < places; ++i)
        at[i] = (uint32_t)((places - 1 - i) * COUNT);
}

static double dot(size_t count, const float *a, const float *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

// Products of normal numbers, multiplied by at most 8 in either direction: 2^-24 times some hundred.
static const double tolerance = 2e-5;

START_TEST(products_of_points_are_a_correlation)
{
    float image[PLACES * COUNT], taps[TAPS * COUNT], map[MAP * MAP * COUNT];
    float x[POINTS * STRIDE], w[POINTS * STRIDE];
    uint32_t image_at[PLACES], map_at[MAP * MAP];
    draw(1, PLACES * COUNT, image);
    draw(2, TAPS * COUNT, taps);
    fill_places(PLACES, image_at);
    fill_places(MAP * MAP, map_at);
    elbow_winograd_image(COUNT, image, image_at, x, STRIDE);
    elbow_winograd_taps(COUNT, taps, COUNT, w, STRIDE);
    for (size_t i = 0; i < POINTS; ++i)
        for (size_t c = 0; c < COUNT; ++c)
            x[i * STRIDE + c] *= w[i * STRIDE + c];
    elbow_winograd_map_adjoint(COUNT, x, STRIDE, map, map_at);
    for (size_t place = 0; place < MAP * MAP; ++place)
        for (size_t c = 0; c < COUNT; ++c) {
            double sum = 0;
            for (size_t tap = 0; tap < TAPS; ++tap) {
                size_t from = (place / MAP + tap / 2) * IMAGE + place % MAP + tap % 2;
                sum += (double)image[image_at[from] + c] * (double)taps[tap * COUNT + c];
            }
            ck_assert_double_eq_tol((double)map[map_at[place] + c], sum, tolerance);
        }
}
END_TEST

// <transform x, y> = <x, adjoint y>, for all three.
START_TEST(adjoints_are_adjoint)
{
    float x[PLACES * COUNT], points[POINTS * COUNT], back[PLACES * COUNT], drawn[POINTS * COUNT];
    uint32_t at[PLACES];
    draw(3, PLACES * COUNT, x);
    draw(4, POINTS * COUNT, drawn);
    const double wide = 1e-3; // sums of a thousand such products
    fill_places(PLACES, at);
    elbow_winograd_image(COUNT, x, at, points, COUNT);
    elbow_winograd_image_adjoint(COUNT, drawn, COUNT, false, false, back, at);
    ck_assert_double_eq_tol(dot(POINTS * COUNT, points, drawn), dot(PLACES * COUNT, x, back), wide);
    fill_places(MAP * MAP, at);
    elbow_winograd_map(COUNT, x, at, points, COUNT);
    elbow_winograd_map_adjoint(COUNT, drawn, COUNT, back, at);
    ck_assert_double_eq_tol(dot(POINTS * COUNT, points, drawn), dot(MAP * MAP * COUNT, x, back), wide);
    elbow_winograd_taps(COUNT, x, COUNT, points, COUNT);
    elbow_winograd_taps_adjoint(COUNT, drawn, COUNT, back, COUNT);
    ck_assert_double_eq_tol(dot(POINTS * COUNT, points, drawn), dot(TAPS * COUNT, x, back), wide);
}
END_TEST

// A place outside reads as zeros and is not written; only shared places are added to.
START_TEST(edges)
{
    float x[PLACES * COUNT], zeroed[PLACES * COUNT], points[POINTS * COUNT], expected[POINTS * COUNT];
    uint32_t at[PLACES], all[PLACES];
    draw(5, PLACES * COUNT, x);
    memcpy(zeroed, x, sizeof x);
    fill_places(PLACES, all);
    fill_places(PLACES, at);
    at[7] = ELBOW_WINOGRAD_OUTSIDE;
    memset(zeroed + all[7], 0, COUNT * sizeof *zeroed);
    elbow_winograd_image(COUNT, x, at, points, COUNT);
    elbow_winograd_image(COUNT, zeroed, all, expected, COUNT);
    ck_assert(memcmp(points, expected, sizeof points) == 0);
    for (int above = 0; above < 2; ++above)
        for (int left = 0; left < 2; ++left) {
            float plain[PLACES * COUNT], added[PLACES * COUNT];
            memcpy(added, x, sizeof x);
            elbow_winograd_image_adjoint(COUNT, points, COUNT, false, false, plain, all);
            elbow_winograd_image_adjoint(COUNT, points, COUNT, above, left, added, at);
            for (size_t i = 0; i < PLACES; ++i)
                for (size_t c = 0; c < COUNT; ++c) {
                    bool is_shared = (above && i / IMAGE == 0) || (left && i % IMAGE == 0);
                    float before = x[all[i] + c], value = plain[all[i] + c];
                    float wanted = i == 7 ? before : is_shared ? before + value : value;
                    ck_assert(memcmp(&added[all[i] + c], &wanted, sizeof wanted) == 0);
                }
        }
}
END_TEST

// With any neighbours.
START_TEST(floats_are_independent)
{
    float x[PLACES * COUNT], points[POINTS * COUNT], part[POINTS * COUNT];
    uint32_t at[PLACES];
    draw(6, PLACES * COUNT, x);
    fill_places(PLACES, at);
    elbow_winograd_image(COUNT, x, at, points, COUNT);
    elbow_winograd_image(LANES, x + LANES, at, part, COUNT);
    for (size_t i = 0; i < POINTS; ++i)
        ck_assert(memcmp(points + i * COUNT + LANES, part + i * COUNT, LANES * sizeof *part) == 0);
}
END_TEST

UNIT_MAIN("math/winograd", products_of_points_are_a_correlation, adjoints_are_adjoint, edges, floats_are_independent)
