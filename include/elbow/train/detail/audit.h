// SPDX-License-Identifier: BSD-3-Clause
// The audit of the replicas: whether the memory of every node holds the parameters that their owners wrote.
//
// At an audited step each owner hashes its pieces as soon as it has updated them. After the next step has been
// computed, and before its update, the ranks of each node hash the node's copy of all pieces and compare. Each rank
// takes a share, or all of its own copy if memory is not shared. The audit therefore finds a flipped bit in a copy, a
// damaged message and a failed write that happen between those two moments; run.audit: 1 leaves no gap.
#ifndef ELBOW_TRAIN_DETAIL_AUDIT_H
#define ELBOW_TRAIN_DETAIL_AUDIT_H

#include "elbow/nn/parameters.h"
#include "elbow/parallel/exchange.h"

// A part of one tensor that one rank owns.
struct elbow_audit_segment {
    size_t tensor, first, count; // first: position in the arena
    int owner;
};

struct elbow_audit {
    struct elbow_exchange *exchange;           // not owned
    const struct elbow_parameters *parameters; // not owned
    struct elbow_comm *comm;                   // not owned
    size_t count;
    struct elbow_audit_segment *segments; // [count] by owner; owned
    size_t *first;                        // [ranks + 1] first segment of each rank; owned
    uint64_t *hashes;                     // [count] computed by the owners; owned
    bool is_pending;                      // the hashes belong to the present parameters
};

// Local. Lists the segments of all ranks. MEMORY. Clearing a zeroed struct is legal.
enum elbow_status elbow_audit_create(struct elbow_comm *comm, struct elbow_exchange *exchange,
                                     const struct elbow_parameters *parameters, struct elbow_audit *audit,
                                     struct elbow_error *error);
void elbow_audit_clear(struct elbow_audit *audit);

// Local. Hashes a piece that this rank owns and has just written; `values` points to the first value of the piece.
void elbow_audit_note(struct elbow_audit *audit, struct elbow_piece piece, const float *values);

// Local. To be called by all ranks, also those that own nothing, after each step that changed the parameters: whether
// the owners have noted all their pieces of this step.
void elbow_audit_expect(struct elbow_audit *audit, bool has_noted);

// Collective. Compares the noted hashes, if there are any, with the copies of the nodes; more than one call is legal.
// NUMBERS, with the same sentence on all ranks, if a copy differs. `step`: the step that made the parameters.
enum elbow_status elbow_audit_check(struct elbow_audit *audit, uint64_t step, struct elbow_error *error);

#endif
