// SPDX-License-Identifier: BSD-3-Clause
// Checkpoint files by themselves: their names, and the seal, which refuses every damage.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/memory.h"
#include "run_files.h"
#include "unit.h"

static enum elbow_status verify(const unsigned char *bytes, size_t size, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    enum elbow_status status = elbow_checkpoint_verify("some/file.h5", bytes, size, error);
    ck_assert_int_eq(status, error->status);
    ck_assert(status == ELBOW_OK || strstr(error->message, "some/file.h5: is ") == error->message);
    return status;
}

START_TEST(every_flipped_byte_is_refused)
{
    struct image image = image_make(1);
    struct elbow_error error;
    ck_assert_int_eq(verify(image.bytes, image.size, &error), ELBOW_OK);
    for (size_t i = 0; i < image.size; ++i)
        for (int flip = 1; flip < 256; flip = flip * 2 + 1) { // the lowest bits, up to all
            image.bytes[i] ^= (unsigned char)flip;
            ck_assert_msg(verify(image.bytes, image.size, &error) == ELBOW_FORMAT, "byte %zu ^ %d", i, flip);
            image.bytes[i] ^= (unsigned char)flip;
        }
    ck_assert_int_eq(verify(image.bytes, image.size, &error), ELBOW_OK);
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(every_other_length_is_refused)
{
    struct image image = image_make(1);
    struct elbow_error error;
    // In a block of exactly its size, so that a sanitizer sees a read behind the end.
    for (size_t size = 0; size < image.size; ++size) {
        unsigned char *cut = malloc(size + (size == 0));
        memcpy(cut, image.bytes, size);
        ck_assert_msg(verify(cut, size, &error) == ELBOW_FORMAT, "%zu bytes", size);
        free(cut);
    }
    unsigned char *longer = calloc(1, image.size + 1);
    memcpy(longer, image.bytes, image.size);
    ck_assert_int_eq(verify(longer, image.size + 1, &error), ELBOW_FORMAT);
    free(longer);
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(the_reason_is_told)
{
    struct image image = image_make(1);
    struct elbow_error error;
    image.bytes[8] = 2;
    verify(image.bytes, image.size, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "format 2, but this program reads format 1"));
    image.bytes[8] = 1;
    verify(image.bytes, image.size - 3, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "truncated"));
    image.bytes[0] = 'X';
    verify(image.bytes, image.size, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "not a checkpoint of Elbow"));
    image.bytes[0] = 'E';
    image.bytes[image.size - 1] ^= 1;
    verify(image.bytes, image.size, &error);
    ck_assert_ptr_nonnull(strstr(error.message, "damaged"));
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(the_seal_is_little_endian_and_known)
{
    struct image image = image_make(1);
    uint64_t rest = 0;
    ck_assert_int_eq(memcmp(image.bytes, "ELBOWCP\n\1\0\0\0\0\2\0\0", 16), 0);
    for (int i = 7; i >= 0; --i)
        rest = rest << 8 | image.bytes[16 + i];
    ck_assert_uint_eq(rest, image.size - 512);
    // Sealing again changes nothing; old contents of the block are gone.
    unsigned char before[512];
    memcpy(before, image.bytes, 512);
    memset(image.bytes, 0xAB, 512);
    elbow_checkpoint_seal(image.bytes, image.size);
    ck_assert_int_eq(memcmp(before, image.bytes, 512), 0);
    elbow_release(&image.bytes);
}
END_TEST

START_TEST(steps_beyond_eight_digits)
{
    struct run run = run_open(true);
    elbow_path path;
    ck_assert(elbow_checkpoint_path("run", 123456789012, path));
    ck_assert_str_eq(path, "run/checkpoints/step-123456789012.h5");
    ck_assert(elbow_checkpoint_path("run", 500, path));
    ck_assert_str_eq(path, "run/checkpoints/step-00000500.h5");
    run_put(&run, "step-99999999.h5", false);
    run_put(&run, "step-100000000.h5", false); // before the other by its letters
    run_put(&run, "step-18446744073709551615.h5", true);
    run_check_list(&run, (const uint64_t[]){99999999, 100000000, UINT64_MAX}, 3);
    run_check_found(&run, false, "step-100000000.h5");
    run_check_kept(&run, 100000000, 1, false, (const uint64_t[]){100000000, UINT64_MAX}, 2);
    run_close(&run);
}
END_TEST

START_TEST(paths_that_are_too_long)
{
    char run[ELBOW_PATH_SIZE + 8];
    elbow_path path;
    struct elbow_error error = {0};
    struct elbow_log log = elbow_log_open(false, stdout);
    memset(run, '/', sizeof run); // the root, written in a longer form
    run[sizeof run - 1] = 0;
    ck_assert(!elbow_checkpoint_path(run, 1, path));
    ck_assert_int_eq(elbow_checkpoint_find(run, false, &log, path, &error), ELBOW_FILE);
    ck_assert_int_eq(elbow_checkpoint_find(run, true, &log, path, &error), ELBOW_FILE);
    ck_assert_ptr_nonnull(strstr(error.message, "too long"));
}
END_TEST

UNIT_MAIN("checkpoint/format", every_flipped_byte_is_refused, every_other_length_is_refused, the_reason_is_told,
          the_seal_is_little_endian_and_known, steps_beyond_eight_digits, paths_that_are_too_long)
