// SPDX-License-Identifier: BSD-3-Clause
// The properties of a page of a TIFF file, and whether it can be imported.
#include "tiff_page.h"

#include "elbow/config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN = 1, HALF = 16 };

enum elbow_status import_tiff_fail(const struct tiff_file *file, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the TIFF file is damaged or not supported (%s)", file->place,
                           file->reason[0] != '\0' ? file->reason : "no reason is given");
}

static enum elbow_status refuse(const struct tiff_file *file, const char *what, const char *cure,
                                struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the TIFF file %s, which cannot be imported; %s", file->place, what,
                           cure);
}

static bool element_of(unsigned format, unsigned bits, enum elbow_element *element)
{
    static const struct {
        unsigned format, bits;
        enum elbow_element element;
    } TYPES[] = {{SAMPLEFORMAT_UINT, 1, ELBOW_ELEMENT_UINT8},      {SAMPLEFORMAT_UINT, 8, ELBOW_ELEMENT_UINT8},
                 {SAMPLEFORMAT_UINT, 16, ELBOW_ELEMENT_UINT16},    {SAMPLEFORMAT_UINT, 32, ELBOW_ELEMENT_UINT32},
                 {SAMPLEFORMAT_UINT, 64, ELBOW_ELEMENT_UINT64},    {SAMPLEFORMAT_INT, 8, ELBOW_ELEMENT_INT8},
                 {SAMPLEFORMAT_INT, 16, ELBOW_ELEMENT_INT16},      {SAMPLEFORMAT_INT, 32, ELBOW_ELEMENT_INT32},
                 {SAMPLEFORMAT_INT, 64, ELBOW_ELEMENT_INT64},      {SAMPLEFORMAT_IEEEFP, HALF, ELBOW_ELEMENT_FLOAT32},
                 {SAMPLEFORMAT_IEEEFP, 32, ELBOW_ELEMENT_FLOAT32}, {SAMPLEFORMAT_IEEEFP, 64, ELBOW_ELEMENT_FLOAT64}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; ++i) {
        if (TYPES[i].format != format || TYPES[i].bits != bits)
            continue;
        *element = TYPES[i].element;
        return true;
    }
    return false;
}

static enum elbow_status check_type(const struct tiff_file *file, struct tiff_page *page, struct elbow_error *error)
{
    static const char *const FORMATS[] = {
        "", "unsigned integers", "integers", "floats", "unsigned integers", "complex integers", "complex numbers"};
    if (page->format == SAMPLEFORMAT_VOID)
        page->format = SAMPLEFORMAT_UINT;
    if (element_of(page->format, page->bits, &page->element) && (page->bits > 1 || page->samples == 1))
        return ELBOW_OK;
    char what[64];
    const char *name = page->format < sizeof FORMATS / sizeof *FORMATS ? FORMATS[page->format] : "values";
    elbow_text_format(what, sizeof what, "holds %s of %u bits", name, page->bits);
    return refuse(file, what, "convert it to integers of 8, 16, 32 or 64 bits, or floats of 16, 32 or 64", error);
}

// Grey and RGB are imported unchanged; colours that need a table or a profile are refused.
static enum elbow_status check_colours(struct tiff_file *file, const struct tiff_page *page, struct elbow_error *error)
{
    static const char CURE[] = "convert it to RGB or grey";
    char what[64];
    switch (page->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MASK:
        return ELBOW_OK;
    case PHOTOMETRIC_RGB:
        return page->samples >= 3 ? ELBOW_OK : refuse(file, "has fewer than 3 channels of RGB", CURE, error);
    case PHOTOMETRIC_PALETTE:
        return refuse(file, "has a palette", CURE, error);
    case PHOTOMETRIC_SEPARATED:
        return refuse(file, "has CMYK colours", CURE, error);
    case PHOTOMETRIC_YCBCR:
        // libjpeg makes RGB of it, where it packs the pixels.
        if (page->compression == COMPRESSION_JPEG && page->samples == 3 && page->bits == 8 &&
            TIFFSetField(file->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) == 1)
            return ELBOW_OK;
        return refuse(file, "holds YCbCr", CURE, error);
    default:
        elbow_text_format(what, sizeof what, "holds colours of another kind (photometric %u)", page->photometric);
        return refuse(file, what, CURE, error);
    }
}

// One more channel than the colours need may be alpha; several more are channels like the others.
static enum elbow_status check_alpha(const struct tiff_file *file, struct tiff_page *page, struct elbow_error *error)
{
    uint16_t count = 0, *kinds = NULL;
    unsigned colours = page->photometric == PHOTOMETRIC_RGB ? 3 : 1;
    if (TIFFGetField(file->tiff, TIFFTAG_EXTRASAMPLES, &count, &kinds) != 1 || count != 1 || kinds == NULL ||
        page->samples != colours + 1 || (kinds[0] != EXTRASAMPLE_ASSOCALPHA && kinds[0] != EXTRASAMPLE_UNASSALPHA))
        return ELBOW_OK;
    page->has_alpha = true;
    page->is_premultiplied = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
    if (page->format == SAMPLEFORMAT_UINT && page->bits <= 16)
        return ELBOW_OK;
    char what[80];
    elbow_text_format(what, sizeof what, "has an alpha channel beside values of %s", elbow_element_name(page->element));
    return refuse(file, what, "save it without one, or with the channel declared unspecified", error);
}

// ImageJ and tifffile write pages that only they recognize: the first one would be read, and the others lost.
static enum elbow_status check_hidden(const struct tiff_file *file, struct elbow_error *error)
{
    const char *text = NULL;
    if (TIFFGetField(file->tiff, TIFFTAG_IMAGEDESCRIPTION, &text) != 1 || text == NULL)
        return ELBOW_OK;
    const char *images = strstr(text, "images=");
    bool is_hidden =
        strncmp(text, "ImageJ=", 7) == 0 && images != NULL && strtoull(images + 7, NULL, 10) > file->pictures;
    is_hidden = is_hidden || (text[0] == '{' && strstr(text, "\"truncated\": true") != NULL);
    if (!is_hidden)
        return ELBOW_OK;
    return refuse(file, "has more pictures than it has pages (as ImageJ stores large stacks)",
                  "save it again with a page for each picture", error);
}

// The best ratio of a codec, in bytes of pixels per byte of the file.
static uint64_t inflation(unsigned compression)
{
    switch (compression) {
    case COMPRESSION_NONE:
        return PLAIN;
    case COMPRESSION_PACKBITS:
        return 64;
    case COMPRESSION_LZW:
        return 4096;
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
        return 1040;
    default:
        return 65536;
    }
}

// The bytes of a row of `pixels` pixels in a block.
static uint64_t line_bytes(const struct tiff_page *page, uint64_t pixels)
{
    uint64_t samples = page->planar == PLANARCONFIG_SEPARATE ? 1 : page->samples;
    return (pixels * samples * page->bits + 7) / 8;
}

// Tiles, or strips of whole rows.
static void describe_blocks(struct tiff_file *file, struct tiff_page *page)
{
    page->is_tiled = TIFFIsTiled(file->tiff) != 0;
    page->block_width = page->width;
    if (page->is_tiled) {
        TIFFGetField(file->tiff, TIFFTAG_TILEWIDTH, &page->block_width);
        TIFFGetField(file->tiff, TIFFTAG_TILELENGTH, &page->block_height);
        page->block_bytes = TIFFTileSize64(file->tiff);
        page->block_line = TIFFTileRowSize64(file->tiff);
        return;
    }
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_ROWSPERSTRIP, &page->block_height);
    if (page->block_height > page->height)
        page->block_height = page->height;
    page->block_line = TIFFScanlineSize64(file->tiff);
    page->block_bytes = page->block_line * page->block_height;
}

// Memory is only allocated for pixels that the file can contain.
static enum elbow_status check_size(const struct tiff_file *file, const struct tiff_page *page,
                                    struct elbow_error *error)
{
    uint64_t values = (uint64_t)page->height * page->width, most;
    if (page->height == 0 || page->width == 0 || page->samples == 0 || page->block_height == 0 ||
        page->block_width == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the TIFF file holds no values", file->place);
    if (__builtin_mul_overflow(values, page->samples, &values) || values > ELBOW_VALUES_MAX)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the TIFF file declares rows of more than %d values, the supported maximum",
                               file->place, ELBOW_VALUES_MAX);
    if (__builtin_mul_overflow(file->size + 64, inflation(page->compression), &most))
        most = UINT64_MAX;
    if (line_bytes(page, page->width) * page->height > most || page->block_bytes > most)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the TIFF file is damaged (%u x %u pixels do not fit into its bytes)", file->place,
                               page->width, page->height);
    if (page->block_line != line_bytes(page, page->block_width) ||
        page->block_bytes < page->block_line * page->block_height)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the TIFF file is damaged (its rows have %llu bytes, not %llu)",
                               file->place, (unsigned long long)page->block_line,
                               (unsigned long long)line_bytes(page, page->block_width));
    return ELBOW_OK;
}

enum elbow_status import_tiff_describe(struct tiff_file *file, struct tiff_page *page, struct elbow_error *error)
{
    uint32_t depth = 1;
    *page = (struct tiff_page){.photometric = PHOTOMETRIC_MINISBLACK};
    TIFFGetField(file->tiff, TIFFTAG_IMAGELENGTH, &page->height);
    TIFFGetField(file->tiff, TIFFTAG_IMAGEWIDTH, &page->width);
    TIFFGetField(file->tiff, TIFFTAG_PHOTOMETRIC, &page->photometric);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SAMPLESPERPIXEL, &page->samples);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_BITSPERSAMPLE, &page->bits);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_SAMPLEFORMAT, &page->format);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_PLANARCONFIG, &page->planar);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_COMPRESSION, &page->compression);
    TIFFGetFieldDefaulted(file->tiff, TIFFTAG_ORIENTATION, &page->orientation);
    TIFFGetField(file->tiff, TIFFTAG_IMAGEDEPTH, &depth);
    if (depth > 1)
        return refuse(file, "holds a volume in one page", "save it with a page for each picture", error);
    if (!TIFFIsCODECConfigured(page->compression))
        return refuse(file, "is compressed in a way that this libtiff does not support", "save it with Deflate or LZW",
                      error);
    enum elbow_status status = check_type(file, page, error);
    if (status == ELBOW_OK)
        status = check_colours(file, page, error);
    if (status == ELBOW_OK)
        status = check_alpha(file, page, error);
    if (status == ELBOW_OK)
        status = check_hidden(file, error);
    if (status != ELBOW_OK)
        return status;
    describe_blocks(file, page);
    return check_size(file, page, error);
}
