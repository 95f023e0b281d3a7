// SPDX-License-Identifier: BSD-3-Clause
// A model in front of the data. A workspace has a model of its own, as layers keep activations: the parameters are
// shared.
#include "elbow/evaluate/frozen.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/math/hash.h"

#include <string.h>

struct elbow_frozen_workspace {
    const struct elbow_frozen *frozen;
    struct elbow_model *model;
    struct elbow_collation collation;
    struct elbow_collated collated;
    struct elbow_microbatch seen;
};

bool elbow_frozen_is_wanted(const struct elbow_config *config)
{
    return config->data.through[0] != 0;
}

static enum elbow_status make_model(const struct elbow_frozen *frozen, size_t rows_max, struct elbow_model **model,
                                    struct elbow_error *error)
{
    const struct elbow_checkpoint *checkpoint = &frozen->checkpoint;
    const struct elbow_data_facts *data = &checkpoint->data;
    struct elbow_shape sample = elbow_model_sample(&checkpoint->config, data->layout, (size_t)data->rank, data->shape);
    return elbow_model_create_shaped(&checkpoint->config, sample, rows_max, model, error);
}

// The noise of this use, and none that a denoising model was trained with.
static struct elbow_collation collation_of(const struct elbow_frozen *frozen, const struct elbow_dataset *stored,
                                           bool is_training)
{
    struct elbow_collation collation = elbow_collation_of_evaluation(&frozen->config, stored);
    collation.noise = is_training ? ELBOW_PURPOSE_THROUGH_TRAIN : ELBOW_PURPOSE_THROUGH_EVAL;
    if (is_training) {
        collation.binarizer.purpose = ELBOW_PURPOSE_TRAIN_BINARIZE;
        collation.binarizer.noise = ELBOW_PURPOSE_TRAIN_DEQUANTIZE;
    }
    return collation;
}

enum elbow_status elbow_frozen_open(const struct elbow_frozen *frozen, const struct elbow_dataset *stored,
                                    size_t rows_max, bool is_training, struct elbow_frozen_workspace **out,
                                    struct elbow_error *error)
{
    struct elbow_frozen_workspace *workspace = NULL;
    *out = NULL;
    enum elbow_status status = elbow_allocate(&workspace, 1, sizeof *workspace, "a model in front of the data", error);
    if (status != ELBOW_OK)
        return status;
    workspace->frozen = frozen;
    status = make_model(frozen, rows_max, &workspace->model, error);
    if (status == ELBOW_OK && stored != NULL) {
        workspace->collation = collation_of(frozen, stored, is_training);
        status = elbow_collated_create(&workspace->collation, rows_max, &workspace->collated, error);
    }
    if (status == ELBOW_OK)
        *out = workspace;
    else
        elbow_frozen_close(workspace);
    return status;
}

void elbow_frozen_close(struct elbow_frozen_workspace *workspace)
{
    if (workspace == NULL)
        return;
    elbow_collated_destroy(&workspace->collated);
    elbow_model_destroy(workspace->model);
    elbow_release(&workspace);
}

static enum elbow_status open_workspace(const struct elbow_through *through, const struct elbow_dataset *stored,
                                        size_t rows_max, bool is_training, void **out, struct elbow_error *error)
{
    struct elbow_frozen_workspace *workspace = NULL;
    enum elbow_status status =
        elbow_frozen_open((const struct elbow_frozen *)through, stored, rows_max, is_training, &workspace, error);
    *out = workspace;
    return status;
}

static void close_workspace(void *workspace)
{
    elbow_frozen_close(workspace);
}

static void make(void *user, uint64_t epoch, size_t rows, const uint64_t *places, float *values)
{
    struct elbow_frozen_workspace *workspace = user;
    struct elbow_model *model = workspace->model;
    memcpy(workspace->collated.ids, places, rows * sizeof *places);
    workspace->seen = elbow_collate(&workspace->collation, epoch, rows, &workspace->collated);
    const float *head = elbow_model_encode(model, workspace->frozen->checkpoint.values, &workspace->seen);
    model->posterior->draw(rows, model->latent, head, workspace->seen.noise, values);
}

static size_t row_bytes(const struct elbow_through *through, const struct elbow_dataset *stored)
{
    enum { ROWS = 64 };
    const struct elbow_frozen *frozen = (const struct elbow_frozen *)through;
    const struct elbow_collation collation = collation_of(frozen, stored, true);
    struct elbow_error error = {0};
    struct elbow_model *model = NULL;
    size_t bytes = make_model(frozen, ROWS, &model, &error) == ELBOW_OK ? elbow_model_bytes(model) / ROWS : 0;
    elbow_model_destroy(model);
    return bytes + elbow_collated_row_bytes(&collation);
}

void elbow_frozen_decode(struct elbow_frozen_workspace *workspace, size_t rows, const float *z, float *mean)
{
    const struct elbow_data_facts *data = &workspace->frozen->checkpoint.data;
    const struct elbow_model_sizes sizes = {.mean = data->mean, .size = data->size};
    elbow_model_set_sizes(workspace->model, rows, sizes);
    elbow_model_decode(workspace->model, workspace->frozen->checkpoint.values, rows, z, mean);
}

void elbow_frozen_draw(const struct elbow_frozen_workspace *workspace, size_t row, struct elbow_stream stream, float *x)
{
    elbow_model_draw(workspace->model, workspace->frozen->checkpoint.values, row, stream, x);
}

const struct elbow_microbatch *elbow_frozen_seen(const struct elbow_frozen_workspace *workspace)
{
    return &workspace->seen;
}

// The places of data are those of the configuration; the keys that say how rows are read are the model's.
static void mix(const struct elbow_config *of, const struct elbow_config *config, struct elbow_config *mixed)
{
    *mixed = *of;
    mixed->seed = config->seed;
    mixed->data = config->data;
    mixed->data.through[0] = 0;
    elbow_config_read_as(of, mixed);
}

// The conditions that its encoder would need.
static enum elbow_status check_model(const struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    const char *what = elbow_frozen_is_wanted(&checkpoint->config)        ? "data.through of its own"
                       : checkpoint->data.conditions.count > 0            ? "data.condition"
                       : elbow_config_has_classifier(&checkpoint->config) ? "model.classifier"
                                                                          : NULL;
    if (what == NULL)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG,
                           "data.through: %.500s was trained with %s, and a model in front of the data must be a model "
                           "of rows alone; name another one",
                           checkpoint->path, what);
}

enum elbow_status elbow_frozen_load(struct elbow_comm *comm, const struct elbow_config *config, struct elbow_log *log,
                                    struct elbow_frozen **out, struct elbow_error *error)
{
    struct elbow_frozen *frozen = NULL;
    *out = NULL;
    *error = (struct elbow_error){0};
    if (!elbow_frozen_is_wanted(config))
        return ELBOW_OK;
    elbow_allocate(&frozen, 1, sizeof *frozen, "a model in front of the data", error);
    enum elbow_status status = elbow_comm_agree(comm, error);
    if (status == ELBOW_OK) {
        status = elbow_checkpoint_load(comm, config->data.through, false, log, &frozen->checkpoint, error);
        if (status != ELBOW_OK)
            elbow_error_set(error, status, "data.through: %.1500s", error->message);
    }
    if (status == ELBOW_OK)
        status = check_model(&frozen->checkpoint, error);
    if (status != ELBOW_OK) {
        elbow_frozen_destroy(frozen);
        return status;
    }
    struct elbow_checkpoint *checkpoint = &frozen->checkpoint;
    elbow_checkpoint_take_average(comm, checkpoint);
    mix(&checkpoint->config, config, &frozen->config);
    frozen->through = (struct elbow_through){
        .name = checkpoint->path,
        .values = (size_t)checkpoint->config.model.latent,
        .hash = elbow_hash_bytes(checkpoint->values, checkpoint->parameters.size * sizeof(float)) >> 1,
        .open = open_workspace,
        .make = make,
        .close = close_workspace,
        .row_bytes = row_bytes};
    *out = frozen;
    return ELBOW_OK;
}

enum elbow_status elbow_frozen_check(const struct elbow_frozen *frozen, const struct elbow_data_facts *facts,
                                     const char *of, struct elbow_error *error)
{
    if (frozen == NULL || facts->through_hash == frozen->through.hash)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%.500s: was trained on the latents of another model than %.500s (the hashes of their "
                           "weights differ); set data.through to that one, or train a new model",
                           of, frozen->through.name);
}

void elbow_frozen_request(struct elbow_frozen *frozen, const struct elbow_config *config,
                          struct elbow_dataset_request *request)
{
    frozen->facts = frozen->checkpoint.data;
    frozen->facts.conditions = (struct elbow_conditions){0};
    frozen->facts.classes = (struct elbow_conditions){0};
    if (request->reference != NULL) {
        frozen->facts.conditions = request->reference->conditions;
        frozen->facts.classes = request->reference->classes;
    }
    frozen->facts.page_rows = request->reference != NULL ? request->reference->page_rows : 0;
    // The rows of the model's data are in memory: its samples are made of them in the order of this model's.
    request->placing.order = (enum elbow_order_kind)config->data.order;
    request->placing.access = ELBOW_ACCESS_RESIDENT;
    request->placing.window_pages = (uint64_t)config->data.window_pages;
    request->placing.page_rows = (uint64_t)config->data.page_rows;
    request->placing.may_page = request->placing.batch > 0;
    if (request->placing.batch > 0) {
        request->placing.batch = (uint64_t)config->train.batch;
        request->placing.microbatch = (uint64_t)config->train.microbatch;
    }
    request->reference = &frozen->facts;
    request->reference_name = frozen->checkpoint.path;
    request->is_settled = true;
    request->is_same = false;
    request->wants_classes = elbow_config_has_classifier(config);
    request->conditions.may_lack = config->model.condition.dropout > 0;
}

uint64_t elbow_frozen_bytes(const struct elbow_frozen *frozen)
{
    if (frozen == NULL)
        return 0;
    const struct elbow_checkpoint *checkpoint = &frozen->checkpoint;
    uint64_t arrays =
        1U + (checkpoint->first_moment != NULL) + (checkpoint->second_moment != NULL) + (checkpoint->average != NULL);
    return arrays * checkpoint->parameters.size * sizeof(float);
}

void elbow_frozen_destroy(struct elbow_frozen *frozen)
{
    if (frozen == NULL)
        return;
    elbow_checkpoint_clear(&frozen->checkpoint);
    elbow_release(&frozen);
}
