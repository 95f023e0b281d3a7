// SPDX-License-Identifier: BSD-3-Clause
// elbow report: runs as one page that holds everything.
#include "elbow/cli/report.h"

#include "elbow/base/memory.h"
#include "elbow/cli/command.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What the command line says.
struct wish {
    struct elbow_session_request request;
    struct elbow_words runs;
};

// What the page is made of, on rank zero.
struct gathered {
    struct elbow_compared runs[ELBOW_COMPARED_MAX];
    struct elbow_reported reported[ELBOW_COMPARED_MAX];
};

static struct wish presets(void)
{
    return (struct wish){.request = {.wants_data = true, .is_copy = true}};
}

static enum elbow_status read_wish(const struct elbow_call *call, struct wish *wish, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, wish, error);
    if (status != ELBOW_OK)
        return status;
    if (wish->runs.count > ELBOW_COMPARED_MAX)
        return elbow_error_set(error, ELBOW_USAGE, "elbow report: %d runs are too many; give 1 to %d", wish->runs.count,
                               ELBOW_COMPARED_MAX);
    if (!elbow_output_ends(wish->request.output, ".html"))
        return elbow_error_set(error, ELBOW_USAGE, "%.500s: the name must end in .html", wish->request.output);
    return ELBOW_OK;
}

// Collective.
static enum elbow_status take_run(struct elbow_call *call, const struct wish *wish, int r, struct gathered *gathered,
                                  struct elbow_error *error)
{
    struct elbow_session_request request = wish->request;
    struct elbow_session session = {0};
    struct elbow_compared *run = &gathered->runs[r];
    request.checkpoint = wish->runs.words[r];
    run->name = elbow_compared_name(wish->runs.words, wish->runs.count, r);
    enum elbow_status status = elbow_session_open(call->comm, &request, call->log, &session, error);
    if (status == ELBOW_OK)
        status = elbow_compared_take(call->comm, request.checkpoint, &session, run, error);
    if (status == ELBOW_OK)
        status = elbow_compared_traverse(call->comm, &session, run, error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(call->comm).rank == 0)
            elbow_reported_take(request.checkpoint, session.checkpoint.config_text, &gathered->reported[r], error);
        status = elbow_comm_agree_root(call->comm, error);
    }
    elbow_session_close(call->comm, &session);
    return status;
}

// Rank zero's part: the file, whose bytes are all there before it begins.
static enum elbow_status write(const struct wish *wish, const struct gathered *gathered, struct elbow_error *error)
{
    const struct elbow_report report = {
        .runs = gathered->runs, .reported = gathered->reported, .count = (size_t)wish->runs.count};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "the report does not fit into memory: %s", strerror(errno));
    enum elbow_status status = elbow_report_write(&report, out, error);
    bool is_whole = ferror(out) == 0;
    is_whole = fclose(out) == 0 && is_whole;
    if (status == ELBOW_OK && !is_whole)
        status = elbow_error_set(error, ELBOW_MEMORY, "the report does not fit into memory");
    if (status == ELBOW_OK)
        status =
            elbow_output_write(wish->request.output, text, size, elbow_output_publishing(wish->request.force), error);
    free(text);
    return status;
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct wish wish = presets();
    struct gathered *gathered = NULL;
    enum elbow_status status = read_wish(call, &wish, error);
    if (status != ELBOW_OK)
        return status;
    *error = (struct elbow_error){0};
    elbow_allocate(&gathered, 1, sizeof *gathered, "a report", error);
    status = elbow_comm_agree(call->comm, error);
    for (int r = 0; r < wish.runs.count && status == ELBOW_OK; ++r)
        status = take_run(call, &wish, r, gathered, error);
    if (status == ELBOW_OK) {
        if (elbow_comm_place(call->comm).rank == 0)
            write(&wish, gathered, error);
        status = elbow_comm_agree_root(call->comm, error);
    }
    if (status == ELBOW_OK)
        elbow_log_say(call->log, "%s: %s", wish.request.output,
                      elbow_text_count((uint64_t)wish.runs.count, "run").text);
    for (int r = 0; r < ELBOW_COMPARED_MAX && gathered != NULL; ++r) {
        elbow_compared_clear(&gathered->runs[r]);
        elbow_reported_clear(&gathered->reported[r]);
    }
    elbow_release(&gathered);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct wish wish = presets();
    struct elbow_error error = {0};
    if (read_wish(call, &wish, &error) != ELBOW_OK)
        return;
    for (int r = 0; r < wish.runs.count; ++r) {
        wish.request.checkpoint = wish.runs.words[r];
        elbow_session_preview(&wish.request, note);
    }
}

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_LIST,
     .is_required = true,
     .value = "CHECKPOINT",
     .help = "one run or more: run directories (of each the newest checkpoint), or checkpoints",
     .offset = offsetof(struct wish, runs)},
    {.name = "output",
     .letter = 'o',
     .kind = ELBOW_FLAG_TEXT,
     .is_required = true,
     .value = "FILE",
     .help = "the file to be written, with the ending .html",
     .offset = offsetof(struct wish, request.output)},
    ELBOW_ROW_FORCE(offsetof(struct wish, request.force)),
    ELBOW_ROW_DATA(offsetof(struct wish, request.data)),
    {.name = "labels",
     .kind = ELBOW_FLAG_TEXT,
     .value = "[FILE:]/dataset",
     .help = ELBOW_HELP_LABELS,
     .offset = offsetof(struct wish, request.labels)},
    ELBOW_ROW_BINARIZE(offsetof(struct wish, request.binarize)),
    ELBOW_ROW_BEST(offsetof(struct wish, request.best)),
    ELBOW_ROW_RAW(offsetof(struct wish, request.is_raw)),
};

const struct elbow_command elbow_command_report = {
    .name = "report",
    .summary = "tell all of a run in one page",
    .text =
        "Writes one HTML file that loads nothing from anywhere: figures, warnings, curves to zoom into, KL of each\n"
        "dimension, samples over training, reconstructions, latents, what each dimension does, configuration,\n"
        "machine and receipt. Several runs stand side by side.\n",
    .examples = "elbow report runs/shapes -o report.html\n"
                "elbow report runs/beta-1 runs/beta-4 -o beta.html --data data/mnist.h5:/test/images\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .run = run,
    .preview = preview,
};
