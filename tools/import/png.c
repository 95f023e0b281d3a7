// SPDX-License-Identifier: BSD-3-Clause
// PNG files: one, or all of a folder in the natural order of their names, so that img2 stands before img10. All have
// the shape of the first. Files are read one at a time.
#include "source.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/output/image.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct folder {
    char **names; // of the files; NULL for a single file
    size_t count, size, next;
};

// Runs of digits are compared as numbers, all else as bytes; names that are equal so are compared as bytes.
static int natural_order(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    const char *first_a = a, *first_b = b;
    while (*a != '\0' && *b != '\0') {
        if (!isdigit((unsigned char)*a) || !isdigit((unsigned char)*b)) {
            if (*a != *b)
                return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
            ++a, ++b;
            continue;
        }
        a += strspn(a, "0");
        b += strspn(b, "0");
        size_t digits_a = strspn(a, "0123456789"), digits_b = strspn(b, "0123456789");
        if (digits_a != digits_b)
            return digits_a < digits_b ? -1 : 1;
        int order = strncmp(a, b, digits_a);
        if (order != 0)
            return order;
        a += digits_a;
        b += digits_b;
    }
    if (*a != *b)
        return *a == '\0' ? -1 : 1;
    return strcmp(first_a, first_b);
}

static bool is_png_name(const char *name)
{
    size_t length = strlen(name);
    return name[0] != '.' && length > 4 && strcasecmp(name + length - 4, ".png") == 0;
}

static enum elbow_status add_name(struct folder *folder, const char *name, struct elbow_error *error)
{
    if (folder->count == folder->size) {
        size_t size = folder->size == 0 ? 256 : 2 * folder->size;
        char **names;
        enum elbow_status status = elbow_allocate(&names, size, sizeof *names, "names of files", error);
        if (status != ELBOW_OK)
            return status;
        if (folder->count > 0)
            memcpy(names, folder->names, folder->count * sizeof *names);
        elbow_release(&folder->names);
        folder->names = names;
        folder->size = size;
    }
    enum elbow_status status = elbow_duplicate(&folder->names[folder->count], name, error);
    folder->count += status == ELBOW_OK;
    return status;
}

static enum elbow_status list_folder(struct folder *folder, const char *path, struct elbow_error *error)
{
    DIR *directory = opendir(path);
    if (directory == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", path, strerror(errno));
    enum elbow_status status = ELBOW_OK;
    for (struct dirent *entry = readdir(directory); entry != NULL && status == ELBOW_OK; entry = readdir(directory))
        if (is_png_name(entry->d_name))
            status = add_name(folder, entry->d_name, error);
    closedir(directory);
    if (status != ELBOW_OK)
        return status;
    if (folder->count == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: there is no .png file in this folder", path);
    qsort(folder->names, folder->count, sizeof *folder->names, natural_order);
    elbow_text_print(stdout, "elbow-import: %s: %zu PNG files in natural order, from %s to %s\n", path, folder->count,
                     folder->names[0], folder->names[folder->count - 1]);
    return ELBOW_OK;
}

static enum elbow_status read_picture(const struct import_source *source, size_t index, struct elbow_picture *picture,
                                      char *path, size_t size, struct elbow_error *error)
{
    const struct folder *folder = source->state;
    bool fits = folder->names == NULL ? elbow_text_format(path, size, "%s", source->path)
                                      : elbow_text_format(path, size, "%s/%s", source->path, folder->names[index]);
    if (!fits)
        return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
    return elbow_picture_read(path, 0, picture, error);
}

static const char *colours(size_t channels, bool is_wide)
{
    if (is_wide)
        return channels == 1 ? "grey of 16 bits" : "colour of 16 bits";
    return channels == 1 ? "grey" : "colour";
}

static void note_alpha(struct import_source *source, const struct elbow_picture *picture, const char *path)
{
    struct import_alpha *alpha = &source->alpha;
    alpha->pictures += picture->has_alpha;
    if (picture->is_transparent && alpha->transparent++ == 0)
        elbow_text_format(alpha->first, sizeof alpha->first, "%s", path);
}

static enum elbow_status read_row(struct import_source *source, uint8_t *row, struct elbow_error *error)
{
    struct folder *folder = source->state;
    struct elbow_picture picture;
    char path[ELBOW_PATH_SIZE];
    enum elbow_status status = read_picture(source, folder->next++, &picture, path, sizeof path, error);
    if (status != ELBOW_OK)
        return status;
    size_t channels = source->rank == 3 ? 3 : 1;
    bool is_wide = source->element == ELBOW_ELEMENT_UINT16;
    note_alpha(source, &picture, path);
    if (picture.height == source->shape[0] && picture.width == source->shape[1] && picture.channels == channels &&
        picture.is_wide == is_wide)
        memcpy(row, picture.pixels, picture.height * picture.width * channels * elbow_element_size(source->element));
    else
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: the picture is %zu x %zu %s, the first one is %zu x %zu %s",
                                 path, picture.height, picture.width, colours(picture.channels, picture.is_wide),
                                 (size_t)source->shape[0], (size_t)source->shape[1], colours(channels, is_wide));
    elbow_picture_clear(&picture);
    return status;
}

static enum elbow_status read_rows(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    size_t row_bytes = import_shape_values(source->rank, source->shape) * elbow_element_size(source->element);
    for (uint64_t i = 0; i < count; ++i) {
        enum elbow_status status = read_row(source, (uint8_t *)rows + i * row_bytes, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static void close_source(struct import_source *source)
{
    struct folder *folder = source->state;
    for (size_t i = 0; folder->names != NULL && i < folder->count; ++i)
        elbow_release(&folder->names[i]);
    elbow_release(&folder->names);
    elbow_release(&folder);
}

// The first picture tells the shape of all.
static enum elbow_status take_shape(struct import_source *source, struct elbow_error *error)
{
    struct elbow_picture picture;
    char path[ELBOW_PATH_SIZE];
    enum elbow_status status = read_picture(source, 0, &picture, path, sizeof path, error);
    if (status != ELBOW_OK)
        return status;
    source->element = picture.is_wide ? ELBOW_ELEMENT_UINT16 : ELBOW_ELEMENT_UINT8;
    source->is_image = true;
    source->rank = picture.channels == 1 ? 2 : 3;
    source->shape[0] = picture.height;
    source->shape[1] = picture.width;
    source->shape[2] = picture.channels;
    elbow_picture_clear(&picture);
    return ELBOW_OK;
}

static bool matches(const unsigned char *head, size_t size)
{
    return size >= 8 && memcmp(head, "\x89PNG\r\n\x1a\n", 8) == 0;
}

// Files are read by their names, one at a time.
static enum elbow_status open_png(struct import_stream *stream, const struct import_reading *reading,
                                  struct import_source *source, struct elbow_error *error)
{
    (void)reading;
    bool is_folder = stream == NULL;
    import_stream_close(stream);
    struct folder *folder;
    enum elbow_status status = elbow_allocate(&folder, 1, sizeof *folder, "a folder", error);
    if (status != ELBOW_OK)
        return status;
    source->state = folder;
    source->read = read_rows;
    source->close = close_source;
    if (is_folder)
        status = list_folder(folder, source->path, error);
    source->rows = is_folder ? folder->count : 1;
    return status == ELBOW_OK ? take_shape(source, error) : status;
}

const struct import_format import_format_png = {
    .name = "PNG", .takes_folders = true, .matches = matches, .open = open_png};
