// SPDX-License-Identifier: BSD-3-Clause
// elbow bench
#include "elbow/bench/bench.h"

#include "elbow/base/build.h"
#include "elbow/base/json.h"
#include "elbow/base/text.h"
#include "elbow/cli/configuration.h"
#include "elbow/math/blas.h"

#include <stddef.h>
#include <stdio.h>

enum { ROUNDS = 15 }; // where --rounds is left out

// Used without a configuration: a common model, on noise: a random word for each value, as for binarised images.
static const char *const DEFAULT_TEXT = "data: {synthetic: 65536, shape: [28, 28], binarize: threshold}\n"
                                        "model:\n"
                                        "  latent: 20\n"
                                        "  encoder: [dense: {units: 512, activation: relu}, "
                                        "dense: {units: 256, activation: relu}]\n"
                                        "  decoder: [dense: {units: 256, activation: relu}, "
                                        "dense: {units: 512, activation: relu}]\n"
                                        "train: {batch: 256, microbatch: 64}\n";

static double samples_per_second(const struct elbow_bench_result *result)
{
    return (double)result->batch / result->times[ELBOW_BENCH_STEP].median;
}

static double gigaflops(const struct elbow_bench_result *result)
{
    return result->operations / result->times[ELBOW_BENCH_STEP].median * 1e-9;
}

// Bytes of the exchange over its time.
static double bandwidth(const struct elbow_bench_result *result)
{
    return (result->bytes_read + result->bytes_sent) / result->times[ELBOW_BENCH_EXCHANGE].median;
}

// True if a figure was measured: pages are read only if they are not all in memory.
static bool has_figure(const struct elbow_bench_result *result, int figure)
{
    return result->page_bytes > 0 || (figure != ELBOW_BENCH_READ && figure != ELBOW_BENCH_READ_FLOOR);
}

// Bytes per second, of pages as they are in memory.
static double read_rate(const struct elbow_bench_result *result)
{
    return (double)result->page_bytes / result->times[ELBOW_BENCH_READ].median;
}

static double floor_rate(const struct elbow_bench_result *result)
{
    return (double)result->page_stored / result->times[ELBOW_BENCH_READ_FLOOR].median;
}

// The share of a step that safety takes on average: its agreement, and its part of an audit.
static double safety_share(const struct elbow_bench_result *result)
{
    double seconds = result->times[ELBOW_BENCH_AGREEMENT].median;
    if (result->audit_every > 0)
        seconds += result->times[ELBOW_BENCH_AUDIT].median / (double)result->audit_every;
    return seconds / result->times[ELBOW_BENCH_STEP].median;
}

static void print_time(const struct elbow_bench_result *result, enum elbow_bench_figure figure)
{
    const struct elbow_bench_time *time = &result->times[figure];
    printf("%-16s %10.4f %10.4f %10.4f %9.1f%%", elbow_bench_name(figure), time->median * 1e3,
           time->lower_quartile * 1e3, time->upper_quartile * 1e3,
           100 * time->median / result->times[ELBOW_BENCH_STEP].median);
    if (result->place.size > 1)
        printf(" %10.4f %10.4f", time->least * 1e3, time->most * 1e3);
    putchar('\n');
}

static void print_ratio(const char *name, const struct elbow_bench_time *ratio)
{
    printf("%-18s %.3f (quartiles %.3f, %.3f)\n", name, ratio->median, ratio->lower_quartile, ratio->upper_quartile);
}

static void print_table(const struct elbow_bench_result *result)
{
    printf("batch %llu in %s of %llu, %llu parameters, %d rank%s on %d node%s, "
           "%d thread%s per rank, %d rounds\n\n",
           (unsigned long long)result->batch, elbow_text_count(result->microbatches, "microbatch").text,
           (unsigned long long)result->microbatch, (unsigned long long)result->parameters, result->place.size,
           result->place.size == 1 ? "" : "s", result->place.nodes, result->place.nodes == 1 ? "" : "s",
           result->threads, result->threads == 1 ? "" : "s", result->rounds);
    printf("%-16s %10s %10s %10s %10s", "milliseconds", "median", "quartile", "quartile", "of step");
    if (result->place.size > 1)
        printf(" %10s %10s", "least rank", "most rank");
    putchar('\n');
    for (int figure = 0; figure < ELBOW_BENCH_STEP_OVER_FLOOR; ++figure)
        if (has_figure(result, figure))
            print_time(result, (enum elbow_bench_figure)figure);
    putchar('\n');
    print_ratio("step / floor", &result->times[ELBOW_BENCH_STEP_OVER_FLOOR]);
    print_ratio("update / allreduce", &result->times[ELBOW_BENCH_UPDATE_OVER_ALLREDUCE]);
    print_ratio("traced / step", &result->times[ELBOW_BENCH_TRACED_OVER_STEP]);
    if (result->page_bytes > 0) {
        print_ratio("read / read_floor", &result->times[ELBOW_BENCH_READ_OVER_FLOOR]);
        printf("pages              %s each, %.1f MB/s by a rank; the floor reads %s, %.1f MB/s\n",
               elbow_text_bytes(result->page_bytes).text, read_rate(result) * 1e-6,
               elbow_text_bytes(result->page_stored).text, floor_rate(result) * 1e-6);
    }
    printf("safety             %.4f%% of a step: agreement", 100 * safety_share(result));
    if (result->audit_every > 0)
        printf(", and an audit every %lld steps", (long long)result->audit_every);
    putchar('\n');
    printf("samples/s          %.0f\n", samples_per_second(result));
    printf("gflop/s            %.1f\n", gigaflops(result));
    printf("exchange           %s read and %s sent per step, %.2f GB/s\n",
           elbow_text_bytes((uint64_t)result->bytes_read).text, elbow_text_bytes((uint64_t)result->bytes_sent).text,
           bandwidth(result) * 1e-9);
    printf("cores busy         %.2f per rank\n", result->cores);
    printf("peak memory        %s per rank, with %s of it allocated; per node: dataset %s, parameters %s\n",
           elbow_text_bytes(result->peak_bytes).text, elbow_text_bytes(result->peak_allocated).text,
           elbow_text_bytes(result->dataset_bytes).text, elbow_text_bytes(result->parameter_bytes).text);
    printf("allocations        %llu after the first step\n", (unsigned long long)result->allocations);
}

static void print_json_time(struct elbow_json *json, const char *key, const struct elbow_bench_result *result,
                            enum elbow_bench_figure figure)
{
    const struct elbow_bench_time *time = &result->times[figure];
    elbow_json_open(json, key, '{');
    elbow_json_number(json, "median", time->median);
    elbow_json_number(json, "lower_quartile", time->lower_quartile);
    elbow_json_number(json, "upper_quartile", time->upper_quartile);
    elbow_json_number(json, "least_rank", time->least);
    elbow_json_number(json, "most_rank", time->most);
    if (figure < ELBOW_BENCH_STEP_OVER_FLOOR)
        elbow_json_number(json, "share", time->median / result->times[ELBOW_BENCH_STEP].median);
    elbow_json_close(json, '}');
}

static void print_json_origin(struct elbow_json *json, const struct elbow_bench_result *result)
{
    static const char *const shares[ELBOW_BENCH_SHARES] = {"compute", "exchange", "data"};
    char build[256];
    elbow_text_format(build, sizeof build, "elbow %s %s", elbow_build_version(), elbow_build_id());
    elbow_json_text(json, "started", result->origin.started);
    elbow_json_text(json, "hosts", result->origin.hosts);
    elbow_json_text(json, "processor", result->origin.processor);
    elbow_json_text(json, "build", build);
    elbow_json_text(json, "build_flags", elbow_build_flags());
    elbow_json_text(json, "blas", elbow_blas_describe());
    elbow_json_open(json, "step_shares", '{');
    for (int i = 0; i < ELBOW_BENCH_SHARES; ++i)
        elbow_json_number(json, shares[i], result->shares[i]);
    elbow_json_close(json, '}');
    elbow_json_open(json, "buckets", '[');
    for (int k = 0; k < result->buckets; ++k)
        elbow_json_integer(json, NULL, (int64_t)result->bucket[k]);
    elbow_json_close(json, ']');
}

static void print_json(const struct elbow_bench_result *result)
{
    struct elbow_json json = {.out = stdout};
    const struct elbow_bench_time *times = result->times;
    elbow_json_open(&json, NULL, '{');
    elbow_json_integer(&json, "ranks", result->place.size);
    elbow_json_integer(&json, "nodes", result->place.nodes);
    elbow_json_integer(&json, "threads", result->threads);
    elbow_json_integer(&json, "batch", (int64_t)result->batch);
    elbow_json_integer(&json, "microbatch", (int64_t)result->microbatch);
    elbow_json_integer(&json, "parameters", (int64_t)result->parameters);
    elbow_json_integer(&json, "rounds", result->rounds);
    elbow_json_integer(&json, "microbatches", (int64_t)result->microbatches);
    print_json_origin(&json, result);
    elbow_json_number(&json, "samples_per_s", samples_per_second(result));
    elbow_json_number(&json, "step_seconds", times[ELBOW_BENCH_STEP].median);
    elbow_json_number(&json, "floor_seconds", times[ELBOW_BENCH_FLOOR].median);
    elbow_json_number(&json, "step_over_floor", times[ELBOW_BENCH_STEP_OVER_FLOOR].median);
    elbow_json_number(&json, "fraction_of_floor", 1 / times[ELBOW_BENCH_STEP_OVER_FLOOR].median);
    elbow_json_number(&json, "update_seconds", times[ELBOW_BENCH_UPDATE].median);
    elbow_json_number(&json, "allreduce_seconds", times[ELBOW_BENCH_ALLREDUCE].median);
    elbow_json_number(&json, "update_over_allreduce", times[ELBOW_BENCH_UPDATE_OVER_ALLREDUCE].median);
    elbow_json_number(&json, "traced_over_step", times[ELBOW_BENCH_TRACED_OVER_STEP].median);
    if (result->page_bytes > 0) {
        elbow_json_integer(&json, "page_bytes", (int64_t)result->page_bytes);
        elbow_json_integer(&json, "page_stored_bytes", (int64_t)result->page_stored);
        elbow_json_number(&json, "read_bytes_per_s", read_rate(result));
        elbow_json_number(&json, "read_floor_bytes_per_s", floor_rate(result));
        elbow_json_number(&json, "read_over_floor", times[ELBOW_BENCH_READ_OVER_FLOOR].median);
    }
    elbow_json_integer(&json, "audit_every", result->audit_every);
    elbow_json_integer(&json, "overlap", result->overlap);
    elbow_json_number(&json, "safety_share", safety_share(result));
    elbow_json_number(&json, "gflops", gigaflops(result));
    elbow_json_number(&json, "exchange_bytes_read", result->bytes_read);
    elbow_json_number(&json, "exchange_bytes_sent", result->bytes_sent);
    elbow_json_number(&json, "exchange_bytes_per_s", bandwidth(result));
    elbow_json_number(&json, "cores_busy", result->cores);
    elbow_json_integer(&json, "peak_bytes", (int64_t)result->peak_bytes);
    elbow_json_integer(&json, "peak_allocated_bytes", (int64_t)result->peak_allocated);
    elbow_json_integer(&json, "dataset_bytes", (int64_t)result->dataset_bytes);
    elbow_json_integer(&json, "parameter_bytes", (int64_t)result->parameter_bytes);
    elbow_json_integer(&json, "allocations_after_first_step", (int64_t)result->allocations);
    elbow_json_open(&json, "seconds", '{');
    for (int figure = 0; figure < ELBOW_BENCH_STEP_OVER_FLOOR; ++figure)
        if (has_figure(result, figure))
            print_json_time(&json, elbow_bench_name((enum elbow_bench_figure)figure), result,
                            (enum elbow_bench_figure)figure);
    elbow_json_close(&json, '}');
    print_json_time(&json, "update_over_allreduce_spread", result, ELBOW_BENCH_UPDATE_OVER_ALLREDUCE);
    print_json_time(&json, "traced_over_step_spread", result, ELBOW_BENCH_TRACED_OVER_STEP);
    if (result->page_bytes > 0)
        print_json_time(&json, "read_over_floor_spread", result, ELBOW_BENCH_READ_OVER_FLOOR);
    print_json_time(&json, "step_over_floor_spread", result, ELBOW_BENCH_STEP_OVER_FLOOR);
    elbow_json_close(&json, '}');
}

// Collective.
static enum elbow_status read_configuration(struct elbow_call *call, const char *path, const struct elbow_words *sets,
                                            struct elbow_config *config, struct elbow_error *error)
{
    if (path != NULL) {
        enum elbow_status status = elbow_configuration_read(call->comm, path, sets, config, error);
        if (status == ELBOW_OK && elbow_config_has_classifier(config))
            return elbow_error_set(error, ELBOW_CONFIG,
                                   "%.200s: model.classifier: bench times models without one; add --set "
                                   "model.classifier=[] (and data.labelled=0)",
                                   path);
        return status;
    }
    *error = (struct elbow_error){0};
    elbow_configuration_parse("bench", DEFAULT_TEXT, sets, config, error);
    return elbow_configuration_agree(call->comm, "bench", config, error);
}

// The options on the command line.
struct options {
    const char *path;
    struct elbow_words sets;
    int64_t rounds;
    bool json;
};

static const struct elbow_flag flags[] = {
    {.kind = ELBOW_FLAG_TEXT,
     .value = "CONFIG",
     .help = "a configuration (784-512-256-20 on noise)",
     .offset = offsetof(struct options, path)},
    ELBOW_ROW_SET(offsetof(struct options, sets)),
    {.name = "rounds",
     .kind = ELBOW_FLAG_INTEGER,
     .value = "N",
     .help = "number of rounds; the median counts (15)",
     .offset = offsetof(struct options, rounds),
     .least = 1},
    ELBOW_ROW_JSON(offsetof(struct options, json)),
};

static enum elbow_status read_flags(const struct elbow_call *call, struct options *options, struct elbow_error *error)
{
    enum elbow_status status = elbow_flags_read(call, options, error);
    if (status == ELBOW_OK && options->rounds > ELBOW_BENCH_ROUNDS_MAX)
        status = elbow_error_set(error, ELBOW_USAGE, "bench: --rounds %lld: at most %d", (long long)options->rounds,
                                 ELBOW_BENCH_ROUNDS_MAX);
    return status;
}

static void preview(const struct elbow_call *call, char *note)
{
    struct options options = {.rounds = ROUNDS};
    struct elbow_error error = {0};
    if (read_flags(call, &options, &error) == ELBOW_OK && options.path != NULL)
        elbow_configuration_preview(options.path, &options.sets, note);
}

static enum elbow_status run(struct elbow_call *call, struct elbow_error *error)
{
    struct options options = {.rounds = ROUNDS};
    enum elbow_status status = read_flags(call, &options, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_config config;
    status = read_configuration(call, options.path, &options.sets, &config, error);
    if (status != ELBOW_OK)
        return status;
    struct elbow_bench_result result;
    struct elbow_bench_request request = {.config = &config, .rounds = (int)options.rounds};
    status = elbow_bench(call->comm, &request, call->log, &result, error);
    if (status != ELBOW_OK || elbow_comm_place(call->comm).rank != 0)
        return status;
    if (options.json)
        print_json(&result);
    else
        print_table(&result);
    return ELBOW_OK;
}

const struct elbow_command elbow_command_bench = {
    .name = "bench",
    .summary = "time a training step and its parts",
    .text = "Measures the time of a training step of the configuration, of its parts, and of its floor: its matrix\n"
            "products and one pass of the optimiser. Writes no files.\n",
    .examples = "elbow bench\n"
                "mpirun -n 8 elbow bench configs/mnist-mlp.yaml --set train.batch=1024 --json\n",
    .flags = flags,
    .flag_count = sizeof flags / sizeof *flags,
    .result_on_stdout = true,
    .run = run,
    .preview = preview,
};
