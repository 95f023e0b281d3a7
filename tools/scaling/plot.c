// SPDX-License-Identifier: BSD-3-Clause
// Plots by gnuplot. Measured: solid points with the spread of the repeats; where a rank did not have its core to
// itself, red crosses in their place. Simulated: hollow points. Predicted: a dashed line, without points. Ideal: a thin
// grey line. The legend says each word.
#include "launch.h"
#include "scaling.h"

#include "elbow/base/part.h"

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

static void begin_output(FILE *file, const char *directory, enum scaling_mode mode, const char *name, bool is_svg)
{
    fprintf(file, "reset\nset terminal %s size 640,440\nset output '%s/%s-%s.%s'\nset grid\nset key right bottom\n",
            is_svg ? "svg enhanced background rgb 'white'" : "pngcairo enhanced", directory, scaling_mode_name(mode),
            name, is_svg ? "svg" : "png");
}

static void write_mode(FILE *file, const char *directory, enum scaling_mode mode,
                       const struct scaling_series series[SCALING_KINDS])
{
    char speedup[64];
    for (int kind = 0; kind < SCALING_KINDS; ++kind)
        write_block(file, scaling_kind_name((enum scaling_kind)kind), series[kind]);
    elbow_text_format(speedup, sizeof speedup, "x / %.1f", ranks_of(series, false));
    const struct sight sights[] = {{"speedup", "speed-up", speedup, 2, true},
                                   {"efficiency", "efficiency, %", "100.0", 5, false}};
    for (int svg = 0; svg < 2; ++svg) {
        for (size_t i = 0; i < sizeof sights / sizeof *sights; ++i) {
            begin_output(file, directory, mode, sights[i].name, svg == 1);
            if (!sights[i].is_log)
                fputs("set key left bottom\n", file);
            write_sight(file, &sights[i], mode, series);
        }
        if (series[SCALING_MEASURED].count == 0)
            continue;
        begin_output(file, directory, mode, "shares", svg == 1);
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

static enum elbow_status write_script(const char *directory, const struct scaling_table *table, const char *path,
                                      struct elbow_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "%s: %s", path, strerror(errno));
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode) {
        struct scaling_series series[SCALING_KINDS];
        size_t rows = 0;
        for (int kind = 0; kind < SCALING_KINDS; ++kind) {
            series[kind] = scaling_series_of(table, (enum scaling_kind)kind, (enum scaling_mode)mode);
            rows += series[kind].count;
        }
        if (rows > 0)
            write_mode(file, directory, (enum scaling_mode)mode, series);
    }
    enum elbow_status status = fclose(file) != 0
                                   ? elbow_error_set(error, ELBOW_MEMORY, "%s: no memory for the plots", path)
                                   : elbow_part_write(NULL, path, text, size, ELBOW_PUBLISH_REPLACE, error);
    free(text);
    return status;
}

enum elbow_status scaling_plot(const struct scaling_options *options, struct elbow_error *error)
{
    struct scaling_table table = {0};
    struct scaling_words words = {0};
    elbow_path path;
    if (strchr(options->directory, '\'') != NULL)
        return elbow_error_set(error, ELBOW_USAGE, "%s: gnuplot takes no path with an apostrophe", options->directory);
    if (!elbow_text_format(path, sizeof path, "%s/plots.gp", options->directory))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", options->directory);
    enum elbow_status status = read_tables(options->directory, &table, error);
    if (status == ELBOW_OK)
        status = write_script(options->directory, &table, path, error);
    scaling_table_clear(&table);
    if (status != ELBOW_OK)
        return status;
    scaling_words_add(&words, "gnuplot");
    scaling_words_add(&words, "%s", path);
    status = scaling_launch(&words, NULL, NULL, error);
    if (status == ELBOW_OK)
        elbow_text_print(stdout, "plots: %s/*.png, %s/*.svg; their script: %s\n", options->directory,
                         options->directory, path);
    return status;
}
