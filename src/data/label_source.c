// SPDX-License-Identifier: BSD-3-Clause
// Labels in a file. Their form is determined once: a dataset of numbers or texts, and with it the names of its codes,
// or a mask.
#include "elbow/data/detail/label_source.h"

#include "elbow/base/mask.h"
#include "elbow/base/memory.h"
#include "elbow/data/detail/texts.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOKED_AT = 64, WIDTH_MAX = 4096 }; // rows and columns that are searched for a one-hot matrix
enum { FLAGS_BYTES_MAX = 1 << 16 };        // of an attribute
enum { SHORTEST_DIGITS = 9 };              // of a name: enough to distinguish all 32-bit floats
static const char BLANKS[] = " \t\r\n";

static bool is_dataset(struct elbow_label_source *source, const char *name)
{
    enum elbow_hdf5_kind kind = elbow_hdf5_kind_of(source->file, name);
    return kind == ELBOW_HDF5_TEXTS || kind == ELBOW_HDF5_VALUES;
}

// Whether a group has both datasets; sets their names.
static bool has_pair(struct elbow_label_source *source, const char *first, const char *second, elbow_path first_name,
                     elbow_path second_name)
{
    return elbow_text_format(first_name, ELBOW_PATH_SIZE, "%s/%s", source->location, first) &&
           elbow_text_format(second_name, ELBOW_PATH_SIZE, "%s/%s", source->location, second) &&
           is_dataset(source, first_name) && is_dataset(source, second_name);
}

// A group of AnnData: categories and their codes (the categories may be a group of values and mask, too), or values
// with a mask.
static enum elbow_status resolve_group(struct elbow_label_source *source, struct elbow_error *error)
{
    if (has_pair(source, "codes", "categories", source->values, source->categories) ||
        has_pair(source, "codes", "categories/values", source->values, source->categories))
        return ELBOW_OK;
    source->categories[0] = '\0';
    if (has_pair(source, "values", "mask", source->values, source->mask))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s:%s: is a group, but not one of labels (codes and categories, or values and mask, as "
                           "AnnData writes them); name a dataset, or such a group",
                           source->path, source->location);
}

// A dataset. Its categories are in the same group if it is the codes of a group, or in the object to which its
// attribute refers (AnnData before 0.8).
static bool resolve_dataset(struct elbow_label_source *source)
{
    static const char CODES[] = "/codes";
    size_t length = strlen(source->location), ending = sizeof CODES - 1;
    if (!elbow_text_format(source->values, sizeof source->values, "%s", source->location))
        return false;
    if (length > ending && strcmp(source->location + length - ending, CODES) == 0 &&
        elbow_text_format(source->categories, sizeof source->categories, "%.*s/categories", (int)(length - ending),
                          source->location) &&
        is_dataset(source, source->categories))
        return true;
    if (!elbow_hdf5_read_reference(source->file, source->location, "categories", source->categories) ||
        !is_dataset(source, source->categories))
        source->categories[0] = '\0';
    return true;
}

static enum elbow_status resolve(struct elbow_label_source *source, struct elbow_error *error)
{
    if (elbow_hdf5_kind_of(source->file, source->location) == ELBOW_HDF5_GROUP)
        return resolve_group(source, error);
    if (!resolve_dataset(source))
        return elbow_error_set(error, ELBOW_FORMAT, "%.200s...: the name is too long", source->location);
    return ELBOW_OK;
}

static void describe_shape(const struct elbow_hdf5_info *info, char *text, size_t size)
{
    size_t length = 0;
    elbow_text_format(text, size, "one value");
    for (int i = 0; i < info->rank && length < size; ++i)
        length += (size_t)snprintf(text + length, size - length, "%s%llu", i == 0 ? "" : " x ",
                                   (unsigned long long)info->shape[i]);
}

// Whether each of the first rows is a 1 among zeros.
static bool is_one_hot(struct elbow_label_source *source)
{
    const struct elbow_hdf5_info *info = &source->info;
    uint64_t width = elbow_hdf5_row_values(info), rows = info->shape[0] < LOOKED_AT ? info->shape[0] : LOOKED_AT;
    void *stored = NULL;
    float *values = NULL;
    bool is_so = info->rank == 2 && !source->are_texts && width <= WIDTH_MAX && rows > 0 &&
                 elbow_allocate(&stored, rows * width, elbow_element_size(info->element), "labels", NULL) == ELBOW_OK &&
                 elbow_allocate(&values, rows * width, sizeof *values, "labels", NULL) == ELBOW_OK &&
                 elbow_hdf5_read_rows(source->file, source->values, 0, rows, stored, NULL) == ELBOW_OK;
    if (is_so)
        elbow_element_convert(info->element, stored, rows * width, 1, 0, values);
    for (uint64_t row = 0; is_so && row < rows; ++row) {
        uint64_t ones = 0;
        for (uint64_t i = 0; i < width && is_so; ++i) {
            float value = values[row * width + i];
            is_so = value == 0 || value == 1;
            ones += value == 1;
        }
        is_so = is_so && ones == 1;
    }
    elbow_release(&stored);
    elbow_release(&values);
    return is_so;
}

// Labels are a list; axes of length one are ignored: (N), (N, 1), (1, N).
static enum elbow_status count_labels(struct elbow_label_source *source, struct elbow_error *error)
{
    const struct elbow_hdf5_info *info = &source->info;
    int wide = 0;
    source->count = 1;
    for (int i = 0; i < info->rank; ++i) {
        wide += info->shape[i] != 1;
        source->count = info->shape[i] == 1 ? source->count : info->shape[i];
    }
    if (info->rank >= 1 && wide <= 1 && source->count >> 48 == 0)
        return ELBOW_OK;
    char shape[200];
    describe_shape(info, shape, sizeof shape);
    if (source->key != NULL)
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: %s takes one whole number or text per row, but this has the shape %s",
                               source->path, source->location, source->key, shape);
    if (info->rank == 2 && is_one_hot(source))
        return elbow_error_set(error, ELBOW_FORMAT,
                               "%s:%s: is one-hot (%s), but labels are one integer or text per sample; make a dataset "
                               "of them in Python: f[\"labels\"] = f[\"%s\"][:].argmax(axis=1)",
                               source->path, source->location, shape, source->values);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s:%s: labels are one integer or text per sample, but this has the shape %s", source->path,
                           source->location, shape);
}

// The companion of the labels must be a list.
static enum elbow_status check_list(const struct elbow_label_source *source, const char *name,
                                    const struct elbow_hdf5_info *info, struct elbow_error *error)
{
    if (info->rank == 1)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "%s:%s: has %d dimensions, a list was expected", source->path, name,
                           info->rank);
}

enum elbow_status elbow_label_source_full(const struct elbow_label_source *source, struct elbow_error *error)
{
    if (source->key != NULL)
        return elbow_error_set(
            error, ELBOW_FORMAT,
            "%s:%s: holds more than %d different texts, but %s is for rows that belong together; number them instead",
            source->path, source->location, ELBOW_LABEL_NAMES_MAX, source->key);
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%s:%s: holds more than %d different names; labels are names of classes, not of samples",
                           source->path, source->location, ELBOW_LABEL_NAMES_MAX);
}

static enum elbow_status add_name(struct elbow_label_source *source, int64_t label, const char *name,
                                  struct elbow_error *error)
{
    if (source->names.count == ELBOW_LABEL_NAMES_MAX)
        return elbow_label_source_full(source, error);
    return elbow_label_list_add(&source->names, label, name, error);
}

static enum elbow_status take_member(void *user, int64_t value, const char *name, struct elbow_error *error)
{
    return add_name(user, value, name, error);
}

// The empty text does not name a class.
static enum elbow_status take_category(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    return text[0] == '\0' ? ELBOW_OK : add_name(user, (int64_t)place, text, error);
}

// As short as possible, but so that no two numbers share a name.
static void name_float(double value, char *name, size_t size)
{
    for (int digits = SHORTEST_DIGITS; digits <= DBL_DECIMAL_DIG; ++digits) {
        elbow_text_format(name, size, "%.*g", digits, value);
        if (isnan(value) || strtod(name, NULL) == value)
            return;
    }
}

// Categories that are numbers have these numbers as names.
static enum elbow_status name_numbers(struct elbow_label_source *source, const struct elbow_hdf5_info *info,
                                      struct elbow_error *error)
{
    void *stored = NULL;
    uint64_t count = info->shape[0] < ELBOW_LABEL_NAMES_MAX + 1 ? info->shape[0] : ELBOW_LABEL_NAMES_MAX + 1;
    enum elbow_status status = elbow_allocate(&stored, count, elbow_element_size(info->element), "categories", error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_rows(source->file, source->categories, 0, count, stored, error);
    for (uint64_t i = 0; i < count && status == ELBOW_OK; ++i) {
        char name[64];
        switch (info->element) {
#define NAME_CASE(name_, type, text)                                                                                   \
    case ELBOW_ELEMENT_##name_:                                                                                        \
        if (elbow_element_is_float(info->element))                                                                     \
            name_float((double)((const type *)stored)[i], name, sizeof name);                                          \
        else if ((type)-1 > (type)0)                                                                                   \
            elbow_text_format(name, sizeof name, "%llu", (unsigned long long)((const type *)stored)[i]);               \
        else                                                                                                           \
            elbow_text_format(name, sizeof name, "%lld", (long long)((const type *)stored)[i]);                        \
        break;
            ELBOW_ELEMENT_LIST(NAME_CASE)
#undef NAME_CASE
        }
        status = add_name(source, (int64_t)i, name, error);
    }
    elbow_release(&stored);
    return status;
}

static enum elbow_status read_categories(struct elbow_label_source *source, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    bool are_texts = elbow_hdf5_kind_of(source->file, source->categories) == ELBOW_HDF5_TEXTS;
    enum elbow_status status = are_texts ? elbow_hdf5_describe_texts(source->file, source->categories, &info, error)
                                         : elbow_hdf5_describe_dataset(source->file, source->categories, &info, error);
    if (status == ELBOW_OK)
        status = check_list(source, source->categories, &info, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_check_storage(source->file, source->categories, error);
    if (status != ELBOW_OK)
        return status;
    source->category_count = info.shape[0];
    if (!are_texts)
        return name_numbers(source, &info, error);
    return elbow_hdf5_read_texts(source->file, source->categories, 0, info.shape[0], take_category, source, error);
}

static enum elbow_status check_mask(struct elbow_label_source *source, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_describe_dataset(source->file, source->mask, &info, error);
    if (status == ELBOW_OK)
        status = check_list(source, source->mask, &info, error);
    if (status == ELBOW_OK && info.shape[0] != source->count)
        status = elbow_error_set(error, ELBOW_MISMATCH, "%s:%s: has %llu values for %llu labels", source->path,
                                 source->mask, (unsigned long long)info.shape[0], (unsigned long long)source->count);
    return status == ELBOW_OK ? elbow_hdf5_check_storage(source->file, source->mask, error) : status;
}

// Reads the attributes of numbers: whether they are unsigned, and which of them are missing.
static enum elbow_status read_attributes(struct elbow_label_source *source, struct elbow_error *error)
{
    struct elbow_packing packing;
    enum elbow_status status = elbow_packing_read(source->file, source->values, source->info.element, &packing, error);
    if (status != ELBOW_OK)
        return status;
    source->info.element = packing.element;
    source->missing = packing.missing;
    if (packing.factor.value != 1 || packing.offset.value != 0)
        elbow_text_format(source->doubt, sizeof source->doubt,
                          " has attributes of scaling (%.120s), which are not used: numbers are used as stored",
                          packing.said);
    return ELBOW_OK;
}

// The words of a text of flags, as names of these labels, one each.
static enum elbow_status take_flags(struct elbow_label_source *source, char *meanings, const int64_t *labels,
                                    size_t count, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    char *rest = NULL, *word = strtok_r(meanings, BLANKS, &rest);
    for (size_t i = 0; i < count && word != NULL && status == ELBOW_OK; ++i, word = strtok_r(NULL, BLANKS, &rest))
        status = add_name(source, labels[i], word, error);
    return status;
}

static size_t count_words(const char *text)
{
    size_t count = 0;
    for (text += strspn(text, BLANKS); *text != '\0'; text += strspn(text, BLANKS), ++count)
        text += strcspn(text, BLANKS);
    return count;
}

// Names as in the CF conventions: the attributes flag_values and flag_meanings. If they do not match, there are no
// names.
static enum elbow_status read_flags(struct elbow_label_source *source, struct elbow_error *error)
{
    bool has_values = false, has_meanings = false;
    char *meanings = NULL;
    int64_t *labels = NULL;
    enum elbow_status status =
        elbow_hdf5_find_attribute(source->file, source->values, "flag_values", &has_values, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_find_attribute(source->file, source->values, "flag_meanings", &has_meanings, error);
    if (status != ELBOW_OK || !has_values || !has_meanings ||
        elbow_hdf5_read_text(source->file, source->values, "flag_meanings", FLAGS_BYTES_MAX, &meanings, NULL) !=
            ELBOW_OK)
        return status;
    size_t count = count_words(meanings);
    struct elbow_hdf5_attribute values;
    if (elbow_hdf5_describe_attribute(source->file, source->values, "flag_values", &values, NULL) == ELBOW_OK &&
        values.count != count)
        elbow_text_format(source->doubt, sizeof source->doubt,
                          " gets no names: flag_meanings has %s, and flag_values %s",
                          elbow_text_count(count, "word").text, elbow_text_count(values.count, "value").text);
    status = elbow_allocate(&labels, count, sizeof *labels, "names of labels", error);
    if (status == ELBOW_OK &&
        elbow_hdf5_read_integers(source->file, source->values, "flag_values", labels, count, NULL) == ELBOW_OK)
        status = take_flags(source, meanings, labels, count, error);
    elbow_release(&labels);
    elbow_release(&meanings);
    return status;
}

static bool is_utf8(const char *text)
{
    uint32_t character;
    size_t length;
    while ((length = elbow_mask_read(text, &character)) > 0)
        text += length;
    return *text == '\0';
}

// Bytes that are not valid UTF-8 look different in each table.
void elbow_label_source_check_names(struct elbow_label_source *source)
{
    for (size_t i = 0; i < source->names.count; ++i) {
        if (is_utf8(source->names.entries[i].name))
            continue;
        elbow_text_format(source->doubt, sizeof source->doubt,
                          ": the name %.60s is not valid UTF-8, and is shown with ? for the invalid bytes; if it is "
                          "Latin-1, write the texts again in Python, as [t.decode(\"latin-1\") for t in f[NAME][:]]",
                          source->names.entries[i].name);
        return;
    }
}

static enum elbow_status find_out(struct elbow_label_source *source, struct elbow_error *error)
{
    enum elbow_status status = resolve(source, error);
    if (status != ELBOW_OK)
        return status;
    source->are_texts = elbow_hdf5_kind_of(source->file, source->values) == ELBOW_HDF5_TEXTS;
    status = source->are_texts ? elbow_hdf5_describe_texts(source->file, source->values, &source->info, error)
                               : elbow_hdf5_describe_dataset(source->file, source->values, &source->info, error);
    if (status == ELBOW_OK)
        status = count_labels(source, error);
    if (status == ELBOW_OK && source->mask[0] != '\0')
        status = check_mask(source, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_check_storage(source->file, source->values, error);
    if (status == ELBOW_OK && !source->are_texts)
        status = read_attributes(source, error);
    if (status != ELBOW_OK || source->are_texts)
        return status;
    bool has_categories = source->categories[0] != '\0';
    status = has_categories ? read_categories(source, error)
                            : elbow_hdf5_each_member(source->file, source->values, take_member, source, error);
    elbow_label_source_check_names(source);
    if (has_categories)
        return status;
    if (status == ELBOW_OK && source->names.count == 0)
        status = read_flags(source, error);
    elbow_label_list_sort(&source->names);
    return status;
}

enum elbow_status elbow_label_source_open_as(const char *key, const char *path, const char *location,
                                             struct elbow_label_source *source, struct elbow_error *error)
{
    *source = (struct elbow_label_source){.path = path, .location = location, .key = key};
    enum elbow_status status = elbow_hdf5_open(path, &source->file, error);
    return status == ELBOW_OK ? find_out(source, error) : status;
}

enum elbow_status elbow_label_source_open(const char *path, const char *location, struct elbow_label_source *source,
                                          struct elbow_error *error)
{
    return elbow_label_source_open_as(NULL, path, location, source, error);
}

bool elbow_label_source_is_plain(const struct elbow_label_source *source)
{
    return !source->are_texts && source->names.count == 0 && source->categories[0] == '\0' && source->mask[0] == '\0' &&
           source->not_numbers == 0 && !elbow_missing_has_rules(&source->missing);
}

void elbow_label_source_close(struct elbow_label_source *source)
{
    elbow_hdf5_close(source->file, NULL);
    elbow_label_list_clear(&source->names);
    elbow_release(&source->row);
    *source = (struct elbow_label_source){0};
}
