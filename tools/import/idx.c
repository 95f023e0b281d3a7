// SPDX-License-Identifier: BSD-3-Clause
// IDX files (LeCun's MNIST): two zeros, a type, the number of dimensions, the dimensions, the values; all big endian.
#include "source.h"

#include "elbow/base/memory.h"

#include <endian.h>
#include <string.h>

static bool element_of(unsigned char type, enum elbow_element *element)
{
    static const struct {
        unsigned char type;
        enum elbow_element element;
    } TYPES[] = {{0x08, ELBOW_ELEMENT_UINT8}, {0x09, ELBOW_ELEMENT_INT8},    {0x0b, ELBOW_ELEMENT_INT16},
                 {0x0c, ELBOW_ELEMENT_INT32}, {0x0d, ELBOW_ELEMENT_FLOAT32}, {0x0e, ELBOW_ELEMENT_FLOAT64}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; ++i) {
        if (TYPES[i].type != type)
            continue;
        *element = TYPES[i].element;
        return true;
    }
    return false;
}

static enum elbow_status read_rows(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    size_t size = elbow_element_size(source->element),
           values = count * import_shape_values(source->rank, source->shape);
    enum elbow_status status = import_stream_exact(source->state, rows, values * size, error);
    if (status != ELBOW_OK)
        return status;
    if (BYTE_ORDER == LITTLE_ENDIAN)
        import_swap(rows, values, size);
    return ELBOW_OK;
}

static enum elbow_status read_all(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    enum elbow_status status = read_rows(source, count, rows, error);
    source->rows -= count;
    return status == ELBOW_OK && source->rows == 0 ? import_stream_end(source->state, error) : status;
}

static void close_source(struct import_source *source)
{
    import_stream_close(source->state);
}

static enum elbow_status read_head(struct import_source *source, struct elbow_error *error)
{
    unsigned char magic[4];
    enum elbow_status status = import_stream_exact(source->state, magic, sizeof magic, error);
    if (status != ELBOW_OK)
        return status;
    if (!element_of(magic[2], &source->element))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: unknown IDX type 0x%02x", source->path, magic[2]);
    if (magic[3] == 0 || magic[3] > IMPORT_RANK_MAX + 1)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the IDX file has %d dimensions, 1 to %d were expected",
                               source->path, magic[3], IMPORT_RANK_MAX + 1);
    source->rank = magic[3] - 1u;
    for (size_t i = 0; i <= source->rank; ++i) {
        uint32_t size;
        status = import_stream_exact(source->state, &size, sizeof size, error);
        if (status != ELBOW_OK)
            return status;
        uint64_t *to = i == 0 ? &source->rows : &source->shape[i - 1];
        *to = be32toh(size);
    }
    source->is_image = source->element == ELBOW_ELEMENT_UINT8 && source->rank >= 2;
    source->stored_size = elbow_element_size(source->element);
    source->stored_bytes = import_stream_most(source->state);
    return ELBOW_OK;
}

static bool matches(const unsigned char *head, size_t size)
{
    return size >= 4 && head[0] == 0 && head[1] == 0;
}

static enum elbow_status open_idx(struct import_stream *stream, const struct import_reading *reading,
                                  struct import_source *source, struct elbow_error *error)
{
    (void)reading;
    source->state = stream;
    source->read = read_all;
    source->close = close_source;
    return read_head(source, error);
}

const struct import_format import_format_idx = {.name = "IDX", .matches = matches, .open = open_idx};
