// SPDX-License-Identifier: BSD-3-Clause
// elbow verify: a run's steps, made again.
#include "elbow/train/verify.h"
#include "elbow/base/json.h"
#include "elbow/base/memory.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/cli/command.h"
#include "elbow/data/preview.h"

#include <stddef.h>
#include <stdio.h>

// The options on the command line.
struct options {
    struct elbow_verify_request request;
    struct elbow_words sets;
    bool json;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "DIR",
     .help = "a run directory",
     .offset = offsetof(struct options, request.run)},
    {.name = "from",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "STEP",
     .help = "begin with the checkpoint of this step (the last before the one that --to names)",
     .offset = offsetof(struct options, request.from),
     .least = 1},
    {.name = "from-start",
     .kind = ELBOW_FLAG_SWITCH,
     .help = "begin with the first step of the run",
     .offset = offsetof(struct options, request.from_start)},
    {.name = "to",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "STEP",
     .help = "end with the checkpoint of this step (the newest)",
     .offset = offsetof(struct options, request.to),
     .least = 1},
    {.name = "init",
     .kind = ELBOW_FLAG_TEXT,
     .value = "CHECKPOINT",
     .help = "with --from-start: the checkpoint with which the run began (train --init)",
     .offset = offsetof(struct options, request.init)},
    {.name = "set",
     .kind = ELBOW_FLAG_LIST,
     .value = "KEY=VALUE",
     .help = "change a key of data or run, such as data.file=elsewhere.h5, or train.threads; may be repeated",
     .offset = offsetof(struct options, sets)},
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    if (status == ELBOW_OK && options->request.from_start && options->request.from > 0)
        status = elbow_error_set(error, ELBOW_USAGE, "verify: --from and --from-start exclude each other");
    if (status == ELBOW_OK && options->request.init != NULL && !options->request.from_start)
        status = elbow_error_set(error, ELBOW_USAGE, "verify: --init needs --from-start");
    options->request.changes = options->sets.words;
    options->request.change_count = options->sets.count;
    return status;
}

static void look(const struct options *options, struct elbow_config *config, char *note)
{
    char *text = NULL;
    struct elbow_error error = {0};
    if (elbow_checkpoint_peek(options->request.run, false, config, &error) == ELBOW_OK &&
        elbow_config_dump(config, &text, &error) == ELBOW_OK &&
        elbow_verify_configure(&options->request, options->request.run, text, config, &error) == ELBOW_OK)
        elbow_preview_configured(config, note);
    elbow_release(&text);
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {0};
    struct elbow_error error = {0};
    struct elbow_config *config = NULL;
    if (read_options(call, &options, &error) == ELBOW_OK &&
        elbow_allocate(&config, 1, sizeof *config, "the configuration", &error) == ELBOW_OK)
        look(&options, config, note);
    elbow_release(&config);
}

static void print_row(struct elbow_json *json, const struct elbow_verification *result)
{
    if (result->table[0] == '\0')
        return;
    elbow_json_open(json, "row", '{');
    elbow_json_text(json, "table", result->table);
    elbow_json_text(json, "split", result->split);
    elbow_json_integer(json, "step", (int64_t)result->first);
    elbow_json_text(json, "column", result->column);
    elbow_json_text(json, "before", result->before);
    elbow_json_text(json, "now", result->now);
    elbow_json_close(json, '}');
}

static void print_tensor(struct elbow_json *json, const struct elbow_verification *result)
{
    const struct elbow_checkpoint_difference *tensor = &result->tensor;
    if (result->checkpoint == 0 || tensor->tensors == 0)
        return;
    elbow_json_open(json, "tensor", '{');
    elbow_json_integer(json, "checkpoint", (int64_t)result->checkpoint);
    elbow_json_text(json, "place", tensor->place);
    elbow_json_number(json, "before", tensor->before);
    elbow_json_number(json, "now", tensor->now);
    elbow_json_integer(json, "tensors", (int64_t)tensor->tensors);
    elbow_json_integer(json, "of", (int64_t)tensor->of);
    elbow_json_close(json, '}');
}

// The place of the first difference: in a step after `equal_to`, up to `found_at`.
static void print_difference(struct elbow_json *json, const struct elbow_verification *result)
{
    static const char *const origins[] = {"unknown", "same", "other"};
    elbow_json_open(json, "difference", '{');
    elbow_json_integer(json, "equal_to", (int64_t)result->equal);
    elbow_json_integer(json, "found_at", (int64_t)result->first);
    print_row(json, result);
    print_tensor(json, result);
    elbow_json_text(json, "origin", origins[result->origin]);
    if (result->why[0] != '\0')
        elbow_json_text(json, "why", result->why);
    elbow_json_close(json, '}');
}

static void print_json(const char *run, const struct elbow_verification *result)
{
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    elbow_json_text(&json, "run", run);
    elbow_json_text(&json, "bits", result->differs ? "differ" : "same");
    elbow_json_integer(&json, "from", (int64_t)result->from);
    elbow_json_integer(&json, "to", (int64_t)result->to);
    elbow_json_integer(&json, "checkpoints", (int64_t)result->checkpoints);
    elbow_json_integer(&json, "rows", (int64_t)result->rows);
    if (result->differs)
        print_difference(&json, result);
    elbow_json_close(&json, '}');
}

// Standard output contains only the object.
static void take_stdout(struct elbow_call *call)
{
    call->has_result = true;
    call->log->screen = stderr;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {0};
    struct elbow_verification result;
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    if (options.json)
        take_stdout(call);
    status = elbow_verify(call->comm, &options.request, call->log, &result, error);
    if (options.json && (status == ELBOW_OK || result.differs) && elbow_comm_place(call->comm).rank == 0)
        print_json(options.request.run, &result);
    return status;
}

const struct elbow_command elbow_command_verify = {
    .name = "verify",
    .summary = "repeat steps of a run and compare bits",
    .text = "Repeats the steps between two checkpoints of a run, on this machine and any number of ranks, and\n"
            "compares parameters, moments, state and the rows of the tables, bit by bit, with those of the run. If\n"
            "they differ, it names step and tensor, and whether the receipt has another build, other libraries or\n"
            "another processor; the exit status is 1. The run does not change: the steps run in a directory below\n"
            "TMPDIR (/tmp), which is removed.\n",
    .examples = "elbow verify runs/shapes\n"
                "mpirun -n 8 elbow verify runs/mnist-mlp --from-start\n"
                "elbow verify runs/mnist-mlp --from 1000 --to 2000 --set data.file=/scratch/mnist.h5\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
