// SPDX-License-Identifier: BSD-3-Clause
// What datasets of a file can serve as. Labels belong to rows of data: lists of another length are names of columns,
// of categories, or whatever else a program keeps.
#include "elbow/evaluate/detail/serves.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/config/config.h"
#include "elbow/data/sparse.h"

#include <string.h>

// Floats of so few values are rather labels than data.
enum { FEW_VALUES = 256 };

const char *elbow_serves_obstacle(const struct elbow_hdf5_info *info)
{
    uint64_t values = elbow_hdf5_row_values(info);
    if (info->rank == 0)
        return "a single value";
    if (info->shape[0] == 0 || values == 0)
        return "empty";
    if (info->rank == 1)
        return "data are rows, (samples, values, ...), and labels are whole numbers of 64 signed bits";
    if (values > ELBOW_VALUES_MAX)
        return "a row has more values than are supported";
    return NULL;
}

bool elbow_serves_as_labels(const struct elbow_hdf5_info *info, const struct elbow_look *values)
{
    uint64_t row = elbow_hdf5_row_values(info);
    bool is_list = info->rank > 0 && info->shape[0] > 0 && (row == 1 || (info->shape[0] == 1 && row > 1));
    if (!is_list || (values->min <= values->max && !(values->min >= -0x1p63 && values->max < 0x1p63)))
        return false;
    if (!elbow_element_is_float(info->element))
        return true;
    bool is_whole = values->rows > 0 && values->fractions == 0 && values->infinite == 0 && values->min <= values->max;
    return is_whole && (info->rank == 1 || info->shape[0] == 1);
}

bool elbow_serves_as_both(const struct elbow_hdf5_info *info, const struct elbow_look *values)
{
    uint64_t row = elbow_hdf5_row_values(info);
    bool is_whole = values->rows > 0 && values->fractions + values->infinite + values->nan == 0;
    return elbow_element_is_float(info->element) && row == 1 && info->shape[0] > 1 && is_whole &&
           values->min <= values->max && values->min >= -FEW_VALUES && values->max - values->min < FEW_VALUES &&
           values->max - values->min < (double)info->shape[0] / 2;
}

// False if there is no memory for more.
static bool add_rows(struct elbow_serves *serves, uint64_t rows)
{
    for (size_t i = 0; i < serves->count; ++i)
        if (serves->rows[i] == rows)
            return true;
    if (serves->count == serves->capacity) {
        uint64_t *larger;
        size_t capacity = 2 * serves->capacity + 16;
        if (elbow_allocate(&larger, capacity, sizeof *larger, "numbers of rows", NULL) != ELBOW_OK)
            return false;
        if (serves->count > 0)
            memcpy(larger, serves->rows, serves->count * sizeof *larger);
        elbow_release(&serves->rows);
        serves->rows = larger;
        serves->capacity = capacity;
    }
    serves->rows[serves->count++] = rows;
    return true;
}

struct collection {
    struct elbow_hdf5 *file;
    struct elbow_serves *serves;
};

// A group that is a sparse matrix has rows, too.
static bool collect_sparse(const struct collection *collection, const char *name)
{
    struct elbow_sparse sparse;
    if (!elbow_sparse_is(collection->file, name) ||
        elbow_sparse_open(collection->file, name, &sparse, NULL) != ELBOW_OK)
        return true;
    return elbow_serves_obstacle(&sparse.info) != NULL || add_rows(collection->serves, sparse.info.shape[0]);
}

// A list, however it is stored, is none of data here: else it would be its own.
static bool collect(void *user, const struct elbow_hdf5_entry *entry)
{
    const struct collection *collection = user;
    if (entry->info == NULL)
        return collect_sparse(collection, entry->name);
    if (elbow_serves_obstacle(entry->info) != NULL || entry->info->shape[0] == 1 ||
        elbow_hdf5_row_values(entry->info) == 1)
        return true;
    bool is_kept = add_rows(collection->serves, entry->info->shape[0]);
    if (!is_kept || !elbow_hdf5_may_be_reversed(collection->file, entry->name, entry->info))
        return is_kept;
    return add_rows(collection->serves, entry->info->shape[entry->info->rank - 1]); // with data.transpose
}

void elbow_serves_collect(struct elbow_hdf5 *file, struct elbow_serves *serves)
{
    struct collection collection = {.file = file, .serves = serves};
    elbow_hdf5_each(file, collect, &collection, NULL);
}

void elbow_serves_clear(struct elbow_serves *serves)
{
    elbow_release(&serves->rows);
    *serves = (struct elbow_serves){0};
}

bool elbow_serves_is_index(struct elbow_hdf5 *file, const char *name)
{
    elbow_path group;
    char *index = NULL;
    bool is_there = false, is_named = false;
    const char *member = strrchr(name, '/');
    if (member == NULL || !elbow_text_format(group, sizeof group, "%.*s", (int)(member - name), name))
        return false;
    const char *object = group[0] == '\0' ? "/" : group;
    if (elbow_hdf5_find_attribute(file, object, "_index", &is_there, NULL) == ELBOW_OK && is_there &&
        elbow_hdf5_read_text(file, object, "_index", ELBOW_PATH_SIZE, &index, NULL) == ELBOW_OK)
        is_named = strcmp(member + 1, index) == 0;
    elbow_release(&index);
    return is_named || strcmp(member + 1, "_index") == 0;
}

bool elbow_serves_has_rows(const struct elbow_serves *serves, uint64_t count)
{
    for (size_t i = 0; i < serves->count; ++i)
        if (serves->rows[i] == count)
            return true;
    return false;
}

bool elbow_serves_has_row(const struct elbow_serves *serves, double row, uint64_t count)
{
    for (size_t i = 0; i < serves->count; ++i)
        if (row < (double)serves->rows[i] && count <= serves->rows[i])
            return true;
    return false;
}

const char *elbow_serves_reason(const struct elbow_serves *serves, struct elbow_hdf5 *file, const char *name,
                                uint64_t count)
{
    if (strstr(name, "/__categories/") != NULL)
        return "they are the names of categories";
    if (elbow_serves_is_index(file, name))
        return "they are the names of rows";
    return !elbow_serves_has_rows(serves, count) && serves->count > 0
               ? "no dataset of this file that can serve as data has this number of rows"
               : NULL;
}
