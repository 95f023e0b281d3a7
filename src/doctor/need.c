// SPDX-License-Identifier: BSD-3-Clause
// What a run would take, from the descriptions of its datasets: no row is read. The window of the exchange is measured
// by the exchange itself, the model by making one.
#include "elbow/doctor/detail/doctor.h"
#include "elbow/train/detail/sizes.h"

#include "elbow/base/memory.h"
#include "elbow/data/dataset.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/labels.h"
#include "elbow/parallel/collectives.h"
#include "elbow/vae/model.h"

#include <string.h>

// What rank zero learns of the data.
struct data {
    uint64_t samples, bytes; // bytes: of rows and labels, of training and validation
    uint64_t reading;        // bytes that a rank takes beside them while it reads the dataset that wants most
    uint64_t shape[8];       // of a sample
    uint64_t rank;
    elbow_path file;
    struct elbow_error error;
};

static enum elbow_status describe(const struct elbow_config *config, const char *location, elbow_path path,
                                  struct elbow_hdf5_info *info, uint64_t *reading, struct elbow_error *error)
{
    elbow_path dataset;
    struct elbow_hdf5 *file = NULL;
    if (!elbow_config_locate(config->data.file, location, path, dataset))
        return elbow_error_set(error, ELBOW_CONFIG, "%.60s...: the path is too long", location);
    enum elbow_status status = elbow_hdf5_open(path, &file, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_dataset(file, dataset, info, error);
    struct elbow_hdf5_storage storage = {0};
    if (status == ELBOW_OK)
        status = elbow_hdf5_check_storage(file, dataset, error);
    if (status == ELBOW_OK)
        status = elbow_hdf5_describe_storage(file, dataset, &storage, error);
    *reading = storage.reading;
    elbow_hdf5_close(file, NULL);
    if (status == ELBOW_OK && (info->rank < 1 || info->shape[0] == 0))
        status = elbow_error_set(error, ELBOW_FORMAT, "%s:%s: holds no rows", path, dataset);
    char name[ELBOW_DATASET_NAME_SIZE];
    elbow_text_format(name, sizeof name, "%s:%s", path, dataset);
    if (status == ELBOW_OK)
        status = elbow_hdf5_check_rows(name, info, error);
    return status;
}

// The bytes that labels of the configuration take on a node: a word each.
static enum elbow_status add_labels(const struct elbow_config *config, const char *location, struct data *data)
{
    elbow_path path, labels;
    uint64_t count = 0;
    if (location[0] == 0)
        return ELBOW_OK;
    if (!elbow_config_locate(config->data.file, location, path, labels))
        return elbow_error_set(&data->error, ELBOW_CONFIG, "%.60s...: the path is too long", location);
    enum elbow_status status = elbow_labels_count(path, labels, &count, &data->error);
    data->bytes += count * sizeof(int64_t);
    return status;
}

// The bytes that a dataset of the configuration takes on a node, in the type it is stored in.
static enum elbow_status add_bytes(const struct elbow_config *config, const char *location, struct data *data)
{
    struct elbow_hdf5_info info;
    elbow_path path;
    if (location[0] == 0)
        return ELBOW_OK;
    uint64_t reading = 0;
    enum elbow_status status = describe(config, location, path, &info, &reading, &data->error);
    if (status != ELBOW_OK)
        return status;
    data->reading = reading > data->reading ? reading : data->reading;
    uint64_t bytes = elbow_element_size(info.element);
    for (int i = 0; i < info.rank; ++i)
        bytes *= info.shape[i];
    data->bytes += bytes;
    if (data->samples > 0)
        return ELBOW_OK;
    data->samples = info.shape[0]; // the first one is the training set
    data->rank = info.rank > 1 ? (uint64_t)info.rank - 1 : 1;
    data->shape[0] = 1;
    for (int i = 1; i < info.rank; ++i)
        data->shape[i - 1] = info.shape[i];
    memcpy(data->file, path, sizeof path);
    return ELBOW_OK;
}

// Rank zero.
static void look_at_data(const struct elbow_config *config, struct data *data)
{
    const struct elbow_integers *shape = &config->data.shape;
    if (config->data.synthetic > 0) {
        data->samples = (uint64_t)config->data.synthetic;
        data->rank = 2;
        data->shape[0] = data->shape[1] = 28;
    } else if (add_bytes(config, config->data.train, data) != ELBOW_OK ||
               add_labels(config, config->data.labels, data) != ELBOW_OK ||
               add_bytes(config, config->data.valid, data) != ELBOW_OK ||
               add_labels(config, config->data.valid_labels, data) != ELBOW_OK) {
        return;
    }
    if (shape->count == 0)
        return;
    data->rank = shape->count;
    for (size_t i = 0; i < shape->count; ++i)
        data->shape[i] = (uint64_t)shape->values[i];
}

// Local. What the ranks hold together, and what each holds for itself.
static enum elbow_status measure(struct elbow_comm *comm, const struct elbow_config *config, const struct data *data,
                                 struct elbow_doctor_facts *facts, struct elbow_error *error)
{
    struct elbow_model *model = NULL;
    uint64_t batch = (uint64_t)config->train.batch, ranks = (uint64_t)facts->place.node_size;
    struct elbow_sequence sequence = {.samples = data->samples,
                                      .batch = batch < data->samples ? batch : data->samples,
                                      .microbatch = (uint64_t)config->train.microbatch};
    facts->microbatches = elbow_sequence_microbatches(&sequence, sequence.batch);
    if (facts->microbatches < (uint64_t)facts->place.size)
        return elbow_error_set(
            error, ELBOW_CONFIG, "a batch of %llu has only %s of %llu for %s", (unsigned long long)sequence.batch,
            elbow_text_count(facts->microbatches, "microbatch").text, (unsigned long long)sequence.microbatch,
            elbow_text_count((uint64_t)facts->place.size, "rank").text);
    enum elbow_status status = elbow_model_create_shaped(
        config, elbow_model_sample((enum elbow_layout)config->data.layout, data->rank, data->shape),
        (size_t)sequence.microbatch, &model, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_exchange_need need = {0};
    struct elbow_exchange_sizes sizes;
    size_t *layers;
    status = elbow_train_sizes(model, &sequence, (size_t)config->run.bucket, &sizes, &layers, error);
    if (status == ELBOW_OK)
        status = elbow_exchange_measure(comm, sizes, &need, error);
    facts->parameters = sizes.parameters;
    facts->shared_need = ranks > 1 ? data->bytes + need.shared_per_node : 0;
    facts->private_need = ranks * (data->bytes + need.private_per_rank);
    // Two moments of a rank's share of the parameters, and room for the copy that becomes a checkpoint on rank zero.
    uint64_t moments = 2 * sizes.parameters * sizeof(float) / (uint64_t)facts->place.size;
    facts->memory_need = (ranks > 1 ? facts->shared_need : facts->private_need) +
                         ranks * (moments + elbow_model_bytes(model)) + 3 * sizes.parameters * sizeof(float);
    // The data are loaded before there is anything else.
    uint64_t loading = (ranks > 1 ? 1 : ranks) * data->bytes + ranks * data->reading;
    facts->memory_need = facts->memory_need > loading ? facts->memory_need : loading;
    elbow_release(&layers);
    elbow_model_destroy(model);
    return status;
}

enum elbow_status elbow_doctor_find_need(struct elbow_comm *comm, const struct elbow_config *config,
                                         struct elbow_doctor_facts *facts, struct elbow_error *error)
{
    struct data data = {0};
    if (facts->place.rank == 0)
        look_at_data(config, &data);
    elbow_comm_broadcast(comm, &data, sizeof data);
    memcpy(facts->data, data.file, sizeof facts->data);
    *error = (struct elbow_error){0};
    if (data.error.status == ELBOW_OK)
        measure(comm, config, &data, facts, &data.error);
    elbow_comm_agree(comm, &data.error);
    if (data.error.status == ELBOW_MEMORY) {
        *error = data.error;
        return ELBOW_MEMORY;
    }
    facts->has_need = data.error.status == ELBOW_OK;
    memcpy(facts->trouble, data.error.message, sizeof facts->trouble);
    double most[] = {(double)facts->shared_need, (double)facts->private_need, (double)facts->memory_need};
    elbow_comm_max(comm, most, 3); // nodes may have different numbers of ranks: the worst one counts
    facts->shared_need = (uint64_t)most[0];
    facts->private_need = (uint64_t)most[1];
    facts->memory_need = (uint64_t)most[2];
    return ELBOW_OK;
}
