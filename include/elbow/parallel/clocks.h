// SPDX-License-Identifier: BSD-3-Clause
// The ranks' clocks (elbow/base/clock.h) relative to rank zero's. A tie is one moment on both clocks; two of them, from
// the beginning and the end of some work, give the time of rank zero's clock at any moment between, assuming a constant
// drift. The ranks of a node share a clock.
#ifndef ELBOW_PARALLEL_CLOCKS_H
#define ELBOW_PARALLEL_CLOCKS_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

struct elbow_clock_tie {
    double mine, root; // the same moment
    double error;      // maximum error of one against the other, in seconds
};

// Collective. This rank's tie to rank zero. On rank zero's node both are the same and exact; else rank zero and the
// first rank of each other node pass a message back and forth some tens of times, and the fastest round trip counts:
// its error is at most half of its time.
struct elbow_clock_tie elbow_clock_tie(struct elbow_comm *comm);

// Local. The time of rank zero's clock when this rank's showed `mine`. A later `mine` never gives an earlier result.
double elbow_clock_map(const struct elbow_clock_tie *first, const struct elbow_clock_tie *last, double mine);

ELBOW_C_END

#endif
