// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, second part: the rows. The ranks of a node deal out the rows among themselves (whole chunks
// of the file), each reads its part straight into the node's one copy; where memory is not shared every rank reads all.
#include "elbow/data/detail/loading.h"

#include <math.h>

// Bytes of one read: large enough for any file system, small beside any dataset that takes time.
static const uint64_t READ_BYTES = UINT64_C(1) << 26;
// Rows of a contiguous dataset are dealt out in pieces of about so many bytes.
static const uint64_t PIECE_BYTES = UINT64_C(1) << 20;

struct elbow_range elbow_loading_rows(const struct elbow_loading *loading, const struct elbow_hdf5_info *info,
                                      uint64_t row_bytes, bool is_shared, uint64_t *piece)
{
    uint64_t rows = info->shape[0];
    *piece = info->chunk_rows > 0 ? info->chunk_rows : PIECE_BYTES / row_bytes + 1;
    if (!is_shared)
        return (struct elbow_range){0, rows};
    struct elbow_place place = elbow_comm_place(loading->comm);
    struct elbow_range range = elbow_partition((rows + *piece - 1) / *piece, place.node_rank, place.node_size);
    range.first *= *piece;
    range.last = range.last * *piece < rows ? range.last * *piece : rows;
    range.first = range.first < range.last ? range.first : range.last;
    return range;
}

static enum elbow_status check_finite(const struct elbow_dataset *dataset, uint64_t first, size_t at,
                                      struct elbow_error *error)
{
    if (at == SIZE_MAX)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: row %llu holds a value (number %zu of the row) that is NaN or infinite; clean the data first",
        dataset->name, (unsigned long long)(first + at / dataset->values), at % dataset->values);
}

enum elbow_status elbow_loading_read_rows(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element), piece;
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    uint64_t block = READ_BYTES / (piece * row_bytes) * piece;
    block = block > 0 ? block : piece;
    for (uint64_t row = range.first; row < range.last; row += block) {
        uint64_t count = range.last - row < block ? range.last - row : block;
        char *rows = (char *)dataset->rows.base + row * row_bytes;
        enum elbow_status status =
            elbow_hdf5_read_rows(loading->file, loading->request->dataset, row, count, rows, error);
        if (status != ELBOW_OK)
            return status;
        struct elbow_element_scan scan = elbow_element_scan(dataset->element, rows, count * dataset->values);
        status = check_finite(dataset, row, scan.first_not_finite, error);
        if (status != ELBOW_OK)
            return status;
        dataset->min = fmin(dataset->min, scan.min);
        dataset->max = fmax(dataset->max, scan.max);
    }
    return ELBOW_OK;
}
