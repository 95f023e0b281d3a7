// SPDX-License-Identifier: BSD-3-Clause
// The run directory: whether an earlier run in it goes on, and what is opened in it. Nothing is moved or made before
// the configuration and the data have been found good.
#include "trainer_private.h"

#include "elbow/base/memory.h"
#include "elbow/base/part.h"
#include "elbow/run/gallery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_directory(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static enum elbow_status count_checkpoints(const char *run, size_t *count, struct elbow_error *error)
{
    uint64_t *steps = NULL;
    enum elbow_status status = elbow_checkpoint_list(run, &steps, count, error);
    elbow_release(&steps);
    return status;
}

// Rank zero. Looks at the run directory, under its lock, and decides whether an earlier run goes on.
static enum elbow_status look(struct elbow_trainer *trainer, bool *resumes, struct elbow_error *error)
{
    const struct elbow_train_request *request = trainer->request;
    size_t count = 0;
    if (is_directory(trainer->run) && elbow_lock_take(trainer->run, trainer->log, &trainer->lock, error) != ELBOW_OK)
        return error->status;
    enum elbow_status status = count_checkpoints(trainer->run, &count, error);
    if (status != ELBOW_OK)
        return status;
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
        elbow_checkpoint_load(trainer->comm, trainer->run, false, trainer->log, checkpoint, error);
    if (status != ELBOW_OK)
        return status;
    return elbow_config_resumable(&checkpoint->config, &trainer->config, error);
}

// Under the lock, which is given back where the former run now lies.
static enum elbow_status move_aside(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const char *run = trainer->run;
    elbow_path aside;
    for (int number = 1; number < 10000; ++number) {
        struct stat about;
        if (!elbow_text_format(aside, sizeof aside, "%s.old-%d", run, number))
            return elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long", run);
        if (lstat(aside, &about) == 0)
            continue;
        if (rename(run, aside) != 0)
            break;
        if (elbow_text_format(trainer->lock.path, sizeof trainer->lock.path, "%s/lock", aside))
            elbow_lock_release(&trainer->lock);
        elbow_log_say(trainer->log, "moved the former run to %s", aside);
        return ELBOW_OK;
    }
    return elbow_error_set(error, ELBOW_FILE, "%s: cannot be moved aside: %s", run, strerror(errno));
}

// Rank zero. The lock of a directory that was not there when it was looked at: another run may have made it since.
static enum elbow_status lock_new(struct elbow_trainer *trainer, struct elbow_error *error)
{
    size_t count = 0;
    bool had = trainer->lock.is_held;
    enum elbow_status status = elbow_lock_take(trainer->run, trainer->log, &trainer->lock, error);
    if (status == ELBOW_OK && !had && trainer->lock.is_held)
        status = count_checkpoints(trainer->run, &count, error);
    if (status == ELBOW_OK && count > 0)
        status = elbow_error_set(error, ELBOW_FILE, "%s: another run has begun in it meanwhile", trainer->run);
    return status;
}

// Rank zero.
static enum elbow_status enter(struct elbow_trainer *trainer, struct elbow_error *error)
{
    elbow_path path;
    struct stat about;
    enum elbow_status status = elbow_trainer_probe_trace(trainer, error);
    if (status == ELBOW_OK && trainer->request->overwrite &&
        stat(trainer->run, &about) == 0) // also a run that never came to a checkpoint
        status = move_aside(trainer, error);
    if (status == ELBOW_OK)
        status = elbow_text_make_directory(trainer->run, error);
    if (status == ELBOW_OK)
        status = lock_new(trainer, error);
    if (status == ELBOW_OK && elbow_text_format(path, sizeof path, "%s/log.txt", trainer->run))
        status = elbow_log_append_to(trainer->log, path, error);
    return status;
}

enum elbow_status elbow_trainer_enter_directory(struct elbow_trainer *trainer, struct elbow_error *error)
{
    if (trainer->place.rank == 0 && trainer->run != NULL)
        enter(trainer, error);
    return elbow_comm_agree_root(trainer->comm, error);
}

// What a killed start had not finished writing.
static void sweep(const char *run)
{
    static const char *const places[] = {"", "/checkpoints", "/samples"};
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        elbow_path path;
        if (elbow_text_format(path, sizeof path, "%s%s", run, places[i]))
            elbow_part_sweep(NULL, path);
    }
}

void elbow_trainer_mend_best(const struct elbow_trainer *trainer)
{
    if (trainer->place.rank == 0 && trainer->run != NULL && trainer->config.checkpoint.best &&
        trainer->state.best_step > 0)
        elbow_checkpoint_link_best(trainer->run, trainer->state.best_step);
}

// Rank zero.
static enum elbow_status open_outputs(struct elbow_trainer *trainer, struct elbow_error *error)
{
    elbow_path path;
    char *text = NULL;
    enum elbow_status status = elbow_text_make_directory(trainer->run, error);
    if (status != ELBOW_OK)
        return status;
    sweep(trainer->run);
    status = elbow_config_dump(&trainer->config, &text, error);
    if (status == ELBOW_OK && elbow_text_format(path, sizeof path, "%s/config.yaml", trainer->run))
        status = elbow_part_write(NULL, path, text, strlen(text), ELBOW_PUBLISH_REPLACE, error);
    elbow_release(&text);
    if (status == ELBOW_OK && elbow_text_format(path, sizeof path, "%s/samples", trainer->run))
        status = elbow_text_make_directory(path, error);
    if (status == ELBOW_OK)
        status =
            elbow_metrics_open(trainer->run, trainer->model->latent, trainer->state.step, &trainer->metrics, error);
    if (status == ELBOW_OK) {
        elbow_gallery_cut(trainer->run, trainer->state.step);
        elbow_checkpoint_cut(trainer->run, trainer->state.step);
    }
    if (status == ELBOW_OK)
        elbow_trainer_mend_best(trainer);
    // At the very start nothing is lost yet: what cannot be written now stops the run.
    if (status == ELBOW_OUTPUT)
        error->status = status = ELBOW_FILE;
    return status;
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
    return elbow_writer_open(trainer->comm, trainer->run, &source, &trainer->writer, error);
}
