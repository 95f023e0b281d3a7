// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: which of its values are known. NaN, values that attributes mark, and values that a mask excludes
// are recorded in one bit per value; the values themselves become 0 in memory, so that all code sees numbers.
#include "elbow/data/detail/row_reader.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/parallel/collectives.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static enum elbow_status refuse_sparse(const struct elbow_loading *loading, struct elbow_error *error)
{
    const char *key = loading->request->mask.dataset != NULL ? loading->request->mask.key : "data.missing";
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s: has sparse rows, in which no value can be missing: a value that is not stored is zero; "
                           "remove %s, or store dense rows",
                           loading->dataset->name, key);
}

// "60000 x 28 x 28"
static void describe_shape(const struct elbow_hdf5_info *info, char *text, size_t size)
{
    *text = 0;
    for (int i = 0; i < info->rank; ++i) {
        size_t length = strlen(text);
        snprintf(text + length, size - length, "%s%" PRIu64, i > 0 ? " x " : "", info->shape[i]);
    }
}

// Before the selection: the mask must have the shape of the stored rows.
static enum elbow_status check_shape(const struct elbow_companion *companion, const struct elbow_hdf5_info *rows,
                                     const char *rows_name, const struct elbow_hdf5_info *mask,
                                     struct elbow_error *error)
{
    char shape[200], wanted[200];
    if (mask->rank == rows->rank && memcmp(mask->shape, rows->shape, (size_t)rows->rank * sizeof *rows->shape) == 0)
        return ELBOW_OK;
    describe_shape(mask, shape, sizeof shape);
    describe_shape(rows, wanted, sizeof wanted);
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: is %s, but %s is %s; %s must have the shape of the rows, with 1 for each known value "
                           "and 0 for each missing one",
                           elbow_companion_name(companion).text, shape, rows_name, wanted, companion->key);
}

static enum elbow_status open_mask(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    const struct elbow_companion *companion = &request->mask;
    const struct elbow_files one = elbow_files_of(&companion->file, &companion->dataset);
    const struct elbow_source_request wanted = {.files = companion->files != NULL ? companion->files : &one,
                                                .transpose = request->transpose,
                                                .columns = request->columns,
                                                .steady = loading->dataset->steady};
    enum elbow_status status = elbow_source_open(&wanted, &loading->mask, error);
    if (status == ELBOW_OK)
        status = check_shape(companion, &loading->stored, loading->dataset->name, &loading->mask->info, error);
    return status == ELBOW_OK ? elbow_source_check(loading->mask, error) : status;
}

// For transposed datasets, all chunks must exist.
static enum elbow_status open_written(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_source_request wanted = {.files = loading->files,
                                                .columns = loading->request->columns,
                                                .rows = loading->file_rows,
                                                .steady = loading->dataset->steady,
                                                .shows_written = true};
    return elbow_source_open(&wanted, &loading->written, error);
}

enum elbow_status elbow_loading_open_mask(struct elbow_loading *loading, int time_axis, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    const struct elbow_selection *selection = &loading->dataset->selection;
    enum elbow_status status = ELBOW_OK;
    if (request->missing == ELBOW_MISSING_REFUSE && request->mask.dataset == NULL)
        return ELBOW_OK;
    if (loading->source->is_sparse)
        return refuse_sparse(loading, error);
    if (request->mask.dataset != NULL)
        status = open_mask(loading, error);
    if (status == ELBOW_OK && elbow_loading_takes_fill(loading) && !request->transpose)
        status = open_written(loading, error);
    struct elbow_source **masks[] = {&loading->mask, &loading->written};
    for (size_t i = 0; i < sizeof masks / sizeof *masks && status == ELBOW_OK; ++i)
        if (*masks[i] != NULL && !elbow_selection_is_identity(selection))
            status = elbow_source_select(masks[i], selection, time_axis, error);
    return status;
}

enum elbow_status elbow_loading_share_known(struct elbow_loading *loading, struct elbow_log *log,
                                            struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    size_t bytes = (size_t)dataset->samples * elbow_rows_known_row_bytes(dataset);
    if (!elbow_loading_may_miss(loading))
        return ELBOW_OK;
    return elbow_comm_share(loading->comm, bytes, bytes, "the mask of known values", log, &dataset->known, error);
}

// The bytes of a row of a mask; 0 without a mask.
static size_t row_bytes_of(const struct elbow_loading *loading, const struct elbow_source *mask)
{
    return mask != NULL ? loading->dataset->values * elbow_element_size(mask->info.element) : 0;
}

uint64_t elbow_loading_marks_bytes(const struct elbow_loading *loading, uint64_t rows)
{
    uint64_t of_mask = row_bytes_of(loading, loading->mask), of_written = row_bytes_of(loading, loading->written);
    return rows * (of_mask + of_written) + (of_mask > of_written ? of_mask : of_written);
}

enum elbow_status elbow_loading_marks_create(const struct elbow_loading *loading, uint64_t rows_max,
                                             struct elbow_loading_marks *marks, struct elbow_error *error)
{
    size_t of_mask = row_bytes_of(loading, loading->mask), of_written = row_bytes_of(loading, loading->written);
    size_t row = of_mask > of_written ? of_mask : of_written;
    enum elbow_status status = ELBOW_OK;
    *marks = (struct elbow_loading_marks){.rows_max = rows_max};
    if (of_mask > 0)
        status = elbow_allocate(&marks->mask, rows_max, of_mask, "a block of the mask", error);
    if (status == ELBOW_OK && of_written > 0)
        status = elbow_allocate(&marks->written, rows_max, of_written, "a block of the mask", error);
    return status == ELBOW_OK && row > 0 ? elbow_allocate(&marks->row, 1, row, "a row of the mask", error) : status;
}

void elbow_loading_marks_destroy(struct elbow_loading_marks *marks)
{
    elbow_release(&marks->mask);
    elbow_release(&marks->written);
    elbow_release(&marks->row);
}

static enum elbow_status refuse_mask(const struct elbow_loading *loading, uint64_t row, size_t at, double value,
                                     struct elbow_error *error)
{
    const struct elbow_companion *companion = &loading->request->mask;
    struct elbow_source_spot spot = elbow_source_locate(loading->mask, row, elbow_loading_number(loading, at));
    return elbow_error_set(error, ELBOW_DATA,
                           "%s:%s: row %" PRIu64 " holds %.9g (at index %" PRIu64
                           "), but %s must be 1 for a known value and 0 for a missing one",
                           spot.file, spot.dataset, spot.row, value, spot.number, companion->key);
}

// The input for marking a block: values and, if there is a mask, its numbers.
struct looked {
    const struct elbow_loading *loading;
    struct elbow_row_block *block;
    const void *mask;
    const unsigned char *written;
    enum elbow_element mask_element;
};

// A value is missing, known, or neither: NO_MASK if the mask is not 0 or 1, UNUSABLE for a bad value.
enum found { MISSING, KNOWN, NO_MASK, UNUSABLE };

static enum found look(const struct looked *looked, size_t number, double *value)
{
    const struct elbow_loading *loading = looked->loading;
    const struct elbow_dataset *dataset = loading->dataset;
    double mask = looked->mask != NULL ? elbow_element_at(looked->mask_element, looked->mask, number) : 1;
    if (mask != 0 && mask != 1)
        return NO_MASK;
    *value = elbow_element_at(dataset->element, looked->block->values, number);
    bool is_there = looked->written == NULL || looked->written[number] != 0;
    if (mask == 0 || !is_there || (elbow_loading_takes_nan(loading) && isnan(*value)) ||
        (elbow_loading_takes_fill(loading) && elbow_missing_is(&dataset->missing, *value)))
        return MISSING;
    return isfinite(*value) || elbow_missing_is(&dataset->missing, *value) ? KNOWN : UNUSABLE;
}

static enum elbow_status mark_row(const struct looked *looked, uint64_t row, struct elbow_error *error)
{
    const struct elbow_loading *loading = looked->loading;
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_row_block *block = looked->block;
    size_t values = dataset->values, size = elbow_element_size(dataset->element), bytes = (values + 7) / 8;
    unsigned char *bits = block->known + row * bytes;
    memset(bits, 0, bytes);
    for (size_t i = 0; i < values; ++i) {
        size_t number = row * values + i;
        double value = NAN;
        enum found found = look(looked, number, &value);
        if (found == NO_MASK)
            return refuse_mask(loading, block->first + row, i,
                               elbow_element_at(looked->mask_element, looked->mask, number), error);
        if (found == UNUSABLE)
            return elbow_loading_refuse_infinite(loading, block->first + row, elbow_loading_number(loading, i), error);
        if (found == MISSING) {
            memset((char *)block->values + number * size, 0, size);
            continue;
        }
        bits[i / 8] = (unsigned char)(bits[i / 8] | 1U << i % 8);
        block->min = fmin(block->min, value); // a NaN that is refused later is none
        block->max = fmax(block->max, value);
    }
    return ELBOW_OK;
}

// Reads rows of a mask, if there is one, in the layout of the values in memory.
static enum elbow_status read_mask(const struct elbow_loading *loading, struct elbow_source *mask, uint64_t first,
                                   uint64_t count, void *rows, void *row, struct elbow_error *error)
{
    enum elbow_status status = mask != NULL ? elbow_source_read(mask, first, count, rows, error) : ELBOW_OK;
    if (status == ELBOW_OK && mask != NULL && loading->channels > 0)
        elbow_loading_turn(loading, mask->info.element, rows, count, row);
    return status;
}

enum elbow_status elbow_loading_mark(const struct elbow_loading *loading, const struct elbow_loading_marks *marks,
                                     struct elbow_row_block *block, struct elbow_error *error)
{
    uint64_t first = block->first, count = block->count;
    ELBOW_CHECK(count <= marks->rows_max && block->known != NULL);
    struct looked looked = {.loading = loading, .block = block, .mask = marks->mask, .written = marks->written};
    enum elbow_status status = read_mask(loading, loading->mask, first, count, marks->mask, marks->row, error);
    if (status == ELBOW_OK)
        status = read_mask(loading, loading->written, first, count, marks->written, marks->row, error);
    if (loading->mask != NULL)
        looked.mask_element = loading->mask->info.element;
    for (uint64_t row = 0; row < count && status == ELBOW_OK; ++row)
        status = mark_row(&looked, row, error);
    return status;
}

// The number of values that are known in no sample. The search ends as soon as each value was known once.
static size_t count_never(const struct elbow_dataset *dataset)
{
    size_t never = 0;
    for (size_t i = 0; i < dataset->values; ++i) {
        uint64_t row = 0;
        while (row < dataset->samples && !elbow_rows_knows(dataset, row, i))
            ++row;
        never += row == dataset->samples;
    }
    return never;
}

enum elbow_status elbow_loading_settle_known(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    if (!elbow_dataset_has_known(dataset))
        return ELBOW_OK;
    dataset->unknown = dataset->looked * dataset->values - loading->figures.known;
    dataset->news.empty = loading->figures.empty;
    if (loading->figures.known == 0)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: all values are missing, so there is nothing to train on or to evaluate; give other "
                               "rows, or another data.missing or data.mask",
                               dataset->name);
    if (dataset->pages != NULL || dataset->sample.count > 0)
        return ELBOW_OK; // rows outside the sample may have missing values
    if (dataset->unknown == 0)
        elbow_comm_unshare(loading->comm, &dataset->known);
    else
        dataset->news.never = count_never(dataset);
    return ELBOW_OK;
}
