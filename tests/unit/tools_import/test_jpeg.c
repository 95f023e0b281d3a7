// SPDX-License-Identifier: BSD-3-Clause
// JPEG files that libjpeg writes on purpose: with more scans than anybody needs, each of which a reader has to go
// through.
#include "import/source.h"

#include "elbow/base/memory.h"

#include "scratch.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

enum { SIDE = 16, SCANS = 400, SHIFT = 4, COEFFICIENTS = 64 };

// A script of at least this number of scans: each coefficient by itself, bit by bit.
static int script(jpeg_scan_info *scans, int most)
{
    int count = 0;
    for (int k = 0; k < COEFFICIENTS; ++k)
        for (int bit = SHIFT; bit >= 0 && count < most; --bit)
            scans[count++] =
                (jpeg_scan_info){.comps_in_scan = 1, .Ss = k, .Se = k, .Ah = bit == SHIFT ? 0 : bit + 1, .Al = bit};
    return count;
}

static void write_jpeg(const char *path, int scan_count)
{
    struct jpeg_compress_struct info;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[SCANS];
    JSAMPLE pixels[SIDE];
    FILE *stream = fopen(path, "wb");
    ck_assert(stream != NULL);
    info.err = jpeg_std_error(&errors);
    jpeg_create_compress(&info);
    jpeg_stdio_dest(&info, stream);
    info.image_width = info.image_height = SIDE;
    info.input_components = 1;
    info.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&info);
    jpeg_set_quality(&info, 100, TRUE);
    info.scan_info = scans;
    info.num_scans = script(scans, scan_count);
    jpeg_start_compress(&info, TRUE);
    for (int y = 0; y < SIDE; ++y) {
        JSAMPROW row = pixels;
        for (int x = 0; x < SIDE; ++x)
            pixels[x] = (JSAMPLE)(x * y);
        jpeg_write_scanlines(&info, &row, 1);
    }
    jpeg_finish_compress(&info);
    jpeg_destroy_compress(&info);
    ck_assert_int_eq(fclose(stream), 0);
}

static enum elbow_status read_jpeg(const char *path, struct elbow_error *error)
{
    struct import_source source;
    uint8_t row[SIDE * SIDE];
    enum elbow_status status = import_source_open(path, &(struct import_reading){0}, &source, error);
    if (status == ELBOW_OK)
        status = source.read(&source, 1, row, error);
    import_source_close(&source);
    return status;
}

START_TEST(more_scans_than_anybody_writes_are_refused)
{
    struct scratch scratch = scratch_make();
    struct elbow_error error = {0};
    const char *path = scratch_path(&scratch, "x.jpg");
    write_jpeg(path, COEFFICIENTS);
    ck_assert_msg(read_jpeg(path, &error) == ELBOW_OK, "%s", error.message);
    write_jpeg(path, SCANS);
    ck_assert_int_eq(read_jpeg(path, &error), ELBOW_FORMAT);
    ck_assert_msg(strstr(error.message, "more than 256 scans") != NULL, "%s", error.message);
    scratch_clear(&scratch);
}
END_TEST

UNIT_MAIN("tools/import/jpeg", more_scans_than_anybody_writes_are_refused)
