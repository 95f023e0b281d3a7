// SPDX-License-Identifier: BSD-3-Clause
// Build, libraries and processor of a rank.
#include "elbow/train/detail/ranks.h"

#include "elbow/base/build.h"
#include "elbow/base/text.h"
#include "elbow/math/blas.h"

#include <stdio.h>
#include <string.h>

void elbow_rank_processor(char *name, size_t size)
{
    char line[256];
    elbow_text_format(name, size, "unknown processor");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        elbow_text_format(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    fclose(file);
}

void elbow_rank_describe(char *what, size_t size)
{
    char name[128];
    elbow_rank_processor(name, sizeof name);
    elbow_text_format(what, size, "%s|%s|%s|%s", elbow_build_id(), elbow_build_flags(), elbow_blas_describe(), name);
}
