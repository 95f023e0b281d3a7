// SPDX-License-Identifier: BSD-3-Clause
// What `elbow info` says of a data file, to the letter, and of files that are none.
#include "elbow/data/hdf5.h"
#include "elbow/evaluate/describe.h"
#include "scratch.h"
#include "unit.h"

static void add(struct elbow_hdf5 *file, const char *name, enum elbow_element element, int rank, const uint64_t *shape,
                uint64_t chunk_rows)
{
    struct elbow_error error = {0};
    struct elbow_hdf5_layout layout = {.chunk_rows = chunk_rows, .compression = chunk_rows > 0 ? 1 : 0};
    static const uint16_t rows[600] = {0, 0, 1, 256, 1}; // of any type
    ck_assert_msg(elbow_hdf5_create_dataset(file, name, element, rank, shape, layout, &error) == ELBOW_OK, "%s",
                  error.message);
    elbow_hdf5_write_rows(file, name, element, 0, shape[0], rows, &error);
    ck_assert_msg(error.status == ELBOW_OK, "%s", error.message);
}

// The sentences behind the first line, which tells the file's size.
static char *describe(const char *path)
{
    struct elbow_error error = {0};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    ck_assert_msg(elbow_describe_file(path, out, &error) == ELBOW_OK, "%s", error.message);
    fclose(out);
    ck_assert_ptr_nonnull(strstr(text, ": an HDF5 file of "));
    char *rest = strdup(strchr(text, '\n') + 1);
    free(text);
    return rest;
}

START_TEST(datasets_in_words)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_hdf5 *file = NULL;
    const char *path = scratch_path(&scratch, "d.h5");
    const double factor = 0.5;
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    add(file, "/a/colour", ELBOW_ELEMENT_UINT8, 4, (const uint64_t[]){10, 4, 5, 3}, 2);
    add(file, "/a/first", ELBOW_ELEMENT_UINT8, 4, (const uint64_t[]){10, 3, 4, 5}, 0);
    add(file, "/a/grey", ELBOW_ELEMENT_FLOAT32, 3, (const uint64_t[]){10, 4, 5}, 0);
    add(file, "/b/blocks", ELBOW_ELEMENT_INT16, 4, (const uint64_t[]){1, 4, 5, 6}, 0);
    add(file, "/b/flat", ELBOW_ELEMENT_FLOAT64, 2, (const uint64_t[]){7, 1}, 0);
    add(file, "/c/labels", ELBOW_ELEMENT_INT64, 1, (const uint64_t[]){10}, 0);
    add(file, "/c/line", ELBOW_ELEMENT_FLOAT32, 1, (const uint64_t[]){10}, 0);
    add(file, "/c/none", ELBOW_ELEMENT_FLOAT32, 2, (const uint64_t[]){0, 3}, 0);
    static const char *const NAMES[] = {"cat", "dog"};
    ck_assert_int_eq(elbow_hdf5_write_texts(file, "/c/texts", NAMES, 2, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_hdf5_write_doubles(file, "/a/colour", "factor", &factor, 1, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_hdf5_close(file, &error), ELBOW_OK);
    char *text = describe(path);
    char expected[4096];
    snprintf(expected, sizeof expected,
             "\n/a/colour: uint8 (10 x 4 x 5 x 3), chunks of 2 x 4 x 5 x 3, filters: shuffle, gzip, 600 bytes\n"
             "    attributes: factor 0.5\n"
             "    values: from 0 to 1, scaled from 0 to 0.5, 99.5 %% zero\n"
             "    10 samples of 60 values (images of 4 x 5, colour): usable as data.train or data.valid\n"
             "        data:\n          train: \"%s:/a/colour\"\n"
             "          valid: 0.1    # a tenth of them, or another dataset\n"
             "\n/a/first: uint8 (10 x 3 x 4 x 5), contiguous, 600 bytes\n"
             "    values: from 0 to 1, 99.5 %% zero\n"
             "    10 samples of 60 values (3 x 4 x 5): usable as data.train or data.valid\n"
             "        data:\n          train: \"%s:/a/first\"\n"
             "          valid: 0.1    # a tenth of them, or another dataset\n"
             "    if the first axis of a sample is that of the channels:\n          channels: first\n"
             "\n/a/grey: float32 (10 x 4 x 5), contiguous, 800 bytes\n"
             "    values: from 0 to 2.35098898e-38, 99.0 %% zero\n"
             "    10 samples of 20 values (images of 4 x 5, grey): usable as data.train or data.valid\n"
             "        data:\n          train: \"%s:/a/grey\"\n"
             "          valid: 0.1    # a tenth of them, or another dataset\n"
             "\n/b/blocks: int16 (1 x 4 x 5 x 6), contiguous, 240 bytes\n"
             "    values: from 0 to 256, 97.5 %% zero\n"
             "    1 sample of 120 values (4 x 5 x 6): usable as data.train or data.valid\n"
             "        data:\n          train: \"%s:/b/blocks\"\n"
             "\n/b/flat: float64 (7 x 1), contiguous, 56 bytes\n"
             "    values: from 0 to 7.29112897e-304, 71.4 %% zero\n"
             "    7 samples of 1 value: usable as data.train or data.valid\n"
             "        data:\n          train: \"%s:/b/flat\"\n"
             "\n/c/labels: int64 (10), contiguous, 80 bytes\n"
             "    values: from 0 to 72057598332895232, 80.0 %% zero\n"
             "    10 integers: usable as data.labels, data.groups or data.condition\n"
             "        data:\n          labels: \"%s:/c/labels\"\n"
             "\n/c/line: float32 (10), contiguous, 40 bytes\n"
             "    values: from 0 to 2.35098898e-38, 80.0 %% zero\n"
             "    10 numbers: usable as data.condition or data.weights\n"
             "        data:\n          condition: {line: \"%s:/c/line\"}\n"
             "        or\n          weights: \"%s:/c/line\"\n"
             "\n/c/none: float32 (0 x 3), contiguous, 0 bytes\n"
             "    not usable: empty\n"
             "\n/c/texts:\n"
             "    2 texts, not usable as data.labels: no dataset of this file that can serve as data has this number "
             "of rows\n",
             path, path, path, path, path, path, path, path);
    ck_assert_str_eq(text, expected);
    free(text);
    ck_assert(!elbow_describe_is_checkpoint(path));
    scratch_clear(&scratch);
}
END_TEST

static void write_floats(struct elbow_hdf5 *file, const char *name, uint64_t rows, uint64_t values, float last)
{
    float numbers[80] = {0};
    struct elbow_error error = {0};
    numbers[rows * values - 1] = last;
    add(file, name, ELBOW_ELEMENT_FLOAT32, 2, (const uint64_t[]){rows, values}, 0);
    ck_assert_int_eq(elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT32, 0, rows, numbers, &error), ELBOW_OK);
}

// The part of the text on one dataset; to be freed.
static char *part_of(const char *text, const char *name)
{
    char head[64];
    snprintf(head, sizeof head, "\n%s:", name);
    const char *at = strstr(text, head);
    ck_assert_msg(at != NULL, "%s is not described", name);
    const char *end = strstr(at + 1, "\n\n");
    return strndup(at, end == NULL ? strlen(at) : (size_t)(end - at));
}

// Whether a dataset is offered under a key, and with which words.
static void check_offer(const char *text, const char *name, const char *key, const char *words)
{
    char line[256];
    char *part = part_of(text, name);
    snprintf(line, sizeof line, "          %s: \"", key);
    ck_assert_msg((strstr(part, line) != NULL) == (words == NULL), "%s as %s: %s", name, key, part);
    ck_assert_msg(words == NULL || strstr(part, words) != NULL, "%s: %s", name, part);
    free(part);
}

static void check_transform(const char *text, const char *name, bool is_far)
{
    static const char line[] = "          transform: standardize    # values are far from unit scale";
    char *part = part_of(text, name);
    ck_assert_msg((strstr(part, line) != NULL) == is_far, "%s: %s", name, part);
    free(part);
}

// 280 - less, and up to two steps more.
static void write_warm(struct elbow_hdf5 *file, const char *name, double less, double step)
{
    double numbers[80];
    struct elbow_error error = {0};
    for (size_t i = 0; i < 80; ++i)
        numbers[i] = 280 + (double)(i % 3) * step - less;
    add(file, name, ELBOW_ELEMENT_FLOAT64, 2, (const uint64_t[]){20, 4}, 0);
    ck_assert_int_eq(elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT64, 0, 20, numbers, &error), ELBOW_OK);
}

START_TEST(values_far_from_unit_scale_get_a_transform)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_hdf5 *file = NULL;
    const char *path = scratch_path(&scratch, "d.h5");
    const double factor = 0.25, offset = 280;
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    write_floats(file, "/unit", 4, 5, 0.5F);
    write_floats(file, "/near", 4, 5, 3);
    write_floats(file, "/large", 4, 5, 400);
    write_floats(file, "/small", 4, 5, -1e-3F);
    write_warm(file, "/warm", 0, 0.1);
    write_warm(file, "/same", 0, 0);
    write_warm(file, "/level", 282, 1);
    add(file, "/packed", ELBOW_ELEMENT_INT16, 2, (const uint64_t[]){20, 4}, 0);
    add(file, "/stored", ELBOW_ELEMENT_INT16, 2, (const uint64_t[]){20, 4}, 0);
    elbow_hdf5_write_doubles(file, "/packed", "factor", &factor, 1, &error);
    elbow_hdf5_write_doubles(file, "/packed", "offset", &offset, 1, &error);
    ck_assert_msg(elbow_hdf5_close(file, &error) == ELBOW_OK, "%s", error.message);
    char *text = describe(path);
    check_transform(text, "/unit", false);
    check_transform(text, "/near", false);
    check_transform(text, "/large", true);
    check_transform(text, "/small", true);
    check_transform(text, "/warm", true);
    check_transform(text, "/same", false);
    check_transform(text, "/level", false);
    check_transform(text, "/packed", true);
    check_transform(text, "/stored", false);
    free(text);
    scratch_clear(&scratch);
}
END_TEST

// As an older AnnData writes it: what has the rows of the data are labels, and no names of columns, rows or categories.
START_TEST(labels_are_of_some_data)
{
    static const char *const FOUR[] = {"a", "b", "c", "d"};
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_hdf5 *file = NULL;
    const char *path = scratch_path(&scratch, "d.h5");
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    write_floats(file, "/X", 4, 5, 0.5F);
    write_floats(file, "/column", 20, 1, 3);
    write_floats(file, "/fractions", 20, 1, 2.5F);
    write_floats(file, "/labels", 4, 1, 1);
    write_floats(file, "/weights", 1, 4, 0.5F); // as MATLAB stores a list
    const int16_t chosen[] = {0, 3};
    add(file, "/chosen", ELBOW_ELEMENT_INT16, 1, (const uint64_t[]){2}, 0);
    elbow_hdf5_write_rows(file, "/chosen", ELBOW_ELEMENT_INT16, 0, 2, chosen, &error);
    add(file, "/obs/code", ELBOW_ELEMENT_INT8, 1, (const uint64_t[]){4}, 0);
    add(file, "/var/mask", ELBOW_ELEMENT_INT8, 1, (const uint64_t[]){5}, 0);
    add(file, "/obs/__categories/number", ELBOW_ELEMENT_INT8, 1, (const uint64_t[]){4}, 0);
    write_floats(file, "/raw/X", 4, 5, 0.5F);
    elbow_hdf5_write_texts(file, "/obs/kind", FOUR, 4, &error);
    elbow_hdf5_write_texts(file, "/obs/cells", FOUR, 4, &error);
    elbow_hdf5_write_text(file, "/obs", "_index", "cells", &error);
    elbow_hdf5_write_texts(file, "/obs/__categories/kind", FOUR, 4, &error);
    elbow_hdf5_write_texts(file, "/raw/_index", FOUR, 4, &error);
    elbow_hdf5_write_texts(file, "/var/_index", FOUR, 3, &error);
    ck_assert_msg(elbow_hdf5_close(file, &error) == ELBOW_OK, "%s", error.message);
    char *text = describe(path);
    check_offer(text, "/X", "train", NULL);
    check_offer(text, "/X", "labels", "4 samples of 5 values");
    check_offer(text, "/column", "train", NULL);
    check_offer(text, "/column", "labels", "20 whole numbers, not usable as data.labels: no dataset of this file");
    check_offer(text, "/fractions", "labels", "20 samples of 1 value");
    check_offer(text, "/labels", "labels", NULL);
    check_offer(text, "/obs/code", "labels", NULL);
    check_offer(text, "/obs/kind", "labels", NULL);
    check_offer(text, "/obs/cells", "labels", "4 texts: usable as data.names, the names of rows");
    check_offer(text, "/obs/cells", "names", NULL);
    check_offer(text, "/obs/kind", "names", NULL); // no two are the same
    check_offer(text, "/weights", "weights", NULL);
    ck_assert(strstr(text, "condition: {weights: \"") != NULL);
    check_offer(text, "/chosen", "rows", NULL);
    check_offer(text, "/obs/__categories/kind", "labels", "they are the names of categories");
    check_offer(text, "/obs/__categories/number", "labels", "they are the names of categories");
    check_offer(text, "/raw/_index", "labels", "4 texts: usable as data.names, the names of rows");
    check_offer(text, "/var/_index", "labels", "they are the names of rows");
    check_offer(text, "/var/mask", "labels", "no dataset of this file that can serve as data has this number of rows");
    free(text);
    // Labels alone are those of another file.
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    elbow_hdf5_write_texts(file, "/kind", FOUR, 4, &error);
    ck_assert_msg(elbow_hdf5_close(file, &error) == ELBOW_OK, "%s", error.message);
    text = describe(path);
    check_offer(text, "/kind", "labels", NULL);
    free(text);
    // A sparse matrix has rows, too.
    const int64_t sizes[] = {4, 5}, starts[] = {0, 1, 2, 2, 3};
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    add(file, "/X/data", ELBOW_ELEMENT_INT16, 1, (const uint64_t[]){3}, 0);
    add(file, "/X/indices", ELBOW_ELEMENT_INT16, 1, (const uint64_t[]){3}, 0);
    elbow_hdf5_create_dataset(file, "/X/indptr", ELBOW_ELEMENT_INT64, 1, (const uint64_t[]){5},
                              (struct elbow_hdf5_layout){0}, &error);
    elbow_hdf5_write_rows(file, "/X/indptr", ELBOW_ELEMENT_INT64, 0, 5, starts, &error);
    elbow_hdf5_write_text(file, "/X", "encoding-type", "csr_matrix", &error);
    elbow_hdf5_write_integers(file, "/X", "shape", sizes, 2, &error);
    elbow_hdf5_write_texts(file, "/kind", FOUR, 4, &error);
    elbow_hdf5_write_texts(file, "/genes", FOUR, 3, &error);
    ck_assert_msg(elbow_hdf5_close(file, &error) == ELBOW_OK, "%s", error.message);
    text = describe(path);
    check_offer(text, "/kind", "labels", NULL);
    check_offer(text, "/genes", "labels", "no dataset of this file that can serve as data has this number of rows");
    free(text);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(other_files)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    struct elbow_hdf5 *file = NULL;
    const char *path = scratch_path(&scratch, "x");
    ck_assert_int_eq(elbow_hdf5_create(path, true, &file, &error), ELBOW_OK);
    ck_assert_int_eq(elbow_hdf5_close(file, &error), ELBOW_OK);
    char *text = describe(path);
    ck_assert_str_eq(text, "It holds no dataset of integers or floats.\n");
    free(text);
    scratch_write(path, "seed: 1\n", 8);
    ck_assert_int_eq(elbow_describe_file(path, stdout, &error), ELBOW_FORMAT);
    ck_assert_ptr_nonnull(strstr(error.message, "x: not an HDF5 file"));
    ck_assert(!elbow_describe_is_checkpoint(path));
    ck_assert_int_eq(elbow_describe_file(scratch_path(&scratch, "missing"), stdout, &error), ELBOW_FILE);
    ck_assert(!elbow_describe_is_checkpoint(scratch_path(&scratch, "missing")));
    scratch_write(scratch_path(&scratch, "c"), "ELBOWCP\nrest", 12);
    ck_assert(elbow_describe_is_checkpoint(scratch_path(&scratch, "c")));
    ck_assert(elbow_describe_is_checkpoint(scratch.directory)); // a run directory
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("run/describe", datasets_in_words, values_far_from_unit_scale_get_a_transform, labels_are_of_some_data,
          other_files)
