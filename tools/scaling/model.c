// SPDX-License-Identifier: BSD-3-Clause
// The subcommand `model`: fits a machine to the measured exchanges, takes the time of a microbatch from the measured
// steps, and predicts. Its output, also in model.txt, begins with its inputs; each line of a prediction is marked so.
#include "model.h"

#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RANKS_MOST = 4096 }; // where --ranks does not say
static const double LATENCY_ASSUMED = 1.5e-6, BANDWIDTH_ASSUMED = 12.5e9;

// The time of a microbatch with this number of ranks on a node.
struct cost {
    int members;
    double microbatch, forward, backward;
};

struct modelling {
    const struct scaling_options *options;
    const struct scaling_samples *samples;
    const struct scaling_table *measured;
    struct scaling_machine machine;
    struct scaling_table predicted;     // owned
    const struct scaling_sample *first; // the fewest ranks of a measured step
    int per_node, cost_count;
    struct cost costs[SCALING_LIST_MAX];
    double *values; // owned; [samples->count]
    FILE *out;
};

static bool is_step(const struct scaling_sample *sample)
{
    return sample->kind == SCALING_MEASURED && sample->mode != SCALING_EXCHANGE && sample->ranks % sample->nodes == 0;
}

static double busiest_of(const struct scaling_sample *sample)
{
    return ceil((double)sample->microbatches / (double)sample->ranks);
}

// The median over all measured steps with this number of ranks on a node.
static struct cost cost_of(const struct modelling *modelling, int members)
{
    struct cost cost = {.members = members};
    double *figures[] = {&cost.microbatch, &cost.forward, &cost.backward};
    for (int part = 0; part < 3; ++part) {
        size_t count = 0;
        for (size_t i = 0; i < modelling->samples->count; ++i) {
            const struct scaling_sample *sample = &modelling->samples->list[i];
            const double seconds[] = {sample->compute_seconds, sample->forward_seconds, sample->backward_seconds};
            if (is_step(sample) && sample->ranks / sample->nodes == members)
                modelling->values[count++] = seconds[part] / busiest_of(sample);
        }
        *figures[part] = scaling_spread_of(modelling->values, count).median;
    }
    return cost;
}

static enum elbow_status find_costs(struct modelling *modelling, struct elbow_error *error)
{
    for (int members = 0, next; modelling->cost_count < SCALING_LIST_MAX; members = next) {
        next = 0;
        for (size_t i = 0; i < modelling->samples->count; ++i) {
            const struct scaling_sample *sample = &modelling->samples->list[i];
            int own = sample->ranks / sample->nodes;
            if (is_step(sample) && own > members && (next == 0 || own < next))
                next = own;
            if (is_step(sample) && (modelling->first == NULL || sample->ranks < modelling->first->ranks))
                modelling->first = sample;
        }
        if (next == 0)
            break;
        modelling->costs[modelling->cost_count++] = cost_of(modelling, next);
    }
    if (modelling->cost_count > 0)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA, "%s: contains no measured steps (elbow-scaling run makes them)",
                           modelling->options->directory);
}

// The nearest number of ranks on a node, from below, whose cost was measured.
static const struct cost *known_cost(const struct modelling *modelling, int members)
{
    const struct cost *found = &modelling->costs[0];
    for (int i = 1; i < modelling->cost_count && modelling->costs[i].members <= members; ++i)
        found = &modelling->costs[i];
    return found;
}

// Figures of the network that were not measured come from the command line, or are assumed, and are marked so.
static void complete_machine(struct modelling *modelling)
{
    struct scaling_machine *machine = &modelling->machine;
    const struct scaling_options *options = modelling->options;
    if (machine->between == SCALING_UNKNOWN) {
        machine->latency = LATENCY_ASSUMED;
        machine->wire = 1 / BANDWIDTH_ASSUMED;
        machine->between = SCALING_ASSUMED;
    }
    if (options->latency > 0)
        machine->latency = options->latency;
    if (options->bandwidth > 0)
        machine->wire = 1 / options->bandwidth;
}

static void print_bandwidth(FILE *out, const char *what, double bytes_per_s)
{
    if (isfinite(bytes_per_s) && bytes_per_s > 0)
        fprintf(out, "  %-44s %10.3f GB/s", what, bytes_per_s * 1e-9);
    else
        fprintf(out, "  %-44s %10s     ", what, "no limit");
}

static void print_inputs(const struct modelling *modelling)
{
    static const char *const sources[] = {"not known", "fitted", "given on the command line", "ASSUMED"};
    const struct scaling_machine *machine = &modelling->machine;
    FILE *out = modelling->out;
    const char *inside = sources[machine->inside], *given = sources[SCALING_GIVEN],
               *between = sources[machine->between];
    const char *latency = modelling->options->latency > 0 ? given : between;
    const char *bandwidth = modelling->options->bandwidth > 0 ? given : between;
    fprintf(out, "Inputs of the model\n");
    fprintf(out, "  %-44s %10.3f ns  fitted\n", "gamma, the optimiser, per parameter", machine->optimize * 1e9);
    fprintf(out, "  %-44s %10.3f ns  fitted\n", "gamma, adding, per parameter and term", machine->add * 1e9);
    fprintf(out, "  %-44s %10.3f us  %s\n", "alpha inside a node, per meeting and other rank", machine->meet * 1e6,
            inside);
    print_bandwidth(out, "1/beta inside a node, per rank", machine->near > 0 ? 1 / machine->near : 0);
    fprintf(out, "  %s\n", inside);
    print_bandwidth(out, "memory bus, all ranks of a node", machine->bus);
    fprintf(out, "  %s (the largest measured)\n", inside);
    fprintf(out, "  %-44s %10.3f us  %s\n", "alpha between nodes, per message", machine->latency * 1e6, latency);
    print_bandwidth(out, "1/beta between nodes, per node, each way", machine->wire > 0 ? 1 / machine->wire : 0);
    fprintf(out, "  %s\n", bandwidth);
    for (int i = 0; i < 2; ++i)
        if (machine->exchanges[i] > 0)
            fprintf(out, "  fitted to %d exchanges on %s: root mean square error %.0f%%\n", machine->exchanges[i],
                    i == 0 ? "one node" : "several nodes", 100 * machine->error[i]);
    for (int i = 0; i < modelling->cost_count; ++i)
        fprintf(out,
                "  measured: a microbatch of %llu takes %.4f ms, %.4f ms of it forward and %.4f ms backward, with %d "
                "rank%s on a node\n",
                (unsigned long long)modelling->first->microbatch, modelling->costs[i].microbatch * 1e3,
                modelling->costs[i].forward * 1e3, modelling->costs[i].backward * 1e3, modelling->costs[i].members,
                modelling->costs[i].members == 1 ? "" : "s");
    fprintf(out, "  %llu parameters; between two nodes in %d bucket%s\n",
            (unsigned long long)modelling->first->parameters, modelling->first->buckets,
            modelling->first->buckets == 1 ? "" : "s");
    fprintf(out, "  predictions have %d rank%s on a node\n", modelling->per_node, modelling->per_node == 1 ? "" : "s");
    if (modelling->per_node > modelling->costs[modelling->cost_count - 1].members)
        fprintf(out, "  ASSUMED: a microbatch takes no longer with %d ranks on a node than with %d\n",
                modelling->per_node, modelling->costs[modelling->cost_count - 1].members);
}

static struct scaling_load load_of(const struct modelling *modelling, int ranks, int nodes, uint64_t microbatches)
{
    const struct cost *cost = known_cost(modelling, ranks / nodes);
    double busiest = ceil((double)microbatches / (double)ranks);
    return (struct scaling_load){.parameters = modelling->first->parameters,
                                 .microbatches = microbatches,
                                 .buckets = modelling->first->buckets,
                                 .bucket = modelling->first->bucket,
                                 .ranks = ranks,
                                 .nodes = nodes,
                                 .microbatch = cost->microbatch,
                                 .forward = cost->forward,
                                 .backward = cost->backward,
                                 .slots = (int)fmin((double)modelling->first->overlap, busiest)};
}

// The model and the measured or simulated steps of the same points. A simulation computes at another rate, so only the
// time besides computing can be compared there.
static void print_check(const struct modelling *modelling)
{
    FILE *out = modelling->out;
    fprintf(out,
            "\nThe model and the steps, to which it was not fitted; milliseconds; other: neither computing nor data\n");
    fprintf(out, "%-10s %-7s %6s %6s %10s %15s %10s %16s\n", "kind", "mode", "nodes", "ranks", "step",
            "step, predicted", "other", "other, predicted");
    for (size_t i = 0; i < modelling->measured->count; ++i) {
        const struct scaling_row *row = &modelling->measured->rows[i];
        if (row->ranks % row->nodes != 0)
            continue;
        struct scaling_load load = load_of(modelling, row->ranks, row->nodes, row->microbatches);
        struct scaling_times times = scaling_predict(&modelling->machine, &load);
        // Steps count the optimiser as computing.
        double optimizer = modelling->machine.optimize * (double)row->parameters / (double)row->ranks;
        fprintf(out, "%-10s %-7s %6d %6d %10.3f %15.3f %10.3f %16.3f\n", scaling_kind_name(row->kind),
                scaling_mode_name(row->mode), row->nodes, row->ranks, row->step.median * 1e3, times.step * 1e3,
                row->step.median * (1 - row->compute - row->data) * 1e3,
                (times.step - times.compute - optimizer) * 1e3);
    }
}

static void print_row(FILE *out, const struct scaling_row *row, struct scaling_times times)
{
    fprintf(out, "predicted %6d %6d %10.3f %11.0f %9.1f %9.1f%% %8.3f %8.3f %8.3f (%7.3f) %8.3f %8.3f\n", row->nodes,
            row->ranks, times.step * 1e3, row->samples_per_s.median, row->speedup.median, 100 * row->efficiency.median,
            times.compute * 1e3, times.inside * 1e3, times.gradients * 1e3, times.hidden * 1e3, times.parameters * 1e3,
            times.collectives * 1e3);
}

static enum elbow_status predict_point(struct modelling *modelling, enum scaling_mode mode, int ranks, size_t base,
                                       struct elbow_error *error)
{
    const struct scaling_sample *first = modelling->first;
    int nodes = ranks <= modelling->per_node ? 1 : ranks / modelling->per_node;
    uint64_t batch = first->batch, microbatches = first->microbatches;
    if (mode == SCALING_WEAK) {
        batch = first->batch * (uint64_t)ranks / (uint64_t)first->ranks;
        microbatches = (batch + first->microbatch - 1) / first->microbatch;
    }
    if (ranks % nodes != 0 || (uint64_t)ranks > microbatches)
        return ELBOW_OK;
    struct scaling_load load = load_of(modelling, ranks, nodes, microbatches);
    struct scaling_times times = scaling_predict(&modelling->machine, &load);
    struct scaling_row *row = scaling_table_add(&modelling->predicted, error);
    if (row == NULL)
        return error->status;
    *row = (struct scaling_row){.kind = SCALING_PREDICTED,
                                .cores_busy = NAN,
                                .mode = mode,
                                .ranks = ranks,
                                .nodes = nodes,
                                .threads = first->threads,
                                .batch = batch,
                                .microbatch = first->microbatch,
                                .microbatches = microbatches,
                                .parameters = first->parameters,
                                .step = {.median = times.step},
                                .samples_per_s = {.median = (double)batch / times.step},
                                .compute = times.compute / times.step,
                                .exchange = 1 - times.compute / times.step,
                                .compute_seconds = times.compute,
                                .update_seconds = times.step - times.compute};
    const struct scaling_row *from = &modelling->predicted.rows[base];
    row->speedup.median = row->samples_per_s.median / from->samples_per_s.median;
    row->efficiency.median = row->speedup.median * (double)from->ranks / (double)ranks;
    print_row(modelling->out, row, times);
    return ELBOW_OK;
}

// The end of the predicted series, and the reason.
static void explain(const struct modelling *modelling, enum scaling_mode mode)
{
    struct scaling_series series = scaling_series_of(&modelling->predicted, SCALING_PREDICTED, mode);
    if (series.count < 2)
        return;
    const struct scaling_row *last = &series.rows[series.count - 1];
    size_t knee = scaling_knee(series);
    fprintf(modelling->out, "Predicted: ");
    if (knee + 1 == series.count) {
        fprintf(modelling->out, "no knee up to %d ranks", last->ranks);
    } else {
        const struct scaling_row *at = &series.rows[knee], *next = at + 1;
        struct scaling_load load = load_of(modelling, next->ranks, next->nodes, next->microbatches);
        struct scaling_times times = scaling_predict(&modelling->machine, &load);
        const struct {
            double seconds;
            const char *why;
        } parts[] = {{times.inside, "adding, updating and sharing inside a node"},
                     {times.gradients, "gradients between nodes that the backward pass does not hide"},
                     {times.parameters, "new parameters between nodes that the forward pass does not hide"},
                     {times.collectives, "statistics and norms of all ranks"}};
        size_t most = 0;
        for (size_t i = 1; i < sizeof parts / sizeof *parts; ++i)
            if (parts[i].seconds > parts[most].seconds)
                most = i;
        fprintf(modelling->out, "the knee is at %d rank%s; beyond it the time besides computing is mainly %s",
                at->ranks, at->ranks == 1 ? "" : "s", parts[most].why);
    }
    if (mode == SCALING_STRONG)
        fprintf(modelling->out, "; a batch of %llu makes %llu microbatches, so at most %llu ranks can share it",
                (unsigned long long)last->batch, (unsigned long long)last->microbatches,
                (unsigned long long)last->microbatches);
    fprintf(modelling->out, ".\n");
}

static int compare(const void *left, const void *right)
{
    int a = *(const int *)left, b = *(const int *)right;
    return (a > b) - (a < b);
}

static enum elbow_status predict_series(struct modelling *modelling, enum scaling_mode mode, struct elbow_error *error)
{
    struct scaling_list ranks = modelling->options->ranks;
    size_t base = modelling->predicted.count;
    int first = modelling->first->ranks; // of the measured steps: the base of the speed-up
    enum elbow_status status = ELBOW_OK;
    fprintf(modelling->out,
            "\n%s scaling, predicted; milliseconds; gradients and parameters: not hidden by computing (hidden)\n",
            scaling_mode_name(mode));
    fprintf(modelling->out, "%-9s %6s %6s %10s %11s %9s %10s %8s %8s %18s %8s %8s\n", "kind", "nodes", "ranks", "step",
            "samples/s", "speed-up", "efficiency", "compute", "inside", "gradients", "parameters", "collect.");
    for (int many = 2 * first; modelling->options->ranks.count == 0 && many <= RANKS_MOST; many *= 2)
        ranks.values[ranks.count++] = many;
    qsort(ranks.values, (size_t)ranks.count, sizeof *ranks.values, compare);
    status = predict_point(modelling, mode, first, base, error);
    for (int i = 0; i < ranks.count && status == ELBOW_OK; ++i)
        if (ranks.values[i] > first)
            status = predict_point(modelling, mode, ranks.values[i], base, error);
    if (status == ELBOW_OK)
        explain(modelling, mode);
    return status;
}

static enum elbow_status choose_per_node(struct modelling *modelling, struct elbow_error *error)
{
    modelling->per_node = modelling->costs[modelling->cost_count - 1].members;
    if (modelling->options->per_node > 0)
        modelling->per_node = modelling->options->per_node;
    if (modelling->per_node == 1 || modelling->machine.inside != SCALING_UNKNOWN)
        return ELBOW_OK;
    return elbow_error_set(
        error, ELBOW_DATA,
        "no exchange of several ranks on one node was measured, which the model needs for %d ranks on "
        "a node; elbow-scaling run --mode exchange --ranks \"1 2 ...\" adds them",
        modelling->per_node);
}

static enum elbow_status model(struct modelling *modelling, struct elbow_error *error)
{
    enum elbow_status status = find_costs(modelling, error);
    if (status == ELBOW_OK)
        status = scaling_fit(modelling->samples, SCALING_MEASURED, &modelling->machine, error);
    if (status == ELBOW_OK)
        status = choose_per_node(modelling, error);
    if (status != ELBOW_OK)
        return status;
    complete_machine(modelling);
    print_inputs(modelling);
    print_check(modelling);
    for (int mode = 0; mode < SCALING_EXCHANGE && status == ELBOW_OK; ++mode)
        status = predict_series(modelling, (enum scaling_mode)mode, error);
    return status;
}

// Writes the text and the table, then prints the text.
static enum elbow_status publish(const struct modelling *modelling, const char *text, size_t size,
                                 struct elbow_error *error)
{
    elbow_path path;
    const char *directory = modelling->options->directory;
    if (!elbow_text_format(path, sizeof path, "%s/model.txt", directory))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", directory);
    enum elbow_status status = scaling_publish(path, text, size, modelling->options->force, error);
    elbow_text_format(path, sizeof path, "%s/prediction.csv", directory);
    if (status == ELBOW_OK)
        status = scaling_table_write(&modelling->predicted, path, modelling->options->force, error);
    if (status != ELBOW_OK)
        return status;
    fwrite(text, 1, size, stdout);
    elbow_text_print(stdout, "\ntable of what is predicted: %s\n", path);
    return ELBOW_OK;
}

enum elbow_status scaling_model(const struct scaling_options *options, struct elbow_error *error)
{
    struct scaling_samples samples;
    struct scaling_table measured = {0};
    struct modelling modelling = {.options = options, .samples = &samples, .measured = &measured};
    char *text = NULL;
    size_t size = 0;
    enum elbow_status status = scaling_samples_read(options->directory, &samples, error);
    if (status != ELBOW_OK)
        return status;
    status = scaling_table_make(&samples, &measured, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&modelling.values, samples.count, sizeof *modelling.values, "the model", error);
    if (status == ELBOW_OK && (modelling.out = open_memstream(&text, &size)) == NULL)
        status = elbow_error_set(error, ELBOW_MEMORY, "the model: %s", strerror(errno));
    if (status == ELBOW_OK) {
        status = model(&modelling, error);
        if (fclose(modelling.out) != 0 && status == ELBOW_OK)
            status = elbow_error_set(error, ELBOW_MEMORY, "no memory for what the model says");
        if (status == ELBOW_OK)
            status = publish(&modelling, text, size, error);
    }
    free(text);
    elbow_release(&modelling.values);
    scaling_table_clear(&modelling.predicted);
    scaling_table_clear(&measured);
    scaling_samples_clear(&samples);
    return status;
}
