// SPDX-License-Identifier: BSD-3-Clause
// Opening a test directory as a run does.
#include "scratch_open.h"

#include <stdio.h>
#include <stdlib.h>

struct elbow_directory scratch_open(const char *path)
{
    struct elbow_directory directory;
    struct elbow_error error = {0};
    if (elbow_directory_open(path, &directory, &error) == ELBOW_OK)
        return directory;
    fprintf(stderr, "%s\n", error.message);
    exit(EXIT_FAILURE);
}
