// SPDX-License-Identifier: BSD-3-Clause
// Microbatches one after the other: each is gathered, computed, and added in the order of the tree.
#include "elbow/train/detail/trainer.h"

#include "elbow/base/clock.h"
#include "elbow/math/vector.h"

void elbow_trainer_gather(struct elbow_trainer *trainer, const struct elbow_step_place *place, uint64_t number)
{
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
    struct elbow_microbatch_range wanted = elbow_sequence_range(&trainer->sequence, place, number), next;
    bool goes_on = elbow_sequence_after(&trainer->sequence, place, number, &next);
    trainer->prepared = elbow_prefetch_take(trainer->prefetch, &wanted, goes_on ? &next : NULL);
    trainer->times.data += elbow_clock_seconds() - start;
    elbow_trace_end(trainer->track, ELBOW_TRACE_DATA, wanted.rows, begin);
}

// Microbatch `number` of the batch: gradient and statistics, overwritten.
static void compute_microbatch(struct elbow_trainer *trainer, const struct elbow_step_place *place, uint64_t number,
                               float *gradient, double *statistics)
{
    elbow_trainer_gather(trainer, place, number);
    const float *parameters = elbow_exchange_parameters(trainer->exchange);
    double start = elbow_clock_seconds();
    struct elbow_prepared prepared = trainer->prepared;
    struct elbow_microbatch microbatch = {.rows = prepared.rows, .values = prepared.values, .noise = prepared.noise};
    elbow_model_train(trainer->model, parameters, microbatch,
                      elbow_objective_terms(&trainer->config, trainer->state.beta), gradient, statistics);
    trainer->times.compute += elbow_clock_seconds() - start;
}

// The left half goes into the same buffers, the right half into those of the next level.
void elbow_trainer_compute_subtree(struct elbow_trainer *trainer, const struct elbow_step_place *place, uint64_t lo,
                                   uint64_t hi, int level, float *gradient, double *statistics)
{
    if (hi - lo == 1) {
        compute_microbatch(trainer, place, lo, gradient, statistics);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    float *right = elbow_exchange_scratch(trainer->exchange, level + 1);
    double *right_statistics = trainer->levels + (size_t)level * trainer->statistics;
    elbow_trainer_compute_subtree(trainer, place, lo, middle, level, gradient, statistics);
    elbow_trainer_compute_subtree(trainer, place, middle, hi, level + 1, right, right_statistics);
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(trainer->track);
    elbow_vector_add(trainer->model->parameters.size, gradient, right, gradient);
    for (size_t i = 0; i < trainer->statistics; ++i)
        statistics[i] += right_statistics[i];
    trainer->times.compute += elbow_clock_seconds() - start;
    elbow_trace_end(trainer->track, ELBOW_TRACE_SUM, (uint64_t)level, begin);
}
