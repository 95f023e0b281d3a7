// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: weights, sizes, conditions and names of its rows.
#include "elbow/data/detail/loading.h"

#include "elbow/data/companion.h"
#include "elbow/data/facts.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <string.h>

static enum elbow_status refuse_sum(const struct elbow_companion *companion, double sum, struct elbow_error *error)
{
    const struct elbow_companion_name name = elbow_companion_name(companion);
    if (sum == 0)
        return elbow_error_set(error, ELBOW_DATA, "%s: the weights of all samples add up to 0; some must be above 0",
                               name.text);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: the weights of all samples add up to %s to be scaled to a mean of 1; only their ratios "
                           "matter, so %s all of them by one number",
                           name.text, sum < 1 ? "too small a number" : "too large a number",
                           sum < 1 ? "multiply" : "divide");
}

// Local. All ranks of a node see the same weights, and find the same scale in the order of the rows.
static enum elbow_status find_scale(const struct elbow_companion *companion, struct elbow_dataset *dataset,
                                    struct elbow_error *error)
{
    const struct elbow_selection *selection = &dataset->selection;
    const double *weights = dataset->weights.base;
    double sum = 0;
    for (uint64_t row = 0; row < selection->stored; ++row)
        if (elbow_selection_has(selection, row))
            sum += weights[row];
    dataset->weight_scale = (double)selection->rows / sum;
    return isnormal(dataset->weight_scale) ? ELBOW_OK : refuse_sum(companion, sum, error);
}

static enum elbow_status load_weights(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_companion companion =
        elbow_loading_beside(loading, loading->request->weights, loading->dataset->selection.stored);
    dataset->has_weights = companion.dataset != NULL;
    if (!dataset->has_weights)
        return ELBOW_OK;
    if (elbow_companion_share(loading->comm, &companion, log, &dataset->weights, error) == ELBOW_OK)
        find_scale(&companion, dataset, error);
    return elbow_comm_agree(loading->comm, error);
}

// Their mean depends on the rows alone: all ranks of a node see the same numbers.
static enum elbow_status load_sizes(struct elbow_loading *loading, struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_selection *selection = &dataset->selection;
    struct elbow_companion companion = elbow_loading_beside(loading, loading->request->sizes, selection->stored);
    companion.is_positive = true;
    dataset->has_sizes = companion.dataset != NULL;
    if (!dataset->has_sizes)
        return ELBOW_OK;
    if (elbow_companion_share(loading->comm, &companion, log, &dataset->sizes, error) == ELBOW_OK)
        for (uint64_t row = 0; row < selection->stored; ++row)
            if (elbow_selection_has(selection, row))
                dataset->mean_size += ((const double *)dataset->sizes.base)[row] / (double)selection->rows;
    return elbow_comm_agree(loading->comm, error);
}

// Rank zero alone, which writes the outputs.
static enum elbow_status load_names(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_companion companion =
        elbow_loading_beside(loading, loading->request->names, loading->dataset->selection.stored);
    loading->dataset->has_names = companion.dataset != NULL;
    if (companion.dataset == NULL)
        return ELBOW_OK;
    if (elbow_comm_place(loading->comm).rank == 0)
        elbow_names_read(&companion, loading->request->only_checks_names ? NULL : &loading->dataset->names, error);
    return elbow_comm_agree_root(loading->comm, error);
}

const struct elbow_files *elbow_loading_labels(const struct elbow_dataset_request *request, struct elbow_files *one)
{
    *one = elbow_files_of(&request->labels_file, &request->labels);
    bool are_there = request->labels_files != NULL && request->labels_files->count > 0;
    return are_there ? request->labels_files : request->labels != NULL ? one : NULL;
}

// The reference's conditions apply here, too.
static enum elbow_status load_conditions(struct elbow_loading *loading, struct elbow_log *log,
                                         struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_files one;
    bool is_known = request->reference != NULL && request->reference->conditions.count > 0;
    const struct elbow_conditions *known = is_known ? &request->reference->conditions : NULL;
    const struct elbow_condition_loading conditions = {.sources = &request->conditions,
                                                       .known = known,
                                                       .known_name = request->reference_name,
                                                       .selection = &dataset->selection,
                                                       .rows_name = dataset->name,
                                                       .is_said = dataset->news.is_other_side,
                                                       .labels = elbow_loading_labels(request, &one)};
    return elbow_conditions_load(loading->comm, &conditions, log, &dataset->conditions, dataset->condition_rows, error);
}

struct elbow_companion elbow_loading_beside(const struct elbow_loading *loading, struct elbow_companion companion,
                                            uint64_t rows)
{
    companion.rows_name = loading->dataset->name;
    companion.rows = rows;
    return companion;
}

void elbow_loading_hint_reversed(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_hdf5_info *stored = &loading->stored;
    size_t length = strlen(error->message);
    if (error->status != ELBOW_MISMATCH || !loading->dataset->news.may_be_reversed ||
        strstr(error->message, ", but ") == NULL)
        return;
    elbow_text_format(
        error->message + length, sizeof error->message - length,
        "; it was written by MATLAB, which stores axes in reverse order: data.transpose: true makes it %s",
        elbow_text_count(stored->shape[stored->rank - 1], "row").text);
}

enum elbow_status elbow_loading_companions(struct elbow_loading *loading, struct elbow_log *log,
                                           struct elbow_error *error)
{
    enum elbow_status status = load_weights(loading, log, error);
    if (status == ELBOW_OK)
        status = load_sizes(loading, log, error);
    if (status == ELBOW_OK)
        status = load_conditions(loading, log, error);
    if (status == ELBOW_OK)
        status = load_names(loading, error);
    elbow_loading_hint_reversed(loading, error);
    return status;
}
