// SPDX-License-Identifier: BSD-3-Clause
// PNG pictures: the only caller of libpng. The library's errors jump back into the function that called setjmp last.
// Those functions (write_png, read_head, read_pixels) own nothing; their callers free everything. Colour spaces are
// ignored: the numbers in the file are the pixels.
#include "elbow/output/image.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SIDE_MAX = 16384, GREY = 128, LARGE = 64, FACTOR_MAX = 3, INFLATION = 1040, CHUNK_BYTES = 8000000 };

void elbow_picture_clear(struct elbow_picture *picture)
{
    elbow_release(&picture->pixels);
    *picture = (struct elbow_picture){0};
}

// The least factor that brings the longer side to 64 pixels, at most 3.
static size_t enlargement(size_t height, size_t width)
{
    size_t side = height > width ? height : width;
    size_t factor = (LARGE + side - 1) / side;
    return factor > FACTOR_MAX ? FACTOR_MAX : factor;
}

static uint8_t level(float value)
{
    if (!(value > 0)) // NaN too
        return 0;
    return value >= 1 ? 255 : (uint8_t)(value * 255 + 0.5f);
}

// Draws one image with its upper left corner at (top, left), enlarged.
static void draw(struct elbow_picture *picture, const float *image, size_t height, size_t width, size_t factor,
                 size_t top, size_t left)
{
    size_t channels = picture->channels;
    for (size_t y = 0; y < height * factor; ++y) {
        uint8_t *row = picture->pixels + ((top + y) * picture->width + left) * channels;
        const float *values = image + y / factor * width * channels;
        for (size_t x = 0; x < width * factor; ++x)
            for (size_t c = 0; c < channels; ++c)
                row[x * channels + c] = level(values[x / factor * channels + c]);
    }
}

enum elbow_status elbow_picture_grid(const float *images, size_t count, size_t columns, size_t height, size_t width,
                                     size_t channels, struct elbow_picture *picture, struct elbow_error *error)
{
    ELBOW_CHECK(images != NULL && picture != NULL && count > 0 && columns > 0 && height > 0 && width > 0);
    ELBOW_CHECK(channels == 1 || channels == 3);
    size_t factor = enlargement(height, width), rows = (count + columns - 1) / columns;
    size_t step_y = height * factor + 1, step_x = width * factor + 1;
    *picture = (struct elbow_picture){.height = rows * step_y + 1, .width = columns * step_x + 1, .channels = channels};
    size_t size = picture->height * picture->width * channels;
    enum elbow_status status = elbow_allocate(&picture->pixels, size, 1, "a picture", error);
    if (status != ELBOW_OK)
        return status;
    memset(picture->pixels, GREY, size);
    for (size_t i = 0; i < count; ++i)
        draw(picture, images + i * height * width * channels, height, width, factor, 1 + i / columns * step_y,
             1 + i % columns * step_x);
    return ELBOW_OK;
}

// libpng at work on a stream.
struct coder {
    png_structp png;
    png_infop info;
    FILE *stream; // reading
    char *bytes;  // writing: the bytes so far; owned
    size_t size, capacity;
    char warning[128], reason[300]; // last warning of libpng; its error
    size_t most;                    // bytes that libpng may take at once when it reads
};

static void give_up(png_structp png, png_const_charp message)
{
    struct coder *coder = png_get_error_ptr(png);
    elbow_text_format(coder->reason, sizeof coder->reason, "%s%s%s", message, coder->warning[0] == '\0' ? "" : "; ",
                      coder->warning);
    png_longjmp(png, 1);
}

// For some errors, the preceding warning has the reason.
static void keep_warning(png_structp png, png_const_charp message)
{
    struct coder *coder = png_get_error_ptr(png);
    elbow_text_format(coder->warning, sizeof coder->warning, "%s", message);
}

// libpng hands over the next bytes of the file.
static void take_bytes(png_structp png, png_bytep bytes, size_t length)
{
    struct coder *coder = png_get_io_ptr(png);
    if (length > coder->capacity - coder->size) {
        char *larger = NULL;
        size_t capacity = 2 * (coder->capacity + length);
        if (elbow_allocate(&larger, capacity, 1, "a picture", NULL) != ELBOW_OK)
            png_error(png, "no memory");
        if (coder->size > 0)
            memcpy(larger, coder->bytes, coder->size);
        elbow_release(&coder->bytes);
        coder->bytes = larger;
        coder->capacity = capacity;
    }
    memcpy(coder->bytes + coder->size, bytes, length);
    coder->size += length;
}

static void take_nothing(png_structp png)
{
    (void)png;
}

static bool write_png(struct coder *coder, const struct elbow_picture *picture)
{
    if (setjmp(png_jmpbuf(coder->png)) != 0)
        return false;
    png_set_write_fn(coder->png, coder, take_bytes, take_nothing);
    png_set_user_limits(coder->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_compression_level(coder->png, 6);
    png_set_IHDR(coder->png, coder->info, (png_uint_32)picture->width, (png_uint_32)picture->height, 8,
                 picture->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(coder->png, coder->info);
    for (size_t y = 0; y < picture->height; ++y)
        png_write_row(coder->png, picture->pixels + y * picture->width * picture->channels);
    png_write_end(coder->png, NULL);
    return true;
}

enum elbow_status elbow_picture_encode(const struct elbow_picture *picture, const char *path, char **bytes,
                                       size_t *size, struct elbow_error *error)
{
    ELBOW_CHECK(picture != NULL && picture->pixels != NULL && !picture->is_wide && path != NULL);
    ELBOW_CHECK(picture->channels == 1 || picture->channels == 3);
    struct coder coder = {.reason = "no memory"};
    *bytes = NULL;
    *size = 0;
    coder.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &coder, give_up, keep_warning);
    coder.info = coder.png == NULL ? NULL : png_create_info_struct(coder.png);
    bool is_written = coder.info != NULL && write_png(&coder, picture);
    png_destroy_write_struct(&coder.png, &coder.info);
    if (!is_written) {
        elbow_release(&coder.bytes);
        return elbow_error_set(error, ELBOW_OUTPUT, "%s: the picture cannot be made: %s", path, coder.reason);
    }
    *bytes = coder.bytes;
    *size = coder.size;
    return ELBOW_OK;
}

// The contents of a file, after the expansion to 8 or 16 bits per value.
struct raw {
    size_t height, width, channels; // 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
    size_t size;                    // bytes of a value: 1, or 2 in the order of this machine
    size_t packed_row;              // bytes of a row in the file, before the expansion
    uint8_t *bytes;
};

// Bytes of the file; 0 for a pipe.
static size_t file_size(FILE *stream)
{
    struct stat about;
    return fstat(fileno(stream), &about) == 0 && S_ISREG(about.st_mode) ? (size_t)about.st_size : 0;
}

static bool read_head(struct coder *coder, struct raw *raw)
{
    if (setjmp(png_jmpbuf(coder->png)) != 0)
        return false;
    png_init_io(coder->png, coder->stream);
    png_set_user_limits(coder->png, SIDE_MAX, SIDE_MAX);
    png_read_info(coder->png, coder->info);
    raw->packed_row = png_get_rowbytes(coder->png, coder->info);
    png_set_expand(coder->png); // palettes to RGB, few bits to 8, transparent colours to alpha
    if (BYTE_ORDER == LITTLE_ENDIAN)
        png_set_swap(coder->png); // of 16 bits
    png_set_interlace_handling(coder->png);
    png_read_update_info(coder->png, coder->info);
    raw->height = png_get_image_height(coder->png, coder->info);
    raw->width = png_get_image_width(coder->png, coder->info);
    raw->channels = png_get_channels(coder->png, coder->info);
    raw->size = png_get_bit_depth(coder->png, coder->info) == 16 ? 2 : 1;
    return true;
}

static bool read_pixels(struct coder *coder, const struct raw *raw)
{
    if (setjmp(png_jmpbuf(coder->png)) != 0)
        return false;
    int passes = png_get_interlace_type(coder->png, coder->info) == PNG_INTERLACE_NONE ? 1 : PNG_INTERLACE_ADAM7_PASSES;
    for (int pass = 0; pass < passes; ++pass)
        for (size_t y = 0; y < raw->height; ++y)
            png_read_row(coder->png, raw->bytes + y * raw->width * raw->channels * raw->size, NULL);
    png_read_end(coder->png, NULL);
    return true;
}

static enum elbow_status fail_read(const struct coder *coder, const char *path, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the PNG file is damaged or not supported (%s)", path,
                           feof(coder->stream) ? "it ends too early" : coder->reason);
}

// Deflate packs about 1032 to 1 at best: a small file that declares a large picture is damaged, and no memory is taken
// for it.
static bool is_possible(const struct raw *raw, FILE *stream)
{
    size_t size = file_size(stream);
    return size == 0 || (uint64_t)raw->height * raw->packed_row <= ((uint64_t)size + 64) * INFLATION;
}

static enum elbow_status read_raw(struct coder *coder, const char *path, struct raw *raw, struct elbow_error *error)
{
    if (!read_head(coder, raw))
        return fail_read(coder, path, error);
    if (!is_possible(raw, coder->stream))
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the PNG file is damaged (%zu x %zu pixels do not fit into so few bytes)", path,
                               raw->width, raw->height);
    enum elbow_status status = elbow_allocate(&raw->bytes, raw->height * raw->width, raw->channels * raw->size,
                                              "the pixels of a picture", error);
    if (status == ELBOW_OK && !read_pixels(coder, raw))
        status = fail_read(coder, path, error);
    return status;
}

// For a chunk that declares more bytes than the file has, libpng would allocate all of them; without this memory it
// skips the chunk.
static png_voidp take_bounded(png_structp png, png_alloc_size_t size)
{
    const struct coder *coder = png_get_mem_ptr(png);
    return size > coder->most ? NULL : malloc(size);
}

static void give_back(png_structp png, png_voidp memory)
{
    (void)png;
    free(memory);
}

static enum elbow_status read_stream(FILE *stream, const char *path, struct raw *raw, struct elbow_error *error)
{
    unsigned char signature[8];
    struct coder coder = {.stream = stream};
    if (fread(signature, sizeof signature, 1, stream) != 1 || png_sig_cmp(signature, 0, sizeof signature) != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: not a PNG file", path);
    size_t size = file_size(stream);
    coder.most = size > CHUNK_BYTES ? size : CHUNK_BYTES;
    coder.png =
        png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &coder, give_up, keep_warning, &coder, take_bounded, give_back);
    coder.info = coder.png == NULL ? NULL : png_create_info_struct(coder.png);
    enum elbow_status status;
    if (coder.info == NULL) {
        status = elbow_error_set(error, ELBOW_MEMORY, "%s: out of memory for libpng", path);
    } else {
        png_set_sig_bytes(coder.png, sizeof signature);
        status = read_raw(&coder, path, raw, error);
    }
    png_destroy_read_struct(&coder.png, &coder.info, NULL);
    return status;
}

// Over black: value times alpha, of `white` at the most.
static unsigned over_black(unsigned value, unsigned alpha, unsigned white)
{
    return (value * alpha + white / 2) / white;
}

static unsigned value_at(const uint8_t *bytes, size_t i, size_t size)
{
    return size == 1 ? bytes[i] : ((const uint16_t *)(const void *)bytes)[i];
}

static void put_value(uint8_t *bytes, size_t i, size_t size, unsigned value)
{
    if (size == 1)
        bytes[i] = (uint8_t)value;
    else
        ((uint16_t *)(void *)bytes)[i] = (uint16_t)value;
}

// Pixel i of the file as one of the picture. Grey of a colour is its luma (ITU-R BT.601).
static void convert(const struct raw *raw, size_t i, struct elbow_picture *picture)
{
    size_t from = i * raw->channels, to = i * picture->channels;
    unsigned white = raw->size == 1 ? UINT8_MAX : UINT16_MAX, alpha = white, colour[3];
    if (raw->channels % 2 == 0)
        alpha = value_at(raw->bytes, from + raw->channels - 1, raw->size);
    picture->is_transparent = picture->is_transparent || alpha < white;
    for (size_t c = 0; c < 3; ++c)
        colour[c] = over_black(value_at(raw->bytes, from + (raw->channels >= 3 ? c : 0), raw->size), alpha, white);
    if (picture->channels == 1) {
        put_value(picture->pixels, to, raw->size, (299 * colour[0] + 587 * colour[1] + 114 * colour[2] + 500) / 1000);
        return;
    }
    for (size_t c = 0; c < 3; ++c)
        put_value(picture->pixels, to + c, raw->size, colour[c]);
}

static enum elbow_status finish(const struct raw *raw, size_t channels, struct elbow_picture *picture,
                                struct elbow_error *error)
{
    if (channels == 0)
        channels = raw->channels >= 3 ? 3 : 1;
    size_t count = raw->height * raw->width;
    enum elbow_status status = elbow_allocate(&picture->pixels, count, channels * raw->size, "a picture", error);
    if (status != ELBOW_OK)
        return status;
    picture->height = raw->height;
    picture->width = raw->width;
    picture->channels = channels;
    picture->is_wide = raw->size == 2;
    picture->has_alpha = raw->channels % 2 == 0;
    for (size_t i = 0; i < count; ++i)
        convert(raw, i, picture);
    return ELBOW_OK;
}

enum elbow_status elbow_picture_read(const char *path, size_t channels, struct elbow_picture *picture,
                                     struct elbow_error *error)
{
    ELBOW_CHECK(path != NULL && picture != NULL && (channels <= 1 || channels == 3));
    *picture = (struct elbow_picture){0};
    int file = elbow_file_open_input(path, false);
    FILE *stream = file < 0 ? NULL : fdopen(file, "rb");
    if (stream == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", path, elbow_file_reason(errno));
    struct raw raw = {0};
    enum elbow_status status = read_stream(stream, path, &raw, error);
    fclose(stream);
    if (status == ELBOW_OK)
        status = finish(&raw, channels, picture, error);
    elbow_release(&raw.bytes);
    return status;
}
