// SPDX-License-Identifier: BSD-3-Clause
// Which kind of source is opened, and the calls of all kinds.
#include "elbow/data/source.h"

#include "elbow/data/detail/source.h"

enum elbow_status elbow_source_open(const struct elbow_source_request *request, struct elbow_source **source,
                                    struct elbow_error *error)
{
    ELBOW_CHECK(request != NULL && request->file != NULL && request->dataset != NULL && source != NULL);
    *source = NULL;
    return elbow_source_open_dense(request->file, request->dataset, source, error);
}

enum elbow_status elbow_source_check(struct elbow_source *source, struct elbow_error *error)
{
    return source->functions->check(source, error);
}

enum elbow_status elbow_source_storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                       struct elbow_error *error)
{
    return source->functions->storage(source, storage, error);
}

enum elbow_status elbow_source_packing(struct elbow_source *source, struct elbow_packing *packing,
                                       struct elbow_error *error)
{
    return source->functions->packing(source, packing, error);
}

enum elbow_status elbow_source_read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                                    struct elbow_error *error)
{
    ELBOW_CHECK(first <= source->info.shape[0] && count <= source->info.shape[0] - first);
    return source->functions->read(source, first, count, out, error);
}

enum elbow_status elbow_source_starts(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                      struct elbow_error *error)
{
    ELBOW_CHECK(source->is_sparse && first <= source->info.shape[0] && count <= source->info.shape[0] - first);
    return source->functions->starts(source, first, count, starts, error);
}

enum elbow_status elbow_source_entries(struct elbow_source *source, uint64_t first, uint64_t count,
                                       const uint64_t *starts, uint32_t *columns, void *values,
                                       struct elbow_error *error)
{
    ELBOW_CHECK(source->is_sparse && first <= source->info.shape[0] && count <= source->info.shape[0] - first);
    return source->functions->entries(source, first, count, starts, columns, values, error);
}

struct elbow_source_spot elbow_source_locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    return source->functions->locate(source, row, number);
}

void elbow_source_close(struct elbow_source *source)
{
    if (source != NULL)
        source->functions->close(source);
}
