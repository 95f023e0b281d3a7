// SPDX-License-Identifier: BSD-3-Clause
// The benchmark: what a training step costs, beside the floor of its matrix products and one pass of the optimiser.
//
// All is timed in rounds, one after the other within each, so that whatever else the machine does meets all alike. A
// round times a stage by some tens of milliseconds of it, after two untimed ones. Steps are the trainer's own.
#ifndef ELBOW_BENCH_BENCH_H
#define ELBOW_BENCH_BENCH_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

enum { ELBOW_BENCH_ROUNDS_MAX = 10000, ELBOW_BENCH_BUCKETS_MAX = 256, ELBOW_BENCH_HOSTS_SIZE = 4096 };

// Seconds, or the ratio of two. The parts of a step are timed apart from each other, over all of a rank's microbatches.
enum elbow_bench_figure {
    ELBOW_BENCH_STEP,           // a whole step
    ELBOW_BENCH_TRACED,         // a whole step that is traced, as train --trace does
    ELBOW_BENCH_FLOOR,          // FLOOR_PRODUCTS and OPTIMIZER
    ELBOW_BENCH_FLOOR_PRODUCTS, // the rank's whole local batch in one call each
    ELBOW_BENCH_COMPUTE,        // a step without exchange and optimiser
    ELBOW_BENCH_DATA,           // order, gathering, scaling, binarising, noise
    ELBOW_BENCH_FORWARD,        // both networks
    ELBOW_BENCH_LATENT,         // reparameterisation and KL, forward and backward
    ELBOW_BENCH_LIKELIHOOD,     // recon and its gradient
    ELBOW_BENCH_BACKWARD,       // both networks
    ELBOW_BENCH_SUM,            // adding microbatches inside this rank's subtrees
    ELBOW_BENCH_EXCHANGE,       // adding, agreeing and sharing over the ranks, without the optimiser
    ELBOW_BENCH_OPTIMIZER,      // on this rank's slice
    ELBOW_BENCH_UPDATE,         // EXCHANGE and OPTIMIZER in one, as a step has them
    ELBOW_BENCH_ALLREDUCE, // what UPDATE stands in for: MPI_Allreduce of the gradients, all of it optimised everywhere
    ELBOW_BENCH_AUDIT,     // one audit of the replicas: a step in run.audit has one
    ELBOW_BENCH_AGREEMENT, // what every step asks and tells beside its work: signals, deadline, phases
    ELBOW_BENCH_STEP_OVER_FLOOR, // ratios within one round
    ELBOW_BENCH_UPDATE_OVER_ALLREDUCE,
    ELBOW_BENCH_TRACED_OVER_STEP,
    ELBOW_BENCH_COUNT
};

// Where the time of a step goes, as the columns of metrics.csv tell it.
enum elbow_bench_share {
    ELBOW_BENCH_SHARE_COMPUTE,
    ELBOW_BENCH_SHARE_EXCHANGE,
    ELBOW_BENCH_SHARE_DATA,
    ELBOW_BENCH_SHARES
};

// Medians over the rounds of each rank, as they spread over the ranks; and how the rounds spread.
struct elbow_bench_time {
    double median, least, most;            // over the ranks
    double lower_quartile, upper_quartile; // over the rounds of a rank; medians over the ranks
};

// Where and when a measurement was made.
struct elbow_bench_origin {
    char started[32];    // ISO 8601, UTC
    char processor[128]; // of rank zero
    char
        hosts[ELBOW_BENCH_HOSTS_SIZE]; // "a:2 b:2", names and their ranks in the order of ranks; cut behind whole names
};

struct elbow_bench_result {
    struct elbow_bench_origin origin; // on rank zero
    struct elbow_place place;
    uint64_t batch, microbatch, microbatches, parameters;
    int rounds, threads; // threads: of a rank
    struct elbow_bench_time times[ELBOW_BENCH_COUNT];
    double operations;                       // floating-point operations of a step's matrix products, over all ranks
    double shares[ELBOW_BENCH_SHARES];       // of the timed steps' time; means over the ranks
    int buckets;                             // in which the parameters travel between two nodes
    size_t bucket[ELBOW_BENCH_BUCKETS_MAX];  // parameters of each, from the first layer on
    double cores;                            // processors that this rank kept busy in its steps: above 1, threads ran
    int64_t audit_every;                     // steps; 0: never
    int64_t overlap;                         // microbatches that go together where there are several nodes; 0: none
    double bytes_read, bytes_sent;           // by the exchange, a step of rank zero
    uint64_t peak_bytes, peak_allocated;     // of a process, of which by the allocator; most over the ranks
    uint64_t dataset_bytes, parameter_bytes; // of a node
    uint64_t allocations;                    // made by all steps after the first, over all ranks: none
};

struct elbow_bench_request {
    const struct elbow_config *config;
    int rounds;
};

// Local. The name of a figure, as in JSON: "step", "floor_products".
const char *elbow_bench_name(enum elbow_bench_figure figure);

// Collective. Trains the configuration from its start, without a run directory, as long as it takes. The same result on
// every rank but for the bytes of its exchange.
enum elbow_status elbow_bench(struct elbow_comm *comm, const struct elbow_bench_request *request, struct elbow_log *log,
                              struct elbow_bench_result *result, struct elbow_error *error);

ELBOW_C_END

#endif
