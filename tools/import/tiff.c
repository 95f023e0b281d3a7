// SPDX-License-Identifier: BSD-3-Clause
// TIFF files: each page is a picture. Pages that declare themselves previews or masks are skipped. libtiff reads
// through our functions, and prints nothing.
#include "source.h"
#include "tiff_page.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static tmsize_t read_bytes(thandle_t user, void *bytes, tmsize_t size)
{
    const struct tiff_file *file = user;
    return elbow_file_get(file->descriptor, bytes, (size_t)size);
}

static tmsize_t write_bytes(thandle_t user, void *bytes, tmsize_t size)
{
    (void)user, (void)bytes, (void)size;
    return -1;
}

static toff_t seek(thandle_t user, toff_t offset, int whence)
{
    const struct tiff_file *file = user;
    return (toff_t)lseek(file->descriptor, (off_t)offset, whence);
}

static int close_nothing(thandle_t user)
{
    (void)user;
    return 0;
}

static toff_t size_of(thandle_t user)
{
    const struct tiff_file *file = user;
    return file->size;
}

__attribute__((format(printf, 2, 0))) static void keep(struct tiff_file *file, const char *format, va_list list)
{
    if (file == NULL || file->reason[0] != '\0')
        return;
    vsnprintf(file->reason, sizeof file->reason, format, list);
    for (char *at = file->reason; *at != '\0'; ++at)
        if (*at == '\n')
            *at = ' ';
    size_t length = strlen(file->reason);
    if (length > 0 && file->reason[length - 1] == '.')
        file->reason[length - 1] = '\0';
}

__attribute__((format(printf, 3, 0))) static void keep_error(thandle_t user, const char *module, const char *format,
                                                             va_list list)
{
    (void)module;
    keep(user, format, list);
}

// libjpeg and the fax codecs warn of damage, and continue.
__attribute__((format(printf, 3, 0))) static void keep_warning(thandle_t user, const char *module, const char *format,
                                                               va_list list)
{
    struct tiff_file *file = user;
    if (file != NULL && file->is_decoding && module != NULL &&
        (strncmp(module, "JPEGLib", 7) == 0 || strncmp(module, "Fax", 3) == 0))
        keep(file, format, list);
}

static void close_tiff(void *opened)
{
    struct tiff_file *file = opened;
    if (file->tiff != NULL)
        TIFFClose(file->tiff);
    if (file->descriptor >= 0)
        close(file->descriptor);
    elbow_release(&file);
}

// Previews and masks are not pictures.
static bool is_picture(TIFF *tiff)
{
    uint32_t kind = 0;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &kind);
    return (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0;
}

// Advances to the next page; *is_there says whether there is one. FORMAT if this cannot be determined.
static enum elbow_status advance(struct tiff_file *file, bool *is_there, struct elbow_error *error)
{
    *is_there = TIFFLastDirectory(file->tiff) == 0;
    file->reason[0] = '\0';
    if (!*is_there || TIFFReadDirectory(file->tiff) == 1)
        return ELBOW_OK;
    if (file->reason[0] == '\0') // pages that lead back to themselves are no error of libtiff's
        elbow_text_format(file->reason, sizeof file->reason, "its list of pages is broken");
    return import_tiff_fail(file, error);
}

// Counts the pages and goes back to the first one.
static enum elbow_status count_pages(struct tiff_file *file, struct elbow_error *error)
{
    bool is_there = true;
    while (is_there) {
        file->pictures += is_picture(file->tiff);
        enum elbow_status status = advance(file, &is_there, error);
        if (status != ELBOW_OK)
            return status;
    }
    if (file->pictures == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the TIFF file holds only previews or masks", file->path);
    return TIFFSetDirectory(file->tiff, 0) == 1 ? ELBOW_OK : import_tiff_fail(file, error);
}

static enum elbow_status open_handle(struct tiff_file *file, struct elbow_error *error)
{
    struct stat about;
    file->descriptor = elbow_file_open_input(file->path, false);
    if (file->descriptor < 0 || fstat(file->descriptor, &about) != 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", file->path, elbow_file_reason(errno));
    file->size = (uint64_t)about.st_size;
    TIFFSetErrorHandler(NULL);
    TIFFSetWarningHandler(NULL);
    TIFFSetErrorHandlerExt(keep_error);
    TIFFSetWarningHandlerExt(keep_warning);
    // m: no mapping, because truncation of the file would end the program.
    file->tiff =
        TIFFClientOpen(file->path, "rm", file, read_bytes, write_bytes, seek, close_nothing, size_of, NULL, NULL);
    return file->tiff == NULL ? import_tiff_fail(file, error) : count_pages(file, error);
}

static enum elbow_status open_tiff(const char *path, void **opened, uint64_t *pictures, struct elbow_error *error)
{
    struct tiff_file *file;
    *opened = NULL;
    enum elbow_status status = elbow_allocate(&file, 1, sizeof *file, "a TIFF file", error);
    if (status != ELBOW_OK)
        return status;
    file->descriptor = -1;
    elbow_text_format(file->place, sizeof file->place, "%s", path);
    if (elbow_text_format(file->path, sizeof file->path, "%s", path))
        status = open_handle(file, error);
    else
        status = elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    *pictures = file->pictures;
    if (status == ELBOW_OK)
        *opened = file;
    else
        close_tiff(file);
    return status;
}

static enum elbow_status read_tiff(void *opened, struct import_picture *picture, struct elbow_error *error)
{
    struct tiff_file *file = opened;
    struct tiff_page page;
    bool is_there = true;
    enum elbow_status status = ELBOW_OK;
    ELBOW_CHECK(file->next < file->pictures);
    if (file->next > 0)
        status = advance(file, &is_there, error);
    while (status == ELBOW_OK && is_there && !is_picture(file->tiff))
        status = advance(file, &is_there, error);
    if (status == ELBOW_OK && !is_there)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: the file was changed while it was read", file->path);
    if (status != ELBOW_OK)
        return status;
    ++file->next;
    if (file->pictures > 1)
        snprintf(file->place, sizeof file->place, "%s, page %llu", file->path, (unsigned long long)file->next);
    status = import_tiff_describe(file, &page, error);
    return status == ELBOW_OK ? import_tiff_pixels(file, &page, picture, error) : status;
}

static bool matches(const unsigned char *head, size_t size)
{
    static const char MAGICS[4][5] = {"II*\0", "MM\0*", "II+\0", "MM\0+"};
    for (size_t i = 0; i < 4; ++i)
        if (size >= 4 && memcmp(head, MAGICS[i], 4) == 0)
            return true;
    return false;
}

static const struct import_decoder DECODER = {
    .has_pages = true, .open = open_tiff, .read = read_tiff, .close = close_tiff};

const struct import_format import_format_tiff = {
    .name = "TIFF", .matches = matches, .endings = ".tif .tiff", .decoder = &DECODER};
