// SPDX-License-Identifier: BSD-3-Clause
// Loading labels. They are small compared with the rows, and numbering texts requires all names first: rank zero reads
// them in blocks and sends each to all.
#include "elbow/data/labels.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/label_files.h"
#include "elbow/parallel/shared.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK_LABELS = 1 << 17, TOLD_NAMES = 8, TOLD_SIZE = 200, NAME_SIZE = 2 * ELBOW_PATH_SIZE + 2 };

// The numbers of labels that are unknown, and of labels that are 1.
struct counts {
    uint64_t unknown, one;
};

static enum elbow_status refuse_count(const char *name, uint64_t labels, const char *samples_name, uint64_t samples,
                                      struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_MISMATCH, "%s: has %s, but %s has %s", name,
                           elbow_text_count(labels, "label").text, samples_name,
                           elbow_text_count(samples, "sample").text);
}

// If the samples are in several files, each file of labels must have as many labels as the matching file has rows.
static enum elbow_status check_files(const struct elbow_labels_request *request, const struct elbow_label_files *labels,
                                     struct elbow_error *error)
{
    const struct elbow_files *files = request->files, *samples = request->samples_files;
    if (samples == NULL || request->file_rows == NULL || samples->count != files->count)
        return ELBOW_OK;
    for (size_t i = 0; i < files->count; ++i) {
        if (labels->rows[i] == request->file_rows[i])
            continue;
        char name[NAME_SIZE], other[NAME_SIZE];
        size_t at = i * samples->channels;
        elbow_text_format(name, sizeof name, "%s:%s", files->paths[i], files->datasets[i]);
        elbow_text_format(other, sizeof other, "%s:%s", samples->paths[at], samples->datasets[at]);
        return refuse_count(name, labels->rows[i], other, request->file_rows[i], error);
    }
    return ELBOW_OK;
}

// Rank zero. Opens the files, and checks that there is one label per sample.
static enum elbow_status open_files(const struct elbow_labels_request *request, struct elbow_label_files *labels,
                                    struct elbow_error *error)
{
    char name[NAME_SIZE];
    enum elbow_status status = elbow_label_files_open(request->files, labels, error);
    if (status == ELBOW_OK)
        status = check_files(request, labels, error);
    if (status != ELBOW_OK || labels->count == request->samples)
        return status;
    elbow_files_name(request->files, name, sizeof name);
    return refuse_count(name, labels->count, request->samples_name, request->samples, error);
}

// Collective. Sends the names in rank zero's list to all.
static enum elbow_status share_names(struct elbow_comm *comm, const struct elbow_label_list *list,
                                     struct elbow_label_names *names, struct elbow_error *error)
{
    bool is_root = elbow_comm_place(comm).rank == 0;
    size_t bytes = 0;
    if (is_root)
        elbow_label_list_pack(list, names, &bytes, error);
    uint64_t sizes[] = {names->count, bytes};
    elbow_comm_broadcast(comm, sizes, sizeof sizes);
    if (!is_root)
        elbow_label_names_make(names, sizes[0], sizes[1], error);
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, names->labels, sizes[0] * sizeof *names->labels);
    elbow_comm_broadcast(comm, names->texts, sizes[1]);
    elbow_label_names_point(names);
    return ELBOW_OK;
}

// Collective. Rank zero reads a block, and each copy gets it.
static enum elbow_status share_block(struct elbow_comm *comm, struct elbow_label_files *source, uint64_t first,
                                     uint64_t count, int64_t *block, const struct elbow_shared *labels,
                                     struct elbow_error *error)
{
    struct elbow_place place = elbow_comm_place(comm);
    if (place.rank == 0)
        elbow_label_files_read(source, first, count, block, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, block, count * sizeof *block);
    if (!labels->is_shared || place.node_rank == 0)
        memcpy((int64_t *)labels->base + first, block, count * sizeof *block);
    return ELBOW_OK;
}

// Collective. Adds to the counts.
static enum elbow_status share_labels(struct elbow_comm *comm, struct elbow_label_files *source, uint64_t samples,
                                      const struct elbow_shared *labels, struct counts *counts,
                                      struct elbow_error *error)
{
    int64_t *block = NULL;
    elbow_allocate(&block, samples < BLOCK_LABELS ? samples : BLOCK_LABELS, sizeof *block, "labels", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    for (uint64_t first = 0; first < samples && status == ELBOW_OK; first += BLOCK_LABELS) {
        uint64_t left = samples - first, count = left < BLOCK_LABELS ? left : BLOCK_LABELS;
        status = share_block(comm, source, first, count, block, labels, error);
        for (uint64_t i = 0; i < count && status == ELBOW_OK; ++i) {
            counts->unknown += block[i] == ELBOW_LABEL_UNKNOWN;
            counts->one += block[i] == 1;
        }
    }
    elbow_release(&block);
    return status == ELBOW_OK ? elbow_comm_agree(comm, error) : status; // waits until all copies are written
}

// "4 names (B, T, NK, mono), 6 of 300 samples have no label"
static void log_labels(const struct elbow_labels_request *request, const struct elbow_label_names *names,
                       uint64_t unknown, struct elbow_log *log)
{
    char list[TOLD_SIZE] = "", missing[96] = "", name[NAME_SIZE];
    size_t length = 0;
    if (names->count == 0 && unknown == 0)
        return;
    elbow_files_name(request->files, name, sizeof name);
    for (size_t i = 0; i < names->count && i < TOLD_NAMES && length < sizeof list; ++i)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s%.20s", i == 0 ? "" : ", ", names->names[i]);
    if (unknown > 0)
        elbow_text_format(missing, sizeof missing, "%llu of %llu samples have no label", (unsigned long long)unknown,
                          (unsigned long long)request->samples);
    if (names->count == 0)
        elbow_log_say(log, "labels: %s, %s", name, missing);
    else
        elbow_log_say(log, "labels: %s, %zu name%s (%s%s)%s%s", name, names->count, names->count == 1 ? "" : "s", list,
                      names->count > TOLD_NAMES ? ", ..." : "", unknown > 0 ? "; " : "", missing);
}

// Warns of two classes -1 and 1, as for support vector machines: one of them would be lost. Only rank zero knows.
static void warn_of_signs(const struct elbow_labels_request *request, const struct elbow_label_files *source,
                          const struct counts *counts, struct elbow_log *log)
{
    bool are_signs = counts->unknown > 0 && counts->one > 0 && counts->unknown + counts->one == request->samples;
    char name[NAME_SIZE];
    if (source->files == NULL || !are_signs || !elbow_label_files_are_plain(source))
        return;
    elbow_files_name(request->files, name, sizeof name);
    elbow_log_warn(
        log, "%s holds only -1 and 1, and labels of -1 count as unknown; if they are two classes, store 0 and 1", name);
}

// Only rank zero knows.
static void warn_of_doubt(const struct elbow_labels_request *request, const struct elbow_label_files *source,
                          struct elbow_log *log)
{
    char name[NAME_SIZE];
    if (source->files == NULL || source->source.doubt[0] == '\0')
        return;
    elbow_files_name(request->files, name, sizeof name);
    elbow_log_warn(log, "%s%s", name, source->source.doubt);
}

static enum elbow_status load(struct elbow_comm *comm, const struct elbow_labels_request *request,
                              struct elbow_label_files *source, struct elbow_log *log, struct elbow_shared *labels,
                              struct elbow_label_names *names, struct elbow_error *error)
{
    size_t bytes = request->samples * sizeof(int64_t);
    struct counts counts = {0};
    if (elbow_comm_place(comm).rank == 0)
        open_files(request, source, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK ||
        elbow_comm_share(comm, bytes, bytes, "labels", log, labels, error) != ELBOW_OK ||
        share_names(comm, elbow_label_files_names(source), names, error) != ELBOW_OK ||
        share_labels(comm, source, request->samples, labels, &counts, error) != ELBOW_OK)
        return error->status;
    if (log == NULL || request->is_said)
        return ELBOW_OK;
    log_labels(request, names, counts.unknown, log);
    warn_of_signs(request, source, &counts, log);
    warn_of_doubt(request, source, log);
    return ELBOW_OK;
}

enum elbow_status elbow_labels_load(struct elbow_comm *comm, const struct elbow_labels_request *request,
                                    struct elbow_log *log, struct elbow_shared *labels, struct elbow_label_names *names,
                                    struct elbow_error *error)
{
    struct elbow_label_files *source = NULL; // of several kilobytes
    *error = (struct elbow_error){0};
    elbow_allocate(&source, 1, sizeof *source, "labels", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK) {
        status = load(comm, request, source, log, labels, names, error);
        elbow_label_files_close(source);
    }
    elbow_release(&source);
    return status;
}

enum elbow_status elbow_labels_count(const char *file, const char *location, uint64_t *count, struct elbow_error *error)
{
    struct elbow_label_source *source = NULL;
    enum elbow_status status = elbow_allocate(&source, 1, sizeof *source, "labels", error);
    if (status != ELBOW_OK)
        return status;
    status = elbow_label_source_open(file, location, source, error);
    *count = source->count;
    elbow_label_source_close(source);
    elbow_release(&source);
    return status;
}

void elbow_labels_preview(const char *file, const char *location)
{
    struct elbow_label_source *source = NULL;
    int64_t label;
    if (elbow_allocate(&source, 1, sizeof *source, "labels", NULL) != ELBOW_OK)
        return;
    if (elbow_label_source_open(file, location, source, NULL) == ELBOW_OK && source->count > 0 &&
        elbow_label_source_read(source, 0, 1, &label, NULL) == ELBOW_OK)
        elbow_label_source_read(source, source->count - 1, 1, &label, NULL);
    elbow_label_source_close(source);
    elbow_release(&source);
}
