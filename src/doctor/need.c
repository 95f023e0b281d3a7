// SPDX-License-Identifier: BSD-3-Clause
// What a run would take, from the descriptions of its datasets: no row is read. The window of the exchange is measured
// by the exchange itself, the model by making one.
#include "elbow/doctor/detail/doctor.h"
#include "elbow/train/detail/sizes.h"

#include "elbow/base/memory.h"
#include "elbow/data/dataset.h"
#include "elbow/data/facts.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/labels.h"
#include "elbow/parallel/collectives.h"
#include "elbow/vae/model.h"

#include <string.h>

// What rank zero learns of the data.
struct data {
    uint64_t bytes;                // of rows and labels, of training and validation
    uint64_t reading;              // bytes that a rank takes beside them while it reads the dataset that wants most
    struct elbow_data_facts facts; // of the training set, but for what only its rows tell
    elbow_path file;
    struct elbow_error error;
};

// The bytes that labels of the configuration take on a node: a word each.
static enum elbow_status add_labels(const struct elbow_config *config, const char *key, const char *places,
                                    const struct elbow_files *beside, struct data *data)
{
    struct elbow_files files;
    const struct elbow_files_request wanted = {key, config->data.file, places, beside};
    enum elbow_status status = elbow_files_find(&wanted, &files, &data->error);
    for (size_t i = 0; i < files.count && status == ELBOW_OK; ++i) {
        uint64_t count = 0;
        status = elbow_labels_count(files.paths[i], files.datasets[i], &count, &data->error);
        data->bytes += count * sizeof(int64_t);
    }
    elbow_files_clear(&files);
    return status;
}

// The bytes that a dataset of the configuration takes on a node, in the type it is stored in. The first one is the
// training set, with which others have to agree.
// Rows that a dataset names, and groups, are not looked at: a split is one of all rows.
static enum elbow_status add_rows(const struct elbow_config *config, const struct elbow_files *files, bool is_valid,
                                  struct data *data)
{
    struct elbow_dataset dataset;
    struct elbow_hdf5_storage storage;
    struct elbow_dataset_request request = elbow_dataset_request_of(config);
    if (!is_valid || config->data.valid_share > 0)
        elbow_dataset_select(config, is_valid, &request.select);
    request.files = files;
    if (data->facts.samples > 0) {
        request.reference = &data->facts;
        request.reference_name = "the training set";
    }
    enum elbow_status status = elbow_dataset_describe(&request, &dataset, &storage, &data->error);
    if (status != ELBOW_OK)
        return status;
    data->reading = storage.reading > data->reading ? storage.reading : data->reading;
    data->bytes += elbow_dataset_bytes(&dataset);
    if (data->facts.samples > 0)
        return ELBOW_OK;
    data->facts = elbow_data_facts_of(&dataset);
    if (!dataset.is_synthetic)
        elbow_text_format(data->file, sizeof data->file, "%s", files->paths[0]);
    return ELBOW_OK;
}

// Rows and labels of a key, if it is set.
static enum elbow_status add_set(const struct elbow_config *config, const char *key, const char *places,
                                 const char *labels_key, const char *labels, bool is_valid, struct data *data)
{
    struct elbow_files files = {0};
    const struct elbow_files_request wanted = {key, config->data.file, places, NULL};
    if (places[0] == 0)
        return ELBOW_OK;
    enum elbow_status status = elbow_files_find(&wanted, &files, &data->error);
    if (status == ELBOW_OK)
        status = add_rows(config, &files, is_valid, data);
    if (status == ELBOW_OK)
        status = add_labels(config, labels_key, labels, &files, data);
    if (status == ELBOW_OK && !is_valid)
        status = add_labels(config, "data.weights", config->data.weights, &files, data);
    elbow_files_clear(&files);
    return status;
}

// Rank zero.
static void look_at_data(const struct elbow_config *config, struct data *data)
{
    if (config->data.synthetic > 0)
        add_rows(config, NULL, false, data);
    else if (add_set(config, "data.train", config->data.train, "data.labels", config->data.labels, false, data) ==
             ELBOW_OK) {
        if (config->data.valid_share > 0)
            add_set(config, "data.train", config->data.train, "data.labels", config->data.labels, true, data);
        else
            add_set(config, "data.valid", config->data.valid, "data.valid_labels", config->data.valid_labels, true,
                    data);
    }
}

// Local. What the ranks hold together, and what each holds for itself.
static enum elbow_status measure(struct elbow_comm *comm, const struct elbow_config *config, const struct data *data,
                                 struct elbow_doctor_facts *facts, struct elbow_error *error)
{
    struct elbow_model *model = NULL;
    uint64_t batch = (uint64_t)config->train.batch, ranks = (uint64_t)facts->place.node_size;
    struct elbow_sequence sequence = {.samples = data->facts.samples,
                                      .batch = batch < data->facts.samples ? batch : data->facts.samples,
                                      .microbatch = (uint64_t)config->train.microbatch};
    facts->microbatches = elbow_sequence_microbatches(&sequence, sequence.batch);
    if (facts->microbatches < (uint64_t)facts->place.size)
        return elbow_error_set(
            error, ELBOW_CONFIG, "a batch of %llu has only %s of %llu for %s", (unsigned long long)sequence.batch,
            elbow_text_count(facts->microbatches, "microbatch").text, (unsigned long long)sequence.microbatch,
            elbow_text_count((uint64_t)facts->place.size, "rank").text);
    enum elbow_status status = elbow_model_create_shaped(
        config, elbow_model_sample(data->facts.layout, (size_t)data->facts.rank, data->facts.shape),
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
