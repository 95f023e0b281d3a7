// SPDX-License-Identifier: BSD-3-Clause
// Writing: files on disk and in memory, attributes, same bytes for the same contents, disks that are full.
#include "elbow/base/memory.h"
#include "hdf5_files.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <time.h>

static const struct elbow_hdf5_layout CONTIGUOUS;

static struct elbow_hdf5 *create_good(const char *path)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error error = {0};
    ck_assert_msg(elbow_hdf5_create(path, true, &file, &error) == ELBOW_OK, "%s", error.message);
    return file;
}

static void check_good(enum elbow_status status, const struct elbow_error *error)
{
    ck_assert_msg(status == ELBOW_OK, "%s", error->message);
}

// A bit of everything: groups, layouts, attributes of all kinds, one of them replaced.
static void fill(struct elbow_hdf5 *file)
{
    struct elbow_error e = {0};
    static float rows[50][6];
    int64_t labels[50];
    for (int i = 0; i < 300; ++i)
        rows[i / 6][i % 6] = (float)i / 7;
    for (int i = 0; i < 50; ++i)
        labels[i] = i * i;
    struct elbow_hdf5_layout packed = {.chunk_rows = 16, .compression = 5};
    const uint64_t shape[3] = {50, 2, 3};
    check_good(elbow_hdf5_create_dataset(file, "/train/deep/rows", ELBOW_ELEMENT_FLOAT32, 3, shape, packed, &e), &e);
    check_good(elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_INT64, 1, shape, CONTIGUOUS, &e), &e);
    for (uint64_t first = 0; first < 50; first += 16) {
        uint64_t count = first + 16 < 50 ? 16 : 50 - first;
        check_good(
            elbow_hdf5_write_rows(file, "/train/deep/rows", ELBOW_ELEMENT_FLOAT32, first, count, rows[first], &e), &e);
    }
    check_good(elbow_hdf5_write_rows(file, "/train/labels", ELBOW_ELEMENT_INT64, 0, 50, labels, &e), &e);
    check_good(elbow_hdf5_write_rows(file, "/train/labels", ELBOW_ELEMENT_INT64, 50, 0, NULL, &e), &e);
    check_good(elbow_hdf5_write_doubles(file, "/train/labels", "factor", (double[]){3}, 1, &e), &e);
    check_good(elbow_hdf5_write_doubles(file, "/train/labels", "factor", (double[]){0.1, INFINITY}, 2, &e), &e);
    check_good(elbow_hdf5_write_integers(file, "/", "step", (int64_t[]){INT64_MIN}, 1, &e), &e);
    check_good(elbow_hdf5_write_text(file, "/train", "names", "größe, x", &e), &e);
    check_good(elbow_hdf5_write_text(file, "/", "empty", "", &e), &e);
}

static void check_filled(struct elbow_hdf5 *file)
{
    struct elbow_error e = {0};
    struct elbow_hdf5_info info = describe_good(file, "/train/deep/rows");
    ck_assert(info.rank == 3 && info.shape[0] == 50 && info.shape[2] == 3 && info.chunk_rows == 16 &&
              info.is_compressed);
    ck_assert(info.element == ELBOW_ELEMENT_FLOAT32 && !info.is_converted);
    float rows[300];
    int64_t labels[50], step;
    read_good(file, "/train/deep/rows", 0, 50, rows);
    read_good(file, "/train/labels", 0, 50, labels);
    for (int i = 0; i < 300; ++i)
        ck_assert(rows[i] == (float)i / 7);
    for (int i = 0; i < 50; ++i)
        ck_assert_int_eq(labels[i], i * i);
    double factor[2];
    check_good(elbow_hdf5_read_doubles(file, "/train/labels", "factor", factor, 2, &e), &e);
    ck_assert(factor[0] == 0.1 && factor[1] == INFINITY);
    check_good(elbow_hdf5_read_integers(file, "/", "step", &step, 1, &e), &e);
    ck_assert(step == INT64_MIN);
    check_good(elbow_hdf5_read_doubles(file, "/", "step", factor, 1, &e), &e);
    ck_assert(factor[0] == -0x1p63);
    char *text;
    check_good(elbow_hdf5_read_text(file, "/train", "names", 100, &text, &e), &e);
    ck_assert_str_eq(text, "größe, x");
    elbow_release(&text);
    check_good(elbow_hdf5_read_text(file, "/", "empty", 100, &text, &e), &e);
    ck_assert_str_eq(text, "");
    elbow_release(&text);
    bool found = false;
    ck_assert(elbow_hdf5_find_attribute(file, "/train", "names", &found, &e) == ELBOW_OK && found);
    ck_assert(elbow_hdf5_find_attribute(file, "/train", "x", &found, &e) == ELBOW_OK && !found);
    found = true;
    ck_assert(elbow_hdf5_find_attribute(file, "/x", "names", &found, &e) == ELBOW_FORMAT && !found);
    e = (struct elbow_error){0};
}

START_TEST(what_is_written_is_read)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_hdf5 *file = create_good(path);
    fill(file);
    check_filled(file);
    close_good(file);
    file = open_good(path);
    check_filled(file);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

static unsigned char *dirty_buffer(size_t *capacity)
{
    struct elbow_hdf5_buffer buffer = {0};
    struct elbow_error e = {0};
    check_good(elbow_hdf5_reserve(&buffer, 100000, &e), &e);
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
    image[1].bytes = dirty_buffer(&image[1].capacity); // what stood there before does not show
    for (int i = 0; i < 2; ++i) {
        const char *path = scratch_path(&scratch, i == 0 ? "a.h5" : "b.h5");
        struct elbow_hdf5 *file = create_good(path);
        fill(file);
        close_good(file);
        bytes[i] = scratch_read(path, &sizes[i]);
        struct elbow_error e = {0};
        check_good(elbow_hdf5_create_memory(512, &image[i], &file, &e), &e);
        fill(file);
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
    check_good(elbow_hdf5_reserve(&reserved, 1 << 20, &e), &e);
    memset(reserved.bytes, 0xAA, reserved.capacity);
    uint64_t allocations = elbow_memory_count().allocations;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 2; ++i) {
            check_good(elbow_hdf5_create_memory(512, i == 0 ? &grown : &reserved, &file, &e), &e);
            elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_FLOAT32, 2, shape, (struct elbow_hdf5_layout){0}, &e);
            check_good(elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_FLOAT32, 0, 1000, values, &e), &e);
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
        check_good(elbow_hdf5_create_memory(BLOCKS[i], &buffer, &file, &e), &e);
        fill(file);
        close_good(file);
        unsigned char *image = buffer.bytes;
        size_t size = buffer.size;
        for (size_t k = 0; k < BLOCKS[i]; ++k)
            ck_assert_uint_eq(image[k], 0);
        memset(image, 'M', BLOCKS[i]); // a magic of ours
        ck_assert_mem_eq(image + BLOCKS[i], "\x89HDF\r\n\x1a\n", 8);
        scratch_write(path, image, size);
        file = open_good(path);
        check_filled(file);
        close_good(file);
        check_good(elbow_hdf5_open_image("first", image, size, &file, &e), &e);
        check_good(elbow_hdf5_open_image("second", image, size, &other, &e), &e);
        check_filled(file);
        check_filled(other);
        check_good(elbow_hdf5_close(other, &e), &e);
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
    check_good(elbow_hdf5_create_memory(512, &buffer, &file, &e), &e);
    fill(file);
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

START_TEST(existing_files)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_error e = {0};
    struct elbow_hdf5 *file = create_good(path);
    fill(file);
    close_good(file);
    ck_assert_int_eq(elbow_hdf5_create(path, false, &file, &e), ELBOW_FILE);
    check_message(&e, path, "exists already");
    ck_assert(file == NULL);
    const uint64_t shape[2] = {2, 2};
    check_good(elbow_hdf5_open_append(path, &file, &e), &e);
    ck_assert_int_eq(elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_UINT8, 2, shape, CONTIGUOUS, &e),
                     ELBOW_FORMAT);
    check_message(&e, "/train/labels", "exists already");
    ck_assert_int_eq(elbow_hdf5_close(file, NULL), ELBOW_FORMAT);
    check_good(elbow_hdf5_open_append(path, &file, &e), &e);
    ck_assert_int_eq(elbow_hdf5_create_dataset(file, "/train/labels/x", ELBOW_ELEMENT_UINT8, 2, shape, CONTIGUOUS, &e),
                     ELBOW_FORMAT);
    check_message(&e, "/train/labels is a dataset", "beneath");
    ck_assert_int_eq(elbow_hdf5_close(file, NULL), ELBOW_FORMAT);
    check_good(elbow_hdf5_open_append(path, &file, &e), &e);
    check_good(elbow_hdf5_create_dataset(file, "more", ELBOW_ELEMENT_UINT8, 2, shape, CONTIGUOUS, &e), &e);
    check_good(elbow_hdf5_write_rows(file, "more", ELBOW_ELEMENT_UINT8, 1, 1, (uint8_t[]){8, 9}, &e), &e);
    close_good(file);
    file = open_good(path);
    check_filled(file);
    uint8_t more[4];
    read_good(file, "/more", 0, 2, more);
    ck_assert(more[0] == 0 && more[1] == 0 && more[2] == 8 && more[3] == 9);
    close_good(file);
    file = create_good(path); // replaced
    ck_assert(!has(file, "/more"));
    close_good(file);
    ck_assert_int_eq(elbow_hdf5_open_append(scratch_path(&scratch, "missing.h5"), &file, &e), ELBOW_FILE);
    check_message(&e, "missing.h5", "No such file");
    ck_assert_int_eq(elbow_hdf5_create(scratch_path(&scratch, "no/where.h5"), true, &file, &e), ELBOW_FILE);
    check_message(&e, "no/where.h5", "No such file");
    check_good(elbow_hdf5_close(NULL, &e), &e);
    scratch_clear(&scratch);
}
END_TEST

// Only datasets are taken out; another one may take the name.
START_TEST(datasets_are_taken_out)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_hdf5 *file = create_good(path);
    struct elbow_error error = {0};
    const uint64_t shape[1] = {7};
    bool found = true;
    fill(file);
    close_good(file);
    static const char *const WRONG[] = {"/train", "/missing"};
    for (size_t i = 0; i < 2; ++i) {
        check_good(elbow_hdf5_open_append(path, &file, &error), &error);
        ck_assert_int_eq(elbow_hdf5_remove(file, WRONG[i], &error), ELBOW_FORMAT);
        check_message(&error, WRONG[i], "is no dataset");
        ck_assert_int_eq(elbow_hdf5_close(file, &error), ELBOW_FORMAT);
    }
    error = (struct elbow_error){0};
    check_good(elbow_hdf5_open_append(path, &file, &error), &error);
    check_good(elbow_hdf5_remove(file, "/train/labels", &error), &error);
    check_good(elbow_hdf5_find(file, "/train/labels", &found, &error), &error);
    ck_assert(!found);
    check_good(elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_UINT8, 1, shape, CONTIGUOUS, &error),
               &error);
    check_good(elbow_hdf5_close(file, &error), &error);
    check_good(elbow_hdf5_open(path, &file, &error), &error);
    struct elbow_hdf5_info info = describe_good(file, "/train/labels");
    ck_assert(info.element == ELBOW_ELEMENT_UINT8 && info.shape[0] == 7);
    info = describe_good(file, "/train/deep/rows");
    ck_assert(info.shape[0] == 50);
    elbow_hdf5_close(file, NULL);
    scratch_clear(&scratch);
}
END_TEST

// A sequence of writes is asked once, and tells what went wrong first. Nothing is written after that.
START_TEST(the_first_error_is_kept)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_hdf5 *file = create_good(path);
    struct elbow_error error = {0};
    const uint64_t shape[1] = {3};
    elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_UINT8, 1, shape, CONTIGUOUS, NULL);
    elbow_hdf5_write_rows(file, "/x", ELBOW_ELEMENT_UINT8, 0, 3, "abc", NULL);
    ck_assert_int_eq(elbow_hdf5_first_error(file, &error), ELBOW_OK);
    elbow_hdf5_create_dataset(file, "/x", ELBOW_ELEMENT_UINT8, 1, shape, CONTIGUOUS, NULL);
    elbow_hdf5_write_rows(file, "/missing", ELBOW_ELEMENT_UINT8, 0, 3, "abc", NULL);
    elbow_hdf5_write_integers(file, "/missing", "n", (int64_t[]){1}, 1, NULL);
    ck_assert_int_eq(elbow_hdf5_write_text(file, "/", "text", "x", &error), ELBOW_FORMAT);
    check_message(&error, "dataset /x", "exists already");
    error = (struct elbow_error){0};
    ck_assert_int_eq(elbow_hdf5_remove(file, "/x", NULL), ELBOW_FORMAT);
    ck_assert_int_eq(elbow_hdf5_first_error(file, NULL), ELBOW_FORMAT);
    ck_assert_int_eq(elbow_hdf5_close(file, &error), ELBOW_FORMAT);
    check_message(&error, "dataset /x", "exists already");
    file = open_good(path);
    bool found = true;
    uint8_t rows[3];
    read_good(file, "/x", 0, 3, rows);
    ck_assert_mem_eq(rows, "abc", 3);
    check_good(elbow_hdf5_find_attribute(file, "/", "text", &found, &error), &error);
    ck_assert(!found);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(layouts_are_fitted)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_error e = {0};
    struct elbow_hdf5 *file = create_good(path);
    struct elbow_hdf5_layout large = {.chunk_rows = 1000, .compression = 9}, flat = {.chunk_rows = 4};
    const uint64_t shape[2] = {7, 3}, empty[2] = {0, 0}, huge[2] = {100, UINT64_C(1) << 30};
    check_good(elbow_hdf5_create_dataset(file, "a", ELBOW_ELEMENT_UINT16, 2, shape, large, &e), &e);
    check_good(elbow_hdf5_create_dataset(file, "b", ELBOW_ELEMENT_UINT16, 2, empty, flat, &e), &e);
    check_good(elbow_hdf5_create_dataset(file, "c", ELBOW_ELEMENT_FLOAT32, 0, NULL, CONTIGUOUS, &e), &e);
    check_good(elbow_hdf5_create_dataset(file, "d", ELBOW_ELEMENT_UINT8, 2, huge, flat, &e), &e);
    ck_assert_uint_eq(describe_good(file, "a").chunk_rows, 7);
    ck_assert(describe_good(file, "a").is_compressed);
    ck_assert(describe_good(file, "b").chunk_rows == 1 && !describe_good(file, "b").is_compressed);
    ck_assert_int_eq(describe_good(file, "c").rank, 0);
    ck_assert_uint_eq(describe_good(file, "d").chunk_rows, 3); // 4 GB is the limit of a chunk
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(attributes_of_another_kind)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_error e = {0};
    struct elbow_hdf5 *file = create_good(path);
    double doubles[3] = {1, 2, 3};
    int64_t integers[3];
    char *text;
    check_good(elbow_hdf5_write_doubles(file, "/", "d", doubles, 3, &e), &e);
    check_good(elbow_hdf5_write_doubles(file, "/", "none", NULL, 0, &e), &e);
    check_good(elbow_hdf5_write_text(file, "/", "t", "abc", &e), &e);
    check_good(elbow_hdf5_read_doubles(file, "/", "none", NULL, 0, &e), &e);
    ck_assert_int_eq(elbow_hdf5_read_doubles(file, "/", "d", doubles, 2, &e), ELBOW_FORMAT);
    check_message(&e, "attribute d of / has 3 values", "2 were expected");
    ck_assert_int_eq(elbow_hdf5_read_integers(file, "/", "d", integers, 3, &e), ELBOW_FORMAT);
    check_message(&e, "attribute d", "does not hold integers");
    ck_assert_int_eq(elbow_hdf5_read_doubles(file, "/", "t", doubles, 1, &e), ELBOW_FORMAT);
    check_message(&e, "attribute t", "does not hold numbers");
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/", "d", 10, &text, &e), ELBOW_FORMAT);
    check_message(&e, "attribute d", "not one text");
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/", "t", 2, &text, &e), ELBOW_FORMAT);
    check_message(&e, "attribute t", "longer than 2 bytes");
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/", "x", 2, &text, &e), ELBOW_FORMAT);
    check_message(&e, "attribute x of /", "not found");
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/x", "t", 2, &text, &e), ELBOW_FORMAT);
    check_message(&e, "/x", "not found");
    ck_assert(text == NULL);
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/", "t", 10, &text, &e), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

// Texts of varying length, as h5py writes them; long ones, beyond the 64 KB of old formats.
START_TEST(texts_of_any_length)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_error e = {0};
    hid_t id = new_file(path), type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, H5T_VARIABLE);
    hid_t attribute = H5Acreate2(id, "v", type, space, H5P_DEFAULT, H5P_DEFAULT);
    const char *value = "seed: 1\n";
    H5Awrite(attribute, type, &value);
    H5Aclose(attribute);
    H5Sclose(space);
    H5Tclose(type);
    H5Fclose(id);
    struct elbow_hdf5 *file;
    check_good(elbow_hdf5_open_append(path, &file, &e), &e);
    char *text, *longer = malloc(200001);
    check_good(elbow_hdf5_read_text(file, "/", "v", 8, &text, &e), &e);
    ck_assert_str_eq(text, value);
    elbow_release(&text);
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/", "v", 7, &text, &e), ELBOW_FORMAT);
    close_good(file);
    memset(longer, 'y', 200000);
    longer[200000] = '\0';
    file = create_good(path);
    check_good(elbow_hdf5_write_text(file, "/", "l", longer, &e), &e);
    close_good(file);
    file = open_good(path);
    check_good(elbow_hdf5_read_text(file, "/", "l", 200000, &text, &e), &e);
    ck_assert_str_eq(text, longer);
    elbow_release(&text);
    close_good(file);
    free(longer);
    scratch_clear(&scratch);
}
END_TEST

// Puts /dev/full under the descriptor by which the library writes to path: from now on the disk is full.
static void fill_disk(const char *path)
{
    char link[64], target[PATH_MAX], real[PATH_MAX];
    ck_assert(realpath(path, real) != NULL);
    for (int fd = 3; fd < 256; ++fd) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        target[length < 0 ? 0 : length] = '\0';
        if (length < 0 || strcmp(target, real) != 0)
            continue;
        int full = open("/dev/full", O_RDWR);
        ck_assert(full >= 0 && dup2(full, fd) == fd);
        close(full);
        return;
    }
    ck_abort_msg("no descriptor of %s", path);
}

// A full disk is met by the rows, by a flush of chunks, or only at the end: one error, and the library lets go of the
// file.
static void check_full(int when, struct elbow_hdf5_layout layout)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    static uint8_t rows[1000][1000];
    for (int i = 0; i < 1000000; ++i)
        rows[i / 1000][i % 1000] = (uint8_t)(i * 2654435761u >> 16);
    struct elbow_error e = {0};
    struct elbow_hdf5 *file = create_good(path);
    const uint64_t shape[2] = {1000, 1000};
    if (when == 0)
        fill_disk(path);
    enum elbow_status status = elbow_hdf5_create_dataset(file, "g/x", ELBOW_ELEMENT_UINT8, 2, shape, layout, &e);
    if (when == 1)
        fill_disk(path);
    for (uint64_t first = 0; first < 1000 && status == ELBOW_OK; first += 100)
        status = elbow_hdf5_write_rows(file, "g/x", ELBOW_ELEMENT_UINT8, first, 100, rows[first], &e);
    if (status == ELBOW_OK)
        status = elbow_hdf5_write_text(file, "/", "t", "x", &e);
    if (when == 2)
        fill_disk(path);
    if (status != ELBOW_OK) {
        ck_assert_int_eq(status, ELBOW_OUTPUT);
        check_message(&e, path, "No space left on device");
    }
    struct elbow_error last = {0};
    ck_assert_int_eq(elbow_hdf5_close(file, &last), ELBOW_OUTPUT);
    check_message(&last, path, status == ELBOW_OK ? "written completely" : e.message);
    ck_assert_int_eq(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
    scratch_clear(&scratch);
}

START_TEST(full_disks)
{
    struct elbow_hdf5_layout chunks = {.chunk_rows = 30}, packed = {.chunk_rows = 100, .compression = 1};
    for (int when = 0; when < 3; ++when) {
        check_full(when, CONTIGUOUS);
        check_full(when, chunks);
        check_full(when, packed);
    }
}
END_TEST

UNIT_MAIN("data/hdf5 writing", datasets_are_taken_out, the_first_error_is_kept, what_is_written_is_read,
          same_contents_same_bytes, a_buffer_serves_many_files, a_buffer_that_cannot_grow,
          images_with_and_without_user_block, damaged_images, existing_files, layouts_are_fitted,
          attributes_of_another_kind, texts_of_any_length, full_disks)
