// SPDX-License-Identifier: BSD-3-Clause
// The loop, and what happens after a step: rows, evaluation, pictures, checkpoint, stop; in this order, so that all
// that belongs to a step is on disk before the step's checkpoint is.
#include "elbow/train/trainer.h"

#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/evaluate/evaluator.h"
#include "elbow/evaluate/gallery.h"
#include "elbow/parallel/watch.h"

#include <math.h>
#include <string.h>

enum { SKIPPED_IN_A_ROW_MAX = 10, COLLAPSED_IN_A_ROW = 3 };

static bool is_due(int64_t every, uint64_t step)
{
    return every > 0 && step % (uint64_t)every == 0;
}

// The timing columns, and a new start for the next row's.
static void fill_times(struct elbow_engine *engine, double samples, struct elbow_metrics_row *row)
{
    struct elbow_times *times = &engine->times;
    struct elbow_exchange_counts now = elbow_exchange_count(engine->exchange);
    double clock = elbow_clock_seconds();
    double seconds = clock - times->start;
    double exchange = now.wait_seconds + now.work_seconds - times->exchange.wait_seconds - times->exchange.work_seconds;
    elbow_figures_set(&row->figures, ELBOW_FIGURE_SECONDS, seconds);
    elbow_figures_set(&row->figures, ELBOW_FIGURE_SAMPLES_PER_S, samples / seconds);
    elbow_figures_set(&row->figures, ELBOW_FIGURE_COMPUTE, times->compute / seconds);
    elbow_figures_set(&row->figures, ELBOW_FIGURE_EXCHANGE, exchange / seconds);
    elbow_figures_set(&row->figures, ELBOW_FIGURE_DATA, times->data / seconds);
    uint64_t late = elbow_engine_count_late(engine, &row->figures);
    *times = (struct elbow_times){.start = clock, .late = late, .exchange = now};
}

static struct elbow_metrics_row new_row(const struct elbow_engine *engine, elbow_split split)
{
    const struct elbow_run_state *state = &engine->state;
    struct elbow_metrics_row row = {
        .step = state->step, .epoch = (state->step - 1) / engine->plan->epoch_steps + 1, .split = split};
    const struct elbow_config *config = &engine->plan->config;
    if (config->objective.kl == ELBOW_KL_WEIGHTED)
        elbow_figures_set(&row.figures, ELBOW_FIGURE_BETA, state->beta);
    if (config->objective.kl == ELBOW_KL_CAPACITY)
        elbow_figures_set(&row.figures, ELBOW_FIGURE_CAPACITY, elbow_objective_capacity(config, state->step - 1));
    elbow_figures_set(&row.figures, ELBOW_FIGURE_RATE, state->rate);
    elbow_figures_set(&row.figures, ELBOW_FIGURE_SKIPPED, 0);
    return row;
}

static void append(struct elbow_trainer *trainer, const struct elbow_metrics_row *row, const double *kl)
{
    elbow_trainer_show_row(&trainer->engine, row);
    if (elbow_outputs_may_write(&trainer->outputs))
        elbow_outputs_add_row(&trainer->outputs, row, kl);
}

// Rank zero writes the means since the last row; all ranks start new sums.
static void write_train_row(struct elbow_trainer *trainer)
{
    struct elbow_engine *engine = &trainer->engine;
    double *accumulator = engine->accumulator;
    double samples = accumulator[ELBOW_STATISTIC_SAMPLES];
    // Where all steps since the last row were skipped, the row has their number and no means.
    if (trainer->plan.place.rank == 0 && (samples > 0 || engine->state.skipped > 0)) {
        struct elbow_metrics_row row = new_row(engine, ELBOW_SPLIT_TRAIN);
        elbow_model_figures(engine->model, engine->sums, false, &row.figures); // the likelihood's, of the last step
        elbow_statistics_figures(accumulator, engine->model->prior != NULL, &row.figures);
        elbow_model_class_figures(engine->model, accumulator, false, &row.figures);
        elbow_figures_set(&row.figures, ELBOW_FIGURE_GRAD_NORM, engine->state.grad_norm);
        elbow_figures_set(&row.figures, ELBOW_FIGURE_SKIPPED, (double)engine->state.skipped);
        fill_times(engine, samples, &row);
        double *kl = accumulator + ELBOW_STATISTIC_HEAD;
        for (size_t j = 0; j < engine->model->latent; ++j)
            kl[j] /= samples;
        append(trainer, &row, kl);
    }
    memset(accumulator, 0, engine->summed * sizeof *accumulator);
    engine->state.skipped = 0;
}

// A KL that is sampled belongs to no dimension: there the means of q(z|x) tell.
static bool is_collapsed(const struct elbow_evaluation *evaluation)
{
    if (evaluation->has_sampled_kl)
        return elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_ACTIVE_UNITS) == 0 &&
               isfinite(elbow_figures_get(&evaluation->figures, ELBOW_FIGURE_KL));
    return elbow_kl_has_collapsed(evaluation->kl, evaluation->latent);
}

// Rank zero. A decoder that ignores z is found early or not at all. Once a start, and never while beta still rises.
static void watch_collapse(struct elbow_trainer *trainer, const struct elbow_evaluation *evaluation)
{
    bool has_weight = evaluation->kl != NULL && trainer->plan.config.objective.kl == ELBOW_KL_WEIGHTED &&
                      trainer->plan.config.objective.beta > 0 &&
                      trainer->engine.state.beta == trainer->plan.config.objective.beta;
    if (trainer->collapsed == COLLAPSED_IN_A_ROW)
        return; // told
    bool has_collapsed = has_weight && is_collapsed(evaluation);
    trainer->collapsed = has_collapsed ? trainer->collapsed + 1 : 0;
    bool is_sampled = evaluation->has_sampled_kl;
    if (trainer->collapsed == COLLAPSED_IN_A_ROW)
        elbow_log_warn(
            trainer->plan.log,
            "none of the %zu latent dimensions %s, in %d evaluations in a row: the decoder ignores them (posterior "
            "collapse); a new run with a longer objective.warmup%s or a lower objective.beta keeps them in use",
            evaluation->latent, is_sampled ? "has a mean that varies (by 0.01)" : "carries 0.01 nats",
            COLLAPSED_IN_A_ROW, is_sampled ? "" : ", with objective.free_bits (0.05, for example)");
}

// What evaluations are compared by.
static enum elbow_figure_kind score_of(const struct elbow_engine *engine)
{
    return engine->model->prior != NULL ? ELBOW_FIGURE_ELBO : ELBOW_FIGURE_RECON;
}

// Collective. Evaluates the validation data; *improved tells whether the ELBO, or without a KL recon, is the best so
// far.
static enum elbow_status evaluate(struct elbow_trainer *trainer, bool *improved, struct elbow_error *error)
{
    const struct elbow_train_plan *plan = &trainer->plan;
    struct elbow_engine *engine = &trainer->engine;
    struct elbow_run_state *state = &engine->state;
    struct elbow_evaluation evaluation;
    const float *weights;
    enum elbow_status status = elbow_engine_weights(engine, &weights, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_evaluation_request request = {.comm = plan->comm,
                                               .model = engine->model,
                                               .parameters = weights,
                                               .dataset = &plan->valid,
                                               .config = &plan->config,
                                               .terms = elbow_engine_terms(engine, state->step - 1),
                                               .deviance = engine->model->prior == NULL};
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    elbow_comm_enter(plan->comm, ELBOW_PHASE_EVALUATION);
    status = elbow_evaluate(&request, &evaluation, error);
    elbow_trace_end(engine->track, ELBOW_TRACE_EVALUATION, state->step, begin);
    if (status != ELBOW_OK)
        return status;
    state->evaluations += 1;
    state->stale += 1;
    double score = elbow_figures_get(&evaluation.figures, score_of(engine));
    *improved = isfinite(score) && (state->best_step == 0 || score > state->best_elbo);
    if (*improved) {
        state->best_elbo = score;
        state->best_step = state->step;
        state->stale = 0;
    }
    if (plan->place.rank == 0) {
        double seconds = elbow_clock_seconds() - start;
        struct elbow_metrics_row row = new_row(engine, ELBOW_SPLIT_VALID);
        elbow_figures_add(&row.figures, &evaluation.figures);
        elbow_figures_set(&row.figures, ELBOW_FIGURE_SECONDS, seconds);
        elbow_figures_set(&row.figures, ELBOW_FIGURE_SAMPLES_PER_S,
                          elbow_figures_get(&evaluation.figures, ELBOW_FIGURE_SAMPLES) / seconds);
        append(trainer, &row, evaluation.kl);
        watch_collapse(trainer, &evaluation);
        elbow_trainer_watch_divergence(trainer, &evaluation.figures);
        engine->times.start += seconds;
        elbow_deadline_note_cost(&engine->deadline, ELBOW_COST_EVALUATION, seconds);
    }
    elbow_evaluation_clear(&evaluation);
    return ELBOW_OK;
}

// Collective. Pictures, which a run can do without.
static void draw_pictures(struct elbow_trainer *trainer)
{
    const struct elbow_train_plan *plan = &trainer->plan;
    struct elbow_engine *engine = &trainer->engine;
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    elbow_comm_enter(plan->comm, ELBOW_PHASE_PICTURES);
    struct elbow_gallery gallery = {.comm = plan->comm,
                                    .model = engine->model,
                                    .data = &plan->facts,
                                    .config = &plan->config,
                                    .frozen = plan->frozen,
                                    .publish = ELBOW_PUBLISH_REPLACE,
                                    .pending = &trainer->outputs.pending};
    struct elbow_error trouble = {0};
    if (plan->place.rank == 0)
        elbow_outputs_may_write(&trainer->outputs); // if not, what is drawn is dropped
    const struct elbow_dataset *originals = plan->has_valid ? &plan->valid : &plan->train;
    if (elbow_engine_weights(engine, &gallery.parameters, &trouble) == ELBOW_OK)
        elbow_gallery_step(&gallery, originals, engine->state.step, &trouble);
    elbow_outputs_note(&trainer->outputs, ELBOW_OUTPUT_PICTURES, &trouble);
    elbow_outputs_add_pictures(&trainer->outputs);
    elbow_trace_end(engine->track, ELBOW_TRACE_PICTURES, engine->state.step, begin);
    double seconds = elbow_clock_seconds() - start;
    engine->times.start += seconds;
    elbow_deadline_note_cost(&engine->deadline, ELBOW_COST_PICTURES, seconds);
}

// Of a model that no update has changed yet. Only the scale of real numbers is the user's to choose.
static const char *cure_of_start(const struct elbow_config *config)
{
    switch (elbow_config_demand(config).support) {
    case ELBOW_SUPPORT_REAL:
        if (config->data.transform == ELBOW_TRANSFORM_STANDARDIZE_EACH)
            break;
        return "the data may be far from unit scale: set data.transform: standardize, or standardize_each if columns "
               "have units of their own (or data.factor and data.offset)";
    case ELBOW_SUPPORT_COUNT:
        if (config->model.input.transform == ELBOW_TRANSFORM_NONE)
            return "the encoder sees the stored counts, and large ones may make it overflow: set "
                   "model.input.transform: log1p, or standardize if all counts are large; it affects the encoder alone "
                   "and changes the meaning of no figure";
        if (config->model.input.transform == ELBOW_TRANSFORM_STANDARDIZE)
            break;
        return "the inputs of the encoder may still be far from unit scale: set model.input.transform: standardize, or "
               "a lower train.rate or train.clip";
    case ELBOW_SUPPORT_UNIT:
    case ELBOW_SUPPORT_BINARY:
    case ELBOW_SUPPORT_LEVEL:
        break;
    }
    return "set a lower train.rate, train.clip, or activation: tanh in the layers";
}

static enum elbow_status stop_on_nan(const struct elbow_engine *engine, struct elbow_error *error)
{
    const char *cure = engine->state.updates == 0 ? cure_of_start(&engine->plan->config)
                                                  : "start a new run with a lower train.rate or with train.clip "
                                                    "(--init CHECKPOINT takes over the trained parameters)";
    return elbow_error_set(
        error, ELBOW_NUMBERS, "step %llu: the objective or its gradient is not finite%s; %s",
        (unsigned long long)engine->state.step,
        engine->plan->config.train.on_nan == ELBOW_ON_NAN_SKIP ? ", for too many steps in a row" : "", cure);
}

static bool must_stop_on_nan(const struct elbow_engine *engine)
{
    if (engine->is_finite)
        return false;
    return engine->plan->config.train.on_nan == ELBOW_ON_NAN_STOP ||
           engine->state.skipped_in_a_row > SKIPPED_IN_A_ROW_MAX;
}

// Collective. Does everything that is due after a step. Sets is_finished after the last one; STOPPED if the run stops
// here.
static enum elbow_status after_step(struct elbow_trainer *trainer, struct elbow_error *error)
{
    const struct elbow_train_plan *plan = &trainer->plan;
    struct elbow_engine *engine = &trainer->engine;
    const struct elbow_config *config = &plan->config;
    uint64_t step = engine->state.step;
    bool is_last = step >= plan->sequence.last_step, improved = false;
    elbow_comm_enter(plan->comm, ELBOW_PHASE_ROWS);
    if (is_due(config->log.every, step) || is_last) {
        struct elbow_trace_start begin = elbow_trace_begin(engine->track);
        write_train_row(trainer);
        elbow_trace_end(engine->track, ELBOW_TRACE_ROWS, step, begin);
    }
    int64_t every = config->eval.every == ELBOW_EVERY_EPOCH ? (int64_t)plan->epoch_steps : config->eval.every;
    enum elbow_status status = ELBOW_OK;
    if (plan->has_valid && (is_due(every, step) || (is_last && every != 0)))
        status = evaluate(trainer, &improved, error);
    else if (!plan->has_valid && (is_due((int64_t)plan->epoch_steps, step) || is_last))
        elbow_trainer_watch_divergence(trainer, NULL);
    if (status != ELBOW_OK)
        return status;
    bool gave_up = config->train.patience > 0 && engine->state.stale >= (uint64_t)config->train.patience;
    if (gave_up && !is_last) {
        write_train_row(trainer);
        elbow_log_say(plan->log, "stopped early: %llu evaluations without a better %s than %.3f (step %llu)",
                      (unsigned long long)engine->state.stale, engine->model->prior != NULL ? "ELBO" : "recon",
                      engine->state.best_elbo, (unsigned long long)engine->state.best_step);
    }
    trainer->is_finished = is_last || gave_up;
    if (config->samples.count > 0 && (is_due(config->samples.every, step) || trainer->is_finished))
        draw_pictures(trainer);
    enum elbow_stop stop = trainer->is_finished ? ELBOW_STOP_NOT : elbow_engine_must_stop(engine);
    trainer->stop = stop;
    bool saves = is_due(config->checkpoint.every, step) || trainer->is_finished || stop != ELBOW_STOP_NOT ||
                 (improved && config->checkpoint.best);
    saves = saves && stop != ELBOW_STOP_LOST;
    // Parameters that are known to be wrong must not become the newest checkpoint.
    if (saves)
        status = elbow_engine_audit(engine, error);
    if (status != ELBOW_OK)
        return status;
    if (saves)
        elbow_trainer_save(trainer);
    elbow_trainer_keep_text(trainer);
    return stop == ELBOW_STOP_NOT ? ELBOW_OK
                                  : elbow_trainer_report_stop(trainer, stop, elbow_trainer_is_saved(trainer), error);
}

// Collective. Begins the trace, where one is asked for: after the outputs have been opened, before any thread starts.
static enum elbow_status begin_trace(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_tracer *tracer = &trainer->outputs.tracer;
    enum elbow_status status = elbow_outputs_open_trace(&trainer->outputs, error);
    if (status != ELBOW_OK || !tracer->is_open)
        return status;
    trainer->engine.track = trainer->engine.model->track = elbow_tracer_track(tracer, ELBOW_TRACER_MAIN);
    elbow_prefetch_trace(trainer->engine.prefetch, elbow_tracer_track(tracer, ELBOW_TRACER_DATA));
    elbow_engine_trace_pages(&trainer->engine, elbow_tracer_track(tracer, ELBOW_TRACER_READER));
    return ELBOW_OK;
}

// Collective. Writes it, when no thread notes anything any more.
static enum elbow_status end_trace(struct elbow_trainer *trainer, struct elbow_error *error)
{
    if (trainer->outputs.tracer.is_open)
        elbow_engine_stop_data(&trainer->engine);
    return elbow_outputs_write_trace(&trainer->outputs, error);
}

// Collective. From the first step of this start to the last.
static enum elbow_status loop(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_engine *engine = &trainer->engine;
    struct elbow_run_outputs *outputs = &trainer->outputs;
    while (!trainer->is_finished) {
        elbow_tracer_begin_step(&outputs->tracer, engine->state.step + 1);
        double start = elbow_clock_seconds();
        struct elbow_trace_start begin = elbow_trace_begin(engine->track);
        engine->is_lost = outputs->loss.status != ELBOW_OK;
        enum elbow_status status = elbow_engine_step(engine, error);
        elbow_trace_end(engine->track, ELBOW_TRACE_STEP, engine->state.step, begin);
        if (status != ELBOW_OK)
            return status;
        elbow_deadline_note_step(&engine->deadline, elbow_clock_seconds() - start);
        elbow_trainer_watch_start(trainer);
        elbow_trainer_begin_divergence(trainer);
        if (must_stop_on_nan(engine))
            return stop_on_nan(engine, error);
        status = after_step(trainer, error);
        if (status != ELBOW_OK)
            return status;
        if (trainer->plan.place.rank == 0)
            elbow_trainer_show_progress(trainer);
    }
    elbow_trainer_settle(trainer);
    struct elbow_error trouble = {0};
    if (trainer->plan.place.rank == 0 && !elbow_outputs_may_write(outputs))
        trouble = outputs->loss;
    else
        elbow_trainer_log_end(trainer);
    if (trouble.status == ELBOW_OK && outputs->has_failed)
        elbow_error_set(&trouble, ELBOW_OUTPUT, "%s: the run is finished, but some output could not be written",
                        outputs->run);
    *error = trouble;
    return elbow_comm_agree_root(trainer->plan.comm, error);
}

enum elbow_status elbow_train(struct elbow_comm *comm, const struct elbow_train_request *request, struct elbow_log *log,
                              struct elbow_error *error)
{
    struct elbow_trainer trainer = {.plan = {.comm = comm, .log = log, .config = *request->config},
                                    .outputs = {.request = request}};
    elbow_path run;
    if (!elbow_text_format(run, sizeof run, "%s", request->run))
        return elbow_error_set(error, ELBOW_USAGE, "%.60s...: the path of the run directory is too long", request->run);
    for (size_t end = strlen(run); end > 1 && run[end - 1] == '/'; --end)
        run[end - 1] = 0;
    trainer.outputs.run = run;
    elbow_text_format(trainer.plan.config.run.dir, sizeof trainer.plan.config.run.dir, "%s", run);
    enum elbow_status status = elbow_trainer_open(&trainer, error);
    if (status == ELBOW_OK && !trainer.is_finished) {
        status = begin_trace(&trainer, error);
        if (status == ELBOW_OK)
            status = elbow_engine_read(&trainer.engine, error);
        if (status == ELBOW_OK) {
            elbow_trainer_introduce(&trainer);
            status = loop(&trainer, error);
        }
        elbow_trainer_settle(&trainer);
        struct elbow_error trouble = {0};
        if (end_trace(&trainer, &trouble) != ELBOW_OK && status == ELBOW_OK)
            status =
                elbow_error_set(error, trouble.status,
                                "%.1200s; the run is finished, but some output could not be written", trouble.message);
        elbow_outputs_write_receipt(&trainer.outputs, status == ELBOW_OK ? "finished" : error->message);
    }
    bool reports = elbow_trainer_has_report(&trainer, status);
    elbow_trainer_close(&trainer);
    if (reports)
        elbow_trainer_write_report(comm, run, log);
    return status;
}
