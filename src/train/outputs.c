// SPDX-License-Identifier: BSD-3-Clause
// The outputs of a run: configuration, tables, receipt, and the writer of its checkpoints.
#include "elbow/train/detail/outputs.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/math/threads.h"

#include "elbow/train/detail/receipt.h"
#include "elbow/train/detail/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void elbow_outputs_mend_best(const struct elbow_run_outputs *outputs)
{
    if (outputs->plan->place.rank == 0 && outputs->plan->config.checkpoint.best && outputs->state->best_step > 0)
        elbow_checkpoint_link_best(&outputs->directory, outputs->state->best_step);
}

// A configuration that no start has written in this form was edited, and is kept under another name.
static enum elbow_status keep_edited(const struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    char *text = NULL, aside[64];
    size_t size = 0;
    struct elbow_error trouble = {0};
    enum elbow_status status =
        elbow_file_read(&outputs->directory, ELBOW_RUN_CONFIG, ELBOW_RUN_CONFIG_LIMIT, &text, &size, &trouble);
    if (status == ELBOW_FILE && errno == ENOENT)
        return ELBOW_OK;
    if (status != ELBOW_OK) {
        *error = trouble;
        return status;
    }
    bool is_own = elbow_run_has_noted(&outputs->directory, text, size);
    elbow_release(&text);
    if (is_own)
        return ELBOW_OK;
    status = elbow_run_keep(&outputs->directory, ELBOW_RUN_CONFIG, aside, error);
    if (status == ELBOW_OK)
        elbow_log_say(outputs->plan->log, "%s/%s: was edited, and is kept as %s", outputs->run, ELBOW_RUN_CONFIG,
                      aside);
    return status;
}

static enum elbow_status write_configuration(const struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    char *text = NULL;
    enum elbow_status status = elbow_config_dump(&outputs->plan->config, &text, error);
    bool is_there = status == ELBOW_OK && elbow_run_has_configuration(&outputs->directory, text);
    if (status == ELBOW_OK && !is_there)
        status = keep_edited(outputs, error);
    if (status == ELBOW_OK)
        elbow_run_note_configuration(&outputs->directory, text);
    if (status == ELBOW_OK && !is_there)
        status =
            elbow_part_write(&outputs->directory, ELBOW_RUN_CONFIG, text, strlen(text), ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&text);
    return status;
}

static enum elbow_status keep_one(const struct elbow_run_outputs *outputs, const char *name, struct elbow_error *error)
{
    char aside[64];
    enum elbow_status status = elbow_run_keep(&outputs->directory, name, aside, error);
    if (status == ELBOW_OK)
        elbow_log_say(outputs->plan->log, "%s/%s: is from an earlier run without a checkpoint, and is kept as %s",
                      outputs->run, name, aside);
    return status;
}

// A start at step 0 would remove all outputs of an earlier run whose checkpoints were deleted.
static enum elbow_status keep_former(const struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    static const char *const tables[] = {"metrics.csv", "kl.csv"};
    const struct elbow_directory *run = &outputs->directory;
    enum elbow_status status = ELBOW_OK;
    if (outputs->state->step > 0)
        return ELBOW_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == ELBOW_OK; ++i)
        if (elbow_metrics_has_rows(run, tables[i]))
            status = keep_one(outputs, tables[i], error);
    if (status == ELBOW_OK && elbow_events_has_any(run))
        status = keep_one(outputs, ELBOW_EVENTS_NAME, error);
    if (status != ELBOW_OK || !elbow_gallery_has_after(run, 0))
        return status;
    status = keep_one(outputs, "samples", error);
    return status == ELBOW_OK ? elbow_directory_make(run, "samples", error) : status;
}

// Rank zero.
static enum elbow_status open_outputs(struct elbow_run_outputs *outputs, const struct elbow_model *model,
                                      struct elbow_error *error)
{
    const struct elbow_directory *run = &outputs->directory;
    struct elbow_figures own = {0};
    outputs->pending.directory = run;
    elbow_model_own_figures(model, &own);
    if (outputs->plan->config.objective.kl == ELBOW_KL_CAPACITY)
        elbow_figures_set(&own, ELBOW_FIGURE_CAPACITY, 0);
    if (outputs->plan->page_order != NULL) // a resume may take another place
        elbow_figures_set(&own, ELBOW_FIGURE_LATE_PAGES, 0);
    elbow_run_sweep(run);
    enum elbow_status status = elbow_checkpoint_cut(run, outputs->state->step, error);
    if (status == ELBOW_OK)
        status = write_configuration(outputs, error);
    if (status == ELBOW_OK)
        status = keep_former(outputs, error);
    if (status == ELBOW_OK)
        status = elbow_metrics_open(run, model->prior != NULL ? model->latent : 0, &own, outputs->state->step,
                                    outputs->plan->log, &outputs->metrics, error);
    if (status == ELBOW_OK && outputs->plan->config.log.tensorboard)
        status = elbow_events_open(run, outputs->state->step, &outputs->events, error);
    if (status == ELBOW_OK) {
        elbow_gallery_cut(run, outputs->state->step);
        elbow_outputs_mend_best(outputs);
    }
    // At the very start nothing is lost yet: what cannot be written now stops the run.
    if (status == ELBOW_OUTPUT)
        error->status = status = ELBOW_FILE;
    return status;
}

enum elbow_status elbow_outputs_open(struct elbow_run_outputs *outputs, const struct elbow_model *model,
                                     const struct elbow_checkpoint_source *source, struct elbow_error *error)
{
    if (outputs->plan->place.rank == 0)
        open_outputs(outputs, model, error);
    if (elbow_comm_agree_root(outputs->plan->comm, error) != ELBOW_OK)
        return error->status;
    return elbow_writer_open(outputs->plan->comm, &outputs->directory, source, &outputs->writer, error);
}

void elbow_outputs_close(struct elbow_run_outputs *outputs)
{
    elbow_writer_close(&outputs->writer);
    elbow_comm_trace(outputs->plan->comm, NULL);
    elbow_tracer_close(&outputs->tracer);
    elbow_metrics_close(&outputs->metrics);
    elbow_events_close(&outputs->events);
    elbow_pending_clear(&outputs->pending);
    elbow_lock_release(&outputs->lock);
    elbow_directory_close(&outputs->directory);
}

// A line each, whatever the text holds: nothing in it can look like another line of the receipt.
static void write_notes(FILE *file, const struct elbow_train_request *request)
{
    for (int i = 0; i < request->note_count; ++i) {
        fputs("note: ", file);
        for (const char *at = request->notes[i]; *at != '\0'; ++at)
            fputc((unsigned char)*at < ' ' || *at == 127 ? ' ' : *at, file);
        fputc('\n', file);
    }
}

void elbow_outputs_write_receipt(struct elbow_run_outputs *outputs, const char *end)
{
    if (outputs->plan->place.rank != 0 || !elbow_outputs_may_write(outputs))
        return;
    int descriptor = elbow_file_open(&outputs->directory, ELBOW_RUN_RECEIPT, O_APPEND);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "a");
    if (file == NULL && descriptor >= 0)
        close(descriptor);
    if (file == NULL)
        return; // a receipt is a courtesy: the checkpoint that follows will tell of a full disk
    char now[32];
    elbow_clock_now(now, sizeof now);
    if (end == NULL) {
        fprintf(file, "start: %s at step %llu\n", now, (unsigned long long)outputs->state->step);
        elbow_receipt_write_origin(file);
        fprintf(file, "ranks: %d on %d nodes, threads: %d a rank\n", outputs->plan->place.size,
                outputs->plan->place.nodes, elbow_threads_get());
    }
    if (end == NULL && outputs->plan->stage.bytes > 0)
        fprintf(file, "staged: %s in %s, in %.2f s\n", elbow_text_bytes(outputs->plan->stage.bytes).text,
                outputs->plan->stage.directory, outputs->plan->stage.seconds);
    if (end == NULL)
        write_notes(file, outputs->request);
    if (end != NULL)
        fprintf(file, "end: %s at step %llu after %.1f s: %s\n\n", now, (unsigned long long)outputs->state->step,
                elbow_clock_seconds() - outputs->run_start, end);
    fclose(file);
    elbow_outputs_note_receipt(outputs);
}

void elbow_outputs_note(struct elbow_run_outputs *outputs, enum elbow_output_kind kind,
                        const struct elbow_error *trouble)
{
    static const char *const names[] = {[ELBOW_OUTPUT_ROWS] = "rows",
                                        [ELBOW_OUTPUT_PICTURES] = "pictures",
                                        [ELBOW_OUTPUT_EVENTS] = "events",
                                        [ELBOW_OUTPUT_CHECKPOINT] = "checkpoints"};
    bool fails = trouble->status != ELBOW_OK, failed = outputs->is_failing[kind];
    if (fails && outputs->plan->place.rank == 0 && !elbow_outputs_may_write(outputs))
        return; // that is why, and is told at the end
    outputs->is_failing[kind] = fails;
    outputs->has_failed |= fails;
    if (fails && !failed)
        elbow_log_warn(outputs->plan->log,
                       "%s; training continues and tries again next time, and the exit status will report it",
                       trouble->message);
    if (failed && !fails)
        elbow_log_say(outputs->plan->log, "step %llu: %s can be written again",
                      (unsigned long long)outputs->state->step, names[kind]);
}
