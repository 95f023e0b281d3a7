// SPDX-License-Identifier: BSD-3-Clause
// Files in memory: same bytes for the same contents, buffers that are used again, images that are damaged.
#include "elbow/base/memory.h"
#include "hdf5_files.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <time.h>

static unsigned char *dirty_buffer(size_t *capacity)
{
    struct elbow_hdf5_buffer buffer = {0};
    struct elbow_error e = {0};
    hdf5_must(elbow_hdf5_reserve(&buffer, 100000, &e), &e);
    memset(buffer.bytes, 0xAA, buffer.capacity);
    *capacity = buffer.capacity;
    return buffer.bytes;
}

START_TEST(same_contents_same_bytes)
{
    struct scratch scratch = scratch_make();
    size_t sizes[2];
    void *bytes[2];
    struct elbow_hdf5_buffer image[2] = {0};
    image[1].bytes = dirty_buffer(&image[1].capacity); // old contents do not show
    for (int i = 0; i < 2; ++i) {
        const char *path = scratch_path(&scratch, i == 0 ? "a.h5" : "b.h5");
        struct elbow_hdf5 *file = create_good(path);
        fill_good(file);
        close_good(file);
        bytes[i] = scratch_read(path, &sizes[i]);
        struct elbow_error e = {0};
        hdf5_must(elbow_hdf5_create_memory(512, &image[i], &file, &e), &e);
        fill_good(file);
        close_good(file);
        if (i == 0)
            nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 100000000}, NULL); // object times count seconds
    }
    ck_assert_uint_eq(sizes[0], sizes[1]);
    ck_assert_mem_eq(bytes[0], bytes[1], sizes[0]);
    ck_assert_uint_eq(image[0].size, image[1].size);
    ck_assert_mem_eq(image[0].bytes, image[1].bytes, image[0].size);
    for (int i = 0; i < 2; ++i) {
        free(bytes[i]);
        elbow_release(&image[i].bytes);
    }
    scratch_clear(&scratch);
}
END_TEST

// A buffer that had to grow, one that had not, one that served before.
START_TEST(a_buffer_serves_many_files)
{
    struct elbow_hdf5_buffer grown = {0}, reserved = {0};
    struct elbow_error e = {0};
    struct elbow_hdf5 *file;
    static float values[100000];
    uint64_t shape[] = {1000, 100};
    for (size_t i = 0; i < 100000; ++i)
        values[i] = (float)i;
    hdf5_must(elbow_hdf5_reserve(&reserved, 1 << 20, &e), &e);
    memset(reserved.bytes, 0xAA, reserved.capacity);
    uint64_t allocations = elbow_memory_count().allocations;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 2; ++i) {
            hdf5_must(elbow_hdf5_create_memory(512, i == 0 ? &grown : &reserved, &file, &e), &e);
            elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_FLOAT32, 2, shape, (struct elbow_hdf5_layout){0}, &e);
            hdf5_must(elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_FLOAT32, 0, 1000, values, &e), &e);
            close_good(file);
        }
        ck_assert_uint_gt(grown.size, sizeof values);
        ck_assert_uint_eq(grown.size, reserved.size);
        ck_assert_mem_eq(grown.bytes, reserved.bytes, grown.size);
        if (round > 0) // the structs of the two files alone
            ck_assert_uint_eq(elbow_memory_count().allocations - allocations, 2);
        allocations = elbow_memory_count().allocations;
        memset(grown.bytes, 0x55, grown.capacity);
    }
    elbow_release(&grown.bytes);
    elbow_release(&reserved.bytes);
}
END_TEST

START_TEST(a_buffer_that_cannot_grow)
{
    size_t blocks = elbow_memory_count().blocks;
    int failures = 0;
    for (uint64_t n = 1; n <= 6; ++n) {
        struct elbow_hdf5_buffer buffer = {0};
        struct elbow_error e = {0};
        struct elbow_hdf5 *file = NULL;
        static float values[100000];
        uint64_t shape[] = {1000, 100};
        elbow_memory_fail_at(n);
        if (elbow_hdf5_create_memory(512, &buffer, &file, &e) == ELBOW_OK &&
            elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_FLOAT32, 2, shape, (struct elbow_hdf5_layout){0}, &e) ==
                ELBOW_OK)
            elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_FLOAT32, 0, 1000, values, &e);
        elbow_hdf5_close(file, e.status == ELBOW_OK ? &e : NULL);
        elbow_memory_fail_at(0);
        failures += e.status != ELBOW_OK;
        elbow_release(&buffer.bytes);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
        ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    }
    ck_assert_int_ge(failures, 3);
}
END_TEST

// A file in memory is a file on disk once its bytes are written there, user block and all.
START_TEST(images_with_and_without_user_block)
{
    static const size_t BLOCKS[] = {0, 512, 4096};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    for (size_t i = 0; i < sizeof BLOCKS / sizeof *BLOCKS; ++i) {
        struct elbow_error e = {0};
        struct elbow_hdf5 *file, *other;
        struct elbow_hdf5_buffer buffer = {0};
        hdf5_must(elbow_hdf5_create_memory(BLOCKS[i], &buffer, &file, &e), &e);
        fill_good(file);
        close_good(file);
        unsigned char *image = buffer.bytes;
        size_t size = buffer.size;
        for (size_t k = 0; k < BLOCKS[i]; ++k)
            ck_assert_uint_eq(image[k], 0);
        memset(image, 'M', BLOCKS[i]); // a magic of ours
        ck_assert_mem_eq(image + BLOCKS[i], "\x89HDF\r\n\x1a\n", 8);
        scratch_write(path, image, size);
        file = open_good(path);
        check_filled_good(file);
        close_good(file);
        hdf5_must(elbow_hdf5_open_image("first", image, size, &file, &e), &e);
        hdf5_must(elbow_hdf5_open_image("second", image, size, &other, &e), &e);
        check_filled_good(file);
        check_filled_good(other);
        hdf5_must(elbow_hdf5_close(other, &e), &e);
        close_good(file);
        elbow_release(&buffer.bytes);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(damaged_images)
{
    struct elbow_error e = {0};
    struct elbow_hdf5 *file;
    struct elbow_hdf5_buffer buffer = {0};
    hdf5_must(elbow_hdf5_create_memory(512, &buffer, &file, &e), &e);
    fill_good(file);
    close_good(file);
    unsigned char *image = buffer.bytes;
    size_t size = buffer.size;
    ck_assert_int_eq(elbow_hdf5_open_image("some.h5", image, size / 2, &file, &e), ELBOW_FORMAT);
    check_message(&e, "some.h5", "truncated");
    ck_assert_int_eq(elbow_hdf5_open_image("some.h5", image, 100, &file, &e), ELBOW_FORMAT);
    check_message(&e, "some.h5", "not an HDF5 file");
    ck_assert_int_eq(elbow_hdf5_open_image("some.h5", image, 0, &file, &e), ELBOW_FORMAT);
    ck_assert(file == NULL);
    elbow_release(&buffer.bytes);
    ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}
END_TEST

UNIT_MAIN("data/hdf5 memory", same_contents_same_bytes, a_buffer_serves_many_files, a_buffer_that_cannot_grow,
          images_with_and_without_user_block, damaged_images)
