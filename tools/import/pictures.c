// SPDX-License-Identifier: BSD-3-Clause
// Pictures as rows. Files of any format are read one at a time; one picture is in memory.
#include "pictures.h"

#include "folder.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct pictures {
    struct import_folder folder;
    bool is_folder;
    size_t next;                          // file to be opened
    const struct import_decoder *decoder; // of the open file; NULL: none is open
    void *file;
    uint64_t left, page;   // pictures of it that are still to come; number of the last one
    elbow_path path;       // of it
    elbow_path first_path; // of the first picture
};

static enum elbow_status path_of(const struct import_source *source, size_t index, elbow_path path,
                                 struct elbow_error *error)
{
    const struct pictures *pictures = source->state;
    const char *name = pictures->folder.files[index].name;
    bool fits = pictures->is_folder ? import_folder_path(source->path, name, path)
                                    : elbow_text_format(path, ELBOW_PATH_SIZE, "%s", source->path);
    return fits ? ELBOW_OK : elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", path);
}

// The decoder of a file, by its content.
static enum elbow_status find_decoder(const char *path, const struct import_decoder **decoder,
                                      struct elbow_error *error)
{
    unsigned char head[IMPORT_HEAD];
    int file = elbow_file_open_input(path, false);
    if (file < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", path, elbow_file_reason(errno));
    ssize_t size = elbow_file_get(file, head, sizeof head);
    int reason = errno;
    close(file);
    if (size < 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be read: %s", path, strerror(reason));
    const struct import_format *format = import_format_find(head, (size_t)size);
    *decoder = format == NULL ? NULL : format->decoder;
    if (*decoder != NULL)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s: %s, in spite of its name; remove it from the folder, or repair it",
                           path, size == 0 ? "the file is empty" : "it is not a picture");
}

static void close_file(struct pictures *pictures)
{
    if (pictures->decoder != NULL)
        pictures->decoder->close(pictures->file);
    pictures->decoder = NULL;
}

static enum elbow_status open_file(struct import_source *source, struct elbow_error *error)
{
    struct pictures *pictures = source->state;
    const struct import_decoder *decoder;
    enum elbow_status status = path_of(source, pictures->next, pictures->path, error);
    if (status == ELBOW_OK)
        status = find_decoder(pictures->path, &decoder, error);
    if (status == ELBOW_OK)
        status = decoder->open(pictures->path, &pictures->file, &pictures->left, error);
    if (status != ELBOW_OK)
        return status;
    pictures->decoder = decoder;
    pictures->page = 0;
    uint64_t expected = pictures->folder.files[pictures->next++].pictures;
    if (pictures->left == expected)
        return ELBOW_OK;
    if (expected == 1)
        return elbow_error_set(
            error, ELBOW_FORMAT,
            "%s: holds %llu pictures, as a TIFF file may, but has another name; rename it to end in .tif",
            pictures->path, (unsigned long long)pictures->left);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the file was changed while it was read", pictures->path);
}

static void note(struct import_noted *noted, bool is_so, const char *path)
{
    if (is_so && noted->pictures++ == 0)
        elbow_text_format(noted->first, sizeof noted->first, "%s", path);
}

// The next picture, from the current or the next file.
static enum elbow_status next_picture(struct import_source *source, struct import_picture *picture,
                                      struct elbow_error *error)
{
    struct pictures *pictures = source->state;
    *picture = (struct import_picture){0};
    enum elbow_status status = pictures->decoder == NULL ? open_file(source, error) : ELBOW_OK;
    if (status == ELBOW_OK)
        status = pictures->decoder->read(pictures->file, picture, error);
    if (status != ELBOW_OK)
        return status;
    ++pictures->page;
    if (--pictures->left == 0)
        close_file(pictures);
    return ELBOW_OK;
}

// "grey", "colour of 16 bits", "5 channels of float32".
static void describe_kind(char *text, size_t size, size_t channels, enum elbow_element element)
{
    char depth[32] = "";
    if (element == ELBOW_ELEMENT_UINT16)
        elbow_text_format(depth, sizeof depth, " of 16 bits");
    else if (element != ELBOW_ELEMENT_UINT8)
        elbow_text_format(depth, sizeof depth, " of %s", elbow_element_name(element));
    if (channels == 1 || channels == 3)
        elbow_text_format(text, size, "%s%s", channels == 1 ? "grey" : "colour", depth);
    else
        elbow_text_format(text, size, "%zu channels%s", channels, depth);
}

static size_t channels_of(const struct import_source *source)
{
    return source->rank == 3 ? (size_t)source->shape[2] : 1;
}

static enum elbow_status refuse_other(const struct import_source *source, const struct import_picture *picture,
                                      struct elbow_error *error)
{
    const struct pictures *pictures = source->state;
    char here[64], there[64], page[32] = "";
    bool same_size = picture->height == source->shape[0] && picture->width == source->shape[1];
    describe_kind(here, sizeof here, picture->channels, picture->element);
    describe_kind(there, sizeof there, channels_of(source), source->element);
    if (pictures->page > 1)
        elbow_text_format(page, sizeof page, ", page %llu", (unsigned long long)pictures->page);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s%s: the picture is %zu x %zu %s, the first one is %zu x %zu %s (%s); convert all to one "
                           "%s, or import the others separately",
                           pictures->path, page, picture->height, picture->width, here, (size_t)source->shape[0],
                           (size_t)source->shape[1], there, pictures->first_path, same_size ? "kind" : "size");
}

static enum elbow_status read_row(struct import_source *source, void *row, struct elbow_error *error)
{
    const struct pictures *pictures = source->state;
    struct import_picture picture;
    enum elbow_status status = next_picture(source, &picture, error);
    if (status == ELBOW_OK && (picture.height != source->shape[0] || picture.width != source->shape[1] ||
                               picture.channels != channels_of(source) || picture.element != source->element))
        status = refuse_other(source, &picture, error);
    if (status == ELBOW_OK) {
        memcpy(row, picture.pixels,
               picture.height * picture.width * picture.channels * elbow_element_size(picture.element));
        note(&source->alpha, picture.has_alpha, pictures->path);
        note(&source->transparent, picture.is_transparent, pictures->path);
        note(&source->turned, picture.is_turned, pictures->path);
        note(&source->stray, picture.has_stray, pictures->path);
    }
    elbow_release(&picture.pixels);
    return status;
}

static enum elbow_status read_rows(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error)
{
    size_t row_bytes = import_shape_values(source->rank, source->shape) * elbow_element_size(source->element);
    for (uint64_t i = 0; i < count; ++i) {
        enum elbow_status status = read_row(source, (char *)rows + i * row_bytes, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static void close_source(struct import_source *source)
{
    struct pictures *pictures = source->state;
    close_file(pictures);
    import_folder_clear(&pictures->folder);
    elbow_release(&pictures);
}

// The first picture determines the shape of all; then reading starts again.
static enum elbow_status take_shape(struct import_source *source, struct elbow_error *error)
{
    struct pictures *pictures = source->state;
    struct import_picture picture;
    enum elbow_status status = next_picture(source, &picture, error);
    if (status == ELBOW_OK) {
        source->element = picture.element;
        source->is_image = picture.element == ELBOW_ELEMENT_UINT8 || picture.element == ELBOW_ELEMENT_UINT16;
        source->rank = picture.channels == 1 ? 2 : 3;
        source->shape[0] = picture.height;
        source->shape[1] = picture.width;
        source->shape[2] = picture.channels;
        elbow_text_format(pictures->first_path, sizeof pictures->first_path, "%s", pictures->path);
    }
    elbow_release(&picture.pixels);
    close_file(pictures);
    pictures->next = 0;
    return status;
}

// The number of pictures in a file whose format has pages: they must be counted.
static enum elbow_status count_file(const struct import_source *source, size_t index, struct elbow_error *error)
{
    struct pictures *pictures = source->state;
    const struct import_decoder *decoder;
    elbow_path path;
    void *file;
    enum elbow_status status = path_of(source, index, path, error);
    if (status == ELBOW_OK)
        status = find_decoder(path, &decoder, error);
    if (status == ELBOW_OK)
        status = decoder->open(path, &file, &pictures->folder.files[index].pictures, error);
    if (status == ELBOW_OK)
        decoder->close(file);
    return status;
}

static enum elbow_status count_all(struct import_source *source, const struct import_reading *reading,
                                   struct elbow_error *error)
{
    struct pictures *pictures = source->state;
    struct import_folder *folder = &pictures->folder;
    for (size_t i = 0; i < folder->count; ++i) {
        bool has_pages = !pictures->is_folder || import_format_of_name(folder->files[i].name)->decoder->has_pages;
        enum elbow_status status = has_pages ? count_file(source, i, error) : ELBOW_OK;
        if (status != ELBOW_OK)
            return status;
        if (__builtin_add_overflow(source->rows, folder->files[i].pictures, &source->rows))
            return elbow_error_set(error, ELBOW_FORMAT, "%s: more pictures than there can be", source->path);
        if (reading->progress != NULL)
            import_progress_report(reading->progress, source->path, "scanned", i + 1, folder->count);
    }
    if (source->rows > folder->count)
        elbow_text_print(stdout, "elbow-import: %s: %llu pages, each a row\n", source->path,
                         (unsigned long long)source->rows);
    return ELBOW_OK;
}

// Rows of a class are pictures, not files.
static void count_classes(struct import_source *source)
{
    struct pictures *pictures = source->state;
    struct import_folder *folder = &pictures->folder;
    size_t at = 0;
    for (size_t i = 0; i < folder->class_count; ++i) {
        size_t files = folder->classes[i].rows;
        folder->classes[i].rows = 0;
        for (size_t k = 0; k < files; ++k)
            folder->classes[i].rows += folder->files[at++].pictures;
    }
    source->classes = folder->classes;
    source->class_count = folder->class_count;
}

static enum elbow_status list_files(struct import_source *source, struct elbow_error *error)
{
    struct pictures *pictures = source->state;
    enum elbow_status status;
    if (!pictures->is_folder)
        return import_folder_single(&pictures->folder, source->path, error);
    status = import_folder_list(source->path, &pictures->folder, error);
    if (status != ELBOW_OK)
        return status;
    import_folder_report(source->path, &pictures->folder);
    source->kind = import_folder_format(&pictures->folder);
    if (source->kind == NULL)
        source->kind = "pictures";
    return ELBOW_OK;
}

enum elbow_status import_pictures_open(bool is_folder, const struct import_reading *reading,
                                       struct import_source *source, struct elbow_error *error)
{
    struct pictures *pictures;
    enum elbow_status status = elbow_allocate(&pictures, 1, sizeof *pictures, "pictures", error);
    if (status != ELBOW_OK)
        return status;
    pictures->is_folder = is_folder;
    source->state = pictures;
    source->read = read_rows;
    source->close = close_source;
    status = list_files(source, error);
    if (status == ELBOW_OK)
        status = count_all(source, reading, error);
    if (status != ELBOW_OK)
        return status;
    count_classes(source);
    return take_shape(source, error);
}
