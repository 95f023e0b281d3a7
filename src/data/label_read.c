// SPDX-License-Identifier: BSD-3-Clause
// Reading labels: each stored value becomes an int64_t, or is refused with its row.
#include "elbow/data/detail/label_source.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/texts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Whether one row of the dataset holds all labels.
static bool is_one_row(const struct elbow_label_source *source)
{
    return source->info.shape[0] == 1 && source->count > 1;
}

static enum elbow_status collect_text(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    struct elbow_label_source *source = user;
    (void)place;
    if (text[0] == '\0' || elbow_label_list_find(&source->names, text) != SIZE_MAX)
        return ELBOW_OK;
    if (source->names.count == ELBOW_LABEL_NAMES_MAX)
        return elbow_label_source_full(source, error);
    return elbow_label_list_put(&source->names, text, error);
}

enum elbow_status elbow_label_source_collect(struct elbow_label_source *source, uint64_t first, uint64_t count,
                                             struct elbow_error *error)
{
    if (!source->are_texts || count == 0)
        return ELBOW_OK;
    enum elbow_status status =
        is_one_row(source)
            ? elbow_hdf5_read_texts(source->file, source->values, 0, 1, collect_text, source, error)
            : elbow_hdf5_read_texts(source->file, source->values, first, count, collect_text, source, error);
    for (size_t i = 0; i < source->names.count; ++i)
        source->names.entries[i].label = (int64_t)i;
    elbow_label_source_check_names(source);
    return status;
}

// Texts that become labels.
struct texts {
    const struct elbow_label_source *source;
    int64_t *labels;
};

static enum elbow_status take_text(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    const struct texts *texts = user;
    (void)error;
    size_t found = elbow_label_list_find(&texts->source->names, text);
    texts->labels[place] = found == SIZE_MAX ? ELBOW_LABEL_UNKNOWN : (int64_t)found;
    return ELBOW_OK;
}

static enum elbow_status refuse_number(const struct elbow_label_source *source, uint64_t row, double value,
                                       struct elbow_error *error)
{
    if (source->key != NULL)
        return elbow_error_set(
            error, ELBOW_DATA,
            "%s:%s: row %llu holds %.9g, but %s takes whole numbers or texts, the same for rows that "
            "belong together",
            source->path, source->location, (unsigned long long)row, value, source->key);
    if (fabs(value) >= 0x1p63 && isfinite(value))
        return elbow_error_set(error, ELBOW_DATA,
                               "%s:%s: row %llu holds the label %.17g, but labels go from %lld to %lld; if it marks "
                               "unknown labels, set those to -1",
                               source->path, source->location, (unsigned long long)row, value, (long long)INT64_MIN,
                               (long long)INT64_MAX);
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s:%s: row %llu holds the label %.9g, which is not a whole number; labels are integers, whole floats or texts",
        source->path, source->location, (unsigned long long)row, value);
}

// NaN stands for unknown: pandas has nothing else for a missing value in a column of floats.
static enum elbow_status take_float(struct elbow_label_source *source, uint64_t row, double value, int64_t *label,
                                    struct elbow_error *error)
{
    *label = ELBOW_LABEL_UNKNOWN;
    source->not_numbers += isnan(value);
    if (isnan(value))
        return ELBOW_OK;
    if (!(fabs(value) < 0x1p63) || value != floor(value))
        return refuse_number(source, row, value, error);
    *label = (int64_t)value;
    return ELBOW_OK;
}

// Labels are stored as int64_t: a larger one, such as a fill value of 2^64 - 1, would become a negative one, and
// another class.
static enum elbow_status take_unsigned(const struct elbow_label_source *source, uint64_t row, uint64_t value,
                                       int64_t *label, struct elbow_error *error)
{
    *label = (int64_t)value;
    if (value <= INT64_MAX)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s:%s: row %llu holds the label %llu, but labels go up to %lld; if it marks unknown labels, set those to -1",
        source->path, source->location, (unsigned long long)row, (unsigned long long)value, (long long)INT64_MAX);
}

static enum elbow_status take_number(struct elbow_label_source *source, const void *stored, uint64_t i, uint64_t row,
                                     int64_t *label, struct elbow_error *error)
{
    switch (source->info.element) {
#define LABEL_CASE(name, type, text)                                                                                   \
    case ELBOW_ELEMENT_##name: {                                                                                       \
        type value = ((const type *)stored)[i];                                                                        \
        if ((type)0.5 != 0)                                                                                            \
            return take_float(source, row, (double)value, label, error);                                               \
        if ((type)-1 > (type)0)                                                                                        \
            return take_unsigned(source, row, (uint64_t)value, label, error);                                          \
        *label = (int64_t)value;                                                                                       \
        return ELBOW_OK;                                                                                               \
    }
        ELBOW_ELEMENT_LIST(LABEL_CASE)
#undef LABEL_CASE
    }
    ELBOW_CHECK(!"an element type of the list");
    return ELBOW_FORMAT;
}

// Values that attributes mark as missing are unknown, even if a label could not hold them.
static bool is_missing(const struct elbow_label_source *source, const void *stored, uint64_t i)
{
    switch (source->info.element) {
#define MISSING_CASE(name, type, text)                                                                                 \
    case ELBOW_ELEMENT_##name:                                                                                         \
        return elbow_missing_is(&source->missing, (double)((const type *)stored)[i]);
        ELBOW_ELEMENT_LIST(MISSING_CASE)
#undef MISSING_CASE
    }
    return false;
}

static int by_label(const void *left, const void *right)
{
    const struct elbow_label_entry *a = left, *b = right;
    return (a->label > b->label) - (a->label < b->label);
}

// A code must be that of a category; the category with the empty text is unknown.
static enum elbow_status check_code(const struct elbow_label_source *source, uint64_t row, int64_t *label,
                                    struct elbow_error *error)
{
    if (*label == ELBOW_LABEL_UNKNOWN)
        return ELBOW_OK;
    if (*label < 0 || (uint64_t)*label >= source->category_count)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s:%s: row %llu holds the code %lld, but there are %llu categories (%s)", source->path,
                               source->values, (unsigned long long)row, (long long)*label,
                               (unsigned long long)source->category_count, source->categories);
    if (source->names.count == source->category_count)
        return ELBOW_OK;
    const struct elbow_label_entry code = {.label = *label};
    if (source->names.count == 0 ||
        bsearch(&code, source->names.entries, source->names.count, sizeof code, by_label) == NULL)
        *label = ELBOW_LABEL_UNKNOWN;
    return ELBOW_OK;
}

// Reads `rows` rows of the dataset from `row` on, which hold `count` labels from `first` on.
static enum elbow_status read_numbers(struct elbow_label_source *source, uint64_t row, uint64_t rows, uint64_t first,
                                      uint64_t count, int64_t *labels, struct elbow_error *error)
{
    void *stored = NULL;
    bool has_rules = elbow_missing_has_rules(&source->missing);
    enum elbow_status status =
        elbow_allocate(&stored, count, elbow_element_size(source->info.element), "labels", error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_rows(source->file, source->values, row, rows, stored, error);
    for (uint64_t i = 0; i < count && status == ELBOW_OK; ++i) {
        labels[i] = ELBOW_LABEL_UNKNOWN;
        if (has_rules && is_missing(source, stored, i))
            continue;
        status = take_number(source, stored, i, first + i, &labels[i], error);
        if (status == ELBOW_OK && source->categories[0] != '\0')
            status = check_code(source, first + i, &labels[i], error);
    }
    elbow_release(&stored);
    return status;
}

static enum elbow_status read_rows(struct elbow_label_source *source, uint64_t row, uint64_t rows, uint64_t first,
                                   uint64_t count, int64_t *labels, struct elbow_error *error)
{
    struct texts texts = {source, labels};
    if (!source->are_texts)
        return read_numbers(source, row, rows, first, count, labels, error);
    return elbow_hdf5_read_texts(source->file, source->values, row, rows, take_text, &texts, error);
}

static enum elbow_status read_row(struct elbow_label_source *source, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(&source->row, source->count, sizeof *source->row, "labels", error);
    return status == ELBOW_OK ? read_rows(source, 0, 1, 0, source->count, source->row, error) : status;
}

// Labels that the mask hides are unknown.
static enum elbow_status apply_mask(struct elbow_label_source *source, uint64_t first, uint64_t count, int64_t *labels,
                                    struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    void *stored = NULL;
    float *hidden = NULL;
    enum elbow_status status = elbow_hdf5_describe_dataset(source->file, source->mask, &info, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&stored, count, elbow_element_size(info.element), "a mask", error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&hidden, count, sizeof *hidden, "a mask", error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_rows(source->file, source->mask, first, count, stored, error);
    if (status == ELBOW_OK)
        elbow_element_convert(info.element, stored, count, 1, 0, hidden);
    for (uint64_t i = 0; i < count && status == ELBOW_OK; ++i)
        labels[i] = hidden[i] != 0 ? ELBOW_LABEL_UNKNOWN : labels[i];
    elbow_release(&stored);
    elbow_release(&hidden);
    return status;
}

enum elbow_status elbow_label_source_read(struct elbow_label_source *source, uint64_t first, uint64_t count,
                                          int64_t *labels, struct elbow_error *error)
{
    ELBOW_CHECK(first <= source->count && count <= source->count - first);
    enum elbow_status status = ELBOW_OK;
    if (count == 0)
        return ELBOW_OK;
    if (!is_one_row(source)) {
        status = read_rows(source, first, count, first, count, labels, error);
    } else {
        status = source->row == NULL ? read_row(source, error) : ELBOW_OK;
        if (status == ELBOW_OK)
            memcpy(labels, source->row + first, count * sizeof *labels);
    }
    return status == ELBOW_OK && source->mask[0] != '\0' ? apply_mask(source, first, count, labels, error) : status;
}
