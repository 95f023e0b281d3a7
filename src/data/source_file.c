// SPDX-License-Identifier: BSD-3-Clause
// The rows of one file: the kinds of sources that they need.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"

// A dataset of a file; its kind decides how its rows are read.
static enum elbow_status open_stored(const struct elbow_source_request *request, size_t at,
                                     struct elbow_source **source, struct elbow_error *error)
{
    const char *path = request->files->paths[at], *dataset = request->files->datasets[at];
    if (request->transpose)
        return elbow_source_open_transposed(path, dataset, request->steady, source, error);
    if (request->shows_written)
        return elbow_source_open_written(path, dataset, request->steady, source, error);
    enum elbow_status status = elbow_source_open_dense(path, dataset, request->steady, source, error);
    if (status == ELBOW_OK)
        (*source)->may_lack = request->may_lack;
    return status;
}

static enum elbow_status open_channels(const struct elbow_source_request *request, size_t file,
                                       struct elbow_source **source, struct elbow_error *error)
{
    size_t count = request->files->channels;
    struct elbow_source **parts;
    enum elbow_status status = elbow_allocate(&parts, count, sizeof *parts, "channels", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        status = open_stored(request, file * count + i, &parts[i], error);
    if (status == ELBOW_OK)
        return elbow_source_open_channels(parts, count, source, error);
    for (size_t i = 0; i < count; ++i)
        elbow_source_close(parts[i]);
    elbow_release(&parts);
    return status;
}

enum elbow_status elbow_source_open_file(const struct elbow_source_request *request, size_t file,
                                         struct elbow_source **source, struct elbow_error *error)
{
    struct elbow_source *all = NULL;
    *source = NULL;
    enum elbow_status status = request->files->channels > 1 ? open_channels(request, file, &all, error)
                                                            : open_stored(request, file, &all, error);
    if (status == ELBOW_OK && request->columns != NULL && request->columns->count > 0)
        return elbow_source_open_columns(all, request->columns, source, error);
    *source = all;
    return status;
}
