// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, first part: opens the files and describes their contents.
#include "elbow/data/detail/loading.h"

#include "elbow/data/detail/rows.h"
#include "elbow/data/facts.h"
#include "elbow/data/steady.h"

static enum elbow_status check_shape(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_hdf5_info *info = &loading->info;
    const char *name = loading->dataset->name;
    if (info->rank < 2)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: has %d dimension%s, but rows of values are needed: (samples, values, ...)", name,
                               info->rank, info->rank == 1 ? "" : "s");
    for (int i = 0; i < info->rank; ++i)
        if (info->shape[i] == 0)
            return elbow_error_set(error, ELBOW_FORMAT, "%s: is empty (dimension %d has length 0)", name, i);
    return elbow_hdf5_check_rows(name, info, error);
}

// An attribute for scaling that cannot be used is refused, unless it is not needed.
static enum elbow_status check_number(const struct elbow_loading *loading, const struct elbow_packing_number *number,
                                      const char *key, bool has_key, struct elbow_error *error)
{
    if (number->trouble == NULL || has_key || loading->request->reference != NULL)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA, "%s: its attribute %s %s; correct it, or set %s, which overrides it",
                           loading->dataset->name, number->name, number->trouble, key);
}

// In a new run, training and validation data have the same scaling, and the attributes of both must agree.
static enum elbow_status check_alike(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    const struct elbow_packing *packing = &loading->dataset->packing;
    if (request->reference == NULL || request->is_settled)
        return ELBOW_OK;
    const struct elbow_scale *scale = &request->reference->scale;
    if (scale->source[0] == '\0') // described but not loaded: there is no scaling yet
        return ELBOW_OK;
    bool factor_differs =
        !request->has_factor && packing->factor.name != NULL && packing->factor.value != scale->factor;
    bool offset_differs =
        !request->has_offset && packing->offset.name != NULL && packing->offset.value != scale->offset;
    if (!factor_differs && !offset_differs)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: its attributes say value = stored * %.9g + %.9g, but %s has stored * %.9g + %.9g (%s), "
                           "and both must have the same scaling; store both alike, or set data.factor and data.offset",
                           loading->dataset->name, packing->factor.value, packing->offset.value,
                           request->reference_name, scale->factor, scale->offset, scale->source);
}

static enum elbow_status read_attributes(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_packing *packing = &dataset->packing;
    enum elbow_status status = elbow_source_packing(loading->source, packing, error);
    if (status == ELBOW_OK)
        status = check_number(loading, &packing->factor, "data.factor", request->has_factor, error);
    if (status == ELBOW_OK)
        status = check_number(loading, &packing->offset, "data.offset", request->has_offset, error);
    if (status == ELBOW_OK)
        status = check_alike(loading, error);
    dataset->element = packing->element;
    if (request->reference != NULL)
        dataset->missing = request->reference->missing;
    bool is_settled = request->reference != NULL && request->is_settled;
    bool fits =
        (is_settled && !elbow_loading_takes_fill(loading)) || elbow_missing_add(&dataset->missing, &packing->missing);
    if (status == ELBOW_OK && !fits)
        status = elbow_error_set(error, ELBOW_DATA,
                                 "%s: its attributes and those of %s list more than %d missing values together; mark "
                                 "them all with one value, or with valid_range",
                                 dataset->name, request->reference_name, ELBOW_MISSING_VALUES);
    return status;
}

// What is only described is opened once.
static enum elbow_status note_files(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_steady **steady = &loading->dataset->steady;
    return loading->comm == NULL || *steady != NULL ? ELBOW_OK : elbow_steady_create(steady, error);
}

enum elbow_status elbow_loading_open_source(struct elbow_loading *loading, struct elbow_error *error)
{
    enum elbow_status status = note_files(loading, error);
    const struct elbow_source_request request = {.files = loading->files,
                                                 .transpose = loading->request->transpose,
                                                 .columns = loading->request->columns,
                                                 .rows = loading->file_rows,
                                                 .steady = loading->dataset->steady,
                                                 .may_lack = elbow_loading_takes_fill(loading)};
    if (status != ELBOW_OK || loading->source != NULL)
        return status;
    return elbow_source_open(&request, &loading->source, error);
}

// A row of a list is one number; it is read and counted like a row of a table with one column.
static void make_table(struct elbow_hdf5_info *info)
{
    if (info->rank != 1)
        return;
    info->shape[1] = 1;
    info->rank = 2;
}

enum elbow_status elbow_loading_reopen(struct elbow_loading *loading, struct elbow_error *error)
{
    enum elbow_status status = elbow_loading_open_source(loading, error);
    if (status != ELBOW_OK)
        return status;
    loading->info = loading->stored = loading->source->info;
    return elbow_loading_select_again(loading, error);
}

static void open(struct elbow_loading *loading, struct elbow_error *error)
{
    if (elbow_loading_open_source(loading, error) != ELBOW_OK)
        return;
    if (loading->request->takes_lists)
        make_table(&loading->source->info);
    loading->info = loading->stored = loading->source->info;
    loading->dataset->news.may_be_reversed = loading->source->may_be_reversed;
    loading->dataset->news.is_turned_in_vain = loading->source->is_turned_in_vain;
    loading->dataset->selection = elbow_selection_all(loading->info.shape[0]);
    check_shape(loading, error);
}

enum elbow_status elbow_loading_check_layout(const struct elbow_dataset *dataset, struct elbow_error *error)
{
    static const struct {
        size_t least, most;
        const char *axes;
    } layouts[] = {
        [ELBOW_LAYOUT_AUTO] = {1, 8, ""},
        [ELBOW_LAYOUT_ROWS] = {1, 8, ""},
        [ELBOW_LAYOUT_SERIES] = {1, 2, "time, channels"},
        [ELBOW_LAYOUT_IMAGE] = {2, 3, "height, width, channels"},
        [ELBOW_LAYOUT_VOLUME] = {3, 4, "depth, height, width, channels"},
    };
    size_t least = layouts[dataset->layout].least, most = layouts[dataset->layout].most;
    if (dataset->rank >= least && dataset->rank <= most)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: a sample has %zu dimension%s, but data.layout: %s has %zu or %zu (%s); set another "
                           "data.layout, or data.shape for rows that are stored flat",
                           dataset->name, dataset->rank, dataset->rank == 1 ? "" : "s",
                           elbow_config_choice("data.layout", (int)dataset->layout), least, most,
                           layouts[dataset->layout].axes);
}

// What is taken beside the rows, each entry of which has a word.
static void count_beside(const struct elbow_loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    bool has_labels = request->labels != NULL || (request->labels_files != NULL && request->labels_files->count > 0);
    size_t numbers = (request->weights.dataset != NULL) + (request->sizes.dataset != NULL);
    dataset->selection_bytes = elbow_selection_bytes(&dataset->selection);
    dataset->beside_bytes = dataset->selection.stored * ((has_labels ? sizeof(int64_t) : 0) +
                                                         (numbers + request->conditions.count) * sizeof(double));
}

enum elbow_status elbow_loading_open(struct elbow_loading *loading, struct elbow_error *error)
{
    open(loading, error);
    enum elbow_status status = elbow_loading_select(loading, error);
    if (status != ELBOW_OK)
        return status;
    count_beside(loading);
    loading->dataset->is_sparse = loading->source->is_sparse;
    loading->dataset->entries = loading->source->entries;
    status = read_attributes(loading, error);
    if (status == ELBOW_OK)
        status = elbow_loading_take_shape(loading, error);
    if (status == ELBOW_OK && elbow_loading_may_miss(loading))
        loading->dataset->beside_bytes += loading->dataset->samples * elbow_rows_known_row_bytes(loading->dataset);
    return status == ELBOW_OK ? elbow_loading_check_layout(loading->dataset, error) : status;
}
