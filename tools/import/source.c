// SPDX-License-Identifier: BSD-3-Clause
// Opens a source: formats are recognized by the content of files, never by their names.
#include "source.h"

#include "pictures.h"

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

static enum elbow_status refuse(const char *path, const unsigned char *head, size_t size, struct elbow_error *error)
{
    char names[128];
    import_format_names(names, sizeof names);
    if (size == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the file is empty", path);
    if (size >= 4 && memcmp(head, "\x89HDF", 4) == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: this is already an HDF5 file", path);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: the format is unknown: %s can be imported", path, names);
}

// A format that needs random access, or is read by another library.
static enum elbow_status check_plain(const struct import_stream *stream, const struct import_format *format,
                                     struct elbow_error *error)
{
    if ((format->decoder == NULL && !format->needs_file) || import_stream_is_plain(stream))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: %s cannot be read from gzip or a pipe; give the unpacked file itself",
                           import_stream_name(stream), format->name);
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
    status = format == NULL ? refuse(path, head, size, error) : check_plain(stream, format, error);
    if (status == ELBOW_OK)
        source->kind = format->name;
    if (status == ELBOW_OK && format->open != NULL)
        return format->open(stream, reading, source, error);
    import_stream_close(stream);
    return status == ELBOW_OK ? import_pictures_open(false, reading, source, error) : status;
}

// Checks that the source has values, and not more than the file can contain, before memory is allocated for its rows.
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
                               "%s: the %s file declares rows of more than %d values, the supported maximum",
                               source->path, source->kind, ELBOW_VALUES_MAX);
    total *= has_values ? row : 0;
    overflows = __builtin_mul_overflow(total, source->rows, &total);
    if (overflows || total >> 62 != 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the %s file declares more values than any memory holds",
                               source->path, source->kind);
    uint64_t stored = source->stored_size * (total / elbow_element_size(source->element));
    if (source->stored_size > 0 && stored > source->stored_bytes)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the %s file ends too early: its header declares %s of values",
                               source->path, source->kind, elbow_text_bytes(stored).text);
    if (total == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: the %s file holds no values", source->path, source->kind);
    return ELBOW_OK;
}

// An option for text files alone; NULL: none was given.
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
        is_folder ? import_pictures_open(true, reading, source, error) : open_file(path, reading, source, error);
    if (status == ELBOW_OK)
        status = elbow_inputs_note(path, error);
    const char *option = text_option(reading);
    if (status == ELBOW_OK && option != NULL && !source->is_text)
        status =
            elbow_error_set(error, ELBOW_USAGE, "%s: %s is for text files, this is %s", path, option, source->kind);
    if (status == ELBOW_OK && reading->array != NULL && !source->is_member)
        status = elbow_error_set(error, ELBOW_USAGE, "%s: --array is for NPZ, this is %s", path, source->kind);
    if (status == ELBOW_OK)
        status = check_size(source, error);
    if (status != ELBOW_OK)
        import_source_close(source);
    return status;
}
