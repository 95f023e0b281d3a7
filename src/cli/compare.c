// SPDX-License-Identifier: BSD-3-Clause
// elbow compare: runs side by side.
#include "elbow/base/json.h"
#include "elbow/cli/command.h"
#include "elbow/evaluate/comparison.h"

#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words runs;
    bool json;
};

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    if (status != ELBOW_OK)
        return status;
    if (options->runs.count < 2 || options->runs.count > ELBOW_COMPARED_MAX)
        return elbow_error_set(error, ELBOW_USAGE, "compare: found %s, expected 2 to %d",
                               elbow_text_count((uint64_t)options->runs.count, "run").text, ELBOW_COMPARED_MAX);
    return options->request.output != NULL ? elbow_plot_check(options->request.output, error) : ELBOW_OK;
}

static void print_mean(struct elbow_compared_mean mean)
{
    char text[40] = "-";
    if (!isnan(mean.mean))
        elbow_text_format(text, sizeof text, "%.3f +- %.3f", mean.mean, mean.error);
    printf(" %22s", text);
}

// Every run has recon.
static bool is_paired(const struct elbow_compared *first, const struct elbow_compared *run)
{
    return !isnan(elbow_compared_difference(first, run, ELBOW_COMPARED_RECON).mean);
}

static void print_text(const struct elbow_compared *runs, size_t count)
{
    printf("%-20s %9s %8s %22s %22s %22s\n", "run", "step", "rows", "elbo", "recon", "kl");
    for (size_t r = 0; r < count; ++r) {
        elbow_text_print(stdout, "%-20s %9" PRIu64 " %8zu", runs[r].name, runs[r].step, runs[r].rows);
        for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f)
            print_mean(elbow_compared_mean(&runs[r], (enum elbow_compared_figure)f));
        printf("\n");
    }
    printf("(nats a row: means and their standard errors)\n");
    elbow_text_print(stdout, "\ndifference from %s, row by row:\n", runs[0].name);
    for (size_t r = 1; r < count; ++r) {
        if (!is_paired(&runs[0], &runs[r])) {
            elbow_text_print(stdout, "%s: evaluated on other rows; --data evaluates all runs on the same\n",
                             runs[r].name);
            continue;
        }
        elbow_text_print(stdout, "%-39s", runs[r].name);
        for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f)
            print_mean(elbow_compared_difference(&runs[0], &runs[r], (enum elbow_compared_figure)f));
        printf("\n");
    }
}

static void print_figures(struct elbow_json *json, const struct elbow_compared *first, const struct elbow_compared *run)
{
    for (int f = 0; f < ELBOW_COMPARED_FIGURES; ++f) {
        char name[32];
        struct elbow_compared_mean mean = first == NULL
                                              ? elbow_compared_mean(run, (enum elbow_compared_figure)f)
                                              : elbow_compared_difference(first, run, (enum elbow_compared_figure)f);
        if (isnan(mean.mean))
            continue;
        elbow_json_number(json, elbow_compared_names[f], mean.mean);
        elbow_text_format(name, sizeof name, "%s_se", elbow_compared_names[f]);
        elbow_json_number(json, name, mean.error);
    }
}

static void print_json(const struct elbow_compared *runs, size_t count)
{
    struct elbow_json json = {.out = stdout};
    elbow_json_open(&json, NULL, '{');
    elbow_json_open(&json, "runs", '[');
    for (size_t r = 0; r < count; ++r) {
        elbow_json_line(&json);
        elbow_json_open(&json, NULL, '{');
        elbow_json_text(&json, "run", runs[r].name);
        elbow_json_integer(&json, "step", (int64_t)runs[r].step);
        elbow_json_integer(&json, "samples", (int64_t)runs[r].rows);
        print_figures(&json, NULL, &runs[r]);
        if (r > 0 && is_paired(&runs[0], &runs[r])) {
            elbow_json_open(&json, "difference", '{');
            print_figures(&json, &runs[0], &runs[r]);
            elbow_json_close(&json, '}');
        }
        elbow_json_close(&json, '}');
    }
    elbow_json_close(&json, ']');
    elbow_json_close(&json, '}');
}

// Collective. One run after the other: only one model and one dataset are in memory.
static enum elbow_status take_runs(struct elbow_call *call, const struct options *options, struct elbow_compared *runs,
                                   struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int r = 0; r < options->runs.count && status == ELBOW_OK; ++r) {
        struct elbow_session_request request = options->request;
        struct elbow_session session = {0};
        request.checkpoint = options->runs.words[r];
        runs[r].name = elbow_compared_name(options->runs.words, options->runs.count, r);
        status = elbow_session_open(call->comm, &request, call->log, &session, error);
        if (status == ELBOW_OK)
            status = elbow_compared_take(call->comm, request.checkpoint, &session, &runs[r], error);
        elbow_session_close(call->comm, &session);
    }
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {.request = {.wants_data = true, .plots = true}};
    struct elbow_compared runs[ELBOW_COMPARED_MAX] = {0};
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    size_t count = (size_t)options.runs.count;
    status = take_runs(call, &options, runs, error);
    bool is_root = elbow_comm_place(call->comm).rank == 0;
    if (status == ELBOW_OK && options.request.output != NULL) {
        if (is_root)
            elbow_comparison_draw(runs, count, options.request.output, elbow_output_publishing(options.request.force),
                                  error);
        status = elbow_comm_agree_root(call->comm, error);
    }
    if (status == ELBOW_OK && is_root)
        (options.json ? print_json : print_text)(runs, count);
    for (size_t r = 0; r < count; ++r)
        elbow_compared_clear(&runs[r]);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {.request = {.wants_data = true, .plots = true}};
    struct elbow_error error = {0};
    if (read_options(call, &options, &error) != ELBOW_OK)
        return;
    for (int r = 0; r < options.runs.count; ++r) {
        options.request.checkpoint = options.runs.words[r];
        elbow_session_preview(&options.request, note);
    }
}

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_LIST,
     .is_required = true,
     .value = "CHECKPOINT",
     .help = "two or more runs: run directories (the newest checkpoint of each), or checkpoints",
     .offset = offsetof(struct options, runs)},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .value = "FILE",
     .help = "also a picture, with one of these endings: .png, .svg, .pdf",
     .offset = offsetof(struct options, request.output)},
    ELBOW_ROW_FORCE(offsetof(struct options, request.force)),
    ELBOW_ROW_DATA(offsetof(struct options, request.data)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS,
     .offset = offsetof(struct options, request.labels)},
    ELBOW_ROW_BINARIZE(offsetof(struct options, request.binarize)),
    ELBOW_ROW_BEST(offsetof(struct options, request.best)),
    ELBOW_ROW_RAW(offsetof(struct options, request.is_raw)),
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

const struct elbow_command elbow_command_compare = {
    .name = "compare",
    .summary = "show runs side by side",
    .text = "Prints elbo, recon and kl of two or more runs with their standard errors and, if a run sees the same\n"
            "rows as the first, their differences row by row. The picture has curves, rate against distortion, the KL\n"
            "of each dimension over training, latents, decoded z from N(0, I), and reconstructions of the same rows.\n",
    .examples = "elbow compare runs/shapes runs/shapes-2 -o compare.png\n"
                "elbow compare runs/beta-1 runs/beta-4 --data data/mnist.h5:/test/images --json\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .minds_screen = true,
    .run = run,
    .preview = preview,
};
