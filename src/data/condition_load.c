// SPDX-License-Identifier: BSD-3-Clause
// Loading conditions. Rank zero sends the stored values to the memory of each node. Each rank then finds the same
// classes, means and deviations there, in the order of the rows.
#include "elbow/data/detail/conditions.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/dataset.h"
#include "elbow/data/detail/texts.h"
#include "elbow/data/labels.h"
#include "elbow/parallel/collectives.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { CLASS_NAME_SIZE = 1024, DESCRIPTION_SIZE = 600 };

// One variable while it is loaded.
struct variable {
    struct elbow_comm *comm;
    const struct elbow_condition_loading *loading;
    const struct elbow_condition_source *source;
    struct elbow_companion where;
    struct elbow_condition_rows *rows;
    struct elbow_label_names names; // of its labels; owned
};

// Rank zero. Floats are numbers; integers, texts, booleans and groups of AnnData are classes.
static enum elbow_status find_kind(const struct elbow_condition_source *source, bool *is_number,
                                   struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_hdf5_info info;
    const struct elbow_files *files = source->where.files;
    enum elbow_status status = elbow_hdf5_open(files->paths[0], &file, error);
    *is_number = false;
    if (status != ELBOW_OK)
        return status;
    enum elbow_hdf5_kind kind = elbow_hdf5_kind_of(file, files->datasets[0]);
    if (kind != ELBOW_HDF5_GROUP && kind != ELBOW_HDF5_TEXTS) {
        status = elbow_hdf5_describe_dataset(file, files->datasets[0], &info, error);
        *is_number = status == ELBOW_OK && elbow_element_is_float(info.element);
    }
    elbow_hdf5_close(file, NULL);
    return status;
}

enum elbow_status elbow_condition_count(const struct elbow_condition_source *source, uint64_t *count,
                                        struct elbow_error *error)
{
    const struct elbow_files *files = source->where.files;
    bool is_number = false;
    enum elbow_status status = find_kind(source, &is_number, error);
    *count = 0;
    if (status == ELBOW_OK && is_number)
        return elbow_companion_count(&source->where, count, error);
    for (size_t i = 0; i < files->count && status == ELBOW_OK; ++i) {
        uint64_t more = 0;
        status = elbow_labels_count(files->paths[i], files->datasets[i], &more, error);
        *count += more;
    }
    return status;
}

static enum elbow_status refuse_lacking(const struct variable *variable, uint64_t row, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %" PRIu64
                           " has no %s (-1, an empty text, NaN), but the model needs it for every row; fill it in, or "
                           "train with model.condition.dropout above 0, which allows such rows",
                           elbow_companion_name(&variable->where).text, row, variable->source->name);
}

// The place of a label, or the place where it would be inserted.
static size_t place_of(const struct elbow_condition_rows *rows, int64_t label)
{
    size_t low = 0, high = rows->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->labels[middle].label < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum elbow_status note_label(const struct variable *variable, uint64_t row, int64_t label,
                                    struct elbow_error *error)
{
    struct elbow_condition_rows *rows = variable->rows;
    size_t place = place_of(rows, label);
    if (place < rows->count && rows->labels[place].label == label)
        return ELBOW_OK;
    if (rows->count == ELBOW_CONDITION_WIDTH_MAX)
        return elbow_error_set(
            error, ELBOW_DATA,
            "%s: has more than %d classes; a condition is a class that many rows share, or a number, "
            "which is stored as floats",
            elbow_companion_name(&variable->where).text, ELBOW_CONDITION_WIDTH_MAX);
    memmove(rows->labels + place + 1, rows->labels + place, (rows->count - place) * sizeof *rows->labels);
    rows->labels[place] = (struct elbow_condition_label){.label = label, .row = row};
    rows->count += 1;
    return ELBOW_OK;
}

// Local. All labels of the selected rows.
static enum elbow_status find_labels(const struct variable *variable, struct elbow_error *error)
{
    const struct elbow_selection *selection = variable->loading->selection;
    const int64_t *labels = variable->rows->stored.base;
    enum elbow_status status = elbow_allocate(&variable->rows->labels, ELBOW_CONDITION_WIDTH_MAX,
                                              sizeof *variable->rows->labels, "classes", error);
    for (uint64_t row = 0; row < selection->stored && status == ELBOW_OK; ++row) {
        if (!elbow_selection_has(selection, row))
            continue;
        if (labels[row] != ELBOW_LABEL_UNKNOWN)
            status = note_label(variable, row, labels[row], error);
        else if (!variable->loading->sources->may_lack)
            status = refuse_lacking(variable, row, error);
    }
    return status;
}

static void name_class(const struct variable *variable, int64_t label, char name[CLASS_NAME_SIZE])
{
    const char *given = elbow_label_name(&variable->names, label);
    if (given != NULL)
        elbow_text_format(name, CLASS_NAME_SIZE, "%s", given);
    else
        elbow_text_format(name, CLASS_NAME_SIZE, "%" PRId64, label);
}

static enum elbow_status refuse_class(const struct variable *variable, const struct elbow_condition_label *label,
                                      const char *name, struct elbow_error *error)
{
    char known[DESCRIPTION_SIZE];
    elbow_conditions_describe(variable->loading->known, known, sizeof known);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %" PRIu64 " has the %s '%.60s', which %.200s does not have; the known ones are %s",
                           elbow_companion_name(&variable->where).text, label->row, variable->source->name, name,
                           variable->loading->known_name, known);
}

// Local. The classes of the labels: the known ones, or new ones.
static enum elbow_status find_classes(const struct variable *variable, struct elbow_conditions *conditions,
                                      struct elbow_error *error)
{
    const struct elbow_conditions *known = variable->loading->known;
    size_t at = known != NULL ? elbow_conditions_find(known, variable->source->name) : 0;
    enum elbow_status status = find_labels(variable, error);
    for (size_t i = 0; i < variable->rows->count && status == ELBOW_OK; ++i) {
        struct elbow_condition_label *label = &variable->rows->labels[i];
        char name[CLASS_NAME_SIZE];
        name_class(variable, label->label, name);
        label->class_number = known != NULL ? elbow_condition_find_class(known, at, name) : i;
        if (label->class_number == SIZE_MAX)
            return refuse_class(variable, label, name, error);
        if (known == NULL)
            status = elbow_conditions_add_class(conditions, name, error);
    }
    if (status == ELBOW_OK && known == NULL && variable->rows->count == 0)
        return elbow_error_set(error, ELBOW_DATA, "%s: no row has a %s", elbow_companion_name(&variable->where).text,
                               variable->source->name);
    return status;
}

// Whether what the classes are has been logged: of the other side of a split, or as labels of the same rows.
static bool is_said(const struct variable *variable)
{
    char name[ELBOW_DATASET_NAME_SIZE], labels[ELBOW_DATASET_NAME_SIZE];
    if (variable->loading->is_said || variable->loading->labels == NULL)
        return variable->loading->is_said;
    elbow_files_name(variable->where.files, name, sizeof name);
    elbow_files_name(variable->loading->labels, labels, sizeof labels);
    return strcmp(name, labels) == 0;
}

// Collective.
static enum elbow_status load_classes(struct variable *variable, struct elbow_log *log,
                                      struct elbow_conditions *conditions, struct elbow_error *error)
{
    const struct elbow_labels_request request = {.files = variable->where.files,
                                                 .samples_name = variable->loading->rows_name,
                                                 .samples = variable->loading->selection->stored,
                                                 .is_said = is_said(variable)};
    enum elbow_status status =
        elbow_labels_load(variable->comm, &request, log, &variable->rows->stored, &variable->names, error);
    if (status != ELBOW_OK)
        return status;
    find_classes(variable, conditions, error);
    return elbow_comm_agree(variable->comm, error);
}

// Local. Mean and deviation of the selected rows, and whether a row has no number.
static enum elbow_status measure(const struct variable *variable, double moments[2], struct elbow_error *error)
{
    const struct elbow_selection *selection = variable->loading->selection;
    const double *numbers = variable->rows->stored.base;
    uint64_t count = 0;
    double sum = 0, squares = 0;
    for (uint64_t row = 0; row < selection->stored; ++row) {
        bool is_selected = elbow_selection_has(selection, row);
        if (is_selected && isnan(numbers[row]) && !variable->loading->sources->may_lack)
            return refuse_lacking(variable, row, error);
        sum += is_selected && !isnan(numbers[row]) ? numbers[row] : 0;
        count += is_selected && !isnan(numbers[row]);
    }
    if (count == 0 && variable->loading->known == NULL)
        return elbow_error_set(error, ELBOW_DATA, "%s: no row has a %s", elbow_companion_name(&variable->where).text,
                               variable->source->name);
    moments[0] = sum / (double)count;
    for (uint64_t row = 0; row < selection->stored; ++row)
        if (elbow_selection_has(selection, row) && !isnan(numbers[row]))
            squares += (numbers[row] - moments[0]) * (numbers[row] - moments[0]);
    moments[1] = sqrt(squares / (double)count);
    return ELBOW_OK;
}

// Collective.
static enum elbow_status load_numbers(struct variable *variable, struct elbow_log *log,
                                      struct elbow_conditions *conditions, struct elbow_error *error)
{
    double moments[2] = {0, 1};
    enum elbow_status status =
        elbow_companion_share_numbers(variable->comm, &variable->where, log, &variable->rows->stored, error);
    if (status != ELBOW_OK)
        return status;
    measure(variable, moments, error);
    if (elbow_comm_agree(variable->comm, error) != ELBOW_OK || variable->loading->known != NULL)
        return error->status;
    struct elbow_condition *added = &conditions->variables[conditions->count - 1];
    bool varies = moments[1] > 1e-12 * fabs(moments[0]) && isnormal(moments[1]);
    added->mean = moments[0];
    added->deviation = varies ? moments[1] : 1;
    if (!varies && log != NULL)
        elbow_log_warn(log, "%s: is %g in all rows: a model learns nothing from such a condition",
                       elbow_companion_name(&variable->where).text, moments[0]);
    return ELBOW_OK;
}

// Collective.
static enum elbow_status load_variable(struct variable *variable, struct elbow_log *log,
                                       struct elbow_conditions *conditions, struct elbow_error *error)
{
    const struct elbow_conditions *known = variable->loading->known;
    bool is_number = false;
    *error = (struct elbow_error){0};
    if (known != NULL)
        is_number = known->variables[elbow_conditions_find(known, variable->source->name)].is_number;
    else if (elbow_comm_place(variable->comm).rank == 0)
        find_kind(variable->source, &is_number, error);
    if (elbow_comm_agree_root(variable->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(variable->comm, &is_number, sizeof is_number);
    if (known == NULL)
        elbow_conditions_add(conditions, variable->source->name);
    return is_number ? load_numbers(variable, log, conditions, error) : load_classes(variable, log, conditions, error);
}

static const struct elbow_condition_source *find_source(const struct elbow_condition_sources *sources, const char *name)
{
    for (size_t i = 0; i < sources->count; ++i)
        if (strcmp(sources->sources[i].name, name) == 0)
            return &sources->sources[i];
    return NULL;
}

static enum elbow_status refuse_missing(const struct elbow_condition_loading *loading, const char *name,
                                        struct elbow_error *error)
{
    return elbow_error_set(
        error, ELBOW_USAGE,
        "%.500s: the model needs the %s of each row, but no dataset is given for it; give %s %s=FILE:/dataset",
        loading->rows_name, name, loading->sources->flag != NULL ? loading->sources->flag : "--condition-from", name);
}

enum elbow_status elbow_conditions_load(struct elbow_comm *comm, const struct elbow_condition_loading *loading,
                                        struct elbow_log *log, struct elbow_conditions *conditions,
                                        struct elbow_condition_rows *rows, struct elbow_error *error)
{
    const struct elbow_conditions *known = loading->known;
    size_t count = known != NULL ? known->count : loading->sources->count;
    enum elbow_status status = ELBOW_OK;
    for (size_t v = 0; v < count && status == ELBOW_OK; ++v) {
        const char *name = known != NULL ? known->variables[v].name : loading->sources->sources[v].name;
        struct variable variable = {
            .comm = comm, .loading = loading, .source = find_source(loading->sources, name), .rows = &rows[v]};
        if (variable.source == NULL)
            return refuse_missing(loading, name, error);
        variable.where = variable.source->where;
        variable.where.rows = loading->selection->stored;
        variable.where.rows_name = loading->rows_name;
        status = load_variable(&variable, log, conditions, error);
        elbow_label_names_clear(&variable.names);
    }
    if (status != ELBOW_OK)
        return status;
    if (known != NULL) {
        elbow_conditions_copy(known, conditions, error);
        return elbow_comm_agree(comm, error);
    }
    elbow_conditions_place(conditions);
    if (conditions->width <= ELBOW_CONDITION_WIDTH_MAX)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA, "data.condition: has %zu classes and numbers, more than %d; use fewer",
                           conditions->width, ELBOW_CONDITION_WIDTH_MAX);
}
