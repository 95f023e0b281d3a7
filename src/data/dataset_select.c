// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: its samples. Rank zero reads the lists, masks and groups, and sends the selection to all ranks, so
// that no other rank needs them.
#include "elbow/data/detail/loading.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/companion.h"
#include "elbow/parallel/collectives.h"

#include <inttypes.h>
#include <stdio.h>

static bool has_request(const struct elbow_selecting *select)
{
    return select->has_range || select->rows.dataset != NULL || select->share > 0 || select->length > 0;
}

// Booleans are always a mask. A list of only 0 and 1 with one entry per row is a mask as well. A longer or shorter one
// was meant as a mask: as a list of rows it would contain one twice.
static bool is_mask(const struct elbow_companion *list, const int64_t *numbers, uint64_t count, uint64_t rows)
{
    if (elbow_companion_is_boolean(list))
        return true;
    for (uint64_t i = 0; i < count; ++i)
        if (numbers[i] != 0 && numbers[i] != 1)
            return false;
    return count > 2 || count == rows;
}

static enum elbow_status take_list(const struct elbow_companion *list, const int64_t *numbers, uint64_t count,
                                   struct elbow_selection *selection, const char *name, struct elbow_error *error)
{
    char place[ELBOW_DATASET_NAME_SIZE];
    elbow_text_format(place, sizeof place, "%s:%s", list->file, list->dataset);
    bool has_mask = is_mask(list, numbers, count, selection->stored);
    if (has_mask && count != selection->stored)
        return elbow_error_set(
            error, ELBOW_MISMATCH, "%s: is a mask of %s, but %s has %s; a mask has one entry for each row", place,
            elbow_text_count(count, "number").text, name, elbow_text_count(selection->stored, "row").text);
    enum elbow_status status = elbow_selection_begin(selection, error);
    if (status == ELBOW_OK)
        status = has_mask ? elbow_selection_add_mask(selection, 0, (size_t)count, numbers, place, error)
                          : elbow_selection_add_numbers(selection, 0, (size_t)count, numbers, place, error);
    return status == ELBOW_OK ? elbow_selection_end(selection, place, error) : status;
}

// Records the memory that the selection needs temporarily.
static void took(const struct elbow_loading *loading, uint64_t bytes)
{
    uint64_t *most = &loading->dataset->selecting_bytes;
    *most = bytes > *most ? bytes : *most;
}

static enum elbow_status choose(const struct elbow_loading *loading, struct elbow_selection *selection,
                                struct elbow_error *error)
{
    const struct elbow_selecting *select = &loading->request->select;
    const char *name = loading->dataset->name;
    if (select->has_range)
        return elbow_selection_take_range(selection, select->low, select->high, name, error);
    if (select->rows.dataset == NULL)
        return ELBOW_OK;
    int64_t *numbers = NULL;
    uint64_t count = 0;
    struct elbow_companion list = elbow_loading_beside(loading, select->rows, 0);
    enum elbow_status status = elbow_companion_integers(&list, &numbers, &count, error);
    took(loading, count * sizeof *numbers);
    if (status == ELBOW_OK)
        status = take_list(&list, numbers, count, selection, name, error);
    elbow_release(&numbers);
    return status;
}

// Local. If series are cut from only a few rows, these may be the channels of a recording.
static bool is_recording(const struct elbow_loading *loading)
{
    const struct elbow_hdf5_info *info = &loading->info;
    return loading->request->select.length > 0 && info->rank == 2 && info->shape[1] > info->shape[0];
}

static enum elbow_status split(const struct elbow_loading *loading, struct elbow_selection *selection,
                               struct elbow_error *error)
{
    const struct elbow_selecting *select = &loading->request->select;
    int64_t *groups = NULL;
    enum elbow_status status = ELBOW_OK;
    if (select->share > 0 && select->groups.dataset != NULL) {
        struct elbow_companion companion = elbow_loading_beside(loading, select->groups, selection->stored);
        status = elbow_companion_groups(&companion, &groups, error);
        // The groups of all rows, those of the selected rows, and as much memory to sort these.
        took(loading, (selection->stored + 2 * selection->rows) * sizeof *groups);
    }
    const struct elbow_holdout side = {
        .share = select->share, .seed = select->split_seed, .is_valid = select->is_valid, .groups = groups};
    if (status == ELBOW_OK)
        status = elbow_selection_split(selection, &side, loading->dataset->name, error);
    if (status == ELBOW_DATA && groups == NULL && is_recording(loading))
        elbow_error_add(error, "; if the rows are the channels of one recording, (channels, points), transpose it and "
                               "cut it into series first, (series, points, channels): docs/howto/your-own-data.md");
    elbow_release(&groups);
    return status;
}

// Local. The axis of the stored rows that is time.
static int time_axis(const struct elbow_loading *loading)
{
    bool is_first = loading->request->channels == ELBOW_CHANNELS_FIRST && loading->info.rank > 2;
    return is_first ? loading->info.rank - 1 : 1;
}

// Local. A hint if another axis of the series is long enough for a window.
static enum elbow_status refuse_short(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_hdf5_info *info = &loading->info;
    int time = time_axis(loading), other = time == 1 ? 2 : 1;
    const char *key = time == 1 ? "first" : "last";
    if (loading->request->is_settled) // the checkpoint says what the axes are
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: its series have %s, which is shorter than the windows of %" PRIu64
                               " of the checkpoint; if the other axis, of %" PRIu64
                               ", is time, swap the axes, as numpy.moveaxis(x, 1, 2) does",
                               loading->dataset->name, elbow_text_count(info->shape[time], "point").text,
                               loading->request->select.length, info->shape[other]);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: its series have %s, which is shorter than data.series.length: %" PRIu64
                           "; if the other axis, of %" PRIu64 ", is time, set data.channels: %s",
                           loading->dataset->name, elbow_text_count(info->shape[time], "point").text,
                           loading->request->select.length, info->shape[other], key);
}

// Local. A hint if series have more channels than points in time: their axes may be in the other order.
static void doubt_axes(const struct elbow_loading *loading)
{
    const struct elbow_hdf5_info *info = &loading->info;
    int time = time_axis(loading), other = time == 1 ? 2 : 1;
    if (info->rank < 3 || loading->request->reference != NULL || info->shape[other] <= info->shape[time])
        return;
    snprintf(loading->dataset->news.axes, sizeof loading->dataset->news.axes,
             "its series are read as %s of %s each; if the axis of %" PRIu64 " is time, set data.channels: %s",
             elbow_text_count(info->shape[time], "point").text, elbow_text_count(info->shape[other], "channel").text,
             info->shape[other], time == 1 ? "first" : "last");
}

// Local. A hint for many series that are too short for a window: they may be one series of many points, each with its
// channels.
static enum elbow_status refuse_recording(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_hdf5_info *info = &loading->info;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: its series have %s, which is shorter than data.series.length: %" PRIu64
        "; if it is one recording of %" PRIu64 " points with %" PRIu64
        " channels, cut it into series first, (series, points, channels): docs/howto/your-own-data.md",
        loading->dataset->name, elbow_text_count(info->shape[1], "point").text, loading->request->select.length,
        info->shape[0], info->shape[1]);
}

static enum elbow_status cut(const struct elbow_loading *loading, struct elbow_selection *selection,
                             struct elbow_error *error)
{
    const struct elbow_selecting *select = &loading->request->select;
    const struct elbow_hdf5_info *info = &loading->info;
    if (select->length == 0)
        return ELBOW_OK;
    if (info->rank > 3)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: a row has %d dimensions, but data.series cuts rows of one or two (time, channels)",
                               loading->dataset->name, info->rank - 1);
    if (info->rank == 3 && info->shape[time_axis(loading)] < select->length &&
        (info->shape[1] >= select->length || info->shape[2] >= select->length))
        return refuse_short(loading, error);
    if (info->rank == 2 && info->shape[1] < select->length && info->shape[0] >= select->length)
        return refuse_recording(loading, error);
    doubt_axes(loading);
    return elbow_selection_cut(selection, info->shape[time_axis(loading)], select->length,
                               select->step > 0 ? select->step : select->length, loading->dataset->name, error);
}

static enum elbow_status make(const struct elbow_loading *loading, struct elbow_selection *selection,
                              struct elbow_error *error)
{
    enum elbow_status status = choose(loading, selection, error);
    if (status == ELBOW_OK)
        status = split(loading, selection, error);
    elbow_loading_hint_reversed(loading, error);
    return status == ELBOW_OK ? cut(loading, selection, error) : status;
}

// Collective. Sends rank zero's selection to all.
static enum elbow_status send(struct elbow_comm *comm, struct elbow_selection *selection, struct elbow_error *error)
{
    bool is_root = elbow_comm_place(comm).rank == 0;
    struct elbow_selection plain = *selection;
    elbow_comm_broadcast(comm, &plain, sizeof plain);
    bool has_bits = plain.bits != NULL;
    if (!is_root) {
        *selection = plain;
        selection->bits = selection->before = NULL;
        if (has_bits)
            elbow_selection_begin(selection, error);
    }
    if (elbow_comm_agree(comm, error) != ELBOW_OK || !has_bits)
        return error->status;
    elbow_comm_broadcast(comm, selection->bits, elbow_selection_words(selection) * sizeof *selection->bits);
    if (!is_root)
        elbow_selection_end(selection, "", error);
    return elbow_comm_agree(comm, error);
}

// Collective, or local where there is no communicator.
static enum elbow_status make_for_all(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_comm *comm = loading->comm;
    struct elbow_selection *selection = &loading->dataset->selection;
    if (comm == NULL)
        return error->status == ELBOW_OK ? make(loading, selection, error) : error->status;
    struct elbow_selection stored = *selection;
    if (elbow_comm_agree(comm, error) != ELBOW_OK)
        return error->status;
    if (!elbow_comm_is_same(comm, stored.stored))
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: the nodes have read different data: the number of its rows differs; some nodes see "
                               "another file of this name, or an old version of it: compare the file on all nodes",
                               loading->dataset->name);
    if (elbow_comm_place(comm).rank == 0)
        make(loading, selection, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    return send(comm, selection, error);
}

// Collective, or local without a communicator.
static enum elbow_status select_rows(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    if (!has_request(&loading->request->select))
        return error->status;
    enum elbow_status status = make_for_all(loading, error);
    if (status != ELBOW_OK || elbow_selection_is_identity(&dataset->selection))
        return status;
    status = elbow_source_select(&loading->source, &dataset->selection, time_axis(loading), error);
    if (status == ELBOW_OK)
        loading->info = loading->source->info;
    return status;
}

enum elbow_status elbow_loading_select(struct elbow_loading *loading, struct elbow_error *error)
{
    enum elbow_status status = select_rows(loading, error);
    return status == ELBOW_OK ? elbow_loading_open_mask(loading, time_axis(loading), error) : status;
}

enum elbow_status elbow_loading_select_again(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_selection *selection = &loading->dataset->selection;
    enum elbow_status status = ELBOW_OK;
    int time = time_axis(loading);
    if (!elbow_selection_is_identity(selection))
        status = elbow_source_select(&loading->source, selection, time, error);
    loading->info = loading->source->info;
    return status == ELBOW_OK ? elbow_loading_open_mask(loading, time, error) : status;
}
