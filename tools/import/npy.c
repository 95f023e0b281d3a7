// SPDX-License-Identifier: BSD-3-Clause
// NPY files of NumPy, versions 1 to 3: a magic, a version, the length of a head, the head (a Python dictionary: type,
// order, shape), the values.
#include "source.h"

#include "elbow/base/memory.h"

#include <ctype.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 1 << 16 };

struct npy {
    struct import_stream *stream;
    bool is_swapped, is_half; // byte order of the other kind; float16, read as float32
};

// The value of a key of the head: the text behind "'key':". NULL if there is none.
static const char *value_of(const char *head, const char *key)
{
    const char *at = strstr(head, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    while (*at == ' ' || *at == ':')
        ++at;
    return at;
}

// Types such as '<f4': byte order, kind, size.
static bool parse_type(const char *text, struct npy *npy, enum elbow_element *element)
{
    static const struct {
        char kind, size;
        enum elbow_element element;
    } TYPES[] = {
        {'b', '1', ELBOW_ELEMENT_UINT8},   {'u', '1', ELBOW_ELEMENT_UINT8},   {'u', '2', ELBOW_ELEMENT_UINT16},
        {'u', '4', ELBOW_ELEMENT_UINT32},  {'u', '8', ELBOW_ELEMENT_UINT64},  {'i', '1', ELBOW_ELEMENT_INT8},
        {'i', '2', ELBOW_ELEMENT_INT16},   {'i', '4', ELBOW_ELEMENT_INT32},   {'i', '8', ELBOW_ELEMENT_INT64},
        {'f', '2', ELBOW_ELEMENT_FLOAT32}, {'f', '4', ELBOW_ELEMENT_FLOAT32}, {'f', '8', ELBOW_ELEMENT_FLOAT64}};
    size_t length = strcspn(text, "',");
    if (length != 3 || strchr("<>|=", text[0]) == NULL)
        return false;
    npy->is_swapped = text[0] == (BYTE_ORDER == LITTLE_ENDIAN ? '>' : '<');
    npy->is_half = text[1] == 'f' && text[2] == '2';
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; ++i) {
        if (TYPES[i].kind != text[1] || TYPES[i].size != text[2])
            continue;
        *element = TYPES[i].element;
        return true;
    }
    return false;
}

// "(60000, 28, 28)": the rows and the shape of one.
static bool parse_shape(const char *text, struct import_source *source)
{
    if (*text++ != '(')
        return false;
    size_t rank = 0;
    while (true) {
        while (*text == ' ' || *text == ',')
            ++text;
        if (*text == ')')
            break;
        if (!isdigit((unsigned char)*text) || rank > IMPORT_RANK_MAX)
            return false;
        char *end;
        uint64_t size = strtoull(text, &end, 10);
        *(rank == 0 ? &source->rows : &source->shape[rank - 1]) = size;
        ++rank;
        text = *end == 'L' ? end + 1 : end; // NumPy under Python 2
    }
    source->rank = rank - 1;
    return rank > 0;
}

static enum elbow_status parse_head(struct import_source *source, const char *head, struct elbow_error *error)
{
    const char *type = value_of(head, "'descr'"), *order = value_of(head, "'fortran_order'");
    const char *shape = value_of(head, "'shape'");
    if (type == NULL || order == NULL || shape == NULL)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the header of the NPY file is damaged", source->path);
    if (*type != '\'' || !parse_type(type + 1, source->state, &source->element))
        return elbow_error_set(
            error, ELBOW_FORMAT,
            "%s: the NPY file holds values of type %.*s; integers, floats up to 8 bytes and booleans can "
            "be imported%s",
            source->path, (int)strcspn(type, ",}"), type,
            strcspn(type, "US") < strcspn(type, ",}")
                ? "; write texts to the HDF5 file in Python: f[\"names\"] = array.astype(object)"
                : "");
    if (!parse_shape(shape, source))
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the NPY file has shape %.*s, 1 to %d dimensions were expected",
                               source->path, (int)strcspn(shape, ")}") + 1, shape, IMPORT_RANK_MAX + 1);
    if (strncmp(order, "True", 4) == 0 && source->rank > 0)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the NPY file is in Fortran order: save it again with numpy.ascontiguousarray",
                               source->path);
    source->is_image = source->element == ELBOW_ELEMENT_UINT8 && source->rank >= 2;
    return ELBOW_OK;
}

// Bytes of a value in the file.
static size_t stored_size(const struct import_source *source)
{
    const struct npy *npy = source->state;
    return npy->is_half ? 2 : elbow_element_size(source->element);
}

static enum elbow_status read_head(struct import_source *source, struct elbow_error *error)
{
    struct npy *npy = source->state;
    unsigned char magic[8], length[4] = {0};
    enum elbow_status status = import_stream_exact(npy->stream, magic, sizeof magic, error);
    if (status != ELBOW_OK)
        return status;
    if (magic[6] < 1 || magic[6] > 3)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: unknown NPY version %d", source->path, magic[6]);
    status = import_stream_exact(npy->stream, length, magic[6] == 1 ? 2 : 4, error);
    if (status != ELBOW_OK)
        return status;
    size_t size = length[0] | (size_t)length[1] << 8 | (size_t)length[2] << 16 | (size_t)length[3] << 24;
    if (size > HEAD_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the header of the NPY file is longer than %d bytes",
                               source->path, HEAD_MAX);
    char *head;
    status = elbow_allocate(&head, size + 1, 1, "the header of an NPY file", error);
    if (status != ELBOW_OK)
        return status;
    status = import_stream_exact(npy->stream, head, size, error);
    if (status == ELBOW_OK)
        status = parse_head(source, head, error);
    elbow_release(&head);
    if (status != ELBOW_OK)
        return status;
    source->stored_size = stored_size(source);
    source->stored_bytes = import_stream_most(npy->stream);
    return ELBOW_OK;
}

// Float16 values are read into the second half of the memory for the floats, and expanded from its beginning.
static void spread_halves(void *rows, size_t values)
{
    const char *halves = (const char *)rows + values * 2;
    for (size_t i = 0; i < values; ++i) {
        uint16_t half;
        memcpy(&half, halves + 2 * i, 2);
        float value = import_half(half);
        memcpy((char *)rows + 4 * i, &value, 4);
    }
}

static enum elbow_status read_rows(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    struct npy *npy = source->state;
    size_t values = count * import_shape_values(source->rank, source->shape);
    size_t size = stored_size(source);
    char *to = npy->is_half ? (char *)rows + values * 2 : rows;
    enum elbow_status status = import_stream_exact(npy->stream, to, values * size, error);
    if (status != ELBOW_OK)
        return status;
    if (npy->is_swapped)
        import_swap(to, values, size);
    if (npy->is_half)
        spread_halves(rows, values);
    source->rows -= count;
    return source->rows == 0 ? import_stream_end(npy->stream, error) : ELBOW_OK;
}

static void close_source(struct import_source *source)
{
    struct npy *npy = source->state;
    import_stream_close(npy->stream);
    elbow_release(&npy);
}

static bool matches(const unsigned char *head, size_t size)
{
    return size >= 6 && memcmp(head, "\x93NUMPY", 6) == 0;
}

static enum elbow_status open_npy(struct import_stream *stream, const struct import_reading *reading,
                                  struct import_source *source, struct elbow_error *error)
{
    (void)reading;
    struct npy *npy;
    enum elbow_status status = elbow_allocate(&npy, 1, sizeof *npy, "an NPY file", error);
    if (status != ELBOW_OK) {
        import_stream_close(stream);
        return status;
    }
    npy->stream = stream;
    source->state = npy;
    source->read = read_rows;
    source->close = close_source;
    return read_head(source, error);
}

const struct import_format import_format_npy = {.name = "NPY", .matches = matches, .open = open_npy};
