// SPDX-License-Identifier: BSD-3-Clause
// Plots: files that are read back, labels that do not lie on each other.
#include "elbow/output/detail/plot_panel.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/output/image.h"

#include "scratch.h"
#include "unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { VALUES = 200, BOXES = 512 };

static void check_good(enum elbow_status status, const struct elbow_error *error)
{
    ck_assert_msg(status == ELBOW_OK, "%s", error->message);
}

// A figure with everything in it: curves with a band and a gap, points by group, points by number, a heat map, bars.
struct figure {
    double x[VALUES], y[VALUES], low[VALUES], high[VALUES], cells[VALUES];
    int group[VALUES];
    struct elbow_plot_series series[6];
    struct elbow_plot_raster raster;
    struct elbow_plot_panel panels[6];
    struct elbow_plot plot;
};

static const char *const CLASSES[] = {"T-shirt & top", "trouser", "<pullover>",
                                      "a class of a long name that does not fit"};

static void make_figure(struct figure *figure)
{
    *figure = (struct figure){0};
    for (int i = 0; i < VALUES; ++i) {
        figure->x[i] = i + 1;
        figure->y[i] = 100 * exp(-0.05 * i) + sin(i) + 2;
        figure->low[i] = figure->y[i] * 0.9;
        figure->high[i] = figure->y[i] * 1.1;
        figure->cells[i] = cos(0.3 * i);
        figure->group[i] = i % 5 - 1;
    }
    figure->y[50] = figure->cells[7] = NAN;
    struct elbow_plot_series base = {
        .name = "train", .count = VALUES, .x = figure->x, .y = figure->y, .low = figure->low, .high = figure->high};
    for (int s = 0; s < 6; ++s)
        figure->series[s] = base;
    figure->series[1] = (struct elbow_plot_series){
        .name = "test", .mark = ELBOW_PLOT_STEPS, .count = VALUES, .x = figure->x, .y = figure->low, .is_dashed = true};
    figure->series[2] = (struct elbow_plot_series){
        .mark = ELBOW_PLOT_POINTS, .count = VALUES, .x = figure->x, .y = figure->y, .group = figure->group};
    figure->series[3] = (struct elbow_plot_series){
        .mark = ELBOW_PLOT_POINTS, .count = VALUES, .x = figure->x, .y = figure->y, .value = figure->cells};
    figure->series[4] =
        (struct elbow_plot_series){.mark = ELBOW_PLOT_BARS, .count = 4, .x = figure->x, .y = figure->cells};
    figure->raster = (struct elbow_plot_raster){
        .rows = 10, .columns = 20, .value = figure->cells, .x1 = 2000, .y0 = 0.5, .y1 = 10.5, .label = "KL in nats"};
    struct elbow_plot_panel panel = {.title = "A title",
                                     .x = {.label = "step"},
                                     .y = {.label = "bound in nats", .logarithmic = true},
                                     .series = figure->series,
                                     .series_count = 2};
    for (int p = 0; p < 6; ++p)
        figure->panels[p] = panel;
    figure->panels[1].series = figure->series + 2;
    figure->panels[1].series_count = 1;
    figure->panels[1].group_names = CLASSES;
    figure->panels[1].group_count = 4;
    figure->panels[2].series = figure->series + 3;
    figure->panels[2].series_count = 1;
    figure->panels[2].value_label = "cosine";
    figure->panels[3].series_count = 0;
    figure->panels[3].raster = &figure->raster;
    figure->panels[3].y = (struct elbow_plot_axis){.label = "dimension", .is_whole = true};
    figure->panels[4].series = figure->series + 4;
    figure->panels[4].series_count = 1;
    figure->panels[4].x = (struct elbow_plot_axis){.label = "class", .names = CLASSES, .name_count = 4};
    figure->panels[4].y = (struct elbow_plot_axis){.label = "share"};
    figure->panels[5].series_count = 0; // nothing in it
    figure->plot = (struct elbow_plot){.title = "All marks", .columns = 3, .panels = figure->panels, .panel_count = 6};
}

static char *encode(const struct elbow_plot *plot, const char *path, size_t *size)
{
    struct elbow_error error = {0};
    char *bytes;
    check_good(elbow_plot_encode(plot, path, &bytes, size, &error), &error);
    return bytes;
}

START_TEST(same_plot_same_bytes)
{
    static const char *const PATHS[] = {"a.png", "a.svg", "a.pdf"};
    struct figure figure;
    make_figure(&figure);
    for (int i = 0; i < 3; ++i) {
        size_t sizes[2];
        char *bytes[2];
        for (int k = 0; k < 2; ++k)
            bytes[k] = encode(&figure.plot, PATHS[i], &sizes[k]);
        ck_assert_uint_eq(sizes[0], sizes[1]);
        ck_assert_mem_eq(bytes[0], bytes[1], sizes[0]);
        elbow_release(&bytes[0]);
        elbow_release(&bytes[1]);
    }
}
END_TEST

START_TEST(formats_are_what_they_are_called)
{
    struct scratch scratch = scratch_make();
    struct figure figure;
    struct elbow_error error = {0};
    struct elbow_picture picture;
    size_t size;
    double width, height;
    make_figure(&figure);
    const char *path = scratch_path(&scratch, "t.png");
    check_good(elbow_plot_write(&figure.plot, path, ELBOW_PUBLISH_NEW, &error), &error);
    check_good(elbow_picture_read(path, 0, &picture, &error), &error);
    elbow_plot_size(&figure.plot, &width, &height);
    ck_assert_uint_eq(picture.width, (size_t)ceil(2 * width));
    ck_assert_uint_eq(picture.height, (size_t)ceil(2 * height));
    ck_assert(picture.channels == 3 && picture.pixels[0] == 255 && picture.pixels[2] == 255);
    elbow_picture_clear(&picture);
    ck_assert_int_eq(elbow_plot_write(&figure.plot, path, ELBOW_PUBLISH_NEW, &error), ELBOW_FILE);
    char *text = encode(&figure.plot, "t.svg", &size);
    ck_assert_uint_eq(strlen(text), size);
    ck_assert_int_eq(strncmp(text, "<svg ", 5), 0);
    ck_assert_str_eq(text + size - 7, "</svg>\n");
    static const char *const LABELS[] = {">All marks</title>",        ">All marks</text>",        ">train</text>",
                                         ">bound in nats</text>",     ">KL in nats</text>",       ">cosine</text>",
                                         ">T-shirt &amp; top</text>", ">&lt;pullover&gt;</text>", ">dimension</text>"};
    for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; ++i)
        ck_assert_msg(strstr(text, LABELS[i]) != NULL, "%s is missing", LABELS[i]);
    ck_assert(strstr(text, "nan") == NULL && strstr(text, "inf\"") == NULL);
    elbow_release(&text);
    char *page = encode(&figure.plot, "t.pdf", &size);
    ck_assert_int_eq(strncmp(page, "%PDF-1.", 7), 0);
    ck_assert_str_eq(page + size - 6, "%%EOF\n");
    elbow_release(&page);
    ck_assert_int_eq(elbow_plot_encode(&figure.plot, "t.gif", &text, &size, &error), ELBOW_USAGE);
    ck_assert(strstr(error.message, "t.gif") != NULL && strstr(error.message, ".png, .svg or .pdf") != NULL);
    scratch_clear(&scratch);
}
END_TEST

// A canvas that records the places of texts.
struct watcher {
    struct elbow_canvas canvas;
    struct elbow_box boxes[BOXES];
    char texts[BOXES][ELBOW_LETTERS];
    size_t count, lines, marks, images;
};

static void watch_fill(struct elbow_canvas *canvas, const struct elbow_box *box, struct elbow_ink ink)
{
    ck_assert(box->width >= 0 && box->height >= 0 && canvas->state != NULL && ink.alpha > 0);
}

static void check_finite(const double *xy, size_t count)
{
    while (count-- > 0)
        ck_assert(fabs(xy[2 * count]) < 1e6 && fabs(xy[2 * count + 1]) < 1e6); // NaN is not
}

static void watch_line(struct elbow_canvas *canvas, const double *xy, size_t count, const struct elbow_pen *pen)
{
    ((struct watcher *)canvas->state)->lines += pen->width > 1;
    check_finite(xy, count);
}

static void watch_area(struct elbow_canvas *canvas, const double *xy, size_t count, struct elbow_ink ink)
{
    ck_assert(canvas->state != NULL && ink.alpha > 0);
    check_finite(xy, count);
}

static void watch_mark(struct elbow_canvas *canvas, enum elbow_shape shape, double x, double y, double radius,
                       struct elbow_ink ink)
{
    const double xy[] = {x, y};
    ck_assert(shape < ELBOW_SHAPES && radius > 0 && ink.alpha > 0);
    ((struct watcher *)canvas->state)->marks += 1;
    check_finite(xy, 1);
}

static void watch_text(struct elbow_canvas *canvas, const char *text, double x, double y,
                       const struct elbow_lettering *lettering, const struct elbow_box *box)
{
    struct watcher *watcher = canvas->state;
    ck_assert(watcher->count < BOXES && isfinite(x) && isfinite(y) && lettering->size > 0);
    elbow_text_format(watcher->texts[watcher->count], ELBOW_LETTERS, "%s", text);
    watcher->boxes[watcher->count++] = *box;
}

static void watch_image(struct elbow_canvas *canvas, const struct elbow_box *box, const struct elbow_picture *picture)
{
    ck_assert(box->width > 0 && box->height > 0 && picture->pixels != NULL);
    ((struct watcher *)canvas->state)->images += 1;
}

static void watch_clip(struct elbow_canvas *canvas, const struct elbow_box *box)
{
    ck_assert(canvas->state != NULL && (box == NULL || box->width > 0));
}

static const struct elbow_canvas_kind WATCHING = {watch_fill, watch_line,  watch_area, watch_mark,
                                                  watch_text, watch_image, watch_clip};

static void watch(const struct elbow_plot *plot, struct watcher *watcher)
{
    static struct elbow_error error;
    *watcher = (struct watcher){.canvas = {.kind = &WATCHING, .error = &error, .state = watcher}};
    elbow_plot_size(plot, &watcher->canvas.width, &watcher->canvas.height);
    elbow_plot_draw(&watcher->canvas, plot);
    check_good(watcher->canvas.status, &error);
    for (size_t i = 0; i < watcher->count; ++i) {
        const struct elbow_box *a = &watcher->boxes[i];
        ck_assert_msg(a->x >= 0 && a->y >= 0 && a->x + a->width <= watcher->canvas.width &&
                          a->y + a->height <= watcher->canvas.height,
                      "'%s' stands out", watcher->texts[i]);
        for (size_t k = 0; k < i; ++k) {
            const struct elbow_box *b = &watcher->boxes[k];
            ck_assert_msg(a->x >= b->x + b->width || b->x >= a->x + a->width || a->y >= b->y + b->height ||
                              b->y >= a->y + a->height,
                          "'%s' lies on '%s'", watcher->texts[i], watcher->texts[k]);
        }
    }
}

START_TEST(labels_do_not_overlap)
{
    struct watcher watcher;
    struct figure figure;
    make_figure(&figure);
    for (size_t columns = 1; columns <= 6; ++columns) {
        figure.plot.columns = columns;
        watch(&figure.plot, &watcher);
        ck_assert_uint_gt(watcher.count, 40);
    }
    ck_assert_uint_gt(watcher.marks, 300); // two clouds without the values that are none
    ck_assert_uint_eq(watcher.images, 3);  // the heat map, and the bars of both scales
    // Many categories: their names are turned, and left out where they are too many.
    static const char *names[120];
    for (int i = 0; i < 120; ++i)
        names[i] = i % 2 == 0 ? "category of many" : "x";
    for (size_t count = 3; count <= 120; count += 39) {
        figure.panels[4].x.name_count = figure.panels[4].y.name_count = count;
        figure.panels[4].x.names = figure.panels[4].y.names = names;
        watch(&figure.plot, &watcher);
    }
    // A legend that is longer than the panel.
    figure.panels[1].group_names = names;
    figure.panels[1].group_count = 120;
    watch(&figure.plot, &watcher);
    bool is_told = false;
    for (size_t i = 0; i < watcher.count; ++i)
        is_told = is_told || strstr(watcher.texts[i], " more") != NULL;
    ck_assert(is_told); // A legend of all is drawn once.
    size_t found = 0;
    for (int p = 1; p < 6; ++p)
        figure.panels[p] = figure.panels[0];
    watch(&figure.plot, &watcher);
    for (size_t i = 0; i < watcher.count; ++i)
        found += strcmp(watcher.texts[i], "train") == 0;
    ck_assert_uint_eq(found, 1);
}
END_TEST

// Series that hardly are any.
START_TEST(series_of_nothing)
{
    static const double NONE[3] = {NAN, INFINITY, -INFINITY}, ONE[1] = {3}, ZEROS[3] = {0};
    struct elbow_plot_series series[4] = {{.name = "none"},
                                          {.name = "NaN", .count = 3, .x = NONE, .y = NONE, .low = NONE, .high = NONE},
                                          {.name = "one", .count = 1, .x = ONE, .y = ONE},
                                          {.name = "zeros", .count = 3, .x = ZEROS, .y = ZEROS}};
    struct watcher watcher;
    for (int mark = ELBOW_PLOT_LINE; mark <= ELBOW_PLOT_BARS; ++mark)
        for (size_t s = 0; s < 4; ++s)
            for (int logarithmic = 0; logarithmic <= 1; ++logarithmic) {
                series[s].mark = (enum elbow_plot_mark)mark;
                struct elbow_plot_panel panel = {.x = {.logarithmic = logarithmic},
                                                 .y = {.logarithmic = logarithmic},
                                                 .series = &series[s],
                                                 .series_count = 1};
                watch(&(struct elbow_plot){.panels = &panel, .panel_count = 1}, &watcher);
                if (s == 2 && mark < ELBOW_PLOT_BARS)
                    ck_assert_uint_eq(watcher.marks, 1 + (mark == ELBOW_PLOT_POINTS)); // the legend's too
            }
    watch(&(struct elbow_plot){.title = "Nothing"}, &watcher);
    ck_assert_uint_eq(watcher.count, 1);
}
END_TEST

START_TEST(foreign_texts_are_masked)
{
    struct watcher watcher;
    char title[600];
    memset(title, 'a', sizeof title - 1);
    title[sizeof title - 1] = '\0';
    memcpy(title, "\xff\xc3\xa4\n\x1b", 5);
    struct elbow_plot plot = {.title = title};
    watch(&plot, &watcher);
    ck_assert_int_eq(strncmp(watcher.texts[0], "?\xc3\xa4??a", 6), 0);
    size_t size;
    for (int i = 0; i < 2; ++i) { // Cairo refuses text that is not UTF-8
        char *bytes = encode(&plot, i == 0 ? "a.png" : "a.pdf", &size);
        elbow_release(&bytes);
    }
}
END_TEST

START_TEST(rasters_lie_as_told)
{
    struct scratch scratch = scratch_make();
    const double values[] = {1, 0, 0, 0, 0, 0}; // the first cell alone is white
    struct elbow_error error = {0};
    for (int turned = 0; turned <= 1; ++turned) {
        struct elbow_plot_raster raster = {.rows = 2,
                                           .columns = 3,
                                           .channels = 1,
                                           .value = values,
                                           .x1 = 3,
                                           .y0 = turned ? 2 : 0,
                                           .y1 = turned ? 0 : 2};
        struct elbow_plot_panel panel = {.raster = &raster, .is_bare = true};
        struct elbow_picture picture;
        const char *path = scratch_path(&scratch, "t.png");
        check_good(elbow_plot_write(&(struct elbow_plot){.panels = &panel, .panel_count = 1}, path,
                                    ELBOW_PUBLISH_REPLACE, &error),
                   &error);
        check_good(elbow_picture_read(path, 1, &picture, &error), &error);
        size_t left = picture.width / 6, upper = picture.height / 4, lower = picture.height * 3 / 4;
        ck_assert_int_eq(picture.pixels[upper * picture.width + left], turned ? 255 : 0);
        ck_assert_int_eq(picture.pixels[lower * picture.width + left], turned ? 0 : 255);
        ck_assert_int_eq(picture.pixels[lower * picture.width + picture.width / 2], 0);
        elbow_picture_clear(&picture);
    }
    scratch_clear(&scratch);
}
END_TEST

START_TEST(long_curves_stay_small)
{
    enum { MANY = 300000 };
    struct elbow_error error = {0};
    double *x = NULL, *y = NULL;
    size_t size;
    check_good(elbow_allocate(&x, MANY, sizeof *x, "test", &error), &error);
    check_good(elbow_allocate(&y, MANY, sizeof *y, "test", &error), &error);
    for (int i = 0; i < MANY; ++i) {
        x[i] = i;
        y[i] = i == 12345 ? 1 : 0;
    }
    struct elbow_plot_series series = {.count = MANY, .x = x, .y = y};
    struct elbow_plot_panel panel = {.y = {.least = -1, .most = 2}, .series = &series, .series_count = 1};
    char *text = encode(&(struct elbow_plot){.panels = &panel, .panel_count = 1}, "a.svg", &size);
    ck_assert_uint_lt(size, 100000);
    struct watcher watcher;
    watch(&(struct elbow_plot){.panels = &panel, .panel_count = 1}, &watcher);
    ck_assert_uint_eq(watcher.lines, 1);
    elbow_release(&text);
    elbow_release(&x);
    elbow_release(&y);
}
END_TEST

START_TEST(memory_that_runs_out)
{
    struct figure figure;
    make_figure(&figure);
    size_t blocks = elbow_memory_count().blocks;
    for (uint64_t n = 1; n <= 6; ++n) {
        static const char *const PATHS[] = {"a.png", "a.svg", "a.pdf"};
        for (int i = 0; i < 3; ++i) {
            struct elbow_error error = {0};
            char *bytes;
            size_t size;
            elbow_memory_fail_at(n);
            enum elbow_status status = elbow_plot_encode(&figure.plot, PATHS[i], &bytes, &size, &error);
            elbow_memory_fail_at(0);
            ck_assert_msg(status == ELBOW_MEMORY || status == ELBOW_OUTPUT || n > 2, "%s, allocation %d", PATHS[i],
                          (int)n);
            ck_assert_int_eq(status == ELBOW_OK, bytes != NULL);
            elbow_release(&bytes);
            ck_assert_uint_eq(elbow_memory_count().blocks, blocks);
        }
    }
}
END_TEST

UNIT_MAIN("output/plot", same_plot_same_bytes, formats_are_what_they_are_called, labels_do_not_overlap,
          series_of_nothing, foreign_texts_are_masked, rasters_lie_as_told, long_curves_stay_small,
          memory_that_runs_out)
