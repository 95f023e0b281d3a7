// SPDX-License-Identifier: BSD-3-Clause
// The trace of a training run: which threads note into which tracks, and what is told of it.
#include "trainer_private.h"

struct elbow_tracer_order elbow_trainer_trace_order(const struct elbow_trainer *trainer)
{
    const struct elbow_train_request *request = trainer->request;
    return (struct elbow_tracer_order){
        .path = request->trace, .first = request->trace_first, .last = request->trace_last};
}

enum elbow_status elbow_trainer_begin_trace(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_tracer *tracer = &trainer->tracer;
    struct elbow_tracer_order order = elbow_trainer_trace_order(trainer);
    enum elbow_status status = elbow_tracer_open(trainer->comm, &order, tracer, error);
    if (status != ELBOW_OK || !tracer->is_open)
        return status;
    trainer->track = trainer->model->track = elbow_tracer_track(tracer, ELBOW_TRACER_MAIN);
    trainer->writer.track = elbow_tracer_track(tracer, ELBOW_TRACER_WRITER);
    elbow_prefetch_trace(trainer->prefetch, elbow_tracer_track(tracer, ELBOW_TRACER_DATA));
    elbow_log_say(trainer->log, "trace: %s, of up to %d events a rank (%s)", tracer->path, ELBOW_TRACER_EVENTS,
                  elbow_text_bytes(ELBOW_TRACER_EVENTS * sizeof(struct elbow_trace_event)).text);
    return ELBOW_OK;
}

enum elbow_status elbow_trainer_end_trace(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_tracer *tracer = &trainer->tracer;
    uint64_t held, noted;
    if (!tracer->is_open)
        return ELBOW_OK;
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_TRACE);
    elbow_prefetch_stop(trainer->prefetch);
    if (elbow_tracer_write(trainer->comm, tracer, &held, &noted, error) != ELBOW_OK)
        elbow_log_warn(trainer->log, "%s", error->message);
    else if (held < noted)
        elbow_log_say(trainer->log, "trace: %s holds %llu events, the newest ones; %llu older ones had no room",
                      tracer->path, (unsigned long long)held, (unsigned long long)(noted - held));
    else
        elbow_log_say(trainer->log, "trace: %s holds %llu events", tracer->path, (unsigned long long)held);
    return error->status;
}
