// SPDX-License-Identifier: BSD-3-Clause
// Verifying a run: its steps are made again, from one of its checkpoints to a later one, and compared bit by bit.
#ifndef ELBOW_TRAIN_VERIFY_H
#define ELBOW_TRAIN_VERIFY_H

#include "elbow/base/language.h"
#include "elbow/base/log.h"
#include "elbow/checkpoint/compare.h"
#include "elbow/config/config.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum { ELBOW_VERIFY_WHY_SIZE = 512 };

struct elbow_verify_request {
    const char *run;            // the run directory
    bool from_start;            // from the first step on
    int64_t from, to;           // checkpoints to begin and to end with; 0: the last but one, and the newest
    const char *init;           // what the run began with (--init), of a replay from the start; or NULL
    const char *const *changes; // KEY=VALUE of data and run: where the data lie now
    int change_count;
};

// What came out.
struct elbow_verification {
    uint64_t from, to, checkpoints, rows; // the steps that were made again, and how much of the run was compared

    // Where it differs.
    bool differs;
    uint64_t equal, first; // the first other bit is of a step after `equal`, up to `first`
    char table[16];        // and split, column: of the first row that differs; empty: none does
    char split[16], column[64], before[64], now[64];
    uint64_t checkpoint; // that differs; 0: none is reached
    struct elbow_checkpoint_difference tensor;
    int origin; // 0: not known, 1: the receipt's build, libraries and processor are these; 2: others
    char why[ELBOW_VERIFY_WHY_SIZE];
};

// Collective. Makes the steps again in a directory of its own, beneath TMPDIR or /tmp of rank zero's host, which is
// removed; nothing of the run is written. From checkpoint to checkpoint, each time from the run's own, until one
// differs. MISMATCH with a sentence if a bit differs; USAGE, FILE, FORMAT or what a start says (of data that are not
// there) if the steps cannot be made. The result is rank zero's.
enum elbow_status elbow_verify(struct elbow_comm *comm, const struct elbow_verify_request *request,
                               struct elbow_log *log, struct elbow_verification *result, struct elbow_error *error);

// Local. The configuration that replays run by: that of a checkpoint, changed.
enum elbow_status elbow_verify_configure(const struct elbow_verify_request *request, const char *name, const char *text,
                                         struct elbow_config *config, struct elbow_error *error);

ELBOW_C_END

#endif
