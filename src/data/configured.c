// SPDX-License-Identifier: BSD-3-Clause
// The datasets of a configuration, from its keys to rows in memory.
#include "elbow/data/configured.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"

bool elbow_configured_has_valid(const struct elbow_config *config)
{
    return (config->data.valid[0] != 0 || config->data.valid_share > 0) && config->data.synthetic == 0;
}

// A key and the places that it names.
struct named {
    const char *key, *places; // NULL or empty: none
};

static void find_conditions(const char *key, const struct elbow_named *conditions,
                            struct named named[ELBOW_CONFIGURED_PARTS])
{
    for (size_t i = 0; i < conditions->count; ++i)
        named[ELBOW_CONFIGURED_CONDITION + i] = (struct named){key, conditions->entries[i].dataset};
}

// The keys of all parts. A share of the training data also uses its companions, except for weights, which only training
// needs.
static void find_keys(const struct elbow_config *config, bool is_valid, struct named named[ELBOW_CONFIGURED_PARTS])
{
    if (is_valid && config->data.valid_share <= 0) {
        named[ELBOW_CONFIGURED_ROWS] = (struct named){"data.valid", config->data.valid};
        named[ELBOW_CONFIGURED_LABELS] = (struct named){"data.valid_labels", config->data.valid_labels};
        named[ELBOW_CONFIGURED_NAMES] = (struct named){"data.valid_names", config->data.valid_names};
        named[ELBOW_CONFIGURED_MASK] = (struct named){"data.valid_mask", config->data.valid_mask};
        named[ELBOW_CONFIGURED_SIZE] = (struct named){"data.valid_size", config->data.valid_size};
        find_conditions("data.valid_condition", &config->data.valid_condition, named);
        return;
    }
    named[ELBOW_CONFIGURED_ROWS] = (struct named){"data.train", config->data.train};
    named[ELBOW_CONFIGURED_LABELS] = (struct named){"data.labels", config->data.labels};
    named[ELBOW_CONFIGURED_CHOSEN] = (struct named){"data.rows", config->data.rows.dataset};
    named[ELBOW_CONFIGURED_GROUPS] = (struct named){"data.groups", config->data.groups};
    named[ELBOW_CONFIGURED_NAMES] = (struct named){"data.names", config->data.names};
    named[ELBOW_CONFIGURED_MASK] = (struct named){"data.mask", config->data.mask};
    named[ELBOW_CONFIGURED_SIZE] = (struct named){"data.size", config->data.size};
    find_conditions("data.condition", &config->data.condition, named);
    if (!is_valid)
        named[ELBOW_CONFIGURED_WEIGHTS] = (struct named){"data.weights", config->data.weights};
}

// The paths of copies, in order.
static enum elbow_status next_path(void *user, const char *path, const char *dataset, const char **staged,
                                   struct elbow_error *error)
{
    const char ***next = user;
    (void)path;
    (void)dataset;
    (void)error;
    *staged = *(*next)++;
    return ELBOW_OK;
}

// Collective.
static enum elbow_status stage_files(struct elbow_stage *stage, const struct elbow_files *found,
                                     struct elbow_files *staged, struct elbow_error *error)
{
    size_t count = found->count * found->channels;
    const char **paths = NULL;
    elbow_allocate(&paths, count, sizeof *paths, "names of files", error);
    enum elbow_status status = elbow_comm_agree(stage->comm, error);
    for (size_t i = 0; i < count && status == ELBOW_OK; ++i)
        status = elbow_stage_take(stage, found->paths[i], found->datasets[i], &paths[i], error);
    if (status == ELBOW_OK) {
        const char **next = paths;
        elbow_files_moved(found, next_path, &next, staged, error);
        status = elbow_comm_agree(stage->comm, error);
    }
    elbow_release(&paths);
    return status;
}

enum elbow_status elbow_configured_find(struct elbow_comm *comm, const struct elbow_config *config, bool is_valid,
                                        struct elbow_stage *stage, struct elbow_configured *configured,
                                        struct elbow_error *error)
{
    struct named named[ELBOW_CONFIGURED_PARTS] = {{0}};
    enum elbow_status status = ELBOW_OK;
    *error = (struct elbow_error){0};
    if (config->data.synthetic > 0)
        return ELBOW_OK;
    find_keys(config, is_valid, named);
    for (int i = 0; i < ELBOW_CONFIGURED_PARTS && status == ELBOW_OK; ++i) {
        struct elbow_files *found = &configured->found[i];
        const struct elbow_files_request wanted = {
            .key = named[i].key,
            .file = config->data.file,
            .places = named[i].places,
            .beside = i != ELBOW_CONFIGURED_ROWS ? &configured->found[ELBOW_CONFIGURED_ROWS] : NULL};
        if (wanted.places == NULL || wanted.places[0] == 0)
            continue;
        status =
            comm != NULL ? elbow_files_share(comm, &wanted, found, error) : elbow_files_find(&wanted, found, error);
        if (status == ELBOW_OK && stage != NULL)
            status = stage_files(stage, found, &configured->staged[i], error);
    }
    return status;
}

static const struct elbow_files *files_of(const struct elbow_configured *configured, enum elbow_configured_part part)
{
    const struct elbow_files *found = &configured->found[part], *staged = &configured->staged[part];
    return staged->count > 0 ? staged : found->count > 0 ? found : NULL;
}

static void point(const struct elbow_configured *configured, enum elbow_configured_part part,
                  struct elbow_companion *companion)
{
    const struct elbow_files *files = files_of(configured, part);
    if (files == NULL)
        return;
    companion->file = files->paths[0];
    companion->dataset = files->datasets[0];
    companion->files = files;
}

struct elbow_dataset_request elbow_configured_request(const struct elbow_config *config, bool is_valid,
                                                      const struct elbow_configured *configured)
{
    struct elbow_dataset_request request = elbow_dataset_request_of(config);
    if (!is_valid || config->data.valid_share > 0)
        elbow_dataset_select(config, is_valid, &request.select);
    if (!is_valid) {
        request.labelled = (uint64_t)config->data.labelled;
        request.placing.batch = (uint64_t)config->train.batch;
        request.placing.microbatch = (uint64_t)config->train.microbatch;
    }
    if (is_valid && config->data.valid_share <= 0) {
        request.names.key = "data.valid_names";
        request.mask.key = "data.valid_mask";
        request.sizes.key = "data.valid_size";
    }
    request.only_checks_names = true; // output commands read them again
    request.files = files_of(configured, ELBOW_CONFIGURED_ROWS);
    request.labels_files = files_of(configured, ELBOW_CONFIGURED_LABELS);
    point(configured, ELBOW_CONFIGURED_CHOSEN, &request.select.rows);
    point(configured, ELBOW_CONFIGURED_GROUPS, &request.select.groups);
    point(configured, ELBOW_CONFIGURED_WEIGHTS, &request.weights);
    point(configured, ELBOW_CONFIGURED_NAMES, &request.names);
    point(configured, ELBOW_CONFIGURED_MASK, &request.mask);
    point(configured, ELBOW_CONFIGURED_SIZE, &request.sizes);
    bool is_apart = is_valid && config->data.valid_share <= 0;
    const struct elbow_named *conditions = is_apart ? &config->data.valid_condition : &config->data.condition;
    for (size_t i = 0; i < conditions->count; ++i) {
        struct elbow_condition_source *source = &request.conditions.sources[request.conditions.count++];
        *source =
            (struct elbow_condition_source){.name = conditions->entries[i].name,
                                            .where = {.key = is_apart ? "data.valid_condition" : "data.condition"}};
        point(configured, ELBOW_CONFIGURED_CONDITION + i, &source->where);
    }
    return request;
}

enum elbow_status elbow_configured_load(struct elbow_comm *comm, const struct elbow_dataset_request *request,
                                        struct elbow_log *log, struct elbow_dataset *dataset, struct elbow_error *error)
{
    enum elbow_status status = elbow_dataset_load(comm, request, log, dataset, error);
    return status == ELBOW_OK ? elbow_dataset_compare(comm, dataset, error) : status;
}

void elbow_configured_clear(struct elbow_configured *configured)
{
    for (int i = 0; i < ELBOW_CONFIGURED_PARTS; ++i) {
        elbow_files_clear(&configured->found[i]);
        elbow_files_clear(&configured->staged[i]);
    }
}
