// SPDX-License-Identifier: BSD-3-Clause
// Names of rows: texts, one after another, in a growing piece of memory.
#include "elbow/data/companion.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/detail/texts.h"

#include <inttypes.h>
#include <string.h>

struct reading {
    struct elbow_names *names; // NULL: none are kept
    uint64_t count;            // of all
    size_t used, size;         // of the texts
    uint64_t first;            // the row that the file's first text is of
};

static enum elbow_status grow(struct reading *reading, size_t needed, struct elbow_error *error)
{
    char *texts = NULL;
    size_t size = reading->size > 0 ? 2 * reading->size : 4096;
    while (size < needed)
        size *= 2;
    enum elbow_status status = elbow_allocate(&texts, size, 1, "names of rows", error);
    if (status != ELBOW_OK)
        return status;
    if (reading->used > 0)
        memcpy(texts, reading->names->texts, reading->used);
    elbow_release(&reading->names->texts);
    reading->names->texts = texts;
    reading->size = size;
    return ELBOW_OK;
}

static enum elbow_status take(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    struct reading *reading = user;
    size_t length = strlen(text) + 1;
    if (reading->names == NULL)
        return ELBOW_OK;
    if (reading->used + length > reading->size && grow(reading, reading->used + length, error) != ELBOW_OK)
        return error->status;
    place += reading->first;
    ELBOW_CHECK(place < reading->names->count);
    reading->names->starts[place] = reading->used;
    memcpy(reading->names->texts + reading->used, text, length);
    reading->used += length;
    return ELBOW_OK;
}

// A list of texts, one per row or all in one row: the number of texts, and of rows.
static enum elbow_status check(const struct elbow_companion *companion, struct elbow_hdf5 *file, uint64_t *count,
                               uint64_t *rows, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    enum elbow_hdf5_kind kind = elbow_hdf5_kind_of(file, companion->dataset);
    if (kind == ELBOW_HDF5_VALUES || kind == ELBOW_HDF5_GROUP)
        return elbow_error_set(error, ELBOW_FORMAT, "%s:%s: is %s, but %s is a dataset of texts", companion->file,
                               companion->dataset, kind == ELBOW_HDF5_GROUP ? "a group" : "not a dataset of texts",
                               companion->key);
    enum elbow_status status = kind == ELBOW_HDF5_TEXTS
                                   ? elbow_hdf5_describe_texts(file, companion->dataset, &info, error)
                                   : elbow_hdf5_describe_dataset(file, companion->dataset, &info, error);
    if (status != ELBOW_OK)
        return status;
    uint64_t values = info.rank > 0 ? 1 : 0;
    for (int i = 1; i < info.rank; ++i)
        values *= info.shape[i];
    bool has_one_row = info.rank > 1 && info.shape[0] == 1;
    if (values != 1 && !has_one_row)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: has %" PRIu64 " texts per row, but %s is a list of one per row", companion->file,
                               companion->dataset, values, companion->key);
    *rows = info.shape[0];
    *count = has_one_row ? values : *rows;
    return elbow_hdf5_check_storage(file, companion->dataset, error);
}

static enum elbow_status check_count(const struct elbow_companion *companion, uint64_t count, struct elbow_error *error)
{
    if (count == companion->rows)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH, "%s:%s: has %s, but %s has %s", companion->file, companion->dataset,
                           elbow_text_count(count, "name").text, companion->rows_name,
                           elbow_text_count(companion->rows, "row").text);
}

// Appends the names of a file; `are_all`: there are no others.
static enum elbow_status read_file(const struct elbow_companion *companion, bool are_all, struct reading *reading,
                                   struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    uint64_t count = 0, rows = 0;
    enum elbow_status status = elbow_hdf5_open(companion->file, &file, error);
    if (status == ELBOW_OK)
        status = check(companion, file, &count, &rows, error);
    if (status == ELBOW_OK && (are_all || count > reading->count - reading->first))
        status = check_count(companion, reading->first + count, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_texts(file, companion->dataset, 0, rows, take, reading, error);
    reading->first += count;
    elbow_hdf5_close(file, NULL);
    return status;
}

enum elbow_status elbow_names_read(const struct elbow_companion *companion, struct elbow_names *names,
                                   struct elbow_error *error)
{
    struct reading reading = {.names = names, .count = companion->rows};
    struct elbow_companion one = *companion;
    size_t files = companion->files != NULL ? companion->files->count : 1;
    enum elbow_status status = ELBOW_OK;
    if (names != NULL) {
        *names = (struct elbow_names){.count = companion->rows};
        status = elbow_allocate(&names->starts, names->count, sizeof *names->starts, "names of rows", error);
    }
    for (size_t i = 0; i < files && status == ELBOW_OK; ++i) {
        if (companion->files != NULL) {
            one.file = companion->files->paths[i];
            one.dataset = companion->files->datasets[i];
        }
        status = read_file(&one, files == 1, &reading, error);
    }
    if (status == ELBOW_OK)
        status = check_count(companion, reading.first, error);
    if (status != ELBOW_OK && names != NULL)
        elbow_names_clear(names);
    return status;
}

const char *elbow_names_at(const struct elbow_names *names, uint64_t row)
{
    ELBOW_CHECK(row < names->count);
    return names->texts + names->starts[row];
}

void elbow_names_clear(struct elbow_names *names)
{
    elbow_release(&names->starts);
    elbow_release(&names->texts);
    *names = (struct elbow_names){0};
}
