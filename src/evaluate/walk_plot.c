// SPDX-License-Identifier: BSD-3-Clause
// Walks as plots, rank zero's business once all is decoded.
#include "elbow/evaluate/detail/walk.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/detail/gallery.h"
#include "elbow/output/image.h"
#include "elbow/output/plot.h"

#include <inttypes.h>
#include <stdio.h>

enum { PANELS_MOST = 24, PICTURES_MOST = 10000, NAME_SIZE = 64 };

typedef char name[NAME_SIZE];

struct plotting {
    const struct elbow_gallery *gallery;
    const struct elbow_walk *walk;
    size_t rows, width;       // of the walk; values of a point
    const float *decoded;     // (points, width)
    name *rows_names, *steps; // (rows), (across); owned, like the pointers below
    const char **row_labels, **step_labels;
    double *x, *y;                    // (width); (points, width)
    struct elbow_plot_series *series; // (points)
    struct elbow_plot_panel *panels;  // (rows)
};

// "dimension 3, KL 2.534 nats", "12 to 97"
static void name_row(const struct plotting *plotting, size_t row, name text)
{
    const struct elbow_walk *walk = plotting->walk;
    size_t n = row * walk->across;
    bool has_prior = plotting->gallery->model->prior != NULL;
    if (walk->places == NULL)
        snprintf(text, NAME_SIZE, "%" PRIi64 " to %" PRIi64, walk->ends[0][n], walk->ends[1][n]);
    else if (walk->uses == NULL)
        snprintf(text, NAME_SIZE, "z%" PRIi64, walk->places[n]);
    else
        snprintf(text, NAME_SIZE, has_prior ? "z%" PRIi64 ", KL %.3g nats" : "z%" PRIi64 ", variance %.3g",
                 walk->places[n], walk->uses[n]);
}

static enum elbow_status allocate_workspace(struct plotting *plotting, bool has_lines, struct elbow_error *error)
{
    size_t points = plotting->walk->points, rows = plotting->rows, across = plotting->walk->across;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(plotting->rows_names, rows),
        ELBOW_ARRAY(plotting->steps, across),
        ELBOW_ARRAY(plotting->row_labels, rows),
        ELBOW_ARRAY(plotting->step_labels, across),
        ELBOW_ARRAY(plotting->x, has_lines ? plotting->width : 0),
        ELBOW_ARRAY(plotting->y, has_lines ? points * plotting->width : 0),
        ELBOW_ARRAY(plotting->series, has_lines ? points : 0),
        ELBOW_ARRAY(plotting->panels, rows),
    };
    if (elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a plot", error) != ELBOW_OK)
        return error->status;
    for (size_t i = 0; i < rows; ++i) {
        name_row(plotting, i, plotting->rows_names[i]);
        plotting->row_labels[rows - 1 - i] = plotting->rows_names[i]; // from below
    }
    for (size_t i = 0; i < across; ++i) {
        snprintf(plotting->steps[i], NAME_SIZE, has_lines ? "share %.3g" : "%.3g", plotting->walk->share[i]);
        plotting->step_labels[i] = plotting->steps[i];
    }
    return ELBOW_OK;
}

static void give_room_back(struct plotting *plotting)
{
    elbow_release(&plotting->rows_names);
    elbow_release(&plotting->steps);
    elbow_release(&plotting->row_labels);
    elbow_release(&plotting->step_labels);
    elbow_release(&plotting->x);
    elbow_release(&plotting->y);
    elbow_release(&plotting->series);
    elbow_release(&plotting->panels);
}

// A line for each point, a panel for each row of the walk.
static enum elbow_status write_lines(struct plotting *plotting, const char *path, struct elbow_error *error)
{
    const struct elbow_walk *walk = plotting->walk;
    size_t width = plotting->width, across = walk->across;
    for (size_t d = 0; d < width; ++d)
        plotting->x[d] = (double)d;
    for (size_t k = 0; k < walk->points * width; ++k)
        plotting->y[k] = (double)plotting->decoded[k];
    for (size_t n = 0; n < walk->points; ++n)
        plotting->series[n] = (struct elbow_plot_series){.name = plotting->steps[n % across],
                                                         .mark = width > 1 ? ELBOW_PLOT_LINE : ELBOW_PLOT_POINTS,
                                                         .count = width,
                                                         .x = plotting->x,
                                                         .y = plotting->y + n * width};
    for (size_t i = 0; i < plotting->rows; ++i)
        plotting->panels[i] = (struct elbow_plot_panel){.title = plotting->rows_names[i],
                                                        .x = {.label = "number of the value", .is_whole = true},
                                                        .y = {.label = "decoded"},
                                                        .series = plotting->series + i * across,
                                                        .series_count = across};
    const struct elbow_plot plot = {.panels = plotting->panels, .panel_count = plotting->rows};
    return elbow_plot_write(&plot, path, plotting->gallery->publish, error);
}

// The picture, whose points have their places on the axes.
static enum elbow_status write_raster(struct plotting *plotting, const struct elbow_picture *picture, const char *path,
                                      struct elbow_error *error)
{
    size_t values = picture->height * picture->width * picture->channels, rows = plotting->rows;
    size_t across = plotting->walk->across;
    double *pixels = NULL;
    if (elbow_allocate(&pixels, values, sizeof *pixels, "a plot", error) != ELBOW_OK)
        return error->status;
    for (size_t k = 0; k < values; ++k)
        pixels[k] = (double)picture->pixels[k] / UINT8_MAX;
    double half_x = 0.5 * (double)across / (double)picture->width;
    double half_y = 0.5 * (double)rows / (double)picture->height;
    const struct elbow_plot_raster raster = {.rows = picture->height,
                                             .columns = picture->width,
                                             .channels = picture->channels,
                                             .value = pixels,
                                             .x0 = -0.5 + half_x,
                                             .x1 = (double)across - 0.5 - half_x,
                                             .y0 = (double)rows - 0.5 - half_y,
                                             .y1 = -0.5 + half_y};
    const struct elbow_plot_panel panel = {
        .x = {.label = plotting->walk->places != NULL ? "share of the quantile" : "share of the way",
              .least = -0.5,
              .most = (double)across - 0.5,
              .names = plotting->step_labels,
              .name_count = across},
        .y = {.label = plotting->walk->places != NULL ? "latent dimension" : "rows",
              .least = -0.5,
              .most = (double)rows - 0.5,
              .names = plotting->row_labels,
              .name_count = rows},
        .raster = &raster,
        .equal_scales = true};
    const struct elbow_plot plot = {.panels = &panel, .panel_count = 1};
    enum elbow_status status = elbow_plot_write(&plot, path, plotting->gallery->publish, error);
    elbow_release(&pixels);
    return status;
}

static enum elbow_status write_images(struct plotting *plotting, const struct elbow_image_shape *image,
                                      const char *path, struct elbow_error *error)
{
    const struct elbow_gallery *gallery = plotting->gallery;
    const struct elbow_walk *walk = plotting->walk;
    struct elbow_picture picture = {0};
    struct elbow_shades shades =
        elbow_data_shades(elbow_gallery_shown(gallery), elbow_gallery_reading(gallery), gallery->is_transformed);
    size_t values = walk->points * plotting->width;
    float *shaded = NULL;
    if (elbow_allocate(&shaded, values, sizeof *shaded, "a plot", error) != ELBOW_OK)
        return error->status;
    for (size_t k = 0; k < values; ++k)
        shaded[k] = (float)(((double)plotting->decoded[k] - shades.black) / (shades.white - shades.black));
    enum elbow_status status = elbow_picture_grid(shaded, walk->points, walk->across, image->height, image->width,
                                                  image->channels, &picture, error);
    if (status == ELBOW_OK)
        status = write_raster(plotting, &picture, path, error);
    elbow_picture_clear(&picture);
    elbow_release(&shaded);
    return status;
}

static enum elbow_status check(const struct elbow_walk *walk, bool are_images, const char *path,
                               struct elbow_error *error)
{
    size_t panels = walk->points / walk->across;
    if (are_images && walk->points > PICTURES_MOST)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "%.500s: a plot takes up to %d pictures, not %zu; give fewer, or a name that ends in .h5 or .csv", path,
            PICTURES_MOST, walk->points);
    if (!are_images && panels > PANELS_MOST)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "%.500s: a plot has up to %d panels, not %zu; give fewer, or a name that ends in .h5 or .csv", path,
            PANELS_MOST, panels);
    return ELBOW_OK;
}

enum elbow_status elbow_walk_show(const struct elbow_gallery *gallery, const struct elbow_walk *walk, const char *path,
                                  uint64_t seed, bool draw, struct elbow_error *error)
{
    const struct elbow_data_facts *data = elbow_gallery_shown(gallery);
    struct elbow_image_shape image;
    bool are_images = elbow_dataset_image(data->layout, (size_t)data->rank, data->shape, &image);
    if (!elbow_plot_draws(path) || (are_images && elbow_output_ends(path, ".png")))
        return elbow_walk_write(gallery, walk, path, seed, draw, error);
    float *decoded = NULL;
    struct plotting plotting = {
        .gallery = gallery, .walk = walk, .rows = walk->points / walk->across, .width = (size_t)data->values};
    *error = (struct elbow_error){0};
    if (check(walk, are_images, path, error) != ELBOW_OK)
        return error->status;
    enum elbow_status status = elbow_walk_gather(gallery, walk, seed, draw, &decoded, error);
    plotting.decoded = decoded;
    if (status == ELBOW_OK && elbow_comm_place(gallery->comm).rank == 0 &&
        allocate_workspace(&plotting, !are_images, error) == ELBOW_OK) {
        if (are_images)
            write_images(&plotting, &image, path, error);
        else
            write_lines(&plotting, path, error);
    }
    give_room_back(&plotting);
    elbow_release(&decoded);
    return status == ELBOW_OK ? elbow_comm_agree_root(gallery->comm, error) : status;
}
