// SPDX-License-Identifier: BSD-3-Clause
// Opens the source of a request.
#include "elbow/data/source.h"

#include "elbow/data/detail/source.h"

enum elbow_status elbow_source_open(const struct elbow_source_request *request, struct elbow_source **source,
                                    struct elbow_error *error)
{
    ELBOW_CHECK(request != NULL && request->files != NULL && request->files->count > 0 && source != NULL);
    *source = NULL;
    if (request->files->count > 1)
        return elbow_source_open_list(request, source, error);
    return elbow_source_open_file(request, 0, source, error);
}

const uint64_t *elbow_source_file_rows(const struct elbow_source *source, size_t *count)
{
    return elbow_source_list_rows(source, count);
}
