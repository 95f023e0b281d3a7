// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: where its rows will be. The place never shows in the bits, so it goes by memory; pages, which the
// order of the samples goes by, follow from files, keys and checkpoint alone.
#include "elbow/data/detail/page_load.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/facts.h"
#include "elbow/data/page_order.h"

#include "elbow/base/text.h"
#include "elbow/parallel/collectives.h"

// Of free memory that much is left to all else; segments of fewer pages read those at their ends too often; pages that
// a walk through a file has in hand.
enum { SPARE_SHARE = 5, FEW_PAGES = 20, HAND_PAGES = 16 };

// Bytes that a page takes in tables, whether it is in memory or not.
enum { PAGE_BESIDE = 40 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t segments_of(const struct elbow_placing *placing, uint64_t samples)
{
    uint64_t batch = least(placing->batch, samples);
    return placing->batch == 0 ? 1 : (batch + placing->microbatch - 1) / placing->microbatch;
}

// Bytes of a stored row, of sparse ones on average.
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
                           segments_of(placing, dataset->samples));
}

// Local.
static enum elbow_status make_pages(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_page_table_request request = {.selection = &dataset->selection,
                                                     .files = dataset->files,
                                                     .file_rows = dataset->file_rows,
                                                     .page_rows = elbow_loading_page_rows(loading)};
    enum elbow_status status = elbow_page_table_create(&request, &dataset->page_table, error);
    if (status != ELBOW_OK || loading->request->placing.order == ELBOW_ORDER_FULL)
        return status;
    return elbow_page_sample_create(&dataset->page_table, &dataset->sample, error);
}

// What the placing goes by, alike on all ranks.
struct figures {
    struct elbow_placing_machine machine;
    uint64_t all;     // bytes of all rows
    uint64_t of_rank; // bytes of what a rank has to keep in this place, at most
};

static struct figures figures_of(const struct elbow_loading *loading, struct elbow_placing_machine machine)
{
    const struct elbow_dataset *dataset = loading->dataset;
    bool may_miss = elbow_loading_may_miss(loading);
    uint64_t known = may_miss ? dataset->samples * elbow_rows_known_row_bytes(dataset) : 0;
    return (struct figures){.machine = machine, .all = elbow_dataset_bytes(dataset) + known};
}

// Collective.
static struct elbow_placing_machine find_machine(struct elbow_comm *comm)
{
    struct elbow_place place = elbow_comm_place(comm);
    double free_bytes = (double)elbow_comm_node_memory(), ranks = (double)place.node_size;
    elbow_comm_min(comm, &free_bytes, 1);
    elbow_comm_max(comm, &ranks, 1);
    return (struct elbow_placing_machine){
        .free = (uint64_t)free_bytes, .node_ranks = (uint64_t)ranks, .ranks = (uint64_t)place.size};
}

// Bytes of the rows that some segments have, and of the other rows of pages at their ends.
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

// The bytes of what a rank has to keep of its segments: of the rank that has most of them.
static enum elbow_status find_need(const struct elbow_loading *loading, const struct elbow_page_source *source,
                                   struct figures *figures, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_page_order *order = NULL;
    const struct elbow_page_order_request request = {.kind = placing->order,
                                                     .seed = loading->request->seed,
                                                     .batch = placing->batch,
                                                     .microbatch = placing->microbatch,
                                                     .window_pages = placing->window_pages,
                                                     .table = &dataset->page_table};
    if (placing->batch == 0)
        return ELBOW_OK;
    uint64_t segments = segments_of(placing, dataset->samples), ranks = figures->machine.ranks;
    struct elbow_range most = {0, (segments + ranks - 1) / ranks};
    enum elbow_status status = elbow_page_order_create(&request, &order, error);
    if (status == ELBOW_OK && dataset->place == ELBOW_ACCESS_STREAM)
        figures->of_rank = elbow_pages_need(source, order, most);
    else if (status == ELBOW_OK && placing->order == ELBOW_ORDER_SEGMENTS)
        figures->of_rank = share_bytes(dataset, order, most, figures->all);
    else
        figures->of_rank = figures->all; // pages are dealt anew in each epoch
    elbow_page_order_destroy(order);
    return status;
}

// The place that the order allows and memory has room for; that of a command or of validation data, which are used in
// the order of the file, is either of two.
static enum elbow_access choose(const struct elbow_placing *placing, const struct figures *figures)
{
    uint64_t spare = figures->machine.free - figures->machine.free / SPARE_SHARE;
    uint64_t limit = placing->memory > 0 ? least(placing->memory, spare) : spare;
    if (placing->batch == 0)
        return figures->all <= limit ? ELBOW_ACCESS_RESIDENT : ELBOW_ACCESS_STREAM;
    if (placing->access != ELBOW_ACCESS_AUTO)
        return placing->access;
    if (figures->all <= limit || placing->order == ELBOW_ORDER_FULL)
        return ELBOW_ACCESS_RESIDENT;
    return placing->order == ELBOW_ORDER_SEGMENTS ? ELBOW_ACCESS_SHARD : ELBOW_ACCESS_STREAM;
}

// What the ranks of a node have to keep is more than there is, or than they may take.
static enum elbow_status check_room(const struct elbow_loading *loading, const struct figures *figures,
                                    struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    uint64_t memory = loading->request->placing.memory, need = figures->machine.node_ranks * figures->of_rank;
    bool is_stream = dataset->place == ELBOW_ACCESS_STREAM, is_over = is_stream && memory > 0 && need > memory;
    if (!is_over && need <= figures->machine.free)
        return ELBOW_OK;
    char limit[64];
    elbow_text_format(limit, sizeof limit, is_over ? "data.memory: %s" : "only %s of a node are free",
                      elbow_text_bytes(is_over ? memory : figures->machine.free).text);
    if (is_stream)
        return elbow_error_set(error, ELBOW_MEMORY,
                               "%s: a window of %s for each microbatch of a node and the next one take %s, but %s; %s "
                               "data.window_pages or data.page_rows smaller (other bits), or take more nodes",
                               dataset->name, elbow_text_count(loading->request->placing.window_pages, "page").text,
                               elbow_text_bytes(need).text, limit, is_over ? "set data.memory larger," : "set");
    return elbow_error_set(error, ELBOW_MEMORY,
                           "%s: the rows that the ranks of a node keep (data.access: shard) take %s, but %s; take more "
                           "nodes, or set data.order: windows (other bits) and data.access: stream",
                           dataset->name, elbow_text_bytes(need).text, limit);
}

static void tell(const struct elbow_loading *loading, const struct figures *figures, struct elbow_log *log)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const char *role = placing->batch == 0 ? "validation" : "data";
    const struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_page_table *table = &dataset->page_table;
    const char *why = placing->access == ELBOW_ACCESS_AUTO || placing->batch == 0 ? "" : ", as data.access says";
    char all[64], given[64], each[64];
    elbow_text_format(all, sizeof all, "%s", elbow_text_bytes(figures->all).text);
    elbow_text_format(given, sizeof given, "%s of a node are free", elbow_text_bytes(figures->machine.free).text);
    if (placing->memory > 0 && placing->memory < figures->machine.free)
        elbow_text_format(given, sizeof given, "data.memory: %s", elbow_text_bytes(placing->memory).text);
    elbow_text_format(each, sizeof each, "%s",
                      elbow_text_bytes(figures->machine.node_ranks * dataset->pages_bytes).text);
    uint64_t segments = segments_of(placing, dataset->samples);
    if (dataset->place == ELBOW_ACCESS_RESIDENT)
        elbow_log_say(log, "%s: all rows, %s, are in the memory of each node (%s)%s", role, all, given, why);
    else if (dataset->place == ELBOW_ACCESS_SHARD)
        elbow_log_say(log, "%s: of %s in all, each rank keeps the rows that it uses, up to %.3g %%, %s a node (%s)%s",
                      role, all, 100.0 * (double)figures->of_rank / (double)figures->all, each, given, why);
    else
        elbow_log_say(log,
                      "%s: %s in %s are read from the files while they are used; a node takes up to %s for them (%s)%s",
                      role, all, elbow_text_count(table->count, "page").text, each, given, why);
    if (dataset->place == ELBOW_ACCESS_STREAM && placing->batch > 0 && table->count < FEW_PAGES * segments)
        elbow_log_say(log,
                      "%s: up to %.3g times the bytes of all rows are read in an epoch: of %s some lie at the ends of "
                      "the %s, and are read for both",
                      role, 1 + (double)(segments - 1) / (double)table->count,
                      elbow_text_count(table->count, "page").text, elbow_text_count(segments, "segment").text);
    if (dataset->pages != NULL && !loading->is_sampled)
        elbow_log_say(log, "%s: all rows are read at the start for what is learned from them", role);
}

// Bytes that the pages of a rank may take beyond what they must: without a limit as many as a walk through the file
// has in hand.
static uint64_t budget_of(const struct elbow_loading *loading, const struct elbow_page_source *source,
                          const struct figures *figures)
{
    uint64_t memory = loading->request->placing.memory;
    const struct elbow_page_table *table = &loading->dataset->page_table;
    uint64_t row = source->row_bytes + source->known_row_bytes;
    uint64_t page = source->page_bytes + table->page_rows * table->row_samples * row;
    uint64_t hand = HAND_PAGES * page;
    if (memory > 0 && memory / figures->machine.node_ranks > hand)
        return memory / figures->machine.node_ranks;
    return hand;
}

// Whether figures at the start have to be of all rows: what is learned from them is.
static bool needs_all(const struct elbow_loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    if (request->placing.order == ELBOW_ORDER_FULL)
        return true;
    return request->reference == NULL && (elbow_transform_row(request->transform)->learn != NULL ||
                                          elbow_transform_row(request->input)->learn != NULL);
}

// Local, alike on all ranks. Place, pages, and what reads them, where the place has such.
static enum elbow_status decide(struct elbow_loading *loading, struct figures *figures,
                                struct elbow_page_source *source, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    struct elbow_dataset *dataset = loading->dataset;
    dataset->place = choose(placing, figures);
    if (placing->order == ELBOW_ORDER_FULL && dataset->place == ELBOW_ACCESS_RESIDENT)
        return ELBOW_OK;
    enum elbow_status status = make_pages(loading, error);
    loading->is_sampled = status == ELBOW_OK && !needs_all(loading);
    if (loading->is_sampled)
        dataset->looked = dataset->sample.before[dataset->sample.count];
    if (status != ELBOW_OK || dataset->place == ELBOW_ACCESS_RESIDENT)
        return status;
    if (elbow_loading_may_miss(loading)) // what is known is in the pages, too
        dataset->beside_bytes -= dataset->samples * elbow_rows_known_row_bytes(dataset);
    status = elbow_page_load_create(loading, source, error);
    if (status == ELBOW_OK)
        status = find_need(loading, source, figures, error);
    if (status != ELBOW_OK)
        return status;
    uint64_t budget = budget_of(loading, source, figures);
    dataset->pages_bytes =
        (budget > figures->of_rank ? budget : figures->of_rank) + dataset->page_table.count * PAGE_BESIDE;
    return check_room(loading, figures, error);
}

static void give_back(struct elbow_page_source *source)
{
    if (source->close != NULL)
        source->close(source->user);
    *source = (struct elbow_page_source){0};
}

enum elbow_status elbow_loading_place_described(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    struct figures figures = figures_of(loading, placing->machine);
    struct elbow_page_source source = {0};
    if (!placing->may_page || placing->machine.ranks == 0 || loading->request->most_bytes > 0)
        return ELBOW_OK;
    enum elbow_status status = decide(loading, &figures, &source, error);
    give_back(&source);
    elbow_page_table_clear(&loading->dataset->page_table);
    elbow_page_sample_clear(&loading->dataset->sample);
    return status;
}

enum elbow_status elbow_loading_place(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_page_source source = {0};
    *error = (struct elbow_error){0};
    dataset->place = ELBOW_ACCESS_RESIDENT;
    dataset->looked = dataset->samples;
    if (!placing->may_page || loading->request->most_bytes > 0)
        return ELBOW_OK;
    struct figures figures = figures_of(loading, find_machine(loading->comm));
    decide(loading, &figures, &source, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK) {
        give_back(&source);
        return error->status;
    }
    if (dataset->place != ELBOW_ACCESS_RESIDENT) {
        dataset->page_load = source.user;
        elbow_pages_create(&source, budget_of(loading, &source, &figures), &dataset->pages, error);
    }
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK || dataset->page_table.count == 0)
        return error->status;
    tell(loading, &figures, log);
    return ELBOW_OK;
}

enum elbow_status elbow_loading_place_synthetic(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_placing *placing = &loading->request->placing;
    dataset->place = ELBOW_ACCESS_RESIDENT;
    if (!placing->may_page || placing->order == ELBOW_ORDER_FULL)
        return ELBOW_OK;
    loading->stored = (struct elbow_hdf5_info){.rank = 1, .element = dataset->element};
    make_pages(loading, error);
    return elbow_comm_agree(loading->comm, error);
}
