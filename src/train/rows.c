// SPDX-License-Identifier: BSD-3-Clause
// The rows of a run: into its tables, and, with the pictures, among the events for TensorBoard.
#include "elbow/train/detail/outputs.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/evaluate/gallery.h"

#include <math.h>

static const size_t PICTURE_LIMIT = (size_t)32 << 20;

enum { TAG_SIZE = 96 };

// A figure under the name of its split: "valid/elbo". NaN is no point of a curve.
static void add_scalar(struct elbow_events *events, elbow_split split, const char *name, double value)
{
    char tag[TAG_SIZE];
    elbow_text_format(tag, sizeof tag, "%s/%s", elbow_split_words[split], name);
    if (!isnan(value))
        elbow_events_scalar(events, tag, value);
}

static void add_events(struct elbow_run_outputs *outputs, const struct elbow_metrics_row *row, const double *kl)
{
    char name[ELBOW_FIGURE_NAME];
    struct elbow_error trouble = {0};
    const struct elbow_figures *figures = &row->figures;
    struct elbow_events *events = &outputs->events;
    elbow_events_begin(events, row->step);
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind)
        if (elbow_figures_has(figures, kind, ELBOW_FIGURE_IN_TABLE))
            add_scalar(events, row->split, elbow_figure_row(kind)->name, figures->values[kind]);
    for (size_t i = 0; i < figures->part_count; ++i)
        add_scalar(events, row->split, elbow_figure_name_part(figures->parts[i].kind, figures->parts[i].part, name),
                   figures->parts[i].value);
    for (size_t j = 0; j < outputs->metrics.latent; ++j) {
        elbow_text_format(name, sizeof name, "kl_%zu", j);
        add_scalar(events, row->split, name, kl[j]);
    }
    elbow_events_end(events, &trouble);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_EVENTS, &trouble);
}

void elbow_outputs_add_row(struct elbow_run_outputs *outputs, const struct elbow_metrics_row *row, const double *kl)
{
    struct elbow_error trouble = {0};
    elbow_metrics_append(&outputs->metrics, row, kl, &trouble);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_ROWS, &trouble);
    if (outputs->events.is_open)
        add_events(outputs, row, kl);
}

// A picture as it lies in the run directory; one that is not there (the data are no images, or it waits for space) is
// left out.
static void add_picture(struct elbow_run_outputs *outputs, bool of_reconstructions)
{
    char name[ELBOW_GALLERY_NAME_SIZE], *bytes = NULL;
    elbow_path path;
    size_t size;
    struct elbow_error missing = {0};
    elbow_gallery_name(outputs->state->step, of_reconstructions, name);
    elbow_text_format(path, sizeof path, "samples/%s", name);
    if (elbow_file_read(&outputs->directory, path, PICTURE_LIMIT, &bytes, &size, &missing) == ELBOW_OK)
        elbow_events_image(&outputs->events, of_reconstructions ? "reconstructions" : "samples", bytes, size);
    elbow_release(&bytes);
}

void elbow_outputs_add_pictures(struct elbow_run_outputs *outputs)
{
    struct elbow_error trouble = {0};
    if (!outputs->events.is_open || outputs->loss.status != ELBOW_OK)
        return;
    elbow_events_begin(&outputs->events, outputs->state->step);
    add_picture(outputs, false);
    add_picture(outputs, true);
    if (outputs->events.event.size == outputs->events.summary)
        return; // there are none
    elbow_events_end(&outputs->events, &trouble);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_EVENTS, &trouble);
}
