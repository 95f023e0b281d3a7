// SPDX-License-Identifier: BSD-3-Clause
// elbow sample: draws samples of a trained model.
#include "elbow/cli/pictures.h"

#include <inttypes.h>
#include <stddef.h>

enum { SAMPLES = 64 }; // where -n is left out

// The options on the command line. Left out: count 0.
struct options {
    struct elbow_pictures_options of;
    int64_t count, fit;
};

// The number of samples: that of -n, or one for each row of the conditions, or the same number for each class.
static uint64_t count_samples(const struct options *options, const struct elbow_session *session, uint64_t classes)
{
    uint64_t rows = session->condition_rows;
    if (options->count > 0)
        return (uint64_t)options->count;
    if (rows > 0)
        return rows < SAMPLES ? rows : SAMPLES;
    return classes < SAMPLES ? SAMPLES / classes * classes : classes;
}

// Local. The conditions of the samples, and their number.
static enum elbow_status settle_conditions(const struct options *options, const struct elbow_session *session,
                                           struct elbow_conditioning *conditioning, uint64_t *count,
                                           struct elbow_error *error)
{
    enum elbow_status status = elbow_pictures_conditions(&options->of, session, conditioning, error);
    conditioning->rows = session->condition_rows > 0 ? session->conditions : NULL;
    if (status == ELBOW_OK)
        status = elbow_conditioning_settle(conditioning, 1, false, error);
    if (status != ELBOW_OK)
        return status;
    uint64_t classes = elbow_conditioning_classes(conditioning);
    bool is_of_all = classes == 1 && options->of.class_name == NULL; // of a classifier
    *count = count_samples(options, session, is_of_all ? session->model->classes : classes);
    if (conditioning->rows != NULL && *count > session->condition_rows)
        *count = session->condition_rows;
    conditioning->per_class = (*count + classes - 1) / classes;
    return ELBOW_OK;
}

// Logs conditions that were chosen by default.
static void log_conditions(const struct elbow_call *call, const struct options *options,
                           const struct elbow_conditioning *conditioning)
{
    const struct elbow_conditions *conditions = conditioning->conditions;
    if (conditioning->has_grid)
        elbow_log_say(call->log, "%s: %" PRIu64 " of each of the %zu classes of %s, in the order of elbow info%s",
                      options->of.request.output, conditioning->per_class,
                      conditions->variables[conditioning->grid].width, conditions->variables[conditioning->grid].name,
                      "; a row of a picture is a class");
    for (size_t v = 0; v < conditions->count && conditioning->rows == NULL && !conditioning->is_none; ++v)
        if (conditions->variables[v].is_number && !conditioning->is_given[v])
            elbow_log_say(call->log, "%s: %s is set to the mean of the training data, %g; --condition changes it",
                          options->of.request.output, conditions->variables[v].name, conditions->variables[v].mean);
}

// Collective. Fits the mixture that z is drawn from with --fit.
static enum elbow_status fit_mixture(const struct elbow_call *call, const struct options *options,
                                     const struct elbow_session *session, struct elbow_mixture *mixture,
                                     struct elbow_error *error)
{
    const struct elbow_evaluation_request request = {.comm = call->comm,
                                                     .model = session->model,
                                                     .parameters = session->checkpoint.values,
                                                     .dataset = &session->dataset,
                                                     .config = &session->checkpoint.config};
    if (options->fit == 0)
        return ELBOW_OK;
    return elbow_mixture_fit_dataset(&request, (size_t)options->fit, elbow_pictures_seed(&options->of, session),
                                     call->log, mixture, error);
}

// Collective.
static enum elbow_status draw_samples(const struct elbow_call *call, const struct options *options,
                                      const struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_gallery gallery = elbow_pictures_gallery(call, &options->of, session);
    if (elbow_pictures_check_size(&options->of, session, error) != ELBOW_OK)
        return error->status;
    struct elbow_conditioning conditioning = {0};
    struct elbow_mixture mixture = {0};
    uint64_t count = 0;
    enum elbow_status status = elbow_pictures_class(&options->of, session, &gallery.class_number, error);
    gallery.has_class = gallery.class_number >= 0;
    if (status == ELBOW_OK)
        status = settle_conditions(options, session, &conditioning, &count, error);
    gallery.conditioning = &conditioning;
    gallery.mixture = options->fit > 0 ? &mixture : NULL;
    if (status == ELBOW_OK)
        status = fit_mixture(call, options, session, &mixture, error);
    if (status == ELBOW_OK)
        status = elbow_gallery_samples(&gallery, options->of.request.output, count,
                                       elbow_pictures_seed(&options->of, session), options->of.draw, error);
    if (status == ELBOW_OK && conditioning.rows != NULL)
        elbow_pictures_warn_fewer(call, options->count, count, 0, "row", "--condition-from");
    if (status == ELBOW_OK)
        log_conditions(call, options, &conditioning);
    elbow_conditioning_clear(&conditioning);
    elbow_mixture_clear(&mixture);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s of step %" PRIu64 " of %s", options->of.request.output,
                      elbow_text_count(count, "sample").text, session->checkpoint.state.step, session->checkpoint.path);
    return status;
}

static const struct elbow_flag flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct options, of.request.checkpoint)),
    ELBOW_ROW_OUTPUT(offsetof(struct options, of.request.output)),
    ELBOW_ROW_FORCE(offsetof(struct options, of.request.force)),
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "number of samples (64; the same number for each class; with --condition-from at most one per row)",
     .offset = offsetof(struct options, count),
     .least = 1},
    ELBOW_ROW_TOTAL(offsetof(struct options, of.size)),
    ELBOW_ROW_CONDITION(offsetof(struct options, of.values),
                        "the condition, for a conditional model, in the words and units of the data; none: unknown"),
    ELBOW_ROW_CLASS(offsetof(struct options, of.class_name)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct options, of.conditions), "each sample"),
    {.name = "fit",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "draws z from a mixture of K normal distributions, fitted to the latents of the training data, instead of "
             "the prior",
     .offset = offsetof(struct options, fit),
     .least = 1},
    {.name = "data",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE[:/dataset]",
     .help = "with --fit: the data for the fit (the training data)",
     .offset = offsetof(struct options, of.request.data)},
    ELBOW_ROW_SEED(offsetof(struct options, of.seed)),
    ELBOW_ROW_DRAW(offsetof(struct options, of.draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct options, of.transformed)),
    ELBOW_ROW_BEST(offsetof(struct options, of.request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, of.request.is_raw)),
};

// Requests the data that --fit encodes.
static enum elbow_status settle_fit(struct options *options, struct elbow_error *error)
{
    struct elbow_session_request *request = &options->of.request;
    if (options->fit == 0) {
        request->needs_prior = (struct elbow_session_needs){
            "sample", "without a prior to draw z from; add --fit K, which draws it from a mixture fitted to the "
                      "latents of the training data"};
        if (request->data != NULL)
            return elbow_error_set(error, ELBOW_USAGE, "--data is for --fit, which encodes it; leave it out");
        return ELBOW_OK;
    }
    if (request->condition_count > 0)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--condition-from: cannot be combined with --fit, which reads data of its own; give "
                               "--condition NAME=VALUE");
    request->wants_data = request->is_training = true;
    request->wants_names = false;
    return ELBOW_OK;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {.of = {.seed = -1, .request = {.wants_names = true, .draws = true}}};
    struct elbow_session session = {0};
    enum elbow_status status = elbow_pictures_read(call, &options.of, error);
    if (status == ELBOW_OK)
        status = settle_fit(&options, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &options.of.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = draw_samples(call, &options, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {.of = {.seed = -1, .request = {.draws = true}}};
    struct elbow_error error = {0};
    if (elbow_pictures_read(call, &options.of, &error) == ELBOW_OK && settle_fit(&options, &error) == ELBOW_OK)
        elbow_session_preview(&options.of.request, note);
}

const struct elbow_command elbow_command_sample = {
    .name = "sample",
    .summary = "draw samples of a model",
    .text = "Writes decoded samples from the prior: the means of p(x|z), or draws from it. A picture for images, or\n"
            "rows of an HDF5 or CSV file, depending on the ending of FILE. A model with conditions uses all classes\n"
            "of a condition that is not given, and the mean of a number that is not given.\n"
            "With --fit K, z comes from a mixture of K normal distributions that is fitted to the latents of the\n"
            "training data (the only way for a deterministic autoencoder, which has no prior), and samples avoid\n"
            "regions without data.\n",
    .examples = "elbow sample runs/shapes -o samples.png\n"
                "elbow sample runs/shapes -o samples.h5 -n 1000 --seed 7 --draw\n"
                "elbow sample runs/digits -o sevens.png --condition label=7\n"
                "elbow sample runs/m2 -o sevens.h5 --class 7 -n 100\n"
                "elbow sample runs/shapes -o fitted.png --fit 10\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
