// SPDX-License-Identifier: BSD-3-Clause
// Scaling: value = stored * factor + offset, in double. Further changes of scaled values are transforms
// (elbow/data/transform.h).
#ifndef ELBOW_DATA_SCALE_H
#define ELBOW_DATA_SCALE_H

#include "elbow/base/language.h"
#include "elbow/config/kinds.h"
#include "elbow/data/element.h"

ELBOW_C_BEGIN

// Plain. A zeroed struct turns all values into 0.
struct elbow_scale {
    double factor, offset;
    char source[96]; // where the numbers come from, for a line of the log
};

// The sources of a default scaling; checkpoints contain these words.
#define ELBOW_SCALE_BYTES "bytes above 1 are divided by 255"
#define ELBOW_SCALE_STORED "taken as stored"

// Local. The default scaling for values of a type, up to `most`, and a likelihood with this support.
struct elbow_scale elbow_scale_automatic(enum elbow_element element, double most, enum elbow_support support);

enum { ELBOW_SCALE_WORDS_SIZE = 96 };

// Local. The scaling as a formula with `digits` digits: "value = stored * 0.5 + 0".
void elbow_scale_describe(const struct elbow_scale *scale, int digits, char words[ELBOW_SCALE_WORDS_SIZE]);

ELBOW_C_END

#endif
