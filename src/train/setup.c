// SPDX-License-Identifier: BSD-3-Clause
// Setting a run up: its directory, its data, its engine, and where it starts.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"

// Logs that no steps are left, the key that says so, and how to continue.
static void tell_finished(struct elbow_trainer *trainer, bool gave_up)
{
    const struct elbow_config *config = &trainer->plan.config;
    unsigned long long step = trainer->engine.state.step, last = trainer->plan.sequence.last_step;
    bool is_by_steps = config->train.steps > 0 && (uint64_t)config->train.steps == trainer->plan.sequence.last_step;
    const char *key = is_by_steps ? "train.steps" : "train.epochs";
    long long length = is_by_steps ? (long long)config->train.steps : (long long)config->train.epochs;
    if (gave_up)
        elbow_log_say(trainer->plan.log,
                      "%s: this run is already finished (step %llu, stopped early by train.patience)",
                      trainer->outputs.run, step);
    else if (step > last)
        elbow_log_say(trainer->plan.log,
                      "%s: this run is already finished: it has made %llu steps, and %s: %lld asks for %llu; set a "
                      "larger %s to continue",
                      trainer->outputs.run, step, key, length, last, key);
    else
        elbow_log_say(trainer->plan.log,
                      "%s: this run is already finished (step %llu, by %s: %lld; set a larger one to continue)",
                      trainer->outputs.run, step, key, length);
}

// Where a resumed run stands; it may have nothing left to do.
static void tell_resume(struct elbow_trainer *trainer, const struct elbow_checkpoint *checkpoint)
{
    if (trainer->engine.state.step < trainer->plan.sequence.last_step)
        elbow_log_say(trainer->plan.log, "resuming from %s: step %llu of %llu", checkpoint->path,
                      (unsigned long long)trainer->engine.state.step,
                      (unsigned long long)trainer->plan.sequence.last_step);
    if (trainer->outputs.request->init != NULL)
        elbow_log_say(trainer->plan.log, "--init is ignored: the run continues with its own parameters");
    bool gave_up = trainer->plan.config.train.patience > 0 &&
                   trainer->engine.state.stale >= (uint64_t)trainer->plan.config.train.patience;
    trainer->is_finished = trainer->engine.state.step >= trainer->plan.sequence.last_step || gave_up;
    if (trainer->is_finished)
        tell_finished(trainer, gave_up);
}

// Collective. What comes after the former run is known. What can be wrong is found before the run directory is touched.
static enum elbow_status set_up(struct elbow_trainer *trainer, const struct elbow_checkpoint *former,
                                struct elbow_error *error)
{
    struct elbow_engine *engine = &trainer->engine;
    enum elbow_status status = elbow_train_plan_make(&trainer->plan, former, error);
    if (status == ELBOW_OK)
        status = elbow_engine_create(engine, error);
    if (status == ELBOW_OK)
        status = elbow_outputs_enter(&trainer->outputs, error);
    if (status != ELBOW_OK)
        return status;
    elbow_train_plan_log(&trainer->plan);
    status = former != NULL ? elbow_engine_start_resumed(engine, former, error)
                            : elbow_engine_start_new(engine, trainer->outputs.request->init, error);
    if (status != ELBOW_OK)
        return status;
    if (former != NULL)
        tell_resume(trainer, former);
    if (trainer->is_finished) {
        elbow_outputs_mend_best(&trainer->outputs);
        return ELBOW_OK;
    }
    struct elbow_checkpoint_source source = elbow_engine_source(engine);
    return elbow_outputs_open(&trainer->outputs, engine->model, &source, error);
}

enum elbow_status elbow_trainer_open(struct elbow_trainer *trainer, struct elbow_error *error)
{
    bool resumes = false;
    struct elbow_checkpoint checkpoint = {0};
    struct elbow_run_outputs *outputs = &trainer->outputs;
    outputs->plan = trainer->engine.plan = &trainer->plan;
    outputs->state = &trainer->engine.state;
    outputs->run_start = elbow_clock_seconds();
    enum elbow_status status = elbow_train_plan_begin(&trainer->plan, error);
    if (status != ELBOW_OK)
        return status;
    elbow_engine_set_deadline(&trainer->engine,
                              outputs->request->has_started ? outputs->request->started : outputs->run_start);
    elbow_trainer_keep_text(trainer);
    status = elbow_outputs_find_former(outputs, &resumes, &checkpoint, error);
    if (status == ELBOW_OK)
        status = set_up(trainer, resumes ? &checkpoint : NULL, error);
    trainer->first_step = trainer->engine.state.step;
    elbow_trainer_keep_text(trainer);
    elbow_checkpoint_clear(&checkpoint);
    return status;
}

// Threads that collate and read may note into the tracer, which is closed with the outputs.
void elbow_trainer_close(struct elbow_trainer *trainer)
{
    elbow_engine_stop_data(&trainer->engine);
    elbow_outputs_close(&trainer->outputs);
    elbow_engine_clear(&trainer->engine);
    elbow_train_plan_clear(&trainer->plan);
}
