// SPDX-License-Identifier: BSD-3-Clause
// The files that report, model and plot write into the directory of an experiment.
#include "scaling.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/output.h"

#include <string.h>

// True if a file has exactly these bytes, so that it need not be written.
static bool holds(const char *path, const char *bytes, size_t size)
{
    char *held = NULL;
    size_t length = 0;
    bool does = elbow_file_read_input(path, size, &held, &length, NULL) == ELBOW_OK && length == size &&
                memcmp(held, bytes, size) == 0;
    elbow_release(&held);
    return does;
}

enum elbow_status scaling_publish(const char *path, const char *bytes, size_t size, bool force,
                                  struct elbow_error *error)
{
    enum elbow_publish publish = elbow_output_publishing(force);
    if (holds(path, bytes, size))
        return ELBOW_OK;
    enum elbow_status status = elbow_output_check(path, publish, error);
    return status == ELBOW_OK ? elbow_output_write(path, bytes, size, publish, error) : status;
}

enum elbow_status scaling_may_publish(const char *path, const char *bytes, size_t size, bool force,
                                      struct elbow_error *error)
{
    return holds(path, bytes, size) ? ELBOW_OK : elbow_output_check(path, elbow_output_publishing(force), error);
}
