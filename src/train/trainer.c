// SPDX-License-Identifier: BSD-3-Clause
// The loop, and what happens after a step: rows, evaluation, pictures, checkpoint, stop; in this order, so that all
// that belongs to a step is on disk before the step's checkpoint is.
#include "elbow/train/trainer.h"

#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/evaluate/gallery.h"

#include <math.h>
#include <string.h>

enum { SKIPPED_IN_A_ROW_MAX = 10, COLLAPSED_IN_A_ROW = 3 };

static bool is_due(int64_t every, uint64_t step)
{
    return every > 0 && step % (uint64_t)every == 0;
}

// The timing columns, and a new start for the next row's.
static void fill_times(struct elbow_trainer *trainer, double samples, struct elbow_metrics_row *row)
{
    struct elbow_times *times = &trainer->times;
    struct elbow_exchange_counts now = elbow_exchange_count(trainer->exchange);
    double clock = elbow_clock_seconds();
    row->seconds = clock - times->start;
    row->samples_per_s = samples / row->seconds;
    row->compute = times->compute / row->seconds;
    row->data = times->data / row->seconds;
    row->exchange =
        (now.wait_seconds + now.work_seconds - times->exchange.wait_seconds - times->exchange.work_seconds) /
        row->seconds;
    *times = (struct elbow_times){.start = clock, .exchange = now};
}

static struct elbow_metrics_row new_row(const struct elbow_trainer *trainer, elbow_split split,
                                        const struct elbow_means *means)
{
    return (struct elbow_metrics_row){.step = trainer->state.step,
                                      .epoch = (trainer->state.step - 1) / trainer->epoch_steps + 1,
                                      .split = split,
                                      .objective = means->objective,
                                      .elbo = means->elbo,
                                      .recon = means->recon,
                                      .kl = means->kl,
                                      .beta = trainer->state.beta,
                                      .rate = trainer->state.rate,
                                      .grad_norm = NAN,
                                      .active_units = -1};
}

static void append(struct elbow_trainer *trainer, const struct elbow_metrics_row *row, const double *kl)
{
    struct elbow_error trouble = {0};
    elbow_trainer_show_row(trainer, row);
    if (!elbow_trainer_may_write(trainer))
        return;
    elbow_metrics_append(&trainer->metrics, row, kl, &trouble);
    elbow_trainer_note_output(trainer, ELBOW_OUTPUT_ROWS, &trouble);
}

// Rank zero writes the means since the last row; all begin anew.
static void write_train_row(struct elbow_trainer *trainer)
{
    double *accumulator = trainer->accumulator;
    double samples = accumulator[ELBOW_STATISTIC_SAMPLES];
    // Where all steps since the last row were skipped, the row has their number and no means.
    if (trainer->place.rank == 0 && (samples > 0 || trainer->state.skipped > 0)) {
        struct elbow_means means = elbow_statistics_means(accumulator);
        struct elbow_metrics_row row = new_row(trainer, ELBOW_SPLIT_TRAIN, &means);
        row.grad_norm = trainer->state.grad_norm;
        row.skipped = trainer->state.skipped;
        fill_times(trainer, samples, &row);
        double *kl = accumulator + ELBOW_STATISTIC_HEAD;
        for (size_t j = 0; j < trainer->model->latent; ++j)
            kl[j] /= samples;
        append(trainer, &row, kl);
    }
    memset(accumulator, 0, trainer->statistics * sizeof *accumulator);
    trainer->state.skipped = 0;
}

// Rank zero. A decoder that ignores z is found early or not at all. Once a start, and never while beta still rises.
static void watch_collapse(struct elbow_trainer *trainer, const struct elbow_evaluation *evaluation)
{
    bool has_weight = trainer->config.objective.beta > 0 && trainer->state.beta == trainer->config.objective.beta;
    if (trainer->collapsed == COLLAPSED_IN_A_ROW)
        return; // told
    bool has_collapsed = has_weight && elbow_kl_has_collapsed(evaluation->kl, evaluation->latent);
    trainer->collapsed = has_collapsed ? trainer->collapsed + 1 : 0;
    if (trainer->collapsed == COLLAPSED_IN_A_ROW)
        elbow_log_warn(trainer->log,
                       "none of the %zu latent dimensions carries 0.01 nats, in %d evaluations in a row: the decoder "
                       "ignores them (posterior collapse); a start anew with a longer objective.warmup, some "
                       "objective.free_bits (0.05, say) or a lower objective.beta keeps them in use",
                       evaluation->latent, COLLAPSED_IN_A_ROW);
}

// Collective. Evaluates the validation data; *improved tells whether the ELBO is the best so far.
static enum elbow_status evaluate(struct elbow_trainer *trainer, bool *improved, struct elbow_error *error)
{
    struct elbow_run_state *state = &trainer->state;
    struct elbow_evaluation evaluation;
    struct elbow_evaluation_request request = {.comm = trainer->comm,
                                               .model = trainer->model,
                                               .parameters = elbow_exchange_parameters(trainer->exchange),
                                               .dataset = &trainer->valid,
                                               .config = &trainer->config,
                                               .terms = elbow_objective_terms(&trainer->config, state->beta)};
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_EVALUATION);
    enum elbow_status status = elbow_evaluate(&request, &evaluation, error);
    elbow_trace_end(trainer->track, ELBOW_TRACE_EVALUATION, state->step, begin);
    if (status != ELBOW_OK)
        return status;
    state->evaluations += 1;
    state->stale += 1;
    *improved = isfinite(evaluation.means.elbo) && (state->best_step == 0 || evaluation.means.elbo > state->best_elbo);
    if (*improved) {
        state->best_elbo = evaluation.means.elbo;
        state->best_step = state->step;
        state->stale = 0;
    }
    if (trainer->place.rank == 0) {
        struct elbow_metrics_row row = new_row(trainer, ELBOW_SPLIT_VALID, &evaluation.means);
        row.active_units = (int64_t)evaluation.active_units;
        row.seconds = elbow_clock_seconds() - start;
        row.samples_per_s = evaluation.means.samples / row.seconds;
        row.compute = row.exchange = row.data = NAN;
        append(trainer, &row, evaluation.kl);
        watch_collapse(trainer, &evaluation);
        trainer->times.start += row.seconds;
        elbow_deadline_note_cost(&trainer->deadline, ELBOW_COST_EVALUATION, row.seconds);
    }
    elbow_evaluation_clear(&evaluation);
    return ELBOW_OK;
}

// Collective. Pictures, which a run can do without.
static void draw_pictures(struct elbow_trainer *trainer)
{
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_PICTURES);
    struct elbow_gallery gallery = {.comm = trainer->comm,
                                    .model = trainer->model,
                                    .parameters = elbow_exchange_parameters(trainer->exchange),
                                    .data = &trainer->facts,
                                    .config = &trainer->config,
                                    .publish = ELBOW_PUBLISH_REPLACE,
                                    .pending = &trainer->pending};
    struct elbow_error trouble = {0};
    if (trainer->place.rank == 0)
        elbow_trainer_may_write(trainer); // if not, what is drawn is dropped
    const struct elbow_dataset *originals = trainer->has_valid ? &trainer->valid : &trainer->train;
    elbow_gallery_step(&gallery, originals, trainer->state.step, &trouble);
    elbow_trainer_note_output(trainer, ELBOW_OUTPUT_PICTURES, &trouble);
    elbow_trace_end(trainer->track, ELBOW_TRACE_PICTURES, trainer->state.step, begin);
    double seconds = elbow_clock_seconds() - start;
    trainer->times.start += seconds;
    elbow_deadline_note_cost(&trainer->deadline, ELBOW_COST_PICTURES, seconds);
}

void elbow_trainer_settle(struct elbow_trainer *trainer)
{
    struct elbow_error trouble = {0};
    if (!trainer->writer.is_busy)
        return;
    struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
    elbow_writer_wait(&trainer->writer, &trouble);
    trainer->is_saved = trainer->writer.written == trainer->writer.snapshot.step; // the link to the best may be missing
    elbow_trace_end(trainer->track, ELBOW_TRACE_WAIT, 0, begin);
    trainer->stalls.writing += trainer->writer.seconds;
    elbow_deadline_note_cost(&trainer->deadline, ELBOW_COST_CHECKPOINT,
                             trainer->writer.seconds + trainer->stalls.longest);
    elbow_trainer_note_output(trainer, ELBOW_OUTPUT_CHECKPOINT, &trouble);
    elbow_trainer_keep_text(trainer);
}

static void count_stall(struct elbow_trainer *trainer, double seconds)
{
    struct elbow_stalls *stalls = &trainer->stalls;
    stalls->count += 1;
    stalls->seconds += seconds;
    if (seconds > stalls->longest)
        stalls->longest = seconds;
    trainer->times.start += seconds;
}

// Rank zero. Tries to write the rows and pictures that wait. A checkpoint says that all of its step and before is on
// disk: where there is no room for them, there shall be none that says so. Other troubles do not hold it back.
static bool may_hand_over(struct elbow_trainer *trainer)
{
    struct elbow_error rows = {0}, pictures = {0}, held = {0};
    if (!elbow_trainer_may_write(trainer))
        return false;
    elbow_metrics_flush(&trainer->metrics, &rows);
    elbow_trainer_note_output(trainer, ELBOW_OUTPUT_ROWS, &rows);
    elbow_pending_flush(&trainer->pending, &pictures);
    elbow_trainer_note_output(trainer, ELBOW_OUTPUT_PICTURES, &pictures);
    if (!elbow_metrics_waits_for_room(&trainer->metrics) && !elbow_pending_wait_for_room(&trainer->pending))
        return true;
    elbow_error_set(&held, ELBOW_OUTPUT,
                    "the checkpoint of step %llu was not written: the disk has no room for what belongs to it",
                    (unsigned long long)trainer->state.step);
    elbow_trainer_note_output(trainer, ELBOW_OUTPUT_CHECKPOINT, &held);
    return false;
}

// Collective. The checkpoint of the present step, after all its rows have been written: all wait until rank zero has a
// copy of the state, which then goes to disk while training goes on.
static void save(struct elbow_trainer *trainer)
{
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_CHECKPOINT);
    struct elbow_error trouble = {0};
    struct elbow_checkpoint_source source = elbow_trainer_source(trainer);
    elbow_trainer_settle(trainer);
    elbow_exchange_parameters(trainer->exchange); // rank zero alone reads them
    trainer->is_saved = false;
    struct elbow_trace_start begin_snapshot = elbow_trace_begin(trainer->track);
    enum elbow_status status = elbow_snapshot_take(trainer->comm, &source, &trainer->writer.snapshot, &trouble);
    elbow_trace_end(trainer->track, ELBOW_TRACE_SNAPSHOT, trainer->state.step, begin_snapshot);
    if (status != ELBOW_OK) {
        elbow_trainer_note_output(trainer, ELBOW_OUTPUT_CHECKPOINT, &trouble);
    } else if (trainer->place.rank == 0 && may_hand_over(trainer)) {
        struct elbow_writer_order order = {.keep = trainer->config.checkpoint.keep,
                                           .keeps_best = trainer->config.checkpoint.best,
                                           .best_step = trainer->state.best_step};
        elbow_metrics_descriptors(&trainer->metrics, order.tables);
        elbow_writer_begin(&trainer->writer, &order);
    }
    double seconds = elbow_clock_seconds() - start;
    count_stall(trainer, seconds);
    elbow_trace_end(trainer->track, ELBOW_TRACE_CHECKPOINT, trainer->state.step, begin);
    elbow_deadline_note_cost(&trainer->deadline, ELBOW_COST_CHECKPOINT, seconds);
}

// Collective. Whether the last checkpoint is on disk, which is waited for.
static bool is_saved(struct elbow_trainer *trainer)
{
    elbow_trainer_settle(trainer);
    elbow_comm_broadcast(trainer->comm, &trainer->is_saved, sizeof trainer->is_saved);
    return trainer->is_saved;
}

static enum elbow_status stop_on_nan(const struct elbow_trainer *trainer, struct elbow_error *error)
{
    const char *cure = trainer->state.updates == 0
                           ? "the data may be far from unit scale (data.factor and data.offset cure that)"
                           : "start anew with a lower train.rate or with train.clip (--init CHECKPOINT takes over "
                             "what was learnt)";
    return elbow_error_set(error, ELBOW_NUMBERS, "step %llu: the objective or its gradient is not finite%s; %s",
                           (unsigned long long)trainer->state.step,
                           trainer->config.train.on_nan == ELBOW_ON_NAN_SKIP ? ", for too many steps in a row" : "",
                           cure);
}

static bool must_stop_on_nan(const struct elbow_trainer *trainer)
{
    if (trainer->is_finite)
        return false;
    return trainer->config.train.on_nan == ELBOW_ON_NAN_STOP || trainer->state.skipped_in_a_row > SKIPPED_IN_A_ROW_MAX;
}

// Collective. What is due after a step. Sets is_finished after the last one; STOPPED where the run is to stop here.
static enum elbow_status after_step(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const struct elbow_config *config = &trainer->config;
    uint64_t step = trainer->state.step;
    bool is_last = step >= trainer->sequence.last_step, improved = false;
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_ROWS);
    if (is_due(config->log.every, step) || is_last) {
        struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
        write_train_row(trainer);
        elbow_trace_end(trainer->track, ELBOW_TRACE_ROWS, step, begin);
    }
    int64_t every = config->eval.every == ELBOW_EVERY_EPOCH ? (int64_t)trainer->epoch_steps : config->eval.every;
    if (trainer->has_valid && (is_due(every, step) || (is_last && every != 0))) {
        enum elbow_status status = evaluate(trainer, &improved, error);
        if (status != ELBOW_OK)
            return status;
    }
    bool gave_up = config->train.patience > 0 && trainer->state.stale >= (uint64_t)config->train.patience;
    if (gave_up && !is_last) {
        write_train_row(trainer);
        elbow_log_say(trainer->log, "stopped early: %llu evaluations without a better ELBO than %.3f (step %llu)",
                      (unsigned long long)trainer->state.stale, trainer->state.best_elbo,
                      (unsigned long long)trainer->state.best_step);
    }
    trainer->is_finished = is_last || gave_up;
    if (config->samples.count > 0 && (is_due(config->samples.every, step) || trainer->is_finished))
        draw_pictures(trainer);
    enum elbow_stop stop = elbow_trainer_must_stop(trainer);
    bool saves = is_due(config->checkpoint.every, step) || trainer->is_finished || stop != ELBOW_STOP_NOT ||
                 (improved && config->checkpoint.best);
    saves = saves && stop != ELBOW_STOP_LOST;
    // Parameters that are known to be wrong must not become the newest checkpoint.
    if (saves && elbow_trainer_audit(trainer, error) != ELBOW_OK)
        return error->status;
    if (saves)
        save(trainer);
    elbow_trainer_keep_text(trainer);
    return stop == ELBOW_STOP_NOT ? ELBOW_OK : elbow_trainer_tell_stop(trainer, stop, is_saved(trainer), error);
}

// Collective. From the first step of this start to the last.
static enum elbow_status loop(struct elbow_trainer *trainer, struct elbow_error *error)
{
    while (!trainer->is_finished) {
        elbow_tracer_begin_step(&trainer->tracer, trainer->state.step + 1);
        double start = elbow_clock_seconds();
        struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
        enum elbow_status status = elbow_trainer_step(trainer, error);
        elbow_trace_end(trainer->track, ELBOW_TRACE_STEP, trainer->state.step, begin);
        if (status != ELBOW_OK)
            return status;
        elbow_deadline_note_step(&trainer->deadline, elbow_clock_seconds() - start);
        if (must_stop_on_nan(trainer))
            return stop_on_nan(trainer, error);
        status = after_step(trainer, error);
        if (status != ELBOW_OK)
            return status;
        if (trainer->place.rank == 0)
            elbow_trainer_show_progress(trainer);
    }
    elbow_trainer_settle(trainer);
    struct elbow_error trouble = {0};
    if (trainer->place.rank == 0 && !elbow_trainer_may_write(trainer))
        trouble = trainer->loss;
    else
        elbow_trainer_tell_end(trainer);
    if (trouble.status == ELBOW_OK && trainer->output_failed)
        elbow_error_set(&trouble, ELBOW_OUTPUT, "%s: the run is finished, but some output could not be written",
                        trainer->run);
    *error = trouble;
    return elbow_comm_agree_root(trainer->comm, error);
}

enum elbow_status elbow_train(struct elbow_comm *comm, const struct elbow_train_request *request, struct elbow_log *log,
                              struct elbow_error *error)
{
    struct elbow_trainer trainer = {.comm = comm, .log = log, .request = request};
    elbow_path run;
    if (!elbow_text_format(run, sizeof run, "%s", request->run))
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the path of the run directory is too long", request->run);
    for (size_t end = strlen(run); end > 1 && run[end - 1] == '/'; --end)
        run[end - 1] = 0;
    trainer.config = *request->config;
    trainer.run = run;
    elbow_text_format(trainer.config.run.dir, sizeof trainer.config.run.dir, "%s", run);
    enum elbow_status status = elbow_trainer_open(&trainer, error);
    if (status == ELBOW_OK && !trainer.is_finished) {
        status = elbow_trainer_begin_trace(&trainer, error);
        if (status == ELBOW_OK) {
            elbow_trainer_introduce(&trainer);
            status = loop(&trainer, error);
        }
        elbow_trainer_settle(&trainer);
        struct elbow_error trouble = {0};
        if (elbow_trainer_end_trace(&trainer, &trouble) != ELBOW_OK && status == ELBOW_OK)
            status =
                elbow_error_set(error, trouble.status,
                                "%.1200s; the run is finished, but some output could not be written", trouble.message);
        elbow_trainer_write_receipt(&trainer, status == ELBOW_OK ? "finished" : error->message);
    }
    elbow_trainer_close(&trainer);
    return status;
}
