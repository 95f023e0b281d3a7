// SPDX-License-Identifier: BSD-3-Clause
// The run directory: whether to resume an earlier run in it, opening it, and whether it still belongs to this run.
// Nothing is moved or made before the configuration and the data have been found good. From its opening on rank zero
// keeps it open: all that is written goes beneath that descriptor, wherever the directory is moved.
#include "elbow/train/detail/outputs.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/evaluate/gallery.h"

#include "elbow/train/detail/run_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static enum elbow_status count_checkpoints(const struct elbow_directory *run, size_t *count, struct elbow_error *error)
{
    uint64_t *steps = NULL;
    enum elbow_status status = elbow_checkpoint_list(run, &steps, count, error);
    elbow_release(&steps);
    return status;
}

// The resolved configuration may not take the place of the one that is read, unless it is the same.
static enum elbow_status spare_configuration(const struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    char *text = NULL;
    if (outputs->request->overwrite || !elbow_inputs_have(&outputs->directory, ELBOW_RUN_CONFIG))
        return ELBOW_OK;
    enum elbow_status status = elbow_config_dump(&outputs->plan->config, &text, error);
    if (status == ELBOW_OK && !elbow_run_has_configuration(&outputs->directory, text))
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "%s/%s: is the configuration of this command, and the run would replace it by the "
                                 "resolved one; copy it elsewhere and start with the copy",
                                 outputs->run, ELBOW_RUN_CONFIG);
    elbow_release(&text);
    return status;
}

// Rank zero. Opens an existing directory, finds out whether it is a run directory, and refuses a foreign one.
static enum elbow_status open_existing(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    const char *name;
    enum elbow_status status = elbow_directory_open(outputs->run, &outputs->directory, error);
    if (status != ELBOW_OK)
        return status;
    enum elbow_run_kind kind = elbow_run_kind_of(&outputs->directory, &name);
    outputs->is_former = kind == ELBOW_RUN_ONE;
    if (kind == ELBOW_RUN_FOREIGN)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: holds %s, which is not from a run, and a run writes to that name; move it "
                               "elsewhere, or choose another directory with --run-dir",
                               outputs->run, name);
    if (outputs->request->overwrite && !outputs->is_former && !elbow_run_is_empty(&outputs->directory))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: is not a run directory, and --overwrite moves only run directories aside; leave it "
                               "out to write the run into this directory, or choose another one with --run-dir",
                               outputs->run);
    return spare_configuration(outputs, error);
}

// Rank zero. Examines the run directory, under its lock, and decides whether to resume an earlier run.
static enum elbow_status look(struct elbow_run_outputs *outputs, bool *resumes, struct elbow_error *error)
{
    const struct elbow_train_request *request = outputs->request;
    size_t count = 0;
    if (is_directory(outputs->run)) {
        enum elbow_status status = open_existing(outputs, error);
        if (status == ELBOW_OK)
            status = elbow_lock_take(&outputs->directory, outputs->plan->log, &outputs->lock, error);
        if (status == ELBOW_OK && !request->overwrite)
            status = elbow_run_check_places(&outputs->directory, error);
        if (status == ELBOW_OK)
            status = count_checkpoints(&outputs->directory, &count, error);
        if (status != ELBOW_OK)
            return status;
    }
    *resumes = request->resume != ELBOW_RESUME_NEVER && count > 0;
    if (request->resume == ELBOW_RESUME_NEVER && count > 0 && !request->overwrite)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: holds %zu checkpoint%s of an earlier run; --resume continues it, --overwrite moves "
                               "it aside, --run-dir chooses another directory",
                               outputs->run, count, count == 1 ? "" : "s");
    if (request->resume == ELBOW_RESUME_ALWAYS && count == 0)
        return elbow_error_set(error, ELBOW_FILE,
                               "%s: holds no checkpoint to resume from; leave --resume out to start a new run",
                               outputs->run);
    return ELBOW_OK;
}

enum elbow_status elbow_outputs_find_former(struct elbow_run_outputs *outputs, bool *resumes,
                                            struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    if (outputs->plan->place.rank == 0)
        look(outputs, resumes, error);
    enum elbow_status status = elbow_comm_agree_root(outputs->plan->comm, error);
    if (status != ELBOW_OK)
        return status;
    elbow_comm_broadcast(outputs->plan->comm, resumes, sizeof *resumes);
    if (!*resumes)
        return ELBOW_OK;
    status =
        elbow_checkpoint_load_newest(outputs->plan->comm, &outputs->directory, outputs->plan->log, checkpoint, error);
    if (status != ELBOW_OK)
        return status;
    return elbow_config_resumable(&checkpoint->config, &outputs->plan->config, error);
}

// Whether a path that is there leads to this directory, or beneath it.
static bool is_beneath(const char *path, const char *directory)
{
    char real[PATH_MAX];
    size_t length = strlen(directory);
    return path != NULL && realpath(path, real) != NULL && strncmp(real, directory, length) == 0 &&
           (real[length] == 0 || real[length] == '/');
}

static enum elbow_status cannot_move(const char *run, const char *reason, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be moved aside: %s; choose another directory with --run-dir",
                           run, reason);
}

// The directory at this path gets a name that is free, beside its own.
static enum elbow_status rename_aside(const char *run, elbow_path aside, struct elbow_error *error)
{
    for (int number = 1; number < 10000; ++number) {
        struct stat about;
        if (!elbow_text_format(aside, ELBOW_PATH_SIZE, "%s.old-%d", run, number))
            return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", run);
        if (lstat(aside, &about) == 0)
            continue;
        if (rename(run, aside) == 0)
            return ELBOW_OK;
        break;
    }
    return cannot_move(run, strerror(errno), error);
}

// Under the lock, which is released in the new place of the earlier run. A link to the directory stays: its target is
// renamed and made again.
static enum elbow_status move_aside(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    struct stat about, named;
    char real[PATH_MAX];
    elbow_path aside;
    bool is_named = fstat(outputs->directory.descriptor, &about) == 0 && stat(outputs->run, &named) == 0 &&
                    about.st_dev == named.st_dev && about.st_ino == named.st_ino;
    if (!is_named || realpath(outputs->run, real) == NULL)
        return cannot_move(outputs->run, "it no longer exists", error);
    if (is_beneath(".", real)) // the paths of the configuration would lose their ground
        return cannot_move(outputs->run, "it is the working directory of this command", error);
    if (is_beneath(outputs->request->init, real))
        return cannot_move(outputs->run, "--init reads from it", error);
    bool is_link = lstat(outputs->run, &named) == 0 && S_ISLNK(named.st_mode);
    const char *run = is_link ? real : outputs->run;
    enum elbow_status status = rename_aside(run, aside, error);
    if (status != ELBOW_OK)
        return status;
    elbow_lock_release(&outputs->lock);
    elbow_directory_close(&outputs->directory);
    elbow_log_say(outputs->plan->log, "moved the earlier run to %s", aside);
    return elbow_file_make_directory(run, error);
}

// Rank zero. Makes and locks a directory that was not there when it was looked at, or not this one: another run may
// have begun in it since.
static enum elbow_status begin_new(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    const char *name;
    size_t count = 0;
    enum elbow_status status = elbow_file_make_directory(outputs->run, error);
    if (status == ELBOW_OK)
        status = elbow_directory_open(outputs->run, &outputs->directory, error);
    if (status != ELBOW_OK)
        return status;
    enum elbow_run_kind kind = elbow_run_kind_of(&outputs->directory, &name);
    if (kind == ELBOW_RUN_FOREIGN)
        return elbow_error_set(
            error, ELBOW_FILE,
            "%s: another process has written %s into it since the start of this command; start again", outputs->run,
            name);
    status = elbow_lock_take(&outputs->directory, outputs->plan->log, &outputs->lock, error);
    if (status == ELBOW_OK)
        status = count_checkpoints(&outputs->directory, &count, error);
    if (status == ELBOW_OK && count > 0)
        status = elbow_error_set(
            error, ELBOW_FILE,
            "%s: another run has begun in it since the start of this command; choose another directory with --run-dir",
            outputs->run);
    return status;
}

// Rank zero.
static enum elbow_status enter(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    enum elbow_status status = elbow_outputs_probe_trace(outputs, error);
    if (status == ELBOW_OK && outputs->directory.is_open && !elbow_outputs_may_write(outputs)) {
        *error = outputs->loss;
        return outputs->loss.status;
    }
    if (status == ELBOW_OK && outputs->request->overwrite && outputs->is_former) // also one without a checkpoint
        status = move_aside(outputs, error);
    if (status == ELBOW_OK && !outputs->directory.is_open)
        status = begin_new(outputs, error);
    if (status == ELBOW_OK)
        status = elbow_run_make_places(&outputs->directory, error);
    if (status == ELBOW_OK)
        status = elbow_log_append_to(outputs->plan->log, &outputs->directory, "log.txt", error);
    return status;
}

enum elbow_status elbow_outputs_enter(struct elbow_run_outputs *outputs, struct elbow_error *error)
{
    if (outputs->plan->place.rank == 0)
        enter(outputs, error);
    return elbow_comm_agree_root(outputs->plan->comm, error);
}

void elbow_outputs_note_receipt(struct elbow_run_outputs *outputs)
{
    struct stat about;
    if (fstatat(outputs->directory.descriptor, "receipt.txt", &about, 0) == 0)
        outputs->receipt_size = about.st_size;
}

// Whether another start has added to the receipt: it was at work while the lock's file was missing.
static bool has_other_receipt(const struct elbow_run_outputs *outputs)
{
    struct stat about;
    return outputs->receipt_size > 0 && fstatat(outputs->directory.descriptor, "receipt.txt", &about, 0) == 0 &&
           about.st_size > outputs->receipt_size;
}

// The directory is not this run's any more. Nothing is written into it from now on.
static void lose(struct elbow_run_outputs *outputs, const char *why)
{
    elbow_error_set(&outputs->loss, ELBOW_FILE, "%s; this run writes nothing more and ends after step %llu", why,
                    (unsigned long long)outputs->state->step);
    elbow_log_leave_file(outputs->plan->log);
    elbow_pending_end(&outputs->pending);
}

bool elbow_outputs_may_write(struct elbow_run_outputs *outputs)
{
    struct elbow_error error = {0};
    bool was_lost = false;
    if (outputs->loss.status != ELBOW_OK)
        return false;
    if (elbow_directory_is_removed(&outputs->directory))
        elbow_error_set(&error, ELBOW_FILE, "%s: the run directory has been removed", outputs->run);
    else
        elbow_lock_keep(&outputs->lock, &was_lost, &error);
    if (was_lost && has_other_receipt(outputs))
        elbow_error_set(&error, ELBOW_FILE, "%s: another run has written into it", outputs->run);
    if (error.status != ELBOW_OK) {
        lose(outputs, error.message);
        return false;
    }
    if (was_lost)
        elbow_log_say(outputs->plan->log, "%s/lock: was removed, and has been made again", outputs->run);
    return true;
}
