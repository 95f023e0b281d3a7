// SPDX-License-Identifier: BSD-3-Clause
// The engine of a run: creation and release of its parts.
#include "elbow/train/detail/engine.h"

#include "elbow/base/memory.h"
#include "elbow/data/pages.h"
#include "elbow/math/threads.h"

// All rows by those whose class is known; 0: there are none.
static double find_label_share(const struct elbow_dataset *train)
{
    uint64_t known = 0;
    for (uint64_t i = 0; i < train->samples && elbow_classes_count(&train->classes.names) > 0 && train->has_labels; ++i)
        known += elbow_dataset_class(train, i) >= 0;
    return known > 0 ? (double)train->samples / (double)known : 0;
}

static enum elbow_status make_buffers(struct elbow_engine *engine, uint64_t microbatches, struct elbow_error *error)
{
    engine->label_share = find_label_share(&engine->plan->train);
    engine->statistics = elbow_model_statistics(engine->model, false);
    engine->summed = elbow_model_sums(engine->model, false);
    bool looks_back = elbow_objective_looks_back(&engine->plan->config);
    engine->accumulators = engine->summed + (looks_back ? engine->model->latent : 0);
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(engine->accumulator, engine->accumulators),
        ELBOW_ARRAY(engine->sums, engine->statistics + ELBOW_TRAIN_REASONS),
        ELBOW_ARRAY(engine->levels, (size_t)elbow_partition_depth(microbatches) * engine->statistics),
    };
    return elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "statistics", error);
}

// Room for microbatches: two where a thread of each rank has a core for itself.
static enum elbow_status make_prefetch(struct elbow_engine *engine, struct elbow_error *error)
{
    const struct elbow_config *config = &engine->plan->config;
    struct elbow_data_source source = {.collation = elbow_collation_of_training(config, &engine->plan->train),
                                       .order = elbow_train_plan_order(engine->plan),
                                       .rows_max = engine->model->rows_max,
                                       .held = engine->slots};
    elbow_engine_await_pages(engine, &source);
    bool has_core = engine->plan->binding.share > elbow_threads_get();
    bool ahead = config->run.prefetch == ELBOW_PREFETCH_ON || (config->run.prefetch == ELBOW_PREFETCH_AUTO && has_core);
    return elbow_prefetch_create(&source, ahead, &engine->prefetch, error);
}

// The number of microbatches of a rank that pass through the layers together: none if there are no messages to overlap.
// Without nodes there are messages where memory cannot be shared, which is not known yet, and one is enough.
static size_t count_slots(const struct elbow_engine *engine, uint64_t microbatches)
{
    uint64_t ranks = (uint64_t)engine->plan->place.size, most = (microbatches + ranks - 1) / ranks;
    uint64_t wanted = (uint64_t)engine->plan->config.run.overlap;
    if (wanted == 0 || ranks == 1)
        return 0;
    if (engine->plan->place.nodes == 1)
        return 1;
    return (size_t)(wanted < most ? wanted : most);
}

static enum elbow_status make_slots(struct elbow_engine *engine, uint64_t microbatches, struct elbow_error *error)
{
    engine->slots = count_slots(engine, microbatches);
    enum elbow_status status = elbow_allocate(&engine->layerwise_passes, engine->slots,
                                              sizeof *engine->layerwise_passes, "microbatches", error);
    return status == ELBOW_OK ? elbow_model_widen(engine->model, engine->slots, error) : status;
}

// Collective. Creates the exchange of all ranks and everything that follows its slices.
static enum elbow_status make_exchange(struct elbow_engine *engine, struct elbow_error *error)
{
    const struct elbow_train_plan *plan = engine->plan;
    struct elbow_exchange_sizes sizes;
    *error = (struct elbow_error){0};
    size_t *layers;
    elbow_train_sizes(engine->model, &plan->sequence, (size_t)plan->config.run.bucket, &sizes, &layers, error);
    if (elbow_comm_agree(plan->comm, error) == ELBOW_OK)
        elbow_exchange_create(plan->comm, sizes, plan->log, &engine->exchange, error);
    elbow_release(&layers);
    if (error->status != ELBOW_OK)
        return error->status;
    if (!elbow_exchange_has_messages(engine->exchange))
        engine->slots = 0;
    elbow_optimizer_create(&plan->config, &engine->model->parameters, elbow_exchange_slice(engine->exchange),
                           &engine->optimizer, error);
    if (error->status == ELBOW_OK)
        elbow_average_create(plan->config.train.average, engine->optimizer.count, &engine->average, error);
    if (error->status == ELBOW_OK && plan->config.run.audit > 0)
        elbow_audit_create(plan->comm, engine->exchange, &engine->model->parameters, &engine->audit, error);
    return elbow_comm_agree(plan->comm, error);
}

enum elbow_status elbow_engine_create(struct elbow_engine *engine, struct elbow_error *error)
{
    const struct elbow_train_plan *plan = engine->plan;
    const struct elbow_dataset *train = &plan->train;
    uint64_t microbatches = elbow_sequence_microbatches(&plan->sequence, plan->sequence.batch);
    *error = (struct elbow_error){0};
    if (elbow_model_create_shaped(&plan->config,
                                  elbow_model_sample(&plan->config, train->layout, train->rank, train->shape),
                                  (size_t)plan->sequence.microbatch, &engine->model, error) == ELBOW_OK &&
        make_buffers(engine, microbatches, error) == ELBOW_OK && make_slots(engine, microbatches, error) == ELBOW_OK)
        make_prefetch(engine, error);
    if (error->status == ELBOW_OK && engine->model->pseudo.count > train->samples)
        elbow_error_set(error, ELBOW_CONFIG,
                        "model.prior: vamp: %zu components start at that number of samples, but %s has only %llu; set "
                        "fewer components",
                        engine->model->pseudo.count, train->name, (unsigned long long)train->samples);
    if (error->status == ELBOW_CONFIG && elbow_dataset_channels_hint(train)[0] != 0)
        elbow_error_set(error, ELBOW_CONFIG, "%.900s; of the data, %s", error->message,
                        elbow_dataset_channels_hint(train));
    if (elbow_comm_agree(plan->comm, error) != ELBOW_OK)
        return error->status;
    return make_exchange(engine, error);
}

enum elbow_status elbow_engine_open(struct elbow_engine *engine, struct elbow_train_plan *plan,
                                    struct elbow_error *error)
{
    engine->plan = plan;
    enum elbow_status status = elbow_train_plan_begin(plan, error);
    if (status == ELBOW_OK)
        status = elbow_train_plan_make(plan, NULL, error);
    if (status == ELBOW_OK)
        status = elbow_engine_create(engine, error);
    if (status != ELBOW_OK)
        return status;
    elbow_train_plan_log(plan);
    return elbow_engine_start_new(engine, NULL, error);
}

struct elbow_terms elbow_engine_terms(const struct elbow_engine *engine, uint64_t step)
{
    const struct elbow_config *config = &engine->plan->config;
    struct elbow_terms terms = elbow_objective_terms(config, engine->state.beta);
    bool looks_back = engine->accumulators > engine->summed && engine->state.updates > 0;
    terms.samples = engine->plan->train.samples;
    terms.classifier *= engine->label_share;
    terms.before = looks_back ? engine->accumulator + engine->summed : NULL;
    if (config->objective.kl == ELBOW_KL_CAPACITY)
        terms.capacity = elbow_objective_capacity(config, step);
    return terms;
}

void elbow_engine_clear(struct elbow_engine *engine)
{
    struct elbow_pages *pages = engine->plan != NULL ? elbow_dataset_pages(&engine->plan->train) : NULL;
    if (pages != NULL)
        elbow_pages_meanwhile(pages, NULL, NULL);
    elbow_prefetch_destroy(engine->prefetch);
    elbow_audit_clear(&engine->audit);
    elbow_exchange_destroy(engine->exchange);
    elbow_optimizer_destroy(&engine->optimizer);
    elbow_average_destroy(&engine->average);
    elbow_model_destroy(engine->model);
    elbow_release(&engine->accumulator);
    elbow_release(&engine->sums);
    elbow_release(&engine->levels);
    elbow_release(&engine->layerwise_passes);
}

struct elbow_checkpoint_source elbow_engine_source(const struct elbow_engine *engine)
{
    return (struct elbow_checkpoint_source){.state = &engine->state,
                                            .files = engine->plan->train.files,
                                            .file_rows = engine->plan->train.file_rows,
                                            .file_hashes = engine->plan->train.file_hashes,
                                            .data = &engine->plan->facts,
                                            .config_text = engine->plan->checkpoint_text,
                                            .accumulator = engine->accumulator,
                                            .accumulators = engine->accumulators,
                                            .parameters = &engine->model->parameters,
                                            .exchange = engine->exchange,
                                            .optimizer = &engine->optimizer,
                                            .average = engine->average.values};
}

enum elbow_status elbow_engine_weights(struct elbow_engine *engine, const float **weights, struct elbow_error *error)
{
    if (engine->average.values != NULL)
        return elbow_exchange_collect(engine->exchange, engine->average.values, weights, error);
    *weights = elbow_exchange_parameters(engine->exchange);
    return ELBOW_OK;
}

enum elbow_status elbow_engine_list_buckets(const struct elbow_engine *engine, int most, size_t *parameters, int *count,
                                            struct elbow_error *error)
{
    const struct elbow_train_plan *plan = engine->plan;
    struct elbow_exchange_sizes sizes;
    size_t *layers;
    enum elbow_status status =
        elbow_train_sizes(engine->model, &plan->sequence, (size_t)plan->config.run.bucket, &sizes, &layers, error);
    if (status == ELBOW_OK)
        status = elbow_exchange_list_buckets(&sizes, most, parameters, count, error);
    elbow_release(&layers);
    return status;
}
