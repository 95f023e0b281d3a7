// SPDX-License-Identifier: BSD-3-Clause
// What a run tells: what it runs on, what it takes, how far it is, and its receipt.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/build.h"
#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/data/hdf5.h"
#include "elbow/math/blas.h"
#include "elbow/math/dense_product.h"
#include "elbow/math/hash.h"
#include "elbow/math/threads.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Seconds between progress lines on a terminal, and between plain ones elsewhere.
static const double LINE_SECONDS = 0.2, PLAIN_SECONDS = 10;

void elbow_trainer_processor(char *name, size_t size)
{
    char line[256];
    elbow_text_format(name, size, "unknown processor");
    FILE *file = fopen("/proc/cpuinfo", "re");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        elbow_text_format(name, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
        break;
    }
    fclose(file);
}

// Under mpirun a rank's stdout is a terminal of mpirun's own making, whatever mpirun writes to: what counts is where
// mpirun's goes.
static bool is_watched(void)
{
    if (!isatty(STDOUT_FILENO))
        return false;
    if (getenv("OMPI_COMM_WORLD_SIZE") == NULL)
        return true;
    char link[64], target[64];
    elbow_text_format(link, sizeof link, "/proc/%d/fd/1", (int)getppid());
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0)
        return false;
    target[length] = 0;
    return strncmp(target, "/dev/pts/", 9) == 0 || strncmp(target, "/dev/tty", 8) == 0;
}

// What must be the same on all ranks for the same bits.
static void describe_rank(char *what, size_t size)
{
    char name[128];
    elbow_trainer_processor(name, sizeof name);
    elbow_text_format(what, size, "%s|%s|%s|%s", elbow_build_id(), elbow_build_flags(), elbow_blas_describe(), name);
}

enum elbow_status elbow_trainer_compare_ranks(struct elbow_trainer *trainer, struct elbow_error *error)
{
    char what[1024];
    describe_rank(what, sizeof what);
    *error = (struct elbow_error){0};
    trainer->ranks_differ = !elbow_comm_is_same(trainer->comm, elbow_hash_text(what));
    if (trainer->ranks_differ && trainer->config.run.strict)
        elbow_error_set(error, ELBOW_MISMATCH,
                        "the ranks run different builds or processors (rank 0: %s), and run.strict is set", what);
    return elbow_comm_agree_root(trainer->comm, error);
}

static void tell_difference(struct elbow_trainer *trainer)
{
    char what[1024];
    describe_rank(what, sizeof what);
    elbow_log_warn(
        trainer->log,
        "the ranks run different builds or processors (rank 0: %s): the bits will depend on which rank does what",
        what);
}

// Collective.
static void tell_memory(struct elbow_trainer *trainer)
{
    struct elbow_exchange_bytes exchange = elbow_exchange_memory(trainer->exchange);
    uint64_t data = trainer->train.rows.bytes + trainer->train.labels.bytes + trainer->valid.rows.bytes +
                    trainer->valid.labels.bytes;
    uint64_t copies = trainer->train.rows.is_shared ? 1 : (uint64_t)trainer->place.node_size;
    uint64_t moments =
        trainer->optimizer.count * sizeof(float) *
        (uint64_t)((trainer->optimizer.first_moment != NULL) + (trainer->optimizer.second_moment != NULL));
    uint64_t activations = elbow_model_bytes(trainer->model), microbatches = elbow_prefetch_bytes(trainer->prefetch);
    uint64_t trace = trainer->tracer.is_open ? ELBOW_TRACER_EVENTS * sizeof(struct elbow_trace_event) : 0;
    uint64_t rank = exchange.gradients_per_rank + moments + activations + microbatches + trace;
    uint64_t node = rank * (uint64_t)trainer->place.node_size + data * copies + exchange.parameters_per_node;
    uint64_t checkpoints = elbow_snapshot_bytes(&trainer->writer.snapshot); // rank zero's, which is the one that tells
    elbow_log_say(trainer->log, "memory of a node: dataset %s, parameters %s", elbow_text_bytes(data * copies).text,
                  elbow_text_bytes(exchange.parameters_per_node).text);
    elbow_log_say(trainer->log, "memory of a rank: gradients %s, optimiser state %s, activations %s, microbatches %s",
                  elbow_text_bytes(exchange.gradients_per_rank).text, elbow_text_bytes(moments).text,
                  elbow_text_bytes(activations).text, elbow_text_bytes(microbatches).text);
    if (checkpoints > 0)
        elbow_log_say(trainer->log, "memory of rank zero beside that: %s for checkpoints",
                      elbow_text_bytes(checkpoints).text);
    elbow_log_say(trainer->log, "memory in all: %s a rank, %s a node of %d rank%s%s", elbow_text_bytes(rank).text,
                  elbow_text_bytes(node + checkpoints).text, trainer->place.node_size,
                  trainer->place.node_size == 1 ? "" : "s", checkpoints > 0 ? ", rank zero's" : "");
}

static void tell_run(struct elbow_trainer *trainer)
{
    const struct elbow_config *config = &trainer->config;
    elbow_log_say(trainer->log, "elbow %s (%s): %d rank%s on %d node%s, %s", elbow_build_version(), elbow_build_id(),
                  trainer->place.size, trainer->place.size == 1 ? "" : "s", trainer->place.nodes,
                  trainer->place.nodes == 1 ? "" : "s", elbow_blas_describe());
    elbow_log_say(trainer->log, "model: %zu parameters, %zu latent dimensions, %s likelihood",
                  elbow_parameters_trainable(&trainer->model->parameters), trainer->model->latent,
                  elbow_config_choice("model.likelihood", config->model.likelihood));
    elbow_log_say(trainer->log,
                  "training: steps %llu to %llu, %llu an epoch; batches of %llu in %llu microbatches of %llu",
                  (unsigned long long)trainer->state.step + 1, (unsigned long long)trainer->sequence.last_step,
                  (unsigned long long)trainer->epoch_steps, (unsigned long long)trainer->sequence.batch,
                  (unsigned long long)elbow_sequence_microbatches(&trainer->sequence, trainer->sequence.batch),
                  (unsigned long long)trainer->sequence.microbatch);
}

// What the ranks run on. Ranks that have to take turns on a core halve the speed of all.
static void tell_binding(struct elbow_trainer *trainer)
{
    int threads = elbow_threads_get();
    struct elbow_binding binding = trainer->binding;
    char cores[64];
    if (binding.least == binding.most)
        elbow_text_format(cores, sizeof cores, "%d", binding.least);
    else
        elbow_text_format(cores, sizeof cores, "%d to %d", binding.least, binding.most);
    elbow_log_say(trainer->log, "threads: %d a rank; binding: a rank may run on %s core%s, those of a node on %d",
                  threads, cores, binding.most == 1 ? "" : "s", binding.cores);
    if (threads > 1)
        elbow_log_say(trainer->log, "matrix products are spread over threads by: %s",
                      elbow_dense_product_is_own() ? "columns and rows" : elbow_blas_cuts());
    if (binding.crowded_ranks > 0 && threads == 1)
        elbow_log_warn(trainer->log,
                       "%d ranks of a node share %d core%s and will wait for each other; start fewer ranks, or bind "
                       "each to a core of its own (mpirun --bind-to core, srun --cpu-bind=cores)",
                       binding.crowded_ranks, binding.crowded_cores, binding.crowded_cores == 1 ? "" : "s");
    else if (binding.crowded_ranks > 0)
        elbow_log_warn(
            trainer->log,
            "%d rank%s of %d threads on a node have %d core%s and will wait for each other; take fewer ranks "
            "or train.threads, or bind each rank to %d cores (mpirun --map-by slot:PE=%d --bind-to core, "
            "srun --cpus-per-task=%d)",
            binding.crowded_ranks, binding.crowded_ranks == 1 ? "" : "s", threads, binding.crowded_cores,
            binding.crowded_cores == 1 ? "" : "s", threads, threads, threads);
}

// Collective. Starts the thread that makes microbatches ahead, where there shall be one, and tells. A run can do
// without: a rank that gets no thread gathers in its steps.
static void start_prefetch(struct elbow_trainer *trainer)
{
    struct elbow_error trouble = {0};
    bool is_off = trainer->config.run.prefetch == ELBOW_PREFETCH_OFF;
    elbow_prefetch_start(trainer->prefetch, &trouble);
    if (elbow_comm_agree(trainer->comm, &trouble) != ELBOW_OK)
        elbow_log_warn(trainer->log, "%s; data are gathered in the step there", trouble.message);
    else if (elbow_prefetch_is_ahead(trainer->prefetch))
        elbow_log_say(trainer->log, "data: gathered ahead of the step, by one more thread a rank");
    else
        elbow_log_say(trainer->log, "data: gathered in the step (%s)",
                      is_off ? "run.prefetch: off" : "not every rank has a core to spare for a thread");
}

void elbow_trainer_introduce(struct elbow_trainer *trainer)
{
    tell_run(trainer);
    if (trainer->ranks_differ)
        tell_difference(trainer);
    tell_binding(trainer);
    start_prefetch(trainer);
    tell_memory(trainer);
    elbow_trainer_write_receipt(trainer, NULL);
    int progress = trainer->config.run.progress;
    trainer->shows_progress = progress == ELBOW_PROGRESS_LINE ||
                              (progress == ELBOW_PROGRESS_AUTO && trainer->place.rank == 0 && is_watched());
    trainer->run_start = trainer->last_line = elbow_clock_seconds();
    trainer->times =
        (struct elbow_times){.start = trainer->run_start, .exchange = elbow_exchange_count(trainer->exchange)};
}

void elbow_trainer_tell_end(struct elbow_trainer *trainer)
{
    double seconds = elbow_clock_seconds() - trainer->run_start;
    double samples = (double)(trainer->state.step - trainer->first_step) * (double)trainer->sequence.batch;
    elbow_path path;
    elbow_log_say(trainer->log, "finished step %llu after %s: %.0f samples/s with all evaluations and pictures",
                  (unsigned long long)trainer->state.step, elbow_text_duration(seconds).text, samples / seconds);
    const struct elbow_stalls *stalls = &trainer->stalls;
    if (stalls->count > 0)
        elbow_log_say(trainer->log,
                      "checkpoints: %llu; training waited %.3f s for each (at most %.3f s), %.3f s were "
                      "written beside it",
                      (unsigned long long)stalls->count, stalls->seconds / (double)stalls->count, stalls->longest,
                      stalls->writing / (double)stalls->count);
    if (elbow_checkpoint_path(trainer->run, trainer->state.step, path))
        elbow_log_say(trainer->log, "checkpoint: %s; pictures: %s/samples; figures: %s/metrics.csv", path, trainer->run,
                      trainer->run);
}

void elbow_trainer_show_progress(struct elbow_trainer *trainer)
{
    double now = elbow_clock_seconds();
    if (now - trainer->last_line < (trainer->shows_progress ? LINE_SECONDS : PLAIN_SECONDS))
        return;
    const struct elbow_run_state *state = &trainer->state;
    trainer->last_line = now;
    if (!elbow_trainer_may_write(trainer))
        return;
    double steps = (double)(state->step - trainer->first_step), seconds = now - trainer->run_start;
    double left = seconds / steps * (double)(trainer->sequence.last_step - state->step);
    double samples = trainer->sums[ELBOW_STATISTIC_SAMPLES];
    double elbo = (trainer->sums[ELBOW_STATISTIC_RECON] - trainer->sums[ELBOW_STATISTIC_KL]) / samples;
    char line[256];
    elbow_text_format(line, sizeof line, "step %llu of %llu, epoch %llu: elbo %.2f, %.0f samples/s, %s left",
                      (unsigned long long)state->step, (unsigned long long)trainer->sequence.last_step,
                      (unsigned long long)((state->step - 1) / trainer->epoch_steps + 1), elbo,
                      steps * (double)trainer->sequence.batch / seconds, elbow_text_duration(left).text);
    if (trainer->shows_progress)
        elbow_log_progress(trainer->log, "%s", line);
    else
        elbow_log_say(trainer->log, "%s", line);
}

void elbow_trainer_show_row(struct elbow_trainer *trainer, const struct elbow_metrics_row *row)
{
    // Rows of training are in metrics.csv, and the progress line tells as much; the last one stands for a run without
    // validation.
    if (row->split == ELBOW_SPLIT_TRAIN && !trainer->has_valid && row->step >= trainer->sequence.last_step)
        elbow_log_say(trainer->log, "step %llu, epoch %llu: train elbo %.3f = recon %.3f - kl %.3f",
                      (unsigned long long)row->step, (unsigned long long)row->epoch, row->elbo, row->recon, row->kl);
    if (row->split == ELBOW_SPLIT_TRAIN)
        return;
    elbow_log_say(trainer->log,
                  "step %llu, epoch %llu: valid elbo %.3f = recon %.3f - kl %.3f, %lld of %zu units active",
                  (unsigned long long)row->step, (unsigned long long)row->epoch, row->elbo, row->recon, row->kl,
                  (long long)row->active_units, trainer->model->latent);
}

// A line each, whatever the text holds: nothing in it can look like another line of the receipt.
static void write_notes(FILE *file, const struct elbow_train_request *request)
{
    for (int i = 0; i < request->note_count; ++i) {
        fputs("note: ", file);
        for (const char *at = request->notes[i]; *at != '\0'; ++at)
            fputc((unsigned char)*at < ' ' || *at == 127 ? ' ' : *at, file);
        fputc('\n', file);
    }
}

void elbow_trainer_write_receipt(struct elbow_trainer *trainer, const char *end)
{
    if (trainer->place.rank != 0 || trainer->run == NULL || !elbow_trainer_may_write(trainer))
        return;
    int descriptor = elbow_file_open(&trainer->directory, "receipt.txt", O_APPEND);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "a");
    if (file == NULL && descriptor >= 0)
        close(descriptor);
    if (file == NULL)
        return; // a receipt is a courtesy: the checkpoint that follows will tell of a full disk
    char now[32], host[256] = "unknown host", processor[128];
    elbow_clock_now(now, sizeof now);
    gethostname(host, sizeof host - 1);
    elbow_trainer_processor(processor, sizeof processor);
    if (end == NULL)
        fprintf(file,
                "start: %s at step %llu\nbuild: elbow %s, %s, %s\nlibraries: %s; %s\nhost: %s, %s\n"
                "ranks: %d on %d nodes, threads: %d a rank\n",
                now, (unsigned long long)trainer->state.step, elbow_build_version(), elbow_build_id(),
                elbow_build_flags(), elbow_blas_describe(), elbow_hdf5_describe(), host, processor, trainer->place.size,
                trainer->place.nodes, elbow_threads_get());
    if (end == NULL && trainer->stage.bytes > 0)
        fprintf(file, "staged: %s in %s, in %.2f s\n", elbow_text_bytes(trainer->stage.bytes).text,
                trainer->stage.directory, trainer->stage.seconds);
    if (end == NULL)
        write_notes(file, trainer->request);
    if (end != NULL)
        fprintf(file, "end: %s at step %llu after %.1f s: %s\n\n", now, (unsigned long long)trainer->state.step,
                elbow_clock_seconds() - trainer->run_start, end);
    fclose(file);
    elbow_trainer_note_receipt(trainer);
}

void elbow_trainer_note_output(struct elbow_trainer *trainer, enum elbow_trainer_output kind,
                               const struct elbow_error *trouble)
{
    static const char *const names[] = {
        [ELBOW_OUTPUT_ROWS] = "rows", [ELBOW_OUTPUT_PICTURES] = "pictures", [ELBOW_OUTPUT_CHECKPOINT] = "checkpoints"};
    bool fails = trouble->status != ELBOW_OK, failed = trainer->is_failing[kind];
    if (fails && trainer->place.rank == 0 && !elbow_trainer_may_write(trainer))
        return; // that is why, and is told at the end
    trainer->is_failing[kind] = fails;
    trainer->output_failed |= fails;
    if (fails && !failed)
        elbow_log_warn(trainer->log, "%s; training goes on and tries again at the next turn, the exit status will tell",
                       trouble->message);
    if (failed && !fails)
        elbow_log_say(trainer->log, "step %llu: %s can be written again", (unsigned long long)trainer->state.step,
                      names[kind]);
}
