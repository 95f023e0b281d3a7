// SPDX-License-Identifier: BSD-3-Clause
// Test data for the sinks, and a reader of each format that shares no code with its sink: libpng, libhdf5,
// strtod.
#ifndef ELBOW_TESTS_SINK_READERS_H
#define ELBOW_TESTS_SINK_READERS_H

#include "elbow/output/sink.h"
#include "scratch.h"
#include "unit.h"

#include <hdf5.h>
#include <math.h>
#include <png.h>

enum { ROWS = 7, COLUMNS_MAX = 4, HEIGHT = 5, WIDTH = 6, VALUES_MAX = 2 * HEIGHT * WIDTH, ROW_BYTES_MAX = 256 };

// The written data: a plan without its path, and the rows.
struct subject {
    const char *name;
    struct elbow_sink_column columns[COLUMNS_MAX];
    size_t column_count;
    bool is_gallery;
    double black, white;
};

// Names of two of the labels.
static const int64_t BIG = 9007199254740881;
static int64_t named[] = {0, 9007199254740881};
static const char *names[] = {"naive, \"quoted\"", "na\xc3\xafve"};
static const struct elbow_label_names NAMES = {.count = 2, .labels = named, .names = names};

// Names of rows; an output has those of rows 1, 0, 1, 0, ...
static uint64_t text_starts[] = {0, 16};
static char row_texts[] = "naive, \"quoted\"\0na\xc3\xafve";
static const struct elbow_names TEXTS = {.count = 2, .starts = text_starts, .texts = row_texts};

#define PICTURE(column) .name = column, .element = ELBOW_ELEMENT_FLOAT32, .rank = 2, .shape = {HEIGHT, WIDTH}
static const struct subject SUBJECTS[] = {
    {"pictures", {{PICTURE("samples")}}, 1, true, 0, 0},
    {"pairs of pictures", {{PICTURE("originals")}, {PICTURE("reconstructions")}}, 2, true, 0, 0},
    {"colours", {{.name = "samples", .element = ELBOW_ELEMENT_FLOAT32, .rank = 3, .shape = {4, 5, 3}}}, 1, true, 0, 0},
    {"vectors", {{.name = "samples", .element = ELBOW_ELEMENT_FLOAT32, .rank = 1, .shape = {11}}}, 1, true, 0, 0},
    {"a table",
     {{.name = "mean", .element = ELBOW_ELEMENT_FLOAT32, .rank = 1, .shape = {3}},
      {.name = "parts", .element = ELBOW_ELEMENT_FLOAT64, .rank = 2, .shape = {2, 2}},
      {.name = "elbo", .element = ELBOW_ELEMENT_FLOAT64, .note = "importance", .note_value = 50},
      {.name = "labels", .element = ELBOW_ELEMENT_INT64, .names = &NAMES, .named = "label"}},
     4,
     false,
     0,
     0},
    {"names of rows",
     {{.name = "names", .element = ELBOW_ELEMENT_INT64, .texts = &TEXTS},
      {.name = "elbo", .element = ELBOW_ELEMENT_FLOAT64},
      {.name = "row", .element = ELBOW_ELEMENT_INT64}},
     3,
     false,
     0,
     0},
    {"pictures of other shades", {{PICTURE("samples")}}, 1, true, -0.05, 0.75},
};
enum { SUBJECTS_COUNT = sizeof SUBJECTS / sizeof *SUBJECTS };

// Value v of a row's column: -1 (without a name), 0 and one that no float represents for integers; all digits
// otherwise, some below 0 and above 1.
static double value_of(enum elbow_element element, size_t row, size_t column, size_t v)
{
    size_t number = (row * COLUMNS_MAX + column) * VALUES_MAX + v;
    if (element == ELBOW_ELEMENT_INT64)
        return row % 3 == 2 ? (double)BIG : (double)(row % 3) - 1;
    double value = (double)((number * 37) % 301) / 255 - 0.11;
    return element == ELBOW_ELEMENT_FLOAT32 ? (double)(float)value : value;
}

static size_t pack(const struct subject *subject, size_t row, char *at)
{
    char *start = at;
    for (size_t c = 0; c < subject->column_count; ++c) {
        const struct elbow_sink_column *column = &subject->columns[c];
        for (size_t v = 0; v < elbow_sink_values(column); ++v) {
            double value = value_of(column->element, row, c, v);
            float single = (float)value;
            int64_t integer = column->texts != NULL ? (int64_t)(row + 1) % 2 : (int64_t)value;
            const void *bytes = column->element == ELBOW_ELEMENT_FLOAT32   ? (const void *)&single
                                : column->element == ELBOW_ELEMENT_FLOAT64 ? (const void *)&value
                                                                           : (const void *)&integer;
            memcpy(at, bytes, elbow_element_size(column->element));
            at += elbow_element_size(column->element);
        }
    }
    return (size_t)(at - start);
}

static void read_png(const char *path, const struct subject *subject)
{
    size_t of_row = subject->column_count, count = ROWS * of_row,
           columns = of_row == 1 ? 3 : 4; // 7 or 14: 3 x 3, 4 x 4
    const uint64_t *shape = subject->columns[0].shape;
    size_t height = (size_t)shape[0], width = (size_t)shape[1], channels = subject->columns[0].rank == 3 ? 3 : 1;
    png_image image = {.version = PNG_IMAGE_VERSION};
    ck_assert_msg(png_image_begin_read_from_file(&image, path), "%s: %s", path, image.message);
    ck_assert(((image.format & PNG_FORMAT_FLAG_COLOR) != 0) == (channels == 3));
    image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    unsigned char *pixels = malloc(PNG_IMAGE_SIZE(image));
    ck_assert(pixels != NULL && png_image_finish_read(&image, NULL, pixels, 0, NULL));
    size_t factor = 3; // factor of enlargement of small pictures
    ck_assert_uint_eq(image.width, columns * (width * factor + 1) + 1);
    ck_assert_uint_eq(image.height, (count + columns - 1) / columns * (height * factor + 1) + 1);
    for (size_t i = 0; i < count; ++i)
        for (size_t v = 0; v < height * width * channels; ++v) {
            size_t row = v / channels / width, column = v / channels % width;
            size_t y = 1 + i / columns * (height * factor + 1) + row * factor;
            size_t x = 1 + i % columns * (width * factor + 1) + column * factor;
            double wanted = value_of(ELBOW_ELEMENT_FLOAT32, i / of_row, i % of_row, v);
            if (subject->white > 0)
                wanted = (wanted - subject->black) / (subject->white - subject->black);
            ck_assert_int_eq(pixels[(y * image.width + x) * channels + v % channels],
                             (int)lrint(255 * fmin(fmax(wanted, 0), 1)));
        }
    free(pixels);
}

// Two datasets: numbers, and texts of one length, padded with zeros.
static void read_names(hid_t file, const struct elbow_sink_column *column)
{
    int64_t numbers[2] = {0};
    char name[64], texts[2][64] = {""};
    snprintf(name, sizeof name, "%s_values", column->named);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ck_assert(H5Dread(dataset, H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers) >= 0);
    H5Dclose(dataset);
    snprintf(name, sizeof name, "%s_names", column->named);
    dataset = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t stored = H5Dget_type(dataset), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, sizeof texts[0]);
    H5Tset_cset(type, H5Tget_cset(stored));
    ck_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
    ck_assert(H5Tget_cset(stored) == H5T_CSET_UTF8);
    for (size_t i = 0; i < 2; ++i) {
        ck_assert(numbers[i] == column->names->labels[i]);
        ck_assert_str_eq(texts[i], column->names->names[i]);
    }
    H5Tclose(type);
    H5Tclose(stored);
    H5Dclose(dataset);
}

static void read_texts(hid_t file, const struct elbow_sink_column *column)
{
    char texts[ROWS][64] = {""};
    hsize_t count = 0;
    hid_t dataset = H5Dopen2(file, column->name, H5P_DEFAULT), space = H5Dget_space(dataset);
    hid_t stored = H5Dget_type(dataset), type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, sizeof texts[0]);
    H5Tset_cset(type, H5Tget_cset(stored));
    ck_assert(H5Sget_simple_extent_dims(space, &count, NULL) == 1 && count == ROWS);
    ck_assert(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts) >= 0);
    for (size_t i = 0; i < ROWS; ++i)
        ck_assert_str_eq(texts[i], names[(i + 1) % 2]);
    H5Tclose(type);
    H5Tclose(stored);
    H5Sclose(space);
    H5Dclose(dataset);
}

static void read_dataset(hid_t file, const struct subject *subject, size_t c)
{
    const struct elbow_sink_column *column = &subject->columns[c];
    static double numbers[ROWS * VALUES_MAX];
    static int64_t integers[ROWS * VALUES_MAX];
    size_t values = elbow_sink_values(column), size = elbow_element_size(column->element);
    bool is_integer = column->element == ELBOW_ELEMENT_INT64;
    hsize_t shape[8] = {0};
    hid_t dataset = H5Dopen2(file, column->name, H5P_DEFAULT), space = H5Dget_space(dataset);
    hid_t type = H5Dget_type(dataset);
    ck_assert_msg(dataset >= 0, "no dataset %s", column->name);
    ck_assert_int_eq(H5Sget_simple_extent_dims(space, shape, NULL), (int)column->rank + 1);
    ck_assert_uint_eq(shape[0], ROWS);
    for (size_t i = 0; i < column->rank; ++i)
        ck_assert_uint_eq(shape[i + 1], column->shape[i]);
    ck_assert(H5Tget_size(type) == size && (H5Tget_class(type) == H5T_INTEGER) == is_integer);
    ck_assert(H5Dread(dataset, is_integer ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                      is_integer ? (void *)integers : (void *)numbers) >= 0);
    for (size_t i = 0; i < ROWS; ++i)
        for (size_t v = 0; v < values; ++v) {
            double found = is_integer ? (double)integers[i * values + v] : numbers[i * values + v];
            ck_assert_msg(found == value_of(column->element, i, c, v), "%s: row %zu, value %zu", column->name, i, v);
        }
    if (column->note != NULL) {
        int64_t note = 0;
        hid_t attribute = H5Aopen(dataset, column->note, H5P_DEFAULT);
        ck_assert(attribute >= 0 && H5Aread(attribute, H5T_NATIVE_INT64, &note) >= 0 && note == column->note_value);
        H5Aclose(attribute);
    }
    if (column->names != NULL)
        read_names(file, column);
    H5Tclose(type);
    H5Sclose(space);
    H5Dclose(dataset);
}

static void read_hdf5(const char *path, const struct subject *subject)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    ck_assert_msg(file >= 0, "%s is no HDF5 file", path);
    for (size_t c = 0; c < subject->column_count; ++c)
        if (subject->columns[c].texts != NULL)
            read_texts(file, &subject->columns[c]);
        else
            read_dataset(file, subject, c);
    ck_assert(H5Fclose(file) >= 0);
}

// The name of a value of a column in the header, and the text behind it.
static const char *skip_name(const char *at, const struct elbow_sink_column *column, size_t v, char end)
{
    char name[64];
    snprintf(name, sizeof name, column->rank == 0 ? "%s" : "%s_%zu", column->name, v);
    size_t length = strlen(name);
    ck_assert_msg(strncmp(at, name, length) == 0 && at[length] == end, "%s, not at: %.40s", name, at);
    return at + length + 1;
}

static const char *skip_value(const char *at, const struct subject *subject, size_t row, size_t c, size_t v, char end)
{
    char *behind;
    enum elbow_element element = subject->columns[c].element;
    double wanted = value_of(element, row, c, v);
    if (element == ELBOW_ELEMENT_INT64)
        ck_assert_int_eq(strtoll(at, &behind, 10), (long long)wanted);
    else if (element == ELBOW_ELEMENT_FLOAT32)
        ck_assert(strtof(at, &behind) == (float)wanted);
    else
        ck_assert(strtod(at, &behind) == wanted);
    ck_assert_msg(*behind == end, "row %zu, column %zu, value %zu: %.40s", row, c, v, at);
    return behind + 1;
}

// The name of a row.
static const char *skip_row_text(const char *at, size_t row, char end)
{
    const char *text = row % 2 == 1 ? "\"naive, \"\"quoted\"\"\"" : "\"na\xc3\xafve\"";
    ck_assert_msg(strncmp(at, text, strlen(text)) == 0 && at[strlen(text)] == end, "%s, not at: %.40s", text, at);
    return at + strlen(text) + 1;
}

// The text of a name: quoted, with quotes doubled; empty for a number without a name.
static const char *skip_text(const char *at, size_t row, char end)
{
    static const char *const texts[] = {"", "\"naive, \"\"quoted\"\"\"", "\"na\xc3\xafve\""}; // of -1, 0, BIG
    const char *text = row == 0 ? "label_name" : texts[(row - 1) % 3];
    ck_assert_msg(strncmp(at, text, strlen(text)) == 0 && at[strlen(text)] == end, "%s, not at: %.40s", text, at);
    return at + strlen(text) + 1;
}

static void read_csv(const char *path, const struct subject *subject)
{
    size_t size, last = subject->column_count - 1;
    char *text = scratch_read(path, &size);
    ck_assert_ptr_nonnull(text);
    text[size] = '\0';
    const char *at = text;
    for (size_t row = 0; row < ROWS + 1; ++row) // row 0: the header
        for (size_t c = 0; c < subject->column_count && (row > 0 || !subject->is_gallery); ++c) {
            const struct elbow_sink_column *column = &subject->columns[c];
            char end = c == last || subject->is_gallery ? '\n' : ',';
            for (size_t v = 0, values = elbow_sink_values(column); v < values; ++v) {
                char next = v + 1 == values && column->names == NULL ? end : ',';
                at = row == 0                ? skip_name(at, column, v, next)
                     : column->texts != NULL ? skip_row_text(at, row - 1, next)
                                             : skip_value(at, subject, row - 1, c, v, next);
            }
            at = column->names == NULL ? at : skip_text(at, row, end);
        }
    ck_assert_str_eq(at, "");
    free(text);
}

static void (*const READERS[ELBOW_SINKS])(const char *path, const struct subject *subject) = {
    [ELBOW_SINK_PNG] = read_png, [ELBOW_SINK_HDF5] = read_hdf5, [ELBOW_SINK_CSV] = read_csv};

#endif
