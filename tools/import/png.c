// SPDX-License-Identifier: BSD-3-Clause
// PNG files, read by elbow/output/image.h.
#include "source.h"

#include "elbow/base/memory.h"
#include "elbow/output/image.h"

#include <string.h>

static enum elbow_status open_png(const char *path, void **file, uint64_t *pictures, struct elbow_error *error)
{
    *file = NULL;
    *pictures = 1;
    char *copy;
    enum elbow_status status = elbow_duplicate(&copy, path, error);
    if (status == ELBOW_OK)
        *file = copy;
    return status;
}

static enum elbow_status read_png(void *file, struct import_picture *picture, struct elbow_error *error)
{
    struct elbow_picture read;
    enum elbow_status status = elbow_picture_read(file, 0, &read, error);
    if (status != ELBOW_OK)
        return status;
    *picture = (struct import_picture){.element = read.is_wide ? ELBOW_ELEMENT_UINT16 : ELBOW_ELEMENT_UINT8,
                                       .height = read.height,
                                       .width = read.width,
                                       .channels = read.channels,
                                       .pixels = read.pixels,
                                       .has_alpha = read.has_alpha,
                                       .is_transparent = read.is_transparent};
    return ELBOW_OK;
}

static void close_png(void *file)
{
    elbow_release(&file);
}

static bool matches(const unsigned char *head, size_t size)
{
    return size >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

static const struct import_decoder DECODER = {.open = open_png, .read = read_png, .close = close_png};

const struct import_format import_format_png = {
    .name = "PNG", .matches = matches, .endings = ".png", .decoder = &DECODER};
