// SPDX-License-Identifier: BSD-3-Clause
// Does the processor have what this binary was compiled for? Asked first thing in every main, before any code that
// could die of an illegal instruction: this module and the files with a main are compiled for the baseline of the
// architecture.
#ifndef ELBOW_CLI_PROCESSOR_H
#define ELBOW_CLI_PROCESSOR_H

#include <stdbool.h>

struct elbow_processor_feature {
    const char *name; // NULL ends a list
    bool present;
};

// Local. The name of the first feature of the list that is not present; NULL if all are.
const char *elbow_processor_first_missing(const struct elbow_processor_feature *features);

// Local. The name of a feature ("avx2") that this binary was compiled for and this processor lacks; NULL if there is
// none, and on processors that cannot be asked.
const char *elbow_processor_missing(void);

// Local. True if nothing is missing; else says so in one sentence on stderr, in the name of the program.
bool elbow_processor_fits(const char *program);

#endif
