// SPDX-License-Identifier: BSD-3-Clause
// The training run: the loop that makes steps, logs, evaluates, draws pictures, saves checkpoints and stops.
#ifndef ELBOW_TRAIN_TRAINER_H
#define ELBOW_TRAIN_TRAINER_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum elbow_resume { ELBOW_RESUME_NEVER, ELBOW_RESUME_ALWAYS, ELBOW_RESUME_AUTO };

// Nothing is owned.
struct elbow_train_request {
    const struct elbow_config *config;
    const char *run; // the run directory
    enum elbow_resume resume;
    bool overwrite;   // move an existing run aside first
    const char *init; // a checkpoint to start from, or NULL
    // Lines that the receipt gets, one for each note; control characters become blanks.
    const char *const *notes;
    int note_count;
    // The file for a trace of steps trace_first to trace_last, both included, counted from one; NULL: no trace.
    const char *trace;
    uint64_t trace_first, trace_last;
    bool trace_force; // the trace may replace an existing file
    bool is_replay;   // the run repeats steps of another run (train/verify.h); nobody continues it
    bool has_started; // `started` is set; otherwise the start of the program is the call of elbow_train
    double started;   // clock at the start of the program, in seconds; a time limit counts from there
};

// Collective. Trains until the configured end and returns OK. STOPPED, with a checkpoint on disk, after run.stop_after,
// a signal or a time limit; OUTPUT if the run reached its end but an output could not be written; otherwise the error
// that ended it. The same status on all ranks.
enum elbow_status elbow_train(struct elbow_comm *comm, const struct elbow_train_request *request, struct elbow_log *log,
                              struct elbow_error *error);

ELBOW_C_END

#endif
