// SPDX-License-Identifier: BSD-3-Clause
// A group of sparse rows. Where dense rows are asked for, it spreads its entries out.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"
#include "elbow/data/sparse.h"

#include <string.h>

enum { BLOCK_ROWS = 1 << 10 }; // rows whose entries are read at once, where dense ones are made of them

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

static void spread(const struct elbow_source *source, uint64_t count, const uint64_t *starts, const uint32_t *columns,
                   const char *values, char *out)
{
    size_t size = elbow_element_size(source->info.element), row_bytes = source->info.shape[1] * size;
    memset(out, 0, count * row_bytes);
    for (uint64_t row = 0; row < count; ++row)
        for (uint64_t entry = starts[row] - starts[0]; entry < starts[row + 1] - starts[0]; ++entry)
            memcpy(out + row * row_bytes + columns[entry] * size, values + entry * size, size);
}

// Rows [first, first + count) with these starts.
static enum elbow_status read_block(struct csr *csr, uint64_t first, uint64_t count, const uint64_t *starts, char *out,
                                    struct elbow_error *error)
{
    size_t n = (size_t)(starts[count] - starts[0]);
    uint32_t *columns = NULL;
    char *values = NULL;
    enum elbow_status status = elbow_allocate(&columns, n + 1, sizeof *columns, "entries of sparse rows", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&values, n + 1, elbow_element_size(csr->source.info.element), "entries of sparse rows",
                                error);
    if (status == ELBOW_OK)
        status = elbow_sparse_read(&csr->sparse, first, count, starts, columns, values, error);
    if (status == ELBOW_OK)
        spread(&csr->source, count, starts, columns, values, out);
    elbow_release(&columns);
    elbow_release(&values);
    return status;
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct csr *csr = (struct csr *)source;
    size_t row_bytes = source->info.shape[1] * elbow_element_size(source->info.element);
    uint64_t starts[BLOCK_ROWS + 1];
    enum elbow_status status = ELBOW_OK;
    for (uint64_t done = 0, rows; done < count && status == ELBOW_OK; done += rows) {
        rows = count - done < BLOCK_ROWS ? count - done : BLOCK_ROWS;
        status = elbow_sparse_starts(&csr->sparse, first + done, rows, starts, error);
        if (status == ELBOW_OK)
            status = read_block(csr, first + done, rows, starts, (char *)out + done * row_bytes, error);
    }
    return status;
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct csr *csr = (const struct csr *)source;
    return (struct elbow_source_spot){csr->path, csr->group, row, number};
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
                                                        .read = read,
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
