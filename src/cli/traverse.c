// SPDX-License-Identifier: BSD-3-Clause
// elbow traverse: the effect of each latent dimension.
#include "elbow/cli/pictures.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/walk.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

enum { STEPS = 11, STEPS_MOST = 10000 };

// The options on the command line. Left out: row below zero, count 0.
struct options {
    struct elbow_pictures_options of;
    const char *dimensions;
    int64_t row, steps, count;
};

static struct options presets(void)
{
    return (struct options){.of = {.seed = -1, .request = {.draws = true, .plots = true}}, .row = -1, .steps = STEPS};
}

// Data are read for a row, for their quantiles, or for the order of the dimensions.
static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_pictures_read(call, &options->of, error);
    struct elbow_session_request *request = &options->of.request;
    request->wants_data = options->row >= 0 || request->data != NULL || options->dimensions == NULL;
    if (status == ELBOW_OK && options->dimensions != NULL && options->count > 0)
        return elbow_error_set(error, ELBOW_USAGE, "-n and --dimensions: both select dimensions; give one of them");
    return status;
}

// "2 (KL 1.93 nats), 0 (0.41), ..."
static void log_dimensions(const struct elbow_call *call, const struct options *options, const struct elbow_walk *walk,
                           const char *use)
{
    enum { LISTED = 12 };
    char text[600];
    size_t length = 0;
    for (size_t k = 0; k < walk->points / walk->across && k <= LISTED; ++k) {
        size_t n = k * walk->across;
        const char *before = k > 0 ? ", " : "";
        if (k == LISTED) {
            snprintf(text + length, sizeof text - length, ", ...");
            break;
        }
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%" PRIi64, before, walk->places[n]);
        if (walk->uses != NULL)
            length += (size_t)snprintf(text + length, sizeof text - length, " (%s%.4g%s)", k > 0 ? "" : use,
                                       walk->uses[n], k > 0 || use[0] != 'K' ? "" : " nats");
    }
    elbow_log_say(call->log, "%s: a row for each dimension: %s", options->of.request.output, text);
}

static void report(const struct elbow_call *call, const struct options *options, const struct elbow_session *session,
                   const struct elbow_walk *walk, bool is_of_data)
{
    char through[80] = "the prior's centre";
    bool has_prior = session->model->prior != NULL;
    if (options->row >= 0)
        snprintf(through, sizeof through, "row %" PRIi64, options->row);
    else if (!has_prior)
        snprintf(through, sizeof through, "the medians of the latents");
    elbow_log_say(call->log, "%s: %s through %s, at quantiles of %s%.500s, decoded by step %" PRIu64 " of %s",
                  options->of.request.output, elbow_text_count(walk->points / walk->across, "latent dimension").text,
                  through, is_of_data ? "the latents of " : "the prior", is_of_data ? session->dataset.name : "",
                  session->checkpoint.state.step, session->checkpoint.path);
    log_dimensions(call, options, walk, has_prior ? "KL " : "variance ");
}

// The class and conditions for the decoder: the given ones, and otherwise those of the row, if there is one.
static enum elbow_status settle(const struct options *options, const struct elbow_session *session,
                                struct elbow_gallery *gallery, struct elbow_conditioning *conditioning,
                                struct elbow_error *error)
{
    bool has_row = options->row >= 0;
    enum elbow_status status = has_row ? elbow_pictures_class(&options->of, session, &gallery->class_number, error)
                                       : elbow_pictures_one_class(&options->of, session, &gallery->class_number, error);
    gallery->has_class = gallery->class_number >= 0;
    if (status == ELBOW_OK)
        status = elbow_pictures_conditions(&options->of, session, conditioning, error);
    if (status == ELBOW_OK && !has_row)
        status = elbow_conditioning_settle_one(conditioning, error);
    gallery->conditioning = conditioning;
    return status;
}

// Checks the dimensions, and that the data that they need exist.
static enum elbow_status check(const struct options *options, const struct elbow_session *session,
                               const struct elbow_traversal *traversal, struct elbow_error *error)
{
    char of[700];
    const uint64_t row = (uint64_t)options->row;
    snprintf(of, sizeof of, "rows of %.600s", session->dataset.name);
    if (options->row >= 0 && elbow_pictures_below("--row", &row, 1, session->dataset.samples, of, error) != ELBOW_OK)
        return error->status;
    if (!options->of.request.wants_data && elbow_walk_needs_data(session->model, traversal))
        return elbow_error_set(error, ELBOW_USAGE,
                               "--dimensions %.60s: %.500s has model.posterior: deterministic, and no prior whose "
                               "quantiles could be taken; add --data, or --row",
                               options->dimensions, session->checkpoint.path);
    return elbow_pictures_below("--dimensions", traversal->dimensions,
                                traversal->dimensions != NULL ? traversal->count : 0, session->model->latent,
                                "latent dimensions", error);
}

// Collective.
static enum elbow_status traverse(const struct elbow_call *call, const struct options *options,
                                  const struct elbow_session *session, struct elbow_error *error)
{
    const struct elbow_config *config = &session->checkpoint.config;
    const struct elbow_session_request *request = &options->of.request;
    struct elbow_gallery gallery = elbow_pictures_gallery(call, &options->of, session);
    const struct elbow_evaluation_request evaluation = {.comm = call->comm,
                                                        .model = session->model,
                                                        .parameters = session->checkpoint.values,
                                                        .dataset = request->wants_data ? &session->dataset : NULL,
                                                        .config = config,
                                                        .terms = elbow_objective_terms(config, config->objective.beta)};
    struct elbow_conditioning conditioning = {0};
    struct elbow_walk walk = {0};
    uint64_t *dimensions = NULL, count = (uint64_t)options->count, seed = elbow_pictures_seed(&options->of, session);
    enum elbow_status status = settle(options, session, &gallery, &conditioning, error);
    if (status == ELBOW_OK && options->dimensions != NULL)
        status = elbow_pictures_numbers("--dimensions", options->dimensions, &dimensions, &count, error);
    const struct elbow_traversal traversal = {.gallery = &gallery,
                                              .evaluation = &evaluation,
                                              .has_row = options->row >= 0,
                                              .row = options->row >= 0 ? (uint64_t)options->row : 0,
                                              .is_of_data = options->row >= 0 || request->data != NULL,
                                              .steps = (size_t)options->steps,
                                              .dimensions = dimensions,
                                              .count = (size_t)count,
                                              .seed = seed};
    if (status == ELBOW_OK)
        status = check(options, session, &traversal, error);
    if (status == ELBOW_OK)
        status = elbow_walk_traverse(&traversal, &walk, error);
    if (status == ELBOW_OK)
        status = elbow_walk_show(&gallery, &walk, request->output, seed, options->of.draw, error);
    if (status == ELBOW_OK)
        report(call, options, session, &walk, traversal.is_of_data || session->model->prior == NULL);
    elbow_walk_clear(&walk);
    elbow_conditioning_clear(&conditioning);
    elbow_release(&dimensions);
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    struct elbow_session session = {0};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &options.of.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = traverse(call, &options, &session, error);
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

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, of.request.checkpoint)),
    ELBOW_ROW_WALK(offsetof(struct options, of.request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, of.request.force)),
    {.name = "row",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "ROW",
     .help = "uses the latents of this row, counted from 0 among the selected samples, instead of the prior's centre",
     .offset = offsetof(struct options, row),
     .least = 0},
    {.name = "steps",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "points along each dimension (11)",
     .offset = offsetof(struct options, steps),
     .least = 1,
     .most = STEPS_MOST},
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "the N most used dimensions (all)",
     .offset = offsetof(struct options, count),
     .least = 1},
    {.name = "dimensions",
     .kind = ELBOW_FLAG_TEXT,
     .value = "J[,...]",
     .help = "these dimensions, counted from 0, in this order",
     .offset = offsetof(struct options, dimensions)},
    ELBOW_ROW_DATA(offsetof(struct options, of.request.data)),
    ELBOW_ROW_MASK(offsetof(struct options, of.request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, of.request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, of.conditions), "the rows of --data"),
    ELBOW_ROW_CONDITION(offsetof(struct options, of.values),
                        "the condition, for a conditional model; with --row instead of that of the row"),
    ELBOW_ROW_CLASS(offsetof(struct options, of.class_name)),
    ELBOW_ROW_BINARIZE(offsetof(struct options, of.request.binarize)),
    ELBOW_ROW_SEED(offsetof(struct options, of.seed)),
    ELBOW_ROW_DRAW(offsetof(struct options, of.draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct options, of.transformed)),
    ELBOW_ROW_BEST(offsetof(struct options, of.request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, of.request.is_raw)),
};

const struct elbow_command elbow_command_traverse = {
    .name = "traverse",
    .summary = "walk along each latent dimension",
    .text = "Decodes z while one dimension takes its quantiles and all others are fixed: a row of the picture for\n"
            "each dimension, the one with the largest KL first. The others are at the centre of the prior, or with\n"
            "--row at the latents of a row; the quantiles are those of the prior, or with --row or --data those of\n"
            "the means of q(z|x) over the data. An HDF5 or CSV file has the points z beside the decoded rows.\n",
    .examples = "elbow traverse runs/shapes -o walk.png\n"
                "elbow traverse runs/shapes -o walk.png --row 12 -n 5 --steps 15\n"
                "elbow traverse runs/shapes -o walk.h5 --dimensions 3,0\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
