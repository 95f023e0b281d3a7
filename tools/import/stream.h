// SPDX-License-Identifier: BSD-3-Clause
// Bytes that are read sequentially: a file, a pipe, or a member of an archive.
#ifndef ELBOW_TOOLS_IMPORT_STREAM_H
#define ELBOW_TOOLS_IMPORT_STREAM_H

#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMPORT_HEAD = 256 }; // bytes for recognizing formats

struct import_stream; // opaque: a file, plain or gzip, or a supply

// Bytes that do not come from a file: a member of an archive. The stream owns it.
struct import_supply {
    // Reads up to `size` bytes; *got is less than `size` only at the end. FORMAT if they are damaged.
    enum elbow_status (*read)(void *state, void *bytes, size_t size, size_t *got, struct elbow_error *error);
    void (*close)(void *state);
    void *state;
    uint64_t most; // largest number of bytes
};

// Local. A stream of a supply; `name` is for messages. The supply is closed with the stream, or before this function
// returns an error.
enum elbow_status import_stream_supply(const char *name, struct import_supply supply, struct import_stream **stream,
                                       struct elbow_error *error);

// Local. The path or name, which lives as long as the stream; and whether it is a plain file: not a pipe, not gzip.
const char *import_stream_name(const struct import_stream *stream);
bool import_stream_is_plain(const struct import_stream *stream);

// Local. Opens a file or a pipe; FILE if it cannot be read.
enum elbow_status import_stream_open(const char *path, struct import_stream **stream, struct elbow_error *error);

// Local. The first bytes of the file, at most `size`; they remain to be read.
size_t import_stream_head(const struct import_stream *stream, void *bytes, size_t size);

// Local. Reads up to `size` bytes; *got is less than `size` only at the end. FORMAT for a damaged gzip file.
enum elbow_status import_stream_some(struct import_stream *stream, void *bytes, size_t size, size_t *got,
                                     struct elbow_error *error);

// Local. Reads exactly `size` bytes; FORMAT if the file ends before.
enum elbow_status import_stream_exact(struct import_stream *stream, void *bytes, size_t size,
                                      struct elbow_error *error);

// Local. FORMAT if the file does not end here. The checksum of a gzip file is only verified then.
enum elbow_status import_stream_end(struct import_stream *stream, struct elbow_error *error);

// Local. Returns to the beginning of a file; FILE for a pipe.
enum elbow_status import_stream_rewind(struct import_stream *stream, struct elbow_error *error);

// Local. The largest number of bytes that the stream can return, from the size of the file; UINT64_MAX for a pipe.
uint64_t import_stream_most(const struct import_stream *stream);

// Local. The number of bytes returned since its beginning.
uint64_t import_stream_given(const struct import_stream *stream);

// The bytes of the file that have been read, and its size on disk; all 0: unknown, for a pipe.
struct import_position {
    uint64_t done, all;
};

// Local. The position of a stream.
struct import_position import_stream_position(const struct import_stream *stream);

// Local. Closes the stream; a NULL is legal.
void import_stream_close(struct import_stream *stream);

#endif
