// SPDX-License-Identifier: BSD-3-Clause
// Some columns of flat rows. Whole rows are read, as files store them, and the columns are copied from each.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"

#include <string.h>

struct columns {
    struct elbow_source source;
    struct elbow_source *all; // owned
    struct elbow_ranges ranges;
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    return elbow_source_check(((struct columns *)source)->all, error);
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct columns *columns = (struct columns *)source;
    enum elbow_status status = elbow_source_storage(columns->all, storage, error);
    if (status == ELBOW_OK)
        storage->reading +=
            elbow_source_piece_bytes(&columns->all->info) + elbow_source_chunk_bytes(&columns->all->info, true);
    return status;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    return elbow_source_packing(((struct columns *)source)->all, packing, error);
}

static uint64_t length(const struct columns *columns, size_t range)
{
    return (uint64_t)(columns->ranges.ranges[range].last - columns->ranges.ranges[range].first + 1);
}

// Copies the columns of `count` rows; returns the place after the last.
static char *take(const struct columns *columns, const char *rows, uint64_t count, char *out)
{
    size_t size = elbow_element_size(columns->all->info.element), row = columns->all->info.shape[1] * size;
    for (uint64_t i = 0; i < count; ++i, rows += row)
        for (size_t k = 0; k < columns->ranges.count; ++k) {
            size_t bytes = length(columns, k) * size;
            memcpy(out, rows + (uint64_t)columns->ranges.ranges[k].first * size, bytes);
            out += bytes;
        }
    return out;
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct columns *columns = (struct columns *)source;
    char *buffer;
    enum elbow_status status =
        elbow_allocate(&buffer, elbow_source_piece_bytes(&columns->all->info), 1, "rows of all columns", error);
    for (uint64_t done = 0, piece; done < count && status == ELBOW_OK; done += piece) {
        piece = elbow_source_piece(&columns->all->info, first + done, count - done);
        status = elbow_source_read(columns->all, first + done, piece, buffer, error);
        if (status == ELBOW_OK)
            out = take(columns, buffer, piece, out);
    }
    elbow_release(&buffer);
    return status;
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct columns *columns = (const struct columns *)source;
    size_t k = 0;
    for (; k + 1 < columns->ranges.count && number >= length(columns, k); ++k)
        number -= length(columns, k);
    return elbow_source_locate(columns->all, row, (uint64_t)columns->ranges.ranges[k].first + number);
}

static void close_columns(struct elbow_source *source)
{
    struct columns *columns = (struct columns *)source;
    elbow_source_close(columns->all);
    elbow_release(&columns);
}

static const struct elbow_source_functions functions = {
    .check = check, .storage = storage, .packing = packing, .read = read, .locate = locate, .close = close_columns};

static enum elbow_status select_columns(struct columns *columns, struct elbow_error *error)
{
    const struct elbow_hdf5_info *all = &columns->all->info;
    struct elbow_source_spot at = elbow_source_locate(columns->all, 0, 0);
    if (all->rank != 2)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s:%s: has %d axes, but data.columns is for flat rows, (samples, values); remove "
                               "data.columns, or store the rows flat",
                               at.file, at.dataset, all->rank);
    int64_t last = columns->ranges.ranges[columns->ranges.count - 1].last;
    if ((uint64_t)last >= all->shape[1])
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s:%s: has %s, but data.columns goes up to column %lld; they count from 0", at.file,
                               at.dataset, elbow_text_count(all->shape[1], "column").text, (long long)last);
    columns->source.may_be_reversed = columns->all->may_be_reversed;
    columns->source.is_turned_in_vain = columns->all->is_turned_in_vain;
    columns->source.info = *all;
    columns->source.info.shape[1] = 0;
    for (size_t k = 0; k < columns->ranges.count; ++k)
        columns->source.info.shape[1] += length(columns, k);
    return ELBOW_OK;
}

enum elbow_status elbow_source_open_columns(struct elbow_source *all, const struct elbow_ranges *ranges,
                                            struct elbow_source **source, struct elbow_error *error)
{
    struct columns *columns;
    enum elbow_status status = elbow_allocate(&columns, 1, sizeof *columns, "columns", error);
    if (status != ELBOW_OK) {
        elbow_source_close(all);
        return status;
    }
    columns->source.functions = &functions;
    columns->all = all;
    columns->ranges = *ranges;
    status = select_columns(columns, error);
    if (status == ELBOW_OK)
        *source = &columns->source;
    else
        close_columns(&columns->source);
    return status;
}
