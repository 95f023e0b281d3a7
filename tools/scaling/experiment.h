// SPDX-License-Identifier: BSD-3-Clause
// An experiment: its points (points.c), the command for each of them (words.c), the directory (claim.c) and the
// measurements (run.c).
#ifndef ELBOW_SCALING_EXPERIMENT_H
#define ELBOW_SCALING_EXPERIMENT_H

#include "launch.h"
#include "scaling.h"

#include "elbow/base/directory.h"
#include "elbow/base/lock.h"
#include "elbow/base/text.h"
#include "elbow/config/config.h"

enum { SCALING_POINTS_MAX = 1024, SCALING_TEXT_MAX = 1000000 }; // SCALING_TEXT_MAX: bytes of a file that is read whole

struct scaling_point {
    enum scaling_mode mode;
    int ranks, nodes; // nodes: 0 if the launcher places the ranks
    int units;        // of an exchange
    uint64_t batch;   // 0: as configured
    bool has_failed;  // it is skipped from then on
};

struct scaling_experiment {
    const struct scaling_options *options;
    struct elbow_config config;
    elbow_path elbow;
    int per_node, fewest;
    int count;
    struct scaling_point points[SCALING_POINTS_MAX];
    int made, kept, failed;
    int left;                 // number of measurements still to be made, with warm-ups
    int cost_left, cost_done; // of these, and of those made, in rounds of the benchmark
    double seconds;           // of those made
};

// Local. The default number of ranks per node: that of the job, or one for each core, or for each `threads` cores.
int scaling_usual_per_node(int64_t threads);

// Local. Lists the points of the options' ranks or nodes; points that cannot be measured are reported and left out.
// USAGE if none is left.
enum elbow_status scaling_list_points(struct scaling_experiment *experiment, struct elbow_error *error);

// Local. Adds the words of the command that measures a point in this number of rounds.
void scaling_experiment_words(const struct scaling_experiment *experiment, const struct scaling_point *point,
                              int rounds, struct scaling_words *words);

// Local. Claims the directory for one experiment, whose configuration is written there and must not change. USAGE if it
// contains another one, or files that an experiment would take for its own.
enum elbow_status scaling_claim_directory(const struct scaling_experiment *experiment, const char *resolved,
                                          struct elbow_error *error);

// Local. Locks the directory. FILE if another run measures into it: the two would read each other's output. The caller
// closes the directory and releases the lock in any case.
enum elbow_status scaling_lock_directory(const struct scaling_experiment *experiment, struct elbow_directory *open_one,
                                         struct elbow_lock *lock, struct elbow_error *error);

#endif
