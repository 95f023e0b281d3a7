// SPDX-License-Identifier: BSD-3-Clause
// A dataset of numbers with all axes reversed: its last axis is that of the samples.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"

struct transposed {
    struct elbow_source source;
    struct elbow_hdf5 *file; // owned
    char *path, *dataset;    // owned
    uint64_t box;            // bytes of the values that are transposed at a time
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    struct transposed *transposed = (struct transposed *)source;
    return elbow_hdf5_check_storage(transposed->file, transposed->dataset, error);
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct transposed *transposed = (struct transposed *)source;
    enum elbow_status status = elbow_hdf5_describe_storage(transposed->file, transposed->dataset, storage, error);
    if (status == ELBOW_OK)
        storage->reading += transposed->box;
    return status;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    struct transposed *transposed = (struct transposed *)source;
    return elbow_packing_read(transposed->file, transposed->dataset, source->info.element, packing, error);
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct transposed *transposed = (struct transposed *)source;
    return elbow_hdf5_read_reversed(transposed->file, transposed->dataset, first, count, out, error);
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct transposed *transposed = (const struct transposed *)source;
    return (struct elbow_source_spot){transposed->path, transposed->dataset, row, number, 0};
}

static void close_transposed(struct elbow_source *source)
{
    struct transposed *transposed = (struct transposed *)source;
    elbow_hdf5_close(transposed->file, NULL);
    elbow_release(&transposed->path);
    elbow_release(&transposed->dataset);
    elbow_release(&transposed);
}

static const struct elbow_source_functions functions = {
    .check = check, .storage = storage, .packing = packing, .read = read, .locate = locate, .close = close_transposed};

// A few samples of very many values, and the reverse without data.transpose: the rows may come first in the file.
// MATLAB's matrices may be so.
static bool looks_in_vain(struct elbow_hdf5 *file, const char *name, const struct elbow_hdf5_info *info)
{
    enum { FAR = 10 };
    uint64_t in_row = elbow_hdf5_row_values(info), last = info->rank > 1 ? info->shape[info->rank - 1] : 0;
    if (last == 0 || (info->rank == 2 && elbow_hdf5_may_be_reversed(file, name, info)))
        return false;
    return last <= info->shape[0] * (in_row / last) / FAR && info->shape[0] > in_row / FAR;
}

static enum elbow_status reverse(struct transposed *transposed, struct elbow_error *error)
{
    struct elbow_hdf5_info *info = &transposed->source.info;
    struct elbow_hdf5_storage storage;
    enum elbow_status status = elbow_hdf5_describe_storage(transposed->file, transposed->dataset, &storage, error);
    if (status != ELBOW_OK)
        return status;
    bool is_chunked = info->rank > 0 && storage.chunk[0] > 0; // it, or the sources of a virtual one
    uint64_t all = elbow_element_size(info->element), chunk = all;
    for (int i = 0; i < info->rank; ++i) {
        chunk *= is_chunked ? storage.chunk[i] : 1; // less than 4 GB, says libhdf5
        if (__builtin_mul_overflow(all, info->shape[i], &all))
            all = UINT64_MAX;
    }
    transposed->box = chunk > ELBOW_HDF5_BOX_BYTES ? chunk : ELBOW_HDF5_BOX_BYTES;
    transposed->box = all < transposed->box ? all : transposed->box;
    info->chunk_rows = is_chunked ? storage.chunk[info->rank - 1] : 0;
    for (int i = 0; i < info->rank / 2; ++i) {
        uint64_t length = info->shape[i];
        info->shape[i] = info->shape[info->rank - 1 - i];
        info->shape[info->rank - 1 - i] = length;
    }
    return ELBOW_OK;
}

enum elbow_status elbow_source_open_transposed(const char *file, const char *dataset, struct elbow_steady *steady,
                                               struct elbow_source **source, struct elbow_error *error)
{
    struct transposed *transposed;
    enum elbow_status status = elbow_allocate(&transposed, 1, sizeof *transposed, "a source of rows", error);
    if (status != ELBOW_OK)
        return status;
    transposed->source.functions = &functions;
    status = elbow_duplicate(&transposed->path, file, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&transposed->dataset, dataset, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_open_steady(file, steady, &transposed->file, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_dataset(transposed->file, dataset, &transposed->source.info, error);
    if (status == ELBOW_OK)
        transposed->source.is_turned_in_vain = looks_in_vain(transposed->file, dataset, &transposed->source.info);
    if (status == ELBOW_OK)
        status = reverse(transposed, error);
    if (status == ELBOW_OK)
        *source = &transposed->source;
    else
        close_transposed(&transposed->source);
    return status;
}
