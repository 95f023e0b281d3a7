// SPDX-License-Identifier: BSD-3-Clause
// The log lines of an engine: model, machine and memory.
#include "elbow/train/detail/engine.h"

#include "elbow/base/build.h"
#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/math/blas.h"
#include "elbow/math/dense_product.h"
#include "elbow/math/threads.h"

#include "elbow/train/detail/ranks.h"

// A share of labelled rows that is so small that the weight of a classifier is said.
static const double FEW_LABELLED = 0.02;

static void tell_difference(const struct elbow_engine *engine)
{
    char what[1024];
    elbow_rank_describe(what, sizeof what);
    elbow_log_warn(engine->plan->log,
                   "the ranks run different builds or processors (rank 0: %s): the bits will depend on the number of "
                   "ranks and their places",
                   what);
}

// The rows of a dataset, also of one that is led through a model.
static const struct elbow_dataset *stored_of(const struct elbow_dataset *dataset)
{
    return dataset->stored != NULL ? dataset->stored : dataset;
}

// Memory of one copy of a dataset; names were released after they were read.
static uint64_t dataset_bytes(const struct elbow_dataset *dataset)
{
    const struct elbow_dataset *stored = stored_of(dataset);
    uint64_t bytes = stored->rows.bytes + stored->known.bytes + dataset->labels.bytes + dataset->weights.bytes +
                     dataset->sizes.bytes;
    for (size_t v = 0; v < dataset->conditions.count; ++v)
        bytes += dataset->condition_rows[v].stored.bytes;
    return bytes;
}

// Memory of a rank for rows that are not all in memory, and for reading them.
static uint64_t pages_bytes(const struct elbow_dataset *dataset)
{
    return dataset->pages != NULL ? elbow_dataset_need(dataset).rank - dataset->selection_bytes : 0;
}

// Memory of all ranks of a node.
struct total {
    uint64_t rank, node;
};

// Most that is taken while the data are loaded, before there is anything else. The frozen model is there.
static struct total loading_total(const struct elbow_train_plan *plan, uint64_t copies)
{
    const struct elbow_dataset_need needs[] = {elbow_dataset_need(&plan->train), elbow_dataset_need(&plan->valid)};
    uint64_t ranks = (uint64_t)plan->place.node_size, frozen = elbow_frozen_bytes(plan->frozen);
    uint64_t rank = 0;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; ++i)
        rank = needs[i].rank + needs[i].reading > rank ? needs[i].rank + needs[i].reading : rank;
    return (struct total){
        frozen + rank, ranks * frozen + elbow_dataset_loading_peak(needs, sizeof needs / sizeof *needs, ranks, copies)};
}

// The peak memory, and, if it is reached only while the data are loaded, the memory after that.
static void tell_total(const struct elbow_train_plan *plan, struct total loading, struct total later)
{
    bool is_loading = loading.node > later.node;
    struct total most = is_loading ? loading : later;
    elbow_log_say(plan->log, "memory in all: %s a rank, %s a node of %d rank%s%s", elbow_text_bytes(most.rank).text,
                  elbow_text_bytes(most.node).text, plan->place.node_size, plan->place.node_size == 1 ? "" : "s",
                  is_loading ? " (while the data are loaded)" : "");
    if (is_loading)
        elbow_log_say(plan->log, "memory while training: %s a rank, %s a node", elbow_text_bytes(later.rank).text,
                      elbow_text_bytes(later.node).text);
}

// Collective. `checkpoints`: rank zero's, which is the one that tells.
static void tell_memory(const struct elbow_engine *engine, uint64_t trace, uint64_t checkpoints)
{
    const struct elbow_train_plan *plan = engine->plan;
    struct elbow_exchange_bytes exchange = elbow_exchange_memory(engine->exchange);
    uint64_t data = dataset_bytes(&plan->train) + dataset_bytes(&plan->valid);
    uint64_t selections = plan->train.selection_bytes + plan->valid.selection_bytes;
    const struct elbow_dataset *train = stored_of(&plan->train);
    uint64_t copies = train->rows.is_shared || train->pages != NULL ? 1 : (uint64_t)plan->place.node_size;
    uint64_t pages = pages_bytes(&plan->train) + pages_bytes(&plan->valid);
    uint64_t moments = engine->optimizer.count * sizeof(float) *
                       (uint64_t)((engine->optimizer.first_moment != NULL) + (engine->optimizer.second_moment != NULL));
    uint64_t averages = engine->average.count * sizeof(float);
    uint64_t activations = elbow_model_bytes(engine->model), microbatches = elbow_prefetch_bytes(engine->prefetch);
    uint64_t frozen = elbow_frozen_bytes(plan->frozen);
    uint64_t rank = exchange.gradients_per_rank + moments + averages + activations + microbatches + selections + pages +
                    frozen + trace;
    uint64_t node = rank * (uint64_t)plan->place.node_size + data * copies + exchange.parameters_per_node;
    elbow_log_say(plan->log, "memory of a node: dataset %s, parameters %s", elbow_text_bytes(data * copies).text,
                  elbow_text_bytes(exchange.parameters_per_node).text);
    elbow_log_say(plan->log, "memory of a rank: gradients %s, optimiser state %s, activations %s, microbatches %s",
                  elbow_text_bytes(exchange.gradients_per_rank).text, elbow_text_bytes(moments).text,
                  elbow_text_bytes(activations).text, elbow_text_bytes(microbatches).text);
    if (averages > 0)
        elbow_log_say(plan->log, "memory of a rank in addition: averaged weights %s", elbow_text_bytes(averages).text);
    if (selections > 0)
        elbow_log_say(plan->log, "memory of a rank in addition: %s for the selection of rows",
                      elbow_text_bytes(selections).text);
    if (pages > 0)
        elbow_log_say(plan->log, "memory of a rank in addition: %s for rows that are read during training",
                      elbow_text_bytes(pages).text);
    if (frozen > 0)
        elbow_log_say(plan->log, "memory of a rank in addition: %s for the model of data.through",
                      elbow_text_bytes(frozen).text);
    if (trace > 0)
        elbow_log_say(plan->log, "memory of a rank in addition: %s for the trace", elbow_text_bytes(trace).text);
    if (checkpoints > 0)
        elbow_log_say(plan->log, "memory of rank zero in addition: %s for checkpoints",
                      elbow_text_bytes(checkpoints).text);
    tell_total(plan, loading_total(plan, copies), (struct total){rank, node + checkpoints});
}

// Where few rows have a label, those alone hardly steer a classifier at the weight that is the default.
static void warn_of_classifier(const struct elbow_engine *engine)
{
    const struct elbow_config *config = &engine->plan->config;
    struct elbow_config *usual = NULL; // of many kilobytes
    if (engine->model->classes < 2 || !(engine->label_share > 1 / FEW_LABELLED) ||
        elbow_allocate(&usual, 1, sizeof *usual, "the configuration", NULL) != ELBOW_OK)
        return;
    elbow_config_default(usual);
    if (config->objective.classifier == usual->objective.classifier)
        elbow_log_warn(engine->plan->log,
                       "only %.2g %% of the training rows have a label, for which the default of objective.classifier, "
                       "%g, is often too small; if the accuracy stays low, try 1 or 3",
                       100 / engine->label_share, config->objective.classifier);
    elbow_release(&usual);
}

enum { STEPS_SIZE = 64 };

// "steps 1 to 400"; a benchmark ends when it has measured enough.
static const char *describe_steps(const struct elbow_engine *engine, char text[STEPS_SIZE])
{
    unsigned long long first = engine->state.step + 1, last = engine->plan->sequence.last_step;
    if (last == UINT64_MAX)
        snprintf(text, STEPS_SIZE, "from step %llu on", first);
    else
        snprintf(text, STEPS_SIZE, "steps %llu to %llu", first, last);
    return text;
}

static void tell_run(const struct elbow_engine *engine)
{
    const struct elbow_train_plan *plan = engine->plan;
    const struct elbow_config *config = &plan->config;
    char likelihoods[ELBOW_LIKELIHOOD_WORDS_SIZE], steps[STEPS_SIZE];
    elbow_config_name_likelihoods(config, likelihoods);
    elbow_log_say(plan->log, "elbow %s (%s): %d rank%s on %d node%s, %s", elbow_build_version(), elbow_build_id(),
                  plan->place.size, plan->place.size == 1 ? "" : "s", plan->place.nodes,
                  plan->place.nodes == 1 ? "" : "s", elbow_blas_describe());
    elbow_log_say(plan->log, "model: %zu parameters, %s, %s likelihood",
                  elbow_parameters_trainable(&engine->model->parameters),
                  elbow_text_count(engine->model->latent, "latent dimension").text, likelihoods);
    if (elbow_model_samples_kl(engine->model))
        elbow_log_say(plan->log, "model: the KL is estimated by the single draw of z; its parts by dimension in kl.csv "
                                 "add up to it, but do not describe single dimensions: see active_units for these");
    elbow_log_say(
        plan->log, "training: %s, %llu an epoch; batches of %llu in %s of %llu", describe_steps(engine, steps),
        (unsigned long long)plan->epoch_steps, (unsigned long long)plan->sequence.batch,
        elbow_text_count(elbow_sequence_microbatches(&plan->sequence, plan->sequence.batch), "microbatch").text,
        (unsigned long long)plan->sequence.microbatch);
}

// The cores of the ranks. Ranks that have to take turns on a core halve the speed of all.
static void tell_binding(const struct elbow_engine *engine)
{
    const struct elbow_train_plan *plan = engine->plan;
    int threads = elbow_threads_get();
    struct elbow_binding binding = plan->binding;
    char cores[64];
    if (binding.least == binding.most)
        elbow_text_format(cores, sizeof cores, "%d", binding.least);
    else
        elbow_text_format(cores, sizeof cores, "%d to %d", binding.least, binding.most);
    elbow_log_say(plan->log,
                  "threads: %d a rank; binding: a rank may run on %s core%s, all ranks of a node together on %d",
                  threads, cores, binding.most == 1 ? "" : "s", binding.cores);
    if (threads > 1)
        elbow_log_say(plan->log, "matrix products are spread over threads by: %s",
                      elbow_dense_product_is_own() ? "columns and rows" : elbow_blas_cuts());
    if (binding.crowded_ranks > 0 && threads == 1)
        elbow_log_warn(plan->log,
                       "%d ranks of a node share %d core%s and will wait for each other; start fewer ranks, or bind "
                       "each rank to its own core (mpirun --bind-to core, srun --cpu-bind=cores)",
                       binding.crowded_ranks, binding.crowded_cores, binding.crowded_cores == 1 ? "" : "s");
    else if (binding.crowded_ranks > 0)
        elbow_log_warn(plan->log,
                       "%d rank%s of %d threads on a node have %d core%s and will wait for each other; start fewer "
                       "ranks, set fewer train.threads, or bind each rank to %d cores (mpirun --map-by slot:PE=%d "
                       "--bind-to core, srun --cpus-per-task=%d)",
                       binding.crowded_ranks, binding.crowded_ranks == 1 ? "" : "s", threads, binding.crowded_cores,
                       binding.crowded_cores == 1 ? "" : "s", threads, threads, threads);
}

// Collective. Starts the thread that makes microbatches ahead, where there shall be one, and tells. A run can do
// without: a rank that gets no thread gathers in its steps.
static void start_prefetch(struct elbow_engine *engine)
{
    const struct elbow_train_plan *plan = engine->plan;
    struct elbow_error trouble = {0};
    bool is_off = plan->config.run.prefetch == ELBOW_PREFETCH_OFF;
    elbow_prefetch_start(engine->prefetch, &trouble);
    if (elbow_comm_agree(plan->comm, &trouble) != ELBOW_OK)
        elbow_log_warn(plan->log, "%s; data are collated in the step there", trouble.message);
    else if (elbow_prefetch_is_ahead(engine->prefetch))
        elbow_log_say(plan->log, "data: collated ahead of the step, by one more thread a rank");
    else
        elbow_log_say(plan->log, "data: collated in the step (%s)",
                      is_off ? "run.prefetch: off" : "not every rank has a core to spare for a thread");
}

void elbow_engine_introduce(struct elbow_engine *engine, uint64_t trace_bytes, uint64_t checkpoint_bytes)
{
    tell_run(engine);
    warn_of_classifier(engine);
    if (engine->plan->ranks_differ)
        tell_difference(engine);
    tell_binding(engine);
    start_prefetch(engine);
    tell_memory(engine, trace_bytes, checkpoint_bytes);
}
