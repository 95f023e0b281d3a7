// SPDX-License-Identifier: BSD-3-Clause
// Which values of a dataset of numbers are in chunks that were written: rows of bytes, 1 or 0, of the same shape.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"

struct written {
    struct elbow_source source;
    struct elbow_hdf5 *file; // owned
    char *path, *dataset;    // owned
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    (void)source;
    (void)error;
    return ELBOW_OK;
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    (void)source;
    (void)error;
    *storage = (struct elbow_hdf5_storage){0};
    return ELBOW_OK;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    (void)error;
    *packing = (struct elbow_packing){.factor = {.value = 1}, .element = source->info.element};
    return ELBOW_OK;
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct written *written = (struct written *)source;
    return elbow_hdf5_read_written(written->file, written->dataset, first, count, out, error);
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct written *written = (const struct written *)source;
    return (struct elbow_source_spot){written->path, written->dataset, row, number, 0};
}

static void close_written(struct elbow_source *source)
{
    struct written *written = (struct written *)source;
    elbow_hdf5_close(written->file, NULL);
    elbow_release(&written->path);
    elbow_release(&written->dataset);
    elbow_release(&written);
}

static const struct elbow_source_functions functions = {
    .check = check, .storage = storage, .packing = packing, .read = read, .locate = locate, .close = close_written};

enum elbow_status elbow_source_open_written(const char *file, const char *dataset, struct elbow_steady *steady,
                                            struct elbow_source **source, struct elbow_error *error)
{
    struct written *written;
    enum elbow_status status = elbow_allocate(&written, 1, sizeof *written, "a source of rows", error);
    if (status != ELBOW_OK)
        return status;
    written->source.functions = &functions;
    status = elbow_duplicate(&written->path, file, error);
    if (status == ELBOW_OK)
        status = elbow_duplicate(&written->dataset, dataset, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_open_steady(file, steady, &written->file, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_dataset(written->file, dataset, &written->source.info, error);
    written->source.info.element = ELBOW_ELEMENT_UINT8;
    if (status == ELBOW_OK)
        *source = &written->source;
    else
        close_written(&written->source);
    return status;
}
