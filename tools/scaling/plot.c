// SPDX-License-Identifier: BSD-3-Clause
// Plots. Measured: points with the spread of the repeats, in another colour where a rank did not have its core to
// itself. Simulated: points of a third colour. Predicted: a dashed line. Ideal: a black line. The legend says each
// word.
#include "scaling.h"

#include "elbow/base/memory.h"
#include "elbow/output/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SERIES = 5, ARRAYS = 4, NAME = 64, PICTURES_MAX = 2 * 3 * SCALING_EXCHANGE };
enum { OF_MEASURED = 1, OF_CROWDED = 2, OF_SIMULATED = 3, OF_PREDICTED = 4, OF_IDEAL = 8 }; // colours

static const char *const VIEWS[] = {"speedup", "efficiency", "shares"};
static const char *const ENDINGS[] = {"png", "svg"};

// A panel while it is made.
struct drawing {
    const struct scaling_series *of; // (SCALING_KINDS)
    enum scaling_mode mode;
    char title[NAME], across[NAME], measured[NAME];
    struct elbow_plot_series series[SERIES];
    size_t count;
    double ideal[2][2]; // x, y
    double *numbers;    // owned, like the pointers below
    size_t used;
    char (*ticks)[NAME];
    const char **names;
    struct elbow_plot_panel panel;
};

// The files of all plots, as bytes before any is written.
struct plots {
    const char *directory;
    int count;
    struct picture {
        elbow_path path;
        char *bytes; // owned
        size_t size;
    } pictures[PICTURES_MAX];
};

bool scaling_is_plot(const char *name)
{
    char plot[NAME];
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode)
        for (size_t view = 0; view < sizeof VIEWS / sizeof *VIEWS; ++view)
            for (size_t ending = 0; ending < sizeof ENDINGS / sizeof *ENDINGS; ++ending) {
                elbow_text_format(plot, sizeof plot, "%s-%s.%s", scaling_mode_name((enum scaling_mode)mode),
                                  VIEWS[view], ENDINGS[ending]);
                if (strcmp(name, plot) == 0)
                    return true;
            }
    return false;
}

// The least or the most ranks of any series, of which there is one.
static double ranks_of(const struct scaling_series *series, bool is_most)
{
    int found = 0;
    for (int kind = 0; kind < SCALING_KINDS; ++kind) {
        if (series[kind].count == 0)
            continue;
        int ranks = series[kind].rows[is_most ? series[kind].count - 1 : 0].ranks;
        if (found == 0 || (is_most ? ranks > found : ranks < found))
            found = ranks;
    }
    return found;
}

static double *take(struct drawing *drawing, size_t count)
{
    double *numbers = drawing->numbers + drawing->used;
    drawing->used += count;
    return numbers;
}

static struct elbow_plot_series *add_series(struct drawing *drawing, const struct elbow_plot_series *series)
{
    ELBOW_CHECK(drawing->count < SERIES);
    drawing->series[drawing->count] = *series;
    return &drawing->series[drawing->count++];
}

// One kind of rows: crowded ones or others, if this is distinguished.
static void add_kind(struct drawing *drawing, enum scaling_kind kind, bool is_crowded, bool is_efficiency,
                     struct elbow_plot_series series)
{
    struct scaling_series rows = drawing->of[kind];
    double *x = take(drawing, rows.count), *y = take(drawing, rows.count);
    double *low = take(drawing, rows.count), *high = take(drawing, rows.count);
    for (size_t i = 0; i < rows.count; ++i) {
        const struct scaling_row *row = &rows.rows[i];
        struct scaling_spread spread = is_efficiency ? row->efficiency : row->speedup;
        double scale = is_efficiency ? 100 : 1;
        if (kind == SCALING_MEASURED && scaling_row_is_crowded(row) != is_crowded)
            continue;
        x[series.count] = row->ranks;
        y[series.count] = scale * spread.median;
        low[series.count] = scale * spread.least;
        high[series.count++] = scale * spread.most;
    }
    series.x = x;
    series.y = y;
    if (kind == SCALING_MEASURED) {
        series.low = low;
        series.high = high;
    }
    if (series.count > 0)
        add_series(drawing, &series);
}

static void add_ideal(struct drawing *drawing, bool is_efficiency)
{
    for (int end = 0; end < 2; ++end) {
        drawing->ideal[0][end] = ranks_of(drawing->of, end == 1);
        drawing->ideal[1][end] = is_efficiency ? 100 : drawing->ideal[0][end] / drawing->ideal[0][0];
    }
    const struct elbow_plot_series ideal = {
        .name = "ideal", .count = 2, .x = drawing->ideal[0], .y = drawing->ideal[1], .colour = OF_IDEAL};
    add_series(drawing, &ideal);
}

static void draw_curves(struct drawing *drawing, bool is_efficiency)
{
    static const double MARGIN = 1.15; // so that no point lies on the frame
    const struct scaling_series *measured = &drawing->of[SCALING_MEASURED];
    if (measured->count > 0)
        elbow_text_format(drawing->measured, NAME, "measured, %s",
                          elbow_text_count((uint64_t)measured->rows[0].repeats, "repeat").text);
    add_ideal(drawing, is_efficiency);
    add_kind(drawing, SCALING_PREDICTED, false, is_efficiency,
             (struct elbow_plot_series){.name = "predicted", .colour = OF_PREDICTED, .is_dashed = true});
    add_kind(drawing, SCALING_SIMULATED, false, is_efficiency,
             (struct elbow_plot_series){.name = "simulated", .mark = ELBOW_PLOT_POINTS, .colour = OF_SIMULATED});
    add_kind(drawing, SCALING_MEASURED, false, is_efficiency,
             (struct elbow_plot_series){.name = drawing->measured, .mark = ELBOW_PLOT_POINTS, .colour = OF_MEASURED});
    add_kind(
        drawing, SCALING_MEASURED, true, is_efficiency,
        (struct elbow_plot_series){.name = "measured, core shared", .mark = ELBOW_PLOT_POINTS, .colour = OF_CROWDED});
    drawing->panel.x = (struct elbow_plot_axis){.label = "ranks",
                                                .logarithmic = true,
                                                .is_whole = true,
                                                .least = drawing->ideal[0][0] / MARGIN,
                                                .most = drawing->ideal[0][1] * MARGIN};
    drawing->panel.y = is_efficiency
                           ? (struct elbow_plot_axis){.label = "efficiency, %", .most = (double)NAN}
                           : (struct elbow_plot_axis){.label = "speed-up", .logarithmic = true, .is_whole = true};
}

// The parts of a measured step: three bars for each number of ranks.
static void draw_shares(struct drawing *drawing)
{
    static const char *const PARTS[] = {"compute", "data", "exchange, waiting"};
    struct scaling_series rows = drawing->of[SCALING_MEASURED];
    bool has_crowded = false;
    for (size_t part = 0; part < sizeof PARTS / sizeof *PARTS; ++part) {
        double *x = take(drawing, rows.count), *y = take(drawing, rows.count);
        for (size_t i = 0; i < rows.count; ++i) {
            const struct scaling_row *row = &rows.rows[i];
            x[i] = (double)i;
            y[i] = 100 * (part == 0 ? row->compute : part == 1 ? row->data : row->exchange);
        }
        const struct elbow_plot_series series = {
            .name = PARTS[part], .mark = ELBOW_PLOT_BARS, .count = rows.count, .x = x, .y = y};
        add_series(drawing, &series);
    }
    for (size_t i = 0; i < rows.count; ++i) {
        bool is_crowded = scaling_row_is_crowded(&rows.rows[i]);
        has_crowded = has_crowded || is_crowded;
        elbow_text_format(drawing->ticks[i], NAME, "%d%s", rows.rows[i].ranks, is_crowded ? "*" : "");
        drawing->names[i] = drawing->ticks[i];
    }
    elbow_text_format(drawing->across, NAME, "ranks (*: less than %.0f %% of a core)", 100 * SCALING_BUSY_LEAST);
    drawing->panel.x = (struct elbow_plot_axis){
        .label = has_crowded ? drawing->across : "ranks", .names = drawing->names, .name_count = rows.count};
    drawing->panel.y = (struct elbow_plot_axis){.label = "% of a step", .most = 100};
}

static enum elbow_status allocate_drawing(struct drawing *drawing, struct elbow_error *error)
{
    size_t rows = 0, measured = drawing->of[SCALING_MEASURED].count;
    for (int kind = 0; kind < SCALING_KINDS; ++kind)
        rows += drawing->of[kind].count;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(drawing->numbers, ARRAYS * (rows + measured)),
                                         ELBOW_ARRAY(drawing->ticks, measured), ELBOW_ARRAY(drawing->names, measured)};
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a plot", error);
}

static enum elbow_status encode(struct plots *plots, const struct drawing *drawing, size_t view,
                                struct elbow_error *error)
{
    const struct elbow_plot plot = {.panels = &drawing->panel, .panel_count = 1};
    for (size_t ending = 0; ending < sizeof ENDINGS / sizeof *ENDINGS; ++ending) {
        ELBOW_CHECK(plots->count < PICTURES_MAX);
        struct picture *picture = &plots->pictures[plots->count++];
        if (!elbow_text_format(picture->path, sizeof picture->path, "%s/%s-%s.%s", plots->directory,
                               scaling_mode_name(drawing->mode), VIEWS[view], ENDINGS[ending]))
            return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the path is too long", plots->directory);
        if (elbow_plot_encode(&plot, picture->path, &picture->bytes, &picture->size, error) != ELBOW_OK)
            return error->status;
    }
    return ELBOW_OK;
}

static enum elbow_status draw(struct plots *plots, enum scaling_mode mode, const struct scaling_series *series,
                              size_t view, struct elbow_error *error)
{
    struct drawing drawing = {.of = series, .mode = mode};
    bool are_shares = view == 2;
    enum elbow_status status = allocate_drawing(&drawing, error);
    if (status == ELBOW_OK) {
        elbow_text_format(drawing.title, NAME, "%s scaling%s", scaling_mode_name(mode),
                          are_shares ? ": where a step goes (measured)" : "");
        if (are_shares)
            draw_shares(&drawing);
        else
            draw_curves(&drawing, view == 1);
        drawing.panel.title = drawing.title;
        drawing.panel.series = drawing.series;
        drawing.panel.series_count = drawing.count;
        status = encode(plots, &drawing, view, error);
    }
    elbow_release(&drawing.numbers);
    elbow_release(&drawing.ticks);
    elbow_release(&drawing.names);
    return status;
}

static enum elbow_status draw_all(struct plots *plots, const struct scaling_table *table, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode) {
        struct scaling_series series[SCALING_KINDS];
        size_t rows = 0;
        for (int kind = 0; kind < SCALING_KINDS; ++kind) {
            series[kind] = scaling_series_of(table, (enum scaling_kind)kind, (enum scaling_mode)mode);
            rows += series[kind].count;
        }
        for (size_t view = 0; view < sizeof VIEWS / sizeof *VIEWS && rows > 0 && status == ELBOW_OK; ++view)
            if (view < 2 || series[SCALING_MEASURED].count > 0)
                status = draw(plots, (enum scaling_mode)mode, series, view, error);
    }
    return status;
}

// Both tables, if they are there; the second one begins with other kinds.
static enum elbow_status read_tables(const char *directory, struct scaling_table *table, struct elbow_error *error)
{
    const char *const names[] = {"scaling.csv", "prediction.csv"};
    for (int i = 0; i < 2; ++i) {
        elbow_path path;
        if (!elbow_text_format(path, sizeof path, "%s/%s", directory, names[i]))
            return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", directory);
        if (access(path, F_OK) != 0)
            continue;
        enum elbow_status status = scaling_table_read(path, table, error);
        if (status != ELBOW_OK)
            return status;
    }
    if (table->count > 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FILE,
                           "%s: contains neither scaling.csv nor prediction.csv (elbow-scaling report "
                           "and model make them)",
                           directory);
}

// All of them have to have places before the first is written.
static enum elbow_status publish_all(const struct plots *plots, bool force, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int i = 0; i < plots->count && status == ELBOW_OK; ++i)
        status = scaling_may_publish(plots->pictures[i].path, plots->pictures[i].bytes, plots->pictures[i].size, force,
                                     error);
    for (int i = 0; i < plots->count && status == ELBOW_OK; ++i)
        status =
            scaling_publish(plots->pictures[i].path, plots->pictures[i].bytes, plots->pictures[i].size, force, error);
    return status;
}

enum elbow_status scaling_plot(const struct scaling_options *options, struct elbow_error *error)
{
    struct scaling_table table = {0};
    struct plots *plots;
    enum elbow_status status = elbow_allocate(&plots, 1, sizeof *plots, "the plots", error);
    if (status != ELBOW_OK)
        return status;
    plots->directory = options->directory;
    status = read_tables(options->directory, &table, error);
    if (status == ELBOW_OK)
        status = draw_all(plots, &table, error);
    if (status == ELBOW_OK)
        status = publish_all(plots, options->force, error);
    for (int i = 0; i < plots->count; ++i)
        elbow_release(&plots->pictures[i].bytes);
    scaling_table_clear(&table);
    elbow_release(&plots);
    if (status == ELBOW_OK)
        elbow_text_print(stdout, "plots: %s/*.png, %s/*.svg\n", options->directory, options->directory);
    return status;
}
