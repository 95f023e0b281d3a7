// SPDX-License-Identifier: BSD-3-Clause
// A replay: steps of a run made again in a directory of its own.
#ifndef ELBOW_TRAIN_DETAIL_REPLAY_H
#define ELBOW_TRAIN_DETAIL_REPLAY_H

#include "elbow/base/text.h"
#include "elbow/train/verify.h"

struct elbow_replay {
    struct elbow_comm *comm; // not owned
    elbow_path place;        // the temporary directory, on all ranks
    elbow_path run;          // the run directory in `place`
};

// Collective. Makes a directory for replays beneath TMPDIR or /tmp. FILE if that is not possible.
enum elbow_status elbow_replay_open(struct elbow_comm *comm, struct elbow_replay *replay, struct elbow_error *error);

// Collective. Makes the steps from + 1 to `to` again, from the file of a checkpoint or, with from 0, from the start.
// Afterwards replay->run holds the checkpoint of step *reached, which is below `to` if train.patience stopped the
// replay early.
enum elbow_status elbow_replay_run(struct elbow_replay *replay, const struct elbow_config *config,
                                   const char *checkpoint, const char *init, uint64_t from, uint64_t to,
                                   uint64_t *reached, struct elbow_error *error);

// Collective. Removes the directory.
void elbow_replay_close(struct elbow_replay *replay);

#endif
