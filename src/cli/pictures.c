// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/cli/pictures.h"

#include "elbow/base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum elbow_status elbow_pictures_read(const struct elbow_call *call, struct elbow_pictures_options *options,
                                      struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    options->request.condition_from = options->conditions.words;
    options->request.condition_count = (size_t)options->conditions.count;
    return status;
}

struct elbow_gallery elbow_pictures_gallery(const struct elbow_call *call, const struct elbow_pictures_options *options,
                                            const struct elbow_session *session)
{
    const struct elbow_checkpoint *checkpoint = &session->checkpoint;
    return (struct elbow_gallery){.comm = call->comm,
                                  .model = session->model,
                                  .parameters = checkpoint->values,
                                  .data = &checkpoint->data,
                                  .config = &checkpoint->config,
                                  .frozen = session->frozen,
                                  .is_transformed = options->transformed,
                                  .size = options->size,
                                  .corrupt = options->request.corrupt,
                                  .publish = elbow_output_publishing(options->request.force)};
}

uint64_t elbow_pictures_seed(const struct elbow_pictures_options *options, const struct elbow_session *session)
{
    return (uint64_t)(options->seed >= 0 ? options->seed : session->checkpoint.config.seed);
}

enum elbow_status elbow_pictures_conditions(const struct elbow_pictures_options *options,
                                            const struct elbow_session *session,
                                            struct elbow_conditioning *conditioning, struct elbow_error *error)
{
    bool may_lack = session->checkpoint.config.model.condition.dropout > 0;
    *conditioning = (struct elbow_conditioning){.conditions = &session->checkpoint.data.conditions};
    return elbow_conditioning_take(conditioning, options->values.words, (size_t)options->values.count, may_lack, error);
}

enum elbow_status elbow_pictures_class(const struct elbow_pictures_options *options,
                                       const struct elbow_session *session, int64_t *number, struct elbow_error *error)
{
    const struct elbow_conditions *classes = &session->checkpoint.data.classes;
    char known[400];
    *number = -1;
    if (options->class_name == NULL)
        return ELBOW_OK;
    if (session->model->classes < 2)
        return elbow_error_set(error, ELBOW_USAGE,
                               "--class %.60s: %.500s was trained without model.classifier; leave it out",
                               options->class_name, session->checkpoint.path);
    size_t found = elbow_condition_find_class(classes, 0, options->class_name);
    if (found != SIZE_MAX) {
        *number = (int64_t)found;
        return ELBOW_OK;
    }
    elbow_conditions_describe(classes, known, sizeof known);
    return elbow_error_set(error, ELBOW_USAGE,
                           "--class %.60s: the training data have no such class; the classes are %s",
                           options->class_name, known);
}

enum elbow_status elbow_pictures_one_class(const struct elbow_pictures_options *options,
                                           const struct elbow_session *session, int64_t *number,
                                           struct elbow_error *error)
{
    char known[400];
    enum elbow_status status = elbow_pictures_class(options, session, number, error);
    if (status != ELBOW_OK || *number >= 0 || session->model->classes < 2)
        return status;
    elbow_conditions_describe(&session->checkpoint.data.classes, known, sizeof known);
    return elbow_error_set(error, ELBOW_USAGE,
                           "%.500s: was trained with model.classifier, so z is decoded for one class; give --class; "
                           "the classes are %s",
                           session->checkpoint.path, known);
}

enum elbow_status elbow_pictures_check_size(const struct elbow_pictures_options *options,
                                            const struct elbow_session *session, struct elbow_error *error)
{
    bool has_size = false;
    for (size_t p = 0; p < session->model->part_count; ++p)
        has_size = has_size || session->model->parts[p].size != ELBOW_SIZE_NONE;
    if (options->size <= 0 || has_size)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "--size %g: no likelihood of the checkpoint has a size; leave it out",
                           options->size);
}

enum elbow_status elbow_pictures_numbers(const char *flag, const char *text, uint64_t **numbers, uint64_t *count,
                                         struct elbow_error *error)
{
    uint64_t most = 1;
    for (const char *at = text; *at != '\0'; ++at)
        most += *at == ',';
    *count = 0;
    enum elbow_status status = elbow_allocate(numbers, most, sizeof **numbers, "numbers of rows", error);
    for (const char *at = text; status == ELBOW_OK; ++at) {
        char *end = NULL;
        errno = 0;
        unsigned long long number = isdigit((unsigned char)*at) ? strtoull(at, &end, 10) : 0;
        if (end == NULL || errno != 0 || (*end != ',' && *end != '\0'))
            return elbow_error_set(error, ELBOW_USAGE,
                                   "%s: found '%.200s', expected whole numbers with commas between them, such as 12,97",
                                   flag, text);
        (*numbers)[(*count)++] = number;
        at = end;
        if (*at == '\0')
            break;
    }
    return status;
}

enum elbow_status elbow_pictures_below(const char *flag, const uint64_t *numbers, uint64_t count, uint64_t end,
                                       const char *of, struct elbow_error *error)
{
    for (uint64_t i = 0; i < count; ++i)
        if (numbers[i] >= end)
            return elbow_error_set(error, ELBOW_USAGE,
                                   "%s: %" PRIu64 " is out of range; there are %" PRIu64 " %.600s, counted from 0",
                                   flag, numbers[i], end, of);
    return ELBOW_OK;
}

void elbow_pictures_warn_fewer(const struct elbow_call *call, int64_t asked, uint64_t count, int64_t first,
                               const char *noun, const char *of)
{
    char from[40] = "";
    if (asked == 0 || (uint64_t)asked <= count)
        return;
    if (first > 0)
        snprintf(from, sizeof from, " from number %" PRIi64 " on", first);
    elbow_log_warn(call->log, "-n %" PRIi64 ": %s has %s%s; the output has all of them", asked, of,
                   elbow_text_count(count, noun).text, from);
}
