// SPDX-License-Identifier: BSD-3-Clause
// Reading the contents of a checkpoint whose hash was found right.
#include "elbow/checkpoint/detail/format.h"

#include "elbow/base/memory.h"
#include "elbow/data/hdf5.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const size_t TEXT_LIMIT = (size_t)1 << 20;
enum { ACCUMULATORS_MAX = 1 << 22, TYPE_LIMIT = 16 };
static const uint64_t PAGE_ROWS_MAX = UINT64_C(1) << 48;

static enum elbow_status read_tensors(struct elbow_hdf5 *file, const char *group,
                                      const struct elbow_parameters *parameters, float *values,
                                      struct elbow_error *error)
{
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        struct elbow_hdf5_info info;
        char name[2 * ELBOW_TENSOR_NAME_SIZE];
        elbow_text_format(name, sizeof name, "%s/%s", group, tensor->name);
        enum elbow_status status = elbow_hdf5_describe_dataset(file, name, &info, error);
        if (status != ELBOW_OK)
            return status;
        bool fits = info.rank == tensor->rank && info.element == ELBOW_ELEMENT_FLOAT32;
        for (int k = 0; fits && k < info.rank; ++k)
            fits = info.shape[k] == tensor->shape[k];
        if (!fits)
            return elbow_error_set(error, ELBOW_FORMAT, "%s does not have the shape that the configuration gives it",
                                   name);
        status = elbow_hdf5_read_rows(file, name, 0, info.shape[0], values + tensor->offset, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

static enum elbow_status read_state(struct elbow_hdf5 *file, struct elbow_run_state *state, struct elbow_error *error)
{
    for (size_t i = 0; i < elbow_checkpoint_field_count; ++i) {
        const struct elbow_checkpoint_field *field = &elbow_checkpoint_fields[i];
        void *value = (char *)state + field->offset;
        enum elbow_status status = field->is_double ? elbow_hdf5_read_doubles(file, "/", field->name, value, 1, error)
                                                    : elbow_hdf5_read_integers(file, "/", field->name, value, 1, error);
        if (status != ELBOW_OK)
            return status;
        if (!field->is_double && *(const int64_t *)value < 0)
            return elbow_error_set(error, ELBOW_FORMAT, "%s is below zero", field->name);
    }
    return ELBOW_OK;
}

// Version 0.1 has none.
static enum elbow_status read_hash(struct elbow_hdf5 *file, const char *name, uint64_t *hash, struct elbow_error *error)
{
    bool found;
    int64_t value = 0;
    enum elbow_status status = elbow_hdf5_find_attribute(file, "/", name, &found, error);
    if (status == ELBOW_OK && found)
        status = elbow_hdf5_read_integers(file, "/", name, &value, 1, error);
    *hash = (uint64_t)value;
    return status;
}

static enum elbow_status read_facts(struct elbow_hdf5 *file, struct elbow_data_facts *data, struct elbow_error *error)
{
    int64_t rank = 0, samples = 0, shape[8] = {0};
    char *source = NULL;
    enum elbow_status status = elbow_hdf5_read_integers(file, "/", "data_rank", &rank, 1, error);
    if (status == ELBOW_OK && (rank < 1 || rank > 8))
        status = elbow_error_set(error, ELBOW_FORMAT, "data_rank is %lld", (long long)rank);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_integers(file, "/", "data_samples", &samples, 1, error);
    if (status == ELBOW_OK && samples < 1)
        status = elbow_error_set(error, ELBOW_FORMAT, "data_samples is %lld", (long long)samples);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_integers(file, "/", "data_shape", shape, (size_t)rank, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_doubles(file, "/", "data_factor", &data->scale.factor, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_doubles(file, "/", "data_offset", &data->scale.offset, 1, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_text(file, "/", "data_scale_source", sizeof data->scale.source, &source, error);
    if (status == ELBOW_OK)
        status = read_hash(file, "data_hash", &data->hash, error);
    if (status == ELBOW_OK)
        status = read_hash(file, "data_valid_hash", &data->valid_hash, error);
    if (status == ELBOW_OK)
        status = read_hash(file, "data_through_hash", &data->through_hash, error);
    if (status == ELBOW_OK)
        status = read_hash(file, "data_page_rows", &data->page_rows, error);
    if (status == ELBOW_OK)
        elbow_text_format(data->scale.source, sizeof data->scale.source, "%s", source);
    elbow_release(&source);
    if (status != ELBOW_OK)
        return status;
    if (data->page_rows > PAGE_ROWS_MAX)
        return elbow_error_set(error, ELBOW_FORMAT, "data_page_rows is out of bounds");
    data->rank = (uint64_t)rank;
    data->samples = (uint64_t)samples;
    data->values = 1;
    for (int64_t i = 0; i < rank; ++i) {
        data->shape[i] = (uint64_t)shape[i];
        if (shape[i] < 1 || shape[i] > INT32_MAX ||
            __builtin_mul_overflow(data->values, data->shape[i], &data->values) || data->values > INT32_MAX)
            return elbow_error_set(error, ELBOW_FORMAT, "data_shape is out of bounds");
    }
    return ELBOW_OK;
}

static enum elbow_status read_type(struct elbow_hdf5 *file, struct elbow_data_facts *data, struct elbow_error *error)
{
    char *name = NULL;
    double range[2];
    enum elbow_status status = elbow_hdf5_read_text(file, "/", "data_type", TYPE_LIMIT, &name, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_doubles(file, "/", "data_range", range, 2, error);
    if (status == ELBOW_OK && !elbow_element_find(name, &data->element))
        status = elbow_error_set(error, ELBOW_FORMAT, "data_type is %.20s", name);
    if (status == ELBOW_OK && !(range[0] <= range[1]))
        status = elbow_error_set(error, ELBOW_FORMAT, "data_range is %g to %g", range[0], range[1]);
    elbow_release(&name);
    if (status != ELBOW_OK)
        return status;
    data->has_range = true;
    data->min = range[0];
    data->max = range[1];
    return ELBOW_OK;
}

// The rules for missing stored values. Older files have none.
static enum elbow_status read_rules(struct elbow_hdf5 *file, struct elbow_data_facts *data, struct elbow_error *error)
{
    struct elbow_hdf5_attribute type, missing, range, mean, size;
    double valid[2];
    enum elbow_status status = elbow_hdf5_describe_attribute(file, "/", "data_type", &type, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_attribute(file, "/", "data_missing", &missing, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_attribute(file, "/", "data_valid_range", &range, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_attribute(file, "/", "data_mean", &mean, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_attribute(file, "/", "data_size", &size, error);
    if (status == ELBOW_OK && type.is_there)
        status = read_type(file, data, error);
    if (status == ELBOW_OK && size.is_there)
        status = elbow_hdf5_read_doubles(file, "/", "data_size", &data->size, 1, error);
    data->mean = NAN;
    if (status == ELBOW_OK && mean.is_there)
        status = elbow_hdf5_read_doubles(file, "/", "data_mean", &data->mean, 1, error);
    if (status == ELBOW_OK && missing.is_there && (missing.count < 1 || missing.count > ELBOW_MISSING_VALUES))
        status = elbow_error_set(error, ELBOW_FORMAT, "data_missing has %" PRIu64 " values", missing.count);
    if (status == ELBOW_OK && missing.is_there)
        status = elbow_hdf5_read_doubles(file, "/", "data_missing", data->missing.values, (size_t)missing.count, error);
    if (status == ELBOW_OK && range.is_there)
        status = elbow_hdf5_read_doubles(file, "/", "data_valid_range", valid, 2, error);
    if (status != ELBOW_OK)
        return status;
    data->missing.count = missing.is_there ? (size_t)missing.count : 0;
    if (!range.is_there)
        return ELBOW_OK;
    if (isnan(valid[0]) || isnan(valid[1]))
        return elbow_error_set(error, ELBOW_FORMAT, "data_valid_range is not a range");
    data->missing.has_range = true;
    data->missing.low = valid[0];
    data->missing.high = valid[1];
    return ELBOW_OK;
}

// The tensors that the configuration requires.
static enum elbow_status take_layout(struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    checkpoint->data.layout = (enum elbow_layout)checkpoint->config.data.layout;
    struct elbow_shape sample = elbow_model_sample(&checkpoint->config, checkpoint->data.layout,
                                                   (size_t)checkpoint->data.rank, checkpoint->data.shape);
    return elbow_model_layout(&checkpoint->config, sample, &checkpoint->parameters, error);
}

// Memory is allocated for the real size of the file, not for the numbers in it.
static enum elbow_status check_size(const struct elbow_checkpoint *checkpoint, size_t size, struct elbow_error *error)
{
    size_t floats = elbow_parameters_trainable(&checkpoint->parameters);
    if (floats <= size / sizeof(float))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_FORMAT, "its configuration has %zu parameters, the file only %s", floats,
                           elbow_text_bytes(size).text);
}

static enum elbow_status read_accumulator(struct elbow_hdf5 *file, struct elbow_checkpoint *checkpoint,
                                          struct elbow_error *error)
{
    int64_t count = 0;
    enum elbow_status status = elbow_hdf5_read_integers(file, "/", "accumulators", &count, 1, error);
    if (status == ELBOW_OK && (count < 1 || count > ACCUMULATORS_MAX))
        status = elbow_error_set(error, ELBOW_FORMAT, "accumulators is %lld", (long long)count);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->accumulator, (size_t)count, sizeof(double), "a checkpoint", error);
    if (status != ELBOW_OK)
        return status;
    checkpoint->accumulators = (size_t)count;
    return elbow_hdf5_read_doubles(file, "/", "accumulator", checkpoint->accumulator, checkpoint->accumulators, error);
}

static enum elbow_status read_moments(struct elbow_hdf5 *file, struct elbow_checkpoint *checkpoint,
                                      struct elbow_error *error)
{
    struct {
        const char *group;
        float **values;
    } moments[] = {{"/optimizer/first_moment", &checkpoint->first_moment},
                   {"/optimizer/second_moment", &checkpoint->second_moment},
                   {ELBOW_CHECKPOINT_AVERAGE, &checkpoint->average}};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; ++i) {
        bool found;
        enum elbow_status status = elbow_hdf5_find(file, moments[i].group, &found, error);
        if (status != ELBOW_OK)
            return status;
        if (!found)
            continue;
        status = elbow_allocate(moments[i].values, checkpoint->parameters.size, sizeof(float), "a checkpoint", error);
        if (status == ELBOW_OK)
            status = read_tensors(file, moments[i].group, &checkpoint->parameters, *moments[i].values, error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

// A word for each training file, if there are several.
static enum elbow_status read_words(struct elbow_hdf5 *file, const char *name, size_t size, uint64_t **words,
                                    size_t *count, struct elbow_error *error)
{
    struct elbow_hdf5_info info;
    bool found;
    enum elbow_status status = elbow_hdf5_find(file, name, &found, error);
    *count = 0;
    if (status == ELBOW_OK && found)
        status = elbow_hdf5_describe_dataset(file, name, &info, error);
    if (status != ELBOW_OK || !found)
        return status;
    if (info.rank != 1 || info.element != ELBOW_ELEMENT_UINT64 || info.shape[0] > size / sizeof **words)
        return elbow_error_set(error, ELBOW_FORMAT, "%s is not a list of 64-bit words", name);
    status = elbow_allocate(words, info.shape[0], sizeof **words, "a checkpoint", error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_read_rows(file, name, 0, info.shape[0], *words, error);
    *count = (size_t)info.shape[0];
    return status;
}

static enum elbow_status read_files(struct elbow_hdf5 *file, size_t size, struct elbow_checkpoint *checkpoint,
                                    struct elbow_error *error)
{
    size_t hashes = 0;
    enum elbow_status status =
        read_words(file, ELBOW_CHECKPOINT_FILE_ROWS, size, &checkpoint->file_rows, &checkpoint->files, error);
    if (status == ELBOW_OK)
        status = read_words(file, ELBOW_CHECKPOINT_FILE_HASHES, size, &checkpoint->file_hashes, &hashes, error);
    if (status == ELBOW_OK && hashes != checkpoint->files)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s has %zu words, " ELBOW_CHECKPOINT_FILE_ROWS " has %zu",
                                 ELBOW_CHECKPOINT_FILE_HASHES, hashes, checkpoint->files);
    return status;
}

static enum elbow_status read_contents(struct elbow_hdf5 *file, size_t size, struct elbow_checkpoint *checkpoint,
                                       struct elbow_error *error)
{
    struct elbow_config *config = &checkpoint->config;
    enum elbow_status status = elbow_hdf5_read_text(file, "/", "config", TEXT_LIMIT, &checkpoint->config_text, error);
    if (status != ELBOW_OK)
        return status;
    elbow_config_default(config);
    status = elbow_config_parse(config, "config", checkpoint->config_text, strlen(checkpoint->config_text), error);
    if (status == ELBOW_OK)
        status = elbow_config_finish(config, "config", error);
    if (status == ELBOW_OK)
        status = read_state(file, &checkpoint->state, error);
    if (status == ELBOW_OK)
        status = read_facts(file, &checkpoint->data, error);
    if (status == ELBOW_OK)
        status = read_rules(file, &checkpoint->data, error);
    if (status == ELBOW_OK)
        status = elbow_conditions_read(file, ELBOW_CHECKPOINT_CONDITIONS, &config->data.condition,
                                       &checkpoint->data.conditions, error);
    config->model.condition.width = checkpoint->data.conditions.width;
    if (status == ELBOW_OK && elbow_config_has_classifier(config))
        status = elbow_classes_read(file, ELBOW_CHECKPOINT_CLASSES, &checkpoint->data.classes, error);
    config->model.classes = elbow_classes_count(&checkpoint->data.classes);
    if (status == ELBOW_OK)
        status = read_files(file, size, checkpoint, error);
    if (status == ELBOW_OK)
        status = read_accumulator(file, checkpoint, error);
    if (status == ELBOW_OK)
        status = take_layout(checkpoint, error);
    if (status == ELBOW_OK)
        status = check_size(checkpoint, size, error);
    if (status == ELBOW_OK)
        status = elbow_checkpoint_read_fits(file, config, &checkpoint->data, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->values, checkpoint->parameters.size, sizeof(float), "a checkpoint", error);
    if (status == ELBOW_OK)
        status = read_tensors(file, "/model", &checkpoint->parameters, checkpoint->values, error);
    if (status == ELBOW_OK)
        status = read_moments(file, checkpoint, error);
    if (status == ELBOW_OK && config->train.average > 0 && checkpoint->average == NULL)
        status = elbow_error_set(error, ELBOW_FORMAT, "it lacks the averaged weights of train.average");
    return status;
}

enum elbow_status elbow_checkpoint_read(const char *name, const void *image, size_t size,
                                        struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    struct elbow_hdf5 *file = NULL;
    enum elbow_status status = elbow_hdf5_open_image(name, image, size, &file, error);
    if (status == ELBOW_OK)
        status = read_contents(file, size, checkpoint, error);
    if (file != NULL && status != ELBOW_OK && status != ELBOW_MEMORY)
        status = elbow_error_set(error, ELBOW_FORMAT, "%s: is not a usable checkpoint: %s", name, error->message);
    elbow_hdf5_close(file, NULL);
    return status;
}

enum elbow_status elbow_checkpoint_allocate(struct elbow_checkpoint *checkpoint, struct elbow_error *error)
{
    enum elbow_status status =
        elbow_allocate(&checkpoint->accumulator, checkpoint->accumulators, sizeof(double), "a checkpoint", error);
    if (status == ELBOW_OK)
        status = elbow_fit_create(checkpoint->data.transform.kind, (size_t)checkpoint->data.values,
                                  &checkpoint->data.transform, error);
    if (status == ELBOW_OK)
        status = elbow_fit_create(checkpoint->data.input.kind, (size_t)checkpoint->data.values, &checkpoint->data.input,
                                  error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->data.conditions.texts, checkpoint->data.conditions.bytes, 1,
                                "a checkpoint", error);
    if (status == ELBOW_OK)
        status =
            elbow_allocate(&checkpoint->data.classes.texts, checkpoint->data.classes.bytes, 1, "a checkpoint", error);
    if (status == ELBOW_OK)
        status = take_layout(checkpoint, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&checkpoint->values, checkpoint->parameters.size, sizeof(float), "a checkpoint", error);
    return status;
}

void elbow_checkpoint_clear(struct elbow_checkpoint *checkpoint)
{
    elbow_release(&checkpoint->config_text);
    elbow_release(&checkpoint->file_rows);
    elbow_release(&checkpoint->file_hashes);
    elbow_release(&checkpoint->accumulator);
    elbow_fit_clear(&checkpoint->data.transform);
    elbow_conditions_clear(&checkpoint->data.conditions);
    elbow_conditions_clear(&checkpoint->data.classes);
    elbow_fit_clear(&checkpoint->data.input);
    elbow_parameters_clear(&checkpoint->parameters);
    elbow_release(&checkpoint->values);
    elbow_release(&checkpoint->first_moment);
    elbow_release(&checkpoint->second_moment);
    elbow_release(&checkpoint->average);
    *checkpoint = (struct elbow_checkpoint){0};
}
