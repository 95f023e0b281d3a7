// SPDX-License-Identifier: BSD-3-Clause
// Reading datasets in advance. Very large rows are not read: the load has its own limit on memory, and reports it.
#include "elbow/data/preview.h"

#include "elbow/base/child.h"
#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/data/labels.h"
#include "elbow/data/packing.h"
#include "elbow/data/sparse.h"

static const double SECONDS_MAX = 6; // limit for the datasets of a key: the child process has a minute in all
static const uint64_t ROW_BYTES_MAX = UINT64_C(1) << 28;

static void read_rows(struct elbow_hdf5 *file, const char *dataset, const struct elbow_hdf5_info *info)
{
    if (info->rank < 1 || info->shape[0] == 0)
        return;
    uint64_t values = elbow_hdf5_row_values(info), size = elbow_element_size(info->element), bytes = values * size;
    if (values > ROW_BYTES_MAX / size)
        return;
    void *row;
    if (bytes == 0 || elbow_allocate(&row, 1, bytes, "a row", NULL) != ELBOW_OK)
        return;
    elbow_hdf5_read_rows(file, dataset, 0, 1, row, NULL);
    elbow_hdf5_read_rows(file, dataset, info->shape[0] - 1, 1, row, NULL);
    elbow_release(&row);
}

// The first and the last number of each part of sparse rows.
static void read_sparse(struct elbow_hdf5 *file, const char *group)
{
    struct elbow_sparse sparse;
    struct elbow_packing packing;
    if (elbow_sparse_open(file, group, &sparse, NULL) != ELBOW_OK)
        return;
    elbow_packing_read(file, sparse.data, sparse.info.element, &packing, NULL);
    if (elbow_sparse_check_storage(&sparse, NULL) != ELBOW_OK)
        return;
    read_rows(file, sparse.data, &sparse.values);
    read_rows(file, sparse.indices, &sparse.columns);
    read_rows(file, sparse.indptr, &sparse.starts);
}

void elbow_preview_dataset(const char *path, const char *dataset, char *note)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_hdf5_info info;
    struct elbow_packing packing;
    elbow_text_format(note, ELBOW_CHILD_NOTE_SIZE, "%s:%s", path, dataset);
    bool is_open = elbow_hdf5_open(path, &file, NULL) == ELBOW_OK;
    if (is_open && elbow_sparse_is(file, dataset)) {
        read_sparse(file, dataset);
    } else if (is_open && elbow_hdf5_describe_dataset(file, dataset, &info, NULL) == ELBOW_OK) {
        bool is_there = elbow_hdf5_check_storage(file, dataset, NULL) == ELBOW_OK;
        elbow_packing_read(file, dataset, info.element, &packing, NULL);
        if (is_there) // rows that were mostly never written may be endless
            read_rows(file, dataset, &info);
    }
    elbow_hdf5_close(file, NULL);
    note[0] = '\0';
}

void elbow_preview_labels(const char *path, const char *location, char *note)
{
    elbow_text_format(note, ELBOW_CHILD_NOTE_SIZE, "%s:%s", path, location);
    elbow_labels_preview(path, location);
    note[0] = '\0';
}

// With many files, this must end before its time is over.
static bool is_late(double start)
{
    return elbow_clock_seconds() - start > SECONDS_MAX;
}

void elbow_preview_files(const struct elbow_files *files, bool are_labels, char *note)
{
    double start = elbow_clock_seconds();
    for (size_t i = 0; i < files->count * files->channels && !is_late(start); ++i) {
        if (are_labels)
            elbow_preview_labels(files->paths[i], files->datasets[i], note);
        else
            elbow_preview_dataset(files->paths[i], files->datasets[i], note);
    }
}

static void look(const struct elbow_config *config, const char *places, bool are_labels,
                 const struct elbow_files *beside, struct elbow_files *files, char *note)
{
    const struct elbow_files_request wanted = {"", config->data.file, places, beside};
    if (elbow_files_find(&wanted, files, NULL) == ELBOW_OK)
        elbow_preview_files(files, are_labels, note);
}

void elbow_preview_configured(const struct elbow_config *config, char *note)
{
    const struct {
        const char *rows, *labels, *names, *chosen, *groups, *weights, *mask, *size;
    } sets[] = {{config->data.train, config->data.labels, config->data.names, config->data.rows.dataset,
                 config->data.groups, config->data.weights, config->data.mask, config->data.size},
                {config->data.valid, config->data.valid_labels, config->data.valid_names, "", "", "",
                 config->data.valid_mask, config->data.valid_size}};
    for (size_t i = 0; i < sizeof sets / sizeof *sets && config->data.synthetic == 0; ++i) {
        struct elbow_files rows = {0};
        const struct {
            const char *places;
            bool are_labels;
        } beside[] = {{sets[i].labels, true},   {sets[i].names, true}, {sets[i].groups, true}, {sets[i].chosen, false},
                      {sets[i].weights, false}, {sets[i].mask, false}, {sets[i].size, false}};
        look(config, sets[i].rows, false, NULL, &rows, note);
        for (size_t k = 0; k < sizeof beside / sizeof *beside; ++k) {
            struct elbow_files files = {0};
            look(config, beside[k].places, beside[k].are_labels, &rows, &files, note);
            elbow_files_clear(&files);
        }
        const struct elbow_named *conditions = i == 0 ? &config->data.condition : &config->data.valid_condition;
        for (size_t k = 0; k < conditions->count; ++k) {
            struct elbow_files files = {0};
            look(config, conditions->entries[k].dataset, true, &rows, &files, note);
            elbow_files_clear(&files);
        }
        elbow_files_clear(&rows);
    }
}
