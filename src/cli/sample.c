// SPDX-License-Identifier: BSD-3-Clause
// elbow sample and elbow reconstruct: pictures of a trained model.
#include "elbow/cli/command.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/evaluate/session.h"

#include <inttypes.h>
#include <stddef.h>

enum { SAMPLES = 64, PAIRS = 32 }; // where -n is left out

// What both are asked for. Left out: count 0, seed below zero.
struct wish {
    struct elbow_session_request request;
    struct elbow_words conditions, values; // --condition-from, --condition
    int64_t count, seed, first, fit;
    double size;
    bool draw, transformed;
};

static enum elbow_status read_wish(const struct elbow_call *call, struct wish *wish, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, wish, error);
    wish->request.condition_from = wish->conditions.words;
    wish->request.condition_count = (size_t)wish->conditions.count;
    return status;
}

// Local. What the flags say of conditions; cleared by the caller in any case.
static enum elbow_status take_conditions(const struct wish *wish, const struct elbow_session *session,
                                         struct elbow_conditioning *conditioning, struct elbow_error *error)
{
    bool may_lack = session->checkpoint.config.model.condition.dropout > 0;
    *conditioning = (struct elbow_conditioning){.conditions = &session->checkpoint.data.conditions};
    return elbow_conditioning_take(conditioning, wish->values.words, (size_t)wish->values.count, may_lack, error);
}

static struct elbow_gallery gallery_of(const struct elbow_call *call, const struct wish *wish,
                                       const struct elbow_session *session)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    return (struct elbow_gallery){.comm = call->comm,
                                  .model = session->model,
                                  .parameters = checkpoint->values,
                                  .data = &checkpoint->data,
                                  .config = &checkpoint->config,
                                  .frozen = session->frozen,
                                  .is_transformed = wish->transformed,
                                  .size = wish->size,
                                  .corrupt = wish->request.corrupt,
                                  .publish = elbow_output_publishing(wish->request.force)};
}

static uint64_t seed_of(const struct wish *wish, const struct elbow_session *session)
{
    return (uint64_t)(wish->seed >= 0 ? wish->seed : session->checkpoint.config.seed);
}

// How many samples there are to be: what is asked for, or a row of the dataset each, or as many of each class.
static uint64_t count_samples(const struct wish *wish, const struct elbow_session *session, uint64_t classes)
{
    uint64_t rows = session->condition_rows;
    if (wish->count > 0)
        return (uint64_t)wish->count;
    if (rows > 0)
        return rows < SAMPLES ? rows : SAMPLES;
    return classes < SAMPLES ? SAMPLES / classes * classes : classes;
}

// Local. What samples are told, and how many there are.
static enum elbow_status settle_conditions(const struct wish *wish, const struct elbow_session *session,
                                           struct elbow_conditioning *conditioning, uint64_t *count,
                                           struct elbow_error *error)
{
    enum elbow_status status = take_conditions(wish, session, conditioning, error);
    conditioning->rows = session->condition_rows > 0 ? session->conditions : NULL;
    if (status == ELBOW_OK)
        status = elbow_conditioning_settle(conditioning, 1, false, error);
    if (status != ELBOW_OK)
        return status;
    uint64_t classes = elbow_conditioning_classes(conditioning);
    *count = count_samples(wish, session, classes);
    if (conditioning->rows != NULL && *count > session->condition_rows)
        *count = session->condition_rows;
    conditioning->per_class = (*count + classes - 1) / classes;
    return ELBOW_OK;
}

// Fewer rows than were asked for are no reason to have none.
static void tell_fewer(const struct elbow_call *call, const struct wish *wish, uint64_t count, const char *noun,
                       const char *of)
{
    char from[40] = "";
    if (wish->count == 0 || (uint64_t)wish->count <= count)
        return;
    if (wish->first > 0)
        snprintf(from, sizeof from, " from number %" PRIi64 " on", wish->first);
    elbow_log_warn(call->log, "-n %" PRIi64 ": %s has %s%s; the output has all of them", wish->count, of,
                   elbow_text_count(count, noun).text, from);
}

// What the samples were told, where it is not plain to see.
static void tell_conditions(const struct elbow_call *call, const struct wish *wish,
                            const struct elbow_conditioning *conditioning)
{
    const struct elbow_conditions *conditions = conditioning->conditions;
    if (conditioning->has_grid)
        elbow_log_say(call->log, "%s: %" PRIu64 " of each of the %zu classes of %s, in the order of elbow info%s",
                      wish->request.output, conditioning->per_class, conditions->variables[conditioning->grid].width,
                      conditions->variables[conditioning->grid].name, "; a row of a picture is a class");
    for (size_t v = 0; v < conditions->count && conditioning->rows == NULL && !conditioning->is_none; ++v)
        if (conditions->variables[v].is_number && !conditioning->is_given[v])
            elbow_log_say(call->log, "%s: %s is the mean of the training data, %g; --condition can say otherwise",
                          wish->request.output, conditions->variables[v].name, conditions->variables[v].mean);
}

// Collective. What z is drawn from, where that is no prior.
static enum elbow_status fit_mixture(const struct elbow_call *call, const struct wish *wish,
                                     const struct elbow_session *session, struct elbow_mixture *mixture,
                                     struct elbow_error *error)
{
    const struct elbow_evaluation_request request = {.comm = call->comm,
                                                     .model = session->model,
                                                     .parameters = session->checkpoint.values,
                                                     .dataset = &session->dataset,
                                                     .config = &session->checkpoint.config};
    if (wish->fit == 0)
        return ELBOW_OK;
    return elbow_mixture_fit_dataset(&request, (size_t)wish->fit, seed_of(wish, session), call->log, mixture, error);
}

// Collective.
static enum elbow_status draw_samples(const struct elbow_call *call, const struct wish *wish,
                                      const struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_gallery gallery = gallery_of(call, wish, session);
    bool has_size = false;
    for (size_t p = 0; p < session->model->part_count; ++p)
        has_size = has_size || session->model->parts[p].size != ELBOW_SIZE_NONE;
    if (wish->size > 0 && !has_size)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--size %g: no likelihood of the checkpoint has a size; leave it out", wish->size);
    struct elbow_conditioning conditioning;
    struct elbow_mixture mixture = {0};
    uint64_t count = 0;
    enum elbow_status status = settle_conditions(wish, session, &conditioning, &count, error);
    gallery.conditioning = &conditioning;
    gallery.mixture = wish->fit > 0 ? &mixture : NULL;
    if (status == ELBOW_OK)
        status = fit_mixture(call, wish, session, &mixture, error);
    if (status == ELBOW_OK)
        status =
            elbow_gallery_samples(&gallery, wish->request.output, count, seed_of(wish, session), wish->draw, error);
    if (status == ELBOW_OK && conditioning.rows != NULL)
        tell_fewer(call, wish, count, "row", "--condition-from");
    if (status == ELBOW_OK)
        tell_conditions(call, wish, &conditioning);
    elbow_conditioning_clear(&conditioning);
    elbow_mixture_clear(&mixture);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s of step %" PRIu64 " of %s", wish->request.output,
                      elbow_text_count(count, "sample").text, session->checkpoint.state.step, session->checkpoint.path);
    return status;
}

// Collective.
static enum elbow_status draw_reconstructions(const struct elbow_call *call, const struct wish *wish,
                                              const struct elbow_session *session, struct elbow_error *error)
{
    struct elbow_gallery gallery = gallery_of(call, wish, session);
    uint64_t first = (uint64_t)wish->first, rows = session->dataset.samples;
    uint64_t count = wish->count > 0 ? (uint64_t)wish->count : PAIRS;
    if (first < rows && count > rows - first)
        count = rows - first;
    struct elbow_conditioning conditioning;
    enum elbow_status status = take_conditions(wish, session, &conditioning, error);
    gallery.conditioning = wish->values.count > 0 ? &conditioning : NULL;
    if (status == ELBOW_OK)
        status = elbow_gallery_reconstructions(&gallery, &session->dataset, wish->request.output, first, count,
                                               seed_of(wish, session), wish->draw, error);
    elbow_conditioning_clear(&conditioning);
    if (status != ELBOW_OK)
        return status;
    char told[320];
    tell_fewer(call, wish, count, elbow_session_is_held_back(session, &wish->request) ? "held-back sample" : "sample",
               session->dataset.name);
    elbow_session_name_rows(session, &wish->request, first, count, told, sizeof told);
    elbow_log_say(call->log, "%s: %s and their reconstructions by step %" PRIu64 " of %s", wish->request.output, told,
                  session->checkpoint.state.step, session->checkpoint.path);
    return ELBOW_OK;
}

static const struct elbow_flag sample_flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct wish, request.checkpoint)),
    ELBOW_ROW_OUTPUT(offsetof(struct wish, request.output)),
    ELBOW_ROW_FORCE(offsetof(struct wish, request.force)),
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "samples (64; as many of each class; of --condition-from at most one for each row)",
     .offset = offsetof(struct wish, count),
     .least = 1},
    {.name = "size",
     .kind = ELBOW_FLAG_POSITIVE,
     .value = "S",
     .help = "what the means of a sample add up to, for a likelihood with size: total or data (as on average in the "
             "training data)",
     .offset = offsetof(struct wish, size)},
    {.name = "condition",
     .kind = ELBOW_FLAG_LIST,
     .value = "NAME=VALUE[,...]",
     .help = "what a conditional model is told, in the words and units of the data; none: nothing",
     .offset = offsetof(struct wish, values)},
    ELBOW_ROW_CONDITION_FROM(offsetof(struct wish, conditions), "each sample"),
    {.name = "fit",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "K",
     .help = "draws z from a mixture of K normal distributions, fitted to the latents of the training data, and not "
             "from the prior",
     .offset = offsetof(struct wish, fit),
     .least = 1},
    {.name = "data",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE[:/dataset]",
     .help = "with --fit: other data than those of training, whose latents it is fitted to",
     .offset = offsetof(struct wish, request.data)},
    ELBOW_ROW_SEED(offsetof(struct wish, seed)),
    ELBOW_ROW_DRAW(offsetof(struct wish, draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct wish, transformed)),
    ELBOW_ROW_BEST(offsetof(struct wish, request.best)),
    ELBOW_ROW_RAW(offsetof(struct wish, request.is_raw)),
};

static const struct elbow_flag reconstruct_flags[] = {
    ELBOW_ROW_CHECKPOINT(offsetof(struct wish, request.checkpoint)),
    ELBOW_ROW_OUTPUT(offsetof(struct wish, request.output)),
    ELBOW_ROW_FORCE(offsetof(struct wish, request.force)),
    ELBOW_ROW_DATA(offsetof(struct wish, request.data)),
    ELBOW_ROW_MASK(offsetof(struct wish, request.mask)),
    ELBOW_ROW_SIZE(offsetof(struct wish, request.size)),
    ELBOW_ROW_CONDITION_FROM(offsetof(struct wish, conditions), "the rows of --data"),
    {.name = "condition",
     .kind = ELBOW_FLAG_LIST,
     .value = "NAME=VALUE[,...]",
     .help = "decodes the rows under another condition than theirs",
     .offset = offsetof(struct wish, values)},
    ELBOW_ROW_BINARIZE(offsetof(struct wish, request.binarize)),
    ELBOW_ROW_NAMES(offsetof(struct wish, request.names)),
    ELBOW_ROW_CORRUPT(
        offsetof(struct wish, request.corrupt),
        "shows clean, corrupted and reconstructed rows: what the encoder sees is corrupted as in training"),
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "rows, or as many as there are (32)",
     .offset = offsetof(struct wish, count),
     .least = 1},
    {.name = "first",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "ROW",
     .help = "the first row, counted from 0 among the samples that are taken (0)",
     .offset = offsetof(struct wish, first),
     .least = 0},
    ELBOW_ROW_SEED(offsetof(struct wish, seed)),
    ELBOW_ROW_DRAW(offsetof(struct wish, draw)),
    ELBOW_ROW_TRANSFORMED(offsetof(struct wish, transformed)),
    ELBOW_ROW_BEST(offsetof(struct wish, request.best)),
    ELBOW_ROW_RAW(offsetof(struct wish, request.is_raw)),
};

// Collective. Makes the output of a checkpoint that is open.
typedef enum elbow_status draw_function(const struct elbow_call *call, const struct wish *wish,
                                        const struct elbow_session *session, struct elbow_error *error);

// Where the latents come from that --fit asks for.
static enum elbow_status settle_fit(struct wish *wish, struct elbow_error *error)
{
    struct elbow_session_request *request = &wish->request;
    if (wish->fit == 0) {
        request->needs_prior = (struct elbow_session_needs){
            "elbow sample", "without a prior to draw z from; add --fit K, which draws it from a mixture fitted to the "
                            "latents of the training data"};
        if (request->data != NULL)
            return elbow_error_set(error, ELBOW_USAGE, "--data is for --fit, which takes latents of it; leave it out");
        return ELBOW_OK;
    }
    if (request->condition_count > 0)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "--condition-from with --fit: conditions of samples, and data of latents, cannot both be "
            "read; give --condition NAME=VALUE");
    request->wants_data = request->is_training = true;
    request->wants_names = false;
    return ELBOW_OK;
}

static enum elbow_status run(struct elbow_call *call, bool wants_data, draw_function *draw, struct elbow_error *error)
{
    struct wish wish = {.seed = -1, .request = {.wants_data = wants_data, .wants_names = true, .draws = true}};
    struct elbow_session session = {0};
    enum elbow_status status = read_wish(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    if (!wants_data)
        status = settle_fit(&wish, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_session_open(call->comm, &wish.request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = draw(call, &wish, &session, error);
    elbow_session_close(call->comm, &session);
    return status;
}

static enum elbow_status run_sample(struct elbow_call *call, struct elbow_error *error)
{
    return run(call, false, draw_samples, error);
}

static enum elbow_status run_reconstruct(struct elbow_call *call, struct elbow_error *error)
{
    return run(call, true, draw_reconstructions, error);
}

static void preview_sample(const struct elbow_call *call, char *note)
{
    struct wish wish = {.seed = -1, .request = {.draws = true}};
    struct elbow_error error = {0};
    if (read_wish(call, &wish, &error) == ELBOW_OK && settle_fit(&wish, &error) == ELBOW_OK)
        elbow_session_preview(&wish.request, note);
}

static void preview_reconstruct(const struct elbow_call *call, char *note)
{
    struct wish wish = {.seed = -1, .request = {.wants_data = true, .wants_names = true, .draws = true}};
    struct elbow_error error = {0};
    if (read_wish(call, &wish, &error) == ELBOW_OK)
        elbow_session_preview(&wish.request, note);
}

const struct elbow_command elbow_command_sample = {
    .name = "sample",
    .summary = "draw what a model makes up",
    .text =
        "Samples from the prior, decoded: the means of p(x|z), or draws from it. A picture for images, rows of an\n"
        "HDF5 or CSV file for all else, by the ending of FILE. A model with conditions goes through all classes of "
        "the\n"
        "one that is not given, and takes the mean of numbers that are not.\n"
        "With --fit K z comes from a mixture of K normal distributions that is fitted to the latents of the training\n"
        "data (of a deterministic autoencoder, which has no prior, the only way), and samples keep out of the holes\n"
        "that the prior may have.\n",
    .examples = "elbow sample runs/shapes -o samples.png\n"
                "elbow sample runs/shapes -o samples.h5 -n 1000 --seed 7 --draw\n"
                "elbow sample runs/digits -o sevens.png --condition label=7\n"
                "elbow sample runs/shapes -o fitted.png --fit 10\n",
    .flags = sample_flags,
    .flag_count = sizeof sample_flags / sizeof *sample_flags,
    .run = run_sample,
    .preview = preview_sample,
};

const struct elbow_command elbow_command_reconstruct = {
    .name = "reconstruct",
    .summary = "put rows of a dataset beside what a model makes of them",
    .text =
        "Rows of a dataset beside their reconstructions: encoded, and the mean of their latents decoded. A picture\n"
        "for images, rows of an HDF5 or CSV file for all else, by the ending of FILE. The originals are what the\n"
        "encoder saw: zeros and ones where the data are binarised.\n",
    .examples = "elbow reconstruct runs/shapes -o pairs.png\n"
                "elbow reconstruct runs/mnist-mlp -o pairs.png --data data/mnist.h5:/test/images -n 10 --first 100\n",
    .flags = reconstruct_flags,
    .flag_count = sizeof reconstruct_flags / sizeof *reconstruct_flags,
    .run = run_reconstruct,
    .preview = preview_reconstruct,
};
