// SPDX-License-Identifier: BSD-3-Clause
// Protocol buffers against the bytes of their description.
#include "elbow/base/protobuf.h"

#include "elbow/base/memory.h"

#include "unit.h"

#include <string.h>

START_TEST(fields_are_encoded_as_described)
{
    static const unsigned char expected[] = {0x08, 0x96, 0x01,                                  // 1: 150
                                             0x12, 0x07, 't',  'e',  's',  't', 'i', 'n',  'g', // 2: a text
                                             0x1a, 0x03, 0x08, 0x96, 0x01,                      // 3: a message, 1: 150
                                             0x25, 0,    0,    0x80, 0x3f,                      // 4: 1.0f
                                             0x29, 0,    0,    0,    0,    0,   0,   0xf0, 0x3f}; // 5: 1.0
    struct elbow_protobuf message = {0};
    elbow_protobuf_integer(&message, 1, 150);
    elbow_protobuf_text(&message, 2, "testing");
    size_t begin = elbow_protobuf_begin(&message, 3);
    elbow_protobuf_integer(&message, 1, 150);
    elbow_protobuf_end(&message, begin);
    elbow_protobuf_float(&message, 4, 1);
    elbow_protobuf_double(&message, 5, 1);
    ck_assert_uint_eq(message.size, sizeof expected);
    ck_assert_mem_eq(message.bytes, expected, sizeof expected);
    elbow_protobuf_clear(&message);
}
END_TEST

START_TEST(long_messages_move_on)
{
    char text[300];
    memset(text, 'x', sizeof text);
    struct elbow_protobuf message = {0};
    size_t begin = elbow_protobuf_begin(&message, 1);
    elbow_protobuf_bytes(&message, 2, text, sizeof text);
    elbow_protobuf_end(&message, begin);
    ck_assert_uint_eq(message.size, 3 + 3 + sizeof text);
    ck_assert_uint_eq((unsigned char)message.bytes[1], 0xaf); // 303 = 0x2f + 2 * 128
    ck_assert_uint_eq((unsigned char)message.bytes[2], 0x02);
    ck_assert_uint_eq((unsigned char)message.bytes[3], 0x12);
    ck_assert_mem_eq(message.bytes + 6, text, sizeof text);
    elbow_protobuf_clear(&message);
}
END_TEST

START_TEST(memory_that_is_missing_is_told_at_the_end)
{
    struct elbow_protobuf message = {0};
    struct elbow_error error = {0};
    elbow_memory_fail_at(1);
    elbow_protobuf_integer(&message, 1, 150);
    elbow_protobuf_integer(&message, 2, 150);
    ck_assert_int_eq(elbow_protobuf_check(&message, "a message", &error), ELBOW_MEMORY);
    elbow_protobuf_empty(&message);
    elbow_protobuf_integer(&message, 1, 150);
    ck_assert_int_eq(elbow_protobuf_check(&message, "a message", &error), ELBOW_OK);
    elbow_protobuf_clear(&message);
}
END_TEST

UNIT_MAIN("base/protobuf", fields_are_encoded_as_described, long_messages_move_on,
          memory_that_is_missing_is_told_at_the_end)
