// SPDX-License-Identifier: BSD-3-Clause
// A dataset of numbers, whose first axis is that of the samples.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"
#include "elbow/data/sparse.h"

struct dense {
    struct elbow_source source;
    struct elbow_hdf5 *file; // owned
    char *path, *dataset;    // owned
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    struct dense *dense = (struct dense *)source;
    return source->may_lack ? elbow_hdf5_check_gaps(dense->file, dense->dataset, error)
                            : elbow_hdf5_check_storage(dense->file, dense->dataset, error);
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct dense *dense = (struct dense *)source;
    enum elbow_status status = elbow_hdf5_describe_storage(dense->file, dense->dataset, storage, error);
    storage->reading = storage->unpacking;
    return status;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    struct dense *dense = (struct dense *)source;
    return elbow_packing_read(dense->file, dense->dataset, source->info.element, packing, error);
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct dense *dense = (struct dense *)source;
    return elbow_hdf5_read_rows(dense->file, dense->dataset, first, count, out, error);
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct dense *dense = (const struct dense *)source;
    return (struct elbow_source_spot){dense->path, dense->dataset, row, number, 0};
}

static void close_dense(struct elbow_source *source)
{
    struct dense *dense = (struct dense *)source;
    elbow_hdf5_close(dense->file, NULL);
    elbow_release(&dense->path);
    elbow_release(&dense->dataset);
    elbow_release(&dense);
}

static const struct elbow_source_functions functions = {
    .check = check, .storage = storage, .packing = packing, .read = read, .locate = locate, .close = close_dense};

enum elbow_status elbow_source_open_dense(const char *file, const char *dataset, struct elbow_steady *steady,
                                          struct elbow_source **source, struct elbow_error *error)
{
    struct dense *dense;
    enum elbow_status status = elbow_allocate(&dense, 1, sizeof *dense, "a source of rows", error);
    if (status != ELBOW_OK)
        return status;
    dense->source.functions = &functions;
    status = elbow_duplicate(&dense->path, file, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&dense->dataset, dataset, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_open_steady(file, steady, &dense->file, error);
    if (status == ELBOW_OK && elbow_sparse_is(dense->file, dataset)) {
        struct elbow_hdf5 *opened = dense->file;
        dense->file = NULL;
        close_dense(&dense->source);
        return elbow_source_open_csr(opened, file, dataset, source, error);
    }
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_dataset(dense->file, dataset, &dense->source.info, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_find_chunks(dense->file, dataset, &dense->source.info, error);
    if (status == ELBOW_OK)
        dense->source.may_be_reversed = elbow_hdf5_may_be_reversed(dense->file, dataset, &dense->source.info);
    if (status == ELBOW_OK)
        *source = &dense->source;
    else
        close_dense(&dense->source);
    return status;
}
