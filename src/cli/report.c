// SPDX-License-Identifier: BSD-3-Clause
// elbow report: runs as one page that holds everything.
#include "elbow/report/report.h"
#include "elbow/base/output.h"
#include "elbow/base/text.h"
#include "elbow/cli/command.h"

#include <stddef.h>

// The options on the command line.
struct options {
    struct elbow_session_request request;
    struct elbow_words runs;
};

static struct options presets(void)
{
    return (struct options){.request = {.wants_data = true, .is_copy = true}};
}

static enum elbow_status read_options(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    if (status != ELBOW_OK)
        return status;
    if (options->runs.count > ELBOW_COMPARED_MAX)
        return elbow_error_set(error, ELBOW_USAGE, "report: found %d runs, expected 1 to %d", options->runs.count,
                               ELBOW_COMPARED_MAX);
    if (!elbow_output_ends(options->request.output, ".html"))
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: the name must end in .html", options->request.output);
    return ELBOW_OK;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = presets();
    enum elbow_status status = read_options(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_report_request request = {
        .session = &options.request, .runs = options.runs.words, .count = options.runs.count};
    status = elbow_report_make(call->comm, &request, call->log, error);
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s", options.request.output,
                      elbow_text_count((uint64_t)options.runs.count, "run").text);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = presets();
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
     .help = "one or more runs: run directories (the newest checkpoint of each), or checkpoints",
     .offset = offsetof(struct options, runs)},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the output file, with the ending .html",
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
};

const struct elbow_command elbow_command_report = {
    .name = "report",
    .summary = "show runs on one page",
    .text = "Writes one self-contained HTML file: figures with standard errors, warnings, curves to zoom into, KL of\n"
            "each dimension, samples over training, reconstructions, latents, the effect of each dimension, measures\n"
            "beside those of PCA, configuration, machine and receipt. Several runs are shown side by side. With the\n"
            "key run.report a run writes this page at its end.\n",
    .examples = "elbow report runs/shapes -o report.html\n"
                "elbow report runs/beta-1 runs/beta-4 -o beta.html --data data/mnist.h5:/test/images\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
