// SPDX-License-Identifier: BSD-3-Clause
// elbow sample and elbow reconstruct: pictures of a trained model.
#include "elbow/cli/command.h"
#include "elbow/run/gallery.h"
#include "elbow/run/scoring.h"

#include <inttypes.h>
#include <stddef.h>

enum { SAMPLES = 64, PAIRS = 32 }; // where -n is left out

// What both are asked for. Left out: count 0, seed below zero.
struct wish {
    struct elbow_scoring_request request;
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
        elbow_gallery_samples(&gallery, wish->request.output, count, seed_of(wish, scoring), wish->draw, error);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %" PRIu64 " samples of step %" PRIu64 " of %s", wish->request.output, count,
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
    enum elbow_status status = elbow_gallery_reconstructions(&gallery, &scoring->dataset, wish->request.output, first,
                                                             count, seed_of(wish, scoring), wish->draw, error);
    if (status == ELBOW_OK)
        elbow_log_say(
            call->log, "%s: rows %" PRIu64 " to %" PRIu64 " and their reconstructions by step %" PRIu64 " of %s",
            wish->request.output, first, first + count - 1, scoring->checkpoint.state.step, scoring->checkpoint.path);
    return status;
}

static const struct elbow_flag sample_flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "CHECKPOINT",
     .help = ELBOW_HELP_CHECKPOINT,
     .offset = offsetof(struct wish, request.checkpoint)},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the file to be written: .png, .h5 or .csv",
     .offset = offsetof(struct wish, request.output)},
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "samples (64)",
     .offset = offsetof(struct wish, count),
     .least = 1},
    {.name = "seed",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "S",
     .help = "the seed of the noise (the configuration's)",
     .offset = offsetof(struct wish, seed),
     .least = 0},
    {.name = "draw",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "draws from p(x|z) instead of its means",
     .offset = offsetof(struct wish, draw)},
    {.name = "best", .kind = ELBOW_FLAG_SWITCH, .help = ELBOW_HELP_BEST, .offset = offsetof(struct wish, request.best)},
};

static const struct elbow_flag reconstruct_flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "CHECKPOINT",
     .help = ELBOW_HELP_CHECKPOINT,
     .offset = offsetof(struct wish, request.checkpoint)},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the file to be written: .png, .h5 or .csv",
     .offset = offsetof(struct wish, request.output)},
    {.name = "data",
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE[:/dataset]",
     .help = ELBOW_HELP_DATA,
     .offset = offsetof(struct wish, request.data)},
    {.name = "count",
     .letter = 'n',
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "rows (32)",
     .offset = offsetof(struct wish, count),
     .least = 1},
    {.name = "first",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "ROW",
     .help = "the first row, counted from 0 (0)",
     .offset = offsetof(struct wish, first),
     .least = 0},
    {.name = "seed",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "S",
     .help = "the seed of the noise (the configuration's)",
     .offset = offsetof(struct wish, seed),
     .least = 0},
    {.name = "draw",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "draws from p(x|z) instead of its means",
     .offset = offsetof(struct wish, draw)},
    {.name = "best", .kind = ELBOW_FLAG_SWITCH, .help = ELBOW_HELP_BEST, .offset = offsetof(struct wish, request.best)},
};

static enum elbow_status run_sample(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish = {.seed = -1};
    struct elbow_scoring scoring = {0};
    enum elbow_status status = elbow_flags_read(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_scoring_open(call->comm, &wish.request, call->log, &scoring, error);
    if (status == ELBOW_OK)
        status = draw_samples(call, &wish, &scoring, error);
    elbow_scoring_close(call->comm, &scoring);
    return status;
}

static void preview_reconstruct(const struct elbow_call *call, char *note)
{
    struct wish wish = {.seed = -1, .request = {.wants_data = true}};
    struct elbow_error error = {0};
    if (elbow_flags_read(call, &wish, &error) == ELBOW_OK)
        elbow_scoring_preview(&wish.request, note);
}

static enum elbow_status run_reconstruct(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish = {.seed = -1, .request = {.wants_data = true}};
    struct elbow_scoring scoring = {0};
    enum elbow_status status = elbow_flags_read(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_scoring_open(call->comm, &wish.request, call->log, &scoring, error);
    if (status == ELBOW_OK)
        status = draw_reconstructions(call, &wish, &scoring, error);
    elbow_scoring_close(call->comm, &scoring);
    return status;
}

const struct elbow_command elbow_command_sample = {
    .name = "sample",
    .summary = "draw what a model makes up",
    .text = "Samples from the prior, decoded: the means of p(x|z), or draws from it. A picture for images, rows of an\n"
            "HDF5 or CSV file for all else, by the ending of FILE.\n",
    .examples = "elbow sample runs/shapes -o samples.png\n"
                "elbow sample runs/shapes -o samples.h5 -n 1000 --seed 7 --draw\n",
    .flags = sample_flags,
    .flag_count = sizeof sample_flags / sizeof *sample_flags,
    .run = run_sample,
};

const struct elbow_command elbow_command_reconstruct = {
    .name = "reconstruct",
    .summary = "put rows of a dataset beside what a model makes of them",
    .text =
        "Rows of a dataset beside their reconstructions: encoded, and the mean of their latents decoded. A picture\n"
        "for images, rows of an HDF5 or CSV file for all else, by the ending of FILE.\n",
    .examples = "elbow reconstruct runs/shapes -o pairs.png\n"
                "elbow reconstruct runs/mnist-mlp -o pairs.png --data data/mnist.h5:/test/images -n 10 --first 100\n",
    .flags = reconstruct_flags,
    .flag_count = sizeof reconstruct_flags / sizeof *reconstruct_flags,
    .run = run_reconstruct,
    .preview = preview_reconstruct,
};
