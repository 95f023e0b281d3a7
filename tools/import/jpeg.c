// SPDX-License-Identifier: BSD-3-Clause
// JPEG files: the only caller of libjpeg. Its errors jump back to the last setjmp; the functions with one (read_head,
// read_pixels) own nothing. Colour profiles are ignored: the numbers in the file are the pixels.
#include "source.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jpeglib.h>

#include <jerror.h>

// A block of 64 pixels takes a bit at the least, and a channel may have a sixteenth of the blocks: three channels of
// one byte in 4096 to 1. More scans than any program writes are there to keep a reader busy.
enum { INFLATION = 4096, SCANS_MAX = 256, EXIF_BYTES = 0xffff };

struct jpeg {
    elbow_path path;
    FILE *stream;
    struct jpeg_decompress_struct info;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    char reason[JMSG_LENGTH_MAX];
    bool has_stray;
};

static void give_up(j_common_ptr info)
{
    struct jpeg *jpeg = info->client_data;
    info->err->format_message(info, jpeg->reason);
    longjmp(jpeg->jump, 1);
}

// libjpeg warns of damage and continues with grey. Only warnings that do not affect the pixels are ignored.
static void heed_message(j_common_ptr info, int level)
{
    struct jpeg *jpeg = info->client_data;
    int code = info->err->msg_code;
    if (level >= 0 || code == JWRN_ADOBE_XFORM || code == JWRN_JFIF_MAJOR || code == JWRN_BOGUS_ICC)
        return;
    if (code != JWRN_EXTRANEOUS_DATA)
        give_up(info);
    jpeg->has_stray = true;
}

static void say_nothing(j_common_ptr info)
{
    (void)info;
}

static void count_scans(j_common_ptr info)
{
    struct jpeg *jpeg = info->client_data;
    if (jpeg->info.input_scan_number <= SCANS_MAX)
        return;
    elbow_text_format(jpeg->reason, sizeof jpeg->reason, "it has more than %d scans", SCANS_MAX);
    longjmp(jpeg->jump, 1);
}

static bool read_head(struct jpeg *jpeg)
{
    struct jpeg_decompress_struct *info = &jpeg->info;
    if (setjmp(jpeg->jump) != 0)
        return false;
    info->err = jpeg_std_error(&jpeg->errors);
    info->client_data = jpeg;
    jpeg->errors.error_exit = give_up;
    jpeg->errors.emit_message = heed_message;
    jpeg->errors.output_message = say_nothing;
    jpeg_create_decompress(info);
    jpeg->progress.progress_monitor = count_scans;
    info->progress = &jpeg->progress;
    jpeg_stdio_src(info, jpeg->stream);
    jpeg_save_markers(info, JPEG_APP0 + 1, EXIF_BYTES);
    jpeg_read_header(info, TRUE);
    info->out_color_space = info->jpeg_color_space == JCS_GRAYSCALE ? JCS_GRAYSCALE : JCS_RGB;
    info->dct_method = JDCT_ISLOW; // whatever the library's default is
    jpeg_calc_output_dimensions(info);
    return true;
}

static bool read_pixels(struct jpeg *jpeg, unsigned char *pixels, size_t row_bytes)
{
    struct jpeg_decompress_struct *info = &jpeg->info;
    if (setjmp(jpeg->jump) != 0)
        return false;
    jpeg_start_decompress(info);
    while (info->output_scanline < info->output_height) {
        JSAMPROW row = pixels + info->output_scanline * row_bytes;
        jpeg_read_scanlines(info, &row, 1);
    }
    jpeg_finish_decompress(info);
    return true;
}

static void close_jpeg(void *file)
{
    struct jpeg *jpeg = file;
    if (jpeg->info.err != NULL)
        jpeg_destroy_decompress(&jpeg->info);
    if (jpeg->stream != NULL)
        fclose(jpeg->stream);
    elbow_release(&jpeg);
}

static enum elbow_status open_stream(struct jpeg *jpeg, const char *path, struct elbow_error *error)
{
    if (!elbow_text_format(jpeg->path, sizeof jpeg->path, "%s", path))
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    int file = elbow_file_open_input(path, false);
    jpeg->stream = file < 0 ? NULL : fdopen(file, "rb");
    return jpeg->stream != NULL ? ELBOW_OK
                                : elbow_error_set(error, ELBOW_FILE, "%s: %s", path, elbow_file_reason(errno));
}

static enum elbow_status open_jpeg(const char *path, void **file, uint64_t *pictures, struct elbow_error *error)
{
    struct jpeg *jpeg;
    *file = NULL;
    *pictures = 1;
    enum elbow_status status = elbow_allocate(&jpeg, 1, sizeof *jpeg, "a picture", error);
    if (status != ELBOW_OK)
        return status;
    status = open_stream(jpeg, path, error);
    if (status == ELBOW_OK)
        *file = jpeg;
    else
        close_jpeg(jpeg);
    return status;
}

static enum elbow_status fail_read(const struct jpeg *jpeg, struct elbow_error *error)
{
    if (ferror(jpeg->stream))
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read", jpeg->path);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the JPEG file is damaged or not supported (%s)", jpeg->path,
                           jpeg->reason);
}

// Colours that are refused, by the name that users know.
static const char *foreign_colours(const struct jpeg *jpeg)
{
    switch (jpeg->info.jpeg_color_space) {
    case JCS_GRAYSCALE:
    case JCS_YCbCr:
    case JCS_RGB:
        return NULL;
    case JCS_CMYK:
    case JCS_YCCK:
        return "CMYK colours";
    default:
        return "colours of an unknown kind";
    }
}

static enum elbow_status check_head(const struct jpeg *jpeg, struct elbow_error *error)
{
    const struct jpeg_decompress_struct *info = &jpeg->info;
    const char *colours = foreign_colours(jpeg);
    if (colours != NULL)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the JPEG file has %s, which cannot be imported; convert it to RGB or grey",
                               jpeg->path, colours);
    if (info->data_precision != 8)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the JPEG file has %d bits per value, 8 were expected; convert it to PNG or TIFF",
                               jpeg->path, info->data_precision);
    struct stat about;
    uint64_t size = fstat(fileno(jpeg->stream), &about) == 0 ? (uint64_t)about.st_size : 0;
    uint64_t bytes = (uint64_t)info->output_width * info->output_height * (unsigned)info->out_color_components;
    if (bytes > (size + 64) * INFLATION)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the JPEG file is damaged (%u x %u pixels do not fit into its bytes)", jpeg->path,
                               info->output_width, info->output_height);
    return ELBOW_OK;
}

static int orientation_of(const struct jpeg *jpeg)
{
    int orientation = 1;
    for (jpeg_saved_marker_ptr marker = jpeg->info.marker_list; marker != NULL && orientation == 1;
         marker = marker->next)
        orientation = import_exif_orientation(marker->data, marker->data_length);
    return orientation;
}

static enum elbow_status read_jpeg(void *file, struct import_picture *picture, struct elbow_error *error)
{
    struct jpeg *jpeg = file;
    if (!read_head(jpeg))
        return fail_read(jpeg, error);
    enum elbow_status status = check_head(jpeg, error);
    if (status != ELBOW_OK)
        return status;
    *picture = (struct import_picture){.element = ELBOW_ELEMENT_UINT8,
                                       .height = jpeg->info.output_height,
                                       .width = jpeg->info.output_width,
                                       .channels = (size_t)jpeg->info.out_color_components};
    int orientation = orientation_of(jpeg); // libjpeg frees the head with the last row
    size_t row_bytes = picture->width * picture->channels;
    status = elbow_allocate(&picture->pixels, picture->height, row_bytes, "the pixels of a picture", error);
    if (status == ELBOW_OK && !read_pixels(jpeg, picture->pixels, row_bytes))
        status = fail_read(jpeg, error);
    picture->has_stray = jpeg->has_stray;
    return status == ELBOW_OK ? import_picture_turn(picture, orientation, error) : status;
}

static bool matches(const unsigned char *head, size_t size)
{
    return size >= 3 && memcmp(head, "\xff\xd8\xff", 3) == 0;
}

static const struct import_decoder DECODER = {.open = open_jpeg, .read = read_jpeg, .close = close_jpeg};

const struct import_format import_format_jpeg = {
    .name = "JPEG", .matches = matches, .endings = ".jpg .jpeg .jpe .jfif", .decoder = &DECODER};
