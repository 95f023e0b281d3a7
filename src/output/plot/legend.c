// SPDX-License-Identifier: BSD-3-Clause
// Legends and colour bars.
#include "elbow/output/detail/plot_panel.h"

#include "elbow/base/text.h"

#include <math.h>
#include <string.h>

static const double SAMPLE = 18, BAR = 12, ELSEWHERE = 4; // width of a sample of the mark; of the bar; of its ticks
enum { BAR_CELLS = 128 };
static const struct elbow_ink DARK = {0x22, 0x22, 0x22, 1};

static void add_entry(struct elbow_legend *legend, struct elbow_legend_entry entry)
{
    if (entry.name != NULL && entry.name[0] != '\0' && legend->count < ELBOW_LEGEND_MAX)
        legend->entries[legend->count++] = entry;
}

void elbow_legend_collect(const struct elbow_plot_panel *panel, struct elbow_legend *legend)
{
    legend->count = 0;
    for (size_t s = 0; s < panel->series_count; ++s)
        add_entry(legend, (struct elbow_legend_entry){.name = panel->series[s].name,
                                                      .mark = panel->series[s].mark,
                                                      .ink = elbow_series_ink(panel, s),
                                                      .is_dashed = panel->series[s].is_dashed});
    for (size_t g = 0; g < panel->group_count; ++g)
        add_entry(legend, (struct elbow_legend_entry){.name = panel->group_names[g],
                                                      .mark = ELBOW_PLOT_POINTS,
                                                      .shape = elbow_group_shape((int)g),
                                                      .ink = elbow_group_ink((int)g, panel->group_count)});
}

double elbow_legend_width(const struct elbow_legend *legend)
{
    double widest = 0;
    for (size_t i = 0; i < legend->count; ++i)
        widest = fmax(widest, elbow_canvas_width(legend->entries[i].name, ELBOW_PLOT_TICK, false));
    return legend->count == 0 ? 0 : fmin(SAMPLE + ELBOW_PLOT_GAP + widest + 1, ELBOW_PLOT_LEGEND_MOST);
}

static bool is_same_entry(const struct elbow_legend_entry *one, const struct elbow_legend_entry *other)
{
    return strcmp(one->name, other->name) == 0 && one->mark == other->mark && one->shape == other->shape &&
           one->is_dashed == other->is_dashed && memcmp(&one->ink, &other->ink, 3) == 0;
}

bool elbow_legend_covers(const struct elbow_legend *legend, const struct elbow_legend *part)
{
    for (size_t i = 0; i < part->count; ++i) {
        bool is_there = false;
        for (size_t k = 0; k < legend->count && !is_there; ++k)
            is_there = is_same_entry(&legend->entries[k], &part->entries[i]);
        if (!is_there)
            return false;
    }
    return true;
}

static void draw_sample(struct elbow_canvas *canvas, const struct elbow_legend_entry *entry, double x, double y)
{
    double middle = y - 3.5;
    const double line[] = {x, middle, x + SAMPLE, middle};
    struct elbow_pen pen = {entry->ink, 2, entry->is_dashed};
    struct elbow_box box = {x + 3, y - 8, BAR, 9};
    if (entry->mark == ELBOW_PLOT_POINTS)
        canvas->kind->mark(canvas, entry->shape, x + SAMPLE / 2, middle, 4, entry->ink);
    else if (entry->mark == ELBOW_PLOT_BARS)
        canvas->kind->fill(canvas, &box, entry->ink);
    else
        canvas->kind->line(canvas, line, 2, &pen);
}

void elbow_legend_draw(struct elbow_canvas *canvas, const struct elbow_legend *legend, double x, double y,
                       double height)
{
    struct elbow_lettering lettering = {.size = ELBOW_PLOT_TICK, .ink = DARK};
    size_t space = (size_t)fmax(1, floor(height / ELBOW_PLOT_LINE_HEIGHT));
    size_t shown = legend->count <= space ? legend->count : space - 1;
    double begin = x + SAMPLE + ELBOW_PLOT_GAP, width = ELBOW_PLOT_LEGEND_MOST - SAMPLE - ELBOW_PLOT_GAP;
    for (size_t i = 0; i < shown && canvas->status == ELBOW_OK; ++i) {
        double line = y + 11 + (double)i * ELBOW_PLOT_LINE_HEIGHT;
        draw_sample(canvas, &legend->entries[i], x, line);
        elbow_canvas_write(canvas, legend->entries[i].name, begin, line, width, &lettering);
    }
    if (shown == legend->count)
        return;
    char rest[64];
    elbow_text_format(rest, sizeof rest, "%zu more", legend->count - shown);
    elbow_canvas_write(canvas, rest, begin, y + 11 + (double)shown * ELBOW_PLOT_LINE_HEIGHT, width, &lettering);
}

static size_t bar_ticks(const struct elbow_colour_range *range, double height, struct elbow_tick *ticks)
{
    return elbow_scale_ticks(&range->scale, (size_t)(height / 40), false, ticks);
}

double elbow_colour_bar_width(const struct elbow_colour_range *range, double height)
{
    struct elbow_tick ticks[ELBOW_TICKS_MAX];
    double widest = 0;
    if (!range->is_there)
        return 0;
    size_t count = bar_ticks(range, height, ticks);
    for (size_t i = 0; i < count; ++i)
        widest = fmax(widest, elbow_canvas_width(ticks[i].label, ELBOW_PLOT_TICK, false));
    return BAR + 2 * ELSEWHERE + widest + (range->label == NULL ? 0 : ELBOW_PLOT_LINE_HEIGHT) + ELBOW_PLOT_GAP;
}

void elbow_colour_bar_draw(struct elbow_canvas *canvas, const struct elbow_colour_range *range, double x, double y,
                           double height)
{
    struct elbow_tick ticks[ELBOW_TICKS_MAX];
    struct elbow_lettering lettering = {.size = ELBOW_PLOT_TICK, .ink = DARK};
    uint8_t pixels[3 * BAR_CELLS];
    struct elbow_picture picture = {.height = BAR_CELLS, .width = 1, .channels = 3, .pixels = pixels};
    struct elbow_box box = {x, y, BAR, height};
    if (!range->is_there || canvas->status != ELBOW_OK)
        return;
    for (size_t i = 0; i < BAR_CELLS; ++i) {
        struct elbow_ink ink = elbow_value_ink(1 - ((double)i + 0.5) / BAR_CELLS);
        memcpy(pixels + 3 * i, (uint8_t[]){ink.red, ink.green, ink.blue}, 3);
    }
    canvas->kind->image(canvas, &box, &picture);
    double widest = 0;
    size_t count = bar_ticks(range, height, ticks);
    for (size_t i = 0; i < count; ++i) {
        double at = y + (1 - ticks[i].place) * height;
        const double dash[] = {x + BAR, at, x + BAR + ELSEWHERE, at};
        canvas->kind->line(canvas, dash, 2, &(struct elbow_pen){DARK, 0.8, false});
        elbow_canvas_write(canvas, ticks[i].label, x + BAR + 2 * ELSEWHERE, at + 3.5, INFINITY, &lettering);
        widest = fmax(widest, elbow_canvas_width(ticks[i].label, ELBOW_PLOT_TICK, false));
    }
    lettering.size = ELBOW_PLOT_LABEL;
    lettering.is_upward = true;
    lettering.anchor = ELBOW_ANCHOR_MIDDLE;
    elbow_canvas_write(canvas, range->label, x + BAR + 2 * ELSEWHERE + widest + 13, y + height / 2, height, &lettering);
}
