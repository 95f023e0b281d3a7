// SPDX-License-Identifier: BSD-3-Clause
// Decodes a grid of two latent dimensions at the quantiles of N(0, 1), so that all cells have the same probability
// under the prior.
#include "elbow/evaluate/map.h"

#include "elbow/base/memory.h"
#include "elbow/data/facts.h"
#include "elbow/statistics/quantile.h"

#include <math.h>
#include <string.h>

static enum elbow_status check(const struct elbow_evaluation_request *evaluation, struct elbow_image_shape *shape,
                               struct elbow_error *error)
{
    const struct elbow_model *model = evaluation->model;
    const struct elbow_dataset *dataset = evaluation->dataset;
    if (model->latent != 2)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--grid: needs a model with two latent dimensions, and this one has %zu", model->latent);
    if (model->conditions > 0 || model->classes > 1)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--grid: this model decodes under conditions, which a map does not have; draw under one "
                               "with elbow sample --condition");
    if (elbow_dataset_image(dataset->layout, dataset->rank, dataset->shape, shape))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "--grid: the samples of this model are not images (height, width and 1 or 3 channels)");
}

static enum elbow_status allocate_workspace(size_t pixels, size_t count, struct elbow_map_grid *grid,
                                            struct elbow_error *error)
{
    const struct elbow_array arrays[] = {ELBOW_ARRAY(grid->pixels, pixels), ELBOW_ARRAY(grid->labels, count),
                                         ELBOW_ARRAY(grid->names, count)};
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a grid of images", error);
}

// Image i of the grid, of which the first is the lower left.
static void take_image(const struct elbow_image_shape *shape, struct elbow_shades shades, const float *mean, size_t i,
                       struct elbow_map_grid *grid)
{
    size_t width = grid->count * shape->width * shape->channels, row = grid->count - 1 - i / grid->count;
    for (size_t y = 0; y < shape->height; ++y)
        for (size_t x = 0; x < shape->width * shape->channels; ++x)
            grid->pixels[(row * shape->height + y) * width + i % grid->count * shape->width * shape->channels + x] =
                ((double)mean[y * shape->width * shape->channels + x] - shades.black) / (shades.white - shades.black);
}

static enum elbow_status decode(const struct elbow_evaluation_request *evaluation,
                                const struct elbow_image_shape *shape, struct elbow_map_grid *grid,
                                struct elbow_error *error)
{
    struct elbow_model *model = evaluation->model;
    struct elbow_data_facts facts = elbow_data_facts_of(evaluation->dataset);
    struct elbow_shades shades = elbow_data_shades(&facts, evaluation->config, true);
    size_t at_once = (size_t)evaluation->config->train.microbatch, all = grid->count * grid->count;
    float *z = NULL, *means = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(z, at_once * 2), ELBOW_ARRAY(means, at_once * model->values)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "a grid of images", error);
    if (status == ELBOW_OK)
        elbow_model_begin(model, evaluation->parameters);
    for (size_t first = 0; first < all && status == ELBOW_OK; first += at_once) {
        size_t rows = all - first < at_once ? all - first : at_once;
        for (size_t i = 0; i < rows; ++i) {
            size_t line = (first + i) / grid->count, column = (first + i) % grid->count;
            z[2 * i + grid->across] = (float)elbow_quantile_of_normal(((double)column + 0.5) / (double)grid->count);
            z[2 * i + 1 - grid->across] = (float)elbow_quantile_of_normal(((double)line + 0.5) / (double)grid->count);
        }
        elbow_model_set_sizes(model, rows, (struct elbow_model_sizes){0});
        elbow_model_decode(model, evaluation->parameters, rows, z, means);
        for (size_t i = 0; i < rows; ++i)
            take_image(shape, shades, means + i * model->values, first + i, grid);
    }
    elbow_release(&z);
    elbow_release(&means);
    return status;
}

enum elbow_status elbow_map_grid_make(const struct elbow_evaluation_request *evaluation, size_t count, size_t across,
                                      struct elbow_map_grid *grid, struct elbow_error *error)
{
    struct elbow_image_shape shape;
    *grid = (struct elbow_map_grid){.count = count, .across = across};
    enum elbow_status status = check(evaluation, &shape, error);
    if (status == ELBOW_OK)
        status = allocate_workspace(count * count * shape.height * shape.width * shape.channels, count, grid, error);
    if (status == ELBOW_OK)
        status = decode(evaluation, &shape, grid, error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < count; ++i) {
        double at = elbow_quantile_of_normal(((double)i + 0.5) / (double)count);
        elbow_text_format(grid->labels[i], sizeof grid->labels[i], "%.2f", fabs(at) < 1e-9 ? 0 : at);
        grid->names[i] = grid->labels[i];
    }
    double end = (double)count - 0.5;
    grid->raster = (struct elbow_plot_raster){.rows = count * shape.height,
                                              .columns = count * shape.width,
                                              .channels = shape.channels,
                                              .value = grid->pixels,
                                              .x0 = -0.5,
                                              .x1 = end,
                                              .y0 = end,
                                              .y1 = -0.5};
    grid->panel =
        (struct elbow_plot_panel){.title = "decoded at the quantiles of N(0, 1)",
                                  .x = {.label = across == 0 ? "z0" : "z1", .names = grid->names, .name_count = count},
                                  .y = {.label = across == 0 ? "z1" : "z0", .names = grid->names, .name_count = count},
                                  .raster = &grid->raster,
                                  .equal_scales = true};
    return ELBOW_OK;
}

void elbow_map_grid_clear(struct elbow_map_grid *grid)
{
    elbow_release(&grid->pixels);
    elbow_release(&grid->labels);
    elbow_release(&grid->names);
    *grid = (struct elbow_map_grid){0};
}
