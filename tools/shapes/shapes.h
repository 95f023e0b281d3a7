// SPDX-License-Identifier: BSD-3-Clause
// The parts of elbow-shapes: sprites in the manner of dSprites (Matthey, Higgins, Hassabis, Lerchner 2017: "dSprites:
// Disentanglement testing Sprites dataset"), drawn from known factors.
//
// A picture shows one shape, white on black, on the unit square (x to the right, y downwards). The factors of sample id
// are floor(word * count / 2^32) of the words of the stream (seed, ELBOW_PURPOSE_SHAPES, id):
//   word 0 shape     0 square, 1 ellipse, 2 heart
//   word 1 scale     0.5, 0.6, ..., 1
//   word 2 rotation  k 2 pi / 40, clockwise on the screen
//   word 3 x         0, 1/31, ..., 1: the centre stands at 0.25 + 0.5 x, so that no shape is cut off
//   word 4 y         the same
// Training samples have the ids 0, 1, ...; test samples 2^40, 2^40 + 1, ...: a test set does not depend on the training
// set.
#ifndef ELBOW_TOOLS_SHAPES_H
#define ELBOW_TOOLS_SHAPES_H

#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { SHAPES_SCALES = 6, SHAPES_ROTATIONS = 40, SHAPES_PLACES = 32, SHAPES_FACTORS = 5 };
enum shapes_kind { SHAPES_SQUARE, SHAPES_ELLIPSE, SHAPES_HEART, SHAPES_KINDS };

#define SHAPES_TEST_IDS (UINT64_C(1) << 40)

// The contents of a picture: indices of the tables above.
struct shapes_sprite {
    unsigned kind, scale, rotation, x, y;
};

// Local. The sprite of a sample.
struct shapes_sprite shapes_sprite_of(uint64_t seed, uint64_t id);

// Local. Its factors as numbers, in the order of the words: shape, scale, rotation (radians), x, y.
void shapes_factors(struct shapes_sprite sprite, float factors[SHAPES_FACTORS]);

// Local. Draws it: size x size bytes, 1 where at least half of the pixel (8 of 4 x 4 points) lies inside, else 0.
void shapes_draw(struct shapes_sprite sprite, size_t size, uint8_t *pixels);

struct shapes_options {
    const char *output;
    uint64_t count, test_count, seed;
    size_t size;
    bool force, asks_help;
};

// Local. Parses the arguments. USAGE if they are wrong.
enum elbow_status shapes_parse(int argc, char **argv, struct shapes_options *options, struct elbow_error *error);

// Local. Draws and writes the file, which appears complete or not at all (elbow/base/output.h).
enum elbow_status shapes_run(const struct shapes_options *options, struct elbow_error *error);

// The whole program: exit status 0, 1 (failed) or 2 (usage).
int shapes_main(int argc, char **argv);

#endif
