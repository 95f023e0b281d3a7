// SPDX-License-Identifier: BSD-3-Clause
// elbow reconstruct: rows of a dataset beside what a trained model makes of them.
#include "elbow/cli/pictures.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/worst.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { PAIRS = 32, WORST_MOST = 1 << 16 }; // where -n is left out; rows that are sorted as they come

// What the command line says. Left out: 0, and `first` below zero.
struct wish {
    struct elbow_pictures_wish of;
    const char *rows;
    int64_t count, first, worst;
};

static struct wish presets(void)
{
    return (struct wish){.of = {.seed = -1, .request = {.wants_data = true, .wants_names = true, .draws = true}},
                         .first = -1};
}

static enum elbow_status read_wish(const struct elbow_call *call, struct wish *wish, struct elbow_error *error)
{
    enum elbow_status status = elbow_pictures_read(call, &wish->of, error);
    bool is_span = wish->count > 0 || wish->first >= 0;
    if (status == ELBOW_OK && (wish->rows != NULL) + (wish->worst > 0) + is_span > 1)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "--rows, --worst, and -n with --first: each says which rows are meant; give one of them");
    wish->of.request.plots = wish->rows != NULL || wish->worst > 0; // of rows that are no images
    wish->first = wish->first < 0 ? 0 : wish->first;
    return status;
}

// "rows 594 and 274"; "the 3 rows of the lowest recon: 594 (-312.4), 274 (-290.1), 7 (-288.9)"; a list that is longer
// is cut.
static void tell_list(const struct elbow_gallery_list *list, char *text, size_t size)
{
    enum { TOLD = 8 };
    size_t length = 0;
    bool is_worst = list->figures != NULL;
    if (is_worst)
        length =
            (size_t)snprintf(text, size, "the %s of the lowest recon: ", elbow_text_count(list->count, "row").text);
    else
        length = (size_t)snprintf(text, size, "%s ", list->count == 1 ? "row" : "rows");
    for (uint64_t i = 0; i < list->count && i < TOLD; ++i) {
        length += (size_t)snprintf(text + length, size - length, "%s%" PRIu64, i > 0 ? ", " : "", list->rows[i]);
        if (is_worst)
            length += (size_t)snprintf(text + length, size - length, " (%.4f)", list->figures[i]);
    }
    if (list->count > TOLD)
        snprintf(text + length, size - length, ", ...");
}

// Collective. The rows that --rows or --worst ask for; all is given back by the caller.
static enum elbow_status find_list(const struct elbow_call *call, const struct wish *wish,
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
        .corrupt = wish->of.request.corrupt,
    };
    if (wish->worst > 0)
        return elbow_worst_find(&request, (uint64_t)wish->worst, found, error);
    char of[700];
    enum elbow_status status = elbow_pictures_numbers("--rows", wish->rows, &found->rows, &found->count, error);
    snprintf(of, sizeof of, "rows of %.600s", session->dataset.name);
    if (status == ELBOW_OK)
        status = elbow_pictures_below("--rows", found->rows, found->count, session->dataset.samples, of, error);
    return status;
}

// Collective. Draws rows that are picked out, with their errors.
static enum elbow_status draw_list(const struct elbow_call *call, const struct wish *wish,
                                   const struct elbow_session *session, const struct elbow_gallery *gallery,
                                   struct elbow_error *error)
{
    struct elbow_worst found = {0};
    enum elbow_status status = find_list(call, wish, session, &found, error);
    const struct elbow_gallery_list list = {
        .rows = found.rows, .count = found.count, .figure = "recon", .figures = found.recon};
    if (status == ELBOW_OK)
        status = elbow_gallery_rows(gallery, &session->dataset, wish->of.request.output, &list,
                                    elbow_pictures_seed(&wish->of, session), wish->of.draw, error);
    if (status == ELBOW_OK) {
        char told[400];
        tell_list(&list, told, sizeof told);
        elbow_log_say(call->log, "%s: %s; originals, reconstructions by step %" PRIu64 " of %s%s",
                      wish->of.request.output, told, session->checkpoint.state.step, session->checkpoint.path,
                      elbow_gallery_plots(gallery, wish->of.request.output) ? "" : ", and errors");
    }
    elbow_worst_clear(&found);
    return status;
}

// Collective.
static enum elbow_status draw_reconstructions(const struct elbow_call *call, const struct wish *wish,
                                              const struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_gallery gallery = elbow_pictures_gallery(call, &wish->of, session);
    uint64_t first = (uint64_t)wish->first, rows = session->dataset.samples;
    uint64_t count = wish->count > 0 ? (uint64_t)wish->count : PAIRS;
    if (first < rows && count > rows - first)
        count = rows - first;
    struct elbow_conditioning conditioning;
    enum elbow_status status = elbow_pictures_conditions(&wish->of, session, &conditioning, error);
    bool has_list = wish->rows != NULL || wish->worst > 0;
    gallery.conditioning = wish->of.values.count > 0 ? &conditioning : NULL;
    if (status == ELBOW_OK && has_list)
        status = draw_list(call, wish, session, &gallery, error);
    else if (status == ELBOW_OK)
        status = elbow_gallery_reconstructions(&gallery, &session->dataset, wish->of.request.output, first, count,
                                               elbow_pictures_seed(&wish->of, session), wish->of.draw, error);
    elbow_conditioning_clear(&conditioning);
    if (status != ELBOW_OK || has_list)
        return status;
    char told[320];
    bool is_held_back = elbow_session_is_held_back(session, &wish->of.request);
    elbow_pictures_tell_fewer(call, wish->count, count, wish->first, is_held_back ? "held-back sample" : "sample",
                              session->dataset.name);
    elbow_session_name_rows(session, &wish->of.request, first, count, told, sizeof told);
    elbow_log_say(call->log, "%s: %s and their reconstructions by step %" PRIu64 " of %s", wish->of.request.output,
                  told, session->checkpoint.state.step, session->checkpoint.path);
    return ELBOW_OK;
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct wish, of.request.checkpoint)),
    ELBOW_ROW_OUTPUT(offsetof(struct wish, of.request.output)),
    ELBOW_ROW_FORCE(offsetof(struct wish, of.request.force)),
    ELBOW_ROW_DATA(offsetof(struct wish, of.request.data)),
    ELBOW_ROW_MASK(offsetof(struct wish, of.request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct wish, of.request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct wish, of.conditions), "the rows of --data"),
    ELBOW_ROW_CONDITION(offsetof(struct wish, of.values), "decodes the rows with another condition than their own"),
    ELBOW_ROW_BINARIZE(offsetof(struct wish, of.request.binarize)),
    ELBOW_ROW_NAMES(offsetof(struct wish, of.request.names)),
    ELBOW_ROW_CORRUPT(offsetof(struct wish, of.request.corrupt),
                      "shows clean, corrupted and reconstructed rows: the encoder's input is corrupted as in training"),
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "number of rows, or all if there are fewer (32)",
     .offset = offsetof(struct wish, count),
     .least = 1},
    {.name = "first",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "ROW",
     .help = "the first row, counted from 0 among the selected samples (0)",
     .offset = offsetof(struct wish, first),
     .least = 0},
    {.name = "rows",
     .kind = ELBOW_FLAG_TEXT,
     .value = "ROW[,...]",
     .help = "these rows, counted in the same way, with a map of the errors beside each",
     .offset = offsetof(struct wish, rows)},
    {.name = "worst",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "the N rows of the lowest recon, the worst one first, with a map of the errors beside each",
     .offset = offsetof(struct wish, worst),
     .least = 1,
     .most = WORST_MOST},
    ELBOW_ROW_SEED(offsetof(struct wish, of.seed)),
    ELBOW_ROW_DRAW(offsetof(struct wish, of.draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct wish, of.transformed)),
    ELBOW_ROW_BEST(offsetof(struct wish, of.request.best)),
    ELBOW_ROW_RAW(offsetof(struct wish, of.request.is_raw)),
};

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish = presets();
    struct elbow_session session = {0};
    enum elbow_status status = read_wish(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &wish.of.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = draw_reconstructions(call, &wish, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct wish wish = presets();
    struct elbow_error error = {0};
    if (read_wish(call, &wish, &error) == ELBOW_OK)
        elbow_session_preview(&wish.of.request, note);
}

const struct elbow_command elbow_command_reconstruct = {
    .name = "reconstruct",
    .summary = "show rows of a dataset beside their reconstructions",
    .text = "Writes rows of a dataset beside their reconstructions: encoded, and decoded from the mean of their\n"
            "latents. A picture for images, or rows of an HDF5 or CSV file, depending on the ending of FILE. The\n"
            "originals are the encoder's input: zeros and ones if the data are binarised. With --rows and --worst a\n"
            "third picture shows the errors, the distances of the two in the same shades: black is no distance. Rows\n"
            "that are no images become lines of a plot then, with the endings .png, .svg and .pdf.\n",
    .examples = "elbow reconstruct runs/shapes -o pairs.png\n"
                "elbow reconstruct runs/mnist-mlp -o pairs.png --data data/mnist.h5:/test/images -n 10 --first 100\n"
                "elbow reconstruct runs/shapes -o worst.png --worst 8\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
