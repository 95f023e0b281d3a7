// SPDX-License-Identifier: BSD-3-Clause
// The run directory: whether an earlier run in it goes on, what is opened in it, and whether it still is this run's.
// Nothing is moved or made before the configuration and the data have been found good. From its opening on rank zero
// keeps it open: all that is written goes beneath that descriptor, wherever the directory is moved.
#include "elbow/train/detail/trainer.h"

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

static const char CONFIG[] = "config.yaml";
static const size_t CONFIG_LIMIT = 1000000;

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

// Whether a file of the run directory holds this text.
static bool holds(const struct elbow_directory *run, const char *name, const char *text)
{
    char *bytes = NULL;
    size_t size = 0;
    bool is_same = elbow_file_read(run, name, CONFIG_LIMIT, &bytes, &size, NULL) == ELBOW_OK && size == strlen(text) &&
                   memcmp(bytes, text, size) == 0;
    elbow_release(&bytes);
    return is_same;
}

// The resolved configuration may not take the place of the one that is read, unless it is the same.
static enum elbow_status spare_configuration(const struct elbow_trainer *trainer, struct elbow_error *error)
{
    char *text = NULL;
    if (trainer->request->overwrite || !elbow_inputs_have(&trainer->directory, CONFIG))
        return ELBOW_OK;
    enum elbow_status status = elbow_config_dump(&trainer->config, &text, error);
    if (status == ELBOW_OK && !holds(&trainer->directory, CONFIG, text))
        status = elbow_error_set(error, ELBOW_USAGE,
                                 "%s/%s: is the configuration that is read, and the resolved one of this run would "
                                 "take its place; copy it elsewhere, and start with the copy",
                                 trainer->run, CONFIG);
    elbow_release(&text);
    return status;
}

// Rank zero. Opens an existing directory, finds out whether it is a run's, and refuses it where it is somebody else's.
static enum elbow_status open_existing(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const char *name;
    enum elbow_status status = elbow_directory_open(trainer->run, &trainer->directory, error);
    if (status != ELBOW_OK)
        return status;
    enum elbow_run_kind kind = elbow_run_kind_of(&trainer->directory, &name);
    trainer->is_former = kind == ELBOW_RUN_ONE;
    if (kind == ELBOW_RUN_FOREIGN)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s: holds %s, which is no run's, and a run writes something of that name; move it "
                               "elsewhere, or take another directory with --run-dir",
                               trainer->run, name);
    if (trainer->request->overwrite && !trainer->is_former && !elbow_run_is_empty(&trainer->directory))
        return elbow_error_set(
            error, ELBOW_USAGE,
            "%s: is no run's directory, and --overwrite moves aside only those; leave it out to add a "
            "run to this one, or take another directory with --run-dir",
            trainer->run);
    return spare_configuration(trainer, error);
}

// Rank zero. Looks at the run directory, under its lock, and decides whether an earlier run goes on.
static enum elbow_status look(struct elbow_trainer *trainer, bool *resumes, struct elbow_error *error)
{
    const struct elbow_train_request *request = trainer->request;
    size_t count = 0;
    if (is_directory(trainer->run)) {
        enum elbow_status status = open_existing(trainer, error);
        if (status == ELBOW_OK)
            status = elbow_lock_take(&trainer->directory, trainer->log, &trainer->lock, error);
        if (status == ELBOW_OK && !request->overwrite)
            status = elbow_run_check_places(&trainer->directory, error);
        if (status == ELBOW_OK)
            status = count_checkpoints(&trainer->directory, &count, error);
        if (status != ELBOW_OK)
            return status;
    }
    *resumes = request->resume != ELBOW_RESUME_NEVER && count > 0;
    if (request->resume == ELBOW_RESUME_NEVER && count > 0 && !request->overwrite)
        return elbow_error_set(
            error, ELBOW_USAGE,
            "%s: holds %zu checkpoint%s of an earlier run; --resume goes on with it, --overwrite moves it "
            "aside, --run-dir takes another place",
            trainer->run, count, count == 1 ? "" : "s");
    if (request->resume == ELBOW_RESUME_ALWAYS && count == 0)
        return elbow_error_set(error, ELBOW_FILE, "%s: holds no checkpoint to resume from; leave --resume out to start",
                               trainer->run);
    return ELBOW_OK;
}

enum elbow_status elbow_trainer_find_former(struct elbow_trainer *trainer, bool *resumes,
                                            struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    if (trainer->place.rank == 0)
        look(trainer, resumes, error);
    if (elbow_comm_agree_root(trainer->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(trainer->comm, resumes, sizeof *resumes);
    if (!*resumes)
        return ELBOW_OK;
    enum elbow_status status =
        elbow_checkpoint_load_newest(trainer->comm, &trainer->directory, trainer->log, checkpoint, error);
    if (status != ELBOW_OK)
        return status;
    return elbow_config_resumable(&checkpoint->config, &trainer->config, error);
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
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be moved aside: %s; take another directory with --run-dir",
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

// Under the lock, which is given back where the former run now lies. A link to the directory stays: what it leads to is
// moved, beside itself, and made anew.
static enum elbow_status move_aside(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct stat about, named;
    char real[PATH_MAX];
    elbow_path aside;
    bool is_named = fstat(trainer->directory.descriptor, &about) == 0 && stat(trainer->run, &named) == 0 &&
                    about.st_dev == named.st_dev && about.st_ino == named.st_ino;
    if (!is_named || realpath(trainer->run, real) == NULL)
        return cannot_move(trainer->run, "it is not there any more", error);
    if (is_beneath(".", real)) // the paths of the configuration would lose their ground
        return cannot_move(trainer->run, "this program works in it", error);
    if (is_beneath(trainer->request->init, real))
        return cannot_move(trainer->run, "--init reads from it", error);
    bool is_link = lstat(trainer->run, &named) == 0 && S_ISLNK(named.st_mode);
    const char *run = is_link ? real : trainer->run;
    enum elbow_status status = rename_aside(run, aside, error);
    if (status != ELBOW_OK)
        return status;
    elbow_lock_release(&trainer->lock);
    elbow_directory_close(&trainer->directory);
    elbow_log_say(trainer->log, "moved the former run to %s", aside);
    return elbow_text_make_directory(run, error);
}

// Rank zero. Makes and locks a directory that was not there when it was looked at, or not this one: another run may
// have begun in it since.
static enum elbow_status begin_new(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const char *name;
    size_t count = 0;
    enum elbow_status status = elbow_text_make_directory(trainer->run, error);
    if (status == ELBOW_OK)
        status = elbow_directory_open(trainer->run, &trainer->directory, error);
    if (status != ELBOW_OK)
        return status;
    enum elbow_run_kind kind = elbow_run_kind_of(&trainer->directory, &name);
    if (kind == ELBOW_RUN_FOREIGN)
        return elbow_error_set(error, ELBOW_FILE, "%s: somebody has put %s into it meanwhile", trainer->run, name);
    status = elbow_lock_take(&trainer->directory, trainer->log, &trainer->lock, error);
    if (status == ELBOW_OK)
        status = count_checkpoints(&trainer->directory, &count, error);
    if (status == ELBOW_OK && count > 0)
        status = elbow_error_set(error, ELBOW_FILE, "%s: another run has begun in it meanwhile", trainer->run);
    return status;
}

// Rank zero.
static enum elbow_status enter(struct elbow_trainer *trainer, struct elbow_error *error)
{
    enum elbow_status status = elbow_trainer_probe_trace(trainer, error);
    if (status == ELBOW_OK && trainer->directory.is_open && !elbow_trainer_may_write(trainer)) {
        *error = trainer->loss;
        return error->status;
    }
    if (status == ELBOW_OK && trainer->request->overwrite && trainer->is_former) // also one without a checkpoint
        status = move_aside(trainer, error);
    if (status == ELBOW_OK && !trainer->directory.is_open)
        status = begin_new(trainer, error);
    if (status == ELBOW_OK)
        status = elbow_run_make_places(&trainer->directory, error);
    if (status == ELBOW_OK)
        status = elbow_log_append_to(trainer->log, &trainer->directory, "log.txt", error);
    return status;
}

enum elbow_status elbow_trainer_enter_directory(struct elbow_trainer *trainer, struct elbow_error *error)
{
    if (trainer->place.rank == 0 && trainer->run != NULL)
        enter(trainer, error);
    return elbow_comm_agree_root(trainer->comm, error);
}

void elbow_trainer_mend_best(const struct elbow_trainer *trainer)
{
    if (trainer->place.rank == 0 && trainer->run != NULL && trainer->config.checkpoint.best &&
        trainer->state.best_step > 0)
        elbow_checkpoint_link_best(&trainer->directory, trainer->state.best_step);
}

// One that no start has written as it is, so that somebody has edited it, is kept under another name.
static enum elbow_status keep_edited(const struct elbow_trainer *trainer, struct elbow_error *error)
{
    char *text = NULL, aside[64];
    size_t size = 0;
    struct elbow_error trouble = {0};
    enum elbow_status status = elbow_file_read(&trainer->directory, CONFIG, CONFIG_LIMIT, &text, &size, &trouble);
    if (status == ELBOW_FILE && errno == ENOENT)
        return ELBOW_OK;
    if (status != ELBOW_OK) {
        *error = trouble;
        return status;
    }
    bool is_own = elbow_run_has_noted(&trainer->directory, text, size);
    elbow_release(&text);
    if (is_own)
        return ELBOW_OK;
    status = elbow_run_keep(&trainer->directory, CONFIG, aside, error);
    if (status == ELBOW_OK)
        elbow_log_say(trainer->log, "%s/%s: has been edited, and is kept as %s", trainer->run, CONFIG, aside);
    return status;
}

static enum elbow_status write_configuration(const struct elbow_trainer *trainer, struct elbow_error *error)
{
    char *text = NULL;
    enum elbow_status status = elbow_config_dump(&trainer->config, &text, error);
    bool is_there = status == ELBOW_OK && holds(&trainer->directory, CONFIG, text);
    if (status == ELBOW_OK && !is_there)
        status = keep_edited(trainer, error);
    if (status == ELBOW_OK)
        elbow_run_note_configuration(&trainer->directory, text);
    if (status == ELBOW_OK && !is_there)
        status = elbow_part_write(&trainer->directory, CONFIG, text, strlen(text), ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&text);
    return status;
}

static enum elbow_status keep_one(const struct elbow_trainer *trainer, const char *name, struct elbow_error *error)
{
    char aside[64];
    enum elbow_status status = elbow_run_keep(&trainer->directory, name, aside, error);
    if (status == ELBOW_OK)
        elbow_log_say(trainer->log, "%s/%s: is an earlier run's, which has no checkpoint, and is kept as %s",
                      trainer->run, name, aside);
    return status;
}

// A start at step 0 would cut away all that an earlier run has left whose checkpoints somebody has removed.
static enum elbow_status keep_former(const struct elbow_trainer *trainer, struct elbow_error *error)
{
    static const char *const tables[] = {"metrics.csv", "kl.csv"};
    const struct elbow_directory *run = &trainer->directory;
    enum elbow_status status = ELBOW_OK;
    if (trainer->state.step > 0)
        return ELBOW_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == ELBOW_OK; ++i)
        if (elbow_metrics_has_rows(run, tables[i]))
            status = keep_one(trainer, tables[i], error);
    if (status != ELBOW_OK || !elbow_gallery_has_after(run, 0))
        return status;
    status = keep_one(trainer, "samples", error);
    return status == ELBOW_OK ? elbow_directory_make(run, "samples", error) : status;
}

// Rank zero.
static enum elbow_status open_outputs(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const struct elbow_directory *run = &trainer->directory;
    trainer->pending.directory = run;
    elbow_run_sweep(run);
    enum elbow_status status = elbow_checkpoint_cut(run, trainer->state.step, error);
    if (status == ELBOW_OK)
        status = write_configuration(trainer, error);
    if (status == ELBOW_OK)
        status = keep_former(trainer, error);
    if (status == ELBOW_OK)
        status = elbow_metrics_open(run, trainer->model->latent, trainer->state.step, trainer->log, &trainer->metrics,
                                    error);
    if (status == ELBOW_OK) {
        elbow_gallery_cut(run, trainer->state.step);
        elbow_trainer_mend_best(trainer);
    }
    // At the very start nothing is lost yet: what cannot be written now stops the run.
    if (status == ELBOW_OUTPUT)
        error->status = status = ELBOW_FILE;
    return status;
}

void elbow_trainer_note_receipt(struct elbow_trainer *trainer)
{
    struct stat about;
    if (fstatat(trainer->directory.descriptor, "receipt.txt", &about, 0) == 0)
        trainer->receipt_size = about.st_size;
}

// Whether another start has added to the receipt: it was at work while the lock's file was missing.
static bool has_other_receipt(const struct elbow_trainer *trainer)
{
    struct stat about;
    return trainer->receipt_size > 0 && fstatat(trainer->directory.descriptor, "receipt.txt", &about, 0) == 0 &&
           about.st_size > trainer->receipt_size;
}

// The directory is not this run's any more. Nothing is written into it from now on.
static void lose(struct elbow_trainer *trainer, const char *why)
{
    elbow_error_set(&trainer->loss, ELBOW_FILE, "%s; this run writes no more and ends after step %llu", why,
                    (unsigned long long)trainer->state.step);
    elbow_log_leave_file(trainer->log);
    elbow_pending_end(&trainer->pending);
}

bool elbow_trainer_may_write(struct elbow_trainer *trainer)
{
    struct elbow_error error = {0};
    bool was_lost = false;
    if (trainer->loss.status != ELBOW_OK)
        return false;
    if (elbow_directory_is_removed(&trainer->directory))
        elbow_error_set(&error, ELBOW_FILE, "%s: the run directory has been removed", trainer->run);
    else
        elbow_lock_keep(&trainer->lock, &was_lost, &error);
    if (was_lost && has_other_receipt(trainer))
        elbow_error_set(&error, ELBOW_FILE, "%s: another run has been at work in it meanwhile", trainer->run);
    if (error.status != ELBOW_OK) {
        lose(trainer, error.message);
        return false;
    }
    if (was_lost)
        elbow_log_say(trainer->log, "%s/lock: had been removed, and is taken anew", trainer->run);
    return true;
}

struct elbow_checkpoint_source elbow_trainer_source(const struct elbow_trainer *trainer)
{
    return (struct elbow_checkpoint_source){.state = &trainer->state,
                                            .data = &trainer->facts,
                                            .config_text = trainer->checkpoint_text,
                                            .accumulator = trainer->accumulator,
                                            .accumulators = trainer->statistics,
                                            .parameters = &trainer->model->parameters,
                                            .exchange = trainer->exchange,
                                            .optimizer = &trainer->optimizer};
}

enum elbow_status elbow_trainer_open_outputs(struct elbow_trainer *trainer, struct elbow_error *error)
{
    if (trainer->place.rank == 0 && trainer->run != NULL)
        open_outputs(trainer, error);
    if (elbow_comm_agree_root(trainer->comm, error) != ELBOW_OK || trainer->run == NULL)
        return error->status;
    struct elbow_checkpoint_source source = elbow_trainer_source(trainer);
    return elbow_writer_open(trainer->comm, &trainer->directory, &source, &trainer->writer, error);
}
