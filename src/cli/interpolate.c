// SPDX-License-Identifier: BSD-3-Clause
// elbow interpolate: from row to row through the latent space.
#include "elbow/cli/pictures.h"

#include "elbow/base/memory.h"
#include "elbow/evaluate/walk.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

enum { STEPS = 11, STEPS_MOST = 10000 };

// The options on the command line.
struct options {
    struct elbow_pictures_options of;
    const char *rows;
    int64_t steps;
    bool is_spherical;
};

static struct options presets(void)
{
    return (struct options){.of = {.seed = -1, .request = {.wants_data = true, .draws = true, .plots = true}},
                            .steps = STEPS};
}

// The rows; the caller frees them.
static enum elbow_status read_rows(const struct options *options, const struct elbow_session *session, uint64_t **rows,
                                   uint64_t *count, struct elbow_error *error)
{
    char of[700];
    if (elbow_pictures_numbers("--rows", options->rows, rows, count, error) != ELBOW_OK)
        return error->status;
    if (*count < 2)
        return elbow_error_set(error, ELBOW_USAGE, "--rows %.60s: found one row, expected two or more, such as 12,97",
                               options->rows);
    snprintf(of, sizeof of, "rows of %.600s", session->dataset.name);
    return elbow_pictures_below("--rows", *rows, *count, session->dataset.samples, of, error);
}

// Collective.
static enum elbow_status interpolate(const struct elbow_call *call, const struct options *options,
                                     const struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_gallery gallery = elbow_pictures_gallery(call, &options->of, session);
    struct elbow_conditioning conditioning = {0};
    struct elbow_walk walk = {0};
    uint64_t *rows = NULL, count = 0;
    enum elbow_status status = read_rows(options, session, &rows, &count, error);
    if (status == ELBOW_OK)
        status = elbow_pictures_class(&options->of, session, &gallery.class_number, error);
    if (status == ELBOW_OK)
        status = elbow_pictures_conditions(&options->of, session, &conditioning, error);
    gallery.has_class = gallery.class_number >= 0;
    gallery.conditioning = &conditioning;
    const struct elbow_interpolation interpolation = {.gallery = &gallery,
                                                      .dataset = &session->dataset,
                                                      .rows = rows,
                                                      .count = (size_t)count,
                                                      .steps = (size_t)options->steps,
                                                      .is_spherical = options->is_spherical};
    if (status == ELBOW_OK) {
        elbow_walk_interpolate(&interpolation, &walk, error);
        status = elbow_comm_agree(call->comm, error);
    }
    if (status == ELBOW_OK)
        status = elbow_walk_show(&gallery, &walk, options->of.request.output,
                                 elbow_pictures_seed(&options->of, session), options->of.draw, error);
    elbow_walk_clear(&walk);
    elbow_conditioning_clear(&conditioning);
    elbow_release(&rows);
    if (status == ELBOW_OK)
        elbow_log_say(
            call->log,
            "%s: rows %s of %s, %" PRIi64 " points from each to the next%s, decoded by step %" PRIu64 " of %s",
            options->of.request.output, options->rows, session->dataset.name, options->steps,
            options->is_spherical ? ", spherical" : "", session->checkpoint.state.step, session->checkpoint.path);
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    struct elbow_session session = {0};
    enum elbow_status status = elbow_pictures_read(call, &options.of, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &options.of.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = interpolate(call, &options, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
    struct elbow_error error = {0};
    if (elbow_pictures_read(call, &options.of, &error) == ELBOW_OK)
        elbow_session_preview(&options.of.request, note);
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, of.request.checkpoint)),
    {.name = "rows",
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "ROW,ROW[,...]",
     .help = "the rows, counted from 0 among the selected samples",
     .offset = offsetof(struct options, rows)},
    ELBOW_ROW_WALK(offsetof(struct options, of.request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, of.request.force)),
    {.name = "steps",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "points from one row to the next, including both rows (11)",
     .offset = offsetof(struct options, steps),
     .least = 2,
     .most = STEPS_MOST},
    {.name = "spherical",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "along the great circle instead of a straight line",
     .offset = offsetof(struct options, is_spherical)},
    ELBOW_ROW_DATA(offsetof(struct options, of.request.data)),
    ELBOW_ROW_MASK(offsetof(struct options, of.request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct options, of.request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, of.conditions), "the rows of --data"),
    ELBOW_ROW_CONDITION(offsetof(struct options, of.values),
                        "the condition, for a conditional model, instead of that of the rows"),
    ELBOW_ROW_CLASS(offsetof(struct options, of.class_name)),
    ELBOW_ROW_BINARIZE(offsetof(struct options, of.request.binarize)),
    ELBOW_ROW_SEED(offsetof(struct options, of.seed)),
    ELBOW_ROW_DRAW(offsetof(struct options, of.draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct options, of.transformed)),
    ELBOW_ROW_BEST(offsetof(struct options, of.request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, of.request.is_raw)),
};

const struct elbow_command elbow_command_interpolate = {
    .name = "interpolate",
    .summary = "walk from row to row through the latent space",
    .text = "Decodes points between the latents of rows: a row of the picture from each of --rows to the next one.\n"
            "Its ends are the reconstructions of the two. The path is straight, or along the great circle, on which z\n"
            "keeps the distance from the origin that N(0, I) has in many dimensions. Conditions of rows change in the\n"
            "same way. An HDF5 or CSV file has the points z beside the decoded rows.\n",
    .examples = "elbow interpolate runs/shapes --rows 12,97 -o between.png\n"
                "elbow interpolate runs/shapes --rows 12,97,3 --steps 9 --spherical -o round.h5\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
