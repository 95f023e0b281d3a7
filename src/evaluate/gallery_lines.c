// SPDX-License-Identifier: BSD-3-Clause
// A plot of selected rows that are no images: a panel for each, with a line of the original and one of the
// reconstruction.
#include "elbow/evaluate/detail/gallery.h"

#include "elbow/base/memory.h"
#include "elbow/output/plot.h"
#include "elbow/parallel/ordered_rows.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NAMED = 3, TITLE_SIZE = 96, NAME_MOST = 24 };

struct plotting {
    const struct elbow_gallery_lines *lines;
    float *rows;   // (rows, stride) on rank zero; owned, like the pointers below
    double *x, *y; // (width); (rows, lines of a row, width)
    char (*titles)[TITLE_SIZE];
    struct elbow_plot_series *series;
    struct elbow_plot_panel *panels;
};

bool elbow_gallery_plots(const struct elbow_gallery *gallery, const char *path)
{
    return elbow_plot_draws(path) && !elbow_gallery_has_pictures(gallery);
}

enum elbow_status elbow_gallery_check_lines(const char *path, uint64_t rows, struct elbow_error *error)
{
    if (rows <= ELBOW_GALLERY_LINES_MOST)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "%.500s: a plot has up to %d panels, not %" PRIu64 "; take fewer rows, or a name that ends "
                           "in .h5 or .csv",
                           path, ELBOW_GALLERY_LINES_MOST, rows);
}

// "row 274, score 3.4102: sample 212", with a name that fits.
static void name_row(const struct plotting *plotting, uint64_t n)
{
    const struct elbow_gallery_list *list = plotting->lines->list;
    uint64_t row = elbow_dataset_row(plotting->lines->dataset, list->rows[n]);
    if (list->figures == NULL)
        snprintf(plotting->titles[n], TITLE_SIZE, "row %" PRIu64, row);
    else
        snprintf(plotting->titles[n], TITLE_SIZE, "row %" PRIu64 ", %s %.5g", row, list->figure, list->figures[n]);
    size_t length = strlen(plotting->titles[n]);
    const struct elbow_dataset *dataset = plotting->lines->dataset;
    const char *name = dataset->has_names ? elbow_names_at(&dataset->names, row) : "";
    if (name[0] != '\0' && strlen(name) <= NAME_MOST && length + strlen(": ") + strlen(name) < TITLE_SIZE)
        snprintf(plotting->titles[n] + length, TITLE_SIZE - length, ": %s", name);
}

// Original and reconstruction; between them the encoder's input, dashed.
static struct elbow_plot_series series_of(const struct plotting *plotting, uint64_t n, size_t k)
{
    static const char *const names[][NAMED] = {{"row", "reconstruction"}, {"row", "corrupted", "reconstruction"}};
    const struct elbow_gallery_lines *lines = plotting->lines;
    bool is_between = k > 0 && k + 1 < lines->count;
    return (struct elbow_plot_series){.name = names[lines->count - 2][k],
                                      .mark = lines->width > 1 ? ELBOW_PLOT_LINE : ELBOW_PLOT_POINTS,
                                      .count = lines->width,
                                      .x = plotting->x,
                                      .y = plotting->y + (n * lines->count + k) * lines->width,
                                      .colour = k == 0       ? 1
                                                : is_between ? 3
                                                             : 2,
                                      .is_dashed = is_between};
}

static void fill_panel(const struct plotting *plotting, uint64_t n)
{
    const struct elbow_gallery_lines *lines = plotting->lines;
    size_t first = (size_t)n * lines->count;
    name_row(plotting, n);
    for (size_t k = 0; k < lines->count; ++k) {
        const float *row = plotting->rows + n * lines->stride + k * lines->width;
        for (size_t d = 0; d < lines->width; ++d)
            plotting->y[(first + k) * lines->width + d] = (double)row[d];
        plotting->series[first + k] = series_of(plotting, n, k);
    }
    plotting->panels[n] = (struct elbow_plot_panel){.title = plotting->titles[n],
                                                    .x = {.label = "number of the value", .is_whole = true},
                                                    .y = {.label = "value"},
                                                    .series = plotting->series + first,
                                                    .series_count = lines->count};
}

// A plot for each row.
static enum elbow_status draw_each(const struct plotting *plotting, struct elbow_error *error)
{
    const struct elbow_gallery_lines *lines = plotting->lines;
    enum elbow_status status = ELBOW_OK;
    for (uint64_t n = 0; n < lines->list->count && status == ELBOW_OK; ++n) {
        const struct elbow_plot plot = {
            .panels = &plotting->panels[n], .panel_count = 1, .panel_width = 360, .panel_height = 240};
        status = elbow_plot_encode(&plot, "row.png", &lines->plots[n].bytes, &lines->plots[n].size, error);
    }
    return status;
}

// Rank zero.
static enum elbow_status draw(struct plotting *plotting, const char *path, struct elbow_error *error)
{
    const struct elbow_gallery_lines *lines = plotting->lines;
    size_t rows = (size_t)lines->list->count;
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(plotting->x, lines->width), ELBOW_ARRAY(plotting->y, rows * lines->count * lines->width),
        ELBOW_ARRAY(plotting->titles, rows), ELBOW_ARRAY(plotting->series, rows * lines->count),
        ELBOW_ARRAY(plotting->panels, rows)};
    if (elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a plot", error) != ELBOW_OK)
        return error->status;
    for (size_t d = 0; d < lines->width; ++d)
        plotting->x[d] = (double)d;
    for (uint64_t n = 0; n < rows; ++n)
        fill_panel(plotting, n);
    if (lines->plots != NULL)
        return draw_each(plotting, error);
    const struct elbow_plot plot = {.panels = plotting->panels, .panel_count = rows};
    return elbow_plot_write(&plot, path, lines->gallery->publish, error);
}

static enum elbow_status keep(void *user, uint64_t first, uint64_t count, const void *results,
                              struct elbow_error *error)
{
    const struct plotting *plotting = user;
    size_t stride = plotting->lines->stride;
    (void)error;
    memcpy(plotting->rows + first * stride, results, count * stride * sizeof *plotting->rows);
    return ELBOW_OK;
}

static void produce(void *user, uint64_t first, size_t count, void *results)
{
    const struct plotting *plotting = user;
    plotting->lines->produce(plotting->lines->user, first, count, results);
}

enum elbow_status elbow_gallery_draw_lines(const struct elbow_gallery_lines *lines, const char *path,
                                           struct elbow_error *error)
{
    struct plotting plotting = {.lines = lines};
    struct elbow_comm *comm = lines->gallery->comm;
    bool is_root = elbow_comm_place(comm).rank == 0;
    const struct elbow_ordered_rows_job job = {.rows = lines->list->count,
                                               .microbatch = (size_t)lines->gallery->config->train.microbatch,
                                               .row_bytes = lines->stride * sizeof(float),
                                               .user = &plotting,
                                               .produce = produce,
                                               .consume = keep};
    ELBOW_CHECK(lines->count >= 2 && lines->count <= NAMED);
    *error = (struct elbow_error){0};
    if (is_root)
        elbow_allocate(&plotting.rows, lines->list->count, job.row_bytes, "the rows of a plot", error);
    if (elbow_comm_agree_root(comm, error) == ELBOW_OK)
        elbow_ordered_rows_run(comm, &job, error);
    if (error->status == ELBOW_OK) {
        if (is_root)
            draw(&plotting, path, error);
        elbow_comm_agree_root(comm, error);
    }
    elbow_release(&plotting.rows);
    elbow_release(&plotting.x);
    elbow_release(&plotting.y);
    elbow_release(&plotting.titles);
    elbow_release(&plotting.series);
    elbow_release(&plotting.panels);
    return error->status;
}
