// SPDX-License-Identifier: BSD-3-Clause
// The model of a step. It follows the exchange as the program makes it (docs/explanation/architecture.md), in terms
// that add up:
//
//   compute   microbatches of the busiest rank, with the time measured for this number of ranks on a node
//   inside    adding, the optimiser's pass over the slice, three meetings of the node's ranks, and the bytes that a
//   rank
//             takes from other cores' caches: at a core's pace, or at that of the node's memory if that is less
//   between   for each bucket one message to each other node with gradients, under the backward pass of the
//   microbatches
//             that go together, and one with parameters, under their next forward pass, as far as these last; two small
//             collectives for statistics and norms
//
// A machine is fitted to the times of `update` in exchanges of several sizes, by the same formula without these passes.
#ifndef ELBOW_TOOLS_SCALING_MODEL_H
#define ELBOW_TOOLS_SCALING_MODEL_H

#include "scaling.h"

// The origin of a figure of a machine.
enum scaling_source { SCALING_UNKNOWN, SCALING_FITTED, SCALING_GIVEN, SCALING_ASSUMED };

struct scaling_machine {
    double optimize; // gamma: seconds a parameter of the slice
    double add;      // gamma: seconds a parameter and term of a sum
    double meet;     // alpha inside a node: seconds for each other rank of the node and meeting
    double near;     // beta inside a node: seconds a byte from another core, for one rank
    double bus;      // bytes/s of all ranks of a node together: the largest measured
    double latency;  // alpha between nodes: seconds a message
    double wire;     // beta between nodes: seconds a byte of a node, each way
    enum scaling_source inside, between;
    int exchanges[2]; // number of exchanges of the fit, on one node and on several
    double error[2];  // root mean square of (model - measured) / measured
};

// The model, and its ranks and nodes.
struct scaling_load {
    uint64_t parameters, microbatches;
    int buckets;
    const uint64_t *bucket; // parameters, from the first layer on
    int ranks, nodes;       // the same number of ranks on each node
    double microbatch;      // seconds of one, forward and backward
    double forward;         // of it, forward through the layers
    double backward;        // of it, backward
    int slots;              // microbatches that go through the layers together, while messages travel; 0: none do
};

// Seconds of a step.
struct scaling_times {
    double compute, inside, collectives;
    double gradients, parameters; // between nodes: not hidden by the backward and the forward pass
    double hidden;                // hidden by them
    double step;
};

// Local. The times of a step of this load on this machine.
struct scaling_times scaling_predict(const struct scaling_machine *machine, const struct scaling_load *load);

// Local. The values x >= 0 for which a x_0 + b x_1 is nearest to y, relative to scale: the least sum of squares of
// (a[i] x_0 + b[i] x_1 - y[i]) / scale[i].
void scaling_fit_two(size_t count, const double *a, const double *b, const double *y, const double *scale, double x[2]);

// Local. Fits a machine to the exchanges among the samples of a kind. DATA, with the measurements to add, if there are
// too few.
enum elbow_status scaling_fit(const struct scaling_samples *samples, enum scaling_kind kind,
                              struct scaling_machine *machine, struct elbow_error *error);

#endif
