// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/math/hash.h"

#include "unit.h"

// Checkpoints store these hashes: they must never change. The empty text's is in xxHash's own tables.
START_TEST(known_answers)
{
    ck_assert_uint_eq(elbow_hash_text(""), UINT64_C(0x2d06800538d394c2));
    ck_assert_uint_eq(elbow_hash_text("encoder.0/weight"), UINT64_C(5101402476776226405));
    unsigned char bytes[1000];
    for (size_t i = 0; i < sizeof bytes; ++i)
        bytes[i] = (unsigned char)(i * 31);
    ck_assert_uint_eq(elbow_hash_bytes(bytes, sizeof bytes), UINT64_C(3060870846048653547));
}
END_TEST

START_TEST(text_is_its_bytes_without_the_zero)
{
    ck_assert_uint_eq(elbow_hash_text("elbow"), elbow_hash_bytes("elbow", 5));
    ck_assert_uint_ne(elbow_hash_text("elbow"), elbow_hash_bytes("elbow", 6));
    ck_assert_uint_ne(elbow_hash_text("elbow"), elbow_hash_text("elbov"));
}
END_TEST

START_TEST(pieces_of_any_size)
{
    enum { SIZE = 5000 };
    unsigned char bytes[SIZE];
    for (size_t i = 0; i < SIZE; ++i)
        bytes[i] = (unsigned char)(i * 37 + i / 256);
    uint64_t whole = elbow_hash_bytes(bytes, SIZE);
    for (size_t piece = 1; piece <= SIZE; piece = piece * 3 + 1) {
        struct elbow_hash_state state;
        elbow_hash_begin(&state);
        for (size_t at = 0; at < SIZE; at += piece)
            elbow_hash_add(&state, bytes + at, SIZE - at < piece ? SIZE - at : piece);
        ck_assert_uint_eq(elbow_hash_end(&state), whole);
    }
    struct elbow_hash_state nothing;
    elbow_hash_begin(&nothing);
    ck_assert_uint_eq(elbow_hash_end(&nothing), elbow_hash_text(""));
}
END_TEST

UNIT_MAIN("math/hash", known_answers, pieces_of_any_size, text_is_its_bytes_without_the_zero)
