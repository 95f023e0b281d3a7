// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, second part: the rows. The ranks of a node deal out the rows among themselves (whole chunks
// of the file), each reads its part straight into the node's one copy; where memory is not shared every rank reads all.
#include "elbow/data/detail/loading.h"

#include "elbow/base/memory.h"

#include <math.h>

// Bytes of one read: large enough for any file system, small beside any dataset that takes time.
static const uint64_t READ_BYTES = UINT64_C(1) << 26;
// Rows of a contiguous dataset are dealt out in pieces of about so many bytes.
static const uint64_t PIECE_BYTES = UINT64_C(1) << 20;

uint64_t elbow_loading_piece(const struct elbow_hdf5_info *info, uint64_t row_bytes)
{
    return info->chunk_rows > 0 ? info->chunk_rows : PIECE_BYTES / row_bytes + 1;
}

struct elbow_range elbow_loading_rows(const struct elbow_loading *loading, const struct elbow_hdf5_info *info,
                                      uint64_t row_bytes, bool is_shared, uint64_t *piece)
{
    uint64_t rows = loading->dataset->samples;
    *piece = elbow_loading_piece(info, row_bytes);
    if (!is_shared)
        return (struct elbow_range){0, rows};
    struct elbow_place place = elbow_comm_place(loading->comm);
    struct elbow_range range = elbow_partition((rows + *piece - 1) / *piece, place.node_rank, place.node_size);
    range.first *= *piece;
    range.last = range.last * *piece < rows ? range.last * *piece : rows;
    range.first = range.first < range.last ? range.first : range.last;
    return range;
}

static enum elbow_status check_finite(const struct elbow_loading *loading, uint64_t first, size_t at,
                                      struct elbow_error *error)
{
    size_t values = loading->dataset->values;
    return at == SIZE_MAX ? ELBOW_OK : elbow_loading_refuse_infinite(loading, first + at / values, at % values, error);
}

// The first value that is not finite, and is no missing one either, which are counted later.
static size_t first_unusable(const struct elbow_dataset *dataset, const void *rows, size_t n, size_t first)
{
    for (size_t i = first; i < n; ++i) {
        double value = elbow_element_at(dataset->element, rows, i);
        if (!isfinite(value) && !elbow_missing_is(&dataset->missing, value))
            return i;
    }
    return SIZE_MAX;
}

// Looks through rows [first, first + count), all of whose values are known, before they are turned round.
static enum elbow_status scan(struct elbow_loading *loading, const void *rows, uint64_t first, uint64_t count,
                              struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    size_t n = count * dataset->values;
    enum elbow_status status = ELBOW_OK;
    struct elbow_element_scan scan = elbow_element_scan(dataset->element, rows, n);
    if (scan.first_not_finite != SIZE_MAX)
        status = check_finite(loading, first, first_unusable(dataset, rows, n, scan.first_not_finite), error);
    dataset->min = fmin(dataset->min, scan.min);
    dataset->max = fmax(dataset->max, scan.max);
    return status;
}

// Rows [first, first + count), from the file to their place.
static enum elbow_status read_block(struct elbow_loading *loading, const struct elbow_loading_marks *marks,
                                    uint64_t first, uint64_t count, void *row, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    char *rows = (char *)dataset->rows.base + first * dataset->values * elbow_element_size(dataset->element);
    bool may_miss = elbow_loading_may_miss(loading);
    enum elbow_status status = elbow_source_read(loading->source, first, count, rows, error);
    if (status == ELBOW_OK && !may_miss)
        status = scan(loading, rows, first, count, error);
    if (status == ELBOW_OK && loading->channels > 0)
        elbow_loading_turn(loading, dataset->element, rows, count, row);
    return status == ELBOW_OK && may_miss ? elbow_loading_mark(loading, marks, first, count, error) : status;
}

uint64_t elbow_loading_block(uint64_t row_bytes, uint64_t piece)
{
    uint64_t block = READ_BYTES / (piece * row_bytes) * piece;
    return block > 0 ? block : piece;
}

enum elbow_status elbow_loading_read_rows(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element), piece;
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    uint64_t block = elbow_loading_block(row_bytes, piece);
    void *row = NULL;
    struct elbow_loading_marks marks;
    enum elbow_status status =
        elbow_loading_marks_create(loading, block < range.last ? block : range.last, &marks, error);
    if (status == ELBOW_OK && loading->channels > 0)
        status = elbow_allocate(&row, 1, row_bytes, "a row", error);
    for (uint64_t first = range.first; first < range.last && status == ELBOW_OK; first += block) {
        uint64_t count = range.last - first < block ? range.last - first : block;
        status = read_block(loading, &marks, first, count, row, error);
    }
    elbow_loading_marks_destroy(&marks);
    elbow_release(&row);
    return status;
}
