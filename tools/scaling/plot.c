// SPDX-License-Identifier: BSD-3-Clause
// Plots by gnuplot. Measured: solid points with the spread of the repeats; where a rank did not have its core to
// itself, red crosses in their place. Simulated: hollow points. Predicted: a dashed line, without points. Ideal: a thin
// grey line. The legend says each word.
#include "launch.h"
#include "scaling.h"

#include "elbow/base/memory.h"
#include "elbow/base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_block(FILE *file, const char *name, struct scaling_series series)
{
    fprintf(file, "$%s << EOD\n", name);
    for (size_t i = 0; i < series.count; ++i) {
        const struct scaling_row *row = &series.rows[i];
        fprintf(file, "%d %.9g %.9g %.9g %.9g %.9g %.9g", row->ranks, row->speedup.median, row->speedup.least,
                row->speedup.most, 100 * row->efficiency.median, 100 * row->efficiency.least,
                100 * row->efficiency.most);
        fprintf(file, " %.9g %.9g %.9g %d\n", 100 * row->compute, 100 * row->data, 100 * row->exchange,
                scaling_row_is_crowded(row));
    }
    fputs("EOD\n", file);
}

// What one plot shows, in the columns of the blocks: median, least, most.
struct sight {
    const char *name, *label, *ideal;
    int column;
    bool is_log;
};

static size_t count_crowded(struct scaling_series series)
{
    size_t count = 0;
    for (size_t i = 0; i < series.count; ++i)
        count += scaling_row_is_crowded(&series.rows[i]);
    return count;
}

// The measured points that are crowded, or those that are not, if there are any. (A longer title would leave the plot.)
static void write_points(FILE *file, struct scaling_series series, int middle, bool is_crowded)
{
    size_t crowded = count_crowded(series);
    if (is_crowded ? crowded == 0 : crowded == series.count)
        return;
    fprintf(file, ", $measured using 1:($11 == %d ? $%d : NaN):%d:%d with yerrorbars linewidth 1.5 ", is_crowded,
            middle, middle + 1, middle + 2);
    if (is_crowded)
        fprintf(file,
                "pointtype 2 pointsize 1.8 linecolor rgb '#d01020' title 'measured, on less than %.0f %% of a core'",
                100 * SCALING_BUSY_LEAST);
    else
        fprintf(file,
                "pointtype 7 pointsize 1.1 linecolor rgb '#1040a0' title 'measured (median; least to most of %d)'",
                series.rows[0].repeats);
}

static void write_curves(FILE *file, const struct sight *sight, const struct scaling_series series[SCALING_KINDS])
{
    int middle = sight->column;
    fprintf(file, "plot %s with lines linewidth 1 linecolor rgb '#999999' title 'ideal'", sight->ideal);
    if (series[SCALING_PREDICTED].count > 0)
        fprintf(file,
                ", $predicted using 1:%d with lines dashtype 2 linewidth 2 linecolor rgb '#c04000' "
                "title 'predicted by the model'",
                middle);
    if (series[SCALING_SIMULATED].count > 0)
        fprintf(file,
                ", $simulated using 1:%d with points pointtype 8 pointsize 1.3 linecolor rgb '#207020' "
                "title 'simulated'",
                middle);
    write_points(file, series[SCALING_MEASURED], middle, false);
    write_points(file, series[SCALING_MEASURED], middle, true);
    fputc('\n', file);
}

// The least or the most ranks of any series, of which there is one.
static double ranks_of(const struct scaling_series series[SCALING_KINDS], bool is_most)
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

static void write_sight(FILE *file, const struct sight *sight, enum scaling_mode mode,
                        const struct scaling_series series[SCALING_KINDS])
{
    static const double MARGIN = 1.15; // so that no point lies on the frame
    fprintf(file, "set title '%s scaling'\nset xlabel 'ranks'\nset ylabel '%s'\nset logscale x 2\n",
            scaling_mode_name(mode), sight->label);
    fprintf(file, "set xrange [%g:%g]\n", ranks_of(series, false) / MARGIN, ranks_of(series, true) * MARGIN);
    fputs(sight->is_log ? "set logscale y 2\nset yrange [*:*]\n" : "unset logscale y\nset yrange [0:*]\n", file);
    write_curves(file, sight, series);
}

// Columns of what was measured: where the time of a step goes.
static void write_shares(FILE *file, enum scaling_mode mode, struct scaling_series series)
{
    char note[64] = "";
    if (count_crowded(series) > 0)
        elbow_text_format(note, sizeof note, " (*: less than %.0f %% of a core)", 100 * SCALING_BUSY_LEAST);
    fprintf(
        file,
        "set title '%s scaling: where a step goes (measured)'\nunset logscale\nset xlabel 'ranks%s' offset 0,0.5\n"
        "set ylabel '%% of a step'\nset yrange [0:100]\nset style data histograms\nset style histogram rowstacked\n"
        "set style fill solid 0.9\nset boxwidth 0.6\n"
        "plot $measured using 8:xticlabels(sprintf('%%d%%s', $1, $11 == 1 ? '*' : '')) linecolor rgb '#1040a0' title "
        "'compute', "
        "'' using 9 linecolor rgb '#70a0e0' title 'data', '' using 10 linecolor rgb '#d08030' title 'exchange, with "
        "waiting'\nset style data points\n",
        scaling_mode_name(mode), note);
}

// The pictures of a script, in its order: written beside their places by gnuplot, which would replace whatever is
// there.
enum { PICTURES_MAX = 2 * 3 * SCALING_EXCHANGE };
struct plots {
    const char *directory;
    bool is_final; // the script names the pictures' places, not their parts
    int count;     // written to the script so far
    struct picture {
        elbow_path path;
        struct elbow_part part;
    } pictures[PICTURES_MAX];
};

static const char *const VIEWS[] = {"speedup", "efficiency", "shares"};
static const char *const ENDINGS[] = {"png", "svg"};

bool scaling_is_plot(const char *name)
{
    char plot[64];
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode)
        for (size_t view = 0; view < sizeof VIEWS / sizeof *VIEWS; ++view)
            for (size_t ending = 0; ending < sizeof ENDINGS / sizeof *ENDINGS; ++ending) {
                elbow_text_format(plot, sizeof plot, "%s-%s.%s", scaling_mode_name((enum scaling_mode)mode),
                                  VIEWS[view], ENDINGS[ending]);
                if (strcmp(name, plot) == 0)
                    return true;
            }
    return strcmp(name, "plots.gp") == 0;
}

static void begin_output(FILE *file, struct plots *plots, enum scaling_mode mode, const char *name, bool is_svg)
{
    ELBOW_CHECK(plots->count < PICTURES_MAX);
    struct picture *picture = &plots->pictures[plots->count++];
    if (plots->is_final)
        elbow_text_format(picture->path, sizeof picture->path, "%s/%s-%s.%s", plots->directory, scaling_mode_name(mode),
                          name, ENDINGS[is_svg]);
    fprintf(file, "reset\nset terminal %s size 640,440\nset output '%s'\nset grid\nset key right bottom\n",
            is_svg ? "svg enhanced background rgb 'white'" : "pngcairo enhanced",
            plots->is_final ? picture->path : picture->part.part);
}

static void write_mode(FILE *file, struct plots *plots, enum scaling_mode mode,
                       const struct scaling_series series[SCALING_KINDS])
{
    char speedup[64];
    for (int kind = 0; kind < SCALING_KINDS; ++kind)
        write_block(file, scaling_kind_name((enum scaling_kind)kind), series[kind]);
    elbow_text_format(speedup, sizeof speedup, "x / %.1f", ranks_of(series, false));
    const struct sight sights[] = {{VIEWS[0], "speed-up", speedup, 2, true},
                                   {VIEWS[1], "efficiency, %", "100.0", 5, false}};
    for (int svg = 0; svg < 2; ++svg) {
        for (size_t i = 0; i < sizeof sights / sizeof *sights; ++i) {
            begin_output(file, plots, mode, sights[i].name, svg == 1);
            if (!sights[i].is_log)
                fputs("set key left bottom\n", file);
            write_sight(file, &sights[i], mode, series);
        }
        if (series[SCALING_MEASURED].count == 0)
            continue;
        begin_output(file, plots, mode, VIEWS[2], svg == 1);
        fputs("set key outside bottom center horizontal\n", file);
        write_shares(file, mode, series[SCALING_MEASURED]);
    }
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
                           "%s: holds neither scaling.csv nor prediction.csv (elbow-scaling report "
                           "and model make them)",
                           directory);
}

// The script as a text, which the caller frees.
static enum elbow_status make_script(struct plots *plots, const struct scaling_table *table, bool is_final, char **text,
                                     size_t *size, struct elbow_error *error)
{
    FILE *file = open_memstream(text, size);
    if (file == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "the plots: %s", strerror(errno));
    plots->is_final = is_final;
    plots->count = 0;
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode) {
        struct scaling_series series[SCALING_KINDS];
        size_t rows = 0;
        for (int kind = 0; kind < SCALING_KINDS; ++kind) {
            series[kind] = scaling_series_of(table, (enum scaling_kind)kind, (enum scaling_mode)mode);
            rows += series[kind].count;
        }
        if (rows > 0)
            write_mode(file, plots, (enum scaling_mode)mode, series);
    }
    return fclose(file) != 0 ? elbow_error_set(error, ELBOW_MEMORY, "no memory for the plots") : ELBOW_OK;
}

// Places for all pictures, before any is drawn.
static enum elbow_status begin_pictures(struct plots *plots, enum elbow_publish publish, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int i = 0; i < plots->count && status == ELBOW_OK; ++i)
        status = elbow_output_check(plots->pictures[i].path, publish, error);
    for (int i = 0; i < plots->count && status == ELBOW_OK; ++i)
        status = elbow_part_begin(NULL, plots->pictures[i].path, &plots->pictures[i].part, NULL, error);
    return status;
}

// Runs a script that draws into the pictures' parts.
static enum elbow_status draw(struct plots *plots, const struct scaling_table *table, const char *path,
                              struct elbow_error *error)
{
    struct scaling_words words = {0};
    struct elbow_part script = {0};
    char *text = NULL;
    size_t size = 0;
    enum elbow_status status = make_script(plots, table, false, &text, &size, error);
    if (status == ELBOW_OK)
        status = elbow_part_begin_bytes(NULL, path, text, size, &script, error);
    free(text);
    if (status != ELBOW_OK)
        return status;
    scaling_words_add(&words, "gnuplot");
    scaling_words_add(&words, "%s", script.part);
    status = scaling_launch(&words, NULL, NULL, error);
    elbow_part_abandon(&script);
    return status;
}

static enum elbow_status publish_pictures(struct plots *plots, enum elbow_publish publish, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int i = 0; i < plots->count && status == ELBOW_OK; ++i)
        status = elbow_output_publish(&plots->pictures[i].part, publish, error);
    return status;
}

static enum elbow_status plot(struct plots *plots, const struct scaling_table *table, const char *path, bool force,
                              struct elbow_error *error)
{
    enum elbow_publish publish = elbow_output_publishing(force);
    char *text = NULL;
    size_t size = 0;
    enum elbow_status status = make_script(plots, table, true, &text, &size, error);
    if (status == ELBOW_OK)
        status = begin_pictures(plots, publish, error);
    if (status == ELBOW_OK)
        status = scaling_publish(path, text, size, force, error);
    free(text);
    if (status == ELBOW_OK)
        status = draw(plots, table, path, error);
    return status == ELBOW_OK ? publish_pictures(plots, publish, error) : status;
}

enum elbow_status scaling_plot(const struct scaling_options *options, struct elbow_error *error)
{
    struct scaling_table table = {0};
    struct plots *plots;
    elbow_path path;
    if (strchr(options->directory, '\'') != NULL)
        return elbow_error_set(error, ELBOW_USAGE, "%s: gnuplot takes no path with an apostrophe", options->directory);
    // The longest names are those of parts.
    if (!elbow_text_format(path, sizeof path, "%s/plots.gp", options->directory) || strlen(path) > sizeof path - 100)
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the path is too long", options->directory);
    enum elbow_status status = elbow_allocate(&plots, 1, sizeof *plots, "the plots", error);
    if (status != ELBOW_OK)
        return status;
    plots->directory = options->directory;
    status = read_tables(options->directory, &table, error);
    if (status == ELBOW_OK)
        status = plot(plots, &table, path, options->force, error);
    for (int i = 0; i < PICTURES_MAX; ++i)
        elbow_part_abandon(&plots->pictures[i].part);
    scaling_table_clear(&table);
    elbow_release(&plots);
    if (status == ELBOW_OK)
        elbow_text_print(stdout, "plots: %s/*.png, %s/*.svg; their script: %s\n", options->directory,
                         options->directory, path);
    return status;
}
