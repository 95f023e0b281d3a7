// SPDX-License-Identifier: BSD-3-Clause
// Replays are ordinary runs: they resume from a link to the run's checkpoint, and stop by run.stop_after, which changes
// no bit of what comes before.
#include "elbow/train/detail/replay.h"

#include "elbow/base/directory.h"
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/base/signals.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/parallel/collectives.h"
#include "elbow/train/trainer.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DESCRIPTORS = 8 };

enum elbow_status elbow_replay_open(struct elbow_comm *comm, struct elbow_replay *replay, struct elbow_error *error)
{
    const char *where = getenv("TMPDIR");
    *replay = (struct elbow_replay){.comm = comm};
    if (where == NULL || where[0] == '\0')
        where = "/tmp";
    if (elbow_comm_place(comm).rank == 0) {
        if (!elbow_text_format(replay->place, sizeof replay->place, "%s/elbow-verify-XXXXXX", where)) {
            replay->place[0] = '\0';
            elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long (TMPDIR)", where);
        } else if (mkdtemp(replay->place) == NULL) {
            replay->place[0] = '\0';
            elbow_error_set(error, ELBOW_FILE,
                            "%s: the directory of the replay cannot be made there: %s; set TMPDIR to another directory",
                            where, strerror(errno));
        }
    }
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, replay->place, sizeof replay->place);
    bool fits = elbow_text_format(replay->run, sizeof replay->run, "%s/replay", replay->place);
    return fits ? ELBOW_OK : elbow_error_set(error, ELBOW_FILE, "%.60s...: the path is too long (TMPDIR)", where);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path) != 0 && errno != ENOENT;
}

static void remove_all(const struct elbow_comm *comm, const char *path)
{
    if (path[0] != '\0' && elbow_comm_place(comm).rank == 0)
        nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

void elbow_replay_close(struct elbow_replay *replay)
{
    elbow_signals_keep_text(NULL);
    if (replay->comm != NULL)
        remove_all(replay->comm, replay->place);
    *replay = (struct elbow_replay){0};
}

// Rank zero. A run directory that holds a link to the checkpoint.
static enum elbow_status lay_out(const struct elbow_replay *replay, const char *checkpoint, uint64_t from,
                                 struct elbow_error *error)
{
    elbow_path link;
    char real[PATH_MAX];
    if (!elbow_checkpoint_path(replay->run, from, link) || realpath(checkpoint, real) == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: cannot be found: %s", checkpoint, strerror(errno));
    enum elbow_status status = elbow_file_make_directory_of(link, error);
    if (status == ELBOW_OK && symlink(real, link) != 0)
        status = elbow_error_set(error, ELBOW_FILE, "%s: cannot be made: %s", link, strerror(errno));
    return status;
}

// Rank zero. The newest checkpoint of the replay.
static enum elbow_status find_reached(const struct elbow_replay *replay, uint64_t *reached, struct elbow_error *error)
{
    struct elbow_directory run = {0};
    uint64_t *steps = NULL;
    size_t count = 0;
    enum elbow_status status = elbow_directory_open(replay->run, &run, error);
    if (status == ELBOW_OK)
        status = elbow_checkpoint_list(&run, &steps, &count, error);
    *reached = count > 0 ? steps[count - 1] : 0;
    elbow_release(&steps);
    elbow_directory_close(&run);
    return status;
}

// Why a replay ended before its last step, which only the end of the job brings about.
static enum elbow_status tell_short(uint64_t to, uint64_t reached, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FILE,
                           "the replay ended at step %llu, before step %llu: the end of the job is near; give it more "
                           "time, or verify fewer steps with --from and --to",
                           (unsigned long long)reached, (unsigned long long)to);
}

enum elbow_status elbow_replay_run(struct elbow_replay *replay, const struct elbow_config *config,
                                   const char *checkpoint, const char *init, uint64_t from, uint64_t to,
                                   uint64_t *reached, struct elbow_error *error)
{
    struct elbow_config own = *config;
    struct elbow_log silence = elbow_log_open(false, NULL);
    struct elbow_train_request request = {.config = &own,
                                          .run = replay->run,
                                          .init = from == 0 ? init : NULL,
                                          .resume = from == 0 ? ELBOW_RESUME_NEVER : ELBOW_RESUME_ALWAYS,
                                          .is_replay = true};
    own.run.stop_after = (int64_t)to;
    own.run.time_limit = 0;
    own.checkpoint.every = 0;
    own.checkpoint.best = false;
    own.samples.count = 0;
    own.log.tensorboard = false;
    own.run.report = false;
    remove_all(replay->comm, replay->run);
    if (from > 0 && elbow_comm_place(replay->comm).rank == 0)
        lay_out(replay, checkpoint, from, error);
    if (elbow_comm_agree_root(replay->comm, error) != ELBOW_OK)
        return error->status;
    enum elbow_status status = elbow_train(replay->comm, &request, &silence, error);
    elbow_log_close(&silence);
    if (status != ELBOW_OK && status != ELBOW_STOPPED)
        return status;
    *error = (struct elbow_error){0};
    if (elbow_comm_place(replay->comm).rank == 0)
        find_reached(replay, reached, error);
    if (elbow_comm_agree_root(replay->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(replay->comm, reached, sizeof *reached);
    if (status == ELBOW_STOPPED && *reached < to)
        return tell_short(to, *reached, error);
    return ELBOW_OK;
}
