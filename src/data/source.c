// SPDX-License-Identifier: BSD-3-Clause
// The calls of all kinds of sources, and functions that sources of sources share.
#include "elbow/data/source.h"

#include "elbow/data/detail/source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum elbow_status elbow_source_check(struct elbow_source *source, struct elbow_error *error)
{
    return source->functions->check(source, error);
}

enum elbow_status elbow_source_storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                       struct elbow_error *error)
{
    return source->functions->storage(source, storage, error);
}

enum elbow_status elbow_source_packing(struct elbow_source *source, struct elbow_packing *packing,
                                       struct elbow_error *error)
{
    return source->functions->packing(source, packing, error);
}

enum elbow_status elbow_source_read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                                    struct elbow_error *error)
{
    ELBOW_CHECK(first <= source->info.shape[0] && count <= source->info.shape[0] - first);
    return source->functions->read(source, first, count, out, error);
}

enum elbow_status elbow_source_starts(struct elbow_source *source, uint64_t first, uint64_t count, uint64_t *starts,
                                      struct elbow_error *error)
{
    ELBOW_CHECK(source->is_sparse && first <= source->info.shape[0] && count <= source->info.shape[0] - first);
    return source->functions->starts(source, first, count, starts, error);
}

enum elbow_status elbow_source_entries(struct elbow_source *source, uint64_t first, uint64_t count,
                                       const uint64_t *starts, uint32_t *columns, void *values,
                                       struct elbow_error *error)
{
    ELBOW_CHECK(source->is_sparse && first <= source->info.shape[0] && count <= source->info.shape[0] - first);
    return source->functions->entries(source, first, count, starts, columns, values, error);
}

struct elbow_source_spot elbow_source_locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    return source->functions->locate(source, row, number);
}

void elbow_source_close(struct elbow_source *source)
{
    if (source != NULL)
        source->functions->close(source);
}

static uint64_t row_bytes(const struct elbow_hdf5_info *info)
{
    return elbow_hdf5_row_values(info) * elbow_element_size(info->element);
}

uint64_t elbow_source_piece(const struct elbow_hdf5_info *info, uint64_t first, uint64_t count)
{
    uint64_t bytes = row_bytes(info), rows = bytes > 0 ? ELBOW_SOURCE_BUFFER / bytes : count, chunk = info->chunk_rows;
    rows = rows > 0 ? rows : 1;
    if (chunk > 0 && rows >= chunk)
        rows = rows / chunk * chunk - first % chunk;
    return count < rows ? count : rows;
}

uint64_t elbow_source_piece_bytes(const struct elbow_hdf5_info *info)
{
    uint64_t bytes = row_bytes(info), all;
    if (__builtin_mul_overflow(bytes, info->shape[0], &all) || all > ELBOW_SOURCE_BUFFER)
        all = ELBOW_SOURCE_BUFFER;
    return all > bytes ? all : bytes;
}

uint64_t elbow_source_chunk_bytes(const struct elbow_hdf5_info *info, bool in_pieces)
{
    uint64_t bytes;
    bool is_known = info->is_compressed && !__builtin_mul_overflow(row_bytes(info), info->chunk_rows, &bytes);
    return is_known && !(in_pieces && bytes <= ELBOW_SOURCE_BUFFER) ? bytes : 0;
}

static bool is_same_number(const struct elbow_packing_number *a, const struct elbow_packing_number *b)
{
    return (a->name == NULL) == (b->name == NULL) && (a->name == NULL || strcmp(a->name, b->name) == 0) &&
           memcmp(&a->value, &b->value, sizeof a->value) == 0;
}

static bool is_same_missing(const struct elbow_missing *a, const struct elbow_missing *b)
{
    return a->count == b->count && memcmp(a->values, b->values, a->count * sizeof *a->values) == 0 &&
           a->has_range == b->has_range && (!a->has_range || (a->low == b->low && a->high == b->high));
}

enum elbow_status elbow_source_same_packing(const struct elbow_packing *first, struct elbow_source_spot first_at,
                                            const struct elbow_packing *other, struct elbow_source_spot other_at,
                                            struct elbow_error *error)
{
    if (is_same_number(&first->factor, &other->factor) && is_same_number(&first->offset, &other->offset) &&
        is_same_missing(&first->missing, &other->missing) && first->element == other->element)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s:%s: its attributes say %.300s, but those of %s:%s say %.300s; all rows need the same "
                           "scaling and the same missing values: store all alike",
                           other_at.file, other_at.dataset, other->said[0] != '\0' ? other->said : "nothing",
                           first_at.file, first_at.dataset, first->said[0] != '\0' ? first->said : "nothing");
}

struct shape_text {
    char text[200];
};

// "28 x 28"; "1" for no axis.
static struct shape_text describe_row(const struct elbow_hdf5_info *info)
{
    struct shape_text text = {"1"};
    size_t length = 0;
    for (int i = 1; i < info->rank && length < sizeof text.text; ++i)
        length += (size_t)snprintf(text.text + length, sizeof text.text - length, "%s%" PRIu64, i > 1 ? " x " : "",
                                   info->shape[i]);
    return text;
}

enum elbow_status elbow_source_same_rows(const struct elbow_hdf5_info *first, struct elbow_source_spot first_at,
                                         const struct elbow_hdf5_info *other, struct elbow_source_spot other_at,
                                         struct elbow_error *error)
{
    bool is_shape = first->rank == other->rank && first->rank > 0 &&
                    memcmp(first->shape + 1, other->shape + 1, (size_t)(first->rank - 1) * sizeof *first->shape) == 0;
    if (is_shape && first->element == other->element)
        return ELBOW_OK;
    if (!is_shape)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s:%s: has rows of %s, but %s:%s has rows of %s; all must have one shape",
                               other_at.file, other_at.dataset, describe_row(other).text, first_at.file,
                               first_at.dataset, describe_row(first).text);
    return elbow_error_set(error, ELBOW_MISMATCH, "%s:%s: is %s, but %s:%s is %s; store all in one type", other_at.file,
                           other_at.dataset, elbow_element_name(other->element), first_at.file, first_at.dataset,
                           elbow_element_name(first->element));
}
