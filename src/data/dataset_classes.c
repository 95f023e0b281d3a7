// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: the classes of its labels, and the rows that keep their label.
#include "elbow/data/detail/loading.h"

#include "elbow/base/memory.h"
#include "elbow/data/facts.h"
#include "elbow/parallel/collectives.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TOLD_CLASSES = 12, TOLD_SIZE = 600, NAME_SIZE = 2 * ELBOW_PATH_SIZE + 2 };

// Local. Removes the labels of all rows except the chosen ones, which are ascending.
static void keep_chosen(const uint64_t *chosen, uint64_t count, uint64_t stored, int64_t *labels)
{
    for (uint64_t row = 0, next = 0; row < stored; ++row) {
        bool is_chosen = next < count && chosen[next] == row;
        if (is_chosen)
            ++next;
        else
            labels[row] = ELBOW_LABEL_UNKNOWN;
    }
}

// Collective. All ranks draw the same rows. After all have read the labels, one rank of each copy removes the others.
static enum elbow_status draw_labelled(struct elbow_loading *loading, const struct elbow_classes_request *request,
                                       struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    uint64_t wanted = loading->request->labelled, *chosen = NULL;
    bool writes = !dataset->labels.is_shared || elbow_comm_place(loading->comm).node_rank == 0;
    // A number that no dataset has is refused before memory is allocated for it.
    uint64_t most = wanted < request->selection->stored ? wanted : request->selection->stored;
    if (elbow_allocate(&chosen, most, sizeof *chosen, "labelled rows", error) == ELBOW_OK)
        elbow_classes_draw(request, &dataset->classes, wanted, loading->request->select.split_seed, chosen, error);
    enum elbow_status status = elbow_comm_agree(loading->comm, error);
    if (status == ELBOW_OK && writes)
        keep_chosen(chosen, wanted, request->selection->stored, dataset->labels.base);
    for (size_t i = 0; status == ELBOW_OK && i < dataset->classes.count; ++i)
        dataset->classes.labels[i].rows = elbow_classes_share(&dataset->classes, i, wanted);
    elbow_release(&chosen);
    return status == ELBOW_OK ? elbow_comm_agree(loading->comm, error) : status; // waits until all copies are written
}

// "labels: 30 of 6000 training rows have one of 3 classes: 10 of a, 10 of b, 10 of c"
static void log_classes(const struct elbow_loading *loading, struct elbow_log *log)
{
    const struct elbow_classes *classes = &loading->dataset->classes;
    char list[TOLD_SIZE] = "";
    uint64_t labelled = 0;
    for (size_t i = 0, length = 0; i < classes->count; labelled += classes->labels[i++].rows)
        if (i < TOLD_CLASSES && length < sizeof list && classes->labels[i].number >= 0)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%" PRIu64 " of %.30s",
                                       i == 0 ? "" : ", ", classes->labels[i].rows,
                                       elbow_class_name(&classes->names, (size_t)classes->labels[i].number));
    elbow_log_say(log, "labels: %" PRIu64 " of %" PRIu64 " training rows have one of %zu classes: %s%s", labelled,
                  loading->dataset->selection.rows, classes->count, list, classes->count > TOLD_CLASSES ? ", ..." : "");
}

// Labels that are unknown to the classifier.
static void warn_of_others(const struct elbow_classes_request *request, const struct elbow_classes *classes,
                           const char *known_name, struct elbow_log *log)
{
    uint64_t rows = 0, first = UINT64_MAX;
    int64_t label = 0;
    for (size_t i = 0; i < classes->count; ++i) {
        const struct elbow_class_label *entry = &classes->labels[i];
        if (entry->number >= 0)
            continue;
        rows += entry->rows;
        label = entry->first < first ? entry->label : label;
        first = entry->first < first ? entry->first : first;
    }
    const char *name = elbow_label_name(request->names, label);
    char number[32];
    elbow_text_format(number, sizeof number, "%" PRId64, label);
    if (rows > 0)
        elbow_log_warn(log,
                       "%s: %s of a class that %.500s does not have (the first is %.60s, in row %" PRIu64
                       "); such labels count as unknown",
                       request->name, elbow_text_count(rows, "label").text, known_name, name != NULL ? name : number,
                       first);
}

enum elbow_status elbow_loading_classes(struct elbow_loading *loading, const struct elbow_files *files,
                                        struct elbow_log *log, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_data_facts *reference = loading->request->reference;
    char name[NAME_SIZE] = "the labels";
    if (!loading->request->wants_classes)
        return ELBOW_OK;
    bool is_known = reference != NULL && elbow_classes_count(&reference->classes) > 0;
    if (files != NULL)
        elbow_files_name(files, name, sizeof name);
    const struct elbow_classes_request request = {.name = name,
                                                  .labels = files != NULL ? dataset->labels.base : NULL,
                                                  .names = &dataset->label_names,
                                                  .selection = &dataset->selection,
                                                  .known = is_known ? &reference->classes : NULL};
    elbow_classes_find(&request, &dataset->classes, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    if (is_known && log != NULL)
        warn_of_others(&request, &dataset->classes, loading->request->reference_name, log);
    if (loading->request->labelled > 0 && draw_labelled(loading, &request, error) != ELBOW_OK)
        return error->status;
    if ((!is_known || loading->request->labelled > 0) && log != NULL)
        log_classes(loading, log);
    return ELBOW_OK;
}
