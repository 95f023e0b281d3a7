// SPDX-License-Identifier: BSD-3-Clause
// The plan of a run: threads, data, steps.
#include "elbow/train/detail/plan.h"

#include "elbow/base/memory.h"
#include "elbow/base/text.h"
#include "elbow/data/collate.h"
#include "elbow/data/configured.h"
#include "elbow/math/blas.h"
#include "elbow/math/dense_product.h"
#include "elbow/math/hash.h"
#include "elbow/math/threads.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/watch.h"

#include "elbow/train/detail/ranks.h"

#include <stdio.h>
#include <string.h>

// The configuration for checkpoints: what belongs to this start alone (run.*, train.threads, data.stage, data.access,
// data.memory) is left at its defaults, so that the bytes do not depend on where and how the run is run.
static enum elbow_status make_checkpoint_text(struct elbow_train_plan *plan, struct elbow_error *error)
{
    struct elbow_config *config = NULL, *defaults = NULL;
    enum elbow_status status = elbow_allocate(&config, 2, sizeof *config, "the configuration", error);
    if (status != ELBOW_OK)
        return status;
    defaults = config + 1;
    elbow_config_default(defaults);
    *config = plan->config;
    config->run = defaults->run;
    config->train.threads = defaults->train.threads;
    memcpy(config->data.stage, defaults->data.stage, sizeof config->data.stage);
    config->data.access = defaults->data.access;
    config->data.memory = defaults->data.memory;
    status = elbow_config_dump(config, &plan->checkpoint_text, error);
    elbow_release(&config);
    return status;
}

// Collective. Where the node's own copies go.
static enum elbow_status begin_stage(struct elbow_train_plan *plan, struct elbow_error *error)
{
    const char *directory = plan->config.data.stage;
    if (directory[0] == 0)
        return ELBOW_OK;
    plan->stage.comm = plan->comm;
    plan->stage.log = plan->log;
    plan->stage.directory = plan->stage_directory;
    return elbow_files_expand(plan->comm, "data.stage", directory, plan->stage_directory, error);
}

// What parameters start from is found while the rows are read for other figures.
static void ask_for_start(const struct elbow_config *config, const struct elbow_binarizer *binarizer,
                          struct elbow_dataset_request *request)
{
    bool wants_bias = config->model.output_bias == ELBOW_OUTPUT_BIAS_DATA;
    request->start_variance = elbow_model_config_starts_from_data(config);
    request->start = wants_bias || request->start_variance ? binarizer : NULL;
    request->start_keys = wants_bias && request->start_variance
                              ? "model.output_bias: data and the variance of the likelihood"
                          : wants_bias ? "model.output_bias: data"
                                       : "the variance of the likelihood";
}

// Collective. Loads training or validation data; `agreement`: the facts that they have to agree with.
static enum elbow_status load_dataset(struct elbow_train_plan *plan, bool is_valid,
                                      const struct elbow_dataset_request *agreement, struct elbow_dataset *dataset,
                                      struct elbow_error *error)
{
    const struct elbow_config *config = plan->frozen != NULL ? &plan->frozen->config : &plan->config;
    struct elbow_stage *stage = config->data.stage[0] != 0 ? &plan->stage : NULL;
    struct elbow_configured configured = {0};
    enum elbow_status status = elbow_configured_find(plan->comm, config, is_valid, stage, &configured, error);
    if (status == ELBOW_OK) {
        struct elbow_dataset_request request = elbow_configured_request(config, is_valid, &configured);
        request.reference = agreement->reference;
        request.reference_name = agreement->reference_name;
        request.is_settled = agreement->is_settled;
        request.is_same = agreement->is_same;
        request.is_resumed = agreement->is_resumed;
        if (plan->frozen != NULL)
            elbow_frozen_request(plan->frozen, &plan->config, &request);
        const struct elbow_binarizer start = elbow_collation_of_evaluation(config, dataset).binarizer;
        if (plan->frozen == NULL && !is_valid && !agreement->is_resumed)
            ask_for_start(config, &start, &request);
        request.shows_line = elbow_train_shows_line(config, plan->place.rank);
        status = elbow_configured_load(plan->comm, &request, plan->log, dataset, error);
    }
    elbow_configured_clear(&configured);
    if (status != ELBOW_OK || plan->frozen == NULL)
        return status;
    elbow_dataset_lead_through(dataset, &plan->frozen->through, error);
    return elbow_comm_agree(plan->comm, error);
}

// Collective. The model in front of the data. Of a run the checkpoint that was found is kept, as it may get others.
static enum elbow_status load_frozen(struct elbow_train_plan *plan, const struct elbow_checkpoint *former,
                                     struct elbow_error *error)
{
    enum elbow_status status = elbow_frozen_load(plan->comm, &plan->config, plan->log, &plan->frozen, error);
    if (status != ELBOW_OK || plan->frozen == NULL)
        return status;
    elbow_text_format(plan->config.data.through, sizeof plan->config.data.through, "%s", plan->frozen->through.name);
    return former != NULL ? elbow_frozen_check(plan->frozen, &former->data, former->path, error) : ELBOW_OK;
}

// What samples are taken for, and where pictures of them go.
static void tell_pictures(const struct elbow_train_plan *plan)
{
    const struct elbow_dataset *data = plan->frozen != NULL ? plan->train.stored : &plan->train;
    const struct elbow_config *config = plan->frozen != NULL ? &plan->frozen->config : &plan->config;
    struct elbow_image_shape image;
    struct elbow_shape sample = elbow_model_sample(config, data->layout, data->rank, data->shape);
    bool is_image = elbow_dataset_image(data->layout, data->rank, data->shape, &image);
    bool is_guess = data->layout == ELBOW_LAYOUT_AUTO && (data->rank == 2 || data->rank == 3);
    if (is_image && is_guess)
        elbow_log_say(plan->log, "data: samples are read as images of %zu x %zu, %s; if they are not, set data.layout",
                      image.height, image.width, image.channels == 1 ? "grey" : "colour");
    else if (is_guess)
        elbow_log_say(
            plan->log,
            "data: samples are read as images of %zu x %zu with %zu channels; if they are not, set data.layout",
            sample.height, sample.width, sample.channels);
    if (!is_image && (is_guess || data->layout == ELBOW_LAYOUT_IMAGE))
        elbow_log_say(plan->log, "images of %zu channels are written as HDF5 and CSV, since PNG holds 1 or 3 channels",
                      sample.channels);
    else if (!is_image)
        elbow_log_say(
            plan->log,
            "the samples are not images (if they are, set data.shape): they are written as HDF5 and CSV, not as PNG");
}

void elbow_train_plan_log(const struct elbow_train_plan *plan)
{
    static const char *const binarized[] = {"", ", binarised at a threshold", ", binarised again at each use"};
    const struct elbow_dataset *data = &plan->train;
    elbow_dataset_log(data, "data", binarized[plan->config.data.binarize], plan->log);
    if (plan->page_order != NULL)
        elbow_page_order_log(plan->page_order, data, plan->log);
    if (plan->stage.bytes > 0)
        elbow_log_say(plan->log, "data: %s staged in %s of %d node%s in %.2f s",
                      elbow_text_bytes(plan->stage.bytes).text, plan->stage.directory, plan->place.nodes,
                      plan->place.nodes == 1 ? "" : "s", plan->stage.seconds);
    if (plan->has_valid)
        elbow_dataset_log(&plan->valid, "validation", "", plan->log);
    tell_pictures(plan);
    struct elbow_demand demand = elbow_config_demand(&plan->config);
    elbow_dataset_warn_scale(data, &demand, plan->log);
}

// A resume of an order of pages looks at some pages only, where the start may have looked at all rows: figures of the
// rows stay those of the start, so that a run that was stopped leaves the same checkpoints as one that was not.
static void keep_figures(const struct elbow_data_facts *former, struct elbow_data_facts *facts)
{
    facts->has_range = former->has_range;
    facts->min = former->min;
    facts->max = former->max;
    facts->mean = former->mean;
}

// Collective. Training and validation data.
static enum elbow_status load_data(struct elbow_train_plan *plan, const struct elbow_checkpoint *former,
                                   struct elbow_error *error)
{
    bool is_resumed = former != NULL;
    struct elbow_dataset_request train = {.is_settled = is_resumed, .is_same = is_resumed, .is_resumed = is_resumed};
    if (is_resumed) {
        train.reference = &former->data;
        train.reference_name = former->path;
    }
    enum elbow_status status = begin_stage(plan, error);
    if (status == ELBOW_OK)
        status = load_dataset(plan, false, &train, &plan->train, error);
    plan->facts = elbow_data_facts_of(&plan->train);
    if (is_resumed && plan->config.data.order != ELBOW_ORDER_FULL)
        keep_figures(&former->data, &plan->facts);
    plan->config.model.condition.width = plan->train.conditions.width;
    plan->config.model.classes = elbow_classes_count(&plan->train.classes.names);
    plan->has_valid = elbow_configured_has_valid(&plan->config);
    if (status != ELBOW_OK || !plan->has_valid)
        return status;
    const struct elbow_dataset_request valid = {.reference = &plan->facts,
                                                .reference_name = plan->train.name,
                                                .is_settled = is_resumed,
                                                .is_resumed = is_resumed};
    status = load_dataset(plan, true, &valid, &plan->valid, error);
    plan->facts.valid_hash = plan->valid.hash;
    return status;
}

// Steps and microbatches; there must be a microbatch for every rank.
static enum elbow_status count_steps(struct elbow_train_plan *plan, struct elbow_error *error)
{
    const struct elbow_config *config = &plan->config;
    uint64_t samples = plan->train.samples, batch = (uint64_t)config->train.batch;
    uint64_t size = (uint64_t)config->train.microbatch;
    struct elbow_sequence *sequence = &plan->sequence;
    *sequence = (struct elbow_sequence){.samples = samples,
                                        .batch = batch < samples ? batch : samples,
                                        .microbatch = size,
                                        .rank = plan->place.rank,
                                        .size = plan->place.size,
                                        .is_fixed = config->data.order != ELBOW_ORDER_FULL};
    plan->epoch_steps = elbow_sequence_epoch_steps(sequence);
    uint64_t by_epochs, by_steps = (uint64_t)config->train.steps;
    if (__builtin_mul_overflow((uint64_t)config->train.epochs, plan->epoch_steps, &by_epochs))
        by_epochs = UINT64_MAX;
    sequence->last_step = by_epochs == 0 || (by_steps > 0 && by_steps < by_epochs) ? by_steps : by_epochs;
    uint64_t microbatches = elbow_sequence_microbatches(sequence, sequence->batch), ranks = (uint64_t)plan->place.size;
    if (microbatches < ranks)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "a batch of %llu has only %s of %llu for %s; start at most %s, or set a smaller train.microbatch (which "
            "changes the bits) or a larger train.batch (which changes the training)",
            (unsigned long long)sequence->batch, elbow_text_count(microbatches, "microbatch").text,
            (unsigned long long)size, elbow_text_count(ranks, "rank").text,
            elbow_text_count(microbatches, "rank").text);
    if (microbatches % ranks != 0)
        elbow_log_warn(plan->log, "%llu microbatches do not divide evenly among %llu ranks: some ranks will wait",
                       (unsigned long long)microbatches, (unsigned long long)ranks);
    return ELBOW_OK;
}

// Collective. The order of the training samples, where it is one of pages.
static enum elbow_status make_order(struct elbow_train_plan *plan, struct elbow_error *error)
{
    const struct elbow_config *config = &plan->config;
    const struct elbow_page_order_request request = {.kind = (enum elbow_order_kind)config->data.order,
                                                     .seed = (uint64_t)config->seed,
                                                     .batch = (uint64_t)config->train.batch,
                                                     .microbatch = (uint64_t)config->train.microbatch,
                                                     .window_pages = (uint64_t)config->data.window_pages,
                                                     .table = &plan->train.page_table};
    if (request.kind == ELBOW_ORDER_FULL)
        return ELBOW_OK;
    elbow_page_order_create(&request, &plan->page_order, error);
    return elbow_comm_agree(plan->comm, error);
}

struct elbow_order elbow_train_plan_order(const struct elbow_train_plan *plan)
{
    return plan->page_order != NULL ? elbow_order_paged(plan->page_order)
                                    : elbow_order_shuffled(plan->train.samples, (uint64_t)plan->config.seed);
}

// Collective. Notes whether the ranks differ, which is logged later; MISMATCH if they do and run.strict is set.
static enum elbow_status compare_ranks(struct elbow_train_plan *plan, struct elbow_error *error)
{
    char what[1024];
    elbow_rank_describe(what, sizeof what);
    *error = (struct elbow_error){0};
    plan->ranks_differ = !elbow_comm_is_same(plan->comm, elbow_hash_text(what));
    if (plan->ranks_differ && plan->config.run.strict)
        elbow_error_set(error, ELBOW_MISMATCH,
                        "the ranks run different builds or processors (rank 0: %s), and run.strict is set; use nodes "
                        "of one kind and one build, or leave run.strict out",
                        what);
    return elbow_comm_agree_root(plan->comm, error);
}

// Collective. Threads come before all that is sized by them. Where products are OpenBLAS' and no cut keeps their bits,
// one thread does them: bits come first. The floor of a bench is OpenBLAS' everywhere.
static enum elbow_status start_threads(struct elbow_train_plan *plan, struct elbow_error *error)
{
    int threads = (int)plan->config.train.threads;
    *error = (struct elbow_error){0};
    if (threads == 1 || elbow_blas_fits(threads, error) == ELBOW_OK)
        elbow_threads_set(threads);
    if (threads > 1 && error->status == ELBOW_OK)
        elbow_blas_find_cuts(error);
    if (elbow_comm_agree(plan->comm, error) != ELBOW_OK)
        return error->status;
    if (threads > 1 && !elbow_dense_product_is_own() && strcmp(elbow_blas_cuts(), "none") == 0)
        elbow_log_warn(plan->log,
                       "%s gives other bits if matrix products are divided: each product uses one thread of %d",
                       elbow_blas_describe(), threads);
    return ELBOW_OK;
}

enum elbow_status elbow_train_plan_begin(struct elbow_train_plan *plan, struct elbow_error *error)
{
    const struct elbow_integers *nodes = &plan->config.run.nodes;
    *error = (struct elbow_error){0};
    if (nodes->count > 0 && elbow_comm_pretend(plan->comm, nodes->values, nodes->count, error) != ELBOW_OK)
        return error->status;
    plan->place = elbow_comm_place(plan->comm);
    elbow_comm_enter(plan->comm, ELBOW_PHASE_START);
    return elbow_comm_watch(plan->comm, plan->config.run.stall, plan->log, error);
}

enum elbow_status elbow_train_plan_make(struct elbow_train_plan *plan, const struct elbow_checkpoint *former,
                                        struct elbow_error *error)
{
    *error = (struct elbow_error){0};
    if (load_frozen(plan, former, error) != ELBOW_OK)
        return error->status;
    make_checkpoint_text(plan, error);
    enum elbow_status status = elbow_comm_agree(plan->comm, error);
    if (status == ELBOW_OK)
        status = compare_ranks(plan, error);
    if (status == ELBOW_OK)
        status = start_threads(plan, error);
    elbow_comm_enter(plan->comm, ELBOW_PHASE_DATA);
    if (status == ELBOW_OK)
        status = load_data(plan, former, error);
    if (plan->train.pages == NULL && plan->valid.pages == NULL)
        elbow_stage_clear(&plan->stage); // all is in memory now
    elbow_comm_enter(plan->comm, ELBOW_PHASE_START);
    if (status == ELBOW_OK)
        status = count_steps(plan, error);
    if (status == ELBOW_OK)
        status = make_order(plan, error);
    if (status == ELBOW_OK)
        status = elbow_binding_find(plan->comm, elbow_threads_get(), &plan->binding, error);
    return status;
}

void elbow_train_plan_clear(struct elbow_train_plan *plan)
{
    elbow_dataset_unload(plan->comm, &plan->train); // its pages follow the order
    elbow_page_order_destroy(plan->page_order);
    elbow_dataset_unload(plan->comm, &plan->valid);
    elbow_stage_clear(&plan->stage);
    elbow_frozen_destroy(plan->frozen);
    elbow_comm_watch_end(plan->comm);
    elbow_release(&plan->checkpoint_text);
}
