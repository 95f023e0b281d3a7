// SPDX-License-Identifier: BSD-3-Clause
// NPZ files of NumPy: zip archives of NPY files, each called as its array.
#include "source.h"

#include "archive.h"

#include <stdio.h>
#include <string.h>

static const char ENDING[] = ".npy";
enum { LISTED = 10, ENDING_LENGTH = sizeof ENDING - 1 }; // arrays that a sentence lists

// The length of an array's name; 0 if the member is none.
static size_t array_length(const char *member)
{
    size_t length = strlen(member);
    return length > ENDING_LENGTH && strcmp(member + length - ENDING_LENGTH, ENDING) == 0 ? length - ENDING_LENGTH : 0;
}

// True if a member is the array of this name, with or without its ending. NULL: any array.
static bool is_array(const char *member, const char *wanted)
{
    size_t length = array_length(member);
    if (length == 0 || wanted == NULL)
        return length > 0;
    return strcmp(member, wanted) == 0 || (strlen(wanted) == length && strncmp(member, wanted, length) == 0);
}

// The names of the first arrays.
static void list_arrays(const struct import_archive *archive, char *text, size_t size)
{
    size_t listed = 0, length = 0;
    text[0] = '\0';
    for (uint64_t i = 0; i < import_archive_count(archive) && length + 1 < size; ++i) {
        const char *name = import_archive_name(archive, i);
        size_t count = array_length(name);
        if (count == 0)
            continue;
        if (listed++ == LISTED) {
            elbow_text_format(text + length, size - length, ", ...");
            return;
        }
        elbow_text_format(text + length, size - length, "%s%.*s", listed == 1 ? "" : ", ", (int)count, name);
        length += strlen(text + length);
    }
}

// Finds the member; all that can be wrong is one sentence.
static enum elbow_status choose(const struct import_archive *archive, const char *path, const char *wanted,
                                uint64_t *member, struct elbow_error *error)
{
    uint64_t arrays = 0, found = 0;
    for (uint64_t i = 0; i < import_archive_count(archive); ++i) {
        const char *name = import_archive_name(archive, i);
        arrays += array_length(name) > 0;
        if (is_array(name, wanted) && found++ == 0)
            *member = i;
    }
    char list[512];
    list_arrays(archive, list, sizeof list);
    if (arrays == 0)
        return elbow_error_set(
            error, ELBOW_FORMAT,
            "%s: the zip archive holds no arrays of NumPy (.npy); unzip it and import a file from it", path);
    if (found == 1 || (found > 1 && wanted != NULL))
        return ELBOW_OK;
    if (wanted != NULL)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: there is no array %s; it holds %s", path, wanted, list);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: holds several arrays, choose one with --array: %s", path, list);
}

static enum elbow_status open_array(struct import_archive *archive, uint64_t member,
                                    const struct import_reading *reading, struct import_source *source,
                                    struct elbow_error *error)
{
    char label[2 * ELBOW_PATH_SIZE];
    const char *name = import_archive_name(archive, member);
    struct import_stream *stream;
    unsigned char head[IMPORT_HEAD];
    snprintf(label, sizeof label, "%s:%.*s", source->path, (int)array_length(name), name);
    enum elbow_status status = import_archive_stream(archive, member, label, &stream, error);
    if (status != ELBOW_OK)
        return status;
    if (!import_format_npy.matches(head, import_stream_head(stream, head, sizeof head))) {
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: is not an NPY file, in spite of its name", label);
        import_stream_close(stream);
        return status;
    }
    source->path = import_stream_name(stream);
    source->is_member = true;
    return import_format_npy.open(stream, reading, source, error);
}

static bool matches(const unsigned char *head, size_t size)
{
    return size >= 4 && (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0);
}

static enum elbow_status open_npz(struct import_stream *stream, const struct import_reading *reading,
                                  struct import_source *source, struct elbow_error *error)
{
    import_stream_close(stream);
    struct import_archive *archive;
    uint64_t member = 0;
    enum elbow_status status = import_archive_open(source->path, &archive, error);
    if (status != ELBOW_OK)
        return status;
    status = choose(archive, source->path, reading->array, &member, error);
    if (status == ELBOW_OK)
        return open_array(archive, member, reading, source, error);
    import_archive_close(archive);
    return status;
}

const struct import_format import_format_npz = {
    .name = "NPZ", .needs_file = true, .matches = matches, .open = open_npz};
