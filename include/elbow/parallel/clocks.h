// SPDX-License-Identifier: BSD-3-Clause
// The ranks' clocks (elbow/base/clock.h) beside rank zero's. A tie is a moment as both clocks tell it; two of them,
// from the beginning and the end of some work, tell what rank zero's clock said at any time between, with a drift that
// is steady. The ranks of a node have one clock.
#ifndef ELBOW_PARALLEL_CLOCKS_H
#define ELBOW_PARALLEL_CLOCKS_H

#include "elbow/base/language.h"
#include "elbow/parallel/comm.h"

ELBOW_C_BEGIN

struct elbow_clock_tie {
    double mine, root; // the same moment
    double error;      // seconds that one may be wrong against the other, at most
};

// Collective. This rank's tie to rank zero. On rank zero's node both are the same and exact; else rank zero and the
// first rank of each other node pass a message back and forth some tens of times, and the quickest passage counts: it
// is wrong by at most half of its time.
struct elbow_clock_tie elbow_clock_tie(struct elbow_comm *comm);

// Local. What rank zero's clock said when this rank's said `mine`. A later `mine` never gives an earlier result.
double elbow_clock_map(const struct elbow_clock_tie *first, const struct elbow_clock_tie *last, double mine);

ELBOW_C_END

#endif
