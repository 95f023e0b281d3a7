// SPDX-License-Identifier: BSD-3-Clause
// The benchmark. An engine without outputs makes its steps; between them each part is run alone, on the engine's own
// model and buffers, which the next step overwrites. The parts do not change the parameters or the moments.
#include "elbow/bench/detail/bench.h"

#include "elbow/base/clock.h"
#include "elbow/base/memory.h"
#include "elbow/math/threads.h"
#include "elbow/output/tracer.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Seconds that a round spends on the step, its floor and its computation; on each other part.
static const double WHOLE_SECONDS = 0.06, PART_SECONDS = 0.015;
enum { WARM_UPS = 2, ITERATIONS_MAX = 10000, FIRST_STEPS = 3 };

// Steps are timed on full batches. If the next ones would reach the short batch at the end of an epoch, the rest of the
// epoch is skipped. Collective in effect: all ranks are at the same step.
static void skip_short_batch(struct elbow_bench_run *bench, uint64_t steps)
{
    struct elbow_engine *engine = &bench->engine;
    uint64_t in_epoch = engine->state.step % engine->plan->epoch_steps;
    if (in_epoch + steps >= engine->plan->epoch_steps)
        engine->state.step += engine->plan->epoch_steps - in_epoch;
}

static bool makes_steps(const struct elbow_bench_stage *stage)
{
    return stage->figure == ELBOW_BENCH_STEP || stage->figure == ELBOW_BENCH_TRACED;
}

// Collective. Seconds of one pass of a stage.
static double time_stage(struct elbow_bench_run *bench, const struct elbow_bench_stage *stage, int iterations)
{
    bool is_step = stage->figure == ELBOW_BENCH_STEP;
    if (makes_steps(stage))
        skip_short_batch(bench, (uint64_t)(iterations + WARM_UPS));
    if (stage->prepare != NULL)
        stage->prepare(bench);
    for (int i = 0; i < WARM_UPS; ++i)
        stage->run(bench);
    // Steps synchronise the ranks themselves. The messages of a barrier would wait behind parameters in flight, for
    // which the next step must wait.
    if (!makes_steps(stage))
        elbow_comm_barrier(bench->comm);
    uint64_t allocations = elbow_memory_count().allocations;
    struct elbow_exchange_counts before = elbow_exchange_count(bench->engine.exchange);
    struct elbow_times times = bench->engine.times;
    bench->untimed = 0;
    clock_t processor = clock();
    double start = elbow_clock_seconds();
    for (int i = 0; i < iterations; ++i)
        stage->run(bench);
    double seconds = elbow_clock_seconds() - start - bench->untimed;
    if (is_step) {
        struct elbow_exchange_counts after = elbow_exchange_count(bench->engine.exchange);
        bench->processor_seconds += (double)(clock() - processor) / CLOCKS_PER_SEC;
        bench->step_seconds += seconds;
        bench->steps += (uint64_t)iterations;
        bench->allocations += elbow_memory_count().allocations - allocations;
        bench->exchanged.bytes_read += after.bytes_read - before.bytes_read;
        bench->exchanged.bytes_sent += after.bytes_sent - before.bytes_sent;
        bench->spent[ELBOW_BENCH_SHARE_COMPUTE] += bench->engine.times.compute - times.compute;
        bench->spent[ELBOW_BENCH_SHARE_DATA] += bench->engine.times.data - times.data;
        bench->spent[ELBOW_BENCH_SHARE_EXCHANGE] +=
            after.wait_seconds + after.work_seconds - before.wait_seconds - before.work_seconds;
    }
    return seconds / iterations;
}

// Local. One pass of every stage that fills the buffers of another one.
static void run_unmeasured(struct elbow_bench_run *bench)
{
    for (int i = 0; i < ELBOW_BENCH_STAGES; ++i)
        if (elbow_bench_stages[i].prepare != NULL)
            elbow_bench_stages[i].prepare(bench);
}

// Collective. Sets the number of iterations of each stage in a round, the same on all ranks.
static void calibrate(struct elbow_bench_run *bench)
{
    for (int i = 0; i < ELBOW_BENCH_STAGES; ++i) {
        const struct elbow_bench_stage *stage = &elbow_bench_stages[i];
        double seconds = time_stage(bench, stage, 1);
        double iterations = ceil((stage->is_whole ? WHOLE_SECONDS : PART_SECONDS) / seconds);
        double most = makes_steps(stage) ? (double)bench->plan.epoch_steps - WARM_UPS - 1 : (double)ITERATIONS_MAX;
        iterations = fmax(1, fmin(iterations, most));
        elbow_comm_max(bench->comm, &iterations, 1);
        bench->iterations[stage->figure] = (int)iterations;
    }
}

// Local. A round's ratio of two of its figures.
static void set_ratio(struct elbow_bench_run *bench, int round, enum elbow_bench_figure ratio,
                      enum elbow_bench_figure over, enum elbow_bench_figure under)
{
    bench->seconds[ratio * bench->rounds + round] =
        bench->seconds[over * bench->rounds + round] / bench->seconds[under * bench->rounds + round];
}

// Collective. The first error of a stage on any rank.
static enum elbow_status check_stages(const struct elbow_bench_run *bench, struct elbow_error *error)
{
    *error = bench->trouble;
    return elbow_comm_agree(bench->comm, error);
}

// Collective. Odd rounds go backwards, so that no stage always follows the same other one.
static enum elbow_status run_rounds(struct elbow_bench_run *bench, struct elbow_error *error)
{
    for (int round = 0; round < bench->rounds; ++round) {
        if (check_stages(bench, error) != ELBOW_OK)
            return error->status;
        for (int i = 0; i < ELBOW_BENCH_STAGES; ++i) {
            const struct elbow_bench_stage *stage =
                &elbow_bench_stages[round % 2 == 0 ? i : ELBOW_BENCH_STAGES - 1 - i];
            bench->seconds[stage->figure * bench->rounds + round] =
                time_stage(bench, stage, bench->iterations[stage->figure]);
        }
        set_ratio(bench, round, ELBOW_BENCH_STEP_OVER_FLOOR, ELBOW_BENCH_STEP, ELBOW_BENCH_FLOOR);
        set_ratio(bench, round, ELBOW_BENCH_UPDATE_OVER_ALLREDUCE, ELBOW_BENCH_UPDATE, ELBOW_BENCH_ALLREDUCE);
        set_ratio(bench, round, ELBOW_BENCH_TRACED_OVER_STEP, ELBOW_BENCH_TRACED, ELBOW_BENCH_STEP);
        if (bench->reading.pages != NULL)
            set_ratio(bench, round, ELBOW_BENCH_READ_OVER_FLOOR, ELBOW_BENCH_READ, ELBOW_BENCH_READ_FLOOR);
    }
    return check_stages(bench, error);
}

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// The quantile `share` of the sorted values, interpolated linearly between neighbours.
static double quantile(const double *sorted, int count, double share)
{
    double place = share * (count - 1);
    int below = (int)place, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

// Collective. Sorts each figure's rounds, and gathers median and quartiles of all ranks.
static void summarize_times(struct elbow_bench_run *bench, struct elbow_bench_result *result)
{
    enum { KINDS = 3, VALUES = KINDS * ELBOW_BENCH_COUNT };
    double mine[VALUES];
    int ranks = result->place.size;
    for (int f = 0; f < ELBOW_BENCH_COUNT; ++f) {
        double *rounds = bench->seconds + f * bench->rounds;
        qsort(rounds, (size_t)bench->rounds, sizeof *rounds, compare);
        for (int kind = 0; kind < KINDS; ++kind)
            mine[f * KINDS + kind] = quantile(rounds, bench->rounds, 0.25 * (kind + 1));
    }
    double *all = bench->medians, *sorted = all + (size_t)ranks * VALUES;
    elbow_comm_gather_all(bench->comm, mine, VALUES, all);
    for (int f = 0; f < ELBOW_BENCH_COUNT; ++f) {
        double middle[KINDS];
        for (int kind = 0; kind < KINDS; ++kind) {
            for (int r = 0; r < ranks; ++r)
                sorted[r] = all[r * VALUES + f * KINDS + kind];
            qsort(sorted, (size_t)ranks, sizeof *sorted, compare);
            middle[kind] = quantile(sorted, ranks, 0.5);
            if (kind == 1)
                result->times[f] = (struct elbow_bench_time){.least = sorted[0], .most = sorted[ranks - 1]};
        }
        result->times[f].lower_quartile = middle[0];
        result->times[f].median = middle[1];
        result->times[f].upper_quartile = middle[2];
    }
}

// The largest memory of this process so far, from the kernel.
static uint64_t peak_of_process(void)
{
    char line[256];
    unsigned long long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmHWM: %llu", &kilobytes) != 1)
        continue;
    fclose(file);
    return kilobytes * 1024;
}

// Collective. The memory of training, measured before the benchmark allocates its own.
static void measure_memory(struct elbow_bench_run *bench, struct elbow_bench_result *result)
{
    const struct elbow_engine *engine = &bench->engine;
    double peaks[] = {(double)peak_of_process(), (double)elbow_memory_count().peak_bytes};
    elbow_comm_max(bench->comm, peaks, 2);
    result->peak_bytes = (uint64_t)peaks[0];
    result->peak_allocated = (uint64_t)peaks[1];
    result->dataset_bytes = engine->plan->train.rows.bytes + engine->plan->valid.rows.bytes;
    result->parameter_bytes = elbow_exchange_memory(engine->exchange).parameters_per_node;
}

// Local.
static enum elbow_status create_rival(const struct elbow_engine *engine, struct elbow_bench_rival *rival,
                                      struct elbow_error *error)
{
    const struct elbow_parameters *parameters = &engine->model->parameters;
    const char *what = "the benchmark's allreduce";
    enum elbow_status status = elbow_allocate(&rival->gradients, parameters->size, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&rival->parameters, parameters->size, sizeof(float), what, error);
    if (status == ELBOW_OK)
        status = elbow_optimizer_create(&engine->plan->config, parameters, parameters->size, &rival->optimizer, error);
    for (size_t i = 0; status == ELBOW_OK && i < parameters->size; ++i)
        rival->gradients[i] = 1e-3f;
    return status;
}

// Local. A zeroed struct is legal.
static void destroy_rival(struct elbow_bench_rival *rival)
{
    elbow_optimizer_destroy(&rival->optimizer);
    elbow_release(&rival->gradients);
    elbow_release(&rival->parameters);
}

// Collective. Allocates the memory of the benchmark beside the engine.
static enum elbow_status allocate_parts(struct elbow_bench_run *bench, struct elbow_bench_result *result,
                                        struct elbow_error *error)
{
    struct elbow_engine *engine = &bench->engine;
    size_t figures = ELBOW_BENCH_COUNT, ranks = (size_t)engine->plan->place.size, rows = 0;
    bench->place = elbow_sequence_place(&engine->plan->sequence, 0);
    bench->microbatches = elbow_sequence_mine(&engine->plan->sequence, &bench->place);
    for (uint64_t number = bench->microbatches.first; number < bench->microbatches.last; ++number)
        rows += elbow_bench_rows(bench, number);
    struct elbow_floor_slice slice = {.size = elbow_exchange_slice(engine->exchange)};
    slice.count = elbow_exchange_pieces(engine->exchange, &slice.pieces);
    enum elbow_status status = elbow_allocate(&bench->seconds, figures * (size_t)bench->rounds, sizeof(double),
                                              "the benchmark's rounds", error);
    if (status == ELBOW_OK)
        status =
            elbow_allocate(&bench->medians, ranks * (3 * figures + 1), sizeof(double), "the benchmark's rounds", error);
    if (status == ELBOW_OK)
        status = elbow_floor_create(&engine->plan->config, engine->model, rows, slice, &bench->floor, error);
    if (status == ELBOW_OK)
        status = elbow_engine_list_buckets(engine, ELBOW_BENCH_BUCKETS_MAX, result->bucket, &result->buckets, error);
    if (status == ELBOW_OK)
        status = elbow_track_create(&bench->track, ELBOW_TRACER_MAIN_EVENTS, error);
    if (status == ELBOW_OK)
        status = elbow_bench_reading_open(bench, error);
    if (status == ELBOW_OK)
        create_rival(engine, &bench->rival, error);
    status = elbow_comm_agree(bench->comm, error);
    if (status != ELBOW_OK)
        return status;
    engine->track = engine->model->track = &bench->track; // enabled by the stage that traces alone
    elbow_comm_trace(bench->comm, &bench->track);
    return ELBOW_OK;
}

// Collective. Computes the figures of the result over all ranks.
static void summarize(struct elbow_bench_run *bench, struct elbow_bench_result *result)
{
    const struct elbow_engine *engine = &bench->engine;
    enum { SUMS = 2 + ELBOW_BENCH_SHARES };
    double mine[SUMS] = {(double)bench->allocations, bench->floor.operations}, *all = bench->medians;
    for (int i = 0; i < ELBOW_BENCH_SHARES; ++i)
        mine[2 + i] = bench->spent[i] / bench->step_seconds;
    summarize_times(bench, result);
    elbow_comm_gather_all(bench->comm, mine, SUMS, all);
    for (int r = 0; r < result->place.size; ++r) {
        result->allocations += (uint64_t)all[SUMS * r];
        result->operations += all[SUMS * r + 1];
        for (int i = 0; i < ELBOW_BENCH_SHARES; ++i)
            result->shares[i] += all[SUMS * r + 2 + i] / result->place.size;
    }
    result->batch = engine->plan->sequence.batch;
    result->microbatch = engine->plan->sequence.microbatch;
    result->microbatches = bench->place.microbatches;
    result->parameters = elbow_parameters_trainable(&engine->model->parameters);
    result->page_bytes = bench->reading.bytes;
    result->page_stored = bench->reading.stored;
    result->rounds = bench->rounds;
    result->threads = elbow_threads_get();
    result->audit_every = engine->plan->config.run.audit;
    result->overlap = engine->plan->config.run.overlap;
    result->cores = bench->processor_seconds / bench->step_seconds;
    elbow_comm_max(bench->comm, &result->cores, 1);
    result->bytes_read = (double)bench->exchanged.bytes_read / (double)bench->steps;
    result->bytes_sent = (double)bench->exchanged.bytes_sent / (double)bench->steps;
}

// Collective. With a deadline, if there is one: checking it is a part of the time of a step.
static enum elbow_status open_engine(struct elbow_bench_run *bench, struct elbow_error *error)
{
    double start = elbow_clock_seconds();
    enum elbow_status status = elbow_engine_open(&bench->engine, &bench->plan, error);
    bench->plan.sequence.last_step = UINT64_MAX; // a benchmark takes as many steps as it needs
    if (status == ELBOW_OK)
        elbow_engine_set_deadline(&bench->engine, start);
    return status == ELBOW_OK ? elbow_engine_read(&bench->engine, error) : status;
}

enum elbow_status elbow_bench(struct elbow_comm *comm, const struct elbow_bench_request *request, struct elbow_log *log,
                              struct elbow_bench_result *result, struct elbow_error *error)
{
    ELBOW_CHECK(request->rounds >= 1);
    struct elbow_bench_run bench = {.comm = comm, .rounds = request->rounds};
    bench.plan = (struct elbow_train_plan){.comm = comm, .log = log, .config = *request->config};
    *result = (struct elbow_bench_result){0};
    enum elbow_status status = elbow_bench_find_origin(comm, &result->origin, error);
    if (status == ELBOW_OK)
        status = open_engine(&bench, error);
    if (status == ELBOW_OK)
        elbow_engine_introduce(&bench.engine, 0, 0);
    if (status == ELBOW_OK) {
        for (int i = 0; i < FIRST_STEPS && status == ELBOW_OK; ++i)
            status = elbow_engine_step(&bench.engine, error);
        measure_memory(&bench, result);
        if (status == ELBOW_OK)
            status = allocate_parts(&bench, result, error);
    }
    if (status == ELBOW_OK) {
        result->place = bench.plan.place;
        run_unmeasured(&bench);
        calibrate(&bench);
        bench.steps = bench.allocations = 0;
        bench.step_seconds = bench.processor_seconds = 0;
        bench.exchanged = (struct elbow_exchange_counts){0};
        memset(bench.spent, 0, sizeof bench.spent);
        status = run_rounds(&bench, error);
    }
    if (status == ELBOW_OK)
        summarize(&bench, result);
    elbow_release(&bench.seconds);
    elbow_release(&bench.medians);
    elbow_floor_destroy(&bench.floor);
    destroy_rival(&bench.rival);
    elbow_bench_reading_close(&bench.reading);
    elbow_comm_trace(comm, NULL);
    elbow_engine_clear(&bench.engine);
    elbow_train_plan_clear(&bench.plan);
    elbow_track_clear(&bench.track);
    return status;
}
