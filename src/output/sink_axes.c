// SPDX-License-Identifier: BSD-3-Clause
// Names of axes in HDF5 files of rows: a dimension scale for each name, and for the numbers that names belong to.
#include "elbow/output/detail/sink.h"

#include "elbow/data/hdf5.h"

#include <string.h>

enum { NAME_SIZE = 64, COLUMNS_MAX = 96, NAMES_MAX = 16, BLOCK = 1024 };

struct naming {
    struct elbow_hdf5 *file;
    size_t count, name_count;
    struct elbow_hdf5_axes axes[COLUMNS_MAX];
    char datasets[COLUMNS_MAX][NAME_SIZE];
    char names[NAMES_MAX][NAME_SIZE]; // of scales that have been made
};

// A dataset of 0, 1, ..., n - 1.
static void write_numbers(struct elbow_hdf5 *file, const char *name, uint64_t n)
{
    int64_t block[BLOCK];
    elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_INT64, 1, &n, (struct elbow_hdf5_layout){0}, NULL);
    for (uint64_t first = 0, count; first < n; first += count) {
        count = n - first < BLOCK ? n - first : BLOCK;
        for (uint64_t i = 0; i < count; ++i)
            block[i] = (int64_t)(first + i);
        elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_INT64, first, count, block, NULL);
    }
}

// The scale of a name; makes it if it does not exist.
static const char *scale_of(struct naming *naming, const char *name, uint64_t length)
{
    char path[NAME_SIZE];
    elbow_text_format(path, sizeof path, "/%s", name);
    for (size_t i = 0; i < naming->name_count; ++i)
        if (strcmp(naming->names[i], path) == 0)
            return naming->names[i];
    ELBOW_CHECK(naming->name_count < NAMES_MAX);
    write_numbers(naming->file, path, length);
    return memcpy(naming->names[naming->name_count++], path, sizeof path);
}

static struct elbow_hdf5_axes *add(struct naming *naming, const char *prefix, const char *name)
{
    ELBOW_CHECK(naming->count < COLUMNS_MAX);
    struct elbow_hdf5_axes *axes = &naming->axes[naming->count];
    elbow_text_format(naming->datasets[naming->count], NAME_SIZE, "/%s%s", prefix, name);
    *axes = (struct elbow_hdf5_axes){.dataset = naming->datasets[naming->count]};
    ++naming->count;
    return axes;
}

// The numbers of names are the places along their axis.
static void add_names(struct naming *naming, const struct elbow_sink_column *column)
{
    struct elbow_hdf5_axes *axes = add(naming, column->named, "_names");
    ELBOW_CHECK(naming->name_count < NAMES_MAX);
    char *scale = naming->names[naming->name_count++];
    elbow_text_format(scale, NAME_SIZE, "/%s_values", column->named);
    axes->scales[axes->rank++] = scale;
}

static void add_column(struct naming *naming, const struct elbow_sink_plan *plan,
                       const struct elbow_sink_column *column)
{
    bool fits = column->rank + 1 <= ELBOW_HDF5_RANK_MAX;
    if ((column->rank > 0 && column->axes == NULL) || !fits)
        return;
    struct elbow_hdf5_axes *axes = add(naming, "", column->name);
    axes->scales[axes->rank++] = scale_of(naming, plan->rows_axis, plan->rows);
    for (size_t i = 0; i < column->rank; ++i)
        axes->scales[axes->rank++] = scale_of(naming, column->axes[i], column->shape[i]);
    if (column->names != NULL && column->names->count > 0)
        add_names(naming, column);
}

void elbow_sink_hdf5_axes(const struct elbow_sink_plan *plan, struct elbow_hdf5 *file)
{
    struct naming naming = {.file = file};
    for (size_t i = 0; i < plan->column_count; ++i)
        add_column(&naming, plan, &plan->columns[i]);
    elbow_hdf5_write_scales(file, naming.axes, naming.count, NULL);
}
