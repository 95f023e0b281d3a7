// SPDX-License-Identifier: BSD-3-Clause
// The audit of the replicas: whether what every node's memory holds is what the owners of the parameters wrote.
//
// At an audited step each owner hashes its pieces right after it has updated them. When the next step has been
// computed, and before its update, the ranks of each node hash their node's copy of all pieces, each rank a share (or
// each its own copy, where memory is not shared), and compare. So a bit that flips in a copy, a message or a write that
// goes wrong is found if it happens between those two moments; run.audit: 1 leaves no gap.
#ifndef ELBOW_TRAIN_DETAIL_AUDIT_H
#define ELBOW_TRAIN_DETAIL_AUDIT_H

#include "elbow/nn/parameters.h"
#include "elbow/parallel/exchange.h"

// A part of one tensor that one rank owns.
struct elbow_audit_segment {
    size_t tensor, first, count; // first: in the arena
    int owner;
};

struct elbow_audit {
    struct elbow_exchange *exchange;           // not owned
    const struct elbow_parameters *parameters; // not owned
    struct elbow_comm *comm;                   // not owned
    size_t count;
    struct elbow_audit_segment *segments; // [count] by owner; owned
    size_t *first;                        // [ranks + 1] segments of a rank; owned
    uint64_t *hashes;                     // [count] by the owners; owned
    bool is_pending;                      // the hashes are those of the present parameters
};

// Local. A zeroed struct may be cleared.
enum elbow_status elbow_audit_create(struct elbow_comm *comm, struct elbow_exchange *exchange,
                                     const struct elbow_parameters *parameters, struct elbow_audit *audit,
                                     struct elbow_error *error);
void elbow_audit_clear(struct elbow_audit *audit);

// Local. The owner's hashes of one of its pieces, as just written (values begin at the piece).
void elbow_audit_note(struct elbow_audit *audit, struct elbow_piece piece, const float *values);

// Local. After each step that changed the parameters: whether all owners have noted all their pieces of it. Said by all
// ranks, those that own nothing too.
void elbow_audit_expect(struct elbow_audit *audit, bool has_noted);

// Collective. Compares what was noted, if anything, with what the nodes hold; may be asked more than once. NUMBERS, the
// same sentence on all ranks, if a copy differs; `step` is the step whose parameters they are.
enum elbow_status elbow_audit_check(struct elbow_audit *audit, uint64_t step, struct elbow_error *error);

#endif
