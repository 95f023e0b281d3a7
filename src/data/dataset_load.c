// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, from open files to values that are known to be good; the parts of it have files of their own.
#include "elbow/data/detail/loading.h"

#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/math/hash.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/shared.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { READING_SHARE = 10, READING_LEAST = 1 << 24 };

// Local. All files that a companion lies in.
static bool note_companion(const struct elbow_companion *companion, struct elbow_error *error)
{
    const struct elbow_files *files = companion->files;
    if (companion->dataset == NULL)
        return true;
    if (files == NULL)
        return elbow_inputs_note(companion->file, error) == ELBOW_OK;
    for (size_t i = 0; i < files->count; ++i)
        if (elbow_inputs_note(files->paths[i], error) != ELBOW_OK)
            return false;
    return true;
}

// Collective. Rank zero, which writes, must know the files even if only others read them.
static enum elbow_status note_files(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    const struct elbow_files *files = loading->files;
    struct elbow_files one;
    const struct elbow_files *labels = elbow_loading_labels(request, &one);
    bool notes = elbow_comm_place(loading->comm).rank == 0;
    for (size_t i = 0; i < files->count * files->channels && notes; ++i)
        notes = elbow_inputs_note(files->paths[i], error) == ELBOW_OK;
    for (size_t i = 0; labels != NULL && i < labels->count && notes; ++i)
        notes = elbow_inputs_note(labels->paths[i], error) == ELBOW_OK;
    const struct elbow_companion beside[] = {request->select.rows, request->select.groups, request->weights,
                                             request->names,       request->mask,          request->sizes};
    for (size_t i = 0; i < sizeof beside / sizeof *beside && notes; ++i)
        notes = note_companion(&beside[i], error);
    for (size_t i = 0; i < request->conditions.count && notes; ++i)
        notes = note_companion(&request->conditions.sources[i].where, error);
    return elbow_comm_agree_root(loading->comm, error);
}

// Collective. Of several files, rank zero opens each and sends the numbers of rows to the others.
static enum elbow_status count_files(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    size_t files = loading->files->count, bytes = files * sizeof *dataset->file_rows;
    bool is_root = elbow_comm_place(loading->comm).rank == 0;
    if (is_root)
        elbow_loading_open_source(loading, error);
    if (elbow_comm_agree_root(loading->comm, error) != ELBOW_OK)
        return error->status;
    if (elbow_allocate(&dataset->file_rows, files, sizeof *dataset->file_rows, "rows of files", error) == ELBOW_OK)
        elbow_allocate(&dataset->file_hashes, files, sizeof *dataset->file_hashes, "hashes of files", error);
    if (error->status == ELBOW_OK)
        elbow_files_copy(loading->files, &dataset->file_names, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    dataset->files = files;
    if (is_root)
        memcpy(dataset->file_rows, elbow_source_file_rows(loading->source, &files), bytes);
    elbow_comm_broadcast(loading->comm, dataset->file_rows, bytes);
    loading->file_rows = is_root ? NULL : dataset->file_rows;
    return ELBOW_OK;
}

// Collective.
static enum elbow_status load_labels(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_files one;
    struct elbow_labels_request request = {.files = elbow_loading_labels(loading->request, &one),
                                           .samples_name = dataset->name,
                                           .samples_files = loading->files,
                                           .file_rows = dataset->file_rows,
                                           .samples = dataset->selection.stored,
                                           .is_said = dataset->news.is_other_side};
    dataset->has_labels = request.files != NULL;
    if (!dataset->has_labels)
        return elbow_loading_classes(loading, NULL, log, error);
    enum elbow_status status =
        elbow_labels_load(loading->comm, &request, log, &dataset->labels, &dataset->label_names, error);
    elbow_loading_hint_reversed(loading, error);
    return status == ELBOW_OK ? elbow_loading_classes(loading, request.files, log, error) : status;
}

// Says what the loading takes beside the data, if that is much.
static void log_reading(struct elbow_loading *loading, struct elbow_log *log)
{
    struct elbow_hdf5_storage storage;
    uint64_t bytes = elbow_dataset_bytes(loading->dataset);
    if (elbow_loading_find_reading(loading, &storage, NULL) == ELBOW_OK && storage.reading > READING_LEAST &&
        storage.reading > bytes / READING_SHARE)
        elbow_log_say(log, "data: while %s is loaded, each rank needs another %s to unpack its chunks",
                      loading->dataset->name, elbow_text_bytes(storage.reading).text);
}

// Collective. Whether all rows are there: rank zero looks, as files that are referred to may be many. Where another
// node sees others, the comparison of the nodes finds it.
static enum elbow_status check_storage(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    if (elbow_comm_place(loading->comm).rank == 0) {
        if (elbow_source_check(loading->source, error) == ELBOW_OK)
            log_reading(loading, log);
    }
    return elbow_comm_agree_root(loading->comm, error);
}

// What this node has found out of the dataset, as one word.
static uint64_t hash_description(const struct elbow_dataset *dataset)
{
    const struct elbow_packing *packing = &dataset->packing;
    const struct elbow_missing *missing = &dataset->missing;
    const uint64_t counts[] = {dataset->samples, dataset->values,    dataset->rank,    (uint64_t)dataset->element,
                               missing->count,   missing->has_range, dataset->entries, dataset->is_sparse};
    const double numbers[] = {packing->factor.value, packing->offset.value, missing->low, missing->high};
    const uint64_t parts[] = {elbow_hash_bytes(counts, sizeof counts), elbow_hash_bytes(numbers, sizeof numbers),
                              elbow_hash_bytes(dataset->shape, dataset->rank * sizeof *dataset->shape),
                              elbow_hash_bytes(missing->values, missing->count * sizeof *missing->values),
                              elbow_hash_text(packing->said)};
    return elbow_hash_bytes(parts, sizeof parts);
}

// Collective. What follows goes by the description: were it another one on another node, ranks would wait for each
// other in different places.
static enum elbow_status agree_description(struct elbow_loading *loading, struct elbow_error *error)
{
    bool is_fine = error->status == ELBOW_OK;
    uint64_t hash = is_fine ? hash_description(loading->dataset) : 0;
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK || elbow_comm_is_same(loading->comm, hash))
        return error->status;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: the nodes have read different data: its shape, type or attributes differ; some nodes "
                           "see another file of this name, or an old version of it: compare the file on all nodes",
                           loading->dataset->name);
}

// Local. Takes the first rows alone. Sparse ones have fewer entries then.
static enum elbow_status take_first(struct elbow_loading *loading, uint64_t rows, struct elbow_error *error)
{
    loading->dataset->samples = rows;
    if (!loading->dataset->is_sparse)
        return ELBOW_OK;
    return elbow_source_starts(loading->source, rows, 0, &loading->dataset->entries, error);
}

// Local. Keeps only the first samples that fit into most_bytes, but at least one. Entries of sparse rows may be
// anywhere: their bytes grow with the rows, and nothing else is known about them.
static void limit_rows(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t most = loading->request->most_bytes;
    if (most == 0 || error->status != ELBOW_OK || elbow_dataset_bytes(dataset) <= most)
        return;
    uint64_t least = 1, above = dataset->samples;
    while (above - least > 1) {
        uint64_t middle = least + (above - least) / 2;
        if (take_first(loading, middle, error) != ELBOW_OK)
            return;
        if (elbow_dataset_bytes(dataset) <= most)
            least = middle;
        else
            above = middle;
    }
    if (dataset->samples > least)
        take_first(loading, least, error);
}

// Collective. The node's memory for the rows, unless they are read when they are used.
static enum elbow_status allocate_rows(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_placing *placing = &loading->request->placing;
    size_t bytes = elbow_dataset_bytes(dataset);
    if (dataset->pages != NULL)
        return ELBOW_OK;
    enum elbow_status status = elbow_comm_share(loading->comm, bytes, bytes, dataset->name, log, &dataset->rows, error);
    if (status != ELBOW_MEMORY || !placing->may_page)
        return status;
    if (placing->order == ELBOW_ORDER_FULL)
        return elbow_error_set(
            error, status,
            "%.900s; set data.order: windows or segments (other bits), so that a node need not hold all rows",
            error->message);
    return elbow_error_set(error, status, "%.900s; set data.access: auto", error->message);
}

// Collective. From open files to rows and labels in memory.
static enum elbow_status load_files(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_comm *comm = loading->comm;
    if (loading->files->count > 1 && count_files(loading, error) != ELBOW_OK)
        return error->status;
    elbow_loading_open(loading, error);
    limit_rows(loading, error);
    if (agree_description(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_place(loading, log, error) != ELBOW_OK || allocate_rows(loading, log, error) != ELBOW_OK ||
        check_storage(loading, log, error) != ELBOW_OK)
        return error->status;
    if (load_labels(loading, log, error) != ELBOW_OK || elbow_loading_companions(loading, log, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_share_known(loading, log, error) != ELBOW_OK)
        return error->status;
    dataset->min = INFINITY;
    dataset->max = -INFINITY;
    if (dataset->is_sparse && dataset->pages == NULL)
        elbow_loading_read_sparse(loading, error);
    else if (dataset->pages == NULL)
        elbow_loading_read_rows(loading, error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    elbow_loading_settle(loading, log, error);
    dataset->news.fills_nothing = loading->request->missing == ELBOW_MISSING_FILL && !loading->request->is_settled &&
                                  dataset->unknown == 0 && !elbow_missing_has_rules(&dataset->missing) &&
                                  !dataset->news.holds_sentinels;
    dataset->news.misses_none = elbow_loading_may_miss(loading) && !loading->request->is_settled &&
                                dataset->unknown == 0 && !dataset->news.fills_nothing && !dataset->news.holds_sentinels;
    return error->status;
}

// Synthetic data, drawn whenever they are used: uniform values in [0, 1), or whole numbers where counts are demanded.
static void make_synthetic(const struct elbow_dataset_request *request, struct elbow_dataset *dataset)
{
    snprintf(dataset->name, sizeof dataset->name, "data.synthetic");
    dataset->is_synthetic = true;
    dataset->seed = request->seed;
    dataset->samples = request->synthetic;
    dataset->selection = elbow_selection_all(request->synthetic);
    dataset->looked = request->synthetic;
    dataset->element = ELBOW_ELEMENT_FLOAT32;
    bool has_levels = request->demand.support == ELBOW_SUPPORT_LEVEL;
    dataset->is_whole = has_levels || request->demand.support == ELBOW_SUPPORT_COUNT;
    dataset->max = dataset->is_whole ? ELBOW_SYNTHETIC_COUNTS - 1 : 1;
    if (has_levels || (dataset->is_whole && request->demand.most > 0 && request->demand.most < dataset->max))
        dataset->max = request->demand.most;
    dataset->mean = dataset->deviation = dataset->low = dataset->high = NAN;
    dataset->scale = (struct elbow_scale){.factor = 1, .source = "synthetic noise in [0, 1)"};
    if (dataset->is_whole)
        snprintf(dataset->scale.source, sizeof dataset->scale.source, "synthetic counts");
    if (has_levels)
        dataset->scale.factor = 1 / request->demand.most;
    bool has_shape = request->shape != NULL && request->shape->count > 0;
    dataset->rank = has_shape ? request->shape->count : 2;
    dataset->values = 1;
    for (size_t i = 0; i < dataset->rank; ++i) {
        dataset->shape[i] = has_shape ? (uint64_t)request->shape->values[i] : 28;
        dataset->values *= dataset->shape[i];
    }
}

struct elbow_dataset_request elbow_dataset_request_of(const struct elbow_config *config)
{
    const struct elbow_placing placing = {.may_page = true,
                                          .order = (enum elbow_order_kind)config->data.order,
                                          .access = (enum elbow_access)config->data.access,
                                          .memory = (uint64_t)config->data.memory,
                                          .page_rows = (uint64_t)config->data.page_rows,
                                          .window_pages = (uint64_t)config->data.window_pages};
    return (struct elbow_dataset_request){.placing = placing,
                                          .synthetic = (uint64_t)config->data.synthetic,
                                          .seed = (uint64_t)config->seed,
                                          .shape = &config->data.shape,
                                          .layout = (enum elbow_layout)config->data.layout,
                                          .channels = (enum elbow_channels)config->data.channels,
                                          .transpose = config->data.transpose,
                                          .columns = &config->data.columns,
                                          .has_factor = config->data.has_factor,
                                          .has_offset = config->data.has_offset,
                                          .factor = config->data.factor,
                                          .offset = config->data.offset,
                                          .select = {.rows = {.key = "data.rows"},
                                                     .groups = {.key = "data.groups"},
                                                     .length = (uint64_t)config->data.series.length,
                                                     .step = (uint64_t)config->data.series.step},
                                          .wants_classes = elbow_config_has_classifier(config),
                                          .weights = {.key = "data.weights"},
                                          .names = {.key = "data.names"},
                                          .missing = (enum elbow_missing_kind)config->data.missing,
                                          .mask = {.key = "data.mask"},
                                          .sizes = {.key = "data.size"},
                                          .transform = (enum elbow_transform_kind)config->data.transform,
                                          .conditions = {.may_lack = config->model.condition.dropout > 0},
                                          .input = (enum elbow_transform_kind)config->model.input.transform,
                                          .demand = elbow_config_demand(config)};
}

void elbow_dataset_select(const struct elbow_config *config, bool is_valid, struct elbow_selecting *select)
{
    select->has_range = config->data.rows.is_range;
    select->low = config->data.rows.low;
    select->high = config->data.rows.high;
    select->share = config->data.valid_share;
    select->split_seed = (uint64_t)config->data.split_seed;
    select->is_valid = is_valid;
}

static const struct elbow_files *files_of(const struct elbow_dataset_request *request, struct elbow_files *one)
{
    *one = elbow_files_of(&request->file, &request->dataset);
    return request->files != NULL ? request->files : request->file != NULL ? one : NULL;
}

static const struct elbow_files *begin(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    *dataset = (struct elbow_dataset){.layout = loading->request->layout};
    dataset->news.is_other_side = loading->request->reference != NULL &&
                                  (!loading->request->is_settled || loading->request->is_resumed) &&
                                  loading->request->select.share > 0 && loading->request->select.is_valid;
    *error = (struct elbow_error){0};
    loading->files = files_of(loading->request, &loading->one);
    if (loading->files == NULL)
        make_synthetic(loading->request, dataset);
    else
        elbow_files_name(loading->files, dataset->name, sizeof dataset->name);
    return loading->files;
}

enum elbow_status elbow_dataset_describe(const struct elbow_dataset_request *request, struct elbow_dataset *dataset,
                                         struct elbow_hdf5_storage *storage, struct elbow_error *error)
{
    struct elbow_loading loading = {.request = request, .dataset = dataset};
    *storage = (struct elbow_hdf5_storage){0};
    if (begin(&loading, error) == NULL)
        return elbow_loading_check_layout(dataset, error);
    enum elbow_status status = elbow_loading_open(&loading, error);
    if (status == ELBOW_OK)
        status = elbow_source_check(loading.source, error);
    if (status == ELBOW_OK)
        status = elbow_loading_place_described(&loading, error);
    if (status == ELBOW_OK)
        status = elbow_loading_find_reading(&loading, storage, error);
    else if (dataset->is_short)
        elbow_loading_find_reading(&loading, storage, NULL); // as far as that can be said
    elbow_source_close(loading.source);
    elbow_source_close(loading.mask);
    elbow_source_close(loading.written);
    elbow_selection_clear(&dataset->selection);
    return status;
}

// Collective. Noise is nowhere, and has an order all the same.
static enum elbow_status finish_synthetic(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    enum elbow_status status = elbow_loading_check_layout(dataset, error);
    return status == ELBOW_OK ? elbow_loading_place_synthetic(loading, error) : status;
}

enum elbow_status elbow_dataset_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                     struct elbow_log *log, struct elbow_dataset *dataset, struct elbow_error *error)
{
    struct elbow_loading loading = {.comm = comm, .request = request, .dataset = dataset};
    if (begin(&loading, error) == NULL)
        return finish_synthetic(&loading, error);
    enum elbow_status status = note_files(&loading, error);
    if (status == ELBOW_OK)
        status = load_files(&loading, log, error);
    elbow_source_close(loading.source);
    elbow_source_close(loading.mask);
    elbow_source_close(loading.written);
    if (status != ELBOW_OK)
        elbow_dataset_unload(comm, dataset);
    return status;
}
