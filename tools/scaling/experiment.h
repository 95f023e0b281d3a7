// SPDX-License-Identifier: BSD-3-Clause
// What an experiment measures: its points (points.c), the command of one (words.c), the directory for all (claim.c) and
// their measuring (run.c).
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
    int ranks, nodes; // nodes: 0 where the launcher places ranks
    int units;        // of an exchange
    uint64_t batch;   // 0: as configured
    bool has_failed;  // it is left out from then on
};

struct scaling_experiment {
    const struct scaling_options *options;
    struct elbow_config config;
    elbow_path elbow;
    int per_node, fewest;
    int count;
    struct scaling_point points[SCALING_POINTS_MAX];
    int made, kept, failed;
    int left;                 // measurements to be made yet, warm-ups with them
    int cost_left, cost_done; // of those and of the ones before, in rounds of the benchmark
    double seconds;           // that the latter took
};

// Local. Ranks on a node, where the command line does not say: as the job has them, or one for each core (or so many as
// a rank has threads).
int scaling_usual_per_node(int64_t threads);

// Local. Lists the points of the options' ranks or nodes; what cannot be measured is told and left out. USAGE if
// nothing is left.
enum elbow_status scaling_list_points(struct scaling_experiment *experiment, struct elbow_error *error);

// Local. Adds the words that measure a point, in so many rounds.
void scaling_experiment_words(const struct scaling_experiment *experiment, const struct scaling_point *point,
                              int rounds, struct scaling_words *words);

// Local. The directory holds one experiment: what it measures is written down, and must not change. USAGE if it holds
// another, or files that one would take for its own.
enum elbow_status scaling_claim_directory(const struct scaling_experiment *experiment, const char *resolved,
                                          struct elbow_error *error);

// Local. FILE if another run measures into it: the two would read each other's output. Both are given back by their
// own functions, whatever comes of it.
enum elbow_status scaling_lock_directory(const struct scaling_experiment *experiment, struct elbow_directory *open_one,
                                         struct elbow_lock *lock, struct elbow_error *error);

#endif
