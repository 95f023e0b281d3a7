// SPDX-License-Identifier: BSD-3-Clause
// One optimiser step. Gradients (float) and statistics (double) of microbatches are added inside a subtree by
// microbatch.c or layers.c, and over the subtrees by the exchange, always in the order of the one tree over the batch's
// microbatches.
#include "elbow/train/detail/engine.h"

#include "elbow/base/clock.h"
#include "elbow/parallel/watch.h"

#include <math.h>

void elbow_engine_compute(struct elbow_engine *engine, const struct elbow_step_place *place, bool exchanges)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    int count = elbow_exchange_begin(engine->exchange, place->microbatches, subtrees);
    engine->begun = NULL;
    if (engine->slots == 0 || count == 0) // every rank ends the step with what has begun here
        elbow_engine_begin(engine);
    if (engine->slots > 0 && count > 0)
        elbow_engine_compute_layers(engine, place, subtrees, count, exchanges);
    for (int i = 0; i < count && engine->slots == 0; ++i)
        elbow_engine_compute_subtree(engine, place, subtrees[i].first, subtrees[i].last, 0,
                                     elbow_exchange_gradient(engine->exchange, i),
                                     elbow_exchange_statistics(engine->exchange, i));
    // A rank without a part in a short batch gives its reasons at the next step.
    if (count > 0)
        elbow_engine_give_reasons(engine, elbow_exchange_statistics(engine->exchange, 0) + engine->statistics);
}

static void finish(void *user, const float *advance, float *added)
{
    struct elbow_engine *engine = user;
    double start = elbow_clock_seconds();
    ELBOW_CHECK(engine->begun != NULL);
    elbow_model_finish(engine->model, engine->begun, advance, added);
    engine->times.compute += elbow_clock_seconds() - start;
}

static bool decide(void *user, const double *statistics, double gradient_norm)
{
    struct elbow_engine *engine = user;
    engine->state.grad_norm = gradient_norm;
    engine->is_finite = isfinite(statistics[ELBOW_STATISTIC_OBJECTIVE]) && isfinite(gradient_norm);
    engine->clip = elbow_optimizer_clip(engine->plan->config.train.clip, gradient_norm);
    return engine->is_finite;
}

static void apply(void *user, struct elbow_piece piece, const float *gradient, float *parameters)
{
    struct elbow_engine *engine = user;
    double start = elbow_clock_seconds();
    struct elbow_optimizer_part part = {.first = piece.first, .count = piece.count, .offset = piece.offset};
    elbow_optimizer_apply(&engine->optimizer, part, engine->state.updates + 1, engine->state.rate, engine->clip,
                          gradient, parameters);
    elbow_model_settle(engine->model, engine->sums, piece.first, piece.count, parameters);
    elbow_average_apply(&engine->average, piece.offset, piece.count, engine->state.updates + 1, parameters);
    if (engine->audits)
        elbow_audit_note(&engine->audit, piece, parameters);
    engine->times.compute += elbow_clock_seconds() - start;
}

enum elbow_status elbow_engine_audit(struct elbow_engine *engine, struct elbow_error *error)
{
    struct elbow_trace_start begin = elbow_trace_begin(engine->audit.is_pending ? engine->track : NULL);
    enum elbow_status status = elbow_audit_check(&engine->audit, engine->state.step, error);
    elbow_trace_end(engine->track, ELBOW_TRACE_AUDIT, engine->state.step, begin);
    return status;
}

enum elbow_status elbow_engine_step(struct elbow_engine *engine, struct elbow_error *error)
{
    struct elbow_run_state *state = &engine->state;
    state->beta = elbow_objective_beta(&engine->plan->config, state->step);
    state->rate = elbow_optimizer_rate(&engine->plan->config, state->step, state->schedule_steps);
    struct elbow_step_place place = elbow_sequence_place(&engine->plan->sequence, state->step);
    elbow_comm_enter(engine->plan->comm, ELBOW_PHASE_COMPUTE);
    // Where an audit is due, nothing is sent before its verdict is known.
    elbow_engine_compute(engine, &place, !engine->audit.is_pending);
    elbow_comm_enter(engine->plan->comm, ELBOW_PHASE_EXCHANGE);
    enum elbow_status status = elbow_engine_audit(engine, error);
    if (status != ELBOW_OK)
        return status;
    int64_t every = engine->plan->config.run.audit;
    engine->audits = every > 0 && (state->step + 1) % (uint64_t)every == 0;
    struct elbow_exchange_client client = {.user = engine, .finish = finish, .decide = decide, .apply = apply};
    bool applied =
        elbow_exchange_step(engine->exchange, 1.0 / (double)place.count, &client, engine->sums, &state->grad_norm);
    status = elbow_engine_check_data(engine, error);
    if (status != ELBOW_OK)
        return status;
    state->step += 1;
    if (!applied) {
        state->skipped += 1;
        state->skipped_in_a_row += 1;
        return ELBOW_OK;
    }
    elbow_audit_expect(&engine->audit, engine->audits);
    state->updates += 1;
    state->skipped_in_a_row = 0;
    for (size_t i = 0; i < engine->summed; ++i)
        engine->accumulator[i] += engine->sums[i];
    for (size_t i = engine->summed; i < engine->accumulators; ++i) // the KL that the next step looks back at
        engine->accumulator[i] =
            engine->sums[ELBOW_STATISTIC_HEAD + i - engine->summed] / engine->sums[ELBOW_STATISTIC_SAMPLES];
    return ELBOW_OK;
}
