// SPDX-License-Identifier: BSD-3-Clause
// The memory that a run needs, from the descriptions of its datasets: no row of them is read. The exchange computes the
// size of its window; the size of the model is that of one that is created.
#include "elbow/doctor/detail/doctor.h"
#include "elbow/train/detail/sizes.h"

#include "elbow/base/log.h"
#include "elbow/base/memory.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/collate.h"
#include "elbow/data/configured.h"
#include "elbow/data/facts.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/labels.h"
#include "elbow/data/through.h"
#include "elbow/evaluate/frozen.h"
#include "elbow/nn/optimizer.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/shared.h"
#include "elbow/vae/model.h"

#include <string.h>

// The facts that rank zero finds about the data.
struct data {
    struct elbow_dataset_need needs[2]; // of training and validation
    size_t sets;
    uint64_t row_bytes;            // of a row of a microbatch, without its condition
    uint64_t frozen;               // bytes of a rank for the model in front of the data
    struct elbow_data_facts facts; // of the training set, except for those that need its rows
    struct elbow_placing_machine machine;
    elbow_path file;
    char shortage[ELBOW_MESSAGE_SIZE]; // why the rows would not fit, or empty
    struct elbow_error error;
};

// Adds the need of the training or validation data: their rows in their stored type, and the datasets beside them. A
// list of rows and groups are read, because the number of samples depends on them.
static enum elbow_status add_described(const struct elbow_dataset_request *request, const struct elbow_config *config,
                                       const struct elbow_frozen *frozen, struct data *data)
{
    struct elbow_dataset dataset;
    struct elbow_hdf5_storage storage;
    enum elbow_status status = elbow_dataset_describe(request, &dataset, &storage, &data->error);
    if (status == ELBOW_MEMORY && dataset.is_short) {
        memcpy(data->shortage, data->error.message, sizeof data->shortage);
        data->error = (struct elbow_error){0};
        status = ELBOW_OK;
    }
    if (status != ELBOW_OK)
        return status;
    data->needs[data->sets++] = elbow_dataset_need(&dataset);
    if (data->facts.samples > 0)
        return ELBOW_OK;
    data->facts = elbow_data_facts_of(&dataset);
    if (!dataset.is_synthetic)
        elbow_text_format(data->file, sizeof data->file, "%s", request->files->paths[0]);
    if (frozen != NULL)
        status = elbow_dataset_lead_through(&dataset, &frozen->through, &data->error);
    if (status == ELBOW_OK) {
        const struct elbow_collation collation = elbow_collation_of_training(config, &dataset);
        data->row_bytes = elbow_collated_row_bytes(&collation);
    }
    elbow_release(&dataset.stored);
    return status;
}

// Training or validation data; the latter must agree with the former. A model in front of the data affects how they are
// read.
static enum elbow_status add_set(const struct elbow_config *config, const struct elbow_frozen *frozen, bool is_valid,
                                 struct data *data)
{
    const struct elbow_config *read = frozen != NULL ? &frozen->config : config;
    struct elbow_configured configured = {0};
    enum elbow_status status = elbow_configured_find(NULL, read, is_valid, NULL, &configured, &data->error);
    if (status == ELBOW_OK) {
        struct elbow_dataset_request request = elbow_configured_request(read, is_valid, &configured);
        request.reference = is_valid ? &data->facts : NULL;
        request.reference_name = "the training set";
        request.placing.machine = data->machine;
        status = add_described(&request, config, frozen, data);
    }
    elbow_configured_clear(&configured);
    return status;
}

// The memory for rows on rank zero's node.
static struct elbow_placing_machine machine_of(const struct elbow_doctor_facts *facts)
{
    return (struct elbow_placing_machine){.free = elbow_comm_node_memory(),
                                          .node_ranks = (uint64_t)facts->place.node_size,
                                          .ranks = (uint64_t)facts->place.size};
}

// Rank zero.
static void look_at_data(const struct elbow_config *config, const struct elbow_frozen *frozen,
                         struct elbow_placing_machine machine, struct data *data)
{
    data->machine = machine;
    data->frozen = elbow_frozen_bytes(frozen);
    if (add_set(config, frozen, false, data) == ELBOW_OK &&
        elbow_configured_has_valid(frozen != NULL ? &frozen->config : config))
        add_set(config, frozen, true, data);
}

// Number of microbatches that a rank holds: one, or two if a thread makes the next one ahead of the step on a free
// core. (Slots of a run with threads hold more of them: their number is not known before the run.)
static uint64_t microbatch_bytes(const struct elbow_config *config, const struct data *data, uint64_t rows)
{
    uint64_t held = config->run.prefetch == ELBOW_PREFETCH_OFF ? 1 : 2;
    return held * rows * (data->row_bytes + config->model.condition.width * sizeof(float));
}

// Local. The memory that the ranks of a node share, and that of each rank.
static enum elbow_status measure(struct elbow_comm *comm, const struct elbow_config *config, const struct data *data,
                                 struct elbow_doctor_facts *facts, struct elbow_error *error)
{
    struct elbow_model *model = NULL;
    uint64_t batch = (uint64_t)config->train.batch, ranks = (uint64_t)facts->place.node_size;
    struct elbow_sequence sequence = {.samples = data->facts.samples,
                                      .batch = batch < data->facts.samples ? batch : data->facts.samples,
                                      .microbatch = (uint64_t)config->train.microbatch,
                                      .is_fixed = config->data.order != ELBOW_ORDER_FULL};
    facts->microbatches = elbow_sequence_microbatches(&sequence, sequence.batch);
    if (facts->microbatches < (uint64_t)facts->place.size)
        return elbow_error_set(
            error, ELBOW_CONFIG, "a batch of %llu has only %s of %llu for %s", (unsigned long long)sequence.batch,
            elbow_text_count(facts->microbatches, "microbatch").text, (unsigned long long)sequence.microbatch,
            elbow_text_count((uint64_t)facts->place.size, "rank").text);
    enum elbow_status status = elbow_model_create_shaped(
        config, elbow_model_sample(config, data->facts.layout, (size_t)data->facts.rank, data->facts.shape),
        (size_t)sequence.microbatch, &model, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_exchange_need need = {0};
    struct elbow_exchange_sizes sizes;
    size_t *layers;
    status = elbow_train_sizes(model, &sequence, (size_t)config->run.bucket, &sizes, &layers, error);
    if (status == ELBOW_OK)
        status = elbow_exchange_measure(comm, sizes, &need, error);
    facts->parameters = elbow_parameters_trainable(&model->parameters);
    uint64_t stored = data->needs[0].node + data->needs[1].node;
    facts->shared_need = ranks > 1 ? stored + need.shared_per_node : 0;
    facts->private_need = ranks * (stored + need.private_per_rank);
    // Moments and averages of a rank's share of the parameters; on rank zero also memory for a checkpoint.
    uint64_t whole = sizes.parameters * sizeof(float);
    uint64_t kept = elbow_optimizer_moments(config) + (config->train.average > 0);
    uint64_t moments = kept * whole / (uint64_t)facts->place.size;
    uint64_t added = sizes.advance_count > 0 ? sizes.parameters * sizeof(float) : 0; // the steps added to them
    facts->memory_need =
        (ranks > 1 ? facts->shared_need : facts->private_need) +
        ranks * (moments + added + need.beside_per_rank + elbow_model_bytes(model) + data->needs[0].rank +
                 data->needs[1].rank + data->frozen + microbatch_bytes(config, data, (uint64_t)sequence.microbatch)) +
        elbow_snapshot_need(&model->parameters, 1 + kept);
    // The data are loaded first, after the model in front of them.
    uint64_t loading = ranks * data->frozen + elbow_dataset_loading_peak(data->needs, data->sets, ranks, 1);
    facts->memory_need = facts->memory_need > loading ? facts->memory_need : loading;
    elbow_release(&layers);
    elbow_model_destroy(model);
    return status;
}

// Collective. The numbers of a condition, as all stored rows have them.
static enum elbow_status count_conditions(struct elbow_comm *comm, const struct elbow_condition_sources *sources,
                                          size_t *width, struct elbow_error *error)
{
    struct elbow_conditions conditions = {0};
    struct elbow_condition_rows rows[ELBOW_NAMED_MAX] = {{.count = 0}};
    struct elbow_log quiet = elbow_log_open(false, stderr);
    uint64_t stored = 0;
    if (elbow_comm_place(comm).rank == 0)
        elbow_condition_count(&sources->sources[0], &stored, error);
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, &stored, sizeof stored);
    const struct elbow_selection all = elbow_selection_all(stored);
    const struct elbow_condition_loading loading = {
        .sources = sources, .selection = &all, .rows_name = "the training set"};
    elbow_conditions_load(comm, &loading, &quiet, &conditions, rows, error);
    *width = conditions.width;
    for (size_t v = 0; v < ELBOW_NAMED_MAX; ++v)
        elbow_condition_rows_clear(comm, &rows[v]);
    elbow_conditions_clear(&conditions);
    return error->status;
}

// Collective. The condition of a row has weights, too: one set for each class and number.
static enum elbow_status find_width(struct elbow_comm *comm, const struct elbow_config *config, size_t *width,
                                    struct elbow_error *error)
{
    struct elbow_configured configured = {0};
    *width = 0;
    if (config->data.condition.count == 0)
        return ELBOW_OK;
    enum elbow_status status = elbow_configured_find(comm, config, false, NULL, &configured, error);
    if (status == ELBOW_OK) {
        struct elbow_dataset_request request = elbow_configured_request(config, false, &configured);
        status = count_conditions(comm, &request.conditions, width, error);
    }
    elbow_configured_clear(&configured);
    return status;
}

// Collective. The number of classes of the labels of the training data, in all stored rows.
static enum elbow_status count_classes(struct elbow_comm *comm, const struct elbow_files *files, size_t *count,
                                       struct elbow_error *error)
{
    struct elbow_log quiet = elbow_log_open(false, stderr);
    struct elbow_labels_request wanted = {.files = files, .samples_name = "the training set"};
    struct elbow_shared labels = {0};
    struct elbow_label_names names = {0};
    struct elbow_classes classes = {0};
    for (size_t i = 0; i < files->count && elbow_comm_place(comm).rank == 0 && error->status == ELBOW_OK; ++i) {
        uint64_t more = 0;
        elbow_labels_count(files->paths[i], files->datasets[i], &more, error);
        wanted.samples += more;
    }
    if (elbow_comm_agree_root(comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_broadcast(comm, &wanted.samples, sizeof wanted.samples);
    if (elbow_labels_load(comm, &wanted, &quiet, &labels, &names, error) == ELBOW_OK) {
        const struct elbow_selection all = elbow_selection_all(wanted.samples);
        const struct elbow_classes_request request = {
            .name = "data.labels", .labels = labels.base, .names = &names, .selection = &all};
        elbow_classes_find(&request, &classes, error);
        elbow_comm_agree(comm, error);
        *count = elbow_classes_count(&classes.names);
    }
    elbow_classes_clear(&classes);
    elbow_label_names_clear(&names);
    elbow_comm_unshare(comm, &labels);
    return error->status;
}

// Collective. The number of classes of a classifier, which also is the size of an input of encoder and decoder.
static enum elbow_status find_classes(struct elbow_comm *comm, const struct elbow_config *config, size_t *count,
                                      struct elbow_error *error)
{
    struct elbow_configured configured = {0};
    *count = 0;
    if (!elbow_config_has_classifier(config))
        return ELBOW_OK;
    enum elbow_status status = elbow_configured_find(comm, config, false, NULL, &configured, error);
    if (status == ELBOW_OK)
        status = count_classes(comm, &configured.found[ELBOW_CONFIGURED_LABELS], count, error);
    elbow_configured_clear(&configured);
    return status;
}

// The samples are latents of a model in front of the data.
static void lead_through(const struct elbow_frozen *frozen, struct elbow_data_facts *facts)
{
    facts->values = facts->shape[0] = frozen->through.values;
    facts->rank = 1;
    facts->layout = ELBOW_LAYOUT_AUTO;
}

enum elbow_status elbow_doctor_find_need(struct elbow_comm *comm, const struct elbow_config *config,
                                         struct elbow_doctor_facts *facts, struct elbow_error *error)
{
    struct data data = {0};
    struct elbow_frozen *frozen = NULL;
    struct elbow_log quiet = elbow_log_open(false, stderr);
    elbow_frozen_load(comm, config, &quiet, &frozen, &data.error);
    if (facts->place.rank == 0 && data.error.status == ELBOW_OK)
        look_at_data(config, frozen, machine_of(facts), &data);
    if (frozen != NULL)
        lead_through(frozen, &data.facts);
    elbow_frozen_destroy(frozen);
    elbow_comm_broadcast(comm, &data, sizeof data);
    memcpy(facts->data, data.file, sizeof facts->data);
    *error = (struct elbow_error){0};
    struct elbow_config sized = *config;
    if (data.error.status == ELBOW_OK &&
        find_width(comm, config, &sized.model.condition.width, &data.error) == ELBOW_OK &&
        find_classes(comm, config, &sized.model.classes, &data.error) == ELBOW_OK)
        measure(comm, &sized, &data, facts, &data.error);
    elbow_comm_agree(comm, &data.error);
    if (data.error.status == ELBOW_MEMORY) {
        *error = data.error;
        return ELBOW_MEMORY;
    }
    facts->has_need = data.error.status == ELBOW_OK;
    memcpy(facts->trouble, data.error.message, sizeof facts->trouble);
    memcpy(facts->shortage, data.shortage, sizeof facts->shortage);
    double most[] = {(double)facts->shared_need, (double)facts->private_need, (double)facts->memory_need};
    elbow_comm_max(comm, most, 3); // nodes may have different numbers of ranks: the worst node counts
    facts->shared_need = (uint64_t)most[0];
    facts->private_need = (uint64_t)most[1];
    facts->memory_need = (uint64_t)most[2];
    return ELBOW_OK;
}
