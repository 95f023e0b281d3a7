// SPDX-License-Identifier: BSD-3-Clause
// Compares the features that the compiler was allowed to use (CMake gets the list from the compiler) with those of this
// processor. Compiled for the baseline; calls only libc.
#include "elbow/cli/processor.h"

#include "elbow/processor_features.h"

#include <stddef.h>
#include <stdio.h>

const char *elbow_processor_first_missing(const struct elbow_processor_feature *features)
{
    for (; features->name != NULL; ++features) {
        if (!features->present)
            return features->name;
    }
    return NULL;
}

const char *elbow_processor_missing(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
#endif
    const struct elbow_processor_feature features[] = {ELBOW_PROCESSOR_FEATURES};
    return elbow_processor_first_missing(features);
}

bool elbow_processor_fits(const char *program)
{
    const char *missing = elbow_processor_missing();
    if (missing == NULL)
        return true;
    fprintf(
        stderr,
        "%s: this program was built for a processor with %s, which this one lacks: build it on this kind of machine, "
        "or anywhere with cmake -DELBOW_NATIVE=OFF\n",
        program, missing);
    return false;
}
