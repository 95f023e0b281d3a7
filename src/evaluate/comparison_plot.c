// SPDX-License-Identifier: BSD-3-Clause
// The picture of a comparison: curves of all runs, then a row of panels for each thing that every run has one of.
#include "elbow/evaluate/comparison.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <string.h>

enum {
    CURVES = 4,                                              // panels
    BLOCKS = 4,                                              // of a panel for each run
    PANELS = CURVES + 4 + BLOCKS * (ELBOW_COMPARED_MAX + 4), // including empty ones
    SERIES = CURVES * 3 * ELBOW_COMPARED_MAX + 2 * ELBOW_COMPARED_MAX,
    RING = 121,
    ROWS_OF_KL = 64, // dimensions that a heat map shows
    BLACK = 8        // the colour of the ring
};

struct picture {
    const struct elbow_compared *runs;
    size_t count, columns;
    struct elbow_plot_panel panels[PANELS];
    size_t panel_count;
    struct elbow_plot_series series[SERIES];
    size_t series_count;
    struct elbow_plot_raster rasters[3 * ELBOW_COMPARED_MAX];
    size_t raster_count;
    double ring_x[RING], ring_y[RING];
    char dimensions[ELBOW_COMPARED_MAX][ROWS_OF_KL][24]; // their names, and these as a list
    const char *names[ELBOW_COMPARED_MAX][ROWS_OF_KL];
    double *cells[ELBOW_COMPARED_MAX], *distortion[2 * ELBOW_COMPARED_MAX]; // owned
    char titles[BLOCKS * ELBOW_COMPARED_MAX][160];
    size_t title_count;
};

static struct elbow_plot_series *add_series(struct picture *picture, struct elbow_plot_series series)
{
    ELBOW_CHECK(picture->series_count < SERIES);
    picture->series[picture->series_count] = series;
    return &picture->series[picture->series_count++];
}

static struct elbow_plot_panel *add_panel(struct picture *picture, struct elbow_plot_panel panel)
{
    ELBOW_CHECK(picture->panel_count < PANELS);
    picture->panels[picture->panel_count] = panel;
    return &picture->panels[picture->panel_count++];
}

static void end_row(struct picture *picture)
{
    while (picture->panel_count % picture->columns != 0)
        add_panel(picture, (struct elbow_plot_panel){.is_bare = true});
}

static const char *add_title(struct picture *picture, const struct elbow_compared *run, const char *what)
{
    char *title = picture->titles[picture->title_count++];
    elbow_text_format(title, sizeof *picture->titles, "%s: %s", run->name, what);
    return title;
}

// Training dashed, evaluations as full lines; without evaluations, training as full lines.
static void add_curves(struct picture *picture, const char *title, enum elbow_compared_curve curve)
{
    size_t first = picture->series_count;
    for (size_t r = 0; r < picture->count; ++r) {
        const struct elbow_compared *run = &picture->runs[r];
        for (int is_valid = 0; is_valid <= 1; ++is_valid) {
            const struct elbow_history *curves = is_valid ? &run->valid : &run->train;
            bool is_named = is_valid || run->valid.rows == 0;
            if (curves->rows > 0)
                add_series(picture, (struct elbow_plot_series){.name = is_named ? run->name : NULL,
                                                               .count = curves->rows,
                                                               .x = elbow_history_column(curves, ELBOW_CURVE_STEP),
                                                               .y = elbow_history_column(curves, curve),
                                                               .colour = (int)r + 1,
                                                               .is_dashed = !is_named});
        }
    }
    add_panel(picture, (struct elbow_plot_panel){.title = title,
                                                 .x.label = "step",
                                                 .y.label = "nats a row",
                                                 .series = picture->series + first,
                                                 .series_count = picture->series_count - first});
}

// The path of a run in the plane of rate and distortion, and its last point.
static enum elbow_status add_rates(struct picture *picture, struct elbow_error *error)
{
    size_t first = picture->series_count;
    for (size_t r = 0; r < picture->count; ++r) {
        const struct elbow_compared *run = &picture->runs[r];
        const struct elbow_history *curves = run->valid.rows > 1 ? &run->valid : &run->train;
        double **path = &picture->distortion[2 * r], **end = &picture->distortion[2 * r + 1];
        if (!run->has_kl)
            continue;
        const struct elbow_array arrays[] = {ELBOW_ARRAY(*path, curves->rows), ELBOW_ARRAY(*end, 2)};
        enum elbow_status status = elbow_allocate_all(arrays, 2, "the curves of a run", error);
        if (status != ELBOW_OK)
            return status;
        for (size_t i = 0; i < curves->rows; ++i)
            (*path)[i] = -elbow_history_column(curves, ELBOW_CURVE_RECON)[i];
        (*end)[0] = elbow_compared_mean(run, ELBOW_COMPARED_KL).mean;
        (*end)[1] = -elbow_compared_mean(run, ELBOW_COMPARED_RECON).mean;
        if (curves->rows > 0)
            add_series(picture, (struct elbow_plot_series){.name = run->name,
                                                           .count = curves->rows,
                                                           .x = elbow_history_column(curves, ELBOW_CURVE_KL),
                                                           .y = *path,
                                                           .colour = (int)r + 1});
        add_series(picture, (struct elbow_plot_series){
                                .mark = ELBOW_PLOT_POINTS, .count = 1, .x = *end, .y = *end + 1, .colour = (int)r + 1});
    }
    add_panel(picture, (struct elbow_plot_panel){.title = "rate against distortion",
                                                 .x.label = "rate: KL in nats a row",
                                                 .y.label = "distortion: -recon in nats a row",
                                                 .series = picture->series + first,
                                                 .series_count = picture->series_count - first});
    return ELBOW_OK;
}

// The dimensions of a run, the most used one first.
static void sort_dimensions(const struct elbow_history *kl, size_t *order, size_t shown)
{
    for (size_t n = 0; n < shown; ++n) {
        size_t best = SIZE_MAX;
        for (size_t j = 0; j < kl->columns; ++j) {
            bool is_taken = false;
            for (size_t k = 0; k < n; ++k)
                is_taken = is_taken || order[k] == j;
            double last = elbow_history_column(kl, j)[kl->rows - 1];
            if (!is_taken && (best == SIZE_MAX || last > elbow_history_column(kl, best)[kl->rows - 1]))
                best = j;
        }
        order[n] = best;
    }
}

// A heat map of a run's KL: the most used dimension below, a column for each row of kl.csv.
static enum elbow_status add_heat(struct picture *picture, size_t r, double most, struct elbow_error *error)
{
    const struct elbow_compared *run = &picture->runs[r];
    const struct elbow_history *kl = &run->kl;
    size_t order[ROWS_OF_KL], shown = kl->columns < ROWS_OF_KL ? kl->columns : ROWS_OF_KL;
    if (kl->rows == 0 || kl->columns == 0) {
        add_panel(picture, (struct elbow_plot_panel){.is_bare = true});
        return ELBOW_OK;
    }
    enum elbow_status status =
        elbow_allocate(&picture->cells[r], shown * kl->rows, sizeof(double), "the KL over training", error);
    if (status != ELBOW_OK)
        return status;
    sort_dimensions(kl, order, shown);
    for (size_t n = 0; n < shown; ++n) {
        memcpy(picture->cells[r] + n * kl->rows, elbow_history_column(kl, order[n]), kl->rows * sizeof(double));
        elbow_text_format(picture->dimensions[r][n], sizeof picture->dimensions[r][n], "z%zu", order[n]);
        picture->names[r][n] = picture->dimensions[r][n];
    }
    const double *steps = elbow_history_column(&run->kl_steps, 0);
    double begin = kl->rows > 1 ? steps[0] : 0;
    struct elbow_plot_raster *raster = &picture->rasters[picture->raster_count++];
    *raster = (struct elbow_plot_raster){.rows = shown,
                                         .columns = kl->rows,
                                         .value = picture->cells[r],
                                         .x0 = begin,
                                         .x1 = steps[kl->rows - 1],
                                         .y0 = -0.5,
                                         .y1 = (double)shown - 0.5,
                                         .label = "KL in nats",
                                         .least = 0,
                                         .most = most};
    add_panel(picture, (struct elbow_plot_panel){.title = add_title(picture, run, "KL over training"),
                                                 .x.label = "step",
                                                 .y = {.label = "latent dimension, the most used below",
                                                       .names = picture->names[r],
                                                       .name_count = shown},
                                                 .raster = raster});
    return ELBOW_OK;
}

static enum elbow_status add_heats(struct picture *picture, struct elbow_error *error)
{
    double most = 0;
    enum elbow_status status = ELBOW_OK;
    for (size_t r = 0; r < picture->count; ++r)
        for (size_t i = 0; i < picture->runs[r].kl.rows * picture->runs[r].kl.columns; ++i)
            most = fmax(most, picture->runs[r].kl.values[i]); // fmax passes NaN over
    for (size_t r = 0; r < picture->count && most > 0 && status == ELBOW_OK; ++r)
        status = add_heat(picture, r, most, error);
    end_row(picture);
    return status;
}

// Latents, with a ring two deviations from the centre of N(0, I), which gives the scale.
static void add_maps(struct picture *picture)
{
    for (int i = 0; i < RING; ++i) {
        picture->ring_x[i] = 2 * cos(6.283185307179586 * i / (RING - 1));
        picture->ring_y[i] = 2 * sin(6.283185307179586 * i / (RING - 1));
    }
    for (size_t r = 0; r < picture->count; ++r) {
        const struct elbow_compared *run = &picture->runs[r];
        const struct elbow_map *map = &run->map;
        if (map->axes < 2) {
            add_panel(picture, (struct elbow_plot_panel){.is_bare = true});
            continue;
        }
        struct elbow_plot_series *series = add_series(picture, (struct elbow_plot_series){.mark = ELBOW_PLOT_POINTS,
                                                                                          .count = map->rows,
                                                                                          .x = map->places,
                                                                                          .y = map->places + map->rows,
                                                                                          .group = map->groups});
        add_series(picture,
                   (struct elbow_plot_series){
                       .count = RING, .x = picture->ring_x, .y = picture->ring_y, .colour = BLACK, .is_dashed = true});
        add_panel(picture,
                  (struct elbow_plot_panel){.title = add_title(picture, run, "latents; ring: 2 deviations of N(0, I)"),
                                            .x.label = map->along[0].label,
                                            .y.label = map->along[1].label,
                                            .series = series,
                                            .series_count = 2,
                                            .group_names = (const char *const *)map->group_names,
                                            .group_count = map->group_count,
                                            .equal_scales = true});
    }
    end_row(picture);
}

static void add_pictures(struct picture *picture, bool is_sample)
{
    bool is_there = false;
    for (size_t r = 0; r < picture->count; ++r)
        is_there = is_there || (is_sample ? picture->runs[r].samples : picture->runs[r].reconstructions).pixels != NULL;
    for (size_t r = 0; r < picture->count && is_there; ++r) {
        const struct elbow_compared *run = &picture->runs[r];
        const struct elbow_compared_pictures *pictures = is_sample ? &run->samples : &run->reconstructions;
        struct elbow_plot_raster *raster = &picture->rasters[picture->raster_count++];
        if (pictures->pixels == NULL) {
            add_panel(picture, (struct elbow_plot_panel){.is_bare = true});
            continue;
        }
        *raster = (struct elbow_plot_raster){.rows = pictures->rows,
                                             .columns = pictures->columns,
                                             .channels = pictures->channels,
                                             .value = pictures->pixels,
                                             .x1 = (double)pictures->columns,
                                             .y0 = (double)pictures->rows};
        add_panel(picture, (struct elbow_plot_panel){.title = add_title(picture, run,
                                                                        is_sample ? "decoded from N(0, I)"
                                                                                  : "rows and their reconstructions"),
                                                     .raster = raster,
                                                     .equal_scales = true,
                                                     .is_bare = true});
    }
    end_row(picture);
}

static enum elbow_status fill(struct picture *picture, unsigned parts, struct elbow_error *error)
{
    bool has_kl = false;
    for (size_t r = 0; r < picture->count; ++r)
        has_kl = has_kl || picture->runs[r].has_kl;
    enum elbow_status status = ELBOW_OK;
    if ((parts & ELBOW_COMPARED_CURVES) != 0 && has_kl)
        add_curves(picture, "elbo", ELBOW_CURVE_ELBO);
    if ((parts & ELBOW_COMPARED_CURVES) != 0)
        add_curves(picture, "recon", ELBOW_CURVE_RECON);
    if ((parts & ELBOW_COMPARED_CURVES) != 0 && has_kl)
        add_curves(picture, "kl", ELBOW_CURVE_KL);
    if ((parts & ELBOW_COMPARED_RATES) != 0 && has_kl)
        status = add_rates(picture, error);
    end_row(picture);
    if (status == ELBOW_OK && (parts & ELBOW_COMPARED_DIMENSIONS) != 0)
        status = add_heats(picture, error);
    if ((parts & ELBOW_COMPARED_MAPS) != 0)
        add_maps(picture);
    if ((parts & ELBOW_COMPARED_IMAGES) != 0) {
        add_pictures(picture, true);
        add_pictures(picture, false);
    }
    return status;
}

static enum elbow_status make_picture(const struct elbow_compared *runs, size_t count, struct picture **picture,
                                      struct elbow_error *error)
{
    ELBOW_CHECK(count > 0 && count <= ELBOW_COMPARED_MAX);
    enum elbow_status status = elbow_allocate(picture, 1, sizeof **picture, "a comparison", error);
    if (status != ELBOW_OK)
        return status;
    (*picture)->runs = runs;
    (*picture)->count = count;
    return ELBOW_OK;
}

static void give_back(struct picture **picture)
{
    for (size_t r = 0; r < ELBOW_COMPARED_MAX; ++r)
        elbow_release(&(*picture)->cells[r]);
    for (size_t i = 0; i < 2 * (size_t)ELBOW_COMPARED_MAX; ++i)
        elbow_release(&(*picture)->distortion[i]);
    elbow_release(picture);
}

static struct elbow_plot plot_of(const struct picture *picture)
{
    return (struct elbow_plot){
        .columns = picture->columns, .panels = picture->panels, .panel_count = picture->panel_count};
}

// A part below a heading, also on a telephone: without a title, and small enough that its letters are readable there.
static void fit_beside_words(struct picture *picture, struct elbow_plot *plot)
{
    for (size_t i = 0; i < picture->panel_count; ++i)
        picture->panels[i].title = NULL;
    plot->panel_width = 400;
    plot->panel_height = 310;
}

enum elbow_status elbow_comparison_encode(const struct elbow_compared *runs, size_t count,
                                          enum elbow_compared_part part, char **bytes, size_t *size,
                                          struct elbow_error *error)
{
    struct picture *picture = NULL;
    *bytes = NULL;
    enum elbow_status status = make_picture(runs, count, &picture, error);
    if (status != ELBOW_OK)
        return status;
    picture->columns = part == ELBOW_COMPARED_CURVES ? 3 : part == ELBOW_COMPARED_RATES ? 1 : count; // one, or runs
    status = fill(picture, part, error);
    bool is_empty = true;
    for (size_t i = 0; i < picture->panel_count; ++i)
        is_empty = is_empty && picture->panels[i].raster == NULL && picture->panels[i].series_count == 0;
    struct elbow_plot plot = plot_of(picture);
    if (part != ELBOW_COMPARED_CURVES)
        fit_beside_words(picture, &plot);
    if (status == ELBOW_OK && !is_empty)
        status = elbow_plot_encode(&plot, "part.png", bytes, size, error);
    give_back(&picture);
    return status;
}

enum elbow_status elbow_comparison_draw(const struct elbow_compared *runs, size_t count, const char *path,
                                        enum elbow_publish publish, struct elbow_error *error)
{
    struct picture *picture = NULL;
    enum elbow_status status = make_picture(runs, count, &picture, error);
    if (status != ELBOW_OK)
        return status;
    picture->columns = count < 2 ? 2 : count > 4 ? 4 : count;
    status = fill(picture, ELBOW_COMPARED_ALL, error);
    const struct elbow_plot plot = plot_of(picture);
    if (status == ELBOW_OK)
        status = elbow_plot_write(&plot, path, publish, error);
    give_back(&picture);
    return status;
}
