// SPDX-License-Identifier: BSD-3-Clause
// A group of sparse rows.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"
#include "elbow/data/sparse.h"

struct csr {
    struct elbow_source source;
    struct elbow_sparse sparse;
    struct elbow_hdf5 *file; // owned
    char *path, *group;      // owned
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    struct csr *csr = (struct csr *)source;
    return elbow_sparse_check_storage(&csr->sparse, error);
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct csr *csr = (struct csr *)source;
    return elbow_sparse_describe_storage(&csr->sparse, storage, error);
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    struct csr *csr = (struct csr *)source;
    return elbow_packing_read(csr->file, csr->sparse.data, source->info.element, packing, error);
}

static enum elbow_status starts(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                struct elbow_error *error)
{
    struct csr *csr = (struct csr *)source;
    return elbow_sparse_starts(&csr->sparse, first, count, starts, error);
}

static enum elbow_status entries(struct elbow_source *source, uint64_t first, uint64_t count, const uint64_t *starts,
                                 uint32_t *columns, void *values, struct elbow_error *error)
{
    struct csr *csr = (struct csr *)source;
    return elbow_sparse_read(&csr->sparse, first, count, starts, columns, values, error);
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct csr *csr = (const struct csr *)source;
    return (struct elbow_source_spot){csr->path, csr->group, row, number, 0};
}

static void close_csr(struct elbow_source *source)
{
    struct csr *csr = (struct csr *)source;
    elbow_hdf5_close(csr->file, NULL);
    elbow_release(&csr->path);
    elbow_release(&csr->group);
    elbow_release(&csr);
}

static const struct elbow_source_functions functions = {.check = check,
                                                        .storage = storage,
                                                        .packing = packing,
                                                        .read = elbow_source_spread,
                                                        .starts = starts,
                                                        .entries = entries,
                                                        .locate = locate,
                                                        .close = close_csr};

enum elbow_status elbow_source_open_csr(struct elbow_hdf5 *file, const char *path, const char *group,
                                        struct elbow_source **source, struct elbow_error *error)
{
    struct csr *csr;
    enum elbow_status status = elbow_allocate(&csr, 1, sizeof *csr, "a source of rows", error);
    if (status != ELBOW_OK) {
        elbow_hdf5_close(file, NULL);
        return status;
    }
    csr->source.functions = &functions;
    csr->source.is_sparse = true;
    csr->file = file;
    status = elbow_duplicate(&csr->path, path, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&csr->group, group, error);
    if (status == ELBOW_OK)
        status = elbow_sparse_open(file, group, &csr->sparse, error);
    csr->source.info = csr->sparse.info;
    csr->source.entries = csr->sparse.entries;
    if (status == ELBOW_OK)
        *source = &csr->source;
    else
        close_csr(&csr->source);
    return status;
}
