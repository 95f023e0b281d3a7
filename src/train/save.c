// SPDX-License-Identifier: BSD-3-Clause
// The checkpoints of a run: handed over to the writer, and waited for.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/parallel/watch.h"

void elbow_trainer_settle(struct elbow_trainer *trainer)
{
    struct elbow_run_outputs *outputs = &trainer->outputs;
    struct elbow_error trouble = {0};
    if (!outputs->writer.is_busy)
        return;
    struct elbow_trace_start begin = elbow_trace_begin(trainer->engine.track);
    elbow_writer_wait(&outputs->writer, &trouble);
    outputs->is_saved = outputs->writer.written == outputs->writer.snapshot.step; // the link to the best may be missing
    elbow_trace_end(trainer->engine.track, ELBOW_TRACE_WAIT, 0, begin);
    outputs->stalls.writing += outputs->writer.seconds;
    elbow_deadline_note_cost(&trainer->engine.deadline, ELBOW_COST_CHECKPOINT,
                             outputs->writer.seconds + outputs->stalls.longest);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_CHECKPOINT, &trouble);
    elbow_trainer_keep_text(trainer);
}

static void count_stall(struct elbow_trainer *trainer, double seconds)
{
    struct elbow_stalls *stalls = &trainer->outputs.stalls;
    stalls->count += 1;
    stalls->seconds += seconds;
    if (seconds > stalls->longest)
        stalls->longest = seconds;
    trainer->engine.times.start += seconds;
}

// Rank zero. Tries to write the rows and pictures that wait. A checkpoint says that all of its step and before is on
// disk: without space for them no checkpoint may say so. Other troubles do not hold it back.
static bool may_hand_over(struct elbow_run_outputs *outputs)
{
    struct elbow_error rows = {0}, pictures = {0}, events = {0}, held = {0};
    if (!elbow_outputs_may_write(outputs))
        return false;
    elbow_metrics_flush(&outputs->metrics, &rows);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_ROWS, &rows);
    elbow_pending_flush(&outputs->pending, &pictures);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_PICTURES, &pictures);
    elbow_events_flush(&outputs->events, &events);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_EVENTS, &events);
    if (!elbow_metrics_waits_for_space(&outputs->metrics) && !elbow_pending_wait_for_space(&outputs->pending) &&
        !elbow_events_wait_for_space(&outputs->events))
        return true;
    elbow_error_set(
        &held, ELBOW_OUTPUT,
        "the checkpoint of step %llu was not written: the disk has no space for the outputs that belong to it",
        (unsigned long long)outputs->state->step);
    elbow_outputs_note(outputs, ELBOW_OUTPUT_CHECKPOINT, &held);
    return false;
}

void elbow_trainer_save(struct elbow_trainer *trainer)
{
    struct elbow_engine *engine = &trainer->engine;
    struct elbow_run_outputs *outputs = &trainer->outputs;
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    elbow_comm_enter(trainer->plan.comm, ELBOW_PHASE_CHECKPOINT);
    struct elbow_error trouble = {0};
    struct elbow_checkpoint_source source = elbow_engine_source(engine);
    elbow_trainer_settle(trainer);
    elbow_exchange_parameters(engine->exchange); // rank zero alone reads them
    outputs->is_saved = false;
    struct elbow_trace_start begin_snapshot = elbow_trace_begin(engine->track);
    enum elbow_status status = elbow_snapshot_take(trainer->plan.comm, &source, &outputs->writer.snapshot, &trouble);
    elbow_trace_end(engine->track, ELBOW_TRACE_SNAPSHOT, engine->state.step, begin_snapshot);
    if (status != ELBOW_OK) {
        elbow_outputs_note(outputs, ELBOW_OUTPUT_CHECKPOINT, &trouble);
    } else if (trainer->plan.place.rank == 0 && may_hand_over(outputs)) {
        struct elbow_writer_order order = {.keep = trainer->plan.config.checkpoint.keep,
                                           .keeps_best = trainer->plan.config.checkpoint.best,
                                           .best_step = engine->state.best_step};
        elbow_metrics_descriptors(&outputs->metrics, order.tables);
        order.tables[2] = outputs->events.is_open ? outputs->events.file : -1;
        elbow_writer_begin(&outputs->writer, &order);
    }
    double seconds = elbow_clock_seconds() - start;
    count_stall(trainer, seconds);
    elbow_trace_end(engine->track, ELBOW_TRACE_CHECKPOINT, engine->state.step, begin);
    elbow_deadline_note_cost(&engine->deadline, ELBOW_COST_CHECKPOINT, seconds);
}

bool elbow_trainer_is_saved(struct elbow_trainer *trainer)
{
    elbow_trainer_settle(trainer);
    elbow_comm_broadcast(trainer->plan.comm, &trainer->outputs.is_saved, sizeof trainer->outputs.is_saved);
    return trainer->outputs.is_saved;
}
