// SPDX-License-Identifier: BSD-3-Clause
// Writing: files on disk, attributes, the first error of several, disks that are full.
#include "elbow/base/memory.h"
#include "hdf5_files.h"

#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <time.h>

static const struct elbow_hdf5_layout CONTIGUOUS;

START_TEST(what_is_written_is_read)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_hdf5 *file = create_good(path);
    fill_good(file);
    check_filled_good(file);
    close_good(file);
    file = open_good(path);
    check_filled_good(file);
    close_good(file);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(existing_files)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.h5");
    struct elbow_error e = {0};
    struct elbow_hdf5 *file = create_good(path);
    fill_good(file);
    close_good(file);
    ck_assert_int_eq(elbow_hdf5_create(path, false, &file, &e), ELBOW_FILE);
    check_message(&e, path, "exists already");
    ck_assert(file == NULL);
    const uint64_t shape[2] = {2, 2};
    hdf5_must(elbow_hdf5_open_append(path, &file, &e), &e);
    ck_assert_int_eq(elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_UINT8, 2, shape, CONTIGUOUS, &e),
                     ELBOW_FORMAT);
    check_message(&e, "/train/labels", "exists already");
    ck_assert_int_eq(elbow_hdf5_close(file, NULL), ELBOW_FORMAT);
    hdf5_must(elbow_hdf5_open_append(path, &file, &e), &e);
    ck_assert_int_eq(elbow_hdf5_create_dataset(file, "/train/labels/x", ELBOW_ELEMENT_UINT8, 2, shape, CONTIGUOUS, &e),
                     ELBOW_FORMAT);
    check_message(&e, "/train/labels is a dataset", "beneath");
    ck_assert_int_eq(elbow_hdf5_close(file, NULL), ELBOW_FORMAT);
    hdf5_must(elbow_hdf5_open_append(path, &file, &e), &e);
    hdf5_must(elbow_hdf5_create_dataset(file, "more", ELBOW_ELEMENT_UINT8, 2, shape, CONTIGUOUS, &e), &e);
    hdf5_must(elbow_hdf5_write_rows(file, "more", ELBOW_ELEMENT_UINT8, 1, 1, (uint8_t[]){8, 9}, &e), &e);
    close_good(file);
    file = open_good(path);
    check_filled_good(file);
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
    hdf5_must(elbow_hdf5_close(NULL, &e), &e);
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
    fill_good(file);
    close_good(file);
    static const char *const WRONG[] = {"/train", "/missing"};
    for (size_t i = 0; i < 2; ++i) {
        hdf5_must(elbow_hdf5_open_append(path, &file, &error), &error);
        ck_assert_int_eq(elbow_hdf5_remove(file, WRONG[i], &error), ELBOW_FORMAT);
        check_message(&error, WRONG[i], "is not a dataset");
        ck_assert_int_eq(elbow_hdf5_close(file, &error), ELBOW_FORMAT);
    }
    error = (struct elbow_error){0};
    hdf5_must(elbow_hdf5_open_append(path, &file, &error), &error);
    hdf5_must(elbow_hdf5_remove(file, "/train/labels", &error), &error);
    hdf5_must(elbow_hdf5_find(file, "/train/labels", &found, &error), &error);
    ck_assert(!found);
    hdf5_must(elbow_hdf5_create_dataset(file, "/train/labels", ELBOW_ELEMENT_UINT8, 1, shape, CONTIGUOUS, &error),
              &error);
    hdf5_must(elbow_hdf5_close(file, &error), &error);
    hdf5_must(elbow_hdf5_open(path, &file, &error), &error);
    struct elbow_hdf5_info info = describe_good(file, "/train/labels");
    ck_assert(info.element == ELBOW_ELEMENT_UINT8 && info.shape[0] == 7);
    info = describe_good(file, "/train/deep/rows");
    ck_assert(info.shape[0] == 50);
    elbow_hdf5_close(file, NULL);
    scratch_clear(&scratch);
}
END_TEST

// A sequence of writes is checked once, and reports its first error. Nothing is written after that.
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
    hdf5_must(elbow_hdf5_find_attribute(file, "/", "text", &found, &error), &error);
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
    hdf5_must(elbow_hdf5_create_dataset(file, "a", ELBOW_ELEMENT_UINT16, 2, shape, large, &e), &e);
    hdf5_must(elbow_hdf5_create_dataset(file, "b", ELBOW_ELEMENT_UINT16, 2, empty, flat, &e), &e);
    hdf5_must(elbow_hdf5_create_dataset(file, "c", ELBOW_ELEMENT_FLOAT32, 0, NULL, CONTIGUOUS, &e), &e);
    hdf5_must(elbow_hdf5_create_dataset(file, "d", ELBOW_ELEMENT_UINT8, 2, huge, flat, &e), &e);
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
    hdf5_must(elbow_hdf5_write_doubles(file, "/", "d", doubles, 3, &e), &e);
    hdf5_must(elbow_hdf5_write_doubles(file, "/", "none", NULL, 0, &e), &e);
    hdf5_must(elbow_hdf5_write_text(file, "/", "t", "abc", &e), &e);
    hdf5_must(elbow_hdf5_read_doubles(file, "/", "none", NULL, 0, &e), &e);
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
    hdf5_must(elbow_hdf5_open_append(path, &file, &e), &e);
    char *text, *longer = malloc(200001);
    hdf5_must(elbow_hdf5_read_text(file, "/", "v", 8, &text, &e), &e);
    ck_assert_str_eq(text, value);
    elbow_release(&text);
    ck_assert_int_eq(elbow_hdf5_read_text(file, "/", "v", 7, &text, &e), ELBOW_FORMAT);
    close_good(file);
    memset(longer, 'y', 200000);
    longer[200000] = '\0';
    file = create_good(path);
    hdf5_must(elbow_hdf5_write_text(file, "/", "l", longer, &e), &e);
    close_good(file);
    file = open_good(path);
    hdf5_must(elbow_hdf5_read_text(file, "/", "l", 200000, &text, &e), &e);
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

UNIT_MAIN("data/hdf5 writing", what_is_written_is_read, existing_files, datasets_are_taken_out, the_first_error_is_kept,
          layouts_are_fitted, attributes_of_another_kind, texts_of_any_length, full_disks)
