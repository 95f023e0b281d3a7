// SPDX-License-Identifier: BSD-3-Clause
// A writer of protocol buffers (protobuf.dev/programming-guides/encoding): fields of one message, one behind the other,
// in a buffer that grows. Reading is not needed.
#ifndef ELBOW_BASE_PROTOBUF_H
#define ELBOW_BASE_PROTOBUF_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Zeroed: an empty message.
struct elbow_protobuf {
    char *bytes; // owned
    size_t size, capacity;
    bool lacks_memory; // a field could not be added
};

// Local. A field: a whole number (also bool and enum; of negative ones the two's complement in 64 bits), a double, a
// float, bytes, a text.
void elbow_protobuf_integer(struct elbow_protobuf *message, int field, uint64_t value);
void elbow_protobuf_double(struct elbow_protobuf *message, int field, double value);
void elbow_protobuf_float(struct elbow_protobuf *message, int field, float value);
void elbow_protobuf_bytes(struct elbow_protobuf *message, int field, const void *bytes, size_t size);
void elbow_protobuf_text(struct elbow_protobuf *message, int field, const char *text);

// Local. Begins a field that is a message; fields up to the matching end belong to it. The end takes the value that the
// beginning returned.
size_t elbow_protobuf_begin(struct elbow_protobuf *message, int field);
void elbow_protobuf_end(struct elbow_protobuf *message, size_t begin);

// Local. Bytes without a field, such as the framing of messages in a file.
void elbow_protobuf_raw(struct elbow_protobuf *message, const void *bytes, size_t size);

// Local. MEMORY if anything could not be added.
enum elbow_status elbow_protobuf_check(const struct elbow_protobuf *message, const char *what,
                                       struct elbow_error *error);

// Local. Empties the message and keeps its memory; releases it.
void elbow_protobuf_empty(struct elbow_protobuf *message);
void elbow_protobuf_clear(struct elbow_protobuf *message);

ELBOW_C_END

#endif
