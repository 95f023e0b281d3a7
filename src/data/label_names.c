// SPDX-License-Identifier: BSD-3-Clause
// Names of labels.
#include "elbow/data/detail/label_names.h"

#include "elbow/base/memory.h"

#include <stdlib.h>
#include <string.h>

static int by_label(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

const char *elbow_label_name(const struct elbow_label_names *names, int64_t label)
{
    ELBOW_CHECK(names != NULL);
    if (names->count == 0 || label == ELBOW_LABEL_UNKNOWN)
        return NULL;
    const int64_t *found = bsearch(&label, names->labels, names->count, sizeof label, by_label);
    return found == NULL ? NULL : names->names[found - names->labels];
}

enum elbow_status elbow_files_names(const struct elbow_files *files, struct elbow_label_names *names,
                                    struct elbow_error *error)
{
    struct elbow_label_list list = {0};
    char name[2 * ELBOW_PATH_SIZE];
    size_t bytes;
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < files->count && status == ELBOW_OK; ++i) {
        size_t at = i * files->channels;
        elbow_text_format(name, sizeof name, files->channels > 1 ? "%s" : "%s:%s", files->paths[at],
                          files->datasets[at]);
        status = elbow_label_list_add(&list, (int64_t)i, name, error);
    }
    if (status == ELBOW_OK)
        status = elbow_label_list_pack(&list, names, &bytes, error);
    elbow_label_list_clear(&list);
    return status;
}

void elbow_label_names_clear(struct elbow_label_names *names)
{
    elbow_release(&names->labels);
    elbow_release(&names->names);
    elbow_release(&names->texts);
    *names = (struct elbow_label_names){0};
}

static enum elbow_status grow(struct elbow_label_list *list, struct elbow_error *error)
{
    if (list->count < list->size)
        return ELBOW_OK;
    size_t size = list->size == 0 ? 16 : 2 * list->size;
    struct elbow_label_entry *entries;
    enum elbow_status status = elbow_allocate(&entries, size, sizeof *entries, "names of labels", error);
    if (status != ELBOW_OK)
        return status;
    if (list->count > 0)
        memcpy(entries, list->entries, list->count * sizeof *entries);
    elbow_release(&list->entries);
    list->entries = entries;
    list->size = size;
    return ELBOW_OK;
}

enum elbow_status elbow_label_list_add(struct elbow_label_list *list, int64_t label, const char *name,
                                       struct elbow_error *error)
{
    enum elbow_status status = grow(list, error);
    char *copy;
    if (status == ELBOW_OK)
        status = elbow_duplicate(&copy, name, error);
    if (status == ELBOW_OK)
        list->entries[list->count++] = (struct elbow_label_entry){label, copy};
    return status;
}

// The first place whose name is not less than this one.
static size_t place_of(const struct elbow_label_list *list, const char *name)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(list->entries[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t elbow_label_list_find(const struct elbow_label_list *list, const char *name)
{
    size_t place = place_of(list, name);
    return place < list->count && strcmp(list->entries[place].name, name) == 0 ? place : SIZE_MAX;
}

enum elbow_status elbow_label_list_put(struct elbow_label_list *list, const char *name, struct elbow_error *error)
{
    if (elbow_label_list_find(list, name) != SIZE_MAX)
        return ELBOW_OK;
    size_t place = place_of(list, name);
    enum elbow_status status = elbow_label_list_add(list, 0, name, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_label_entry added = list->entries[list->count - 1];
    memmove(list->entries + place + 1, list->entries + place, (list->count - 1 - place) * sizeof added);
    list->entries[place] = added;
    return ELBOW_OK;
}

void elbow_label_list_sort(struct elbow_label_list *list)
{
    // Insertion sort: files are usually sorted, and names of one label keep their order.
    for (size_t i = 1; i < list->count; ++i) {
        struct elbow_label_entry entry = list->entries[i];
        size_t at = i;
        for (; at > 0 && list->entries[at - 1].label > entry.label; --at)
            list->entries[at] = list->entries[at - 1];
        list->entries[at] = entry;
    }
    size_t kept = 0;
    for (size_t i = 0; i < list->count; ++i) {
        if (kept > 0 && list->entries[kept - 1].label == list->entries[i].label)
            elbow_release(&list->entries[i].name);
        else
            list->entries[kept++] = list->entries[i];
    }
    list->count = kept;
}

enum elbow_status elbow_label_names_make(struct elbow_label_names *names, size_t count, size_t bytes,
                                         struct elbow_error *error)
{
    *names = (struct elbow_label_names){.count = count};
    enum elbow_status status = elbow_allocate(&names->labels, count, sizeof *names->labels, "names of labels", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&names->names, count, sizeof *names->names, "names of labels", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&names->texts, bytes, 1, "names of labels", error);
    return status;
}

void elbow_label_names_point(struct elbow_label_names *names)
{
    const char *at = names->texts;
    for (size_t i = 0; i < names->count; ++i, at += strlen(at) + 1)
        names->names[i] = at;
}

enum elbow_status elbow_label_list_pack(const struct elbow_label_list *list, struct elbow_label_names *names,
                                        size_t *bytes, struct elbow_error *error)
{
    *bytes = 0;
    for (size_t i = 0; i < list->count; ++i)
        *bytes += strlen(list->entries[i].name) + 1;
    enum elbow_status status = elbow_label_names_make(names, list->count, *bytes, error);
    if (status != ELBOW_OK)
        return status;
    char *to = names->texts;
    for (size_t i = 0; i < list->count; ++i) {
        size_t size = strlen(list->entries[i].name) + 1;
        names->labels[i] = list->entries[i].label;
        memcpy(to, list->entries[i].name, size);
        to += size;
    }
    elbow_label_names_point(names);
    return ELBOW_OK;
}

void elbow_label_list_clear(struct elbow_label_list *list)
{
    for (size_t i = 0; i < list->count; ++i)
        elbow_release(&list->entries[i].name);
    elbow_release(&list->entries);
    *list = (struct elbow_label_list){0};
}
