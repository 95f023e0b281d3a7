// SPDX-License-Identifier: BSD-3-Clause
// Stands in for the header that CMake makes: a build for a processor that nobody has.
#define ELBOW_PROCESSOR_FEATURES                                                                                       \
    {"sse2", true}, {"unobtainium", false},                                                                            \
    {                                                                                                                  \
        NULL, true                                                                                                     \
    }
