// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, second part: the rows. The ranks of a node divide the rows (whole chunks of the file), and each
// rank reads its part directly into the node's copy. If memory is not shared, each rank reads all rows.
#include "elbow/data/detail/row_reader.h"
#include "elbow/data/detail/rows.h"

// Bytes of one read: large enough for any file system, and small compared with any dataset that takes time.
static const uint64_t READ_BYTES = UINT64_C(1) << 26;
// Contiguous datasets are divided in pieces of about this many bytes.
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

uint64_t elbow_loading_block(uint64_t row_bytes, uint64_t piece)
{
    uint64_t block = READ_BYTES / (piece * row_bytes) * piece;
    return block > 0 ? block : piece;
}

// The known bits of a row and of those after it.
static unsigned char *known_of(const struct elbow_dataset *dataset, uint64_t row)
{
    unsigned char *bits = dataset->known.base;
    return bits == NULL ? NULL : bits + row * elbow_rows_known_row_bytes(dataset);
}

enum elbow_status elbow_loading_read_rows(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t row_bytes = dataset->values * elbow_element_size(dataset->element), piece;
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    uint64_t most = elbow_loading_block(row_bytes, piece);
    struct elbow_row_reader reader;
    enum elbow_status status = elbow_row_reader_create(loading, most < range.last ? most : range.last, &reader, error);
    for (uint64_t first = range.first; first < range.last && status == ELBOW_OK; first += most) {
        struct elbow_row_block block = {.first = first,
                                        .count = range.last - first < most ? range.last - first : most,
                                        .values = (char *)dataset->rows.base + first * row_bytes,
                                        .known = known_of(dataset, first),
                                        .min = dataset->min,
                                        .max = dataset->max};
        status = elbow_row_reader_read(&reader, &block, error);
        dataset->min = block.min;
        dataset->max = block.max;
    }
    elbow_row_reader_destroy(&reader);
    return status;
}
