// SPDX-License-Identifier: BSD-3-Clause
// The log lines of a run: its progress, figures and outputs, and the reason why it stops.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/base/signals.h"
#include "elbow/base/streams.h"
#include "elbow/base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Seconds between progress lines on a terminal, and between plain ones elsewhere.
static const double LINE_SECONDS = 0.2, PLAIN_SECONDS = 10;

// The run warns of a variance that starts at least this factor below the residual.
static const double FAR_BELOW = 100;

bool elbow_train_shows_line(const struct elbow_config *config, int rank)
{
    if (config->run.progress != ELBOW_PROGRESS_AUTO)
        return config->run.progress == ELBOW_PROGRESS_LINE;
    return rank == 0 && elbow_streams_is_watched(getenv("OMPI_COMM_WORLD_SIZE") != NULL);
}

void elbow_trainer_introduce(struct elbow_trainer *trainer)
{
    struct elbow_engine *engine = &trainer->engine;
    struct elbow_run_outputs *outputs = &trainer->outputs;
    uint64_t trace = outputs->tracer.is_open ? ELBOW_TRACER_EVENTS * sizeof(struct elbow_trace_event) : 0;
    elbow_engine_introduce(engine, trace, elbow_snapshot_bytes(&outputs->writer.snapshot));
    elbow_outputs_write_receipt(outputs, NULL);
    trainer->shows_progress = elbow_train_shows_line(&trainer->plan.config, trainer->plan.place.rank);
    outputs->run_start = trainer->last_line = elbow_clock_seconds();
    engine->times =
        (struct elbow_times){.start = outputs->run_start, .exchange = elbow_exchange_count(engine->exchange)};
}

void elbow_trainer_log_end(const struct elbow_trainer *trainer)
{
    double seconds = elbow_clock_seconds() - trainer->outputs.run_start;
    double samples = (double)(trainer->engine.state.step - trainer->first_step) * (double)trainer->plan.sequence.batch;
    elbow_path path;
    elbow_log_say(trainer->plan.log, "finished step %llu after %s: %.0f samples/s with all evaluations and pictures",
                  (unsigned long long)trainer->engine.state.step, elbow_text_duration(seconds).text, samples / seconds);
    const struct elbow_stalls *stalls = &trainer->outputs.stalls;
    if (stalls->count > 0)
        elbow_log_say(trainer->plan.log,
                      "checkpoints: %llu; training waited %.3f s for each (at most %.3f s), and each took %.3f s to "
                      "write in the background",
                      (unsigned long long)stalls->count, stalls->seconds / (double)stalls->count, stalls->longest,
                      stalls->writing / (double)stalls->count);
    if (elbow_checkpoint_path(trainer->outputs.run, trainer->engine.state.step, path))
        elbow_log_say(trainer->plan.log, "checkpoint: %s; samples: %s/samples; figures: %s/metrics.csv", path,
                      trainer->outputs.run, trainer->outputs.run);
}

void elbow_trainer_show_progress(struct elbow_trainer *trainer)
{
    double now = elbow_clock_seconds();
    if (now - trainer->last_line < (trainer->shows_progress ? LINE_SECONDS : PLAIN_SECONDS))
        return;
    const struct elbow_run_state *state = &trainer->engine.state;
    trainer->last_line = now;
    if (!elbow_outputs_may_write(&trainer->outputs))
        return;
    double steps = (double)(state->step - trainer->first_step), seconds = now - trainer->outputs.run_start;
    double left = seconds / steps * (double)(trainer->plan.sequence.last_step - state->step);
    double samples = trainer->engine.sums[ELBOW_STATISTIC_SAMPLES];
    const char *word = trainer->engine.model->prior != NULL ? "elbo" : "recon"; // without a KL it is 0
    double score = (trainer->engine.sums[ELBOW_STATISTIC_RECON] - trainer->engine.sums[ELBOW_STATISTIC_KL]) / samples;
    char line[256];
    elbow_text_format(line, sizeof line, "step %llu of %llu, epoch %llu: %s %.2f, %.0f samples/s, %s left",
                      (unsigned long long)state->step, (unsigned long long)trainer->plan.sequence.last_step,
                      (unsigned long long)((state->step - 1) / trainer->plan.epoch_steps + 1), word, score,
                      steps * (double)trainer->plan.sequence.batch / seconds, elbow_text_duration(left).text);
    if (trainer->shows_progress)
        elbow_log_progress(trainer->plan.log, "%s", line);
    else
        elbow_log_say(trainer->plan.log, "%s", line);
}

// The text before a figure in the line of a row: elbo = recon - kl, or recon, and then the others.
static const char *before_figure(bool has_kl, enum elbow_figure_kind kind)
{
    switch (kind) {
    case ELBOW_FIGURE_ELBO:
        return " ";
    case ELBOW_FIGURE_RECON:
        return has_kl ? " = " : " ";
    case ELBOW_FIGURE_KL:
        return " - ";
    default:
        return ", ";
    }
}

void elbow_trainer_show_row(const struct elbow_engine *engine, const struct elbow_metrics_row *row)
{
    // Rows of training are in metrics.csv, and the progress line shows as much; the last one stands for a run without
    // validation.
    if (row->split == ELBOW_SPLIT_TRAIN && (engine->plan->has_valid || row->step < engine->plan->sequence.last_step))
        return;
    char line[64 * (ELBOW_FIGURES + ELBOW_PART_FIGURES)];
    size_t length = 0;
    line[0] = '\0';
    for (enum elbow_figure_kind kind = 0; kind < ELBOW_FIGURES; ++kind) {
        const struct elbow_figure *figure = elbow_figure_row(kind);
        double value = row->figures.values[kind];
        if (!elbow_figures_has(&row->figures, kind, ELBOW_FIGURE_IN_LOG))
            continue;
        char text[ELBOW_FIGURE_TEXT];
        if (figure->digits >= ELBOW_FIGURE_SIGNIFICANT)
            elbow_text_format(line + length, sizeof line - length, ", %s %s", figure->name,
                              elbow_figure_text(kind, value, text));
        else if (kind == ELBOW_FIGURE_ACTIVE_UNITS)
            elbow_text_format(line + length, sizeof line - length, ", %.0f of %zu units active", value,
                              engine->model->latent);
        else
            elbow_text_format(line + length, sizeof line - length, "%s%s %.3f",
                              before_figure(engine->model->prior != NULL, kind), figure->name, value);
        length += strlen(line + length);
    }
    for (size_t i = 0; i < row->figures.part_count; ++i, length += strlen(line + length)) {
        const struct elbow_part_figure *own = &row->figures.parts[i];
        char name[ELBOW_FIGURE_NAME], text[ELBOW_FIGURE_TEXT];
        elbow_text_format(line + length, sizeof line - length, ", %s %s",
                          elbow_figure_name_part(own->kind, own->part, name),
                          elbow_figure_text(own->kind, own->value, text));
    }
    elbow_log_say(engine->plan->log, "step %llu, epoch %llu: %s%s", (unsigned long long)row->step,
                  (unsigned long long)row->epoch, elbow_split_words[row->split], line);
}

// Of one likelihood, whose mean square residual is that. The key of version 0.1 always has a start.
static void watch_start_of(const struct elbow_trainer *trainer, size_t part, double residual)
{
    const struct elbow_likelihood_options *options = elbow_config_options(&trainer->plan.config, part);
    struct elbow_variance variance = elbow_likelihood_variance(options);
    if (variance.from == ELBOW_NUMBER_LEARNED && variance.value > 0 && variance.value < residual / FAR_BELOW)
        elbow_log_warn(trainer->plan.log,
                       "the variance starts at %g, far below the mean square residual of the first step, %g: training "
                       "may diverge; %s, or set variance: optimal",
                       variance.value, residual,
                       options->variance_from == ELBOW_NUMBER_FIXED
                           ? "replace model.learn_variance by model.likelihood: {gaussian: {variance: learned}}, which "
                             "starts at the variance of the data"
                           : "leave the initial value out of the likelihood (it is then the variance of the data)");
}

void elbow_trainer_watch_start(const struct elbow_trainer *trainer)
{
    const struct elbow_engine *engine = &trainer->engine;
    struct elbow_figures figures = {0};
    const struct elbow_demand demand = elbow_config_demand(&trainer->plan.config);
    // Of values that are far from unit scale that has been said, with what brings the residual down, too.
    if (engine->state.step != 1 || elbow_dataset_is_far(&trainer->plan.train, &demand))
        return;
    elbow_model_figures(engine->model, engine->sums, false, &figures);
    for (size_t p = 0; p < elbow_config_likelihood_count(&trainer->plan.config); ++p) {
        double own = elbow_figures_get_part(&figures, ELBOW_FIGURE_RESIDUAL, p);
        bool is_gaussian = elbow_config_likelihood(&trainer->plan.config, p) == ELBOW_LIKELIHOOD_GAUSSIAN;
        double alone = elbow_figures_get(&figures, ELBOW_FIGURE_RESIDUAL); // NaN: several have one, or none
        if (is_gaussian)
            watch_start_of(trainer, p, isnan(own) ? alone : own);
    }
}

enum elbow_status elbow_trainer_report_stop(const struct elbow_trainer *trainer, enum elbow_stop stop, bool saved,
                                            struct elbow_error *error)
{
    char why[128];
    if (stop == ELBOW_STOP_SIGNAL)
        elbow_text_format(why, sizeof why, "because of a signal");
    else if (stop == ELBOW_STOP_AFTER)
        elbow_text_format(why, sizeof why, "because of run.stop_after");
    else if (trainer->engine.deadline.is_job)
        elbow_text_format(why, sizeof why, "because the end of the job is near");
    else
        elbow_text_format(why, sizeof why, "because run.time_limit (%lld s) is near",
                          (long long)trainer->plan.config.run.time_limit);
    unsigned long long step = trainer->engine.state.step;
    if (trainer->outputs.loss.status != ELBOW_OK)
        *error = trainer->outputs.loss;
    else if (!saved)
        elbow_error_set(error, ELBOW_FILE, "stopped after step %llu %s, but its checkpoint could not be written", step,
                        why);
    else
        elbow_error_set(error, ELBOW_STOPPED, "stopped after step %llu %s%s; continue with --resume", step, why,
                        trainer->outputs.has_failed ? ", but some output could not be written" : "");
    return elbow_comm_agree_root(trainer->plan.comm, error); // rank zero alone knows its deadline
}

void elbow_trainer_keep_text(const struct elbow_trainer *trainer)
{
    unsigned long long step = trainer->engine.state.step;
    unsigned long long written = __atomic_load_n(&trainer->outputs.writer.written, __ATOMIC_SEQ_CST);
    unsigned long long saved = written > 0 ? written : trainer->first_step;
    if (trainer->plan.place.rank != 0)
        return;
    if (trainer->outputs.request->is_replay)
        elbow_signals_keep_text(
            " after step %llu of a replay: the run is unchanged; %s is left over and can be removed", step,
            trainer->outputs.run);
    else if (saved == step && saved == 0)
        elbow_signals_keep_text(" before the first step: nothing is lost; start again");
    else if (saved == step)
        elbow_signals_keep_text(" after step %llu: nothing is lost, it has a checkpoint; continue with --resume", step);
    else if (saved == 0)
        elbow_signals_keep_text(" after step %llu: all steps are lost, there is no checkpoint yet; start again", step);
    else
        elbow_signals_keep_text(
            " after step %llu: the steps after the checkpoint of step %llu are lost; continue from there with --resume",
            step, saved);
}
