// SPDX-License-Identifier: BSD-3-Clause
// How stored values become the model's: a table with a row for each kind (elbow/config/kinds.h), whose functions lie in
// src/data/transform/<word>.c.
//
// The functions keep nothing: any thread may call them. They are called for rows of values, never for a value, and what
// a value comes to depends on that value alone. A NaN stays one.
#ifndef ELBOW_DATA_TRANSFORM_H
#define ELBOW_DATA_TRANSFORM_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"
#include "elbow/data/element.h"

ELBOW_C_BEGIN

// A transform and its numbers. Plain; zeroed it is a scale that makes zeros.
struct elbow_scale {
    enum elbow_transform_kind kind;
    double factor, offset;
    char source[96]; // where they come from, for one line to the user
};

// The sources of a scaling that nobody has asked for; checkpoints hold these words.
#define ELBOW_SCALE_BYTES "bytes above 1 are divided by 255"
#define ELBOW_SCALE_STORED "taken as stored"

// What a transform can learn of the training set: what all ranks know of it when it has been read.
struct elbow_transform_facts {
    enum elbow_element element;
    double min, max;            // stored
    enum elbow_support support; // what the values that come out may be
};

enum { ELBOW_TRANSFORM_WORDS_SIZE = 96 };

struct elbow_transform {
    // Local. values (n) from n stored elements: computed in double, rounded once. The arrays do not overlap.
    void (*forward)(const struct elbow_scale *scale, enum elbow_element element, const void *stored, size_t n,
                    float *values);
    // Local. The numbers that forward takes to values, within the rounding of values: stored (n). Not finite where the
    // transform has no inverse (a factor of 0). The arrays do not overlap.
    void (*inverse)(const struct elbow_scale *scale, size_t n, const float *values, double *stored);
    // Local. What nobody has said, from the training set: numbers and source of a zeroed scale of the kind.
    void (*learn)(const struct elbow_transform_facts *facts, struct elbow_scale *scale);
    // Local. The transform as a formula, with so many digits: "value = stored * 0.5 + 0".
    void (*describe)(const struct elbow_scale *scale, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE]);
};

// Local. The row of a kind.
const struct elbow_transform *elbow_transform_row(enum elbow_transform_kind kind);

ELBOW_C_END

#endif
