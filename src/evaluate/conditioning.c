// SPDX-License-Identifier: BSD-3-Clause
// Conditions of samples.
#include "elbow/evaluate/conditioning.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_SIZE = 1024, DESCRIPTION_SIZE = 600 };

// The text of a flag: names and values from `at` on.
struct reading {
    struct elbow_conditioning *conditioning;
    const char *text, *at;
    struct elbow_error *error;
};

static enum elbow_status refuse(const struct reading *reading, const char *what)
{
    char known[DESCRIPTION_SIZE];
    elbow_conditions_describe(reading->conditioning->conditions, known, sizeof known);
    return elbow_error_set(reading->error, ELBOW_USAGE, "--condition %.200s: %.200s; the known ones are %s",
                           reading->text, what, known);
}

// The variable whose name is at `at` before '='; SIZE_MAX: none.
static size_t name_at(const struct elbow_conditions *conditions, const char *at)
{
    for (size_t v = 0; v < conditions->count; ++v) {
        size_t length = strlen(conditions->variables[v].name);
        if (strncmp(at, conditions->variables[v].name, length) == 0 && at[length] == '=')
            return v;
    }
    return SIZE_MAX;
}

// A value ends before the next comma with a name behind it, because classes may have commas.
static size_t length_of_value(const struct elbow_conditions *conditions, const char *value)
{
    for (size_t length = 0; value[length] != '\0'; ++length)
        if (value[length] == ',' && name_at(conditions, value + length + 1) != SIZE_MAX)
            return length;
    return strlen(value);
}

static enum elbow_status take_value(struct reading *reading, size_t v, const char *value)
{
    struct elbow_conditioning *conditioning = reading->conditioning;
    const struct elbow_condition *condition = &conditioning->conditions->variables[v];
    float *c = conditioning->fixed + condition->first;
    char what[300], *end = NULL;
    if (conditioning->is_given[v]) {
        elbow_text_format(what, sizeof what, "%s is given twice", condition->name);
        return refuse(reading, what);
    }
    conditioning->is_given[v] = true;
    if (condition->is_number) {
        double number = strtod(value, &end);
        elbow_text_format(what, sizeof what, "%s is a number, and '%.60s' is not one", condition->name, value);
        if (*value == '\0' || *end != '\0' || !isfinite(number))
            return refuse(reading, what);
        c[0] = (float)((number - condition->mean) / condition->deviation);
        return ELBOW_OK;
    }
    size_t class = elbow_condition_find_class(conditioning->conditions, v, value);
    elbow_text_format(what, sizeof what, "the training data had no %s '%.60s'", condition->name, value);
    if (class == SIZE_MAX)
        return refuse(reading, what);
    c[class] = 1;
    return ELBOW_OK;
}

static enum elbow_status take_next(struct reading *reading)
{
    const struct elbow_conditions *conditions = reading->conditioning->conditions;
    char value[VALUE_SIZE], what[300];
    size_t v = name_at(conditions, reading->at);
    if (v == SIZE_MAX) {
        elbow_text_format(what, sizeof what, "'%.*s' is not NAME=VALUE with the name of a condition",
                          (int)strcspn(reading->at, ",") < 60 ? (int)strcspn(reading->at, ",") : 60, reading->at);
        return refuse(reading, what);
    }
    const char *begin = reading->at + strlen(conditions->variables[v].name) + 1;
    size_t length = length_of_value(conditions, begin);
    if (length >= sizeof value)
        return refuse(reading, "a value is too long");
    memcpy(value, begin, length);
    value[length] = '\0';
    reading->at = begin + length + (begin[length] == ',');
    return take_value(reading, v, value);
}

static enum elbow_status take_none(struct elbow_conditioning *conditioning, size_t count, bool may_lack,
                                   struct elbow_error *error)
{
    if (count > 1)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--condition none: cannot be combined with other conditions; remove either");
    if (!may_lack)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--condition none: the model had a condition for every row; only a model that was "
                               "trained with model.condition.dropout above 0 can decode without one");
    conditioning->is_none = true;
    return ELBOW_OK;
}

enum elbow_status elbow_conditioning_take(struct elbow_conditioning *conditioning, const char *const *texts,
                                          size_t count, bool may_lack, struct elbow_error *error)
{
    const struct elbow_conditions *conditions = conditioning->conditions;
    enum elbow_status status = ELBOW_OK;
    if (count > 0 && conditions->count == 0)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--condition %.200s: the model was trained without data.condition; leave it out",
                               texts[0]);
    if (conditioning->fixed == NULL)
        status = elbow_allocate(&conditioning->fixed, conditions->width, sizeof(float), "a condition", error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i) {
        struct reading reading = {conditioning, texts[i], texts[i], error};
        if (strcmp(texts[i], "none") == 0)
            return take_none(conditioning, count, may_lack, error);
        do
            status = take_next(&reading);
        while (status == ELBOW_OK && *reading.at != '\0');
    }
    return status;
}

enum elbow_status elbow_conditioning_settle(struct elbow_conditioning *conditioning, uint64_t count, bool takes_first,
                                            struct elbow_error *error)
{
    const struct elbow_conditions *conditions = conditioning->conditions;
    enum elbow_status status = elbow_conditioning_take(conditioning, NULL, 0, false, error);
    for (size_t v = 0; v < conditions->count && status == ELBOW_OK && !conditioning->is_none; ++v) {
        const struct elbow_condition *condition = &conditions->variables[v];
        if (conditioning->is_given[v] || condition->is_number || conditioning->rows != NULL)
            continue;
        if (!conditioning->has_grid) {
            conditioning->has_grid = true;
            conditioning->grid = v;
            conditioning->per_class = (count + condition->width - 1) / condition->width;
        } else if (takes_first) {
            conditioning->fixed[condition->first] = 1;
        } else {
            struct reading reading = {conditioning, condition->name, NULL, error};
            return refuse(
                &reading,
                "is not given, but only one variable with classes may be left out; give the others as NAME=VALUE");
        }
    }
    return status;
}

enum elbow_status elbow_conditioning_settle_one(struct elbow_conditioning *conditioning, struct elbow_error *error)
{
    enum elbow_status status = elbow_conditioning_settle(conditioning, 1, false, error);
    if (status != ELBOW_OK || !conditioning->has_grid)
        return status;
    struct reading reading = {conditioning, conditioning->conditions->variables[conditioning->grid].name, NULL, error};
    return refuse(&reading, "is not given, and z is decoded under one condition; give it as NAME=VALUE");
}

uint64_t elbow_conditioning_classes(const struct elbow_conditioning *conditioning)
{
    return conditioning->has_grid ? conditioning->conditions->variables[conditioning->grid].width : 1;
}

void elbow_conditioning_at(const struct elbow_conditioning *conditioning, uint64_t n, float *c)
{
    const struct elbow_conditions *conditions = conditioning->conditions;
    if (conditioning->rows != NULL) {
        elbow_condition_at(conditions, conditioning->rows, n, c);
        elbow_conditioning_replace(conditioning, c);
        return;
    }
    memcpy(c, conditioning->fixed, conditions->width * sizeof *c);
    if (!conditioning->has_grid)
        return;
    const struct elbow_condition *condition = &conditions->variables[conditioning->grid];
    uint64_t class = n / conditioning->per_class, last = condition->width - 1;
    c[condition->first + (class < last ? class : last)] = 1;
}

void elbow_conditioning_replace(const struct elbow_conditioning *conditioning, float *c)
{
    const struct elbow_conditions *conditions = conditioning->conditions;
    for (size_t v = 0; v < conditions->count; ++v) {
        const struct elbow_condition *condition = &conditions->variables[v];
        if (conditioning->is_given[v] || conditioning->is_none)
            memcpy(c + condition->first, conditioning->fixed + condition->first, condition->width * sizeof *c);
    }
}

void elbow_conditioning_clear(struct elbow_conditioning *conditioning)
{
    elbow_release(&conditioning->fixed);
    *conditioning = (struct elbow_conditioning){0};
}
