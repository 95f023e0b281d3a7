// SPDX-License-Identifier: BSD-3-Clause
// Checks that all copies of a dataset are the same: each node reads the file itself, and may see an old version or
// another file. Rows are hashed in parts, each part by one rank of each copy, and the hashes are compared over all
// ranks.
#include "elbow/base/memory.h"
#include "elbow/data/detail/learning.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/pages.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/partition.h"

#include <math.h>

enum { PARTS = 1024 };

// A double holds 52 bits of a hash exactly, so that hashes can be compared by minimum and maximum.
static double fold(const void *bytes, size_t size)
{
    return (double)(elbow_hash_bytes(bytes, size) >> 12);
}

// Hashes values in the order of rows. The result does not depend on how many of them are in memory.
static void add_values(const struct elbow_dataset *dataset, struct elbow_range rows, struct elbow_hash_state *state)
{
    struct elbow_rows_buffer buffer;
    size_t left = (size_t)(rows.last - rows.first) * dataset->values, size = elbow_element_size(dataset->element), n;
    for (uint64_t first = rows.first * dataset->values; left > 0; first += n, left -= n) {
        n = elbow_rows_step(dataset, left);
        elbow_hash_add(state, elbow_rows_stored(dataset, first, n, &buffer), n * size);
    }
}

static uint64_t hash_values(const struct elbow_dataset *dataset, struct elbow_range rows)
{
    struct elbow_hash_state state;
    elbow_hash_begin(&state);
    add_values(dataset, rows, &state);
    return elbow_hash_end(&state);
}

// Of the rows of a file: all, or those of a sample of pages, none of which spans two files.
static uint64_t hash_file(const struct elbow_dataset *dataset, struct elbow_range rows)
{
    const struct elbow_page_sample *sample = &dataset->sample;
    struct elbow_hash_state state;
    elbow_hash_begin(&state);
    if (sample->count == 0)
        add_values(dataset, rows, &state);
    for (uint64_t i = 0; i < sample->count; ++i)
        if (sample->rows[i].first >= rows.first && sample->rows[i].last <= rows.last)
            add_values(dataset, sample->rows[i], &state);
    return elbow_hash_end(&state);
}

// The rows of a part: in a sample of pages, those of one page.
static struct elbow_range part_rows(const struct elbow_dataset *dataset, int part)
{
    const struct elbow_page_sample *sample = &dataset->sample;
    if (sample->count == 0)
        return elbow_partition(dataset->samples, part, PARTS);
    return (uint64_t)part < sample->count ? sample->rows[part] : (struct elbow_range){0, 0};
}

// Adds the known bits.
static uint64_t hash_known(const struct elbow_dataset *dataset, struct elbow_range rows)
{
    size_t bytes = elbow_rows_known_row_bytes(dataset);
    struct elbow_hash_state state;
    elbow_hash_begin(&state);
    for (uint64_t row = rows.first; row < rows.last; ++row)
        elbow_hash_add(&state, elbow_rows_known_bits(dataset, row), bytes);
    return elbow_hash_end(&state);
}

double elbow_dataset_hash_rows(const struct elbow_dataset *dataset, struct elbow_range rows)
{
    uint64_t parts[] = {hash_values(dataset, rows), dataset->samples, dataset->values, (uint64_t)dataset->element};
    if (!elbow_dataset_has_known(dataset))
        return fold(parts, sizeof parts);
    uint64_t both[] = {elbow_hash_bytes(parts, sizeof parts), hash_known(dataset, rows)};
    return fold(both, sizeof both);
}

// Of a page that was read at the start the hash is known; other nodes are to see for themselves.
static double hash_part(const struct elbow_dataset *dataset, int part, struct elbow_range rows, int nodes)
{
    bool is_known = dataset->page_hashes != NULL && nodes == 1 && (uint64_t)part < dataset->sample.count;
    return is_known ? dataset->page_hashes[part] : elbow_dataset_hash_rows(dataset, rows);
}

static double hash_labels(const struct elbow_dataset *dataset, struct elbow_range rows)
{
    if (!dataset->has_labels)
        return 0;
    return fold((const int64_t *)dataset->labels.base + rows.first, (size_t)(rows.last - rows.first) * sizeof(int64_t));
}

// Adds the conditions, if there are any.
static uint64_t join_conditions(const struct elbow_dataset *dataset, uint64_t hash)
{
    uint64_t hashes[] = {
        hash, elbow_conditions_hash(&dataset->conditions, dataset->condition_rows, dataset->selection.stored)};
    return hashes[1] == 0 ? hash : elbow_hash_bytes(hashes, sizeof hashes) >> 1;
}

// Adds the classes of a classifier, if there are any.
static uint64_t join_classes(const struct elbow_dataset *dataset, uint64_t hash)
{
    if (elbow_classes_count(&dataset->classes.names) == 0 || !dataset->has_labels)
        return hash;
    uint64_t hashes[] = {hash, elbow_classes_hash(&dataset->classes, dataset->labels.base, dataset->selection.stored)};
    return elbow_hash_bytes(hashes, sizeof hashes) >> 1;
}

// Adds the selection, weights and sizes of all rows: the same values of other rows would have other random numbers.
static uint64_t join(const struct elbow_dataset *dataset, const double *parts)
{
    const size_t bytes = (size_t)dataset->selection.stored * sizeof(double);
    uint64_t hashes[] = {elbow_hash_bytes(parts, PARTS * sizeof *parts), elbow_selection_hash(&dataset->selection),
                         dataset->has_weights ? elbow_hash_bytes(dataset->weights.base, bytes) : 0};
    if (dataset->has_sizes)
        hashes[2] ^= elbow_hash_bytes(dataset->sizes.base, bytes);
    return (hashes[1] == 0 && hashes[2] == 0 ? hashes[0] : elbow_hash_bytes(hashes, sizeof hashes)) >> 1;
}

// The number of samples in the stored rows before this one, as far as they were loaded.
static uint64_t samples_before(const struct elbow_dataset *dataset, uint64_t row)
{
    const struct elbow_selection *selection = &dataset->selection;
    uint64_t samples = elbow_selection_before(selection, row) * selection->windows;
    return samples < dataset->samples ? samples : dataset->samples;
}

// Collective. Whether all pages could be read.
static enum elbow_status agree(struct elbow_comm *comm, const struct elbow_dataset *dataset, struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    if (dataset->pages == NULL)
        return ELBOW_OK;
    elbow_pages_trouble(dataset->pages, error);
    return elbow_comm_agree(comm, error);
}

// Collective. The hash of each file's samples, so that a resume can name the file that has changed. The ranks of a copy
// share the work.
static enum elbow_status hash_files(struct elbow_comm *comm, struct elbow_dataset *dataset, int readers, int me,
                                    struct elbow_error *error)
{
    double *hashes = NULL;
    uint64_t row = 0;
    *error = (struct elbow_error){0};
    elbow_allocate(&hashes, dataset->files, sizeof *hashes, "hashes of files", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK) {
        for (size_t i = 0; i < dataset->files; row += dataset->file_rows[i++]) {
            struct elbow_range samples = {samples_before(dataset, row),
                                          samples_before(dataset, row + dataset->file_rows[i])};
            uint64_t hash = i % (size_t)readers == (size_t)me ? hash_file(dataset, samples) : 0;
            hashes[i] = i % (size_t)readers == (size_t)me ? (double)(hash >> 12) : INFINITY;
        }
        agree(comm, dataset, error);
        elbow_comm_min(comm, hashes, dataset->files);
        for (size_t i = 0; i < dataset->files; ++i)
            dataset->file_hashes[i] = (uint64_t)hashes[i];
    }
    elbow_release(&hashes);
    return error->status;
}

enum elbow_status elbow_dataset_compare(struct elbow_comm *comm, struct elbow_dataset *dataset,
                                        struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    bool is_dealt = dataset->rows.is_shared || dataset->pages != NULL;
    int readers = is_dealt ? place.node_size : 1, me = is_dealt ? place.node_rank : 0;
    double smallest[2 * PARTS], largest[2 * PARTS]; // of the rows, then of the labels
    if (dataset->is_synthetic)
        return ELBOW_OK;
    for (int part = 0; part < PARTS; ++part) {
        struct elbow_range rows = part_rows(dataset, part);
        bool is_mine = part % readers == me;
        smallest[part] = largest[part] = is_mine ? hash_part(dataset, part, rows, place.nodes) : 0;
        struct elbow_range stored = elbow_partition(dataset->selection.stored, part, PARTS);
        smallest[PARTS + part] = largest[PARTS + part] = is_mine ? hash_labels(dataset, stored) : 0;
        for (int kind = 0; kind < 2 && !is_mine; ++kind) {
            smallest[kind * PARTS + part] = INFINITY;
            largest[kind * PARTS + part] = -INFINITY;
        }
    }
    elbow_comm_min(comm, smallest, 2 * PARTS);
    elbow_comm_max(comm, largest, 2 * PARTS);
    if (agree(comm, dataset, error) != ELBOW_OK)
        return error->status;
    dataset->hash = join_classes(dataset, join_conditions(dataset, join(dataset, smallest)));
    for (int part = 0; part < 2 * PARTS; ++part) {
        if (smallest[part] == largest[part])
            continue;
        struct elbow_range rows =
            part < PARTS ? part_rows(dataset, part) : elbow_partition(dataset->selection.stored, part % PARTS, PARTS);
        return elbow_error_set(
            error, ELBOW_MISMATCH,
            "%s: the nodes have read different data: the first differences are in rows %llu to %llu, as rank 0 counts "
            "them; some nodes see another file of this name, or an old version of it: compare the file on all nodes",
            dataset->name, (unsigned long long)rows.first, (unsigned long long)rows.last);
    }
    return dataset->files > 0 ? hash_files(comm, dataset, readers, me, error) : ELBOW_OK;
}
