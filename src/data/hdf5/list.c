// SPDX-License-Identifier: BSD-3-Clause
// What an HDF5 file holds: a walk over its datasets, groups that stand for one thing, and the sentences about what is
// not a dataset of numbers.
#include "elbow/data/detail/hdf5.h"

#include "elbow/base/memory.h"

#include <stdio.h>
#include <string.h>

// MANY: from so many datasets alike on, a group is one line. ALIKE: of those, so many are looked at.
enum { LISTED = 10, LIST_SIZE = 900, MANY = 20, ALIKE = 16 };

static enum elbow_status fail_what(const struct elbow_hdf5 *file, const char *name, const char *what,
                                   struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s %s", file->name, name, what);
}

// Tables as pandas writes them.
static bool describe_table(struct elbow_hdf5 *file, const char *group, char *what, size_t size)
{
    char kind[ELBOW_HDF5_WORD_SIZE];
    elbow_hdf5_read_word(file, group, "pandas_type", kind);
    if (kind[0] == '\0')
        return false;
    elbow_text_format(what, size,
                      "is a table of pandas (%s): write its numbers as one dataset (samples, columns), as by h5py and "
                      "to_numpy()",
                      kind);
    return true;
}

static bool is_alike(const struct elbow_hdf5_info *a, const struct elbow_hdf5_info *b)
{
    bool are_equal = a->element == b->element && a->rank == b->rank;
    for (int i = 0; i < a->rank && are_equal; ++i)
        are_equal = a->shape[i] == b->shape[i];
    return are_equal;
}

// Describes the n-th member of a group, in order of name.
static bool describe_member(hid_t group, hsize_t n, struct elbow_hdf5_info *info)
{
    char what[ELBOW_HDF5_WHAT_SIZE];
    hid_t object = H5Oopen_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, n, H5P_DEFAULT);
    if (object < 0)
        return false;
    bool is_numeric =
        H5Iget_type(object) == H5I_DATASET && elbow_hdf5_describe_id(object, info, what, sizeof what) == ELBOW_OK;
    H5Oclose(object);
    return is_numeric;
}

static void write_shape(const struct elbow_hdf5_info *info, char *text, size_t size)
{
    size_t length = 0;
    elbow_text_format(text, size, "single values");
    for (int i = 0; i < info->rank && length + 24 < size; ++i)
        length += (size_t)snprintf(text + length, size - length, "%s%llu", i > 0 ? " x " : "",
                                   (unsigned long long)info->shape[i]);
}

// Many datasets that are alike: one for each sample, or the columns of a table.
static bool describe_many(struct elbow_hdf5 *file, const char *name, hid_t group, char *what, size_t size)
{
    H5G_info_t links;
    struct elbow_hdf5_info first, other;
    char kind[ELBOW_HDF5_WORD_SIZE], shape[128];
    elbow_hdf5_read_word(file, name, "encoding-type", kind);
    if (strcmp(kind, "dataframe") == 0 || H5Gget_info(group, &links) < 0 || links.nlinks < MANY ||
        !describe_member(group, 0, &first))
        return false;
    for (hsize_t i = 1; i < ALIKE; ++i)
        if (!describe_member(group, i * (links.nlinks - 1) / (ALIKE - 1), &other) || !is_alike(&first, &other))
            return false;
    write_shape(&first, shape, sizeof shape);
    elbow_text_format(what, size,
                      "holds %llu objects, as it seems datasets alike of %s (%s), one a sample or a column: join them "
                      "into one dataset (samples, values, ...), as by h5py and numpy.stack",
                      (unsigned long long)links.nlinks, elbow_element_name(first.element), shape);
    return true;
}

static bool describe_group(struct elbow_hdf5 *file, const char *name, hid_t group, char *what, size_t size)
{
    return elbow_hdf5_describe_sparse(file, name, what, size) || describe_table(file, name, what, size) ||
           describe_many(file, name, group, what, size);
}

struct visit {
    struct elbow_hdf5 *file;
    bool (*each)(void *user, const struct elbow_hdf5_entry *entry);
    void *user;
    elbow_path skipped; // a group that stands for one thing, with a slash behind it
};

// Why an object cannot be read, from HDF5's own errors.
static void describe_unreadable(const struct elbow_hdf5 *file, char *what, size_t size)
{
    struct elbow_error error = {0};
    const char *version = elbow_hdf5_describe(); // "HDF5 1.10.8, parallel"
    elbow_hdf5_fail(file, ELBOW_FORMAT, &error, "cannot be read by this version, %.*s", (int)strcspn(version, ","),
                    version);
    elbow_text_format(what, size,
                      "%s: it is damaged, or of a newer format, which the program that wrote it can leave out (h5py: "
                      "libver=('earliest', 'v110'))",
                      error.message + strlen(file->name) + 2);
}

// Tells of one object, and closes it: whoever is told may open it in another way.
static bool tell_object(struct visit *visit, const char *name, hid_t object)
{
    struct elbow_hdf5_info info;
    char what[ELBOW_HDF5_WHAT_SIZE] = "";
    struct elbow_hdf5_entry entry = {.name = name, .what = what};
    H5I_type_t type = object < 0 ? H5I_BADID : H5Iget_type(object);
    bool is_told = true;
    if (object < 0) {
        describe_unreadable(visit->file, what, sizeof what);
    } else if (type == H5I_DATASET) {
        entry.is_dataset = true;
        entry.info = elbow_hdf5_describe_id(object, &info, what, sizeof what) == ELBOW_OK ? &info : NULL;
    } else {
        is_told = type == H5I_GROUP && describe_group(visit->file, name, object, what, sizeof what);
    }
    if (object >= 0)
        H5Oclose(object);
    if (is_told && type == H5I_GROUP)
        elbow_text_format(visit->skipped, sizeof visit->skipped, "%s/", strcmp(name, "/") == 0 ? "" : name);
    return !is_told || visit->each(visit->user, &entry);
}

// Called for every link.
static herr_t visit_link(hid_t root, const char *name, const H5L_info_t *link, void *user)
{
    struct visit *visit = user;
    elbow_path full;
    if (!elbow_text_format(full, sizeof full, "/%s", name))
        return 0;
    if (visit->skipped[0] != '\0' && strncmp(full, visit->skipped, strlen(visit->skipped)) == 0)
        return 0;
    if (link->type == H5L_TYPE_HARD || H5Oexists_by_name(root, name, H5P_DEFAULT) > 0)
        return tell_object(visit, full, H5Oopen(root, name, H5P_DEFAULT)) ? 0 : 1;
    char what[ELBOW_HDF5_WHAT_SIZE];
    struct elbow_hdf5_entry entry = {.name = full, .what = what};
    bool is_told = elbow_hdf5_describe_link(visit->file, full, what, sizeof what);
    return !is_told || visit->each(visit->user, &entry) ? 0 : 1;
}

enum elbow_status elbow_hdf5_each(struct elbow_hdf5 *file,
                                  bool (*each)(void *user, const struct elbow_hdf5_entry *entry), void *user,
                                  struct elbow_error *error)
{
    ELBOW_CHECK(file != NULL && each != NULL);
    struct visit visit = {.file = file, .each = each, .user = user};
    hid_t root = H5Oopen(file->id, "/", H5P_DEFAULT);
    if (root < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "its contents cannot be listed, the file may be damaged");
    if (tell_object(&visit, "/", root) && H5Lvisit(file->id, H5_INDEX_NAME, H5_ITER_INC, visit_link, &visit) < 0)
        return elbow_hdf5_fail(file, ELBOW_FORMAT, error, "its contents cannot be listed, the file may be damaged");
    return ELBOW_OK;
}

struct list {
    char text[LIST_SIZE];
    size_t length, count;
};

static bool list_one(void *user, const struct elbow_hdf5_entry *entry)
{
    struct list *list = user;
    if (!entry->is_dataset)
        return true;
    bool is_full = list->count == LISTED || list->length + strlen(entry->name) + 8 > sizeof list->text;
    int written = snprintf(list->text + list->length, sizeof list->text - list->length, "%s%s",
                           list->count == 0 ? "" : ", ", is_full ? "..." : entry->name);
    list->length += (size_t)written;
    ++list->count;
    return !is_full;
}

// The sentence for what is no dataset: it lists those that are there.
static enum elbow_status fail_listed(struct elbow_hdf5 *file, const char *name, const char *what,
                                     struct elbow_error *error)
{
    struct list list = {.length = 0};
    elbow_hdf5_each(file, list_one, &list, NULL);
    return elbow_error_set(error, ELBOW_FORMAT, "%s: dataset %s %s (the file has%s %s)", file->name, name, what,
                           list.count == 0 ? "" : ":", list.count == 0 ? "no datasets" : list.text);
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
    hid_t group = elbow_hdf5_open_object(file, name);
    bool is_told = group >= 0 && describe_group(file, name, group, what, sizeof what);
    if (group >= 0)
        H5Oclose(group);
    return is_told ? fail_what(file, name, what, error) : fail_listed(file, name, "is a group", error);
}
