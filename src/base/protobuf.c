// SPDX-License-Identifier: BSD-3-Clause
// Writing protocol buffers. Memory that is not there is noted, and told once at the end: no caller has to ask at every
// field.
#include "elbow/base/protobuf.h"

#include "elbow/base/memory.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5, VARINT_SIZE = 10, LEAST_CAPACITY = 256 };

static bool reserve(struct elbow_protobuf *message, size_t more)
{
    char *larger = NULL;
    if (message->lacks_memory)
        return false;
    if (more <= message->capacity - message->size)
        return true;
    size_t capacity = 2 * message->size + more + LEAST_CAPACITY;
    if (elbow_allocate(&larger, capacity, 1, "a message", NULL) != ELBOW_OK) {
        message->lacks_memory = true;
        return false;
    }
    if (message->size > 0)
        memcpy(larger, message->bytes, message->size);
    elbow_release(&message->bytes);
    message->bytes = larger;
    message->capacity = capacity;
    return true;
}

void elbow_protobuf_raw(struct elbow_protobuf *message, const void *bytes, size_t size)
{
    if (size == 0 || !reserve(message, size))
        return;
    memcpy(message->bytes + message->size, bytes, size);
    message->size += size;
}

static size_t encode_varint(uint64_t value, unsigned char bytes[VARINT_SIZE])
{
    size_t size = 0;
    for (; value >= 128; value >>= 7)
        bytes[size++] = (unsigned char)(value | 128);
    bytes[size++] = (unsigned char)value;
    return size;
}

static void put_varint(struct elbow_protobuf *message, uint64_t value)
{
    unsigned char bytes[VARINT_SIZE];
    elbow_protobuf_raw(message, bytes, encode_varint(value, bytes));
}

static void put_tag(struct elbow_protobuf *message, int field, int wire)
{
    put_varint(message, (uint64_t)field << 3 | (uint64_t)wire);
}

// A number's bytes, the lowest first.
static void put_fixed(struct elbow_protobuf *message, uint64_t bits, size_t size)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < size; ++i)
        bytes[i] = (unsigned char)(bits >> 8 * i);
    elbow_protobuf_raw(message, bytes, size);
}

void elbow_protobuf_integer(struct elbow_protobuf *message, int field, uint64_t value)
{
    put_tag(message, field, WIRE_VARINT);
    put_varint(message, value);
}

void elbow_protobuf_double(struct elbow_protobuf *message, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tag(message, field, WIRE_64);
    put_fixed(message, bits, sizeof bits);
}

void elbow_protobuf_float(struct elbow_protobuf *message, int field, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_tag(message, field, WIRE_32);
    put_fixed(message, bits, sizeof bits);
}

void elbow_protobuf_bytes(struct elbow_protobuf *message, int field, const void *bytes, size_t size)
{
    put_tag(message, field, WIRE_BYTES);
    put_varint(message, size);
    elbow_protobuf_raw(message, bytes, size);
}

void elbow_protobuf_text(struct elbow_protobuf *message, int field, const char *text)
{
    elbow_protobuf_bytes(message, field, text, strlen(text));
}

// The length takes a byte for now: most messages are short, and of the others the content moves on.
size_t elbow_protobuf_begin(struct elbow_protobuf *message, int field)
{
    put_tag(message, field, WIRE_BYTES);
    elbow_protobuf_raw(message, "", 1);
    return message->size;
}

void elbow_protobuf_end(struct elbow_protobuf *message, size_t begin)
{
    unsigned char bytes[VARINT_SIZE];
    if (message->lacks_memory)
        return;
    size_t content = message->size - begin, length = encode_varint(content, bytes);
    if (!reserve(message, length - 1))
        return;
    memmove(message->bytes + begin + length - 1, message->bytes + begin, content);
    memcpy(message->bytes + begin - 1, bytes, length);
    message->size += length - 1;
}

enum elbow_status elbow_protobuf_check(const struct elbow_protobuf *message, const char *what,
                                       struct elbow_error *error)
{
    if (!message->lacks_memory)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MEMORY, "no memory for %s", what);
}

void elbow_protobuf_empty(struct elbow_protobuf *message)
{
    message->size = 0;
    message->lacks_memory = false;
}

void elbow_protobuf_clear(struct elbow_protobuf *message)
{
    elbow_release(&message->bytes);
    *message = (struct elbow_protobuf){0};
}
