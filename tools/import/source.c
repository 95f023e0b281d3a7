// SPDX-License-Identifier: BSD-3-Clause
// Telling formats apart by what the files hold, never by their names.
#include "source.h"

#include "elbow/base/inputs.h"
#include "elbow/base/text.h"
#include "elbow/config/config.h"

#include <string.h>
#include <sys/stat.h>

void import_source_close(struct import_source *source)
{
    if (source->close != NULL)
        source->close(source);
    *source = (struct import_source){0};
}

static bool begins_with(const unsigned char *head, size_t size, const char *magic, size_t length)
{
    return size >= length && memcmp(head, magic, length) == 0;
}

const struct import_format *import_format_find(const unsigned char *head, size_t size)
{
#define FORMAT_ADDRESS(name) &import_format_##name,
    static const struct import_format *const FORMATS[] = {IMPORT_FORMAT_LIST(FORMAT_ADDRESS)};
#undef FORMAT_ADDRESS
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; ++i)
        if (FORMATS[i]->matches(head, size))
            return FORMATS[i];
    return NULL;
}

// The format whose files may lie in a folder.
static const struct import_format *folder_format(void)
{
#define FORMAT_OF_FOLDERS(name)                                                                                        \
    if (import_format_##name.takes_folders)                                                                            \
        return &import_format_##name;
    IMPORT_FORMAT_LIST(FORMAT_OF_FOLDERS)
#undef FORMAT_OF_FOLDERS
    return NULL;
}

static enum elbow_status refuse(const char *path, const unsigned char *head, size_t size, struct elbow_error *error)
{
    const char *text = "the format is not known: IDX, NPY, text with numbers and PNG can be imported, plain or gzip";
    if (size == 0)
        text = "the file is empty";
    else if (begins_with(head, size, "PK\3\4", 4))
        text = "this is a zip archive (.npz?): unzip it and import a file from it";
    else if (begins_with(head, size, "\x89HDF", 4))
        text = "this is an HDF5 file already";
    return elbow_error_set(error, ELBOW_FORMAT, "%s: %s", path, text);
}

static enum elbow_status open_file(const char *path, const struct import_reading *reading, struct import_source *source,
                                   struct elbow_error *error)
{
    unsigned char head[IMPORT_HEAD];
    struct import_stream *stream;
    enum elbow_status status = import_stream_open(path, &stream, error);
    if (status != ELBOW_OK)
        return status;
    size_t size = import_stream_head(stream, head, sizeof head);
    const struct import_format *format = import_format_find(head, size);
    if (format != NULL) {
        source->kind = format->name;
        return format->open(stream, reading, source, error);
    }
    import_stream_close(stream);
    return refuse(path, head, size, error);
}

static enum elbow_status open_folder(const struct import_reading *reading, struct import_source *source,
                                     struct elbow_error *error)
{
    const struct import_format *format = folder_format();
    ELBOW_CHECK(format != NULL);
    source->kind = format->name;
    return format->open(NULL, reading, source, error);
}

// Whether there is anything, and not more than the file can hold, so that memory may be taken for its rows.
static enum elbow_status check_size(const struct import_source *source, struct elbow_error *error)
{
    uint64_t total = elbow_element_size(source->element);
    uint64_t row = 1;
    bool overflows = false, has_values = true;
    for (size_t i = 0; i < source->rank; ++i) {
        overflows = __builtin_mul_overflow(row, source->shape[i], &row) || overflows;
        has_values = has_values && source->shape[i] > 0;
    }
    if (has_values && (overflows || row > ELBOW_VALUES_MAX))
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: the %s file declares rows of more than %d values, the most that are supported",
                               source->path, source->kind, ELBOW_VALUES_MAX);
    total *= has_values ? row : 0;
    overflows = __builtin_mul_overflow(total, source->rows, &total);
    if (overflows || total >> 62 != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the %s file declares more values than there can be",
                               source->path, source->kind);
    uint64_t stored = source->stored_size * (total / elbow_element_size(source->element));
    if (source->stored_size > 0 && stored > source->stored_bytes)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the %s file ends too early: its head declares %s of values",
                               source->path, source->kind, elbow_text_bytes(stored).text);
    if (total == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the %s file holds no values", source->path, source->kind);
    return ELBOW_OK;
}

// An option that only text files have; NULL: none was given.
static const char *text_option(const struct import_reading *reading)
{
    if (reading->columns.count > 0)
        return "--columns";
    if (reading->skipped.count > 0)
        return "--skip-columns";
    return reading->header != IMPORT_HEADER_GUESSED ? "--header" : NULL;
}

enum elbow_status import_source_open(const char *path, const struct import_reading *reading,
                                     struct import_source *source, struct elbow_error *error)
{
    *source = (struct import_source){.path = path};
    struct stat about;
    bool is_folder = stat(path, &about) == 0 && S_ISDIR(about.st_mode);
    enum elbow_status status =
        is_folder ? open_folder(reading, source, error) : open_file(path, reading, source, error);
    if (status == ELBOW_OK)
        status = elbow_inputs_note(path, error);
    const char *option = text_option(reading);
    if (status == ELBOW_OK && option != NULL && !source->is_text)
        status =
            elbow_error_set(error, ELBOW_USAGE, "%s: %s is for text files, this is %s", path, option, source->kind);
    if (status == ELBOW_OK)
        status = check_size(source, error);
    if (status != ELBOW_OK)
        import_source_close(source);
    return status;
}
