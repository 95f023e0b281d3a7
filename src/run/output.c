// SPDX-License-Identifier: BSD-3-Clause
// Small helps for writers.
#include "output.h"

#include <string.h>

enum elbow_status elbow_output_error(struct elbow_error *error)
{
    if (error->status == ELBOW_FILE)
        error->status = ELBOW_OUTPUT;
    return error->status;
}

bool elbow_output_ends(const char *path, const char *ending)
{
    size_t length = strlen(path), end = strlen(ending);
    return length > end && strcmp(path + length - end, ending) == 0;
}
