// SPDX-License-Identifier: BSD-3-Clause
// Setting a run up: its directory, its data, its model, and where it starts.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/math/blas.h"
#include "elbow/math/dense_product.h"
#include "elbow/math/threads.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The configuration for checkpoints: what belongs to this start alone (run.*, train.threads, data.stage) is left at its
// defaults, so that the bytes do not depend on where and how the run is run.
static enum elbow_status make_checkpoint_text(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_config *config = NULL, *defaults = NULL;
    enum elbow_status status = elbow_allocate(&config, 2, sizeof *config, "the configuration", error);
    if (status != ELBOW_OK)
        return status;
    defaults = config + 1;
    elbow_config_default(defaults);
    *config = trainer->config;
    config->run = defaults->run;
    config->train.threads = defaults->train.threads;
    memcpy(config->data.stage, defaults->data.stage, sizeof config->data.stage);
    status = elbow_config_dump(config, &trainer->checkpoint_text, error);
    elbow_release(&config);
    return status;
}

static enum elbow_status locate(const struct elbow_config *config, const char *location, elbow_path file,
                                elbow_path dataset, struct elbow_error *error)
{
    if (elbow_config_locate(config->data.file, location, file, dataset))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_CONFIG, "%.60s...: the path is too long", location);
}

// Collective. The file of a location is read where it lies, or from the node's own copy.
static enum elbow_status stage_file(struct elbow_trainer *trainer, elbow_path file, struct elbow_error *error)
{
    const char *path;
    if (trainer->config.data.stage[0] == 0)
        return ELBOW_OK;
    trainer->stage.comm = trainer->comm;
    trainer->stage.directory = trainer->config.data.stage;
    enum elbow_status status = elbow_stage_take(&trainer->stage, file, &path, error);
    if (status == ELBOW_OK)
        elbow_text_format(file, ELBOW_PATH_SIZE, "%s", path);
    return status;
}

// Collective. One dataset of the configuration; `location` is data.train or data.valid. Training needs no labels, but
// wrong ones must not wait for the day that the run is evaluated.
static enum elbow_status load_dataset(struct elbow_trainer *trainer, const char *location, const char *labels_location,
                                      const struct elbow_scale *scale, struct elbow_dataset *dataset,
                                      struct elbow_error *error)
{
    const struct elbow_config *config = &trainer->config;
    elbow_path file, name, labels_file, labels;
    struct elbow_dataset_request request = {.synthetic = (uint64_t)config->data.synthetic,
                                            .seed = (uint64_t)config->seed,
                                            .shape = &config->data.shape,
                                            .layout = (enum elbow_layout)config->data.layout,
                                            .has_factor = config->data.has_factor,
                                            .has_offset = config->data.has_offset,
                                            .factor = config->data.factor,
                                            .offset = config->data.offset,
                                            .fixed_scale = scale,
                                            .demand = elbow_config_demand(config)};
    if (config->data.synthetic == 0) {
        enum elbow_status status = locate(config, location, file, name, error);
        if (status == ELBOW_OK)
            status = stage_file(trainer, file, error);
        if (status != ELBOW_OK)
            return status;
        request.file = file;
        request.dataset = name;
    }
    if (*labels_location != 0) {
        enum elbow_status status = locate(config, labels_location, labels_file, labels, error);
        if (status == ELBOW_OK)
            status = stage_file(trainer, labels_file, error);
        if (status != ELBOW_OK)
            return status;
        request.labels_file = labels_file;
        request.labels = labels;
    }
    enum elbow_status status = elbow_dataset_load(trainer->comm, &request, trainer->log, dataset, error);
    return status == ELBOW_OK ? elbow_dataset_compare(trainer->comm, dataset, error) : status;
}

static void tell_data(struct elbow_trainer *trainer)
{
    static const char *const binarized[] = {"", ", binarised at a threshold", ", binarised anew at each use"};
    const struct elbow_dataset *data = &trainer->train;
    char shape[160];
    int length = 0;
    for (size_t i = 0; i < data->rank; ++i)
        length += snprintf(shape + length, sizeof shape - (size_t)length, "%s%llu", i > 0 ? "x" : "",
                           (unsigned long long)data->shape[i]);
    elbow_log_say(trainer->log, "data: %s, %llu samples of %s %s from %g to %g; scaling: %s%s", data->name,
                  (unsigned long long)data->samples, shape, elbow_element_name(data->element), data->min, data->max,
                  data->scale.source, binarized[trainer->config.data.binarize]);
    if (trainer->stage.bytes > 0)
        elbow_log_say(trainer->log, "data: %s staged in %s of %d node%s, in %.2f s",
                      elbow_text_bytes(trainer->stage.bytes).text, trainer->stage.directory, trainer->place.nodes,
                      trainer->place.nodes == 1 ? "" : "s", trainer->stage.seconds);
    if (trainer->has_valid)
        elbow_log_say(trainer->log, "validation: %s, %llu samples", trainer->valid.name,
                      (unsigned long long)trainer->valid.samples);
    struct elbow_image_shape image;
    if (!elbow_dataset_image(data->layout, data->rank, data->shape, &image))
        elbow_log_say(trainer->log,
                      "the data are no images (data.shape can say so): samples go to HDF5 and CSV, not PNG");
    else if (data->layout == ELBOW_LAYOUT_AUTO)
        elbow_log_say(trainer->log,
                      "data: samples are taken for images of %zu x %zu, %s; data.layout can say otherwise",
                      image.height, image.width, image.channels == 1 ? "grey" : "colour");
    struct elbow_demand demand = elbow_config_demand(&trainer->config);
    if (demand.support == ELBOW_SUPPORT_BINARY && !data->is_binary)
        elbow_log_warn(trainer->log,
                       "%s holds values between 0 and 1: with a %s likelihood recon is then no "
                       "log-probability; data.binarize: sample makes it one",
                       data->name, demand.word);
}

// Collective. Training and validation data.
static enum elbow_status load_data(struct elbow_trainer *trainer, const struct elbow_scale *scale,
                                   struct elbow_error *error)
{
    const struct elbow_config *config = &trainer->config;
    enum elbow_status status =
        load_dataset(trainer, config->data.train, config->data.labels, scale, &trainer->train, error);
    if (status != ELBOW_OK)
        return status;
    trainer->has_valid = config->data.valid[0] != 0 && config->data.synthetic == 0;
    if (trainer->has_valid) {
        status = load_dataset(trainer, config->data.valid, config->data.valid_labels, &trainer->train.scale,
                              &trainer->valid, error);
        if (status != ELBOW_OK)
            return status;
        bool same = trainer->valid.values == trainer->train.values && trainer->valid.rank == trainer->train.rank &&
                    memcmp(trainer->valid.shape, trainer->train.shape, sizeof trainer->valid.shape) == 0;
        if (!same)
            return elbow_error_set(
                error, ELBOW_MISMATCH,
                "%s: its samples have %zu values in %zu dimensions, those of %s have %zu in %zu; both must "
                "have the same shape",
                trainer->valid.name, trainer->valid.values, trainer->valid.rank, trainer->train.name,
                trainer->train.values, trainer->train.rank);
    }
    trainer->facts = (struct elbow_data_facts){.samples = trainer->train.samples,
                                               .values = trainer->train.values,
                                               .rank = trainer->train.rank,
                                               .scale = trainer->train.scale,
                                               .layout = trainer->train.layout};
    memcpy(trainer->facts.shape, trainer->train.shape, sizeof trainer->facts.shape);
    return ELBOW_OK;
}

// Steps and microbatches; there must be a microbatch for every rank.
static enum elbow_status count_steps(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const struct elbow_config *config = &trainer->config;
    uint64_t samples = trainer->train.samples, size = (uint64_t)config->train.microbatch;
    struct elbow_sequence *sequence = &trainer->sequence;
    *sequence = (struct elbow_sequence){.samples = samples,
                                        .batch = (uint64_t)config->train.batch < samples ? (uint64_t)config->train.batch
                                                                                         : samples,
                                        .microbatch = size,
                                        .rank = trainer->place.rank,
                                        .size = trainer->place.size};
    trainer->epoch_steps = elbow_sequence_epoch_steps(sequence);
    uint64_t by_epochs, by_steps = (uint64_t)config->train.steps;
    if (__builtin_mul_overflow((uint64_t)config->train.epochs, trainer->epoch_steps, &by_epochs))
        by_epochs = UINT64_MAX;
    sequence->last_step = by_epochs == 0 || (by_steps > 0 && by_steps < by_epochs) ? by_steps : by_epochs;
    uint64_t microbatches = elbow_sequence_microbatches(sequence, sequence->batch),
             ranks = (uint64_t)trainer->place.size;
    if (microbatches < ranks)
        return elbow_error_set(
            error, ELBOW_CONFIG,
            "a batch of %llu has only %llu microbatches of %llu for %llu ranks; take at most %llu ranks, a "
            "smaller train.microbatch (other bits), or a larger train.batch (other training)",
            (unsigned long long)sequence->batch, (unsigned long long)microbatches, (unsigned long long)size,
            (unsigned long long)ranks, (unsigned long long)microbatches);
    if (microbatches % ranks != 0)
        elbow_log_warn(trainer->log, "%llu microbatches do not divide evenly among %llu ranks: some ranks will wait",
                       (unsigned long long)microbatches, (unsigned long long)ranks);
    return ELBOW_OK;
}

static enum elbow_status make_buffers(struct elbow_trainer *trainer, uint64_t microbatches, struct elbow_error *error)
{
    trainer->statistics = elbow_statistics_size(trainer->model->latent, false);
    struct {
        void *pointer;
        size_t count, size;
    } wanted[] = {
        {&trainer->accumulator, trainer->statistics, sizeof(double)},
        {&trainer->sums, trainer->statistics + ELBOW_TRAINER_WISHES, sizeof(double)},
        {&trainer->levels, (size_t)elbow_partition_depth(microbatches) * trainer->statistics, sizeof(double)},
    };
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; ++i) {
        enum elbow_status status =
            elbow_allocate(wanted[i].pointer, wanted[i].count, wanted[i].size, "statistics", error);
        if (status != ELBOW_OK)
            return status;
    }
    return ELBOW_OK;
}

// Room for microbatches: two where a thread of each rank has a core for itself.
static enum elbow_status make_prefetch(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const struct elbow_config *config = &trainer->config;
    struct elbow_data_source source = {.dataset = &trainer->train,
                                       .order = elbow_order_shuffled(trainer->train.samples, (uint64_t)config->seed),
                                       .binarizer = {.kind = (enum elbow_binarize)config->data.binarize,
                                                     .threshold = config->data.threshold,
                                                     .seed = (uint64_t)config->seed,
                                                     .purpose = ELBOW_PURPOSE_TRAIN_BINARIZE},
                                       .noise = ELBOW_PURPOSE_TRAIN_NOISE,
                                       .latent = trainer->model->latent,
                                       .rows_max = trainer->model->rows_max,
                                       .held = trainer->lanes};
    bool has_core = trainer->binding.share > elbow_threads_get();
    bool ahead = config->run.prefetch == ELBOW_PREFETCH_ON || (config->run.prefetch == ELBOW_PREFETCH_AUTO && has_core);
    return elbow_prefetch_create(&source, ahead, &trainer->prefetch, error);
}

size_t *elbow_trainer_list_layers(const struct elbow_model *model, struct elbow_exchange_sizes *sizes,
                                  struct elbow_error *error)
{
    size_t *parts = NULL, count = 0;
    for (size_t layer = 0; layer < elbow_layerwise_layers(model); ++layer)
        count += elbow_layerwise_parts(model, layer);
    if (elbow_allocate(&parts, count, sizeof *parts, "layers", error) != ELBOW_OK)
        return NULL;
    for (size_t layer = 0; layer < elbow_layerwise_layers(model); ++layer)
        for (size_t part = 0; part < elbow_layerwise_parts(model, layer); ++part)
            parts[sizes->layer_count++] = elbow_layerwise_first(model, layer, part);
    sizes->layers = parts;
    return parts;
}

// How many microbatches of a rank go through the layers together: none where there are no messages to travel meanwhile.
// Without nodes there are messages where memory cannot be shared, which is not known yet, and one is enough.
static size_t count_lanes(const struct elbow_trainer *trainer, uint64_t microbatches)
{
    uint64_t ranks = (uint64_t)trainer->place.size, most = (microbatches + ranks - 1) / ranks;
    uint64_t wanted = (uint64_t)trainer->config.run.overlap;
    if (wanted == 0 || ranks == 1)
        return 0;
    if (trainer->place.nodes == 1)
        return 1;
    return (size_t)(wanted < most ? wanted : most);
}

static enum elbow_status make_lanes(struct elbow_trainer *trainer, uint64_t microbatches, struct elbow_error *error)
{
    trainer->lanes = count_lanes(trainer, microbatches);
    enum elbow_status status = elbow_allocate(&trainer->layerwise_passes, trainer->lanes,
                                              sizeof *trainer->layerwise_passes, "microbatches", error);
    return status == ELBOW_OK ? elbow_model_widen(trainer->model, trainer->lanes, error) : status;
}

enum elbow_status elbow_trainer_list_buckets(const struct elbow_trainer *trainer, int most, size_t *parameters,
                                             int *count, struct elbow_error *error)
{
    struct elbow_exchange_sizes sizes = {.parameters = trainer->model->parameters.size,
                                         .bucket = (size_t)trainer->config.run.bucket};
    size_t *layers = elbow_trainer_list_layers(trainer->model, &sizes, error);
    if (layers == NULL)
        return error->status;
    enum elbow_status status = elbow_exchange_list_buckets(&sizes, most, parameters, count, error);
    elbow_release(&layers);
    return status;
}

// Collective. Model, exchange, optimiser, buffers.
static enum elbow_status make_model(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const struct elbow_config *config = &trainer->config;
    const struct elbow_sequence *sequence = &trainer->sequence;
    uint64_t microbatches = elbow_sequence_microbatches(sequence, sequence->batch);
    struct elbow_step_place last = elbow_sequence_place(sequence, trainer->epoch_steps - 1);
    if (elbow_binding_find(trainer->comm, elbow_threads_get(), &trainer->binding, error) != ELBOW_OK)
        return error->status;
    *error = (struct elbow_error){0};
    if (elbow_model_create_shaped(config,
                                  elbow_model_sample(trainer->train.layout, trainer->train.rank, trainer->train.shape),
                                  (size_t)sequence->microbatch, &trainer->model, error) == ELBOW_OK &&
        make_buffers(trainer, microbatches, error) == ELBOW_OK && make_lanes(trainer, microbatches, error) == ELBOW_OK)
        make_prefetch(trainer, error);
    if (elbow_comm_agree(trainer->comm, error) != ELBOW_OK)
        return error->status;
    struct elbow_exchange_sizes sizes = {.parameters = trainer->model->parameters.size,
                                         .microbatches = microbatches,
                                         .last = last.microbatches,
                                         .statistics = trainer->statistics + ELBOW_TRAINER_WISHES,
                                         .bucket = (size_t)config->run.bucket};
    size_t *layers = elbow_trainer_list_layers(trainer->model, &sizes, error);
    if (elbow_comm_agree(trainer->comm, error) == ELBOW_OK)
        elbow_exchange_create(trainer->comm, sizes, trainer->log, &trainer->exchange, error);
    elbow_release(&layers);
    if (error->status != ELBOW_OK)
        return error->status;
    if (!elbow_exchange_has_messages(trainer->exchange))
        trainer->lanes = 0;
    elbow_optimizer_create(config, &trainer->model->parameters, elbow_exchange_slice(trainer->exchange),
                           &trainer->optimizer, error);
    if (error->status == ELBOW_OK && config->run.audit > 0)
        elbow_audit_create(trainer->comm, trainer->exchange, &trainer->model->parameters, &trainer->audit, error);
    return elbow_comm_agree(trainer->comm, error);
}

// Where a resumed run stands; it may have nothing left to do.
static void tell_resume(struct elbow_trainer *trainer, const struct elbow_checkpoint *checkpoint)
{
    if (trainer->state.step < trainer->sequence.last_step)
        elbow_log_say(trainer->log, "resuming from %s: step %llu of %llu", checkpoint->path,
                      (unsigned long long)trainer->state.step, (unsigned long long)trainer->sequence.last_step);
    if (trainer->request->init != NULL)
        elbow_log_say(trainer->log, "--init is not used: the run goes on with its own parameters");
    bool gave_up =
        trainer->config.train.patience > 0 && trainer->state.stale >= (uint64_t)trainer->config.train.patience;
    trainer->is_finished = trainer->state.step >= trainer->sequence.last_step || gave_up;
    if (trainer->is_finished)
        elbow_log_say(trainer->log, "%s: this run is finished already (step %llu%s)", trainer->run,
                      (unsigned long long)trainer->state.step,
                      gave_up ? ", stopped early by train.patience" : "; a larger train.epochs would go on");
}

// Collective. Threads come before all that is sized by them. Where products are OpenBLAS' and no cut keeps their bits,
// one thread does them: bits come first. The floor of a bench is OpenBLAS' everywhere.
static enum elbow_status start_threads(struct elbow_trainer *trainer, struct elbow_error *error)
{
    int threads = (int)trainer->config.train.threads;
    *error = (struct elbow_error){0};
    if (threads == 1 || elbow_blas_fits(threads, error) == ELBOW_OK)
        elbow_threads_set(threads);
    if (threads > 1 && error->status == ELBOW_OK)
        elbow_blas_find_cuts(error);
    if (elbow_comm_agree(trainer->comm, error) != ELBOW_OK)
        return error->status;
    if (threads > 1 && !elbow_dense_product_is_own() && strcmp(elbow_blas_cuts(), "none") == 0)
        elbow_log_warn(trainer->log, "%s gives other bits for products in slices: they stay on one thread of %d",
                       elbow_blas_describe(), threads);
    return ELBOW_OK;
}

// Collective. What comes after the former run is known. What can be wrong is found before the run directory is touched.
static enum elbow_status set_up(struct elbow_trainer *trainer, const struct elbow_checkpoint *former,
                                struct elbow_error *error)
{
    make_checkpoint_text(trainer, error);
    if (elbow_comm_agree(trainer->comm, error) != ELBOW_OK)
        return error->status;
    enum elbow_status status = elbow_trainer_compare_ranks(trainer, error);
    if (status == ELBOW_OK)
        status = start_threads(trainer, error);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_DATA);
    if (status == ELBOW_OK)
        status = load_data(trainer, former != NULL ? &former->data.scale : NULL, error);
    elbow_stage_clear(&trainer->stage); // all is in memory now
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_START);
    if (status == ELBOW_OK)
        status = count_steps(trainer, error);
    if (status == ELBOW_OK)
        status = make_model(trainer, error);
    if (status == ELBOW_OK)
        status = elbow_trainer_enter_directory(trainer, error);
    if (status != ELBOW_OK)
        return status;
    tell_data(trainer);
    status =
        former != NULL ? elbow_trainer_start_resumed(trainer, former, error) : elbow_trainer_start_new(trainer, error);
    if (status != ELBOW_OK)
        return status;
    if (former != NULL)
        tell_resume(trainer, former);
    if (!trainer->is_finished)
        return elbow_trainer_open_outputs(trainer, error);
    elbow_trainer_mend_best(trainer);
    return ELBOW_OK;
}

enum elbow_status elbow_trainer_open(struct elbow_trainer *trainer, struct elbow_error *error)
{
    bool resumes = false;
    struct elbow_checkpoint checkpoint = {0};
    const struct elbow_integers *nodes = &trainer->config.run.nodes;
    *error = (struct elbow_error){0};
    trainer->run_start = trainer->opened = elbow_clock_seconds();
    if (trainer->request->has_started)
        trainer->opened = trainer->request->started;
    enum elbow_status status = ELBOW_OK;
    if (nodes->count > 0)
        status = elbow_comm_pretend(trainer->comm, nodes->values, nodes->count, error);
    if (status != ELBOW_OK)
        return status;
    trainer->place = elbow_comm_place(trainer->comm);
    elbow_trainer_set_deadline(trainer);
    elbow_trainer_keep_text(trainer);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_START);
    if (elbow_comm_watch(trainer->comm, trainer->config.run.stall, trainer->log, error) != ELBOW_OK)
        return error->status;
    if (trainer->run != NULL)
        status = elbow_trainer_find_former(trainer, &resumes, &checkpoint, error);
    if (status == ELBOW_OK)
        status = set_up(trainer, resumes ? &checkpoint : NULL, error);
    trainer->first_step = trainer->state.step;
    elbow_trainer_keep_text(trainer);
    elbow_checkpoint_clear(&checkpoint);
    return status;
}

void elbow_trainer_close(struct elbow_trainer *trainer)
{
    elbow_prefetch_destroy(trainer->prefetch);
    elbow_writer_close(&trainer->writer);
    elbow_comm_trace(trainer->comm, NULL);
    elbow_tracer_close(&trainer->tracer);
    elbow_metrics_close(&trainer->metrics);
    elbow_pending_clear(&trainer->pending);
    elbow_lock_release(&trainer->lock);
    elbow_directory_close(&trainer->directory);
    elbow_audit_clear(&trainer->audit);
    elbow_exchange_destroy(trainer->exchange);
    elbow_optimizer_destroy(&trainer->optimizer);
    elbow_model_destroy(trainer->model);
    elbow_dataset_unload(trainer->comm, &trainer->train);
    elbow_dataset_unload(trainer->comm, &trainer->valid);
    elbow_comm_watch_end(trainer->comm);
    elbow_release(&trainer->checkpoint_text);
    elbow_release(&trainer->accumulator);
    elbow_release(&trainer->sums);
    elbow_release(&trainer->levels);
    elbow_release(&trainer->layerwise_passes);
}
