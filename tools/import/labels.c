// SPDX-License-Identifier: BSD-3-Clause
// Labels from folders. A class is a name: inputs that have a folder of one name share its label.
#include "labels.h"

#include "natural.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODES = 1 << 14, LISTED = 8, CLASSES_MAX = 1 << 16 };

enum elbow_status import_labels_name(struct import_labels *labels, const struct import_options *options,
                                     struct elbow_hdf5 *file, struct elbow_error *error)
{
    const char *slash = strrchr(options->name, '/');
    bool fits = options->labels != NULL ? elbow_text_format(labels->name, sizeof labels->name, "%s", options->labels)
                                        : elbow_text_format(labels->name, sizeof labels->name, "%.*s/labels",
                                                            (int)(slash - options->name), options->name);
    if (!fits)
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name is too long", labels->name);
    return file == NULL ? ELBOW_OK : elbow_hdf5_find(file, labels->name, &labels->is_there, error);
}

static int compare_names(const void *left, const void *right)
{
    return import_natural_order(*(char *const *)left, *(char *const *)right);
}

// Place of a class among the names.
static size_t place_of(const struct import_labels *labels, const char *name)
{
    char *const *found = bsearch(&name, labels->names, labels->count, sizeof *labels->names, compare_names);
    ELBOW_CHECK(found != NULL);
    return (size_t)(found - labels->names);
}

static enum elbow_status collect(struct import_labels *labels, const struct import_source *sources, size_t count,
                                 size_t total, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(&labels->names, total, sizeof *labels->names, "classes", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&labels->rows, total, sizeof *labels->rows, "classes", error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        for (size_t k = 0; k < sources[i].class_count && status == ELBOW_OK; ++k) {
            status = elbow_duplicate(&labels->names[labels->count], sources[i].classes[k].name, error);
            labels->count += status == ELBOW_OK;
        }
    if (status != ELBOW_OK)
        return status;
    qsort(labels->names, labels->count, sizeof *labels->names, compare_names);
    size_t kept = 1;
    for (size_t i = 1; i < labels->count; ++i) {
        if (strcmp(labels->names[i], labels->names[kept - 1]) != 0)
            labels->names[kept++] = labels->names[i];
        else
            elbow_release(&labels->names[i]);
    }
    labels->count = kept;
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < sources[i].class_count; ++k)
            labels->rows[place_of(labels, sources[i].classes[k].name)] += sources[i].classes[k].rows;
    return ELBOW_OK;
}

// Checks that the labels may be written.
static enum elbow_status check(const struct import_labels *labels, const struct import_options *options,
                               struct elbow_error *error)
{
    if (labels->count > CLASSES_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "the inputs have %zu folders, more than %d classes", labels->count,
                               CLASSES_MAX);
    if (strcmp(labels->name, options->name) == 0)
        return elbow_error_set(error, ELBOW_USAGE,
                               "the labels of the folders have the name %s, too: give one of them another (--name, "
                               "--labels)",
                               labels->name);
    if (!labels->is_there || options->replace)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: %s already exists, and the labels of the folders would be written there; choose "
                           "another name with --labels, or use --replace",
                           options->output, labels->name);
}

enum elbow_status import_labels_unite(struct import_labels *labels, const struct import_source *sources,
                                      const struct import_options *options, struct elbow_error *error)
{
    size_t total = 0;
    const struct import_source *with = NULL, *without = NULL;
    for (size_t i = 0; i < options->input_count; ++i) {
        total += sources[i].class_count;
        *(sources[i].class_count > 0 ? &with : &without) = &sources[i];
    }
    if (with == NULL && options->labels != NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--labels is for folders of folders, whose names are the classes; %s is not one",
                               sources[0].path);
    if (with == NULL)
        return ELBOW_OK;
    if (without != NULL)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s is a folder of classes, %s is not: give only folders with one folder per class, or "
                               "import them under their own names",
                               with->path, without->path);
    enum elbow_status status = collect(labels, sources, options->input_count, total, error);
    return status == ELBOW_OK ? check(labels, options, error) : status;
}

static enum elbow_status remove_if_there(struct elbow_hdf5 *file, const char *name, bool *was_there,
                                         struct elbow_error *error)
{
    enum elbow_status status = elbow_hdf5_find(file, name, was_there, error);
    return status == ELBOW_OK && *was_there ? elbow_hdf5_remove(file, name, error) : status;
}

// The object with the name of the group: labels as written here, or a dataset.
static enum elbow_status remove_old(const struct import_labels *labels, const char *codes, const char *categories,
                                    struct elbow_hdf5 *file, struct elbow_error *error)
{
    bool has_codes, has_categories;
    if (!labels->is_there)
        return ELBOW_OK;
    enum elbow_status status = remove_if_there(file, codes, &has_codes, error);
    if (status == ELBOW_OK)
        status = remove_if_there(file, categories, &has_categories, error);
    if (status == ELBOW_OK && !has_codes && !has_categories)
        status = elbow_hdf5_remove(file, labels->name, error);
    return status;
}

// Rows [first, first + count) are of one class.
static enum elbow_status write_run(struct elbow_hdf5 *file, const char *codes, int32_t code, uint64_t first,
                                   uint64_t count, int32_t *block, struct elbow_error *error)
{
    for (size_t i = 0; i < CODES; ++i)
        block[i] = code;
    while (count > 0) {
        uint64_t part = count < CODES ? count : CODES;
        enum elbow_status status = elbow_hdf5_write_rows(file, codes, ELBOW_ELEMENT_INT32, first, part, block, error);
        if (status != ELBOW_OK)
            return status;
        first += part;
        count -= part;
    }
    return ELBOW_OK;
}

static enum elbow_status write_codes(const struct import_labels *labels, const struct import_source *sources,
                                     size_t count, struct elbow_hdf5 *file, const char *codes,
                                     struct elbow_error *error)
{
    uint64_t rows = 0, row = 0;
    int32_t *block;
    for (size_t i = 0; i < labels->count; ++i)
        rows += labels->rows[i];
    enum elbow_status status =
        elbow_hdf5_create_dataset(file, codes, ELBOW_ELEMENT_INT32, 1, &rows, (struct elbow_hdf5_layout){0}, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&block, CODES, sizeof *block, "labels", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < count; ++i)
        for (size_t k = 0; k < sources[i].class_count && status == ELBOW_OK; ++k) {
            const struct import_class *class = &sources[i].classes[k];
            status = write_run(file, codes, (int32_t)place_of(labels, class->name), row, class->rows, block, error);
            row += class->rows;
        }
    elbow_release(&block);
    return status;
}

enum elbow_status import_labels_write(const struct import_labels *labels, const struct import_source *sources,
                                      size_t count, struct elbow_hdf5 *file, struct elbow_error *error)
{
    elbow_path codes, categories;
    if (labels->count == 0)
        return ELBOW_OK;
    if (!elbow_text_format(codes, sizeof codes, "%s/codes", labels->name) ||
        !elbow_text_format(categories, sizeof categories, "%s/categories", labels->name))
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name is too long", labels->name);
    enum elbow_status status = remove_old(labels, codes, categories, file, error);
    if (status == ELBOW_OK)
        status = write_codes(labels, sources, count, file, codes, error);
    if (status != ELBOW_OK)
        return status;
    return elbow_hdf5_write_texts(file, categories, (const char *const *)labels->names, labels->count, error);
}

void import_labels_report(const struct import_labels *labels, const char *output)
{
    char list[512] = "";
    size_t length = 0;
    if (labels->count == 0)
        return;
    for (size_t i = 0; i < labels->count && i < LISTED && length + 1 < sizeof list; ++i) {
        elbow_text_format(list + length, sizeof list - length, "%s%.40s (%llu)", i == 0 ? "" : ", ", labels->names[i],
                          (unsigned long long)labels->rows[i]);
        length += strlen(list + length);
    }
    elbow_text_print(stdout, "elbow-import: %s:%s: %zu class%s, %s%s\n", output, labels->name, labels->count,
                     labels->count == 1 ? "" : "es", list, labels->count > LISTED ? ", ..." : "");
}

void import_labels_clear(struct import_labels *labels)
{
    for (size_t i = 0; labels->names != NULL && i < labels->count; ++i)
        elbow_release(&labels->names[i]);
    elbow_release(&labels->names);
    elbow_release(&labels->rows);
    *labels = (struct import_labels){0};
}
