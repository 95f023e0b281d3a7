// SPDX-License-Identifier: BSD-3-Clause
// elbow reconstruct: rows of a dataset beside their reconstructions.
#include "elbow/cli/pictures.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/worst.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { PAIRS = 32, WORST_MOST = 1 << 16 }; // without -n; rows that are sorted in memory

// The options on the command line. Left out: 0, and `first` below zero.
struct options {
    struct elbow_pictures_options of;
    const char *rows;
    int64_t count, first, worst;
};

static struct options presets(void)
{
    return (struct options){.of = {.seed = -1, .request = {.wants_data = true, .wants_names = true, .draws = true}},
                            .first = -1};
}

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_pictures_read(call, &options->of, error);
    bool is_span = options->count > 0 || options->first >= 0;
    if (status == ELBOW_OK && (options->rows != NULL) + (options->worst > 0) + is_span > 1)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--rows, --worst, and -n with --first: each selects rows; give one of them");
    options->of.request.plots = options->rows != NULL || options->worst > 0; // of rows that are no images
    options->first = options->first < 0 ? 0 : options->first;
    return status;
}

// "rows 594 and 274"; "the 3 rows of the lowest recon: 594 (-312.4), 274 (-290.1), 7 (-288.9)"; a list that is longer
// is cut.
static void format_list(const struct elbow_gallery_list *list, char *text, size_t size)
{
    enum { LISTED = 8 };
    size_t length = 0;
    bool is_worst = list->figures != NULL;
    if (is_worst)
        length =
            (size_t)snprintf(text, size, "the %s with the lowest recon: ", elbow_text_count(list->count, "row").text);
    else
        length = (size_t)snprintf(text, size, "%s ", list->count == 1 ? "row" : "rows");
    for (uint64_t i = 0; i < list->count && i < LISTED; ++i) {
        length += (size_t)snprintf(text + length, size - length, "%s%" PRIu64, i > 0 ? ", " : "", list->rows[i]);
        if (is_worst)
            length += (size_t)snprintf(text + length, size - length, " (%.4f)", list->figures[i]);
    }
    if (list->count > LISTED)
        snprintf(text + length, size - length, ", ...");
}

// Collective. The rows of --rows or --worst; the caller frees them in any case.
static enum elbow_status find_list(const struct elbow_call *call, const struct options *options,
                                   const struct elbow_session *session, struct elbow_worst *found,
                                   struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    const struct elbow_evaluation_request request = {
        .comm = call->comm,
        .model = session->model,
        .parameters = session->checkpoint.values,
        .dataset = &session->dataset,
        .config = config,
        .terms = elbow_objective_terms(config, config->objective.beta),
        .corrupt = options->of.request.corrupt,
    };
    if (options->worst > 0)
        return elbow_worst_find(&request, (uint64_t)options->worst, found, error);
    char of[700];
    enum elbow_status status = elbow_pictures_numbers("--rows", options->rows, &found->rows, &found->count, error);
    snprintf(of, sizeof of, "rows of %.600s", session->dataset.name);
    if (status == ELBOW_OK)
        status = elbow_pictures_below("--rows", found->rows, found->count, session->dataset.samples, of, error);
    return status;
}

// Collective. Draws rows that are picked out, with their errors.
static enum elbow_status draw_list(const struct elbow_call *call, const struct options *options,
                                   const struct elbow_session *session, const struct elbow_gallery *gallery,
                                   struct elbow_error *error)
{
    struct elbow_worst found = {0};
    enum elbow_status status = find_list(call, options, session, &found, error);
    const struct elbow_gallery_list list = {
        .rows = found.rows, .count = found.count, .figure = "recon", .figures = found.recon};
    if (status == ELBOW_OK)
        status = elbow_gallery_rows(gallery, &session->dataset, options->of.request.output, &list,
                                    elbow_pictures_seed(&options->of, session), options->of.draw, error);
    if (status == ELBOW_OK) {
        char text[400];
        format_list(&list, text, sizeof text);
        elbow_log_say(call->log, "%s: %s; originals, reconstructions by step %" PRIu64 " of %s%s",
                      options->of.request.output, text, session->checkpoint.state.step, session->checkpoint.path,
                      elbow_gallery_plots(gallery, options->of.request.output) ? "" : ", and errors");
    }
    elbow_worst_clear(&found);
    return status;
}

// Collective.
static enum elbow_status draw_reconstructions(const struct elbow_call *call, const struct options *options,
                                              const struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_gallery gallery = elbow_pictures_gallery(call, &options->of, session);
    uint64_t first = (uint64_t)options->first, rows = session->dataset.samples;
    uint64_t count = options->count > 0 ? (uint64_t)options->count : PAIRS;
    if (first < rows && count > rows - first)
        count = rows - first;
    struct elbow_conditioning conditioning;
    enum elbow_status status = elbow_pictures_conditions(&options->of, session, &conditioning, error);
    bool has_list = options->rows != NULL || options->worst > 0;
    gallery.conditioning = options->of.values.count > 0 ? &conditioning : NULL;
    if (status == ELBOW_OK && has_list)
        status = draw_list(call, options, session, &gallery, error);
    else if (status == ELBOW_OK)
        status = elbow_gallery_reconstructions(&gallery, &session->dataset, options->of.request.output, first, count,
                                               elbow_pictures_seed(&options->of, session), options->of.draw, error);
    elbow_conditioning_clear(&conditioning);
    if (status != ELBOW_OK || has_list)
        return status;
    char text[320];
    bool is_held_back = elbow_session_is_held_back(session, &options->of.request);
    elbow_pictures_warn_fewer(call, options->count, count, options->first, is_held_back ? "held-back sample" : "sample",
                              session->dataset.name);
    elbow_session_name_rows(session, &options->of.request, first, count, text, sizeof text);
    elbow_log_say(call->log, "%s: %s and their reconstructions by step %" PRIu64 " of %s", options->of.request.output,
                  text, session->checkpoint.state.step, session->checkpoint.path);
    return ELBOW_OK;
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, of.request.checkpoint)),
    ELBOW_ROW_OUTPUT(offsetof(struct options, of.request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, of.request.force)),
    ELBOW_ROW_DATA(offsetof(struct options, of.request.data)),
    ELBOW_ROW_MASK(offsetof(struct options, of.request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, of.request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, of.conditions), "the rows of --data"),
    ELBOW_ROW_CONDITION(offsetof(struct options, of.values), "decodes the rows with another condition than their own"),
    ELBOW_ROW_BINARIZE(offsetof(struct options, of.request.binarize)),
    ELBOW_ROW_NAMES(offsetof(struct options, of.request.names)),
    ELBOW_ROW_CORRUPT(offsetof(struct options, of.request.corrupt),
                      "shows clean, corrupted and reconstructed rows: the encoder's input is corrupted as in training"),
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "number of rows, or all if there are fewer (32)",
     .offset = offsetof(struct options, count),
     .least = 1},
    {.name = "first",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "ROW",
     .help = "the first row, counted from 0 among the selected samples (0)",
     .offset = offsetof(struct options, first),
     .least = 0},
    {.name = "rows",
     .kind = ELBOW_FLAG_TEXT,
     .value = "ROW[,...]",
     .help = "these rows, counted in the same way, with a map of the errors beside each",
     .offset = offsetof(struct options, rows)},
    {.name = "worst",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "the N rows with the lowest recon, the worst one first, with a map of the errors beside each",
     .offset = offsetof(struct options, worst),
     .least = 1,
     .most = WORST_MOST},
    ELBOW_ROW_SEED(offsetof(struct options, of.seed)),
    ELBOW_ROW_DRAW(offsetof(struct options, of.draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct options, of.transformed)),
    ELBOW_ROW_BEST(offsetof(struct options, of.request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, of.request.is_raw)),
};

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    struct elbow_session session = {0};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &options.of.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = draw_reconstructions(call, &options, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) == ELBOW_OK)
        elbow_session_preview(&options.of.request, note);
}

const struct elbow_command elbow_command_reconstruct = {
    .name = "reconstruct",
    .summary = "show rows of a dataset beside their reconstructions",
    .text =
        "Writes rows of a dataset beside their reconstructions: encoded, and decoded from the mean of their\n"
        "latents. A picture for images, or rows of an HDF5 or CSV file, depending on the ending of FILE. The\n"
        "originals are the encoder's input: zeros and ones if the data are binarised. With --rows and --worst a\n"
        "third picture shows the errors, which are the absolute differences in the same shades: black is zero. Rows\n"
        "that are not images then become lines of a plot, with the endings .png, .svg and .pdf.\n",
    .examples = "elbow reconstruct runs/shapes -o pairs.png\n"
                "elbow reconstruct runs/mnist-mlp -o pairs.png --data data/mnist.h5:/test/images -n 10 --first 100\n"
                "elbow reconstruct runs/shapes -o worst.png --worst 8\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
