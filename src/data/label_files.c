// SPDX-License-Identifier: BSD-3-Clause
// Labels of several files: counted and named in a first pass, read in a second.
#include "elbow/data/detail/label_files.h"

#include "elbow/base/memory.h"

#include <stdlib.h>

enum { BLOCK_TEXTS = 1 << 17 };

static void close_file(struct elbow_label_files *labels)
{
    if (!labels->is_open)
        return;
    labels->is_plain = labels->is_plain && elbow_label_source_is_plain(&labels->source);
    if (labels->borrows)
        labels->source.names = (struct elbow_label_list){0};
    elbow_label_source_close(&labels->source);
    elbow_release(&labels->places);
    labels->is_open = labels->borrows = false;
}

static enum elbow_status open_file(struct elbow_label_files *labels, size_t file, struct elbow_error *error)
{
    close_file(labels);
    labels->is_open = true;
    labels->file = file;
    return elbow_label_source_open_as(labels->key, labels->files->paths[file], labels->files->datasets[file],
                                      &labels->source, error);
}

static enum elbow_status collect(struct elbow_label_source *source, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (uint64_t first = 0; first < source->count && status == ELBOW_OK; first += BLOCK_TEXTS) {
        uint64_t left = source->count - first;
        status = elbow_label_source_collect(source, first, left < BLOCK_TEXTS ? left : BLOCK_TEXTS, error);
    }
    return status;
}

static bool has_names(const struct elbow_label_source *source)
{
    return source->are_texts || source->names.count > 0 || source->categories[0] != '\0';
}

// Finds the names of the open file in the common list.
static enum elbow_status merge(struct elbow_label_files *labels, struct elbow_error *error)
{
    const struct elbow_label_list *names = &labels->source.names;
    enum elbow_status status = ELBOW_OK;
    labels->renumbers = labels->renumbers || labels->source.are_texts;
    for (size_t i = 0; i < names->count && status == ELBOW_OK; ++i) {
        const struct elbow_label_entry *entry = &names->entries[i];
        size_t place = elbow_label_list_find(&labels->sorted, entry->name);
        if (place != SIZE_MAX) {
            labels->renumbers = labels->renumbers || labels->sorted.entries[place].label != entry->label;
            continue;
        }
        if (labels->sorted.count == ELBOW_LABEL_NAMES_MAX)
            return elbow_label_source_full(&labels->source, error);
        status = elbow_label_list_put(&labels->sorted, entry->name, error);
        if (status == ELBOW_OK)
            labels->sorted.entries[elbow_label_list_find(&labels->sorted, entry->name)].label = entry->label;
    }
    return status;
}

static enum elbow_status count_file(struct elbow_label_files *labels, size_t file, bool *are_named,
                                    struct elbow_error *error)
{
    enum elbow_status status = open_file(labels, file, error);
    if (status == ELBOW_OK)
        status = collect(&labels->source, error);
    if (status != ELBOW_OK)
        return status;
    bool is_named = has_names(&labels->source);
    if (file > 0 && is_named != *are_named)
        return elbow_error_set(
            error, ELBOW_MISMATCH, "%s:%s: its labels %s, those of %s:%s %s; all files need names, or none",
            labels->files->paths[file], labels->files->datasets[file], is_named ? "have names" : "are numbers",
            labels->files->paths[0], labels->files->datasets[0], is_named ? "are numbers" : "have names");
    *are_named = is_named;
    labels->rows[file] = labels->source.count;
    labels->first[file] = labels->count;
    labels->count += labels->source.count;
    return merge(labels, error);
}

// Whether two names have the same number.
static bool share_label(const struct elbow_label_list *list)
{
    for (size_t i = 1; i < list->count; ++i)
        if (list->entries[i - 1].label == list->entries[i].label)
            return true;
    return false;
}

static int by_label(const void *left, const void *right)
{
    const struct elbow_label_entry *a = left, *b = right;
    return (a->label > b->label) - (a->label < b->label);
}

// Sorts the names by label, once all files are known.
static enum elbow_status settle(struct elbow_label_files *labels, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < labels->sorted.count && status == ELBOW_OK; ++i)
        status = elbow_label_list_add(&labels->names, labels->sorted.entries[i].label, labels->sorted.entries[i].name,
                                      error);
    if (status != ELBOW_OK || labels->sorted.count == 0)
        return status;
    qsort(labels->names.entries, labels->names.count, sizeof *labels->names.entries, by_label);
    labels->renumbers = labels->renumbers || share_label(&labels->names);
    if (!labels->renumbers)
        return ELBOW_OK;
    elbow_label_list_clear(&labels->names);
    for (size_t i = 0; i < labels->sorted.count && status == ELBOW_OK; ++i) {
        labels->sorted.entries[i].label = (int64_t)i;
        status = elbow_label_list_add(&labels->names, (int64_t)i, labels->sorted.entries[i].name, error);
    }
    return status;
}

enum elbow_status elbow_label_files_open(const struct elbow_files *files, struct elbow_label_files *labels,
                                         struct elbow_error *error)
{
    bool are_named = false;
    *labels = (struct elbow_label_files){.files = files, .is_plain = true, .key = labels->key};
    enum elbow_status status =
        elbow_allocate(&labels->rows, files->count, sizeof *labels->rows, "counts of labels", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&labels->first, files->count, sizeof *labels->first, "counts of labels", error);
    if (status == ELBOW_OK && files->count == 1) {
        status = open_file(labels, 0, error);
        if (status == ELBOW_OK)
            status = collect(&labels->source, error);
        labels->count = labels->rows[0] = labels->source.count;
        return status;
    }
    for (size_t file = 0; file < files->count && status == ELBOW_OK; ++file)
        status = count_file(labels, file, &are_named, error);
    return status == ELBOW_OK ? settle(labels, error) : status;
}

const struct elbow_label_list *elbow_label_files_names(const struct elbow_label_files *labels)
{
    return labels->files != NULL && labels->files->count == 1 ? &labels->source.names : &labels->names;
}

// Opens a file whose labels are renumbered. Texts are looked up directly in the common list.
static enum elbow_status open_renumbered(struct elbow_label_files *labels, size_t file, struct elbow_error *error)
{
    if (labels->is_open && labels->file == file && (labels->borrows || labels->places != NULL || !labels->renumbers))
        return ELBOW_OK;
    enum elbow_status status = open_file(labels, file, error);
    struct elbow_label_source *source = &labels->source;
    if (status != ELBOW_OK || !labels->renumbers)
        return status;
    if (source->are_texts) {
        elbow_label_list_clear(&source->names);
        source->names = labels->sorted;
        labels->borrows = true;
        return ELBOW_OK;
    }
    status = elbow_allocate(&labels->places, source->names.count, sizeof *labels->places, "names of labels", error);
    for (size_t i = 0; i < source->names.count && status == ELBOW_OK; ++i)
        labels->places[i] = elbow_label_list_find(&labels->sorted, source->names.entries[i].name);
    return status;
}

// Converts the numbers of the file to the common ones. `first`: the row of the file.
static enum elbow_status renumber(const struct elbow_label_files *labels, uint64_t first, uint64_t count, int64_t *out,
                                  struct elbow_error *error)
{
    const struct elbow_label_list *names = &labels->source.names;
    for (uint64_t i = 0; i < count; ++i) {
        const struct elbow_label_entry code = {.label = out[i]}, *entry = NULL;
        if (out[i] == ELBOW_LABEL_UNKNOWN)
            continue;
        if (names->count > 0)
            entry = bsearch(&code, names->entries, names->count, sizeof code, by_label);
        if (entry == NULL || labels->places[entry - names->entries] == SIZE_MAX)
            return elbow_error_set(error, ELBOW_DATA,
                                   "%s:%s: row %llu holds %lld, which has no name there; the files of the list number "
                                   "their names differently, so labels are identified by name; give each label a name",
                                   labels->source.path, labels->source.location, (unsigned long long)(first + i),
                                   (long long)out[i]);
        out[i] = (int64_t)labels->places[entry - names->entries];
    }
    return ELBOW_OK;
}

static size_t file_of(const struct elbow_label_files *labels, uint64_t row)
{
    size_t low = 0, high = labels->files->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (labels->first[middle] <= row)
            low = middle;
        else
            high = middle;
    }
    return low;
}

enum elbow_status elbow_label_files_read(struct elbow_label_files *labels, uint64_t first, uint64_t count, int64_t *out,
                                         struct elbow_error *error)
{
    ELBOW_CHECK(first <= labels->count && count <= labels->count - first);
    enum elbow_status status = ELBOW_OK;
    while (count > 0 && status == ELBOW_OK) {
        size_t file = file_of(labels, first);
        uint64_t within = first - labels->first[file], there = labels->rows[file] - within;
        uint64_t taken = count < there ? count : there;
        if (labels->files->count > 1)
            status = open_renumbered(labels, file, error);
        if (status == ELBOW_OK && labels->source.count != labels->rows[file])
            status = elbow_error_set(error, ELBOW_MISMATCH,
                                     "%s:%s: its labels changed while they were read; wait until the file is complete",
                                     labels->files->paths[file], labels->files->datasets[file]);
        if (status == ELBOW_OK)
            status = elbow_label_source_read(&labels->source, within, taken, out, error);
        if (status == ELBOW_OK && labels->places != NULL)
            status = renumber(labels, within, taken, out, error);
        first += taken;
        count -= taken;
        out += taken;
    }
    return status;
}

bool elbow_label_files_are_plain(const struct elbow_label_files *labels)
{
    return labels->is_plain && (!labels->is_open || elbow_label_source_is_plain(&labels->source));
}

void elbow_label_files_close(struct elbow_label_files *labels)
{
    close_file(labels);
    elbow_label_list_clear(&labels->names);
    elbow_label_list_clear(&labels->sorted);
    elbow_release(&labels->rows);
    elbow_release(&labels->first);
    *labels = (struct elbow_label_files){0};
}
