// SPDX-License-Identifier: BSD-3-Clause
// The data of a command.
#include "elbow/evaluate/detail/places.h"

#include "elbow/output/sink.h"

#include <stdio.h>
#include <string.h>

static void set(struct elbow_session_place *place, const char *key, const char *file, const char *places)
{
    place->key = key;
    elbow_text_format(place->file, sizeof place->file, "%s", file);
    elbow_text_format(place->places, sizeof place->places, "%s", places);
}

// The conditions of rows, under the names of data.condition.
static void set_conditions(const struct elbow_config *config, bool is_valid, struct elbow_session_place *parts)
{
    const struct elbow_named *names = &config->data.condition;
    const struct elbow_named *named = is_valid ? &config->data.valid_condition : names;
    for (size_t i = 0; i < names->count; ++i)
        for (size_t k = 0; k < named->count; ++k)
            if (strcmp(names->entries[i].name, named->entries[k].name) == 0)
                set(&parts[ELBOW_SESSION_CONDITION + i], is_valid ? "data.valid_condition" : "data.condition",
                    config->data.file, named->entries[k].dataset);
}

// The held-back rows of the training data, the validation data of the configuration, or its training data; with
// is_training always the last.
static void locate_configured(const struct elbow_config *config, bool is_training, struct elbow_session_places *places)
{
    bool has_valid = !is_training && config->data.valid[0] != '\0';
    bool has_share = !is_training && config->data.valid_share > 0;
    const char *file = config->data.file;
    struct elbow_session_place *parts = places->parts;
    *places = (struct elbow_session_places){.select = {.is_valid = has_share}};
    if (has_valid) {
        set(&parts[ELBOW_SESSION_ROWS], "data.valid", file, config->data.valid);
        set(&parts[ELBOW_SESSION_LABELS], "data.valid_labels", file, config->data.valid_labels);
        set(&parts[ELBOW_SESSION_NAMES], "data.valid_names", file, config->data.valid_names);
        set(&parts[ELBOW_SESSION_MASK], "data.valid_mask", file, config->data.valid_mask);
        set(&parts[ELBOW_SESSION_SIZE], "data.valid_size", file, config->data.valid_size);
        set_conditions(config, true, parts);
        return;
    }
    set(&parts[ELBOW_SESSION_ROWS], "data.train", file, config->data.train);
    set(&parts[ELBOW_SESSION_LABELS], "data.labels", file, config->data.labels);
    set(&parts[ELBOW_SESSION_NAMES], "data.names", file, config->data.names);
    set(&parts[ELBOW_SESSION_MASK], "data.mask", file, config->data.mask);
    set(&parts[ELBOW_SESSION_SIZE], "data.size", file, config->data.size);
    set(&parts[ELBOW_SESSION_CHOSEN], "data.rows", file, config->data.rows.dataset);
    set(&parts[ELBOW_SESSION_GROUPS], "data.groups", file, config->data.groups);
    set_conditions(config, false, parts);
    elbow_dataset_select(config, has_share, &places->select);
}

// True if places are the same, each with the file of its bare datasets.
static bool is_same_place(const char *file, const char *places, const char *other_file, const char *other_places)
{
    struct elbow_place_of one = {.next = places}, other = {.next = other_places};
    elbow_path path, dataset, other_path, other_dataset;
    for (;;) {
        bool is_left = elbow_places_next(&one), is_other_left = elbow_places_next(&other);
        if (!is_left || !is_other_left)
            return is_left == is_other_left;
        if (one.channel != other.channel || !elbow_config_locate(file, one.location, path, dataset) ||
            !elbow_config_locate(other_file, other.location, other_path, other_dataset) ||
            strcmp(path, other_path) != 0 || strcmp(dataset, other_dataset) != 0)
            return false;
    }
}

// The labels, names, mask, size and conditions that the configuration names for the rows.
static void find_beside(const struct elbow_config *config, struct elbow_session_places *places)
{
    static const enum elbow_session_part beside[] = {ELBOW_SESSION_LABELS, ELBOW_SESSION_NAMES, ELBOW_SESSION_MASK,
                                                     ELBOW_SESSION_SIZE};
    enum { BESIDE = sizeof beside / sizeof *beside };
    const struct {
        const char *rows;
        struct {
            const char *key, *places;
        } beside[BESIDE];
    } sets[] = {{config->data.valid,
                 {{"data.valid_labels", config->data.valid_labels},
                  {"data.valid_names", config->data.valid_names},
                  {"data.valid_mask", config->data.valid_mask},
                  {"data.valid_size", config->data.valid_size}}},
                {config->data.train,
                 {{"data.labels", config->data.labels},
                  {"data.names", config->data.names},
                  {"data.mask", config->data.mask},
                  {"data.size", config->data.size}}}};
    const struct elbow_session_place *rows = &places->parts[ELBOW_SESSION_ROWS];
    for (size_t k = 0; k < BESIDE; ++k)
        places->parts[beside[k]].places[0] = '\0';
    for (size_t i = 0; i < ELBOW_NAMED_MAX; ++i)
        places->parts[ELBOW_SESSION_CONDITION + i].places[0] = '\0';
    for (size_t i = 0; i < sizeof sets / sizeof *sets; ++i) {
        if (!is_same_place(config->data.file, sets[i].rows, rows->file, rows->places))
            continue;
        for (size_t k = 0; k < BESIDE; ++k)
            set(&places->parts[beside[k]], sets[i].beside[k].key, config->data.file, sets[i].beside[k].places);
        set_conditions(config, i == 0, places->parts);
        return;
    }
}

// The datasets of the configuration, one for each channel, without their files.
static void strip_files(elbow_places places)
{
    struct elbow_place_of place = {.next = places};
    elbow_places stripped = "";
    elbow_path file, dataset;
    size_t length = 0;
    bool has_channels = places[0] == '\t';
    for (size_t next = 0; elbow_places_next(&place);) {
        if (place.channel != next)
            continue;
        ++next;
        // The text becomes no longer than it was.
        ELBOW_CHECK(elbow_config_locate("", place.location, file, dataset));
        if (has_channels)
            stripped[length++] = '\t';
        memcpy(stripped + length, dataset, strlen(dataset));
        length += strlen(dataset);
    }
    memcpy(places, stripped, sizeof stripped);
}

// FILE:/dataset, a list of such, or FILE with the datasets' names in the configuration.
static enum elbow_status locate_given(const struct elbow_config *config, const struct elbow_session_request *request,
                                      struct elbow_session_places *places, struct elbow_error *error)
{
    const char *data = request->data, *flag = request->data_flag != NULL ? request->data_flag : "--data";
    struct elbow_session_place *rows = &places->parts[ELBOW_SESSION_ROWS];
    bool is_whole = strstr(data, ":/") != NULL;
    if (strncmp(data, ":/", 2) == 0)
        return elbow_error_set(error, ELBOW_USAGE, "%s %.500s: has no file; write FILE:/dataset", flag, data);
    if (!is_whole && (config->data.synthetic > 0 || rows->places[0] == '\0'))
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s %.500s: the checkpoint's configuration names no dataset; write FILE:/dataset", flag,
                               data);
    if (!is_whole && strlen(data) >= sizeof rows->file)
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the name is longer than %d bytes", data,
                               ELBOW_PATH_SIZE - 1);
    rows->key = flag;
    elbow_text_format(rows->file, sizeof rows->file, "%s", is_whole ? "" : data);
    if (!is_whole)
        strip_files(rows->places);
    else if (elbow_config_read_places(flag, data, rows->places, error) != ELBOW_OK)
        return error->status;
    find_beside(config, places);
    // All rows of the given dataset.
    places->parts[ELBOW_SESSION_CHOSEN].places[0] = places->parts[ELBOW_SESSION_GROUPS].places[0] = '\0';
    places->select = (struct elbow_selecting){0};
    return ELBOW_OK;
}

// A flag that names a dataset beside the rows.
static enum elbow_status locate_beside(const char *flag, const char *given, bool is_noise,
                                       const struct elbow_session_place *rows, struct elbow_session_place *place,
                                       struct elbow_error *error)
{
    elbow_path file, dataset;
    struct elbow_place_of next = {.next = rows->places};
    if (given == NULL)
        return ELBOW_OK;
    if (is_noise)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s %.500s: the checkpoint was trained on noise, which has no %s; also give --data",
                               flag, given, flag + 2);
    // Beside one dataset, a bare name is in the file of that dataset.
    if (elbow_places_next(&next) && elbow_config_locate(rows->file, next.location, file, dataset))
        elbow_text_format(place->file, sizeof place->file, "%s", file);
    place->key = flag;
    if (elbow_config_read_places(flag, given, place->places, error) != ELBOW_OK)
        return error->status;
    bool is_good = elbow_places_channels(place->places) == 1 && place->places[0] != '\0';
    next = (struct elbow_place_of){.next = place->places};
    while (is_good && elbow_places_next(&next))
        is_good = elbow_config_locate("", next.location, file, dataset) && dataset[0] == '/' && dataset[1] != '\0';
    if (is_good)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE, "%s %.500s: expected a dataset such as /test/%s or FILE:/test/%s", flag,
                           given, flag + 2, flag + 2);
}

// The flags that go with --data, or with another flag that names rows: --size, or --calibrate-size.
static const char *flag_of(const struct elbow_session_request *request, const char *flag, const char *of_calibration)
{
    return request->data_flag != NULL ? of_calibration : flag;
}

// Rows whose likelihood has a size need theirs, and no others have a use for one.
static enum elbow_status check_sizes(const struct elbow_session_request *request, const struct elbow_config *config,
                                     struct elbow_session_place *place, struct elbow_error *error)
{
    bool wants_sizes = elbow_config_has_data_size(config);
    const char *flag = flag_of(request, "--size", "--calibrate-size");
    if (request->size != NULL && !wants_sizes && !request->is_beside)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s %.500s: no likelihood of the checkpoint has size: data; leave it out", flag,
                               request->size);
    if (!wants_sizes || place->places[0] != '\0')
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_USAGE,
                           "the model takes the size of each row (model.likelihood with size: data), and there is none "
                           "for these rows; give %s FILE:/dataset",
                           flag);
}

// The variable of a word of --condition-from, and the dataset behind its name.
static enum elbow_status find_variable(const struct elbow_config *config, const char *flag, const char *word,
                                       size_t *variable, const char **dataset, struct elbow_error *error)
{
    const struct elbow_named *names = &config->data.condition;
    char list[ELBOW_NAMED_MAX * ELBOW_NAMED_NAME_SIZE + 32] = "";
    if (names->count == 0)
        return elbow_error_set(error, ELBOW_USAGE,
                               "%s %.500s: the model was trained without data.condition; leave it out", flag, word);
    for (*variable = 0; *variable < names->count; ++*variable) {
        size_t length = strlen(names->entries[*variable].name);
        *dataset = word + length + 1;
        if (strncmp(word, names->entries[*variable].name, length) == 0 && word[length] == '=')
            return ELBOW_OK;
    }
    *variable = 0;
    *dataset = word;
    if (names->count == 1)
        return ELBOW_OK;
    for (size_t i = 0, length = 0; i < names->count; ++i)
        length +=
            (size_t)snprintf(list + length, sizeof list - length, "%s%s", i > 0 ? ", " : "", names->entries[i].name);
    return elbow_error_set(
        error, ELBOW_USAGE,
        "%s %.500s: the model has several conditions; write NAME=FILE:/dataset with one of the names %s", flag, word,
        list);
}

static enum elbow_status locate_conditions(const struct elbow_session_request *request,
                                           const struct elbow_config *config, bool is_noise,
                                           struct elbow_session_place *parts, const char **chosen,
                                           struct elbow_error *error)
{
    bool is_given[ELBOW_NAMED_MAX] = {false};
    const char *flag = flag_of(request, "--condition-from", "--calibrate-condition-from");
    enum elbow_status status = ELBOW_OK;
    *chosen = flag;
    if (request->is_beside && config->data.condition.count == 0)
        return ELBOW_OK;
    for (size_t i = 0; i < request->condition_count && status == ELBOW_OK; ++i) {
        size_t variable = 0;
        const char *dataset = NULL;
        status = find_variable(config, flag, request->condition_from[i], &variable, &dataset, error);
        if (status != ELBOW_OK)
            return status;
        if (is_given[variable])
            return elbow_error_set(error, ELBOW_USAGE, "%s %.500s: %s is given twice; remove one of them", flag,
                                   request->condition_from[i], config->data.condition.entries[variable].name);
        is_given[variable] = true;
        status = locate_beside(flag, dataset, is_noise, &parts[ELBOW_SESSION_ROWS],
                               &parts[ELBOW_SESSION_CONDITION + variable], error);
    }
    // Samples have the given conditions, and none of the rows of the configuration.
    for (size_t i = 0; i < ELBOW_NAMED_MAX && !request->wants_data; ++i)
        if (!is_given[i])
            parts[ELBOW_SESSION_CONDITION + i].places[0] = '\0';
    for (int part = 0; part < ELBOW_SESSION_CONDITION && !request->wants_data; ++part)
        parts[part].places[0] = '\0';
    return status;
}

enum elbow_status elbow_session_locate(const struct elbow_session_request *request, const struct elbow_config *config,
                                       struct elbow_session_places *places, struct elbow_error *error)
{
    struct elbow_session_place *parts = places->parts;
    locate_configured(config, request->is_training, places);
    enum elbow_status status = ELBOW_OK;
    bool is_noise = config->data.synthetic > 0 && request->data == NULL;
    bool wants_size = !request->is_beside || elbow_config_has_data_size(config);
    if (request->data != NULL)
        status = locate_given(config, request, places, error);
    if (status == ELBOW_OK)
        status = locate_beside("--labels", request->labels, is_noise, &parts[ELBOW_SESSION_ROWS],
                               &parts[ELBOW_SESSION_LABELS], error);
    if (status == ELBOW_OK)
        status = locate_beside(flag_of(request, "--mask", "--calibrate-mask"), request->mask, is_noise,
                               &parts[ELBOW_SESSION_ROWS], &parts[ELBOW_SESSION_MASK], error);
    if (status == ELBOW_OK)
        status = locate_beside(flag_of(request, "--size", "--calibrate-size"), wants_size ? request->size : NULL,
                               is_noise, &parts[ELBOW_SESSION_ROWS], &parts[ELBOW_SESSION_SIZE], error);
    if (status == ELBOW_OK)
        status = locate_beside("--colour", request->numbers, is_noise, &parts[ELBOW_SESSION_ROWS],
                               &parts[ELBOW_SESSION_NUMBERS], error);
    if (status == ELBOW_OK)
        status = check_sizes(request, config, &parts[ELBOW_SESSION_SIZE], error);
    if (status == ELBOW_OK)
        status = locate_conditions(request, config, is_noise, parts, &places->condition_flag, error);
    bool writes_names =
        request->wants_names && request->output != NULL && (!request->draws || elbow_sink_holds_texts(request->output));
    if (!writes_names)
        parts[ELBOW_SESSION_NAMES].places[0] = '\0';
    if (status != ELBOW_OK || (!writes_names && request->names == NULL))
        return status;
    if (writes_names)
        return locate_beside("--names", request->names, is_noise, &parts[ELBOW_SESSION_ROWS],
                             &parts[ELBOW_SESSION_NAMES], error);
    return elbow_error_set(
        error, ELBOW_USAGE,
        "--names %.500s: %.500s cannot hold names; write an HDF5 or a CSV file, or leave --names out", request->names,
        request->output);
}

enum elbow_status elbow_session_find(struct elbow_comm *comm, const struct elbow_session_places *places,
                                     struct elbow_session_files *files, struct elbow_error *error)
{
    enum elbow_status status = ELBOW_OK;
    for (int i = 0; i < ELBOW_SESSION_PARTS && status == ELBOW_OK; ++i) {
        const struct elbow_session_place *place = &places->parts[i];
        const struct elbow_files_request wanted = {place->key, place->file, place->places,
                                                   i > 0 ? &files->parts[ELBOW_SESSION_ROWS] : NULL};
        if (place->places[0] == '\0')
            continue;
        status = comm != NULL ? elbow_files_share(comm, &wanted, &files->parts[i], error)
                              : elbow_files_find(&wanted, &files->parts[i], error);
    }
    return status;
}

static void point(const struct elbow_session_files *files, enum elbow_session_part part,
                  struct elbow_companion *companion)
{
    const struct elbow_files *found = &files->parts[part];
    if (found->count == 0)
        return;
    companion->file = found->paths[0];
    companion->dataset = found->datasets[0];
    companion->files = found;
}

void elbow_session_conditions(const struct elbow_config *config, const struct elbow_session_places *places,
                              const struct elbow_session_files *files, struct elbow_condition_sources *sources)
{
    *sources = (struct elbow_condition_sources){.may_lack = config->model.condition.dropout > 0,
                                                .flag = places->condition_flag};
    for (size_t i = 0; i < config->data.condition.count; ++i) {
        struct elbow_condition_source *source = &sources->sources[sources->count];
        if (files->parts[ELBOW_SESSION_CONDITION + i].count == 0)
            continue;
        source->name = config->data.condition.entries[i].name;
        source->where = (struct elbow_companion){.key = places->parts[ELBOW_SESSION_CONDITION + i].key};
        point(files, ELBOW_SESSION_CONDITION + i, &source->where);
        sources->count += 1;
    }
}

struct elbow_companion elbow_session_numbers(const struct elbow_session_places *places,
                                             const struct elbow_session_files *files)
{
    struct elbow_companion where = {.key = places->parts[ELBOW_SESSION_NUMBERS].key};
    point(files, ELBOW_SESSION_NUMBERS, &where);
    return where;
}

struct elbow_dataset_request elbow_session_dataset(const struct elbow_config *config,
                                                   const struct elbow_session_places *places,
                                                   const struct elbow_session_files *files)
{
    const struct elbow_files *rows = &files->parts[ELBOW_SESSION_ROWS], *labels = &files->parts[ELBOW_SESSION_LABELS];
    struct elbow_dataset_request wanted = elbow_dataset_request_of(config);
    struct elbow_selecting select = places->select;
    select.rows.key = "data.rows";
    select.groups.key = "data.groups";
    point(files, ELBOW_SESSION_CHOSEN, &select.rows);
    point(files, ELBOW_SESSION_GROUPS, &select.groups);
    select.length = wanted.select.length;
    select.step = wanted.select.step;
    point(files, ELBOW_SESSION_NAMES, &wanted.names);
    point(files, ELBOW_SESSION_MASK, &wanted.mask);
    point(files, ELBOW_SESSION_SIZE, &wanted.sizes);
    if (places->parts[ELBOW_SESSION_SIZE].key != NULL)
        wanted.sizes.key = places->parts[ELBOW_SESSION_SIZE].key;
    if (places->parts[ELBOW_SESSION_MASK].key != NULL)
        wanted.mask.key = places->parts[ELBOW_SESSION_MASK].key;
    elbow_session_conditions(config, places, files, &wanted.conditions);
    wanted.files = rows->count > 0 ? rows : NULL;
    wanted.labels_files = labels->count > 0 ? labels : NULL;
    wanted.select = select;
    return wanted;
}

void elbow_session_files_clear(struct elbow_session_files *files)
{
    for (int i = 0; i < ELBOW_SESSION_PARTS; ++i)
        elbow_files_clear(&files->parts[i]);
}
