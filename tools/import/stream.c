// SPDX-License-Identifier: BSD-3-Clause
// Files, plain or gzip, as one stream of bytes, unpacked by zlib. The first bytes are kept in `head`, so that they can
// be examined before they are read, also from a pipe.
#include "stream.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

// Deflate packs at most about 1032 to 1.
enum { BUFFER = 1 << 17, PIECE = 1 << 30, INFLATION = 1040 };

struct import_stream {
    gzFile file; // NULL: of a supply
    struct import_supply supply;
    char path[ELBOW_PATH_SIZE];
    unsigned char head[IMPORT_HEAD];
    size_t head_size, head_used;
    bool was_rewound;    // the head is no longer of use
    uint64_t given;      // bytes, since the beginning
    uint64_t most, size; // size: on disk
};

// The error of zlib, or of the system.
static enum elbow_status fail_read(const struct import_stream *stream, struct elbow_error *error)
{
    int code = Z_OK;
    const char *text = gzerror(stream->file, &code);
    if (code == Z_ERRNO)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", stream->path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the gzip file ends too early", stream->path);
    const char *colon = strstr(text, ": "); // zlib puts the path in front
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the gzip file is damaged (%s)", stream->path,
                           colon == NULL ? text : colon + 2);
}

static enum elbow_status read_file(struct import_stream *stream, void *bytes, size_t size, size_t *got,
                                   struct elbow_error *error)
{
    *got = 0;
    if (stream->file == NULL)
        return stream->supply.read(stream->supply.state, bytes, size, got, error);
    while (*got < size) {
        size_t left = size - *got;
        int count = gzread(stream->file, (char *)bytes + *got, (unsigned)(left < PIECE ? left : PIECE));
        if (count > 0)
            *got += (size_t)count;
        int code = Z_OK;
        gzerror(stream->file, &code);
        if (count < 0 || code != Z_OK)
            return fail_read(stream, error);
        if (count == 0)
            break;
    }
    return ELBOW_OK;
}

static enum elbow_status open_file(struct import_stream *stream, struct elbow_error *error)
{
    struct stat about;
    int file = elbow_file_open_input(stream->path, true);
    if (file < 0 || fstat(file, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", stream->path, elbow_file_reason(errno));
    stream->file = gzdopen(file, "rb");
    if (stream->file == NULL) {
        close(file);
        return elbow_error_set(error, ELBOW_MEMORY, "%s: no memory to read it", stream->path);
    }
    gzbuffer(stream->file, BUFFER);
    enum elbow_status status = read_file(stream, stream->head, sizeof stream->head, &stream->head_size, error);
    stream->most = UINT64_MAX;
    stream->size = S_ISREG(about.st_mode) ? (uint64_t)about.st_size : 0;
    if (status == ELBOW_OK && S_ISREG(about.st_mode))
        stream->most = (uint64_t)about.st_size * (gzdirect(stream->file) ? 1 : INFLATION);
    return status;
}

enum elbow_status import_stream_open(const char *path, struct import_stream **stream, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(stream, 1, sizeof **stream, "a stream", error);
    if (status != ELBOW_OK)
        return status;
    if (elbow_text_format((*stream)->path, sizeof(*stream)->path, "%s", path))
        status = open_file(*stream, error);
    else
        status = elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    if (status == ELBOW_OK)
        return ELBOW_OK;
    import_stream_close(*stream);
    *stream = NULL;
    return status;
}

enum elbow_status import_stream_supply(const char *name, struct import_supply supply, struct import_stream **stream,
                                       struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(stream, 1, sizeof **stream, "a stream", error);
    if (status != ELBOW_OK) {
        supply.close(supply.state);
        return status;
    }
    elbow_text_format((*stream)->path, sizeof(*stream)->path, "%s", name);
    (*stream)->supply = supply;
    (*stream)->most = supply.most;
    status = read_file(*stream, (*stream)->head, sizeof(*stream)->head, &(*stream)->head_size, error);
    if (status != ELBOW_OK) {
        import_stream_close(*stream);
        *stream = NULL;
    }
    return status;
}

const char *import_stream_name(const struct import_stream *stream)
{
    return stream->path;
}

bool import_stream_is_plain(const struct import_stream *stream)
{
    return stream->file != NULL && gzdirect(stream->file) != 0 && stream->most != UINT64_MAX;
}

size_t import_stream_head(const struct import_stream *stream, void *bytes, size_t size)
{
    size_t count = size < stream->head_size ? size : stream->head_size;
    memcpy(bytes, stream->head, count);
    return count;
}

enum elbow_status import_stream_some(struct import_stream *stream, void *bytes, size_t size, size_t *got,
                                     struct elbow_error *error)
{
    size_t left = stream->was_rewound ? 0 : stream->head_size - stream->head_used, kept = size < left ? size : left;
    memcpy(bytes, stream->head + stream->head_used, kept);
    stream->head_used += kept;
    enum elbow_status status = read_file(stream, (char *)bytes + kept, size - kept, got, error);
    *got += kept;
    stream->given += *got;
    return status;
}

enum elbow_status import_stream_exact(struct import_stream *stream, void *bytes, size_t size, struct elbow_error *error)
{
    size_t got;
    enum elbow_status status = import_stream_some(stream, bytes, size, &got, error);
    if (status == ELBOW_OK && got < size)
        status = elbow_error_set(error, ELBOW_FORMAT,
                                 "%s: the file ends too early, it has fewer bytes than its header says", stream->path);
    return status;
}

enum elbow_status import_stream_end(struct import_stream *stream, struct elbow_error *error)
{
    char byte;
    size_t got;
    enum elbow_status status = import_stream_some(stream, &byte, 1, &got, error);
    if (status == ELBOW_OK && got > 0)
        status = elbow_error_set(error, ELBOW_FORMAT,
                                 "%s: the file continues after the last row that its header declares", stream->path);
    return status;
}

enum elbow_status import_stream_rewind(struct import_stream *stream, struct elbow_error *error)
{
    ELBOW_CHECK(stream->file != NULL);
    stream->was_rewound = true;
    stream->given = 0;
    if (gzrewind(stream->file) == 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE, "%s: text files are read twice, which a pipe does not allow: use a file",
                           stream->path);
}

uint64_t import_stream_most(const struct import_stream *stream)
{
    return stream->most;
}

uint64_t import_stream_given(const struct import_stream *stream)
{
    return stream->given;
}

struct import_position import_stream_position(const struct import_stream *stream)
{
    z_off_t done = stream->file == NULL ? 0 : gzoffset(stream->file);
    return (struct import_position){.done = done > 0 ? (uint64_t)done : 0, .all = stream->size};
}

void import_stream_close(struct import_stream *stream)
{
    if (stream == NULL)
        return;
    if (stream->file != NULL)
        gzclose(stream->file);
    if (stream->supply.close != NULL)
        stream->supply.close(stream->supply.state);
    elbow_release(&stream);
}
