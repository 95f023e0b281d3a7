// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/evaluate/evaluation.h"

#include "elbow/base/memory.h"
#include "elbow/data/sequence.h"

struct elbow_microbatch elbow_evaluation_microbatch(const struct elbow_collation *collation, uint64_t first,
                                                    size_t rows, struct elbow_collated *collated)
{
    struct elbow_order order = elbow_order_plain(collation->dataset->samples);
    elbow_order_fill(&order, 0, first, rows, collated->ids);
    return elbow_collate(collation, 0, rows, collated);
}

void elbow_evaluation_clear(struct elbow_evaluation *evaluation)
{
    elbow_release(&evaluation->kl);
    elbow_release(&evaluation->classes);
    elbow_release(&evaluation->confusion);
    *evaluation = (struct elbow_evaluation){0};
}
