// SPDX-License-Identifier: BSD-3-Clause
// The benchmark: the time of a training step, compared with its floor: its matrix products and one pass of the
// optimiser.
//
// Rounds time all stages one after the other, so that other load on the machine affects all of them alike. A round runs
// each stage for some tens of milliseconds, after two untimed runs of it. Steps are those of the trainer itself.
#ifndef ELBOW_BENCH_BENCH_H
#define ELBOW_BENCH_BENCH_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum { ELBOW_BENCH_ROUNDS_MAX = 10000, ELBOW_BENCH_BUCKETS_MAX = 256, ELBOW_BENCH_HOSTS_SIZE = 4096 };

// Seconds, or ratios of two of them. Each part of a step is timed alone, over all microbatches of a rank.
enum elbow_bench_figure {
    ELBOW_BENCH_STEP,            // a whole step
    ELBOW_BENCH_TRACED,          // a whole step that is traced, as by train --trace
    ELBOW_BENCH_FLOOR,           // FLOOR_PRODUCTS and OPTIMIZER together
    ELBOW_BENCH_FLOOR_PRODUCTS,  // the matrix products, each in one call for all rows of the rank
    ELBOW_BENCH_COMPUTE,         // a step without exchange and optimiser
    ELBOW_BENCH_DATA,            // order, collating, scaling, binarising, noise
    ELBOW_BENCH_FORWARD,         // both networks
    ELBOW_BENCH_LATENT,          // reparameterisation and KL, forward and backward
    ELBOW_BENCH_LIKELIHOOD,      // recon and its gradient
    ELBOW_BENCH_BACKWARD,        // both networks
    ELBOW_BENCH_SUM,             // adding the microbatches of this rank's subtrees
    ELBOW_BENCH_EXCHANGE,        // adding, agreeing and sharing between the ranks, without the optimiser
    ELBOW_BENCH_OPTIMIZER,       // on this rank's slice
    ELBOW_BENCH_UPDATE,          // EXCHANGE and OPTIMIZER together, as in a step
    ELBOW_BENCH_ALLREDUCE,       // the alternative to UPDATE: MPI_Allreduce, and the optimiser for all parameters
    ELBOW_BENCH_AUDIT,           // one audit of the replicas; one step in run.audit has one
    ELBOW_BENCH_AGREEMENT,       // the checks of every step beside its work: signals, deadline, phases
    ELBOW_BENCH_READ,            // one page of rows that are read on demand; 0 if all rows are in memory, like the next
    ELBOW_BENCH_READ_FLOOR,      // the bytes of the file that a page occupies, without HDF5
    ELBOW_BENCH_STEP_OVER_FLOOR, // ratios of two times of one round
    ELBOW_BENCH_UPDATE_OVER_ALLREDUCE,
    ELBOW_BENCH_TRACED_OVER_STEP,
    ELBOW_BENCH_READ_OVER_FLOOR,
    ELBOW_BENCH_COUNT
};

// The shares of a step's time, as in the columns of metrics.csv.
enum elbow_bench_share {
    ELBOW_BENCH_SHARE_COMPUTE,
    ELBOW_BENCH_SHARE_EXCHANGE,
    ELBOW_BENCH_SHARE_DATA,
    ELBOW_BENCH_SHARES
};

// Medians over the rounds of each rank, and how they spread over the ranks; and the spread of the rounds.
struct elbow_bench_time {
    double median, least, most;            // over the ranks
    double lower_quartile, upper_quartile; // over the rounds of a rank; medians over the ranks
};

// The place and time of a measurement.
struct elbow_bench_origin {
    char started[32];                   // ISO 8601, UTC
    char processor[128];                // of rank zero
    char hosts[ELBOW_BENCH_HOSTS_SIZE]; // "a:2 b:2": hosts and their numbers of ranks, in rank order; cut after
                                        // a whole entry if it is too long
};

struct elbow_bench_result {
    struct elbow_bench_origin origin; // on rank zero
    struct elbow_place place;
    uint64_t batch, microbatch, microbatches, parameters;
    int rounds, threads; // threads: of a rank
    struct elbow_bench_time times[ELBOW_BENCH_COUNT];
    double operations;                       // floating-point operations of a step's matrix products, over all ranks
    double shares[ELBOW_BENCH_SHARES];       // of the time of the timed steps; means over the ranks
    int buckets;                             // number of buckets in which parameters are sent between two nodes
    size_t bucket[ELBOW_BENCH_BUCKETS_MAX];  // parameters of each, from the first layer on
    double cores;                            // that a rank kept busy in its steps; maximum over the ranks
    int64_t audit_every;                     // steps; 0: never
    int64_t overlap;                         // microbatches that run together on several nodes; 0: none
    double bytes_read, bytes_sent;           // by the exchange, per step of rank zero
    uint64_t peak_bytes, peak_allocated;     // of a process, and of its allocator; maximum over the ranks
    uint64_t dataset_bytes, parameter_bytes; // of a node
    uint64_t page_bytes, page_stored;        // of a page: in memory, in its file; 0: all rows are in memory
    uint64_t allocations;                    // of all steps after the first, over all ranks: should be 0
};

// config is borrowed. rounds: 1 to ELBOW_BENCH_ROUNDS_MAX.
struct elbow_bench_request {
    const struct elbow_config *config;
    int rounds;
};

// Local. The name of a figure, as in JSON: "step", "floor_products".
const char *elbow_bench_name(enum elbow_bench_figure figure);

// Collective. Trains the configuration from its start, without a run directory, for as many steps as the rounds need.
// The result is the same on all ranks, except for the origin, which is on rank zero, and the bytes of the exchange.
// Fails like the start of a run; MEMORY.
enum elbow_status elbow_bench(struct elbow_comm *comm, const struct elbow_bench_request *request, struct elbow_log *log,
                              struct elbow_bench_result *result, struct elbow_error *error);

ELBOW_C_END

#endif
