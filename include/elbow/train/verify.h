// SPDX-License-Identifier: BSD-3-Clause
// Verification of a run: makes its steps again, from one of its checkpoints to a later one, and compares bit by bit.
#ifndef ELBOW_TRAIN_VERIFY_H
#define ELBOW_TRAIN_VERIFY_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/checkpoint/compare.h"
#include "elbow/config/config.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum { ELBOW_VERIFY_WHY_SIZE = 512 };

// Nothing is owned.
struct elbow_verify_request {
    const char *run;            // the run directory
    bool from_start;            // begin at the first step
    int64_t from, to;           // steps of the first and the last checkpoint; 0: the last but one, and the newest
    const char *init;           // for a replay from the start: the checkpoint that the run began with (--init), or NULL
    const char *const *changes; // [change_count] KEY=VALUE of data.* and run.*: the present place of the data
    int change_count;
};

// The result.
struct elbow_verification {
    uint64_t from, to;          // steps that were made again
    uint64_t checkpoints, rows; // of the run that were compared

    // The first difference.
    bool differs;
    uint64_t equal, first; // the first different bit arose after step `equal`, and at step `first` at the latest
    char table[16];        // with split and column: the first row that differs; empty: no row differs
    char split[16], column[64], before[64], now[64];
    uint64_t checkpoint; // the step of the one that differs; 0: none was reached
    struct elbow_checkpoint_difference tensor;
    int origin; // 0: unknown, 1: build, libraries and processor are those of the receipt; 2: they are not
    char why[ELBOW_VERIFY_WHY_SIZE]; // for origin 2: a clause about the difference
};

// Collective. Makes the steps again in a temporary directory beneath TMPDIR or /tmp of rank zero's host, and removes
// it. Writes nothing into the run. Goes from checkpoint to checkpoint, each time from the run's own one, until one
// differs. MISMATCH with a sentence if a bit differs; USAGE, FILE, FORMAT or the error of a start (missing data, for
// example) if the steps cannot be made. Only rank zero gets the result.
enum elbow_status elbow_verify(struct elbow_comm *comm, const struct elbow_verify_request *request,
                               struct elbow_log *log, struct elbow_verification *result, struct elbow_error *error);

// Local. The configuration of a replay: parses `text`, that of the checkpoint `name`, and applies the changes of the
// request. USAGE for a change of a key that decides the bits.
enum elbow_status elbow_verify_configure(const struct elbow_verify_request *request, const char *name, const char *text,
                                         struct elbow_config *config, struct elbow_error *error);

ELBOW_C_END

#endif
