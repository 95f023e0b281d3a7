// SPDX-License-Identifier: BSD-3-Clause
// One optimiser step. Gradients (float) and statistics (double) of microbatches are added inside a subtree by
// trainer_microbatch.c or trainer_layers.c, and over the subtrees by the exchange, always in the order of the one tree
// over the batch's microbatches.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"

#include <math.h>

void elbow_trainer_compute(struct elbow_trainer *trainer, const struct elbow_step_place *place, bool exchanges)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    int count = elbow_exchange_begin(trainer->exchange, place->microbatches, subtrees);
    if (trainer->lanes > 0 && count > 0)
        elbow_trainer_compute_layers(trainer, place, subtrees, count, exchanges);
    for (int i = 0; i < count && trainer->lanes == 0; ++i)
        elbow_trainer_compute_subtree(trainer, place, subtrees[i].first, subtrees[i].last, 0,
                                      elbow_exchange_gradient(trainer->exchange, i),
                                      elbow_exchange_statistics(trainer->exchange, i));
    // A rank without a part in a short batch tells its wish at the next step.
    if (count > 0)
        elbow_trainer_wish(trainer, elbow_exchange_statistics(trainer->exchange, 0) + trainer->statistics);
}

static bool decide(void *user, const double *statistics, double gradient_norm)
{
    struct elbow_trainer *trainer = user;
    trainer->state.grad_norm = gradient_norm;
    trainer->is_finite = isfinite(statistics[ELBOW_STATISTIC_OBJECTIVE]) && isfinite(gradient_norm);
    trainer->clip = elbow_optimizer_clip(trainer->config.train.clip, gradient_norm);
    return trainer->is_finite;
}

static void apply(void *user, struct elbow_piece piece, const float *gradient, float *parameters)
{
    struct elbow_trainer *trainer = user;
    double start = elbow_clock_seconds();
    struct elbow_optimizer_part part = {.first = piece.first, .count = piece.count, .offset = piece.offset};
    elbow_optimizer_apply(&trainer->optimizer, part, trainer->state.updates + 1, trainer->state.rate, trainer->clip,
                          gradient, parameters);
    if (trainer->audits)
        elbow_audit_note(&trainer->audit, piece, parameters);
    trainer->times.compute += elbow_clock_seconds() - start;
}

enum elbow_status elbow_trainer_audit(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_trace_start begin = elbow_trace_begin(trainer->audit.is_pending ? trainer->track : NULL);
    enum elbow_status status = elbow_audit_check(&trainer->audit, trainer->state.step, error);
    elbow_trace_end(trainer->track, ELBOW_TRACE_AUDIT, trainer->state.step, begin);
    return status;
}

enum elbow_status elbow_trainer_step(struct elbow_trainer *trainer, struct elbow_error *error)
{
    struct elbow_run_state *state = &trainer->state;
    state->beta = elbow_objective_beta(&trainer->config, state->step);
    state->rate = elbow_optimizer_rate(&trainer->config, state->step, state->schedule_steps);
    struct elbow_step_place place = elbow_sequence_place(&trainer->sequence, state->step);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_COMPUTE);
    // Where an audit is due, nothing is sent before its verdict is known.
    elbow_trainer_compute(trainer, &place, !trainer->audit.is_pending);
    elbow_comm_enter(trainer->comm, ELBOW_PHASE_EXCHANGE);
    enum elbow_status status = elbow_trainer_audit(trainer, error);
    if (status != ELBOW_OK)
        return status;
    int64_t every = trainer->config.run.audit;
    trainer->audits = every > 0 && (state->step + 1) % (uint64_t)every == 0;
    struct elbow_exchange_client client = {.user = trainer, .decide = decide, .apply = apply};
    bool applied =
        elbow_exchange_step(trainer->exchange, 1.0 / (double)place.count, &client, trainer->sums, &state->grad_norm);
    state->step += 1;
    if (!applied) {
        state->skipped += 1;
        state->skipped_in_a_row += 1;
        return ELBOW_OK;
    }
    elbow_audit_expect(&trainer->audit, trainer->audits);
    state->updates += 1;
    state->skipped_in_a_row = 0;
    for (size_t i = 0; i < trainer->statistics; ++i)
        trainer->accumulator[i] += trainer->sums[i];
    return ELBOW_OK;
}
