// SPDX-License-Identifier: BSD-3-Clause
// The audit of the replicas. Segments are listed owner by owner, the same list on every rank; an owner's hashes stand
// where its segments do.
#include "elbow/train/detail/audit.h"

#include "elbow/base/memory.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"

// Lists the segments that a rank owns in a bucket; only counts them if `segments` is NULL.
static size_t list_segments(const struct elbow_audit *audit, int owner, int bucket,
                            struct elbow_audit_segment *segments)
{
    struct elbow_range part = elbow_exchange_owned(audit->exchange, owner, bucket);
    size_t count = 0;
    for (size_t i = 0; i < audit->parameters->count; ++i) {
        const struct elbow_tensor *tensor = &audit->parameters->tensors[i];
        size_t first = tensor->offset > part.first ? tensor->offset : (size_t)part.first;
        size_t end = tensor->offset + tensor->count, last = end < part.last ? end : (size_t)part.last;
        if (first >= last)
            continue;
        if (segments != NULL)
            segments[count] =
                (struct elbow_audit_segment){.tensor = i, .first = first, .count = last - first, .owner = owner};
        count += 1;
    }
    return count;
}

enum elbow_status elbow_audit_create(struct elbow_comm *comm, struct elbow_exchange *exchange,
                                     const struct elbow_parameters *parameters, struct elbow_audit *audit,
                                     struct elbow_error *error)
{
    int size = elbow_comm_place(comm).size, buckets = elbow_exchange_buckets(exchange);
    *audit = (struct elbow_audit){.exchange = exchange, .parameters = parameters, .comm = comm};
    enum elbow_status status =
        elbow_allocate(&audit->first, (size_t)size + 1, sizeof *audit->first, "the audit", error);
    if (status != ELBOW_OK)
        return status;
    for (int r = 0; r < size; ++r) {
        audit->first[r + 1] = audit->first[r];
        for (int k = 0; k < buckets; ++k)
            audit->first[r + 1] += list_segments(audit, r, k, NULL);
    }
    audit->count = audit->first[size];
    const struct elbow_array arrays[] = {ELBOW_ARRAY(audit->segments, audit->count),
                                         ELBOW_ARRAY(audit->hashes, audit->count)};
    status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the audit", error);
    struct elbow_audit_segment *next = audit->segments;
    for (int r = 0; r < size && status == ELBOW_OK; ++r)
        for (int k = 0; k < buckets; ++k)
            next += list_segments(audit, r, k, next);
    return status;
}

void elbow_audit_clear(struct elbow_audit *audit)
{
    elbow_release(&audit->first);
    elbow_release(&audit->segments);
    elbow_release(&audit->hashes);
}

void elbow_audit_note(struct elbow_audit *audit, struct elbow_piece piece, const float *values)
{
    int rank = elbow_comm_place(audit->comm).rank;
    for (size_t i = audit->first[rank]; i < audit->first[rank + 1]; ++i) {
        struct elbow_audit_segment segment = audit->segments[i];
        if (segment.first >= piece.first && segment.first < piece.first + piece.count)
            audit->hashes[i] = elbow_hash_bytes(values + (segment.first - piece.first), segment.count * sizeof *values);
    }
}

void elbow_audit_expect(struct elbow_audit *audit, bool has_noted)
{
    audit->is_pending = has_noted;
}

static enum elbow_status report(const struct elbow_audit *audit, size_t found, int rank, uint64_t step,
                                struct elbow_error *error)
{
    struct elbow_audit_segment segment = audit->segments[found];
    const struct elbow_tensor *tensor = &audit->parameters->tensors[segment.tensor];
    size_t first = segment.first - tensor->offset;
    return elbow_error_set(
        error, ELBOW_NUMBERS,
        "step %llu: the parameters on node %d are not those that their owner, rank %d, wrote: %s, elements %zu to %zu, "
        "as read by rank %d; memory or network of that node may be faulty: continue with --resume on other nodes",
        (unsigned long long)step, elbow_comm_node_of(audit->comm, rank), segment.owner, tensor->name, first,
        first + segment.count - 1, rank);
}

enum elbow_status elbow_audit_check(struct elbow_audit *audit, uint64_t step, struct elbow_error *error)
{
    if (!audit->is_pending)
        return ELBOW_OK;
    struct elbow_place place = elbow_comm_place(audit->comm);
    const float *values = elbow_exchange_parameters(audit->exchange);
    bool is_shared = elbow_exchange_is_shared(audit->exchange);
    size_t first = is_shared ? (size_t)place.node_rank : 0, stride = is_shared ? (size_t)place.node_size : 1;
    double none = (double)audit->count * place.size, found = none; // segment, then rank
    elbow_comm_share_words(audit->comm, audit->hashes, audit->first);
    for (size_t i = first; i < audit->count && found == none; i += stride)
        if (elbow_hash_bytes(values + audit->segments[i].first, audit->segments[i].count * sizeof *values) !=
            audit->hashes[i])
            found = (double)i * place.size + place.rank;
    elbow_comm_min(audit->comm, &found, 1);
    if (found == none)
        return ELBOW_OK;
    return report(audit, (size_t)found / (size_t)place.size, (int)((size_t)found % (size_t)place.size), step, error);
}
