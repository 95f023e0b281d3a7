// SPDX-License-Identifier: BSD-3-Clause
// Where a run starts: initial values, another checkpoint's tensors, or where an earlier start of the same run stopped.
#include "elbow/train/detail/engine.h"

#include "elbow/base/memory.h"
#include "elbow/math/permutation.h"

#include <stdio.h>
#include <string.h>

// Takes over what fits of another checkpoint's tensors, by name and shape, and tells.
static void warm_start(struct elbow_engine *engine, const struct elbow_checkpoint *from, float *values)
{
    const struct elbow_parameters *parameters = &engine->model->parameters;
    size_t fitted = 0;
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        const struct elbow_tensor *source = elbow_parameters_find(&from->parameters, tensor->name);
        if (source == NULL) {
            elbow_log_say(engine->plan->log, "init: %s is not in %s: it starts with random values", tensor->name,
                          from->path);
            continue;
        }
        if (source->rank != tensor->rank || memcmp(source->shape, tensor->shape, sizeof tensor->shape) != 0) {
            elbow_log_say(engine->plan->log, "init: %s has another shape in %s: it starts with random values",
                          tensor->name, from->path);
            continue;
        }
        memcpy(values + tensor->offset, from->values + source->offset, tensor->count * sizeof *values);
        ++fitted;
    }
    elbow_log_say(engine->plan->log, "init: %zu of %zu tensors taken from %s (step %llu)", fitted, parameters->count,
                  from->path, (unsigned long long)from->state.step);
}

// What was found while the data were loaded.
static void take_known_start(const struct elbow_dataset *dataset, double *mean, double *variance)
{
    memcpy(mean, dataset->start_mean, dataset->values * sizeof *mean);
    if (variance != NULL)
        memcpy(variance, dataset->start_variance, dataset->values * sizeof *variance);
}

// Collective. The parameters of a new run, as far as they follow from configuration and training data.
static enum elbow_status start_from_data(struct elbow_engine *engine, float *values, struct elbow_error *error)
{
    const struct elbow_train_plan *plan = engine->plan;
    const struct elbow_config *config = &plan->config;
    bool wants_bias = config->model.output_bias == ELBOW_OUTPUT_BIAS_DATA;
    bool wants_variance = elbow_model_starts_from_data(engine->model);
    size_t count = wants_bias || wants_variance ? plan->train.values : 0;
    float *bias = NULL;
    double *mean = NULL, *variance = NULL;
    struct elbow_binarizer binarizer = elbow_collation_of_evaluation(config, &plan->train).binarizer;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(bias, wants_bias ? count : 0), ELBOW_ARRAY(mean, count),
                                         ELBOW_ARRAY(variance, wants_variance ? count : 0)};
    elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "the mean", error);
    enum elbow_status status = elbow_comm_agree(plan->comm, error);
    if (status == ELBOW_OK && count > 0 && plan->train.start_mean != NULL)
        take_known_start(&plan->train, mean, wants_variance ? variance : NULL);
    else if (status == ELBOW_OK && count > 0)
        status =
            elbow_batch_moments(plan->comm, &plan->train, &binarizer, mean, wants_variance ? variance : NULL, error);
    for (size_t d = 0; status == ELBOW_OK && wants_bias && d < count; ++d)
        bias[d] = (float)mean[d];
    if (status == ELBOW_OK)
        elbow_model_initialize(engine->model, (uint64_t)config->seed, wants_bias ? bias : NULL, values);
    if (status == ELBOW_OK && wants_variance)
        elbow_model_start(engine->model, mean, variance, values);
    elbow_release(&bias);
    elbow_release(&mean);
    elbow_release(&variance);
    return status;
}

// Local. Pseudo-inputs start at samples of the training set, as the encoder sees them without corruption.
static enum elbow_status start_pseudo_inputs(const struct elbow_engine *engine, float *values,
                                             struct elbow_error *error)
{
    const struct elbow_train_plan *plan = engine->plan;
    struct elbow_stream stream = {.seed = (uint64_t)plan->config.seed, .purpose = ELBOW_PURPOSE_PSEUDO_INPUTS};
    struct elbow_permutation order = elbow_permutation_keyed(plan->train.samples, stream);
    struct elbow_collation collation = elbow_collation_of_evaluation(&plan->config, &plan->train);
    struct elbow_collated collated = {0};
    size_t rows = engine->model->pseudo.count;
    enum elbow_status status = elbow_collated_create(&collation, rows, &collated, error);
    for (size_t i = 0; status == ELBOW_OK && i < rows; ++i)
        collated.ids[i] = elbow_permutation_at(&order, i);
    if (status == ELBOW_OK) {
        struct elbow_microbatch microbatch = elbow_collate(&collation, 0, rows, &collated);
        elbow_model_start_pseudo_inputs(engine->model, elbow_microbatch_inputs(&microbatch), values);
    }
    elbow_collated_destroy(&collated);
    return status;
}

// Collective. The parameters of a new run.
static enum elbow_status start_values(struct elbow_engine *engine, const char *init, float *values,
                                      struct elbow_error *error)
{
    enum elbow_status status = start_from_data(engine, values, error);
    if (status == ELBOW_OK && engine->model->pseudo.count > 0) {
        start_pseudo_inputs(engine, values, error);
        status = elbow_comm_agree(engine->plan->comm, error);
    }
    if (status != ELBOW_OK || init == NULL)
        return status;
    struct elbow_checkpoint from;
    status = elbow_checkpoint_load(engine->plan->comm, init, false, engine->plan->log, &from, error);
    if (status == ELBOW_OK)
        warm_start(engine, &from, values);
    elbow_checkpoint_clear(&from);
    return status;
}

// Where the cosine ends: by train.schedule_epochs, else by the epochs of this first start. Pieces are counted in epochs
// of so many steps. Other schedules have no end.
static uint64_t schedule_steps(const struct elbow_engine *engine)
{
    const struct elbow_config *config = &engine->plan->config;
    if (config->train.schedule == ELBOW_SCHEDULE_PIECES)
        return engine->plan->epoch_steps;
    if (config->train.schedule != ELBOW_SCHEDULE_COSINE)
        return 0;
    int64_t epochs = config->train.schedule_epochs > 0 ? config->train.schedule_epochs : config->train.epochs;
    uint64_t steps;
    return __builtin_mul_overflow((uint64_t)epochs, engine->plan->epoch_steps, &steps) ? UINT64_MAX : steps;
}

// The averages start as the parameters do.
static void start_average(struct elbow_engine *engine, const float *values)
{
    const struct elbow_piece *pieces;
    int count = engine->average.values != NULL ? elbow_exchange_pieces(engine->exchange, &pieces) : 0;
    for (int i = 0; i < count; ++i)
        memcpy(engine->average.values + pieces[i].offset, values + pieces[i].first, pieces[i].count * sizeof *values);
}

enum elbow_status elbow_engine_start_new(struct elbow_engine *engine, const char *init, struct elbow_error *error)
{
    float *values = NULL;
    elbow_allocate(&values, engine->model->parameters.size, sizeof *values, "the parameters", error);
    enum elbow_status status = elbow_comm_agree(engine->plan->comm, error);
    if (status == ELBOW_OK)
        status = start_values(engine, init, values, error);
    if (status == ELBOW_OK) {
        elbow_exchange_publish(engine->exchange, values);
        start_average(engine, values);
    }
    elbow_release(&values);
    engine->state.schedule_steps = schedule_steps(engine);
    return status;
}

// Collective. Everybody's part of what rank zero has of the moments and averages.
static enum elbow_status scatter_moments(struct elbow_engine *engine, const struct elbow_checkpoint *checkpoint,
                                         struct elbow_error *error)
{
    const struct elbow_optimizer *optimizer = &engine->optimizer;
    bool is_root = engine->plan->place.rank == 0;
    if (is_root && ((optimizer->first_moment != NULL && checkpoint->first_moment == NULL) ||
                    (optimizer->second_moment != NULL && checkpoint->second_moment == NULL)))
        elbow_error_set(error, ELBOW_FORMAT, "%s: lacks the optimiser's state", checkpoint->path);
    enum elbow_status status = elbow_comm_agree_root(engine->plan->comm, error);
    if (status == ELBOW_OK && optimizer->first_moment != NULL)
        status = elbow_exchange_scatter(engine->exchange, checkpoint->first_moment, optimizer->first_moment, error);
    if (status == ELBOW_OK && optimizer->second_moment != NULL)
        status = elbow_exchange_scatter(engine->exchange, checkpoint->second_moment, optimizer->second_moment, error);
    if (status == ELBOW_OK && engine->average.values != NULL)
        status = elbow_exchange_scatter(engine->exchange, checkpoint->average, engine->average.values, error);
    return status;
}

static bool lies_elsewhere(const struct elbow_config *before, const struct elbow_config *now)
{
    return strcmp(before->data.file, now->data.file) != 0 || strcmp(before->data.train, now->data.train) != 0 ||
           strcmp(before->data.valid, now->data.valid) != 0;
}

// Checkpoints of 0.1 have no hash: where the data lie elsewhere nobody can tell whether they are the same. Samples all
// counted alike then.
static enum elbow_status check_unhashed(const struct elbow_train_plan *plan, const struct elbow_checkpoint *checkpoint,
                                        struct elbow_error *error)
{
    bool had_valid = checkpoint->config.data.valid[0] != 0;
    if (had_valid != plan->has_valid)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: was evaluated on %s; resume with the same, or start a new run in another directory",
                               checkpoint->path,
                               had_valid ? "validation data, and data.valid names none now" : "no validation data");
    if (plan->train.has_weights)
        return elbow_error_set(
            error, ELBOW_MISMATCH,
            "%s: was trained without data.weights; resume without them, or start a new run in another directory",
            checkpoint->path);
    if (lies_elsewhere(&checkpoint->config, &plan->config))
        elbow_log_warn(plan->log,
                       "%s: is of version 0.1, which kept no hash of the data: make sure that the data in the new "
                       "place are the same",
                       checkpoint->path);
    return ELBOW_OK;
}

enum { BESIDE_SIZE = 96 };

// What has to be the same as before, beside the rows: " with the same data.weights, data.size and values missing".
static void tell_beside(const struct elbow_train_plan *plan, const struct elbow_config *before,
                        char beside[BESIDE_SIZE])
{
    const struct elbow_dataset *train = &plan->train;
    const struct {
        bool is_there;
        const char *name;
    } parts[] = {{train->has_weights || before->data.weights[0] != 0, "data.weights"},
                 {train->has_sizes || before->data.size[0] != 0, "data.size"},
                 {train->conditions.count > 0, "data.condition"},
                 {elbow_classes_count(&train->classes.names) > 0, "data.labels"},
                 {elbow_dataset_has_known(train) || before->data.mask[0] != 0, "values missing"}};
    size_t left = 0, used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i)
        left += parts[i].is_there;
    beside[0] = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; ++i) {
        if (!parts[i].is_there)
            continue;
        const char *link = used == 0 ? " with the same " : --left == 1 ? " and " : ", ";
        used += (size_t)snprintf(beside + used, BESIDE_SIZE - used, "%s%s", link, parts[i].name);
    }
}

// A resume may read the data from another place, but they must be the same data.
static enum elbow_status check_rows(const struct elbow_train_plan *plan, const struct elbow_checkpoint *checkpoint,
                                    struct elbow_error *error)
{
    const struct elbow_data_facts *before = &checkpoint->data, *now = &plan->facts;
    char beside[BESIDE_SIZE];
    if (before->samples != now->samples || before->values != now->values)
        return elbow_error_set(error, ELBOW_MISMATCH, "%s: was trained on %s of %s, but %s now has %llu of %llu",
                               checkpoint->path, elbow_text_count(before->samples, "sample").text,
                               elbow_text_count(before->values, "value").text, plan->train.name,
                               (unsigned long long)now->samples, (unsigned long long)now->values);
    if (before->hash == 0)
        return plan->config.data.synthetic > 0 ? ELBOW_OK : check_unhashed(plan, checkpoint, error);
    tell_beside(plan, &checkpoint->config, beside);
    if (before->hash != now->hash)
        return elbow_error_set(error, ELBOW_MISMATCH,
                               "%s: was trained on other rows than %s has now (their hashes differ); give it the "
                               "same rows in the same type%s, or start a new run in another directory",
                               checkpoint->path, plan->train.name, beside);
    if (before->valid_hash == now->valid_hash)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "%s: was evaluated on %s; resume with the same, or start a new run in another directory",
                           checkpoint->path,
                           before->valid_hash == 0 ? "no validation data"
                           : now->valid_hash == 0  ? "validation data, and data.valid names none now"
                                                   : "other validation rows than data.valid names now");
}

// Rank zero, which has them. The files of a list are known one by one.
static enum elbow_status check_list(const struct elbow_train_plan *plan, const struct elbow_checkpoint *checkpoint,
                                    struct elbow_error *error)
{
    const struct elbow_dataset *now = &plan->train;
    const char *path = checkpoint->path;
    if (checkpoint->files != now->files)
        return elbow_error_set(
            error, ELBOW_MISMATCH,
            "%s: was trained on a list of %s, but %s now has %zu; give it the same files in the same "
            "order, or start a new run in another directory",
            path, elbow_text_count(checkpoint->files > 0 ? checkpoint->files : 1, "file").text, now->name,
            now->files > 0 ? now->files : (size_t)1);
    for (size_t i = 0; i < now->files; ++i)
        if (checkpoint->file_rows[i] != now->file_rows[i])
            return elbow_error_set(error, ELBOW_MISMATCH,
                                   "%s: file %zu of the list (counted from 0), %s, had %s, and has %llu now; give it "
                                   "the same files in the same order, or start a new run in another directory",
                                   path, i, now->file_names.paths[i * now->file_names.channels],
                                   elbow_text_count(checkpoint->file_rows[i], "row").text,
                                   (unsigned long long)now->file_rows[i]);
    for (size_t i = 0; i < now->files; ++i)
        if (checkpoint->file_hashes[i] != now->file_hashes[i])
            return elbow_error_set(
                error, ELBOW_MISMATCH,
                "%s: file %zu of the list (counted from 0), %s, holds other rows than before (their "
                "hashes differ); give it the same rows in the same type, or start a new run in another directory",
                path, i, now->file_names.paths[i * now->file_names.channels]);
    return ELBOW_OK;
}

enum elbow_status elbow_engine_start_resumed(struct elbow_engine *engine, const struct elbow_checkpoint *checkpoint,
                                             struct elbow_error *error)
{
    if (engine->plan->place.rank == 0)
        check_list(engine->plan, checkpoint, error);
    if (elbow_comm_agree_root(engine->plan->comm, error) != ELBOW_OK ||
        check_rows(engine->plan, checkpoint, error) != ELBOW_OK)
        return error->status;
    if (checkpoint->accumulators != engine->accumulators ||
        checkpoint->parameters.size != engine->model->parameters.size)
        return elbow_error_set(error, ELBOW_FORMAT, "%s: does not fit its own configuration", checkpoint->path);
    engine->state = checkpoint->state;
    memcpy(engine->accumulator, checkpoint->accumulator, engine->accumulators * sizeof(double));
    elbow_exchange_publish(engine->exchange, checkpoint->values);
    return scatter_moments(engine, checkpoint, error);
}
