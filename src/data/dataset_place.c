// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: decides where its rows are kept. The place never affects the bits, so it depends on the memory.
// Pages decide the order of the samples, so they depend only on files, keys and checkpoint.
#include "elbow/data/detail/page_budget.h"
#include "elbow/data/detail/page_load.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/facts.h"

#include "elbow/base/text.h"
#include "elbow/parallel/collectives.h"

// The share of the free memory that is left for everything else (one in 5); the smallest number of pages in a segment
// of which the pages at its ends are not read too often.
enum { SPARE_SHARE = 5, FEW_PAGES = 20 };

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
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

static struct elbow_page_budget budget_for(const struct elbow_loading *loading, struct elbow_placing_machine machine)
{
    const struct elbow_dataset *dataset = loading->dataset;
    bool may_miss = elbow_loading_may_miss(loading);
    uint64_t known = may_miss ? dataset->samples * elbow_rows_known_row_bytes(dataset) : 0;
    return (struct elbow_page_budget){.machine = machine, .all = elbow_dataset_bytes(dataset) + known};
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

// Chooses a place that the order allows and that fits into memory. Rows of a command and validation rows, which are
// used in file order, are resident or streamed.
static enum elbow_access choose(const struct elbow_placing *placing, const struct elbow_page_budget *budget)
{
    uint64_t spare = budget->machine.free - budget->machine.free / SPARE_SHARE;
    uint64_t limit = placing->memory > 0 ? least(placing->memory, spare) : spare;
    if (placing->batch == 0)
        return budget->all <= limit ? ELBOW_ACCESS_RESIDENT : ELBOW_ACCESS_STREAM;
    if (placing->access != ELBOW_ACCESS_AUTO)
        return placing->access;
    if (budget->all <= limit || placing->order == ELBOW_ORDER_FULL)
        return ELBOW_ACCESS_RESIDENT;
    return placing->order == ELBOW_ORDER_SEGMENTS ? ELBOW_ACCESS_SHARD : ELBOW_ACCESS_STREAM;
}

static void log_place(const struct elbow_loading *loading, const struct elbow_page_budget *budget,
                      struct elbow_log *log)
{
    const struct elbow_placing *placing = &loading->request->placing;
    const char *role = placing->batch == 0 ? "validation" : "data";
    const struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_page_table *table = &dataset->page_table;
    const char *why = placing->access == ELBOW_ACCESS_AUTO || placing->batch == 0 ? "" : ", as data.access says";
    const char *beside = placing->batch == 0 ? "in addition to " : ""; // data.memory bounds the training set
    char all[64], given[64], each[64];
    elbow_text_format(all, sizeof all, "%s", elbow_text_bytes(budget->all).text);
    elbow_text_format(given, sizeof given, "%s of a node are free", elbow_text_bytes(budget->machine.free).text);
    if (placing->memory > 0 && placing->memory < budget->machine.free)
        elbow_text_format(given, sizeof given, "%sdata.memory: %s", beside, elbow_text_bytes(placing->memory).text);
    elbow_text_format(each, sizeof each, "%s",
                      elbow_text_bytes(budget->machine.node_ranks * (dataset->pages_bytes + budget->unpacking)).text);
    uint64_t segments = elbow_page_budget_segments(placing, dataset->samples);
    if (dataset->place == ELBOW_ACCESS_RESIDENT)
        elbow_log_say(log, "%s: all rows, %s, are in the memory of each node (%s)%s", role, all, given, why);
    else if (dataset->place == ELBOW_ACCESS_SHARD)
        elbow_log_say(log, "%s: of %s in all, each rank keeps the rows that it uses, up to %.3g %%, %s per node (%s)%s",
                      role, all, 100.0 * (double)budget->of_rank / (double)budget->all, each, given, why);
    else
        elbow_log_say(log,
                      "%s: %s in %s are read from the files when they are used; a node needs up to %s for them and for "
                      "unpacking (%s)%s",
                      role, all, elbow_text_count(table->count, "page").text, each, given, why);
    if (dataset->place == ELBOW_ACCESS_STREAM && placing->batch > 0 && table->count < FEW_PAGES * segments)
        elbow_log_say(log,
                      "%s: up to %.3g times the bytes of all rows are read in an epoch: some of the %s belong to two "
                      "of the %s, and are read for both",
                      role, 1 + (double)(segments - 1) / (double)table->count,
                      elbow_text_count(table->count, "page").text, elbow_text_count(segments, "segment").text);
}

// Whether the figures at the start must be those of all rows, because something is learned from them.
static bool needs_all(const struct elbow_loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    if (request->placing.order == ELBOW_ORDER_FULL)
        return true;
    return request->reference == NULL && (elbow_transform_row(request->transform)->learn != NULL ||
                                          elbow_transform_row(request->input)->learn != NULL);
}

// Local, the same on all ranks. Makes the pages and their source, if the place has any.
static enum elbow_status decide(struct elbow_loading *loading, struct elbow_page_budget *budget,
                                struct elbow_page_source *source, struct elbow_error *error)
{
    const struct elbow_placing *placing = &loading->request->placing;
    struct elbow_dataset *dataset = loading->dataset;
    if (placing->order == ELBOW_ORDER_FULL && dataset->place == ELBOW_ACCESS_RESIDENT)
        return ELBOW_OK;
    enum elbow_status status = make_pages(loading, error);
    loading->is_sampled = status == ELBOW_OK && !needs_all(loading);
    if (loading->is_sampled)
        dataset->looked = dataset->sample.before[dataset->sample.count];
    if (status != ELBOW_OK || dataset->place == ELBOW_ACCESS_RESIDENT)
        return status;
    if (elbow_loading_may_miss(loading)) // known bits are in the pages, too
        dataset->beside_bytes -= dataset->samples * elbow_rows_known_row_bytes(dataset);
    status = elbow_page_load_create(loading, source, error);
    if (status == ELBOW_OK)
        status = elbow_page_budget_find(loading, source, budget, error);
    if (status != ELBOW_OK)
        return status;
    uint64_t bytes = elbow_page_budget_bytes(loading, source, budget);
    dataset->pages_bytes = (bytes > budget->of_rank ? bytes : budget->of_rank) + budget->beside;
    return elbow_page_budget_check(loading, source, budget, error);
}

// Local. The memory that reading pages takes in addition to them; 0 if it cannot be found: the files are then refused
// later.
static uint64_t find_unpacking(struct elbow_loading *loading)
{
    struct elbow_hdf5_storage storage;
    bool is_known = loading->dataset->place != ELBOW_ACCESS_RESIDENT &&
                    elbow_loading_find_reading(loading, &storage, NULL) == ELBOW_OK;
    return is_known ? loading->dataset->reading_bytes : 0;
}

// Collective. The same, found by rank zero alone, so that the other ranks need not read the index of the chunks.
static uint64_t share_unpacking(struct elbow_loading *loading)
{
    uint64_t bytes = elbow_comm_place(loading->comm).rank == 0 ? find_unpacking(loading) : 0;
    if (loading->dataset->place == ELBOW_ACCESS_RESIDENT)
        return 0;
    elbow_comm_broadcast(loading->comm, &bytes, sizeof bytes);
    return loading->dataset->reading_bytes = bytes;
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
    struct elbow_page_budget budget = budget_for(loading, placing->machine);
    struct elbow_page_source source = {0};
    if (!placing->may_page || placing->machine.ranks == 0 || loading->request->most_bytes > 0)
        return ELBOW_OK;
    loading->dataset->place = choose(placing, &budget);
    budget.unpacking = find_unpacking(loading);
    enum elbow_status status = decide(loading, &budget, &source, error);
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
    struct elbow_page_budget budget = budget_for(loading, find_machine(loading->comm));
    dataset->place = choose(placing, &budget);
    budget.unpacking = share_unpacking(loading);
    decide(loading, &budget, &source, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK) {
        give_back(&source);
        return error->status;
    }
    if (dataset->place != ELBOW_ACCESS_RESIDENT) {
        dataset->page_load = source.user;
        elbow_pages_create(&source, elbow_page_budget_bytes(loading, &source, &budget), &dataset->pages, error);
    }
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK || dataset->page_table.count == 0)
        return error->status;
    log_place(loading, &budget, log);
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
