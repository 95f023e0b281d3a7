// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/random.h"
#include "shapes/shapes.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { SIZE = 64 };

static int area(const uint8_t *pixels, size_t size)
{
    int count = 0;
    bool is_binary = true;
    for (size_t i = 0; i < size * size; ++i) {
        is_binary = is_binary && pixels[i] <= 1;
        count += pixels[i];
    }
    ck_assert(is_binary); // once: an assertion that holds costs a system call
    return count;
}

START_TEST(factors_come_from_the_words)
{
    for (uint64_t id = 0; id < 1000; ++id) {
        uint32_t words[5];
        struct elbow_stream stream = {.seed = 7, .purpose = ELBOW_PURPOSE_SHAPES, .id = id, .draw = 0};
        elbow_random_words(stream, 0, 5, words);
        struct shapes_sprite sprite = shapes_sprite_of(7, id);
        ck_assert_uint_eq(sprite.kind, (unsigned)floor(words[0] * 0x1p-32 * 3));
        ck_assert_uint_eq(sprite.scale, (unsigned)floor(words[1] * 0x1p-32 * 6));
        ck_assert_uint_eq(sprite.rotation, (unsigned)floor(words[2] * 0x1p-32 * 40));
        ck_assert_uint_eq(sprite.x, (unsigned)floor(words[3] * 0x1p-32 * 32));
        ck_assert_uint_eq(sprite.y, (unsigned)floor(words[4] * 0x1p-32 * 32));
    }
}
END_TEST

START_TEST(factors_as_numbers)
{
    float factors[5];
    shapes_factors((struct shapes_sprite){SHAPES_HEART, 0, 10, 0, 31}, factors);
    ck_assert(factors[0] == 2 && factors[1] == 0.5f && factors[3] == 0 && factors[4] == 1);
    ck_assert(fabsf(factors[2] - 1.57079633f) < 1e-6f); // a quarter turn, to float's precision
    shapes_factors((struct shapes_sprite){SHAPES_SQUARE, 5, 0, 0, 0}, factors);
    ck_assert(factors[0] == 0 && factors[1] == 1 && factors[2] == 0);
}
END_TEST

// Areas in pixels at scale 1, from the formulas: a square in a circle of radius 16, an ellipse of axes 16 and 8, a
// heart (area 3.6616 of the curve) of 16 / 1.4 a unit. A single picture is off by up to half a pixel along its edge;
// over all places and rotations that evens out: 1.3 % is the most seen, 4 % allowed.
START_TEST(areas_are_those_of_the_shapes)
{
    static const double AREAS[] = {2 * 16 * 16, 3.14159265 * 16 * 8, 3.6616 * (16 / 1.4) * (16 / 1.4)};
    uint8_t pixels[SIZE * SIZE];
    for (unsigned kind = 0; kind < SHAPES_KINDS; ++kind)
        for (unsigned scale = 0; scale < SHAPES_SCALES; ++scale) {
            double factor = (5.0 + scale) / 10, expected = AREAS[kind] * factor * factor, sum = 0;
            for (unsigned i = 0; i < 160; ++i) {
                shapes_draw((struct shapes_sprite){kind, scale, i % SHAPES_ROTATIONS, i % 32, i / 5}, SIZE, pixels);
                sum += area(pixels, SIZE) / 160.0;
            }
            ck_assert_msg(fabs(sum - expected) < 0.04 * expected, "%u %u: %g pixels, not %g", kind, scale, sum,
                          expected);
        }
}
END_TEST

// The middle of the white pixels, in pixels from the upper left corner.
static void middle(const uint8_t *pixels, double *x, double *y)
{
    int count = area(pixels, SIZE);
    *x = *y = 0;
    for (int i = 0; i < SIZE * SIZE; ++i) {
        int line = i / SIZE, column = i % SIZE;
        *x += pixels[i] * (column + 0.5) / count;
        *y += pixels[i] * (line + 0.5) / count;
    }
}

START_TEST(places_are_where_they_should_be)
{
    uint8_t pixels[SIZE * SIZE];
    for (unsigned place = 0; place < SHAPES_PLACES; ++place) {
        double x, y;
        shapes_draw((struct shapes_sprite){SHAPES_ELLIPSE, 5, 3, place, 31 - place}, SIZE, pixels);
        middle(pixels, &x, &y);
        ck_assert(fabs(x - (16 + 32.0 * place / 31)) < 0.5); // half a pixel: edges are not even on both sides
        ck_assert(fabs(y - (48 - 32.0 * place / 31)) < 0.5);
    }
}
END_TEST

START_TEST(hearts_point_downwards_and_turn_clockwise)
{
    uint8_t pixels[SIZE * SIZE];
    struct shapes_sprite heart = {SHAPES_HEART, 5, 0, 16, 16};
    double x, y, centre = 16 + 32.0 * 16 / 31;
    shapes_draw(heart, SIZE, pixels);
    middle(pixels, &x, &y);
    ck_assert(y < centre - 1 && fabs(x - centre) < 0.5); // the lobes above weigh more than the tip
    heart.rotation = 10;
    shapes_draw(heart, SIZE, pixels);
    middle(pixels, &x, &y);
    ck_assert(x > centre + 1 && fabs(y - centre) < 0.5);
}
END_TEST

// A regression: FNV-1a of 100 pictures of each size. The figures were taken from this code.
START_TEST(pictures_stay_the_same)
{
    static const struct {
        size_t size;
        uint64_t hash;
    } EXPECTED[] = {{32, UINT64_C(0x2672ced93303544b)}, {64, UINT64_C(0x6fe39e2cda5d84eb)}};
    uint8_t pixels[SIZE * SIZE];
    for (size_t i = 0; i < 2; ++i) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325);
        for (uint64_t id = 0; id < 100; ++id) {
            shapes_draw(shapes_sprite_of(1, id), EXPECTED[i].size, pixels);
            for (size_t k = 0; k < EXPECTED[i].size * EXPECTED[i].size; ++k)
                hash = (hash ^ pixels[k]) * UINT64_C(0x100000001b3);
        }
        ck_assert_msg(hash == EXPECTED[i].hash, "%zu: 0x%016llx", EXPECTED[i].size, (unsigned long long)hash);
    }
}
END_TEST

UNIT_MAIN("tools/shapes", factors_come_from_the_words, factors_as_numbers, areas_are_those_of_the_shapes,
          places_are_where_they_should_be, hearts_point_downwards_and_turn_clockwise, pictures_stay_the_same)
