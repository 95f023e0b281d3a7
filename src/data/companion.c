// SPDX-License-Identifier: BSD-3-Clause
// Companions of rows: numbers, in blocks. They are small compared with the rows, so rank zero reads them.
#include "elbow/data/companion.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/detail/label_files.h"
#include "elbow/data/detail/texts.h"
#include "elbow/data/labels.h"
#include "elbow/data/source.h"
#include "elbow/parallel/collectives.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

enum { BLOCK = 1 << 17 };

struct elbow_companion_name elbow_companion_name(const struct elbow_companion *companion)
{
    struct elbow_companion_name name;
    const struct elbow_files one = elbow_files_of(&companion->file, &companion->dataset);
    elbow_files_name(companion->files != NULL ? companion->files : &one, name.text, sizeof name.text);
    return name;
}

// Whether one row of the dataset holds all numbers, as MATLAB stores a vector: (1, N).
static bool is_one_row(const struct elbow_source *source)
{
    const struct elbow_hdf5_info *info = &source->info;
    return info->rank > 1 && info->shape[0] == 1 && elbow_hdf5_row_values(info) > 1;
}

static uint64_t count_of(const struct elbow_source *source)
{
    return is_one_row(source) ? elbow_hdf5_row_values(&source->info) : source->info.shape[0];
}

// Opens a list: one number per row, or all numbers in one row.
static enum elbow_status open_list(const struct elbow_companion *companion, struct elbow_source **source,
                                   struct elbow_error *error)
{
    const struct elbow_files one = elbow_files_of(&companion->file, &companion->dataset);
    const struct elbow_source_request request = {.files = companion->files != NULL ? companion->files : &one};
    enum elbow_status status = elbow_source_open(&request, source, error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_hdf5_info *info = &(*source)->info;
    uint64_t values = info->rank > 0 ? elbow_hdf5_row_values(info) : 0;
    if (values != 1 && !is_one_row(*source))
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s: has %" PRIu64 " values per row, but %s is a list of one number per row",
                               elbow_companion_name(companion).text, values, companion->key);
    if (companion->rows > 0 && count_of(*source) != companion->rows)
        return elbow_error_set(error, ELBOW_MISMATCH, "%s: has %s, but %s has %s", elbow_companion_name(companion).text,
                               elbow_text_count(count_of(*source), "number").text, companion->rows_name,
                               elbow_text_count(companion->rows, "row").text);
    return elbow_source_check(*source, error);
}

static enum elbow_status read_list(struct elbow_source *source, elbow_companion_take *take, void *user,
                                   struct elbow_error *error)
{
    void *stored = NULL;
    double *numbers = NULL;
    bool has_one_row = is_one_row(source);
    uint64_t rows = count_of(source), block = rows < BLOCK ? rows : BLOCK, piece = has_one_row ? rows : block;
    enum elbow_element element = source->info.element;
    enum elbow_status status = elbow_allocate(&stored, piece, elbow_element_size(element), "numbers", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&numbers, block, sizeof *numbers, "numbers", error);
    if (status == ELBOW_OK && has_one_row)
        status = elbow_source_read(source, 0, 1, stored, error);
    for (uint64_t first = 0; first < rows && status == ELBOW_OK; first += block) {
        size_t count = rows - first < block ? (size_t)(rows - first) : (size_t)block;
        if (!has_one_row)
            status = elbow_source_read(source, first, count, stored, error);
        for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
            numbers[i] = elbow_element_at(element, stored, has_one_row ? first + i : i);
        if (status == ELBOW_OK)
            status = take(user, first, count, numbers, error);
    }
    elbow_release(&stored);
    elbow_release(&numbers);
    return status;
}

enum elbow_status elbow_companion_read(const struct elbow_companion *companion, elbow_companion_take *take, void *user,
                                       struct elbow_error *error)
{
    struct elbow_source *source = NULL;
    enum elbow_status status = open_list(companion, &source, error);
    if (status == ELBOW_OK)
        status = read_list(source, take, user, error);
    elbow_source_close(source);
    return status;
}

enum elbow_status elbow_companion_count(const struct elbow_companion *companion, uint64_t *count,
                                        struct elbow_error *error)
{
    struct elbow_source *source = NULL;
    enum elbow_status status = open_list(companion, &source, error);
    *count = status == ELBOW_OK ? count_of(source) : 0;
    elbow_source_close(source);
    return status;
}

struct integers {
    const struct elbow_companion *companion;
    int64_t *numbers;
};

static enum elbow_status take_integers(void *user, uint64_t first, size_t count, const double *numbers,
                                       struct elbow_error *error)
{
    const struct integers *integers = user;
    for (size_t i = 0; i < count; ++i) {
        if (!(fabs(numbers[i]) < 0x1p63) || numbers[i] != floor(numbers[i]))
            return elbow_error_set(error, ELBOW_DATA, "%s: entry %" PRIu64 " is %.9g, but %s takes whole numbers",
                                   elbow_companion_name(integers->companion).text, first + i, numbers[i],
                                   integers->companion->key);
        integers->numbers[first + i] = (int64_t)numbers[i];
    }
    return ELBOW_OK;
}

enum elbow_status elbow_companion_integers(const struct elbow_companion *companion, int64_t **numbers, uint64_t *count,
                                           struct elbow_error *error)
{
    struct integers integers = {companion, NULL};
    enum elbow_status status = elbow_companion_count(companion, count, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&integers.numbers, *count, sizeof *integers.numbers, companion->key, error);
    if (status == ELBOW_OK)
        status = elbow_companion_read(companion, take_integers, &integers, error);
    *numbers = integers.numbers;
    return status;
}

struct members {
    unsigned found; // bit 0: FALSE is 0; bit 1: TRUE is 1; bit 2: others
};

static enum elbow_status take_member(void *user, int64_t number, const char *name, struct elbow_error *error)
{
    struct members *members = user;
    (void)error;
    if (number == 0 && strcasecmp(name, "false") == 0)
        members->found |= 1;
    else if (number == 1 && strcasecmp(name, "true") == 0)
        members->found |= 2;
    else
        members->found |= 4;
    return ELBOW_OK;
}

bool elbow_companion_is_boolean(const struct elbow_companion *companion)
{
    struct elbow_hdf5 *file = NULL;
    struct elbow_error ignored = {0};
    struct members members = {0};
    const struct elbow_files one = elbow_files_of(&companion->file, &companion->dataset);
    const struct elbow_files *files = companion->files != NULL ? companion->files : &one;
    if (elbow_hdf5_open(files->paths[0], &file, &ignored) != ELBOW_OK)
        return false;
    elbow_hdf5_each_member(file, files->datasets[0], take_member, &members, &ignored);
    elbow_hdf5_close(file, &ignored);
    return ignored.status == ELBOW_OK && members.found == 3;
}

static enum elbow_status refuse_unknown(const struct elbow_companion *companion, uint64_t row,
                                        struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %" PRIu64 " has no value, but data.groups needs one for every row; fill it in, "
                           "or leave data.groups out",
                           elbow_companion_name(companion).text, row);
}

// The source of labels reads all forms of groups: integers, texts, categories.
static enum elbow_status read_groups(const struct elbow_companion *companion, struct elbow_label_files *source,
                                     int64_t *groups, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (uint64_t first = 0; first < source->count && status == ELBOW_OK; first += BLOCK)
        status = elbow_label_files_read(source, first, source->count - first < BLOCK ? source->count - first : BLOCK,
                                        groups + first, error);
    bool is_plain = elbow_label_files_are_plain(source); // then -1 is a number like others
    for (uint64_t row = 0; row < source->count && status == ELBOW_OK && !is_plain; ++row)
        if (groups[row] == ELBOW_LABEL_UNKNOWN)
            status = refuse_unknown(companion, row, error);
    return status;
}

enum elbow_status elbow_companion_groups(const struct elbow_companion *companion, int64_t **groups,
                                         struct elbow_error *error)
{
    struct elbow_label_files *source = NULL;
    enum elbow_status status = elbow_allocate(&source, 1, sizeof *source, "groups of rows", error);
    if (status != ELBOW_OK)
        return status;
    const struct elbow_files one = elbow_files_of(&companion->file, &companion->dataset);
    source->key = companion->key;
    status = elbow_label_files_open(companion->files != NULL ? companion->files : &one, source, error);
    if (status == ELBOW_OK && source->count != companion->rows)
        status = elbow_error_set(error, ELBOW_MISMATCH, "%s: has %s, but %s has %s",
                                 elbow_companion_name(companion).text, elbow_text_count(source->count, "value").text,
                                 companion->rows_name, elbow_text_count(companion->rows, "row").text);
    if (status == ELBOW_OK)
        status = elbow_allocate(groups, companion->rows, sizeof **groups, "groups of rows", error);
    if (status == ELBOW_OK)
        status = read_groups(companion, source, *groups, error);
    elbow_label_files_close(source);
    elbow_release(&source);
    return status;
}

struct weights {
    const struct elbow_companion *companion;
    double *numbers;
};

static enum elbow_status take_weights(void *user, uint64_t first, size_t count, const double *numbers,
                                      struct elbow_error *error)
{
    const struct weights *weights = user;
    bool is_positive = weights->companion->is_positive;
    for (size_t i = 0; i < count; ++i)
        if (!(numbers[i] >= 0 && isfinite(numbers[i])) || (is_positive && numbers[i] == 0))
            return elbow_error_set(error, ELBOW_DATA,
                                   "%s: row %" PRIu64 " holds %.9g, but %s takes finite numbers %s 0",
                                   elbow_companion_name(weights->companion).text, first + i, numbers[i],
                                   weights->companion->key, is_positive ? "above" : "of at least");
    memcpy(weights->numbers + first, numbers, count * sizeof *numbers);
    return ELBOW_OK;
}

static enum elbow_status take_numbers(void *user, uint64_t first, size_t count, const double *numbers,
                                      struct elbow_error *error)
{
    const struct weights *weights = user;
    for (size_t i = 0; i < count; ++i)
        if (isinf(numbers[i]))
            return elbow_error_set(error, ELBOW_DATA, "%s: row %" PRIu64 " holds %g, but %s takes finite numbers",
                                   elbow_companion_name(weights->companion).text, first + i, numbers[i],
                                   weights->companion->key);
    memcpy(weights->numbers + first, numbers, count * sizeof *numbers);
    return ELBOW_OK;
}

// Collective. From rank zero's node to each other one, in blocks.
static enum elbow_status send(struct elbow_comm *comm, uint64_t rows, const struct elbow_shared *shared,
                              struct elbow_error *error)
{
    double *block = NULL;
    struct elbow_place place = elbow_comm_place(comm);
    elbow_allocate(&block, rows < BLOCK ? rows : BLOCK, sizeof *block, "numbers", error);
    if (elbow_comm_agree(comm, error) == ELBOW_OK)
        for (uint64_t first = 0; first < rows; first += BLOCK) {
            size_t bytes = (size_t)(rows - first < BLOCK ? rows - first : BLOCK) * sizeof *block;
            if (place.rank == 0)
                memcpy(block, (const double *)shared->base + first, bytes);
            elbow_comm_broadcast(comm, block, bytes);
            if (place.rank > 0 && (!shared->is_shared || place.node_rank == 0))
                memcpy((double *)shared->base + first, block, bytes);
        }
    elbow_release(&block);
    return elbow_comm_agree(comm, error); // waits until all copies are written
}

// Collective. Rank zero reads the numbers into its node's memory.
static enum elbow_status share(struct elbow_comm *comm, const struct elbow_companion *companion,
                               elbow_companion_take *take, struct elbow_log *log, struct elbow_shared *numbers,
                               struct elbow_error *error)
{
    struct weights weights = {companion, NULL};
    size_t bytes = (size_t)companion->rows * sizeof(double);
    *error = (struct elbow_error){0};
    if (elbow_comm_share(comm, bytes, bytes, companion->key, log, numbers, error) != ELBOW_OK)
        return error->status;
    weights.numbers = numbers->base;
    if (elbow_comm_place(comm).rank == 0)
        elbow_companion_read(companion, take, &weights, error);
    if (elbow_comm_agree_root(comm, error) == ELBOW_OK)
        send(comm, companion->rows, numbers, error);
    return error->status;
}

enum elbow_status elbow_companion_share(struct elbow_comm *comm, const struct elbow_companion *companion,
                                        struct elbow_log *log, struct elbow_shared *numbers, struct elbow_error *error)
{
    return share(comm, companion, take_weights, log, numbers, error);
}

enum elbow_status elbow_companion_share_numbers(struct elbow_comm *comm, const struct elbow_companion *companion,
                                                struct elbow_log *log, struct elbow_shared *numbers,
                                                struct elbow_error *error)
{
    return share(comm, companion, take_numbers, log, numbers, error);
}
