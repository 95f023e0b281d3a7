// SPDX-License-Identifier: BSD-3-Clause
// elbow sample and elbow reconstruct: pictures of a trained model.
#include "elbow/cli/command.h"
#include "elbow/run/gallery.h"
#include "elbow/run/scoring.h"

#include <inttypes.h>

enum { SAMPLES = 64, PAIRS = 32 }; // where -n is left out

// What both are asked for. Left out: count 0, seed below zero.
struct wish {
    struct elbow_scoring_request request;
    const char *output;
    int64_t count, seed, first;
    bool draw;
};

static struct elbow_gallery gallery_of(const struct elbow_call *call, const struct elbow_scoring *scoring)
{
    const struct elbow_checkpoint *checkpoint = &scoring->checkpoint;
    return (struct elbow_gallery){.comm = call->comm,
                                  .model = scoring->model,
                                  .parameters = checkpoint->values,
                                  .data = &checkpoint->data,
                                  .config = &checkpoint->config};
}

static uint64_t seed_of(const struct wish *wish, const struct elbow_scoring *scoring)
{
    return (uint64_t)(wish->seed >= 0 ? wish->seed : scoring->checkpoint.config.seed);
}

// Collective.
static enum elbow_status draw_samples(const struct elbow_call *call, const struct wish *wish,
                                      const struct elbow_scoring *scoring, struct elbow_error *error)
{
    struct elbow_gallery gallery = gallery_of(call, scoring);
    uint64_t count = wish->count > 0 ? (uint64_t)wish->count : SAMPLES;
    enum elbow_status status =
        elbow_gallery_samples(&gallery, wish->output, count, seed_of(wish, scoring), wish->draw, error);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %" PRIu64 " samples of step %" PRIu64 " of %s", wish->output, count,
                      scoring->checkpoint.state.step, scoring->checkpoint.path);
    return status;
}

// Collective.
static enum elbow_status draw_reconstructions(const struct elbow_call *call, const struct wish *wish,
                                              const struct elbow_scoring *scoring, struct elbow_error *error)
{
    struct elbow_gallery gallery = gallery_of(call, scoring);
    uint64_t first = (uint64_t)wish->first, rows = scoring->dataset.samples;
    uint64_t count = wish->count > 0 ? (uint64_t)wish->count : PAIRS;
    if (wish->count == 0 && first < rows && count > rows - first)
        count = rows - first;
    enum elbow_status status = elbow_gallery_reconstructions(&gallery, &scoring->dataset, wish->output, first, count,
                                                             seed_of(wish, scoring), wish->draw, error);
    if (status == ELBOW_OK)
        elbow_log_say(call->log,
                      "%s: rows %" PRIu64 " to %" PRIu64 " and their reconstructions by step %" PRIu64 " of %s",
                      wish->output, first, first + count - 1, scoring->checkpoint.state.step, scoring->checkpoint.path);
    return status;
}

enum elbow_status elbow_command_sample(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish = {.seed = -1};
    struct elbow_scoring scoring = {0};
    const struct elbow_flag flags[] = {
        {.kind = ELBOW_FLAG_TEXT, .target = &wish.request.checkpoint},
        {"output", 'o', ELBOW_FLAG_TEXT, &wish.output, 0},
        {"count", 'n', ELBOW_FLAG_INTEGER, &wish.count, 1},
        {"seed", 0, ELBOW_FLAG_INTEGER, &wish.seed, 0},
        {"draw", 0, ELBOW_FLAG_SWITCH, &wish.draw, 0},
        {"best", 0, ELBOW_FLAG_SWITCH, &wish.request.best, 0},
    };
    enum elbow_status status = elbow_flags_read(call, flags, sizeof flags / sizeof *flags, error);
    if (status != ELBOW_OK)
        return status;
    if (wish.request.checkpoint == NULL || wish.output == NULL)
        return elbow_error_set(error, ELBOW_USAGE,
                               "sample needs a checkpoint or run directory, and -o FILE.png, .h5 or .csv");
    wish.request.output = wish.output;
    status = elbow_scoring_open(call->comm, &wish.request, call->log, &scoring, error);
    if (status == ELBOW_OK)
        status = draw_samples(call, &wish, &scoring, error);
    elbow_scoring_close(call->comm, &scoring);
    return status;
}

static enum elbow_status read_reconstruct(const struct elbow_call *call, struct wish *wish, struct elbow_error *error)
{
    const struct elbow_flag flags[] = {
        {.kind = ELBOW_FLAG_TEXT, .target = &wish->request.checkpoint},
        {"output", 'o', ELBOW_FLAG_TEXT, &wish->output, 0},
        {"data", 0, ELBOW_FLAG_TEXT, &wish->request.data, 0},
        {"count", 'n', ELBOW_FLAG_INTEGER, &wish->count, 1},
        {"first", 0, ELBOW_FLAG_INTEGER, &wish->first, 0},
        {"seed", 0, ELBOW_FLAG_INTEGER, &wish->seed, 0},
        {"draw", 0, ELBOW_FLAG_SWITCH, &wish->draw, 0},
        {"best", 0, ELBOW_FLAG_SWITCH, &wish->request.best, 0},
    };
    *wish = (struct wish){.seed = -1, .request = {.wants_data = true}};
    enum elbow_status status = elbow_flags_read(call, flags, sizeof flags / sizeof *flags, error);
    if (status == ELBOW_OK && (wish->request.checkpoint == NULL || wish->output == NULL))
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "reconstruct needs a checkpoint or run directory, and -o FILE.png, .h5 or .csv");
    wish->request.output = wish->output;
    return status;
}

void elbow_preview_reconstruct(const struct elbow_call *call, char *note)
{
    struct wish wish;
    struct elbow_error error = {0};
    if (read_reconstruct(call, &wish, &error) == ELBOW_OK)
        elbow_scoring_preview(&wish.request, note);
}

enum elbow_status elbow_command_reconstruct(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish;
    struct elbow_scoring scoring = {0};
    enum elbow_status status = read_reconstruct(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_scoring_open(call->comm, &wish.request, call->log, &scoring, error);
    if (status == ELBOW_OK)
        status = draw_reconstructions(call, &wish, &scoring, error);
    elbow_scoring_close(call->comm, &scoring);
    return status;
}
