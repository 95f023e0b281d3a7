// SPDX-License-Identifier: BSD-3-Clause
// Shared by the parts of the benchmark: its stages (stages.c), its rounds and results (bench.c).
#ifndef ELBOW_BENCH_DETAIL_BENCH_H
#define ELBOW_BENCH_DETAIL_BENCH_H

#include "elbow/bench/bench.h"

#include "elbow/bench/detail/floor.h"
#include "elbow/train/detail/engine.h"

// The alternative to slices: every rank has all gradients and all moments. Everything is owned.
struct elbow_bench_rival {
    float *gradients, *parameters; // [parameters.size] each
    struct elbow_optimizer optimizer;
};

// Pages of the training set, where they are read while they are used. Zeroed: they are not.
struct elbow_bench_reading {
    struct elbow_pages *pages; // not owned
    uint64_t count, next;      // pages; passes so far
    uint64_t bytes, stored;    // of a page: in memory, in its file
    int file;                  // descriptor, where there are pages
    uint64_t file_bytes;
    char *buffer; // for the bytes of a page; owned
};

struct elbow_bench_run {
    struct elbow_comm *comm;
    struct elbow_train_plan plan;
    struct elbow_engine engine; // refers to the plan beside it: this struct must not move
    struct elbow_floor floor;
    struct elbow_bench_rival rival;
    struct elbow_bench_reading reading;
    struct elbow_track track;        // of traced steps; owned
    struct elbow_step_place place;   // of a full batch
    struct elbow_range microbatches; // this rank's
    float *decoded;                  // the decoder's output; belongs to the engine's model
    double untimed;                  // seconds of the present stage that are subtracted
    double seen;                     // the result of a pass that only reads, so that it is not optimised away
    struct elbow_error trouble;      // the first error of a stage on this rank
    bool has_failed;                 // a step has failed, on all ranks: no further step is made
    int rounds;
    int iterations[ELBOW_BENCH_COUNT];
    double *seconds;                        // (figures, rounds); owned
    double *medians;                        // (ranks, figures, 3); owned
    uint64_t steps, allocations;            // timed steps; allocations that they made
    double step_seconds, processor_seconds; // in timed steps
    struct elbow_exchange_counts exchanged; // by timed steps
    double spent[ELBOW_BENCH_SHARES];       // seconds of timed steps
};

// The stages, in the order of a round. `prepare` fills the buffers as a step does before the stage; NULL: nothing to
// do.
struct elbow_bench_stage {
    enum elbow_bench_figure figure;
    const char *name;
    void (*run)(struct elbow_bench_run *bench);
    void (*prepare)(struct elbow_bench_run *bench);
    bool is_whole; // of a step: timed for longer
};

enum { ELBOW_BENCH_STAGES = 19 };
extern const struct elbow_bench_stage elbow_bench_stages[ELBOW_BENCH_STAGES];

// Collective. Finds the time, hosts and processor of this measurement; hosts on rank zero only. MEMORY.
enum elbow_status elbow_bench_find_origin(struct elbow_comm *comm, struct elbow_bench_origin *origin,
                                          struct elbow_error *error);

// Local. Finds the pages, if the engine's training set is read in pages. FILE, MEMORY, or an error of reading.
enum elbow_status elbow_bench_reading_open(struct elbow_bench_run *bench, struct elbow_error *error);

// Local. Releases it. A zeroed struct is legal.
void elbow_bench_reading_close(struct elbow_bench_reading *reading);

// Local. Reads one page; nothing without pages. *seen: its bytes in memory. MEMORY, or an error of reading.
enum elbow_status elbow_bench_read_page(struct elbow_bench_reading *reading, double *seen, struct elbow_error *error);

// Local. Reads as many bytes of the file as a page occupies, without HDF5; nothing without pages.
void elbow_bench_read_bytes(struct elbow_bench_run *bench);

// Local. The number of rows of microbatch `number`.
size_t elbow_bench_rows(const struct elbow_bench_run *bench, uint64_t number);

#endif
