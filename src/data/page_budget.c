// SPDX-License-Identifier: BSD-3-Clause
// The rows of a page, the memory of a node that pages need, and, if that is too much, values of the keys that would
// fit.
#include "elbow/data/detail/page_budget.h"

#include "elbow/base/text.h"
#include "elbow/data/detail/source.h"
#include "elbow/data/facts.h"
#include "elbow/data/page_order.h"

// Pages that a walk through a file needs at a time; bytes of a page in tables, whether it is in memory or not; pages of
// the largest table that is tried to find values that fit.
enum { HAND_PAGES = 16, PAGE_BESIDE = 40, TRIED_PAGES = 1 << 22 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t elbow_page_budget_segments(const struct elbow_placing *placing, uint64_t samples)
{
    uint64_t batch = least(placing->batch, samples);
    return placing->batch == 0 ? 1 : (batch + placing->microbatch - 1) / placing->microbatch;
}

// Bytes of a stored row; for sparse rows the mean.
static uint64_t stored_bytes(const struct elbow_loading *loading)
{
    const struct elbow_dataset *dataset = loading->dataset;
    size_t size = elbow_element_size(dataset->element);
    if (dataset->is_synthetic)
        return dataset->values * size;
    if (dataset->is_sparse)
        return sizeof(uint64_t) + dataset->entries * (size + sizeof(uint32_t)) / dataset->samples;
    return elbow_hdf5_row_values(&loading->stored) * size;
}

uint64_t elbow_loading_page_rows(const struct elbow_loading *loading)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const struct elbow_data_facts *reference = loading->request->reference;
    const struct elbow_dataset *dataset = loading->dataset;
    if (placing->page_rows > 0)
        return placing->page_rows;
    if (reference != NULL && reference->page_rows > 0)
        return reference->page_rows;
    return elbow_page_rows(loading->stored.chunk_rows, stored_bytes(loading), dataset->selection.rows,
                           elbow_page_budget_segments(placing, dataset->samples));
}

// Bytes of the rows of some segments, and of the other rows in the pages at their ends.
static uint64_t share_bytes(const struct elbow_dataset *dataset, struct elbow_page_order *order,
                            struct elbow_range segments, uint64_t all)
{
    uint64_t rows = 2 * dataset->page_table.page_rows * dataset->page_table.row_samples;
    for (uint64_t segment = segments.first; segment < segments.last; ++segment) {
        struct elbow_page_window whole = elbow_page_order_window(order, 0, segment, 0);
        rows += whole.last - whole.first;
    }
    return (uint64_t)((double)least(rows, dataset->samples) / (double)dataset->samples * (double)all);
}

// Finds the bytes that a rank must keep of its segments with windows of this number of pages, for the rank with the
// most.
static enum elbow_status find_need(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                   uint64_t window_pages, struct elbow_page_budget *budget, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_page_order *order = NULL;
    const struct elbow_page_order_request request = {.kind = placing->order,
                                                     .seed = loading->request->seed,
                                                     .batch = placing->batch,
                                                     .microbatch = placing->microbatch,
                                                     .window_pages = window_pages,
                                                     .table = source->table};
    uint64_t segments = elbow_page_budget_segments(placing, dataset->samples), ranks = budget->machine.ranks;
    struct elbow_range most = {0, (segments + ranks - 1) / ranks};
    enum elbow_status status = elbow_page_order_create(&request, &order, error);
    if (status == ELBOW_OK && dataset->place == ELBOW_ACCESS_STREAM)
        budget->of_rank = elbow_pages_need(source, order, most);
    else if (status == ELBOW_OK && placing->order == ELBOW_ORDER_SEGMENTS)
        budget->of_rank = share_bytes(dataset, order, most, budget->all);
    else
        budget->of_rank = budget->all; // pages are dealt again in each epoch
    elbow_page_order_destroy(order);
    return status;
}

// Bytes of the list of pages, and of the page of zeros that replaces one that cannot be read.
static uint64_t beside_pages(const struct elbow_page_source *source)
{
    const struct elbow_page_table *table = source->table;
    uint64_t rows = least(table->page_rows * table->row_samples, table->samples);
    uint64_t row_bytes = source->row_bytes > 0 ? source->row_bytes : sizeof(uint64_t);
    return table->count * PAGE_BESIDE + rows * (row_bytes + source->known_row_bytes);
}

enum elbow_status elbow_page_budget_find(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                         struct elbow_page_budget *budget, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    budget->beside = beside_pages(source);
    return placing->batch == 0 ? ELBOW_OK : find_need(loading, source, placing->window_pages, budget, error);
}

uint64_t elbow_page_budget_bytes(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                 const struct elbow_page_budget *budget)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const struct elbow_page_table *table = source->table;
    uint64_t row = source->row_bytes + source->known_row_bytes;
    uint64_t hand = HAND_PAGES * (source->page_bytes + table->page_rows * table->row_samples * row);
    if (placing->memory == 0)
        return hand;
    uint64_t share = placing->memory / budget->machine.node_ranks, beside = budget->beside + budget->unpacking;
    uint64_t left = share > beside ? share - beside : 0;
    return placing->batch == 0 ? least(hand, left) : left;
}

static uint64_t node_need(const struct elbow_page_budget *budget)
{
    return budget->machine.node_ranks * (budget->of_rank + budget->beside + budget->unpacking);
}

// A dataset whose pages do not fit, and the limit.
struct trial {
    const struct elbow_loading *loading;
    const struct elbow_page_source *source;
    struct elbow_page_budget budget;
    uint64_t limit;
};

// Whether windows of this number of the present pages would fit.
static bool fits_windows(const struct trial *trial, uint64_t window_pages)
{
    struct elbow_page_budget budget = trial->budget;
    return find_need(trial->loading, trial->source, window_pages, &budget, NULL) == ELBOW_OK &&
           node_need(&budget) <= trial->limit;
}

// Whether smaller pages would fit, with the same number in a window. If a page is not a multiple of a chunk, the chunks
// at its ends are unpacked for a part of their rows.
static bool fits_pages(const struct trial *trial, uint64_t page_rows)
{
    const struct elbow_loading *loading = trial->loading;
    const struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_hdf5_info *stored = &loading->stored;
    const struct elbow_page_table_request request = {.selection = &dataset->selection,
                                                     .files = dataset->files,
                                                     .file_rows = dataset->file_rows,
                                                     .page_rows = page_rows};
    struct elbow_page_table table;
    struct elbow_page_source source = *trial->source;
    struct elbow_page_budget budget = trial->budget;
    if (dataset->samples / page_rows > TRIED_PAGES || elbow_page_table_create(&request, &table, NULL) != ELBOW_OK)
        return false;
    source.page_bytes = (size_t)((double)source.page_bytes * (double)page_rows / (double)source.table->page_rows);
    source.table = &table;
    budget.beside = beside_pages(&source);
    if (stored->chunk_rows > 0 && page_rows % stored->chunk_rows != 0)
        budget.unpacking += elbow_source_chunk_bytes(stored, false);
    uint64_t pages = loading->request->placing.window_pages;
    bool fits = find_need(loading, &source, pages, &budget, NULL) == ELBOW_OK && node_need(&budget) <= trial->limit;
    elbow_page_table_clear(&table);
    return fits;
}

// The largest multiple of `unit` that fits, below `now`, which does not fit; 0: none.
static uint64_t find_fitting(const struct trial *trial, bool (*fits)(const struct trial *, uint64_t), uint64_t now,
                             uint64_t unit)
{
    uint64_t above = (now + unit - 1) / unit, below = above / 2;
    while (below > 0 && !fits(trial, below * unit)) {
        above = below;
        below /= 2;
    }
    while (below > 0 && above - below > 1) {
        uint64_t middle = below + (above - below) / 2;
        if (fits(trial, middle * unit))
            below = middle;
        else
            above = middle;
    }
    return below * unit;
}

// The largest number of rows of a page that fits: whole chunks, or a part of one if a single chunk is too large.
static uint64_t find_page_rows(const struct trial *trial)
{
    uint64_t now = trial->source->table->page_rows, chunk = trial->loading->stored.chunk_rows;
    uint64_t whole = chunk > 1 && chunk < now ? find_fitting(trial, fits_pages, now, chunk) : 0;
    return whole > 0 ? whole : find_fitting(trial, fits_pages, now, 1);
}

// Writes a value of data.memory, rounded up.
static void write_memory(uint64_t bytes, char text[32])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    uint64_t unit = 1000;
    size_t at = 0;
    while (bytes / unit >= 10000 && at + 1 < sizeof units / sizeof *units) {
        unit *= 1000;
        ++at;
    }
    elbow_text_format(text, 32, "%llu%s", (unsigned long long)(bytes / unit + (bytes % unit != 0)), units[at]);
}

// Values that would fit, each followed by "or". A resume cannot change pages and windows.
struct cures {
    char memory[64], windows[64], pages[64];
};

static void write_fewer(uint64_t value, const char *key, char text[64])
{
    if (value > 0)
        elbow_text_format(text, 64, "%s: %llu%s (other bits), or ", key, (unsigned long long)value,
                          value > 1 ? " or fewer" : "");
}

static struct cures find_cures(const struct trial *trial)
{
    const struct elbow_dataset_request *request = trial->loading->request;
    struct cures cures = {"", "", ""};
    uint64_t need = node_need(&trial->budget);
    char memory[32];
    if (request->placing.memory > 0 && need <= trial->budget.machine.free) {
        write_memory(need, memory);
        elbow_text_format(cures.memory, sizeof cures.memory, "data.memory: %s or more, or ", memory);
    }
    if (request->is_resumed)
        return cures;
    write_fewer(find_fitting(trial, fits_windows, request->placing.window_pages, 1), "data.window_pages",
                cures.windows);
    write_fewer(find_page_rows(trial), "data.page_rows", cures.pages);
    return cures;
}

static enum elbow_status refuse_windows(const struct trial *trial, const char *limit, struct elbow_error *error)
{
    const struct elbow_loading *loading = trial->loading;
    const struct cures cures = find_cures(trial);
    bool has_any = cures.memory[0] != 0 || cures.windows[0] != 0 || cures.pages[0] != 0;
    return elbow_error_set(error, ELBOW_MEMORY,
                           "%s: a window of %s for each microbatch of a node, the next window of each and the "
                           "unpacking take %s, but %s; %s%s%s%stake more nodes",
                           loading->dataset->name,
                           elbow_text_count(loading->request->placing.window_pages, "page").text,
                           elbow_text_bytes(node_need(&trial->budget)).text, limit, has_any ? "set " : "", cures.memory,
                           cures.windows, cures.pages);
}

enum elbow_status elbow_page_budget_check(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                          const struct elbow_page_budget *budget, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_placing *placing = &loading->request->placing;
    bool is_stream = dataset->place == ELBOW_ACCESS_STREAM;
    bool is_bound = is_stream && placing->memory > 0 && placing->memory < budget->machine.free;
    const struct trial trial = {.loading = loading,
                                .source = source,
                                .budget = *budget,
                                .limit = is_bound ? placing->memory : budget->machine.free};
    if (placing->batch == 0 || node_need(budget) <= trial.limit)
        return ELBOW_OK;
    char limit[64];
    elbow_text_format(limit, sizeof limit, is_bound ? "data.memory is %s" : "only %s of a node are free",
                      elbow_text_bytes(trial.limit).text);
    dataset->is_short = true;
    if (is_stream)
        return refuse_windows(&trial, limit, error);
    return elbow_error_set(error, ELBOW_MEMORY,
                           "%s: the rows that the ranks of a node keep (data.access: shard) take %s, but %s; take more "
                           "nodes, or set data.order: windows (other bits) and data.access: stream",
                           dataset->name, elbow_text_bytes(node_need(budget)).text, limit);
}
