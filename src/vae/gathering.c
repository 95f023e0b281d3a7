// SPDX-License-Identifier: BSD-3-Clause
// The columns of the parts, and memory for values that are scored apart from others.
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/memory.h"

#include <string.h>

// The sizes of the largest part.
struct most {
    size_t values, outputs, shared, figures;
};

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct most most_of(const struct elbow_model *model)
{
    struct most most = {0};
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        most.values = larger(most.values, part->values);
        most.outputs = larger(most.outputs, part->values * part->outputs);
        most.shared = larger(most.shared, part->shared.count);
        most.figures = larger(most.figures, part->figures);
    }
    return most;
}

// Columns of a part, from its ranges; *end is their end.
static void list_columns(const struct elbow_ranges *ranges, struct elbow_model_part *part, size_t *columns)
{
    size_t count = 0;
    for (size_t r = 0; r < ranges->count; ++r)
        for (int64_t d = ranges->ranges[r].first; d <= ranges->ranges[r].last; ++d)
            columns[count++] = (size_t)d;
    ELBOW_CHECK(count == part->values);
    part->columns = columns;
}

static void lay_out(struct elbow_model *model)
{
    size_t *columns = model->gathering.columns, *offsets = model->gathering.offsets, next = 0;
    for (size_t p = 0; p < model->part_count; ++p) {
        struct elbow_model_part *part = &model->parts[p];
        list_columns(&part->ranges, part, columns);
        columns += part->values;
        for (size_t k = 0; k < part->values; ++k)
            offsets[part->columns[k]] = part->outputs;
    }
    for (size_t d = 0; d < model->values; ++d) {
        size_t outputs = offsets[d];
        offsets[d] = next;
        next += outputs;
    }
    ELBOW_CHECK(next == model->outputs);
}

enum elbow_status elbow_gathering_create(struct elbow_model *model, struct elbow_error *error)
{
    struct elbow_gathering *workspace = &model->gathering;
    struct most most = most_of(model);
    bool has_parts = model->part_count > 1;
    size_t apart = has_parts ? model->values : 0;
    workspace->rows = has_parts ? model->rows_max : 1;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(workspace->columns, apart),
        ELBOW_ARRAY(workspace->offsets, apart),
        ELBOW_ARRAY(workspace->moments, apart),
        ELBOW_ARRAY(workspace->picked, model->values),
        ELBOW_ARRAY(workspace->x, workspace->rows * most.values),
        ELBOW_ARRAY(workspace->y, workspace->rows * most.outputs),
        ELBOW_ARRAY(workspace->known, model->values),
        ELBOW_ARRAY(workspace->shared, most.shared),
        ELBOW_ARRAY(model->dshared, most.shared),
        ELBOW_ARRAY(workspace->recon, model->rows_max),
        ELBOW_ARRAY(workspace->figures, model->rows_max * most.figures),
        ELBOW_ARRAY(model->sizes, model->part_count * model->rows_max),
    };
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "values to score", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < model->part_count * model->rows_max; ++i)
        model->sizes[i] = 1;
    if (has_parts) {
        lay_out(model);
        return ELBOW_OK;
    }
    elbow_release(&workspace->columns);
    elbow_release(&workspace->offsets);
    return ELBOW_OK;
}

void elbow_gathering_destroy(struct elbow_model *model)
{
    struct elbow_gathering *workspace = &model->gathering;
    elbow_release(&workspace->columns);
    elbow_release(&workspace->offsets);
    elbow_release(&workspace->picked);
    elbow_release(&workspace->x);
    elbow_release(&workspace->y);
    elbow_release(&workspace->known);
    elbow_release(&workspace->shared);
    elbow_release(&workspace->recon);
    elbow_release(&workspace->figures);
    elbow_release(&workspace->moments);
    elbow_release(&model->dshared);
    elbow_release(&model->sizes);
}

size_t elbow_gathering_bytes(const struct elbow_model *model)
{
    const struct elbow_gathering *workspace = &model->gathering;
    struct most most = most_of(model);
    size_t apart =
        model->part_count > 1 ? model->values * (2 * sizeof *workspace->columns + sizeof *workspace->moments) : 0;
    return apart + model->values * (sizeof *workspace->picked + sizeof *workspace->known) +
           workspace->rows * (most.values + most.outputs) * sizeof *workspace->x +
           2 * most.shared * sizeof *workspace->shared +
           model->rows_max * (1 + most.figures + model->part_count) * sizeof *workspace->recon;
}

void elbow_part_gather_outputs(const struct elbow_model *model, const struct elbow_model_part *part,
                               const float *outputs, float *gathered)
{
    for (size_t k = 0; k < part->values; ++k)
        memcpy(gathered + k * part->outputs, outputs + elbow_model_output(model, elbow_part_column(part, k)),
               part->outputs * sizeof *gathered);
}

void elbow_part_scatter_outputs(const struct elbow_model *model, const struct elbow_model_part *part,
                                const float *gathered, float *outputs)
{
    for (size_t k = 0; k < part->values; ++k)
        memcpy(outputs + elbow_model_output(model, elbow_part_column(part, k)), gathered + k * part->outputs,
               part->outputs * sizeof *gathered);
}
