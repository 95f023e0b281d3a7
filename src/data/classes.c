// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/data/classes.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/detail/conditions.h"
#include "elbow/math/hash.h"
#include "elbow/math/permutation.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_NAME_SIZE = 1024 };

static const char VARIABLE[] = "class";

size_t elbow_classes_count(const struct elbow_conditions *names)
{
    return names->count > 0 ? names->width : 0;
}

const char *elbow_class_name(const struct elbow_conditions *names, size_t number)
{
    return elbow_condition_class(names, 0, number);
}

// The place of a label, or the place where it would be inserted.
static size_t place_of(const struct elbow_classes *classes, int64_t label)
{
    size_t low = 0, high = classes->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (classes->labels[middle].label < label)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct elbow_classes *classes, size_t place, int64_t label)
{
    return place < classes->count && classes->labels[place].label == label;
}

int64_t elbow_class_of(const struct elbow_classes *classes, int64_t label)
{
    size_t place = place_of(classes, label);
    return label != ELBOW_LABEL_UNKNOWN && is_at(classes, place, label) ? classes->labels[place].number : -1;
}

static enum elbow_status count_row(const struct elbow_classes_request *request, uint64_t row,
                                   struct elbow_classes *classes, struct elbow_error *error)
{
    int64_t label = request->labels[row];
    size_t place = place_of(classes, label);
    if (is_at(classes, place, label)) {
        classes->labels[place].rows += 1;
        return ELBOW_OK;
    }
    if (classes->count == ELBOW_CLASSES_MAX)
        return elbow_error_set(error, ELBOW_DATA,
                               "%s: has more than %d different labels, too many classes for a classifier",
                               request->name, ELBOW_CLASSES_MAX);
    memmove(classes->labels + place + 1, classes->labels + place, (classes->count - place) * sizeof *classes->labels);
    classes->labels[place] = (struct elbow_class_label){.label = label, .number = -1, .rows = 1, .first = row};
    classes->count += 1;
    return ELBOW_OK;
}

static void name_label(const struct elbow_classes_request *request, int64_t label, char name[CLASS_NAME_SIZE])
{
    const char *given = elbow_label_name(request->names, label);
    if (given != NULL)
        elbow_text_format(name, CLASS_NAME_SIZE, "%s", given);
    else
        elbow_text_format(name, CLASS_NAME_SIZE, "%" PRId64, label);
}

// New classes, one for each label.
static enum elbow_status name_classes(const struct elbow_classes_request *request, struct elbow_classes *classes,
                                      struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    if (classes->count < 2)
        return elbow_error_set(
            error, ELBOW_DATA, "%s: %s; a classifier needs rows of at least two classes (model.classifier)",
            request->name, classes->count == 0 ? "no training row has a label" : "all labels are the same");
    elbow_conditions_add(&classes->names, VARIABLE);
    for (size_t i = 0; i < classes->count && status == ELBOW_OK; ++i) {
        char name[CLASS_NAME_SIZE];
        name_label(request, classes->labels[i].label, name);
        classes->labels[i].number = (int64_t)i;
        status = elbow_conditions_add_class(&classes->names, name, error);
    }
    elbow_conditions_place(&classes->names);
    return status;
}

static enum elbow_status take_known(const struct elbow_classes_request *request, struct elbow_classes *classes,
                                    struct elbow_error *error)
{
    enum elbow_status status = elbow_conditions_copy(request->known, &classes->names, error);
    for (size_t i = 0; i < classes->count && status == ELBOW_OK; ++i) {
        char name[CLASS_NAME_SIZE];
        name_label(request, classes->labels[i].label, name);
        size_t number = elbow_condition_find_class(&classes->names, 0, name);
        classes->labels[i].number = number == SIZE_MAX ? -1 : (int64_t)number;
    }
    return status;
}

enum elbow_status elbow_classes_find(const struct elbow_classes_request *request, struct elbow_classes *classes,
                                     struct elbow_error *error)
{
    uint64_t stored = request->labels != NULL ? request->selection->stored : 0;
    *classes = (struct elbow_classes){0};
    enum elbow_status status =
        elbow_allocate(&classes->labels, ELBOW_CLASSES_MAX, sizeof *classes->labels, "classes", error);
    for (uint64_t row = 0; row < stored && status == ELBOW_OK; ++row)
        if (request->labels[row] != ELBOW_LABEL_UNKNOWN && elbow_selection_has(request->selection, row))
            status = count_row(request, row, classes, error);
    if (status != ELBOW_OK)
        return status;
    return request->known != NULL ? take_known(request, classes, error) : name_classes(request, classes, error);
}

static int compare(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

uint64_t elbow_classes_share(const struct elbow_classes *classes, size_t number, uint64_t wanted)
{
    return wanted / classes->count + (number < wanted % classes->count);
}

static enum elbow_status check_draw(const struct elbow_classes_request *request, const struct elbow_classes *classes,
                                    uint64_t wanted, struct elbow_error *error)
{
    if (wanted < classes->count)
        return elbow_error_set(error, ELBOW_DATA,
                               "data.labelled: %" PRIu64
                               " rows are fewer than the %zu classes of %s; set it to %zu or more",
                               wanted, classes->count, request->name, classes->count);
    for (size_t i = 0; i < classes->count; ++i) {
        uint64_t share = elbow_classes_share(classes, i, wanted), rows = classes->labels[i].rows;
        char name[CLASS_NAME_SIZE];
        if (rows >= share)
            continue;
        name_label(request, classes->labels[i].label, name);
        return elbow_error_set(error, ELBOW_DATA,
                               "data.labelled: %" PRIu64 " needs %" PRIu64
                               " rows of class %.60s, but %s has only %" PRIu64
                               " among the training rows; set it to %" PRIu64 " or less",
                               wanted, share, name, request->name, rows, rows * classes->count);
    }
    return ELBOW_OK;
}

// The draw of one class: places among its rows, ascending.
struct drawn {
    uint64_t seen;              // of its rows, so far
    const uint64_t *next, *end; // places that are still to come
};

static void draw_places(const struct elbow_classes *classes, uint64_t wanted, uint64_t seed, uint64_t *places,
                        struct drawn *drawn)
{
    uint64_t *at = places;
    for (size_t i = 0; i < classes->count; ++i) {
        uint64_t share = elbow_classes_share(classes, i, wanted);
        struct elbow_stream stream = {.seed = seed, .purpose = ELBOW_PURPOSE_LABELLED, .id = i};
        struct elbow_permutation permutation = elbow_permutation_keyed(classes->labels[i].rows, stream);
        for (uint64_t k = 0; k < share; ++k)
            at[k] = elbow_permutation_at(&permutation, k);
        qsort(at, share, sizeof *at, compare);
        drawn[i] = (struct drawn){.next = at, .end = at + share};
        at += share;
    }
}

// Converts places among the rows of each class into row numbers.
static void find_rows(const struct elbow_classes_request *request, const struct elbow_classes *classes,
                      struct drawn *drawn, uint64_t *chosen)
{
    for (uint64_t row = 0; row < request->selection->stored; ++row) {
        if (request->labels[row] == ELBOW_LABEL_UNKNOWN || !elbow_selection_has(request->selection, row))
            continue;
        struct drawn *of = &drawn[place_of(classes, request->labels[row])];
        if (of->next < of->end && *of->next == of->seen) {
            *chosen++ = row;
            ++of->next;
        }
        of->seen += 1;
    }
}

enum elbow_status elbow_classes_draw(const struct elbow_classes_request *request, const struct elbow_classes *classes,
                                     uint64_t wanted, uint64_t seed, uint64_t *chosen, struct elbow_error *error)
{
    uint64_t *places = NULL;
    struct drawn *drawn = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(places, wanted), ELBOW_ARRAY(drawn, classes->count)};
    enum elbow_status status = check_draw(request, classes, wanted, error);
    if (status == ELBOW_OK)
        status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "labelled rows", error);
    if (status == ELBOW_OK) {
        draw_places(classes, wanted, seed, places, drawn);
        find_rows(request, classes, drawn, chosen);
    }
    elbow_release(&places);
    elbow_release(&drawn);
    return status;
}

uint64_t elbow_classes_hash(const struct elbow_classes *classes, const int64_t *labels, uint64_t stored)
{
    enum { BLOCK = 1024 };
    int64_t numbers[BLOCK];
    struct elbow_hash_state state;
    elbow_hash_begin(&state);
    elbow_hash_add(&state, classes->names.texts, classes->names.bytes);
    for (uint64_t first = 0; first < stored; first += BLOCK) {
        size_t count = stored - first < BLOCK ? (size_t)(stored - first) : BLOCK;
        for (size_t i = 0; i < count; ++i)
            numbers[i] = elbow_class_of(classes, labels[first + i]);
        elbow_hash_add(&state, numbers, count * sizeof *numbers);
    }
    return elbow_hash_end(&state);
}

// Whether a name is an integer in canonical form, and its value.
static bool is_integer(const char *name, int64_t *value)
{
    char same[32];
    char *end = NULL;
    errno = 0;
    *value = strtoll(name, &end, 10);
    elbow_text_format(same, sizeof same, "%" PRId64, *value);
    return errno == 0 && *end == '\0' && strcmp(same, name) == 0;
}

enum elbow_status elbow_class_table_make(const struct elbow_conditions *names, struct elbow_class_table *table,
                                         struct elbow_error *error)
{
    size_t count = elbow_classes_count(names);
    bool are_integers = true;
    *table = (struct elbow_class_table){0};
    const struct elbow_array arrays[] = {ELBOW_ARRAY(table->values, count), ELBOW_ARRAY(table->names.labels, count),
                                         ELBOW_ARRAY(table->names.names, count)};
    enum elbow_status status = elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "names of classes", error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        table->names.names[i] = elbow_class_name(names, i);
        are_integers = is_integer(table->names.names[i], &table->values[i]) && are_integers;
    }
    for (size_t i = 0; i < count && status == ELBOW_OK && !are_integers; ++i)
        table->values[i] = table->names.labels[i] = (int64_t)i;
    table->names.count = status == ELBOW_OK && !are_integers ? count : 0;
    return status;
}

void elbow_class_table_clear(struct elbow_class_table *table)
{
    elbow_release(&table->values);
    elbow_label_names_clear(&table->names);
}

void elbow_classes_clear(struct elbow_classes *classes)
{
    elbow_conditions_clear(&classes->names);
    elbow_release(&classes->labels);
    *classes = (struct elbow_classes){0};
}

void elbow_classes_write(struct elbow_hdf5 *file, const char *group, const struct elbow_conditions *names)
{
    elbow_conditions_write(file, group, names);
}

enum elbow_status elbow_classes_read(struct elbow_hdf5 *file, const char *group, struct elbow_conditions *names,
                                     struct elbow_error *error)
{
    struct elbow_named *named = NULL; // of some kilobytes
    enum elbow_status status = elbow_allocate(&named, 1, sizeof *named, "classes", error);
    if (status != ELBOW_OK)
        return status;
    named->count = 1;
    elbow_text_format(named->entries[0].name, sizeof named->entries[0].name, "%s", VARIABLE);
    status = elbow_conditions_read(file, group, named, names, error);
    elbow_release(&named);
    if (status == ELBOW_OK && (names->variables[0].is_number || names->width < 2 || names->width > ELBOW_CLASSES_MAX))
        return elbow_error_set(error, ELBOW_FORMAT, "%s does not hold names of classes", group);
    return status;
}
