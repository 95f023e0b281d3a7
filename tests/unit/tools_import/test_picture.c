// SPDX-License-Identifier: BSD-3-Clause
// Pictures that must be turned, and the tags that say so.
#include "import/picture.h"

#include "elbow/base/memory.h"

#include "unit.h"

#include <string.h>

// Of 2 x 3 pixels, from the top: abc, def.
static void check_turned(int orientation, size_t height, size_t width, const char *expected)
{
    struct import_picture picture = {.element = ELBOW_ELEMENT_UINT16, .height = 2, .width = 3, .channels = 2};
    struct elbow_error error = {0};
    uint16_t wide[12];
    for (size_t i = 0; i < 12; ++i)
        wide[i] = (uint16_t)("aabbccddeeff"[i] << 8 | (i & 1));
    ck_assert_int_eq(elbow_allocate(&picture.pixels, 12, sizeof *wide, "a picture", &error), ELBOW_OK);
    memcpy(picture.pixels, wide, sizeof wide);
    ck_assert_int_eq(import_picture_turn(&picture, orientation, &error), ELBOW_OK);
    ck_assert_uint_eq(picture.height, height);
    ck_assert_uint_eq(picture.width, width);
    ck_assert_int_eq(picture.is_turned, strcmp(expected, "abcdef") != 0);
    for (size_t i = 0; i < 12; ++i)
        ck_assert_uint_eq(((const uint16_t *)picture.pixels)[i], (unsigned)(expected[i / 2] << 8) | (i & 1));
    elbow_release(&picture.pixels);
}

START_TEST(all_eight_orientations_are_turned_upright)
{
    check_turned(1, 2, 3, "abcdef");
    check_turned(2, 2, 3, "cbafed");
    check_turned(3, 2, 3, "fedcba");
    check_turned(4, 2, 3, "defabc");
    check_turned(5, 3, 2, "adbecf");
    check_turned(6, 3, 2, "daebfc");
    check_turned(7, 3, 2, "fcebda");
    check_turned(8, 3, 2, "cfbead");
    check_turned(0, 2, 3, "abcdef");
    check_turned(9, 2, 3, "abcdef");
}
END_TEST

static int orientation_of(const char *bytes, size_t size)
{
    return import_exif_orientation((const unsigned char *)bytes, size);
}

START_TEST(the_orientation_of_exif_is_found_in_either_byte_order)
{
    static const char LITTLE[] = "Exif\0\0II*\0\10\0\0\0\2\0"
                                 "\17\1\2\0\1\0\0\0\0\0\0\0"
                                 "\22\1\3\0\1\0\0\0\6\0\0\0";
    static const char BIG[] = "Exif\0\0MM\0*\0\0\0\10\0\1"
                              "\1\22\0\3\0\0\0\1\0\10\0\0";
    ck_assert_int_eq(orientation_of(LITTLE, sizeof LITTLE - 1), 6);
    ck_assert_int_eq(orientation_of(BIG, sizeof BIG - 1), 8);
    for (size_t size = 0; size < sizeof LITTLE - 1; ++size) // cut off: there is none
        ck_assert_int_eq(orientation_of(LITTLE, size), 1);
    char far[sizeof BIG];
    memcpy(far, BIG, sizeof BIG);
    memcpy(far + 10, "\377\377\377\377", 4); // a place that is not there
    ck_assert_int_eq(orientation_of(far, sizeof far - 1), 1);
    ck_assert_int_eq(orientation_of("http://ns.adobe.com/xap", 23), 1);
}
END_TEST

START_TEST(what_lies_over_black_is_rounded)
{
    ck_assert_uint_eq(import_over_black(255, 255, 255), 255);
    ck_assert_uint_eq(import_over_black(255, 0, 255), 0);
    ck_assert_uint_eq(import_over_black(5, 51, 255), 1);
    ck_assert_uint_eq(import_over_black(65535, 65535, 65535), 65535);
    ck_assert_uint_eq(import_over_black(65535, 32768, 65535), 32768);
}
END_TEST

UNIT_MAIN("tools/import/picture", all_eight_orientations_are_turned_upright,
          the_orientation_of_exif_is_found_in_either_byte_order, what_lies_over_black_is_rounded)
