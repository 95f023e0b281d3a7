// SPDX-License-Identifier: BSD-3-Clause
// Microbatches one after the other: each is gathered, computed, and added in the order of the tree.
#include "elbow/train/detail/engine.h"

#include "elbow/base/clock.h"
#include "elbow/math/vector.h"
#include "elbow/parallel/watch.h"

void elbow_engine_begin(struct elbow_engine *engine)
{
    if (engine->begun != NULL || engine->model->pseudo.count == 0)
        return;
    engine->begun = elbow_exchange_await(engine->exchange, engine->model->parameters.size);
    double start = elbow_clock_seconds();
    elbow_model_begin(engine->model, engine->begun);
    engine->times.compute += elbow_clock_seconds() - start;
}

void elbow_engine_gather(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t number)
{
    bool reads = elbow_dataset_pages(&engine->plan->train) != NULL;
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    if (reads)
        elbow_comm_enter(engine->plan->comm, ELBOW_PHASE_PAGES);
    struct elbow_microbatch_range wanted = elbow_sequence_range(&engine->plan->sequence, place, number), next;
    bool goes_on = elbow_sequence_after(&engine->plan->sequence, place, number, &next);
    engine->microbatch = elbow_prefetch_take(engine->prefetch, &wanted, goes_on ? &next : NULL);
    if (reads)
        elbow_comm_enter(engine->plan->comm, ELBOW_PHASE_COMPUTE);
    elbow_engine_say_pages(engine);
    engine->times.data += elbow_clock_seconds() - start;
    elbow_trace_end(engine->track, ELBOW_TRACE_DATA, wanted.rows, begin);
}

// Microbatch `number` of the batch: gradient and statistics, overwritten.
static void compute_microbatch(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t number,
                               float *gradient, double *statistics)
{
    elbow_engine_gather(engine, place, number);
    const float *parameters = elbow_exchange_parameters(engine->exchange);
    double start = elbow_clock_seconds();
    elbow_model_train(engine->model, parameters, engine->microbatch, elbow_engine_terms(engine, engine->state.step),
                      gradient, statistics);
    engine->times.compute += elbow_clock_seconds() - start;
}

// The left half goes into the same buffers, the right half into those of the next level.
void elbow_engine_compute_subtree(struct elbow_engine *engine, const struct elbow_step_place *place, uint64_t lo,
                                  uint64_t hi, int level, float *gradient, double *statistics)
{
    if (hi - lo == 1) {
        compute_microbatch(engine, place, lo, gradient, statistics);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    float *right = elbow_exchange_scratch(engine->exchange, level + 1);
    double *right_statistics = engine->levels + (size_t)level * engine->statistics;
    elbow_engine_compute_subtree(engine, place, lo, middle, level, gradient, statistics);
    elbow_engine_compute_subtree(engine, place, middle, hi, level + 1, right, right_statistics);
    double start = elbow_clock_seconds();
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    elbow_vector_add(engine->model->parameters.size, gradient, right, gradient);
    for (size_t i = 0; i < engine->statistics; ++i)
        statistics[i] += right_statistics[i];
    engine->times.compute += elbow_clock_seconds() - start;
    elbow_trace_end(engine->track, ELBOW_TRACE_SUM, (uint64_t)level, begin);
}
