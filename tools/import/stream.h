// SPDX-License-Identifier: BSD-3-Clause
// Bytes that are read from their beginning to their end: a file, a pipe, or what an archive holds.
#ifndef ELBOW_TOOLS_IMPORT_STREAM_H
#define ELBOW_TOOLS_IMPORT_STREAM_H

#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { IMPORT_HEAD = 256 }; // bytes looked at to tell formats apart

struct import_stream; // opaque: a file, plain or gzip, or a supply

// Bytes that come from elsewhere than a file: a member of an archive. The stream owns it.
struct import_supply {
    // Reads up to size bytes; *got less than size at the end only. FORMAT if they are damaged.
    enum elbow_status (*read)(void *state, void *bytes, size_t size, size_t *got, struct elbow_error *error);
    void (*close)(void *state);
    void *state;
    uint64_t most; // bytes that there can be
};

// Local. A stream of them; the name stands in messages. The supply is closed with the stream, or before this returns if
// it fails.
enum elbow_status import_stream_supply(const char *name, struct import_supply supply, struct import_stream **stream,
                                       struct elbow_error *error);

// Local. The path or name, which lasts as long as the stream; whether it is a file as it lies on disk: no pipe, no
// gzip.
const char *import_stream_name(const struct import_stream *stream);
bool import_stream_is_plain(const struct import_stream *stream);

// Local. Opens a file, or a pipe that is written into; FILE if it cannot be read.
enum elbow_status import_stream_open(const char *path, struct import_stream **stream, struct elbow_error *error);

// Local. The first bytes of the file, at most size; they are still to be read.
size_t import_stream_head(const struct import_stream *stream, void *bytes, size_t size);

// Local. Reads up to size bytes; *got less than size at the end only. FORMAT for a damaged gzip file.
enum elbow_status import_stream_some(struct import_stream *stream, void *bytes, size_t size, size_t *got,
                                     struct elbow_error *error);

// Local. Reads exactly size bytes; FORMAT if the file ends before.
enum elbow_status import_stream_exact(struct import_stream *stream, void *bytes, size_t size,
                                      struct elbow_error *error);

// Local. FORMAT if the file does not end here. (The checksum of a gzip file is known to be right only then.)
enum elbow_status import_stream_end(struct import_stream *stream, struct elbow_error *error);

// Local. Back to the beginning of a file; FILE for a pipe.
enum elbow_status import_stream_rewind(struct import_stream *stream, struct elbow_error *error);

// Local. The most bytes that the stream can give, by the file's size; UINT64_MAX for a pipe.
uint64_t import_stream_most(const struct import_stream *stream);

// Local. The bytes that it has given since its beginning.
uint64_t import_stream_given(const struct import_stream *stream);

// How much of the file has been read, and its size, as it lies on disk; all 0: nobody knows, of a pipe.
struct import_position {
    uint64_t done, all;
};

// Local.
struct import_position import_stream_position(const struct import_stream *stream);

// Local. NULL is legal.
void import_stream_close(struct import_stream *stream);

#endif
