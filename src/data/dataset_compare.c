// SPDX-License-Identifier: BSD-3-Clause
// Whether all copies of a dataset are the same: nodes read the file on their own, and what they see of it may be old,
// or another file. Rows are hashed in parts, each part by one rank of every copy, and the hashes compared over all
// ranks.
#include "elbow/data/dataset.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

#include <math.h>

enum { PARTS = 1024 };

// 52 bits of the hash of a part's rows and labels: they fit in a double exactly.
static double hash_part(const struct elbow_dataset *dataset, struct elbow_range rows)
{
    size_t count = (size_t)(rows.last - rows.first), row = dataset->values * elbow_element_size(dataset->element);
    uint64_t parts[] = {elbow_hash_bytes((const char *)dataset->rows.base + rows.first * row, count * row), 0,
                        dataset->samples, dataset->values, (uint64_t)dataset->element};
    if (dataset->has_labels)
        parts[1] = elbow_hash_bytes((const int64_t *)dataset->labels.base + rows.first, count * sizeof(int64_t));
    return (double)(elbow_hash_bytes(parts, sizeof parts) >> 12);
}

enum elbow_status elbow_dataset_compare(struct elbow_comm *comm, const struct elbow_dataset *dataset,
                                        struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    int readers = dataset->rows.is_shared ? place.node_size : 1, me = dataset->rows.is_shared ? place.node_rank : 0;
    double smallest[PARTS], largest[PARTS];
    if (dataset->is_synthetic)
        return ELBOW_OK;
    for (int part = 0; part < PARTS; ++part) {
        bool is_mine = part % readers == me;
        double hash = is_mine ? hash_part(dataset, elbow_partition(dataset->samples, part, PARTS)) : 0;
        smallest[part] = is_mine ? hash : INFINITY;
        largest[part] = is_mine ? hash : -INFINITY;
    }
    elbow_comm_min(comm, smallest, PARTS);
    elbow_comm_max(comm, largest, PARTS);
    for (int part = 0; part < PARTS; ++part) {
        if (smallest[part] == largest[part])
            continue;
        struct elbow_range rows = elbow_partition(dataset->samples, part, PARTS);
        return elbow_error_set(
            error, ELBOW_MISMATCH,
            "%s: not all nodes read the same: the first differences lie in rows %llu to %llu as rank "
            "0 counts them; some see another file of this name or an old state of it",
            dataset->name, (unsigned long long)rows.first, (unsigned long long)rows.last);
    }
    return ELBOW_OK;
}
