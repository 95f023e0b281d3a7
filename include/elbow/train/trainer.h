// SPDX-License-Identifier: BSD-3-Clause
// The training run: the loop, and when it logs, evaluates, draws, saves and stops.
#ifndef ELBOW_TRAIN_TRAINER_H
#define ELBOW_TRAIN_TRAINER_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum elbow_resume { ELBOW_RESUME_NEVER, ELBOW_RESUME_ALWAYS, ELBOW_RESUME_AUTO };

struct elbow_train_request {
    const struct elbow_config *config;
    const char *run; // the run directory
    enum elbow_resume resume;
    bool overwrite;   // move an existing run aside
    const char *init; // a checkpoint to start from, or NULL
    // Lines for the receipt, each of which gets one; control characters become blanks.
    const char *const *notes;
    int note_count;
    // Where to leave a trace of the steps [trace_first, trace_last], counted from one; NULL: none.
    const char *trace;
    uint64_t trace_first, trace_last;
    bool trace_force; // it may replace a file that is there
    bool is_replay;   // of another run's steps (train/verify.h), which nobody goes on with
    bool has_started; // `started` is set; else the program began when elbow_train is called
    double started;   // clock: when the program began, from which a time limit counts
};

// Collective. Trains to the end: OK; STOPPED after run.stop_after, a signal or a time limit, with a checkpoint; OUTPUT
// if it ran to the end but some output could not be written; else what went wrong.
enum elbow_status elbow_train(struct elbow_comm *comm, const struct elbow_train_request *request, struct elbow_log *log,
                              struct elbow_error *error);

ELBOW_C_END

#endif
