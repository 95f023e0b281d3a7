// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: the rows that are measured, the rank that visits each, and their smallest and largest value.
#include "elbow/data/detail/learning.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/pages.h"

#include "elbow/parallel/collectives.h"

#include <math.h>

// Each row in a page is visited by one rank of all, in file order, so that a page is read once.
static struct elbow_range deal_rows(const struct elbow_loading *loading)
{
    const struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_page_table *table = &dataset->page_table;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    if (dataset->pages == NULL)
        return elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    struct elbow_place place = elbow_comm_place(loading->comm);
    struct elbow_range pages = elbow_partition(table->count, place.rank, place.size);
    return (struct elbow_range){table->first[pages.first], table->first[pages.last]};
}

struct elbow_loading_walk elbow_loading_walk(const struct elbow_loading *loading)
{
    struct elbow_place place = elbow_comm_place(loading->comm);
    struct elbow_range pages = {0, 1};
    if (loading->is_sampled)
        pages = elbow_partition(loading->dataset->sample.count, place.rank, place.size);
    return (struct elbow_loading_walk){.loading = loading, .pages = pages};
}

bool elbow_loading_walk_next(struct elbow_loading_walk *walk, struct elbow_range *rows)
{
    const struct elbow_loading *loading = walk->loading;
    if (walk->pages.first == walk->pages.last)
        return false;
    *rows = loading->is_sampled ? loading->dataset->sample.rows[walk->pages.first] : deal_rows(loading);
    walk->pages.first += 1;
    return true;
}

uint64_t elbow_loading_looked_row(const struct elbow_loading *loading, uint64_t i)
{
    return loading->is_sampled ? elbow_page_sample_at(&loading->dataset->sample, i) : i;
}

enum elbow_status elbow_loading_agree(const struct elbow_loading *loading, struct elbow_error *error)
{
    if (error->status == ELBOW_OK && loading->dataset->pages != NULL)
        elbow_pages_trouble(loading->dataset->pages, error);
    return elbow_comm_agree(loading->comm, error);
}

static void widen(double value, double *least, double *most)
{
    *least = fmin(*least, value);
    *most = fmax(*most, value);
}

static void look_at_known(const struct elbow_dataset *dataset, uint64_t row, double *least, double *most)
{
    struct elbow_rows_buffer buffer;
    const void *stored = elbow_rows_stored(dataset, row * dataset->values, dataset->values, &buffer);
    for (size_t i = 0; i < dataset->values; ++i)
        if (elbow_rows_knows(dataset, row, i))
            widen(elbow_element_at(dataset->element, stored, i), least, most);
}

static void look_at_all(const struct elbow_dataset *dataset, uint64_t row, double *least, double *most)
{
    struct elbow_rows_buffer buffer;
    for (size_t at = 0, n; at < dataset->values; at += n) {
        n = elbow_rows_step(dataset, dataset->values - at);
        const void *stored = elbow_rows_stored(dataset, row * dataset->values + at, n, &buffer);
        struct elbow_element_scan scan = elbow_element_scan(dataset->element, stored, n);
        widen(scan.min, least, most);
        widen(scan.max, least, most);
    }
}

void elbow_loading_look(const struct elbow_dataset *dataset, struct elbow_range rows, double *least, double *most)
{
    bool has_known = elbow_dataset_has_known(dataset);
    for (uint64_t row = rows.first; row < rows.last; ++row) {
        if (has_known)
            look_at_known(dataset, row, least, most);
        else
            look_at_all(dataset, row, least, most);
    }
}

// Collective. Extends min and max to those of all ranks.
static void agree_range(const struct elbow_loading *loading)
{
    struct elbow_dataset *dataset = loading->dataset;
    elbow_comm_min(loading->comm, &dataset->min, 1);
    elbow_comm_max(loading->comm, &dataset->max, 1);
    if (dataset->sample.count > 0) { // independent of the order in which zeros of either sign were met
        dataset->min += 0.0;
        dataset->max += 0.0;
    }
}

enum elbow_status elbow_loading_find_range(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_loading_walk walk = elbow_loading_walk(loading);
    struct elbow_range rows;
    bool is_found = dataset->pages == NULL && !loading->is_sampled;
    loading->least = dataset->min;
    loading->most = dataset->max;
    if (!is_found) {
        dataset->min = INFINITY;
        dataset->max = -INFINITY;
    }
    while (!is_found && elbow_loading_walk_next(&walk, &rows))
        elbow_loading_look(dataset, rows, &dataset->min, &dataset->max);
    if (elbow_loading_agree(loading, error) != ELBOW_OK)
        return error->status;
    agree_range(loading);
    return ELBOW_OK;
}
