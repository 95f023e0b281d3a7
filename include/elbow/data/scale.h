// SPDX-License-Identifier: BSD-3-Clause
// Scaling: value = stored * factor + offset, in double. What is done to scaled values is a transform
// (elbow/data/transform.h).
#ifndef ELBOW_DATA_SCALE_H
#define ELBOW_DATA_SCALE_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"
#include "elbow/data/element.h"

ELBOW_C_BEGIN

// Plain; zeroed it makes zeros.
struct elbow_scale {
    double factor, offset;
    char source[96]; // where they come from, for one line to the user
};

// The sources of a scaling that nobody has asked for; checkpoints hold these words.
#define ELBOW_SCALE_BYTES "bytes above 1 are divided by 255"
#define ELBOW_SCALE_STORED "taken as stored"

// Local. The scaling that nobody has asked for, of values of a type up to `most`, which are to be of a support.
struct elbow_scale elbow_scale_automatic(enum elbow_element element, double most, enum elbow_support support);

enum { ELBOW_SCALE_WORDS_SIZE = 96 };

// Local. The scaling as a formula, with so many digits: "value = stored * 0.5 + 0".
void elbow_scale_describe(const struct elbow_scale *scale, int digits, char words[ELBOW_SCALE_WORDS_SIZE]);

ELBOW_C_END

#endif
