// SPDX-License-Identifier: BSD-3-Clause
// What the parts of the benchmark share: its stages (stages.c), rounds and results (bench.c).
#ifndef ELBOW_BENCH_DETAIL_BENCH_H
#define ELBOW_BENCH_DETAIL_BENCH_H

#include "elbow/bench/bench.h"

#include "elbow/bench/detail/floor.h"
#include "elbow/train/detail/engine.h"

// The way without slices: every rank has all gradients and all moments. Everything owned.
struct elbow_bench_rival {
    float *gradients, *parameters; // whole arenas
    struct elbow_optimizer optimizer;
};

struct elbow_bench_run {
    struct elbow_comm *comm;
    struct elbow_train_plan plan;
    struct elbow_engine engine; // by the plan beside it: all of this stays where it is
    struct elbow_floor floor;
    struct elbow_bench_rival rival;
    struct elbow_track track;        // of traced steps; owned
    struct elbow_step_place place;   // of a full batch
    struct elbow_range microbatches; // this rank's
    float *decoded;                  // where the decoder leaves its output: of the engine's model
    double untimed;                  // seconds of the present stage that do not count
    double seen;                     // what a pass that only reads came to
    int rounds;
    int iterations[ELBOW_BENCH_COUNT];
    double *seconds;                        // (figures, rounds); owned
    double *medians;                        // (ranks, figures, 3); owned
    uint64_t steps, allocations;            // timed; made by them
    double step_seconds, processor_seconds; // in timed steps
    struct elbow_exchange_counts exchanged; // by timed steps
    double spent[ELBOW_BENCH_SHARES];       // seconds of timed steps
};

// In the order of a round. `prepare` leaves the buffers as the stage finds them in a step.
struct elbow_bench_stage {
    enum elbow_bench_figure figure;
    const char *name;
    void (*run)(struct elbow_bench_run *bench);
    void (*prepare)(struct elbow_bench_run *bench);
    bool is_whole; // timed for longer
};

enum { ELBOW_BENCH_STAGES = 17 };
extern const struct elbow_bench_stage elbow_bench_stages[ELBOW_BENCH_STAGES];

// Collective. When, where and on what this is; told to rank zero.
enum elbow_status elbow_bench_find_origin(struct elbow_comm *comm, struct elbow_bench_origin *origin,
                                          struct elbow_error *error);

// Local. The rows of a microbatch.
size_t elbow_bench_rows(const struct elbow_bench_run *bench, uint64_t number);

#endif
