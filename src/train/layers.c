// SPDX-License-Identifier: BSD-3-Clause
// A step where there is a network: this rank's last microbatches go through the layers together, so that messages
// travel while there is something to compute. Forward, a part of a layer is waited for when it is needed; backward, a
// part of the gradient is complete, and sent, when all microbatches have left it, and all the layers below are still to
// come.
//
// The sums are those of the one tree, made part by part. Microbatches before the last ones are computed as always; what
// they have come to stands in the buffers of the tree's nodes, and each part of it is taken up from there.
#include "elbow/train/detail/engine.h"

#include "elbow/base/clock.h"
#include "elbow/math/vector.h"

// An action that all microbatches take before the next one begins.
struct round {
    struct elbow_engine *engine;
    const struct elbow_step_place *place;
    uint64_t first; // the first microbatch that goes with the others
    const struct elbow_range *subtrees;
    int count;
    const float *parameters;
    bool scores; // elbow_model_score; else a part of a layer
    size_t layer, part;
    size_t from, to; // what is added of the gradients
};

static struct elbow_layerwise *layerwise_of(const struct round *round, uint64_t number)
{
    return &round->engine->layerwise_passes[number - round->first];
}

// Rows of all microbatches that go together, up to `end`.
static uint64_t rows_of(const struct round *round, uint64_t end)
{
    uint64_t rows = 0;
    for (uint64_t number = round->first; number < end; ++number)
        rows += layerwise_of(round, number)->microbatch.rows;
    return rows;
}

static void work(const struct round *round, uint64_t number, float *gradient, double *statistics)
{
    struct elbow_model *model = round->engine->model;
    const struct elbow_layerwise *layerwise = layerwise_of(round, number);
    if (round->scores)
        elbow_model_score(model, layerwise->slot, round->parameters, layerwise->microbatch, layerwise->terms, gradient,
                          statistics);
    else
        elbow_layerwise_backward(model, layerwise, round->layer, round->part, round->parameters, gradient);
    elbow_exchange_poll(round->engine->exchange);
}

// Node [lo, hi) of the tree.
static void fold(const struct round *round, uint64_t lo, uint64_t hi, int level, float *gradient, double *statistics)
{
    if (hi <= round->first)
        return;
    if (hi - lo == 1) {
        work(round, lo, gradient, statistics);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    struct elbow_engine *engine = round->engine;
    float *right = elbow_exchange_scratch(engine->exchange, level + 1);
    double *right_statistics = engine->levels + (size_t)level * engine->statistics;
    fold(round, lo, middle, level, gradient, statistics);
    fold(round, middle, hi, level + 1, right, right_statistics);
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    elbow_vector_add(round->to - round->from, gradient + round->from, right + round->from, gradient + round->from);
    for (size_t i = 0; round->scores && i < engine->statistics; ++i)
        statistics[i] += right_statistics[i];
    elbow_trace_end(engine->track, ELBOW_TRACE_SUM, (uint64_t)level, begin);
}

static void fold_all(const struct round *round)
{
    struct elbow_exchange *exchange = round->engine->exchange;
    for (int i = 0; i < round->count; ++i)
        fold(round, round->subtrees[i].first, round->subtrees[i].last, 0, elbow_exchange_gradient(exchange, i),
             elbow_exchange_statistics(exchange, i));
}

// The nodes that lie before the first microbatch of the round.
static void compute_before(const struct round *round, uint64_t lo, uint64_t hi, int level, float *gradient,
                           double *statistics)
{
    struct elbow_engine *engine = round->engine;
    if (lo >= round->first)
        return;
    if (hi <= round->first) {
        elbow_engine_compute_subtree(engine, round->place, lo, hi, level, gradient, statistics);
        return;
    }
    uint64_t middle = (lo + hi) / 2;
    compute_before(round, lo, middle, level, gradient, statistics);
    compute_before(round, middle, hi, level + 1, elbow_exchange_scratch(engine->exchange, level + 1),
                   engine->levels + (size_t)level * engine->statistics);
}

// A microbatch joins the others.
static void begin_layerwise(const struct round *round, uint64_t number)
{
    struct elbow_engine *engine = round->engine;
    elbow_engine_gather(engine, round->place, number);
    *layerwise_of(round, number) = (struct elbow_layerwise){.slot = (size_t)(number - round->first),
                                                            .microbatch = engine->microbatch,
                                                            .terms = elbow_engine_terms(engine, engine->state.step)};
}

static void forward(struct round *round, uint64_t end)
{
    struct elbow_engine *engine = round->engine;
    struct elbow_model *model = engine->model;
    for (size_t layer = 0; layer < elbow_layerwise_layers(model); ++layer)
        for (size_t part = 0; part < elbow_layerwise_parts(model, layer); ++part) {
            round->parameters = elbow_exchange_await(engine->exchange, elbow_layerwise_end(model, layer, part));
            struct elbow_trace_start begin = elbow_trace_begin(engine->track);
            for (uint64_t number = round->first; number < end; ++number) {
                if (layer == 0 && part == 0)
                    begin_layerwise(round, number);
                double start = elbow_clock_seconds();
                elbow_layerwise_forward(model, layerwise_of(round, number), layer, part, round->parameters);
                elbow_exchange_poll(engine->exchange);
                engine->times.compute += elbow_clock_seconds() - start;
            }
            elbow_trace_end(engine->track, ELBOW_TRACE_FORWARD, rows_of(round, end), begin);
        }
    round->parameters = elbow_exchange_await(engine->exchange, model->parameters.size);
}

static void backward(struct round *round, uint64_t end, bool exchanges)
{
    struct elbow_engine *engine = round->engine;
    struct elbow_model *model = engine->model;
    round->scores = false;
    for (size_t layer = elbow_layerwise_layers(model); layer-- > 0;) {
        struct elbow_trace_start begin = elbow_trace_begin(engine->track);
        round->layer = layer;
        for (size_t part = elbow_layerwise_parts(model, layer); part-- > 0;) {
            round->part = part;
            round->from = elbow_layerwise_first(model, layer, part);
            round->to = elbow_layerwise_end(model, layer, part);
            fold_all(round);
            if (exchanges)
                elbow_exchange_ready(engine->exchange, round->from);
        }
        for (uint64_t number = round->first; number < end; ++number) {
            elbow_layerwise_backward_inputs(model, layerwise_of(round, number), layer, round->parameters);
            elbow_exchange_poll(engine->exchange);
        }
        elbow_trace_end(engine->track, ELBOW_TRACE_BACKWARD, rows_of(round, end), begin);
    }
}

void elbow_engine_compute_layers(struct elbow_engine *engine, const struct elbow_step_place *place,
                                 const struct elbow_range *subtrees, int count, bool exchanges)
{
    uint64_t first = subtrees[0].first, end = subtrees[count - 1].last, slots = engine->slots;
    struct round round = {.engine = engine,
                          .place = place,
                          .first = end - first > slots ? end - slots : first,
                          .subtrees = subtrees,
                          .count = count,
                          .scores = true};
    if (round.first > first)
        elbow_engine_begin(engine);
    for (int i = 0; i < count; ++i)
        compute_before(&round, subtrees[i].first, subtrees[i].last, 0, elbow_exchange_gradient(engine->exchange, i),
                       elbow_exchange_statistics(engine->exchange, i));
    forward(&round, end);
    elbow_engine_begin(engine);
    double start = elbow_clock_seconds();
    size_t last = elbow_layerwise_layers(engine->model) - 1;
    round.from = elbow_layerwise_end(engine->model, last, elbow_layerwise_parts(engine->model, last) - 1);
    round.to = engine->model->parameters.size;
    struct elbow_trace_start begin = elbow_trace_begin(engine->track);
    fold_all(&round);
    elbow_trace_end(engine->track, ELBOW_TRACE_LIKELIHOOD, rows_of(&round, end), begin);
    backward(&round, end, exchanges);
    engine->times.compute += elbow_clock_seconds() - start;
}
