// SPDX-License-Identifier: BSD-3-Clause
// Replaces the header that CMake makes: a build for a processor that does not exist.
#define ELBOW_PROCESSOR_FEATURES                                                                                       \
    {"sse2", true}, {"unobtainium", false},                                                                            \
    {                                                                                                                  \
        NULL, true                                                                                                     \
    }
