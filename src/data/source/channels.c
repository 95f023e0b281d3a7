// SPDX-License-Identifier: BSD-3-Clause
// Datasets with the same rows, joined as the channels of a last axis: the values of each are interleaved in memory.
#include "elbow/data/detail/source.h"

#include "elbow/base/memory.h"

#include <string.h>

struct channels {
    struct elbow_source source;
    struct elbow_source **parts; // owned
    size_t count;
};

static enum elbow_status check(struct elbow_source *source, struct elbow_error *error)
{
    struct channels *channels = (struct channels *)source;
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < channels->count && status == ELBOW_OK; ++i)
        status = elbow_source_check(channels->parts[i], error);
    return status;
}

static enum elbow_status storage(struct elbow_source *source, struct elbow_hdf5_storage *storage,
                                 struct elbow_error *error)
{
    struct channels *channels = (struct channels *)source;
    struct elbow_hdf5_storage other;
    enum elbow_status status = elbow_source_storage(channels->parts[0], storage, error);
    for (size_t i = 1; i < channels->count && status == ELBOW_OK; ++i) {
        status = elbow_source_storage(channels->parts[i], &other, error);
        storage->reading = status == ELBOW_OK && other.reading > storage->reading ? other.reading : storage->reading;
    }
    if (status == ELBOW_OK)
        storage->reading += elbow_source_piece_bytes(&channels->parts[0]->info) +
                            elbow_source_chunk_bytes(&channels->parts[0]->info, true);
    return status;
}

static enum elbow_status packing(struct elbow_source *source, struct elbow_packing *packing, struct elbow_error *error)
{
    struct channels *channels = (struct channels *)source;
    struct elbow_source *first = channels->parts[0];
    struct elbow_packing other;
    enum elbow_status status = elbow_source_packing(first, packing, error);
    for (size_t i = 1; i < channels->count && status == ELBOW_OK; ++i) {
        struct elbow_source *part = channels->parts[i];
        status = elbow_source_packing(part, &other, error);
        if (status == ELBOW_OK)
            status = elbow_source_same_packing(packing, elbow_source_locate(first, 0, 0), &other,
                                               elbow_source_locate(part, 0, 0), error);
    }
    return status;
}

// Copies the values of a channel, n per row, to their places.
#define SPREAD(bits)                                                                                                   \
    static void spread_##bits(const void *from, void *to, size_t n, size_t step)                                       \
    {                                                                                                                  \
        const uint##bits##_t *values = from;                                                                           \
        uint##bits##_t *out = to;                                                                                      \
        for (size_t i = 0; i < n; ++i)                                                                                 \
            out[i * step] = values[i];                                                                                 \
    }
SPREAD(8)
SPREAD(16)
SPREAD(32)
SPREAD(64)
#undef SPREAD

static void spread(size_t size, const void *from, char *to, size_t n, size_t step)
{
    if (size == 1)
        spread_8(from, to, n, step);
    else if (size == 2)
        spread_16(from, to, n, step);
    else if (size == 4)
        spread_32(from, to, n, step);
    else
        spread_64(from, to, n, step);
}

static enum elbow_status read_part(const struct channels *channels, size_t part, uint64_t first, uint64_t count,
                                   void *buffer, char *out, struct elbow_error *error)
{
    struct elbow_source *source = channels->parts[part];
    size_t values = elbow_hdf5_row_values(&source->info), size = elbow_element_size(source->info.element);
    enum elbow_status status = ELBOW_OK;
    for (uint64_t done = 0, piece; done < count && status == ELBOW_OK; done += piece) {
        piece = elbow_source_piece(&source->info, first + done, count - done);
        status = elbow_source_read(source, first + done, piece, buffer, error);
        if (status == ELBOW_OK)
            spread(size, buffer, out + (done * values * channels->count + part) * size, piece * values,
                   channels->count);
    }
    return status;
}

static enum elbow_status read(struct elbow_source *source, uint64_t first, uint64_t count, void *out,
                              struct elbow_error *error)
{
    struct channels *channels = (struct channels *)source;
    void *buffer;
    enum elbow_status status =
        elbow_allocate(&buffer, elbow_source_piece_bytes(&channels->parts[0]->info), 1, "a channel", error);
    for (size_t i = 0; i < channels->count && status == ELBOW_OK; ++i)
        status = read_part(channels, i, first, count, buffer, out, error);
    elbow_release(&buffer);
    return status;
}

static struct elbow_source_spot locate(const struct elbow_source *source, uint64_t row, uint64_t number)
{
    const struct channels *channels = (const struct channels *)source;
    size_t part = (size_t)(number % channels->count);
    struct elbow_source_spot spot = elbow_source_locate(channels->parts[part], row, number / channels->count);
    spot.channel = part;
    return spot;
}

static void close_channels(struct elbow_source *source)
{
    struct channels *channels = (struct channels *)source;
    for (size_t i = 0; i < channels->count; ++i)
        elbow_source_close(channels->parts[i]);
    elbow_release(&channels->parts);
    elbow_release(&channels);
}

static const struct elbow_source_functions functions = {
    .check = check, .storage = storage, .packing = packing, .read = read, .locate = locate, .close = close_channels};

static enum elbow_status join(struct channels *channels, struct elbow_error *error)
{
    const struct elbow_hdf5_info *first = &channels->parts[0]->info;
    struct elbow_hdf5_info *info = &channels->source.info;
    struct elbow_source_spot at = elbow_source_locate(channels->parts[0], 0, 0);
    for (size_t i = 1; i < channels->count; ++i) {
        const struct elbow_hdf5_info *other = &channels->parts[i]->info;
        struct elbow_source_spot other_at = elbow_source_locate(channels->parts[i], 0, 0);
        enum elbow_status status = elbow_source_same_rows(first, at, other, other_at, error);
        if (status != ELBOW_OK)
            return status;
        if (other->shape[0] != first->shape[0])
            return elbow_error_set(error, ELBOW_MISMATCH,
                                   "%s:%s: has %s, but %s:%s has %llu; channels have the same rows", other_at.file,
                                   other_at.dataset, elbow_text_count(other->shape[0], "row").text, at.file, at.dataset,
                                   (unsigned long long)first->shape[0]);
    }
    *info = *first;
    channels->source.may_be_reversed = channels->parts[0]->may_be_reversed;
    channels->source.is_turned_in_vain = channels->parts[0]->is_turned_in_vain;
    bool has_axis = info->rank >= 2 && info->shape[info->rank - 1] == 1;
    if (!has_axis && info->rank == ELBOW_HDF5_RANK_MAX)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: has %d axes, and channels would add one; at most %d are supported", at.file,
                               at.dataset, info->rank, ELBOW_HDF5_RANK_MAX);
    info->rank += !has_axis;
    info->shape[info->rank - 1] = channels->count;
    return ELBOW_OK;
}

enum elbow_status elbow_source_open_channels(struct elbow_source **parts, size_t count, struct elbow_source **source,
                                             struct elbow_error *error)
{
    struct channels *channels;
    enum elbow_status status = elbow_allocate(&channels, 1, sizeof *channels, "channels", error);
    if (status != ELBOW_OK) {
        for (size_t i = 0; i < count; ++i)
            elbow_source_close(parts[i]);
        elbow_release(&parts);
        return status;
    }
    channels->source.functions = &functions;
    channels->parts = parts;
    channels->count = count;
    status = join(channels, error);
    if (status == ELBOW_OK)
        *source = &channels->source;
    else
        close_channels(&channels->source);
    return status;
}
