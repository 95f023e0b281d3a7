// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, first part: the files are opened, and what is in them is described.
#include "elbow/data/detail/loading.h"

#include <math.h>

static enum elbow_status check_shape(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_hdf5_info *info = &loading->info;
    const char *name = loading->dataset->name;
    if (info->rank < 2)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: has %d dimension%s, but rows of values are needed: (samples, values, ...)", name,
                               info->rank, info->rank == 1 ? "" : "s");
    for (int i = 0; i < info->rank; ++i)
        if (info->shape[i] == 0)
            return elbow_error_set(error, ELBOW_FORMAT, "%s: is empty (dimension %d has length 0)", name, i);
    return elbow_hdf5_check_rows(name, info, error);
}

static enum elbow_status read_attributes(struct elbow_loading *loading, struct elbow_error *error)
{
    const char *object = loading->request->dataset;
    loading->attributes = (struct elbow_scale){.factor = 1, .source = "the dataset's attributes"};
    double *numbers[] = {&loading->attributes.factor, &loading->attributes.offset};
    const char *names[] = {"factor", "offset"};
    for (int i = 0; i < 2; ++i) {
        bool found;
        enum elbow_status status = elbow_hdf5_find_attribute(loading->file, object, names[i], &found, error);
        if (status == ELBOW_OK && found)
            status = elbow_hdf5_read_doubles(loading->file, object, names[i], numbers[i], 1, error);
        if (status != ELBOW_OK)
            return status;
        if (!found)
            continue;
        if (!isfinite(*numbers[i]))
            return elbow_error_set(error, ELBOW_DATA, "%s: its attribute %s is not a finite number",
                                   loading->dataset->name, names[i]);
        loading->has_attributes = true;
    }
    return ELBOW_OK;
}

static enum elbow_status describe(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    enum elbow_status status = elbow_hdf5_open(request->file, &loading->file, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_dataset(loading->file, request->dataset, &loading->info, error);
    if (status == ELBOW_OK)
        status = check_shape(loading, error);
    if (status == ELBOW_OK)
        status = read_attributes(loading, error);
    return status;
}

// Takes over the shape: the file's, or that of data.shape for flat rows.
static enum elbow_status take_shape(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_integers *shape = loading->request->shape;
    dataset->samples = loading->info.shape[0];
    dataset->element = loading->info.element;
    dataset->rank = (size_t)loading->info.rank - 1;
    dataset->values = elbow_hdf5_row_values(&loading->info);
    for (size_t i = 0; i < dataset->rank; ++i)
        dataset->shape[i] = loading->info.shape[i + 1];
    if (shape == NULL || shape->count == 0)
        return ELBOW_OK;
    uint64_t values = 1;
    for (size_t i = 0; i < shape->count; ++i)
        values *= (uint64_t)shape->values[i];
    if (values != dataset->values)
        return elbow_error_set(error, ELBOW_MISMATCH, "%s: a sample has %zu values, but data.shape multiplies to %llu",
                               dataset->name, dataset->values, (unsigned long long)values);
    dataset->rank = shape->count;
    for (size_t i = 0; i < shape->count; ++i)
        dataset->shape[i] = (uint64_t)shape->values[i];
    return ELBOW_OK;
}

enum elbow_status elbow_loading_check_layout(const struct elbow_dataset *dataset, struct elbow_error *error)
{
    static const struct {
        size_t least, most;
        const char *axes;
    } layouts[] = {
        [ELBOW_LAYOUT_AUTO] = {1, 8, ""},
        [ELBOW_LAYOUT_ROWS] = {1, 8, ""},
        [ELBOW_LAYOUT_SERIES] = {1, 2, "time, channels"},
        [ELBOW_LAYOUT_IMAGE] = {2, 3, "height, width, channels"},
        [ELBOW_LAYOUT_VOLUME] = {3, 4, "depth, height, width, channels"},
    };
    size_t least = layouts[dataset->layout].least, most = layouts[dataset->layout].most;
    if (dataset->rank >= least && dataset->rank <= most)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: a sample has %zu dimension%s, but data.layout: %s has %zu or %zu (%s); set another "
                           "data.layout, or data.shape for rows that are stored flat",
                           dataset->name, dataset->rank, dataset->rank == 1 ? "" : "s",
                           elbow_config_choice("data.layout", (int)dataset->layout), least, most,
                           layouts[dataset->layout].axes);
}

enum elbow_status elbow_loading_open(struct elbow_loading *loading, struct elbow_error *error)
{
    enum elbow_status status = describe(loading, error);
    if (status == ELBOW_OK)
        status = take_shape(loading, error);
    return status == ELBOW_OK ? elbow_loading_check_layout(loading->dataset, error) : status;
}
