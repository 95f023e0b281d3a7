// SPDX-License-Identifier: BSD-3-Clause
// Sprites and their pictures. Doubles and a fixed order of operations: the same bits every time.
#include "shapes.h"

#include "elbow/math/random.h"

#include <math.h>
#include <string.h>

enum { POINTS = 4 }; // of a pixel, in each direction

static const double RADIUS = 0.25;       // of the circle around the largest shape
static const double ELLIPSE_RATIO = 0.5; // short axis to long axis
static const double HEART_RADIUS = 1.4;  // of the circle around the curve (x^2 + y^2 - 1)^3 = x^2 y^3

static unsigned choose(uint32_t word, unsigned count)
{
    return (unsigned)((uint64_t)word * count >> 32);
}

struct shapes_sprite shapes_sprite_of(uint64_t seed, uint64_t id)
{
    uint32_t words[SHAPES_FACTORS];
    struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_SHAPES, .id = id, .draw = 0};
    elbow_random_words(stream, 0, SHAPES_FACTORS, words);
    return (struct shapes_sprite){.kind = choose(words[0], SHAPES_KINDS),
                                  .scale = choose(words[1], SHAPES_SCALES),
                                  .rotation = choose(words[2], SHAPES_ROTATIONS),
                                  .x = choose(words[3], SHAPES_PLACES),
                                  .y = choose(words[4], SHAPES_PLACES)};
}

static double scale_of(struct shapes_sprite sprite)
{
    return (5.0 + sprite.scale) / 10;
}

static double angle_of(struct shapes_sprite sprite)
{
    return sprite.rotation * (2 * 3.14159265358979323846 / SHAPES_ROTATIONS);
}

void shapes_factors(struct shapes_sprite sprite, float factors[SHAPES_FACTORS])
{
    factors[0] = (float)sprite.kind;
    factors[1] = (float)scale_of(sprite);
    factors[2] = (float)angle_of(sprite);
    factors[3] = (float)sprite.x / (SHAPES_PLACES - 1);
    factors[4] = (float)sprite.y / (SHAPES_PLACES - 1);
}

// True if a point, measured from the centre in units of the circle around the shape, lies inside.
static bool is_inside(unsigned kind, double x, double y)
{
    if (kind == SHAPES_SQUARE)
        return 2 * x * x <= 1 && 2 * y * y <= 1;
    if (kind == SHAPES_ELLIPSE)
        return x * x + y * y / (ELLIPSE_RATIO * ELLIPSE_RATIO) <= 1;
    double u = x * HEART_RADIUS, v = -y * HEART_RADIUS; // the curve's tip points downwards
    double w = u * u + v * v - 1;
    return w * w * w <= u * u * v * v * v;
}

// A sprite laid out on the picture.
struct layout {
    unsigned kind;
    double x, y, radius, cosine, sine;
};

static int points_inside(const struct layout *layout, size_t size, size_t row, size_t column)
{
    int count = 0;
    double step = 1.0 / (double)(POINTS * size);
    for (size_t i = 0; i < POINTS; ++i) {
        double y = ((double)(row * POINTS + i) + 0.5) * step - layout->y;
        for (size_t j = 0; j < POINTS; ++j) {
            double x = ((double)(column * POINTS + j) + 0.5) * step - layout->x;
            double turned_x = (layout->cosine * x + layout->sine * y) / layout->radius;
            double turned_y = (layout->cosine * y - layout->sine * x) / layout->radius;
            count += is_inside(layout->kind, turned_x, turned_y);
        }
    }
    return count;
}

void shapes_draw(struct shapes_sprite sprite, size_t size, uint8_t *pixels)
{
    double step = (1 - 2 * RADIUS) / (SHAPES_PLACES - 1), angle = angle_of(sprite);
    struct layout layout = {.kind = sprite.kind,
                            .x = RADIUS + sprite.x * step,
                            .y = RADIUS + sprite.y * step,
                            .radius = RADIUS * scale_of(sprite),
                            .cosine = cos(angle),
                            .sine = sin(angle)};
    memset(pixels, 0, size * size);
    size_t top = (size_t)((layout.y - layout.radius) * (double)size),
           left = (size_t)((layout.x - layout.radius) * (double)size);
    size_t bottom = (size_t)((layout.y + layout.radius) * (double)size),
           right = (size_t)((layout.x + layout.radius) * (double)size);
    for (size_t row = top; row <= bottom && row < size; ++row)
        for (size_t column = left; column <= right && column < size; ++column)
            pixels[row * size + column] = points_inside(&layout, size, row, column) >= POINTS * POINTS / 2;
}
