// SPDX-License-Identifier: BSD-3-Clause
// The stages that the benchmark times: the step, its floor, and each part of it alone, over all microbatches of this
// rank, on the engine's own model and buffers.
#include "elbow/bench/detail/bench.h"

#include "elbow/base/clock.h"
#include "elbow/math/vector.h"
#include "elbow/parallel/collectives.h"
#include "elbow/parallel/watch.h"

static const float *parameters_of(const struct elbow_bench_run *bench)
{
    return elbow_exchange_parameters(bench->engine.exchange);
}

size_t elbow_bench_rows(const struct elbow_bench_run *bench, uint64_t number)
{
    return elbow_sequence_range(&bench->plan.sequence, &bench->place, number).rows;
}

// Keeps the first error of a stage.
static void note(struct elbow_bench_run *bench, const struct elbow_error *error)
{
    if (bench->trouble.status == ELBOW_OK)
        bench->trouble = *error;
}

// An audit may find faulty memory, or rows cannot be read.
static void run_step(struct elbow_bench_run *bench)
{
    struct elbow_error error = {0};
    if (bench->has_failed)
        return;
    bench->has_failed = elbow_engine_step(&bench->engine, &error) != ELBOW_OK;
    note(bench, &error);
}

static void run_traced_step(struct elbow_bench_run *bench)
{
    elbow_track_turn(&bench->track, true);
    struct elbow_trace_start begin = elbow_trace_begin(&bench->track);
    run_step(bench);
    elbow_trace_end(&bench->track, ELBOW_TRACE_STEP, bench->engine.state.step, begin);
    elbow_track_turn(&bench->track, false);
}

static void run_read(struct elbow_bench_run *bench)
{
    struct elbow_error error = {0};
    if (elbow_bench_read_page(&bench->reading, &bench->seen, &error) != ELBOW_OK)
        note(bench, &error);
}

static void run_products(struct elbow_bench_run *bench)
{
    elbow_floor_multiply(&bench->floor);
}

static void run_floor(struct elbow_bench_run *bench)
{
    elbow_floor_multiply(&bench->floor);
    elbow_floor_optimize(&bench->floor);
}

static void run_optimizer(struct elbow_bench_run *bench)
{
    elbow_floor_optimize(&bench->floor);
}

// Computes the next full batch, as a step does, because data may be collated ahead.
static void run_compute(struct elbow_bench_run *bench)
{
    struct elbow_engine *engine = &bench->engine;
    struct elbow_step_place place = elbow_sequence_place(&engine->plan->sequence, engine->state.step++);
    if (place.count < engine->plan->sequence.batch)
        place = elbow_sequence_place(&engine->plan->sequence, engine->state.step++);
    elbow_engine_compute(engine, &place, false);
}

// In this thread, even if data are collated ahead.
static void run_data(struct elbow_bench_run *bench)
{
    struct elbow_engine *engine = &bench->engine;
    for (uint64_t number = bench->microbatches.first; number < bench->microbatches.last; ++number) {
        struct elbow_microbatch_range range = elbow_sequence_range(&engine->plan->sequence, &bench->place, number);
        engine->microbatch = elbow_prefetch_make(engine->prefetch, &range);
    }
}

static void run_forward(struct elbow_bench_run *bench)
{
    struct elbow_model *model = bench->engine.model;
    for (uint64_t number = bench->microbatches.first; number < bench->microbatches.last; ++number) {
        size_t rows = elbow_bench_rows(bench, number);
        elbow_network_forward(&model->encoder, parameters_of(bench), rows,
                              elbow_microbatch_inputs(&bench->engine.microbatch));
        bench->decoded = elbow_network_forward(&model->decoder, parameters_of(bench), model->draws * rows, model->z);
    }
}

static void run_latent(struct elbow_bench_run *bench)
{
    struct elbow_model *model = bench->engine.model;
    struct elbow_microbatch microbatch = bench->engine.microbatch;
    struct elbow_terms terms = elbow_objective_terms(&bench->plan.config, bench->engine.state.beta);
    elbow_model_begin(model, parameters_of(bench));
    for (uint64_t number = bench->microbatches.first; number < bench->microbatches.last; ++number) {
        microbatch.rows = elbow_bench_rows(bench, number);
        struct elbow_pass pass =
            elbow_model_pass(model, 0, parameters_of(bench), microbatch.rows, microbatch.noise, terms);
        elbow_model_latent(model, 0, &microbatch);
        elbow_model_kl(model, 0, &pass);
        model->objective->backward(&pass, model->dz, model->dhead);
    }
}

// In place, as in a step: the gradient becomes the next pass' outputs.
static void run_likelihood(struct elbow_bench_run *bench)
{
    struct elbow_model *model = bench->engine.model;
    float *gradient = elbow_exchange_gradient(bench->engine.exchange, 0);
    struct elbow_microbatch microbatch = bench->engine.microbatch;
    for (uint64_t number = bench->microbatches.first; number < bench->microbatches.last; ++number) {
        microbatch.rows = elbow_bench_rows(bench, number);
        elbow_model_score_outputs(model, parameters_of(bench), microbatch, bench->decoded, gradient);
    }
}

static void run_backward(struct elbow_bench_run *bench)
{
    struct elbow_model *model = bench->engine.model;
    float *gradient = elbow_exchange_gradient(bench->engine.exchange, 0);
    float *dy = bench->decoded;
    for (uint64_t number = bench->microbatches.first; number < bench->microbatches.last; ++number) {
        size_t rows = elbow_bench_rows(bench, number);
        elbow_network_backward(&model->decoder, parameters_of(bench), model->draws * rows, model->z, dy, gradient,
                               model->dz);
        elbow_network_backward(&model->encoder, parameters_of(bench), rows,
                               elbow_microbatch_inputs(&bench->engine.microbatch), model->dhead, gradient, NULL);
    }
}

// Makes as many additions as this rank makes inside its subtrees.
static void run_sum(struct elbow_bench_run *bench)
{
    struct elbow_engine *engine = &bench->engine;
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    int count = elbow_exchange_begin(engine->exchange, bench->place.microbatches, subtrees);
    for (int i = 0; i < count; ++i)
        for (uint64_t leaf = subtrees[i].first; leaf + 1 < subtrees[i].last; ++leaf) {
            float *gradient = elbow_exchange_gradient(engine->exchange, i);
            elbow_vector_add(engine->model->parameters.size, gradient, elbow_exchange_scratch(engine->exchange, 1),
                             gradient);
        }
}

static bool decide_yes(void *user, const double *statistics, double gradient_norm)
{
    (void)user;
    (void)statistics;
    (void)gradient_norm;
    return true;
}

static void apply_nothing(void *user, struct elbow_piece piece, const float *gradient, float *parameters)
{
    (void)user;
    (void)piece;
    (void)gradient;
    (void)parameters;
}

static void finish_nothing(void *user, const float *advance, float *added)
{
    (void)user;
    (void)advance;
    (void)added;
}

static int begin_exchange(struct elbow_bench_run *bench)
{
    struct elbow_engine *engine = &bench->engine;
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    return elbow_exchange_begin(engine->exchange, bench->place.microbatches, subtrees);
}

// The sum replaces a part of the gradients: a scale of one keeps them from becoming denormal.
static void end_exchange(struct elbow_bench_run *bench, struct elbow_exchange_client client)
{
    double norm;
    client.finish = finish_nothing;
    elbow_exchange_step(bench->engine.exchange, 1.0, &client, bench->engine.sums, &norm);
}

static void run_exchange(struct elbow_bench_run *bench)
{
    begin_exchange(bench);
    end_exchange(bench, (struct elbow_exchange_client){.decide = decide_yes, .apply = apply_nothing});
}

// A rate of zero: all the work, without a change of the parameters, which belong to the engine.
static void apply_without_rate(void *user, struct elbow_piece piece, const float *gradient, float *parameters)
{
    struct elbow_floor *floor = user;
    struct elbow_optimizer_part part = {.first = piece.first, .count = piece.count, .offset = piece.offset};
    elbow_optimizer_apply(&floor->optimizer, part, floor->updates, 0, 1.0, gradient, parameters);
}

// This pass and the next one begin with gradients that this rank has just written, as after a backward pass, which is
// not timed. They end when each rank has read all parameters, as a forward pass does, because values in another core's
// cache must be fetched from there.
static void run_update(struct elbow_bench_run *bench)
{
    double start = elbow_clock_seconds();
    size_t size = bench->engine.model->parameters.size;
    int count = begin_exchange(bench);
    for (int i = 0; i < count; ++i) {
        float *gradient = elbow_exchange_gradient(bench->engine.exchange, i);
        elbow_vector_scale(size, 1.0f, gradient, gradient);
    }
    bench->untimed += elbow_clock_seconds() - start;
    bench->floor.updates += 1;
    end_exchange(bench, (struct elbow_exchange_client){
                            .user = &bench->floor, .decide = decide_yes, .apply = apply_without_rate});
    bench->seen = elbow_vector_sum(size, parameters_of(bench));
}

static void run_allreduce(struct elbow_bench_run *bench)
{
    struct elbow_bench_rival *rival = &bench->rival;
    double start = elbow_clock_seconds();
    size_t size = bench->engine.model->parameters.size;
    elbow_vector_scale(size, 1.0f / (float)bench->plan.place.size, rival->gradients, rival->gradients);
    bench->untimed += elbow_clock_seconds() - start;
    elbow_comm_sum_floats(bench->comm, rival->gradients, size);
    elbow_optimizer_apply(&rival->optimizer, (struct elbow_optimizer_part){.count = size}, 1, 1e-6, 1.0,
                          rival->gradients, rival->parameters);
    bench->seen = elbow_vector_sum(size, rival->parameters);
}

// Notes all pieces of this rank again and compares them at once; an audit that a step has left pending stays pending.
static void run_audit(struct elbow_bench_run *bench)
{
    struct elbow_audit *audit = &bench->engine.audit;
    const struct elbow_piece *pieces;
    struct elbow_error error;
    if (bench->plan.config.run.audit == 0)
        return;
    bool was_pending = audit->is_pending;
    int count = elbow_exchange_pieces(bench->engine.exchange, &pieces);
    for (int i = 0; i < count; ++i)
        elbow_audit_note(audit, pieces[i], parameters_of(bench) + pieces[i].first);
    elbow_audit_expect(audit, true);
    enum elbow_status status = elbow_audit_check(audit, bench->engine.state.step, &error);
    ELBOW_CHECK(status == ELBOW_OK);
    elbow_audit_expect(audit, was_pending);
}

// The requests of this rank to stop, the decision of all ranks, and the phase of each. The requests themselves are sent
// with the statistics.
static void run_agreement(struct elbow_bench_run *bench)
{
    struct elbow_engine *engine = &bench->engine;
    double start = elbow_clock_seconds(), reasons[ELBOW_TRAIN_REASONS];
    elbow_comm_enter(engine->plan->comm, ELBOW_PHASE_COMPUTE);
    elbow_engine_give_reasons(engine, reasons);
    elbow_comm_enter(engine->plan->comm, ELBOW_PHASE_EXCHANGE);
    bench->seen = reasons[0] + elbow_engine_must_stop(engine);
    elbow_deadline_note_step(&engine->deadline, elbow_clock_seconds() - start);
}

const struct elbow_bench_stage elbow_bench_stages[ELBOW_BENCH_STAGES] = {
    {ELBOW_BENCH_STEP, "step", run_step, NULL, true},
    {ELBOW_BENCH_TRACED, "traced", run_traced_step, NULL, true},
    {ELBOW_BENCH_FLOOR, "floor", run_floor, NULL, true},
    {ELBOW_BENCH_FLOOR_PRODUCTS, "floor_products", run_products, NULL, true},
    {ELBOW_BENCH_COMPUTE, "compute", run_compute, NULL, true},
    {ELBOW_BENCH_DATA, "data", run_data, NULL, false},
    {ELBOW_BENCH_FORWARD, "forward", run_forward, run_data, false},
    {ELBOW_BENCH_LATENT, "latent", run_latent, run_forward, false},
    {ELBOW_BENCH_LIKELIHOOD, "likelihood", run_likelihood, run_forward, false},
    {ELBOW_BENCH_BACKWARD, "backward", run_backward, run_compute, false},
    {ELBOW_BENCH_SUM, "sum", run_sum, run_compute, false},
    {ELBOW_BENCH_EXCHANGE, "exchange", run_exchange, run_compute, false},
    {ELBOW_BENCH_OPTIMIZER, "optimizer", run_optimizer, NULL, false},
    {ELBOW_BENCH_UPDATE, "update", run_update, run_compute, false},
    {ELBOW_BENCH_ALLREDUCE, "allreduce", run_allreduce, NULL, false},
    {ELBOW_BENCH_AUDIT, "audit", run_audit, run_compute, false},
    {ELBOW_BENCH_AGREEMENT, "agreement", run_agreement, NULL, false},
    {ELBOW_BENCH_READ, "read", run_read, NULL, false},
    {ELBOW_BENCH_READ_FLOOR, "read_floor", elbow_bench_read_bytes, NULL, false},
};

const char *elbow_bench_name(enum elbow_bench_figure figure)
{
    for (int i = 0; i < ELBOW_BENCH_STAGES; ++i)
        if (elbow_bench_stages[i].figure == figure)
            return elbow_bench_stages[i].name;
    switch (figure) {
    case ELBOW_BENCH_STEP_OVER_FLOOR:
        return "step_over_floor";
    case ELBOW_BENCH_UPDATE_OVER_ALLREDUCE:
        return "update_over_allreduce";
    case ELBOW_BENCH_READ_OVER_FLOOR:
        return "read_over_floor";
    default:
        return "traced_over_step";
    }
}
