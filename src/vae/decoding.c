// SPDX-License-Identifier: BSD-3-Clause
// Means of decoded rows, and draws: of each part by its likelihood.
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/status.h"

#include <math.h>
#include <string.h>

// Draws of a part by a stream of its own, so that no word serves two. Others stay below (elbow/math/random.h).
enum { PART_SHIFT = 24 };

static struct elbow_likelihood_call call_of(const struct elbow_model *model, size_t p, const float *parameters)
{
    const struct elbow_model_part *part = &model->parts[p];
    return (struct elbow_likelihood_call){.options = &part->options,
                                          .rows = 1,
                                          .values = part->values,
                                          .size = model->sizes + p * model->rows_max,
                                          .shared = elbow_part_shared(part, parameters)};
}

static void scatter(const struct elbow_model_part *part, const float *values, float *row)
{
    for (size_t k = 0; k < part->values; ++k)
        row[elbow_part_column(part, k)] = values[k];
}

static void mean_of_part(const struct elbow_model *model, size_t p, const float *parameters, size_t rows,
                         const float *y, float *mean)
{
    const struct elbow_model_part *part = &model->parts[p];
    const struct elbow_gathering *workspace = &model->gathering;
    struct elbow_likelihood_call call = call_of(model, p, parameters);
    for (size_t i = 0; i < rows; ++i)
        elbow_part_gather_outputs(model, part, y + i * model->outputs, workspace->y + i * part->values * part->outputs);
    call.rows = rows;
    call.y = workspace->y;
    part->likelihood->mean(&call, workspace->x);
    for (size_t i = 0; i < rows; ++i)
        scatter(part, workspace->x + i * part->values, mean + i * model->values);
}

// The sum of the means of values picked[0..count) of a part, for a row of size 1. It uses the outputs of these values,
// or those of all values of the part.
static double sum_of_means(const struct elbow_model *model, size_t p, const float *parameters, const float *y,
                           size_t count, bool has_all)
{
    const struct elbow_model_part *part = &model->parts[p];
    const struct elbow_gathering *workspace = &model->gathering;
    struct elbow_likelihood_call call = call_of(model, p, parameters);
    double size = 1, sum = 0;
    call.size = &size;
    call.values = has_all ? part->values : count;
    for (size_t k = 0; k < call.values; ++k) {
        size_t value = has_all ? k : workspace->picked[k];
        memcpy(workspace->y + k * part->outputs, y + elbow_model_output(model, elbow_part_column(part, value)),
               part->outputs * sizeof *workspace->y);
    }
    call.y = workspace->y;
    part->likelihood->mean(&call, workspace->x); // shares do not depend on shared numbers
    for (size_t k = 0; k < count; ++k)
        sum += workspace->x[has_all ? workspace->picked[k] : k];
    return sum;
}

// The total of a row whose size is so far the sum of its known values.
static void complete_size(const struct elbow_model *model, size_t p, const float *parameters, size_t row,
                          const float *y)
{
    const struct elbow_model_part *part = &model->parts[p];
    const float *known = model->sizing.known + row * model->values;
    double *size = model->sizes + p * model->rows_max + row;
    size_t count = 0;
    for (size_t k = 0; k < part->values; ++k)
        if (known[elbow_part_column(part, k)] != 0)
            model->gathering.picked[count++] = k;
    if (count == 0 || count == part->values)
        return;
    double of_all = sum_of_means(model, p, parameters, y, count, true);
    double completed = *size * sum_of_means(model, p, parameters, y, count, false) / of_all;
    *size = isfinite(completed) ? completed : *size;
}

void elbow_scoring_mean(const struct elbow_model *model, const float *parameters, size_t rows, const float *y,
                        float *mean)
{
    for (size_t p = 0; p < model->part_count; ++p) {
        bool has_total = model->parts[p].size == ELBOW_SIZE_TOTAL;
        for (size_t i = 0; i < rows && has_total && model->sizing.x && model->sizing.known; ++i)
            complete_size(model, p, parameters, i, y + i * model->outputs);
        if (model->part_count > 1)
            mean_of_part(model, p, parameters, rows, y, mean);
    }
    if (model->part_count > 1)
        return;
    struct elbow_likelihood_call call = call_of(model, 0, parameters);
    call.rows = rows;
    call.y = y;
    model->parts[0].likelihood->mean(&call, mean);
}

void elbow_scoring_draw(const struct elbow_model *model, const float *parameters, size_t row, const float *y,
                        struct elbow_stream stream, float *x)
{
    const struct elbow_gathering *workspace = &model->gathering;
    ELBOW_CHECK(stream.draw < (uint32_t)1 << PART_SHIFT);
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        struct elbow_likelihood_call call = call_of(model, p, parameters);
        struct elbow_stream own = stream;
        own.draw |= (uint32_t)p << PART_SHIFT;
        call.size += row;
        call.y = y;
        if (model->part_count > 1) {
            elbow_part_gather_outputs(model, part, y, workspace->y);
            call.y = workspace->y;
        }
        part->likelihood->draw(own, &call, model->part_count > 1 ? workspace->x : x);
        if (model->part_count > 1)
            scatter(part, workspace->x, x);
    }
}

// The total of the known values of a part.
static double total_of(const struct elbow_model *model, const struct elbow_model_part *part, size_t row,
                       const struct elbow_model_sizes *sizes)
{
    double total = 0;
    for (size_t k = 0; k < part->values; ++k) {
        size_t at = row * model->values + elbow_part_column(part, k);
        if (!sizes->known || sizes->known[at] != 0)
            total += sizes->x[at];
    }
    return total;
}

static double or_one(double size)
{
    return isfinite(size) && size != 0 ? size : 1;
}

void elbow_model_set_sizes(struct elbow_model *model, size_t rows, struct elbow_model_sizes sizes)
{
    ELBOW_CHECK(rows <= model->rows_max);
    model->sizing = sizes;
    for (size_t p = 0; p < model->part_count; ++p)
        for (size_t i = 0; i < rows; ++i) {
            const struct elbow_model_part *part = &model->parts[p];
            double *size = &model->sizes[p * model->rows_max + i];
            if (part->size == ELBOW_SIZE_DATA)
                *size = sizes.sizes ? sizes.sizes[i] : or_one(sizes.size);
            else
                *size = sizes.x           ? total_of(model, part, i, &sizes)
                        : sizes.total > 0 ? sizes.total
                                          : or_one(sizes.mean * (double)part->values);
        }
}
