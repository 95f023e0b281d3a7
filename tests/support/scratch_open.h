// SPDX-License-Identifier: BSD-3-Clause
// A test's directory, open.
#ifndef ELBOW_TESTS_SCRATCH_OPEN_H
#define ELBOW_TESTS_SCRATCH_OPEN_H

#include "elbow/base/directory.h"

#include <stdio.h>
#include <stdlib.h>

static inline struct elbow_directory scratch_open(const char *path)
{
    struct elbow_directory directory;
    struct elbow_error error = {0};
    if (elbow_directory_open(path, &directory, &error) == ELBOW_OK)
        return directory;
    fprintf(stderr, "%s\n", error.message);
    exit(EXIT_FAILURE);
}

#endif
