// SPDX-License-Identifier: BSD-3-Clause
// Groups that hold a sparse matrix: whether their parts agree, and reading rows in limited memory.
#include "elbow/data/sparse.h"

#include "elbow/base/memory.h"
#include "elbow/data/csr.h"
#include "elbow/data/detail/hdf5.h"
#include "elbow/data/detail/texts.h"

#include <inttypes.h>
#include <string.h>

// Numbers per read: whole chunks of the file, unless they are very large.
enum { PIECE = 1 << 17, PIECE_MOST = 1 << 26 };

bool elbow_sparse_is(struct elbow_hdf5 *file, const char *name)
{
    ELBOW_HDF5_GUARD;
    return elbow_hdf5_kind_of(file, name) == ELBOW_HDF5_GROUP &&
           elbow_hdf5_look_at_matrix(file, name).kind != ELBOW_MATRIX_NONE;
}

// One of the three datasets: a list of numbers.
static enum elbow_status open_part(struct elbow_sparse *sparse, const char *group, const char *member, elbow_path path,
                                   struct elbow_hdf5_info *info, struct elbow_error *error)
{
    if (!elbow_hdf5_member(group, member, path))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the path is too long", sparse->name);
    enum elbow_status status = elbow_hdf5_describe_dataset(sparse->file, path, info, error);
    if (status != ELBOW_OK)
        return status;
    if (info->rank != 1)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: %s of a sparse matrix has %d dimensions, 1 was expected",
                               sparse->name, member, info->rank);
    if (info->shape[0] > INT64_MAX / sizeof(uint64_t))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: %s has more numbers than any memory holds", sparse->name,
                               member);
    if (path == sparse->data || !elbow_element_is_float(info->element))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s: %s of a sparse matrix holds %s, integers were expected",
                           sparse->name, member, elbow_element_name(info->element));
}

// Whether the three datasets belong to one matrix.
static enum elbow_status fit_parts(struct elbow_sparse *sparse, struct elbow_error *error)
{
    uint64_t values = sparse->values.shape[0], columns = sparse->columns.shape[0], starts = sparse->starts.shape[0];
    if (values != columns)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: data has %" PRIu64 " values, but indices has %" PRIu64
                               ", one for each was expected; write the matrix again",
                               sparse->name, values, columns);
    if (starts != sparse->info.shape[0] + 1)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: indptr has %" PRIu64 " numbers, but its shape says %" PRIu64
                               " rows, which need %" PRIu64 "; write the matrix again",
                               sparse->name, starts, sparse->info.shape[0], sparse->info.shape[0] + 1);
    return ELBOW_OK;
}

// The last pointer is the number of entries. Like scipy, we allow data to be longer.
static enum elbow_status count_entries(struct elbow_sparse *sparse, struct elbow_error *error)
{
    uint64_t stored;
    enum elbow_status status =
        elbow_hdf5_read_rows(sparse->file, sparse->indptr, sparse->info.shape[0], 1, &stored, error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_csr_starts(sparse->starts.element, &stored, 1, 0, sparse->values.shape[0], &sparse->entries) == SIZE_MAX)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: indptr ends with %.0f, but data has %" PRIu64
                           " values; the file is truncated or damaged",
                           sparse->name, elbow_element_at(sparse->starts.element, &stored, 0), sparse->values.shape[0]);
}

enum elbow_status elbow_sparse_open(struct elbow_hdf5 *file, const char *name, struct elbow_sparse *sparse,
                                    struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    struct elbow_hdf5_matrix matrix = elbow_hdf5_look_at_matrix(file, name);
    *sparse = (struct elbow_sparse){.file = file};
    elbow_text_format(sparse->name, sizeof sparse->name, "%s:%s", file->name, name);
    if (matrix.kind != ELBOW_MATRIX_ROWS && matrix.kind != ELBOW_MATRIX_CELLS)
        return elbow_hdf5_fail_group(file, name, error);
    if (!matrix.has_shape)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: is a sparse matrix (CSR) without a shape; add it in Python: "
                               "f[\"%s\"].attrs[\"shape\"] = [rows, columns]",
                               sparse->name, name);
    if (matrix.rows < 0 || matrix.columns < 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the shape of the sparse matrix is %" PRId64 " x %" PRId64,
                               sparse->name, matrix.rows, matrix.columns);
    enum elbow_status status = open_part(sparse, name, "data", sparse->data, &sparse->values, error);
    if (status == ELBOW_OK)
        status = open_part(sparse, name, "indices", sparse->indices, &sparse->columns, error);
    if (status == ELBOW_OK)
        status = open_part(sparse, name, "indptr", sparse->indptr, &sparse->starts, error);
    sparse->info = sparse->values;
    sparse->info.rank = 2;
    sparse->info.shape[0] = (uint64_t)matrix.rows;
    sparse->info.shape[1] = (uint64_t)matrix.columns;
    sparse->info.chunk_rows = 0;
    if (status == ELBOW_OK)
        status = fit_parts(sparse, error);
    return status == ELBOW_OK ? count_entries(sparse, error) : status;
}

enum elbow_status elbow_sparse_check_storage(struct elbow_sparse *sparse, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    const char *const parts[] = {sparse->data, sparse->indices, sparse->indptr};
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < 3 && status == ELBOW_OK; ++i)
        status = elbow_hdf5_check_storage(sparse->file, parts[i], error);
    return status;
}

// The end of a piece that begins at `first`, at chunk boundaries.
static uint64_t piece_end(const struct elbow_hdf5_info *info, uint64_t first, uint64_t last)
{
    uint64_t chunk = info->chunk_rows == 0 || info->chunk_rows > PIECE_MOST ? 1 : info->chunk_rows;
    uint64_t step = chunk < PIECE ? PIECE / chunk * chunk : chunk;
    uint64_t end = (first / step + 1) * step;
    return end < last ? end : last;
}

enum elbow_status elbow_sparse_describe_storage(struct elbow_sparse *sparse, struct elbow_hdf5_storage *storage,
                                                struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    struct elbow_hdf5_storage columns;
    enum elbow_status status = elbow_hdf5_describe_storage(sparse->file, sparse->data, storage, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_storage(sparse->file, sparse->indices, &columns, error);
    if (status == ELBOW_OK && columns.reading > storage->reading)
        storage->reading = columns.reading;
    storage->reading += piece_end(&sparse->columns, 0, sparse->entries) * elbow_element_size(sparse->columns.element);
    return status;
}

// Allocates memory for the pieces of [first, last).
static enum elbow_status allocate_piece(const struct elbow_hdf5_info *info, uint64_t first, uint64_t last, void **piece,
                                        struct elbow_error *error)
{
    uint64_t most = 0;
    for (uint64_t from = first, pieces = 0; from < last && pieces < 2; ++pieces) {
        uint64_t end = piece_end(info, from, last);
        most = end - from > most ? end - from : most;
        from = end;
    }
    return elbow_allocate(piece, most + 1, elbow_element_size(info->element), "indices of sparse rows", error);
}

static enum elbow_status fail_start(const struct elbow_sparse *sparse, uint64_t at, double found, double before,
                                    struct elbow_error *error)
{
    if (at == 0)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: indptr begins with %.0f, 0 was expected; write the matrix again", sparse->name,
                               found);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: entry %" PRIu64 " of indptr is %.0f, but must be between %.0f and %" PRIu64
                           " (the entry before it and the last one); the file is damaged",
                           sparse->name, at, found, before, sparse->entries);
}

enum elbow_status elbow_sparse_starts(struct elbow_sparse *sparse, uint64_t first, uint64_t count, uint64_t *starts,
                                      struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    const struct elbow_hdf5_info *info = &sparse->starts;
    void *stored = NULL;
    uint64_t low = 0, last = first + count + 1;
    ELBOW_CHECK(count <= sparse->info.shape[0] && first <= sparse->info.shape[0] - count);
    enum elbow_status status = allocate_piece(info, first, last, &stored, error);
    for (uint64_t from = first, end; from < last && status == ELBOW_OK; from = end) {
        end = piece_end(info, from, last);
        status = elbow_hdf5_read_rows(sparse->file, sparse->indptr, from, end - from, stored, error);
        if (status != ELBOW_OK)
            break;
        uint64_t *out = starts + (from - first);
        size_t wrong = elbow_csr_starts(info->element, stored, (size_t)(end - from), low, sparse->entries, out);
        if (wrong != 0 && from == 0 && out[0] != 0)
            wrong = 0;
        if (wrong != SIZE_MAX)
            status = fail_start(sparse, from + wrong, elbow_element_at(info->element, stored, wrong),
                                (double)(wrong > 0 ? out[wrong - 1] : low), error);
        else
            low = out[end - from - 1];
    }
    elbow_release(&stored);
    return status;
}

// The row, among `count` of these starts, of an entry.
static uint64_t row_of(const uint64_t *starts, uint64_t count, uint64_t entry)
{
    uint64_t low = 0, high = count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (starts[middle] <= entry)
            low = middle;
        else
            high = middle;
    }
    return low;
}

// Reads entries [from, end) of the file; places begin with the first of the rows.
static enum elbow_status read_columns(struct elbow_sparse *sparse, uint64_t from, uint64_t end, void *stored,
                                      uint32_t *columns, size_t *wrong, struct elbow_error *error)
{
    enum elbow_status status = elbow_hdf5_read_rows(sparse->file, sparse->indices, from, end - from, stored, error);
    if (status == ELBOW_OK)
        *wrong =
            elbow_csr_columns(sparse->columns.element, stored, (size_t)(end - from), sparse->info.shape[1], columns);
    return status;
}

static enum elbow_status sort_rows(const struct elbow_sparse *sparse, uint64_t first, uint64_t count,
                                   const uint64_t *starts, uint32_t *columns, char *values, struct elbow_error *error)
{
    size_t size = elbow_element_size(sparse->info.element);
    uint32_t twice;
    for (uint64_t i = 0; i < count; ++i) {
        uint64_t at = starts[i] - starts[0];
        if (!elbow_csr_sort((size_t)(starts[i + 1] - starts[i]), size, columns + at, values + at * size, &twice))
            return elbow_error_set(error, ELBOW_FORMAT,
                                   "%s: row %" PRIu64 " has two entries for column %" PRIu32
                                   ", and nothing says which one is right; add them in Python: m.sum_duplicates(), and "
                                   "write the matrix again",
                                   sparse->name, first + i, twice);
    }
    return ELBOW_OK;
}

enum elbow_status elbow_sparse_read(struct elbow_sparse *sparse, uint64_t first, uint64_t count, const uint64_t *starts,
                                    uint32_t *columns, void *values, struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    uint64_t begin = starts[0], last = starts[count];
    void *stored = NULL;
    enum elbow_status status = elbow_hdf5_read_rows(sparse->file, sparse->data, begin, last - begin, values, error);
    if (status == ELBOW_OK)
        status = allocate_piece(&sparse->columns, begin, last, &stored, error);
    for (uint64_t from = begin, end; from < last && status == ELBOW_OK; from = end) {
        size_t wrong = SIZE_MAX;
        end = piece_end(&sparse->columns, from, last);
        status = read_columns(sparse, from, end, stored, columns + (from - begin), &wrong, error);
        if (wrong != SIZE_MAX)
            status = elbow_error_set(error, ELBOW_FORMAT,
                                     "%s: row %" PRIu64 " has an entry in column %.0f, but the matrix has %" PRIu64
                                     " columns; the file is damaged",
                                     sparse->name, first + row_of(starts, count, from + wrong),
                                     elbow_element_at(sparse->columns.element, stored, wrong), sparse->info.shape[1]);
    }
    elbow_release(&stored);
    return status == ELBOW_OK ? sort_rows(sparse, first, count, starts, columns, values, error) : status;
}
