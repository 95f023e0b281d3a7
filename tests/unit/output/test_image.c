// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/output/image.h"
#include "scratch.h"
#include "unit.h"

#include <dirent.h>
#include <math.h>
#include <png.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

static void check_good(enum elbow_status status, const struct elbow_error *error)
{
    ck_assert_msg(status == ELBOW_OK, "%s", error->message);
}

static void check_message(const struct elbow_error *error, const char *a, const char *b)
{
    ck_assert_msg(strstr(error->message, a) != NULL, "no \"%s\" in: %s", a, error->message);
    ck_assert_msg(strstr(error->message, b) != NULL, "no \"%s\" in: %s", b, error->message);
}

// The pixel expected at (y, x) of a grid, worked out from the place alone.
static int expected(const float *images, size_t count, size_t columns, size_t height, size_t width, size_t channels,
                    size_t factor, size_t y, size_t x, size_t c)
{
    size_t step_y = height * factor + 1, step_x = width * factor + 1;
    if (y % step_y == 0 || x % step_x == 0)
        return 128;
    size_t image = y / step_y * columns + x / step_x;
    if (image >= count)
        return 128;
    size_t row = (y % step_y - 1) / factor, column = (x % step_x - 1) / factor;
    float value = images[((image * height + row) * width + column) * channels + c];
    return (int)lrintf(fminf(fmaxf(value, 0), 1) * 255);
}

static void check_grid(size_t count, size_t columns, size_t height, size_t width, size_t channels, size_t factor)
{
    size_t values = count * height * width * channels;
    float *images = malloc(values * sizeof *images);
    for (size_t i = 0; i < values; ++i)
        images[i] = (float)((i * 37) % 301) / 255 - 0.11f; // some below 0, some above 1, none half way
    struct elbow_picture picture;
    struct elbow_error error = {0};
    check_good(elbow_picture_grid(images, count, columns, height, width, channels, &picture, &error), &error);
    ck_assert_uint_eq(picture.height, (count + columns - 1) / columns * (height * factor + 1) + 1);
    ck_assert_uint_eq(picture.width, columns * (width * factor + 1) + 1);
    ck_assert_uint_eq(picture.channels, channels);
    for (size_t y = 0; y < picture.height; ++y)
        for (size_t x = 0; x < picture.width; ++x)
            for (size_t c = 0; c < channels; ++c)
                ck_assert_int_eq(picture.pixels[(y * picture.width + x) * channels + c],
                                 expected(images, count, columns, height, width, channels, factor, y, x, c));
    elbow_picture_clear(&picture);
    elbow_picture_clear(&picture);
    free(images);
}

START_TEST(grids_pixel_by_pixel)
{
    check_grid(1, 1, 1, 1, 1, 3);
    check_grid(5, 3, 4, 6, 1, 3);
    check_grid(4, 2, 28, 28, 1, 3);
    check_grid(3, 8, 32, 20, 3, 2);
    check_grid(2, 1, 5, 63, 1, 2);
    check_grid(2, 2, 64, 64, 3, 1);
    check_grid(7, 7, 3, 100, 1, 1);
}
END_TEST

START_TEST(nan_is_black)
{
    const float images[3] = {NAN, INFINITY, -INFINITY};
    struct elbow_picture picture;
    struct elbow_error error = {0};
    check_good(elbow_picture_grid(images, 3, 3, 1, 1, 1, &picture, &error), &error);
    ck_assert(picture.pixels[picture.width + 1] == 0 && picture.pixels[picture.width + 5] == 255 &&
              picture.pixels[picture.width + 9] == 0);
    elbow_picture_clear(&picture);
    elbow_memory_fail_at(1);
    ck_assert_int_eq(elbow_picture_grid(images, 3, 3, 1, 1, 1, &picture, &error), ELBOW_MEMORY);
    elbow_memory_fail_at(0);
}
END_TEST

static struct elbow_picture noise(size_t height, size_t width, size_t channels)
{
    struct elbow_picture picture = {.height = height, .width = width, .channels = channels};
    struct elbow_error error = {0};
    check_good(elbow_allocate(&picture.pixels, height * width, channels, "test", &error), &error);
    for (size_t i = 0; i < height * width * channels; ++i)
        picture.pixels[i] = (uint8_t)(((uint32_t)i * 2654435761u ^ (uint32_t)i << 7) * 2246822519u >> 24);
    return picture;
}

static enum elbow_status write_picture(const struct elbow_picture *picture, const char *path, struct elbow_error *error)
{
    char *bytes = NULL;
    size_t size;
    enum elbow_status status = elbow_picture_encode(picture, path, &bytes, &size, error);
    if (status == ELBOW_OK)
        status = elbow_part_write(NULL, path, bytes, size, ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&bytes);
    return status;
}

static size_t files_in(const char *directory)
{
    DIR *list = opendir(directory);
    size_t count = 0;
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list))
        count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

START_TEST(same_pixels_same_bytes_and_back)
{
    struct scratch scratch = scratch_make();
    for (size_t channels = 1; channels <= 3; channels += 2) {
        struct elbow_picture picture = noise(33, 17, channels), back;
        struct elbow_error error = {0};
        size_t sizes[2];
        void *bytes[2];
        for (int i = 0; i < 2; ++i) {
            const char *path = scratch_path(&scratch, i == 0 ? "a.png" : "b.png");
            check_good(write_picture(&picture, path, &error), &error);
            bytes[i] = scratch_read(path, &sizes[i]);
        }
        ck_assert_uint_eq(sizes[0], sizes[1]);
        ck_assert_mem_eq(bytes[0], bytes[1], sizes[0]);
        ck_assert(memmem(bytes[0], sizes[0], "tEXt", 4) == NULL && memmem(bytes[0], sizes[0], "tIME", 4) == NULL);
        check_good(elbow_picture_read(scratch.path, 0, &back, &error), &error);
        ck_assert(back.height == 33 && back.width == 17 && back.channels == channels);
        ck_assert_mem_eq(back.pixels, picture.pixels, 33 * 17 * channels);
        elbow_picture_clear(&back);
        elbow_picture_clear(&picture);
        free(bytes[0]);
        free(bytes[1]);
    }
    ck_assert_uint_eq(files_in(scratch.directory), 2); // no .part
    scratch_clear(&scratch);
}
END_TEST

// A PNG of any kind, written by libpng: rows are the bytes of the file.
struct kind {
    int depth, colour;
    bool interlaced;
    png_uint_32 height, width;
};

static void write_kind(const char *path, struct kind kind, const uint8_t *rows, size_t row_bytes)
{
    FILE *stream = fopen(path, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_init_io(png, stream);
    png_set_IHDR(png, info, kind.width, kind.height, kind.depth, kind.colour,
                 kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
    const png_color palette[4] = {{0, 0, 0}, {255, 0, 0}, {0, 255, 0}, {10, 20, 30}};
    const png_byte clear[2] = {255, 128};
    if (kind.colour == PNG_COLOR_TYPE_PALETTE) {
        png_set_PLTE(png, info, palette, 4);
        png_set_tRNS(png, info, clear, 2, NULL);
    }
    png_set_gAMA(png, info, 1.0); // must not change a pixel
    png_write_info(png, info);
    int passes = kind.interlaced ? png_set_interlace_handling(png) : 1;
    for (int pass = 0; pass < passes; ++pass)
        for (png_uint_32 y = 0; y < kind.height; ++y)
            png_write_row(png, rows + y * row_bytes);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
}

static void check_read(const char *path, size_t ask, size_t channels, const uint8_t *pixels, size_t size)
{
    struct elbow_picture picture;
    struct elbow_error error = {0};
    check_good(elbow_picture_read(path, ask, &picture, &error), &error);
    ck_assert_uint_eq(picture.channels, channels);
    ck_assert_uint_eq(picture.height * picture.width * picture.channels, size);
    for (size_t i = 0; i < size; ++i)
        ck_assert_msg(picture.pixels[i] == pixels[i], "%zu: %d is not %d", i, picture.pixels[i], pixels[i]);
    elbow_picture_clear(&picture);
}

START_TEST(every_kind_is_read)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.png");
    write_kind(path, (struct kind){1, PNG_COLOR_TYPE_GRAY, false, 1, 4}, (const uint8_t[]){0xa0}, 1);
    check_read(path, 0, 1, (const uint8_t[]){255, 0, 255, 0}, 4);
    write_kind(path, (struct kind){2, PNG_COLOR_TYPE_GRAY, false, 1, 4}, (const uint8_t[]){0x1b}, 1);
    check_read(path, 1, 1, (const uint8_t[]){0, 85, 170, 255}, 4);
    write_kind(path, (struct kind){8, PNG_COLOR_TYPE_GRAY_ALPHA, false, 1, 3},
               (const uint8_t[]){200, 255, 200, 128, 200, 0}, 6);
    check_read(path, 0, 1, (const uint8_t[]){200, 100, 0}, 3);
    write_kind(path, (struct kind){8, PNG_COLOR_TYPE_RGB_ALPHA, false, 1, 2},
               (const uint8_t[]){10, 20, 30, 255, 10, 20, 255, 51}, 8);
    check_read(path, 0, 3, (const uint8_t[]){10, 20, 30, 2, 4, 51}, 6);
    check_read(path, 1, 1, (const uint8_t[]){18, 9}, 2); // 0.299 R + 0.587 G + 0.114 B
    write_kind(path, (struct kind){2, PNG_COLOR_TYPE_PALETTE, false, 1, 4}, (const uint8_t[]){0x1b}, 1);
    check_read(path, 0, 3, (const uint8_t[]){0, 0, 0, 128, 0, 0, 0, 255, 0, 10, 20, 30}, 12);
    uint8_t rows[9 * 11];
    for (int i = 0; i < 99; ++i)
        rows[i] = (uint8_t)(i * 5);
    write_kind(path, (struct kind){8, PNG_COLOR_TYPE_GRAY, true, 9, 11}, rows, 11);
    check_read(path, 0, 1, rows, sizeof rows);
    scratch_clear(&scratch);
}
END_TEST

static void check_wide(const char *path, size_t ask, size_t channels, const uint16_t *pixels, size_t size, bool alpha)
{
    struct elbow_picture picture;
    struct elbow_error error = {0};
    check_good(elbow_picture_read(path, ask, &picture, &error), &error);
    ck_assert_uint_eq(picture.channels, channels);
    ck_assert(picture.is_wide && picture.has_alpha == alpha && picture.is_transparent == alpha);
    ck_assert_uint_eq(picture.height * picture.width * picture.channels, size);
    ck_assert_mem_eq(picture.pixels, pixels, size * sizeof *pixels);
    elbow_picture_clear(&picture);
}

START_TEST(sixteen_bits_are_kept)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.png");
    write_kind(path, (struct kind){16, PNG_COLOR_TYPE_GRAY, false, 1, 2}, (const uint8_t[]){0x12, 0xff, 0xff, 0}, 4);
    check_wide(path, 0, 1, (const uint16_t[]){0x12ff, 0xff00}, 2, false);
    check_wide(path, 3, 3, (const uint16_t[]){0x12ff, 0x12ff, 0x12ff, 0xff00, 0xff00, 0xff00}, 6, false);
    write_kind(path, (struct kind){16, PNG_COLOR_TYPE_RGB, false, 1, 1}, (const uint8_t[]){1, 255, 2, 255, 3, 255}, 6);
    check_wide(path, 0, 3, (const uint16_t[]){511, 767, 1023}, 3, false);
    write_kind(path, (struct kind){16, PNG_COLOR_TYPE_GRAY_ALPHA, false, 1, 2},
               (const uint8_t[]){0xff, 0xff, 0x80, 0, 0xff, 0xff, 0xff, 0xff}, 8);
    check_wide(path, 0, 1, (const uint16_t[]){0x8000, 0xffff}, 2, true);
    scratch_clear(&scratch);
}
END_TEST

// Presence of an alpha channel, and whether it hides anything.
START_TEST(alpha_is_reported)
{
    static const struct {
        uint8_t rows[4];
        int colour;
        bool has_alpha, is_transparent;
    } CASES[] = {{{1, 255, 2, 255}, PNG_COLOR_TYPE_GRAY_ALPHA, true, false},
                 {{1, 255, 2, 254}, PNG_COLOR_TYPE_GRAY_ALPHA, true, true},
                 {{1, 2}, PNG_COLOR_TYPE_GRAY, false, false}};
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.png");
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; ++i) {
        struct elbow_picture picture;
        struct elbow_error error = {0};
        write_kind(path, (struct kind){8, CASES[i].colour, false, 1, 2}, CASES[i].rows, 4);
        check_good(elbow_picture_read(path, 0, &picture, &error), &error);
        ck_assert(!picture.is_wide);
        ck_assert(picture.has_alpha == CASES[i].has_alpha && picture.is_transparent == CASES[i].is_transparent);
        elbow_picture_clear(&picture);
    }
    scratch_clear(&scratch);
}
END_TEST

static void check_refused(const char *path, enum elbow_status status, const char *text)
{
    struct elbow_picture picture;
    struct elbow_error error = {0};
    size_t blocks = elbow_memory_count().blocks;
    ck_assert_int_eq(elbow_picture_read(path, 0, &picture, &error), status);
    check_message(&error, path, text);
    ck_assert(picture.pixels == NULL);
    ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
}

START_TEST(damaged_files)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.png");
    check_refused(path, ELBOW_FILE, "No such file");
    scratch_write(path, "P5 1 1 255 x", 12);
    check_refused(path, ELBOW_FORMAT, "not a PNG file");
    scratch_write(path, "", 0);
    check_refused(path, ELBOW_FORMAT, "not a PNG file");
    struct elbow_picture picture = noise(20, 20, 3);
    struct elbow_error error = {0};
    check_good(write_picture(&picture, path, &error), &error);
    size_t size;
    unsigned char *bytes = scratch_read(path, &size);
    for (size_t length = 8; length < size; length += length < 60 ? 1 : 97) {
        scratch_write(path, bytes, length);
        check_refused(path, ELBOW_FORMAT, "it ends too early");
    }
    scratch_write(path, bytes, size - 6); // inside the end chunk
    check_refused(path, ELBOW_FORMAT, "damaged");
    bytes[size / 2] ^= 0x10;
    scratch_write(path, bytes, size);
    check_refused(path, ELBOW_FORMAT, "damaged");
    free(bytes);
    elbow_picture_clear(&picture);
    scratch_clear(&scratch);
}
END_TEST

// A head of 33 bytes that declares a picture, and nothing behind it.
static void write_head(const char *path, png_uint_32 width, png_uint_32 height)
{
    const uint8_t black[1] = {0};
    write_kind(path, (struct kind){8, PNG_COLOR_TYPE_GRAY, false, 1, 1}, black, 1);
    size_t size;
    unsigned char *bytes = scratch_read(path, &size);
    png_save_uint_32(bytes + 16, width);
    png_save_uint_32(bytes + 20, height);
    uint32_t crc = 0xffffffff; // of the chunk's name and contents, bit by bit
    for (int i = 12; i < 29; ++i) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; ++bit)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    png_save_uint_32(bytes + 29, ~crc);
    scratch_write(path, bytes, size);
    free(bytes);
}

START_TEST(huge_declared_sizes)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.png");
    write_head(path, 16385, 1);
    check_refused(path, ELBOW_FORMAT, "limit");
    write_head(path, 2147483647, 2147483647);
    check_refused(path, ELBOW_FORMAT, "damaged");
    size_t peak = elbow_memory_count().peak_bytes;
    write_head(path, 16384, 16384);
    check_refused(path, ELBOW_FORMAT, "do not fit into so few bytes");
    ck_assert_uint_eq(elbow_memory_count().peak_bytes, peak);
    write_head(path, 20, 20);
    check_refused(path, ELBOW_FORMAT, "damaged");
    scratch_clear(&scratch);
}
END_TEST

START_TEST(failed_writes_leave_nothing)
{
    struct scratch scratch = scratch_make();
    struct elbow_picture picture = noise(100, 100, 3);
    struct elbow_error error = {0};
    ck_assert_int_eq(write_picture(&picture, scratch_path(&scratch, "no/t.png"), &error), ELBOW_OUTPUT);
    check_message(&error, "no/t.png", "No such file");
    const char *path = scratch_path(&scratch, "t.png");
    struct rlimit old, small;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 1000, .rlim_max = old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    enum elbow_status status = write_picture(&picture, path, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    ck_assert_int_eq(status, ELBOW_OUTPUT);
    check_message(&error, path, "File too large");
    ck_assert_uint_eq(files_in(scratch.directory), 0);
    mkdir(path, 0700); // a directory in the picture's place
    ck_assert_int_eq(write_picture(&picture, path, &error), ELBOW_OUTPUT);
    ck_assert_uint_eq(files_in(scratch.directory), 1);
    elbow_picture_clear(&picture);
    scratch_clear(&scratch);
}
END_TEST

START_TEST(memory_that_runs_out)
{
    struct scratch scratch = scratch_make();
    const char *path = scratch_path(&scratch, "t.png");
    struct elbow_picture picture = noise(5, 5, 1), back;
    struct elbow_error error = {0};
    check_good(write_picture(&picture, path, &error), &error);
    for (uint64_t n = 1; n <= 2; ++n) {
        size_t blocks = elbow_memory_count().blocks;
        elbow_memory_fail_at(n);
        ck_assert_int_eq(elbow_picture_read(path, 0, &back, &error), ELBOW_MEMORY);
        elbow_memory_fail_at(0);
        ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
    }
    elbow_picture_clear(&picture);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("run/image", grids_pixel_by_pixel, nan_is_black, same_pixels_same_bytes_and_back, every_kind_is_read,
          sixteen_bits_are_kept, alpha_is_reported, damaged_files, huge_declared_sizes, failed_writes_leave_nothing,
          memory_that_runs_out)
