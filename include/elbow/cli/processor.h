// SPDX-License-Identifier: BSD-3-Clause
// Whether the processor has all features that this binary was compiled for. Every main checks this first, before code
// that could fail with an illegal instruction: this module and the files with a main are compiled for the baseline of
// the architecture.
#ifndef ELBOW_CLI_PROCESSOR_H
#define ELBOW_CLI_PROCESSOR_H

#include <stdbool.h>

struct elbow_processor_feature {
    const char *name; // "avx2"; NULL ends a list
    bool present;
};

// Local. The name of the first missing feature of the list; NULL if all are present.
const char *elbow_processor_first_missing(const struct elbow_processor_feature *features);

// Local. The name of a feature that this binary needs and this processor lacks; NULL if there is none, or if the
// architecture has no such test.
const char *elbow_processor_missing(void);

// Local. Whether no feature is missing; if one is, prints a sentence to stderr that begins with the name `program`.
bool elbow_processor_fits(const char *program);

#endif
