// SPDX-License-Identifier: BSD-3-Clause
// elbow decode: latents of a file become rows.
#include "elbow/cli/pictures.h"
#include "elbow/evaluate/latents.h"

#include <inttypes.h>
#include <stddef.h>

// The options on the command line.
struct options {
    struct elbow_pictures_options of;
    const char *latents;
};

static struct options presets(void)
{
    return (struct options){.of = {.seed = -1, .request = {.draws = true}}};
}

// Collective. Decodes the rows under their class and conditions.
static enum elbow_status decode(const struct elbow_call *call, const struct options *options,
                                const struct elbow_session *session, struct elbow_latents *latents,
                                struct elbow_error *error)
{
    struct elbow_gallery gallery = elbow_pictures_gallery(call, &options->of, session);
    struct elbow_conditioning conditioning = {0};
    enum elbow_status status = elbow_pictures_check_size(&options->of, session, error);
    if (status == ELBOW_OK)
        status = elbow_pictures_one_class(&options->of, session, &gallery.class_number, error);
    if (status == ELBOW_OK)
        status = elbow_pictures_conditions(&options->of, session, &conditioning, error);
    conditioning.rows = session->condition_rows > 0 ? session->conditions : NULL;
    if (status == ELBOW_OK)
        status = elbow_conditioning_settle_one(&conditioning, error);
    gallery.conditioning = &conditioning;
    if (status == ELBOW_OK)
        status = elbow_latents_decode(&gallery, latents, session->condition_rows, options->of.request.output,
                                      elbow_pictures_seed(&options->of, session), options->of.draw, error);
    elbow_conditioning_clear(&conditioning);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s of %s, decoded by step %" PRIu64 " of %s", options->of.request.output,
                      elbow_text_count(latents->rows, "row").text, latents->name, session->checkpoint.state.step,
                      session->checkpoint.path);
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    struct elbow_session session = {0};
    struct elbow_latents latents = {0};
    enum elbow_status status = elbow_pictures_read(call, &options.of, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_latents_open(call->comm, options.latents, &latents, error);
    if (status == ELBOW_OK)
        status = elbow_session_open(call->comm, &options.of.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = decode(call, &options, &session, &latents, error);
    elbow_session_close(call->comm, &session);
    elbow_latents_close(&latents);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
    struct elbow_error error = {0};
    if (elbow_pictures_read(call, &options.of, &error) != ELBOW_OK)
        return;
    elbow_latents_preview(options.latents, note);
    elbow_session_preview(&options.of.request, note);
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, of.request.checkpoint)),
    {.name = "latents",
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE:/dataset",
     .help = "rows of latents, with one number for each latent variable of the model",
     .offset = offsetof(struct options, latents)},
    ELBOW_ROW_OUTPUT(offsetof(struct options, of.request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, of.request.force)),
    ELBOW_ROW_TOTAL(offsetof(struct options, of.size)),
    ELBOW_ROW_CONDITION(offsetof(struct options, of.values),
                        "the condition, for a conditional model, in the words and units of the data; none: unknown"),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, of.conditions), "each row"),
    ELBOW_ROW_CLASS(offsetof(struct options, of.class_name)),
    ELBOW_ROW_SEED(offsetof(struct options, of.seed)),
    ELBOW_ROW_DRAW(offsetof(struct options, of.draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct options, of.transformed)),
    ELBOW_ROW_BEST(offsetof(struct options, of.request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, of.request.is_raw)),
};

const struct elbow_command elbow_command_decode = {
    .name = "decode",
    .summary = "decode latents of a file into rows",
    .text = "Writes the means of p(x|z), or draws from it, for every row of latents in a file, in its order: those of\n"
            "elbow encode, or others. A picture for images, or rows of an HDF5 or CSV file, depending on the ending\n"
            "of FILE. A conditional model needs --condition, or --condition-from with a row for each; a model with a\n"
            "classifier needs --class.\n",
    .examples = "elbow encode runs/shapes -o codes.h5\n"
                "elbow decode runs/shapes --latents codes.h5:/mean -o decoded.h5\n"
                "mpirun -n 4 elbow decode runs/digits --latents mine.h5:/z -o sevens.png --condition label=7\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
