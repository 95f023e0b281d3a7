// SPDX-License-Identifier: BSD-3-Clause
// CRC-32C against the vectors of RFC 3720, appendix B.4.
#include "elbow/math/crc.h"

#include "unit.h"

#include <string.h>

START_TEST(vectors_of_the_standard)
{
    unsigned char bytes[32];
    ck_assert_uint_eq(elbow_crc32c("", 0), 0);
    ck_assert_uint_eq(elbow_crc32c("123456789", 9), 0xe3069283);
    memset(bytes, 0, sizeof bytes);
    ck_assert_uint_eq(elbow_crc32c(bytes, sizeof bytes), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    ck_assert_uint_eq(elbow_crc32c(bytes, sizeof bytes), 0x62a8ab43);
    for (int i = 0; i < 32; ++i)
        bytes[i] = (unsigned char)i;
    ck_assert_uint_eq(elbow_crc32c(bytes, sizeof bytes), 0x46dd794e);
}
END_TEST

UNIT_MAIN("math/crc", vectors_of_the_standard)
