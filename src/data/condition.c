// SPDX-License-Identifier: BSD-3-Clause
// Conditions: names, classes, numbers. Loading is in condition_load.c.
#include "elbow/data/condition.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/detail/conditions.h"
#include "elbow/data/detail/texts.h"
#include "elbow/math/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOLD_CLASSES = 12 };

size_t elbow_conditions_find(const struct elbow_conditions *conditions, const char *name)
{
    for (size_t v = 0; v < conditions->count; ++v)
        if (strcmp(conditions->variables[v].name, name) == 0)
            return v;
    return SIZE_MAX;
}

const char *elbow_condition_class(const struct elbow_conditions *conditions, size_t variable, size_t class)
{
    const char *text = conditions->texts + conditions->variables[variable].text;
    ELBOW_CHECK(class < conditions->variables[variable].width);
    while (class -- > 0)
        text += strlen(text) + 1;
    return text;
}

size_t elbow_condition_find_class(const struct elbow_conditions *conditions, size_t variable, const char *name)
{
    const struct elbow_condition *condition = &conditions->variables[variable];
    const char *text = conditions->texts + condition->text;
    for (size_t class = 0; class < condition->width && !condition->is_number; ++class, text += strlen(text) + 1)
        if (strcmp(text, name) == 0)
            return class;
    return SIZE_MAX;
}

void elbow_conditions_describe(const struct elbow_conditions *conditions, char *text, size_t size)
{
    FILE *out = fmemopen(text, size, "w");
    text[0] = '\0';
    for (size_t v = 0; out != NULL && v < conditions->count; ++v) {
        const struct elbow_condition *condition = &conditions->variables[v];
        fprintf(out, "%s%s: ", v > 0 ? "; " : "", condition->name);
        if (condition->is_number)
            fprintf(out, "a number (mean %g, deviation %g)", condition->mean, condition->deviation);
        for (size_t k = 0; !condition->is_number && k < condition->width && k < TOLD_CLASSES; ++k)
            fprintf(out, "%s%.40s", k > 0 ? ", " : "", elbow_condition_class(conditions, v, k));
        if (!condition->is_number && condition->width > TOLD_CLASSES)
            fprintf(out, ", ... (%zu classes)", condition->width);
    }
    if (out != NULL)
        fclose(out);
    text[size - 1] = '\0';
}

enum elbow_status elbow_conditions_copy(const struct elbow_conditions *conditions, struct elbow_conditions *copy,
                                        struct elbow_error *error)
{
    *copy = *conditions;
    copy->texts = NULL;
    enum elbow_status status = elbow_allocate(&copy->texts, conditions->bytes, 1, "conditions", error);
    if (status == ELBOW_OK && conditions->bytes > 0)
        memcpy(copy->texts, conditions->texts, conditions->bytes);
    return status;
}

void elbow_conditions_clear(struct elbow_conditions *conditions)
{
    elbow_release(&conditions->texts);
    *conditions = (struct elbow_conditions){0};
}

struct elbow_condition *elbow_conditions_add(struct elbow_conditions *conditions, const char *name)
{
    ELBOW_CHECK(conditions->count < ELBOW_NAMED_MAX);
    struct elbow_condition *added = &conditions->variables[conditions->count++];
    *added = (struct elbow_condition){.is_number = true, .deviation = 1, .width = 1, .text = conditions->bytes};
    elbow_text_format(added->name, sizeof added->name, "%s", name);
    return added;
}

enum elbow_status elbow_conditions_add_class(struct elbow_conditions *conditions, const char *name,
                                             struct elbow_error *error)
{
    struct elbow_condition *last = &conditions->variables[conditions->count - 1];
    size_t more = strlen(name) + 1;
    char *texts = NULL;
    if (last->is_number) {
        last->is_number = false;
        last->width = 0;
    }
    enum elbow_status status = elbow_allocate(&texts, conditions->bytes + more, 1, "conditions", error);
    if (status != ELBOW_OK)
        return status;
    if (conditions->bytes > 0)
        memcpy(texts, conditions->texts, conditions->bytes);
    memcpy(texts + conditions->bytes, name, more);
    elbow_release(&conditions->texts);
    conditions->texts = texts;
    conditions->bytes += more;
    last->width += 1;
    return ELBOW_OK;
}

void elbow_conditions_place(struct elbow_conditions *conditions)
{
    conditions->width = 0;
    for (size_t v = 0; v < conditions->count; ++v) {
        conditions->variables[v].first = conditions->width;
        conditions->width += conditions->variables[v].width;
    }
}

static size_t class_of(const struct elbow_condition_rows *rows, int64_t label)
{
    size_t low = 0, high = rows->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rows->labels[middle].label == label)
            return rows->labels[middle].class_number;
        if (rows->labels[middle].label < label)
            low = middle + 1;
        else
            high = middle;
    }
    return SIZE_MAX;
}

void elbow_condition_at(const struct elbow_conditions *conditions, const struct elbow_condition_rows *rows,
                        uint64_t row, float *c)
{
    memset(c, 0, conditions->width * sizeof *c);
    for (size_t v = 0; v < conditions->count; ++v) {
        const struct elbow_condition *condition = &conditions->variables[v];
        if (condition->is_number) {
            double value = ((const double *)rows[v].stored.base)[row];
            c[condition->first] = isnan(value) ? 0 : (float)((value - condition->mean) / condition->deviation);
            continue;
        }
        size_t class = class_of(&rows[v], ((const int64_t *)rows[v].stored.base)[row]);
        if (class != SIZE_MAX)
            c[condition->first + class] = 1;
    }
}

// A hash of the classes of all rows, independent of their codes, or of their numbers.
static uint64_t hash_rows(const struct elbow_condition *condition, const struct elbow_condition_rows *rows,
                          uint64_t stored)
{
    enum { BLOCK = 1024 };
    uint64_t classes[BLOCK];
    struct elbow_hash_state state;
    const int64_t *labels = rows->stored.base;
    if (condition->is_number)
        return elbow_hash_bytes(rows->stored.base, (size_t)stored * sizeof(double));
    elbow_hash_begin(&state);
    for (uint64_t first = 0; first < stored; first += BLOCK) {
        size_t count = stored - first < BLOCK ? (size_t)(stored - first) : BLOCK;
        for (size_t i = 0; i < count; ++i)
            classes[i] = class_of(rows, labels[first + i]);
        elbow_hash_add(&state, classes, count * sizeof *classes);
    }
    return elbow_hash_end(&state);
}

uint64_t elbow_conditions_hash(const struct elbow_conditions *conditions, const struct elbow_condition_rows *rows,
                               uint64_t stored)
{
    uint64_t hashes[2 * ELBOW_NAMED_MAX + 1] = {0};
    if (conditions->count == 0)
        return 0;
    for (size_t v = 0; v < conditions->count; ++v) {
        hashes[2 * v] = hash_rows(&conditions->variables[v], &rows[v], stored);
        hashes[2 * v + 1] = elbow_hash_text(conditions->variables[v].name);
    }
    hashes[2 * ELBOW_NAMED_MAX] = elbow_hash_bytes(conditions->texts, conditions->bytes);
    return elbow_hash_bytes(hashes, sizeof hashes);
}

void elbow_condition_rows_clear(struct elbow_comm *comm, struct elbow_condition_rows *rows)
{
    elbow_comm_unshare(comm, &rows->stored);
    elbow_release(&rows->labels);
    *rows = (struct elbow_condition_rows){0};
}

static void write_variable(struct elbow_hdf5 *file, const char *name, const struct elbow_conditions *conditions,
                           size_t v)
{
    const struct elbow_condition *condition = &conditions->variables[v];
    const double numbers[] = {condition->mean, condition->deviation};
    const uint64_t two = 2;
    const char *classes[ELBOW_CONDITION_WIDTH_MAX];
    if (condition->is_number) {
        elbow_hdf5_create_dataset(file, name, ELBOW_ELEMENT_FLOAT64, 1, &two, (struct elbow_hdf5_layout){0}, NULL);
        elbow_hdf5_write_rows(file, name, ELBOW_ELEMENT_FLOAT64, 0, 2, numbers, NULL);
        return;
    }
    const char *text = conditions->texts + condition->text;
    for (size_t k = 0; k < condition->width; ++k, text += strlen(text) + 1)
        classes[k] = text;
    elbow_hdf5_write_texts(file, name, classes, condition->width, NULL);
}

void elbow_conditions_write(struct elbow_hdf5 *file, const char *group, const struct elbow_conditions *conditions)
{
    for (size_t v = 0; v < conditions->count; ++v) {
        char name[2 * ELBOW_NAMED_NAME_SIZE + 64];
        elbow_text_format(name, sizeof name, "%s/%s", group, conditions->variables[v].name);
        write_variable(file, name, conditions, v);
    }
}

size_t elbow_conditions_file_bytes(const struct elbow_conditions *conditions)
{
    enum { BYTES_BESIDE = 4096 };
    size_t longest = 0;
    for (size_t at = 0; at < conditions->bytes; at += strlen(conditions->texts + at) + 1)
        longest = strlen(conditions->texts + at) > longest ? strlen(conditions->texts + at) : longest;
    return conditions->width * (longest + 1) + conditions->count * BYTES_BESIDE;
}

static enum elbow_status take_class(void *user, uint64_t place, const char *text, struct elbow_error *error)
{
    (void)place;
    return elbow_conditions_add_class(user, text, error);
}

static enum elbow_status refuse(const char *name, struct elbow_error *error)
{
    return elbow_error_set(error, ELBOW_FORMAT, "%s holds neither names of classes nor mean and deviation", name);
}

static enum elbow_status read_classes(struct elbow_hdf5 *file, const char *name, struct elbow_conditions *conditions,
                                      struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    enum elbow_status status = elbow_hdf5_describe_texts(file, name, &info, error);
    if (status == ELBOW_OK && (info.rank != 1 || info.shape[0] < 1 || info.shape[0] > ELBOW_CONDITION_WIDTH_MAX))
        return refuse(name, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_texts(file, name, 0, info.shape[0], take_class, conditions, error);
    return status;
}

static enum elbow_status read_number(struct elbow_hdf5 *file, const char *name, struct elbow_condition *condition,
                                     struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    double numbers[2];
    enum elbow_status status = elbow_hdf5_describe_dataset(file, name, &info, error);
    if (status == ELBOW_OK && (info.rank != 1 || info.shape[0] != 2 || info.element != ELBOW_ELEMENT_FLOAT64))
        return refuse(name, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_rows(file, name, 0, 2, numbers, error);
    if (status == ELBOW_OK && !(isfinite(numbers[0]) && isfinite(numbers[1]) && numbers[1] > 0))
        return refuse(name, error);
    if (status != ELBOW_OK)
        return status;
    condition->mean = numbers[0];
    condition->deviation = numbers[1];
    return ELBOW_OK;
}

enum elbow_status elbow_conditions_read(struct elbow_hdf5 *file, const char *group, const struct elbow_named *names,
                                        struct elbow_conditions *conditions, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (size_t i = 0; i < names->count && status == ELBOW_OK; ++i) {
        char name[2 * ELBOW_NAMED_NAME_SIZE + 64];
        elbow_text_format(name, sizeof name, "%s/%s", group, names->entries[i].name);
        struct elbow_condition *condition = elbow_conditions_add(conditions, names->entries[i].name);
        status = elbow_hdf5_kind_of(file, name) == ELBOW_HDF5_TEXTS ? read_classes(file, name, conditions, error)
                                                                    : read_number(file, name, condition, error);
    }
    elbow_conditions_place(conditions);
    if (status == ELBOW_OK && conditions->width > ELBOW_CONDITION_WIDTH_MAX)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s has more than %d classes", group, ELBOW_CONDITION_WIDTH_MAX);
    return status;
}
