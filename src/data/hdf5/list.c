// SPDX-License-Identifier: BSD-3-Clause
// The contents of an HDF5 file: a walk over its datasets, groups that are one object, and messages about objects that
// are not datasets of numbers.
#include "elbow/data/detail/crowd.h"
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <string.h>

enum { LISTED = 10, LIST_SIZE = 900, DEPTH_MOST = 64 };

static enum elbow_status fail_what(const struct elbow_hdf5 *file, const char *name, const char *what,
                                   struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s %s", file->name, name, what);
}

// Tables that pandas wrote.
static bool describe_table(struct elbow_hdf5 *file, const char *group, char *what, size_t size)
{
    char kind[ELBOW_HDF5_WORD_SIZE];
    elbow_hdf5_read_word(file, group, "pandas_type", kind);
    if (kind[0] == '\0')
        return false;
    elbow_text_format(what, size,
                      "is a table of pandas (%s): write its numbers as one dataset (samples, columns), for example "
                      "with h5py and to_numpy()",
                      kind);
    return true;
}

static bool describe_group(struct elbow_hdf5 *file, const char *name, char *what, size_t size)
{
    return elbow_hdf5_describe_sparse(file, name, what, size) || describe_table(file, name, what, size);
}

struct visit {
    struct elbow_hdf5 *file;
    bool (*each)(void *user, const struct elbow_hdf5_entry *entry);
    void *user;
    bool is_stopped;
    size_t count, capacity; // of groups that were entered
    struct elbow_hdf5_identity *entered;
};

// A group during the walk.
struct frame {
    struct visit *visit;
    struct elbow_hdf5_crowds *crowds;
    const char *prefix; // of its members: the group's name with a slash
    int depth;
};

// Why an object cannot be read, from HDF5's own errors.
static void describe_unreadable(const struct elbow_hdf5 *file, char *what, size_t size)
{
    struct elbow_error error = {0};
    const char *version = elbow_hdf5_describe(); // "HDF5 1.10.8, parallel"
    elbow_hdf5_fail(file, ELBOW_FORMAT, &error, "cannot be read by this version, %.*s", (int)strcspn(version, ","),
                    version);
    elbow_text_format(what, size,
                      "%s: it is damaged, or of a newer format, which the program that wrote it can avoid (h5py: "
                      "libver=('earliest', 'v110'))",
                      error.message + strlen(file->name) + 2);
}

// Describes an object to the callback, and closes it: the callback may open it in another way. True for a group that is
// not one object, whose members must be listed.
static bool describe_object(struct visit *visit, const char *name, hid_t object)
{
    struct elbow_hdf5_info info;
    char what[ELBOW_HDF5_WHAT_SIZE] = "";
    struct elbow_hdf5_entry entry = {.name = name, .what = what};
    H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
    bool is_described = object < 0 || type == H5I_DATASET;
    if (object < 0) {
        describe_unreadable(visit->file, what, sizeof what);
    } else if (type == H5I_DATASET) {
        entry.is_dataset = true;
        entry.info = elbow_hdf5_describe_id(object, &info, what, sizeof what) == ELBOW_OK ? &info : NULL;
    } else if (type == H5I_GROUP) {
        is_described = describe_group(visit->file, name, what, sizeof what);
    }
    if (object >= 0)
        H5Oclose(object);
    visit->is_stopped = is_described && !visit->each(visit->user, &entry);
    return type == H5I_GROUP && !is_described;
}

// Whether a group was entered before, under another name; if not, it is recorded.
static bool is_entered(struct visit *visit, const struct elbow_hdf5_identity *identity)
{
    for (size_t i = 0; i < visit->count; ++i)
        if (memcmp(&visit->entered[i], identity, sizeof *identity) == 0)
            return true;
    if (visit->count == visit->capacity) {
        size_t capacity = 2 * visit->capacity + 16;
        struct elbow_hdf5_identity *larger;
        if (elbow_allocate(&larger, capacity, sizeof *larger, "groups of a file", NULL) != ELBOW_OK)
            return true;
        if (visit->count > 0)
            memcpy(larger, visit->entered, visit->count * sizeof *larger);
        elbow_release(&visit->entered);
        visit->entered = larger;
        visit->capacity = capacity;
    }
    visit->entered[visit->count++] = *identity;
    return false;
}

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link, void *user);

// Describes the members of a group. Negative if they cannot be listed.
static herr_t walk(struct visit *visit, hid_t group, const char *name, int depth)
{
    elbow_path prefix;
    char what[ELBOW_HDF5_WHAT_SIZE];
    struct elbow_hdf5_identity identity;
    struct elbow_hdf5_entry entry = {.name = name, .what = what, .is_crowd = true};
    bool is_shared = true;
    if (group < 0 || !elbow_hdf5_identify(group, &identity, &is_shared))
        return -1;
    if (depth > DEPTH_MOST || !elbow_text_format(prefix, sizeof prefix, "%s/", depth == 0 ? "" : name) ||
        (is_shared && is_entered(visit, &identity)))
        return 0;
    struct frame frame = {visit, elbow_hdf5_find_crowds(visit->file, name, group), prefix, depth};
    for (size_t i = 0; !visit->is_stopped && elbow_hdf5_describe_crowd(frame.crowds, i, what, sizeof what); ++i)
        visit->is_stopped = !visit->each(visit->user, &entry);
    herr_t result = visit->is_stopped ? 0 : H5Literate(group, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_link, &frame);
    elbow_release(&frame.crowds);
    return result < 0 ? result : visit->is_stopped;
}

// Called for every link.
static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *link, void *user)
{
    const struct frame *frame = user;
    struct visit *visit = frame->visit;
    elbow_path full;
    if (!elbow_text_format(full, sizeof full, "%s%s", frame->prefix, name) ||
        elbow_hdf5_crowds_have(frame->crowds, group, name))
        return 0;
    if (link->type == H5L_TYPE_HARD || H5Oexists_by_name(group, name, H5P_DEFAULT) > 0) {
        if (!describe_object(visit, full, H5Oopen(group, name, H5P_DEFAULT)) || link->type != H5L_TYPE_HARD)
            return visit->is_stopped;
        hid_t member = H5Oopen(group, name, H5P_DEFAULT);
        herr_t result = walk(visit, member, full, frame->depth + 1);
        if (member >= 0)
            H5Oclose(member);
        return result;
    }
    char what[ELBOW_HDF5_WHAT_SIZE];
    struct elbow_hdf5_entry entry = {.name = full, .what = what};
    bool is_described = elbow_hdf5_describe_link(visit->file, full, what, sizeof what);
    visit->is_stopped = is_described && !visit->each(visit->user, &entry);
    return visit->is_stopped;
}

enum elbow_status elbow_hdf5_each(struct elbow_hdf5 *file,
                                  bool (*each)(void *user, const struct elbow_hdf5_entry *entry), void *user,
                                  struct elbow_error *error)
{
    ELBOW_HDF5_GUARD;
    ELBOW_CHECK(file != NULL && each != NULL);
    struct visit visit = {.file = file, .each = each, .user = user};
    hid_t root = H5Oopen(file->id, "/", H5P_DEFAULT);
    if (root < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "its contents cannot be listed, the file may be damaged");
    herr_t result = 0;
    if (describe_object(&visit, "/", root)) {
        root = H5Oopen(file->id, "/", H5P_DEFAULT);
        result = walk(&visit, root, "/", 0);
        if (root >= 0 && result >= 0)
            H5Oclose(root);
    }
    elbow_release(&visit.entered);
    if (result >= 0)
        return ELBOW_OK;
    elbow_hdf5_fail(file, ELBOW_FORMAT, error, "its contents cannot be listed, the file may be damaged");
    if (root >= 0)
        H5Oclose(root);
    return ELBOW_FORMAT;
}

struct list {
    char text[LIST_SIZE], group[ELBOW_PATH_SIZE + ELBOW_HDF5_WHAT_SIZE]; // the first of several similar members
    size_t length, count;
};

static bool list_one(void *user, const struct elbow_hdf5_entry *entry)
{
    struct list *list = user;
    if (!entry->is_dataset) {
        if (entry->is_crowd && list->group[0] == '\0')
            elbow_text_format(list->group, sizeof list->group, "%s %s", entry->name, entry->what);
        return true;
    }
    bool is_full = list->count == LISTED || list->length + strlen(entry->name) + 8 > sizeof list->text;
    int written = snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                           list->count == 0 ? "" : ", ", is_full ? "..." : entry->name);
    list->length += (size_t)written;
    ++list->count;
    return !is_full;
}

// The message for an object that is not a dataset: it lists the datasets of the file, and describes the object.
static enum elbow_status fail_listed(struct elbow_hdf5 *file, const char *name, const char *what,
                                     struct elbow_error *error)
{
    struct list list = {.length = 0};
    elbow_hdf5_each(file, list_one, &list, NULL);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s %s (the file has%s %s%s%s)", file->name, name, what,
                           list.count == 0 ? "" : ":", list.count == 0 ? "no datasets" : list.text,
                           list.group[0] == '\0' ? "" : "; ", list.group);
}

enum elbow_status elbow_hdf5_fail_missing(struct elbow_hdf5 *file, const char *name, enum elbow_status looked_up,
                                          struct elbow_error *error)
{
    char prefix[ELBOW_PATH_SIZE], what[ELBOW_HDF5_WHAT_SIZE];
    size_t length = strlen(name);
    for (size_t i = 1; i <= length && length < sizeof prefix; ++i) {
        if (name[i] != '/' && name[i] != '\0')
            continue;
        memcpy(prefix, name, i);
        prefix[i] = '\0';
        if (H5Lexists(file->id, prefix, H5P_DEFAULT) <= 0)
            break;
        if (H5Oexists_by_name(file->id, prefix, H5P_DEFAULT) <= 0 &&
            elbow_hdf5_describe_link(file, prefix, what, sizeof what))
            return strcmp(prefix, name) == 0
                       ? fail_what(file, name, what, error)
                       : elbow_error_set(error, ELBOW_FORMAT, "%s: %s %s", file->name, prefix, what);
    }
    return looked_up == ELBOW_OK ? fail_listed(file, name, "not found", error) : looked_up;
}

enum elbow_status elbow_hdf5_fail_unreadable(struct elbow_hdf5 *file, const char *name, struct elbow_error *error)
{
    char what[ELBOW_HDF5_WHAT_SIZE];
    describe_unreadable(file, what, sizeof what);
    return fail_what(file, name, what, error);
}

enum elbow_status elbow_hdf5_fail_group(struct elbow_hdf5 *file, const char *name, struct elbow_error *error)
{
    char what[ELBOW_HDF5_WHAT_SIZE];
    bool is_described = describe_group(file, name, what, sizeof what);
    hid_t group = is_described ? H5I_INVALID_HID : elbow_hdf5_open_object(file, name);
    struct elbow_hdf5_crowds *crowds = group < 0 ? NULL : elbow_hdf5_find_crowds(file, name, group);
    is_described = is_described || elbow_hdf5_describe_crowd(crowds, 0, what, sizeof what);
    elbow_release(&crowds);
    if (group >= 0)
        H5Oclose(group);
    return is_described ? fail_what(file, name, what, error) : fail_listed(file, name, "is a group", error);
}
