// SPDX-License-Identifier: BSD-3-Clause
// The fit, to the times of `update` and `optimizer` of models of several sizes on one rank, on several ranks of a node,
// and on several nodes. Each step subtracts the times that the previous ones explain. Errors are relative, so that
// small exchanges, which determine latencies, weigh as much as large ones, which determine bandwidths.
#include "model.h"

#include "elbow/base/memory.h"

#include <math.h>

void scaling_fit_two(size_t count, const double *a, const double *b, const double *y, const double *scale, double x[2])
{
    double aa = 0, ab = 0, bb = 0, ay = 0, by = 0;
    for (size_t i = 0; i < count; ++i) {
        double u = a[i] / scale[i], v = b[i] / scale[i], w = y[i] / scale[i];
        aa += u * u;
        ab += u * v;
        bb += v * v;
        ay += u * w;
        by += v * w;
    }
    static const double PARALLEL = 1e-9; // of the product of both lengths: below, the two cannot be distinguished
    double determinant = aa * bb - ab * ab;
    if (determinant > PARALLEL * aa * bb) {
        x[0] = (ay * bb - by * ab) / determinant;
        x[1] = (by * aa - ay * ab) / determinant;
        if (x[0] >= 0 && x[1] >= 0)
            return;
    }
    // On an edge: one of them is zero, whichever leaves less.
    double first = aa > 0 ? fmax(ay / aa, 0) : 0, second = bb > 0 ? fmax(by / bb, 0) : 0;
    double with_first = first * first * aa - 2 * first * ay, with_second = second * second * bb - 2 * second * by;
    x[0] = with_first < with_second ? first : 0;
    x[1] = with_first < with_second ? 0 : second;
}

// Exchanges of a kind, and the times subtracted from them: arrays side by side.
struct fitting {
    const struct scaling_samples *samples;
    enum scaling_kind kind;
    size_t count;
    double *a, *b, *y, *scale; // owned; [samples->count]
};

static bool is_exchange(const struct fitting *fitting, const struct scaling_sample *sample)
{
    return sample->mode == SCALING_EXCHANGE && sample->kind == fitting->kind && sample->ranks % sample->nodes == 0;
}

static struct scaling_load load_of(const struct scaling_sample *sample)
{
    return (struct scaling_load){.parameters = sample->parameters,
                                 .microbatches = sample->microbatches,
                                 .buckets = sample->buckets,
                                 .bucket = sample->bucket,
                                 .ranks = sample->ranks,
                                 .nodes = sample->nodes};
}

static void add_equation(struct fitting *fitting, double a, double b, double y, double scale)
{
    fitting->a[fitting->count] = a;
    fitting->b[fitting->count] = b;
    fitting->y[fitting->count] = y;
    fitting->scale[fitting->count++] = scale;
}

static void solve(struct fitting *fitting, double x[2])
{
    scaling_fit_two(fitting->count, fitting->a, fitting->b, fitting->y, fitting->scale, x);
}

// One rank: the optimiser as timed alone, and adding as the rest of `update`.
static enum elbow_status fit_arithmetic(struct fitting *fitting, struct scaling_machine *machine,
                                        struct elbow_error *error)
{
    double x[2];
    fitting->count = 0;
    for (size_t i = 0; i < fitting->samples->count; ++i) {
        const struct scaling_sample *sample = &fitting->samples->list[i];
        if (is_exchange(fitting, sample) && sample->ranks == 1)
            add_equation(fitting, (double)sample->parameters, 0, sample->optimizer_seconds, sample->update_seconds);
    }
    if (fitting->count == 0)
        return elbow_error_set(
            error, ELBOW_DATA,
            "the model is fitted to exchanges of several sizes on one rank and on more, but none were "
            "measured on one rank; elbow-scaling run --mode exchange --ranks \"1 2 ...\" adds them");
    solve(fitting, x);
    machine->optimize = x[0];
    fitting->count = 0;
    for (size_t i = 0; i < fitting->samples->count; ++i) {
        const struct scaling_sample *sample = &fitting->samples->list[i];
        double parameters = (double)sample->parameters;
        if (is_exchange(fitting, sample) && sample->ranks == 1)
            add_equation(fitting, parameters, 0, sample->update_seconds - machine->optimize * parameters,
                         sample->update_seconds);
    }
    solve(fitting, x);
    machine->add = x[0];
    return ELBOW_OK;
}

// One node with this number of ranks: the times of their meetings and of bytes from other cores.
static bool fit_members(struct fitting *fitting, const struct scaling_machine *machine, int members, double x[2])
{
    fitting->count = 0;
    for (size_t i = 0; i < fitting->samples->count; ++i) {
        const struct scaling_sample *sample = &fitting->samples->list[i];
        if (!is_exchange(fitting, sample) || sample->nodes != 1 || sample->ranks != members)
            continue;
        struct scaling_machine unit = {.optimize = machine->optimize, .add = machine->add};
        struct scaling_load load = load_of(sample);
        double known = scaling_predict(&unit, &load).inside;
        unit = (struct scaling_machine){.meet = 1};
        double meetings = scaling_predict(&unit, &load).inside;
        unit = (struct scaling_machine){.near = 1};
        double bytes = scaling_predict(&unit, &load).inside;
        add_equation(fitting, meetings, bytes, sample->update_seconds - known, sample->update_seconds);
    }
    if (fitting->count == 0)
        return false;
    solve(fitting, x);
    return true;
}

static int next_members(const struct fitting *fitting, int after)
{
    int next = 0;
    for (size_t i = 0; i < fitting->samples->count; ++i) {
        const struct scaling_sample *sample = &fitting->samples->list[i];
        if (is_exchange(fitting, sample) && sample->nodes == 1 && sample->ranks > after &&
            (next == 0 || sample->ranks < next))
            next = sample->ranks;
    }
    return next;
}

// The fewest ranks determine the rate of a core, the largest total rate of a node that of its memory, and the most
// ranks the time of a meeting.
static void fit_node(struct fitting *fitting, struct scaling_machine *machine)
{
    double x[2];
    for (int members = 1; (members = next_members(fitting, members)) != 0;) {
        if (!fit_members(fitting, machine, members, x))
            continue;
        machine->meet = x[0];
        if (machine->near == 0 || x[1] < machine->near)
            machine->near = x[1];
        if (x[1] > 0 && (double)members / x[1] > machine->bus)
            machine->bus = (double)members / x[1];
        machine->inside = SCALING_FITTED;
    }
}

static void fit_network(struct fitting *fitting, struct scaling_machine *machine)
{
    double x[2];
    fitting->count = 0;
    for (size_t i = 0; i < fitting->samples->count; ++i) {
        const struct scaling_sample *sample = &fitting->samples->list[i];
        if (!is_exchange(fitting, sample) || sample->nodes == 1)
            continue;
        struct scaling_load load = load_of(sample);
        double known = scaling_predict(machine, &load).inside;
        struct scaling_machine unit = {.latency = 1};
        double messages = scaling_predict(&unit, &load).step;
        unit = (struct scaling_machine){.wire = 1};
        double bytes = scaling_predict(&unit, &load).step;
        add_equation(fitting, messages, bytes, sample->update_seconds - known, sample->update_seconds);
    }
    if (fitting->count == 0)
        return;
    solve(fitting, x);
    machine->latency = x[0];
    machine->wire = x[1];
    machine->between = SCALING_FITTED;
}

// The deviation of the model from its samples, on one node and on several.
static void judge(const struct fitting *fitting, struct scaling_machine *machine)
{
    double squares[2] = {0, 0};
    for (size_t i = 0; i < fitting->samples->count; ++i) {
        const struct scaling_sample *sample = &fitting->samples->list[i];
        if (!is_exchange(fitting, sample))
            continue;
        struct scaling_load load = load_of(sample);
        double error = scaling_predict(machine, &load).step / sample->update_seconds - 1;
        int several = sample->nodes > 1;
        squares[several] += error * error;
        machine->exchanges[several] += 1;
    }
    for (int i = 0; i < 2; ++i)
        machine->error[i] = machine->exchanges[i] > 0 ? sqrt(squares[i] / machine->exchanges[i]) : 0;
}

enum elbow_status scaling_fit(const struct scaling_samples *samples, enum scaling_kind kind,
                              struct scaling_machine *machine, struct elbow_error *error)
{
    struct fitting fitting = {.samples = samples, .kind = kind};
    double **arrays[] = {&fitting.a, &fitting.b, &fitting.y, &fitting.scale};
    enum elbow_status status = ELBOW_OK;
    *machine = (struct scaling_machine){0};
    for (int i = 0; i < 4 && status == ELBOW_OK; ++i)
        status = elbow_allocate(arrays[i], samples->count, sizeof(double), "the fit", error);
    if (status == ELBOW_OK)
        status = fit_arithmetic(&fitting, machine, error);
    if (status == ELBOW_OK) {
        fit_node(&fitting, machine);
        fit_network(&fitting, machine);
        judge(&fitting, machine);
    }
    for (int i = 0; i < 4; ++i)
        elbow_release(arrays[i]);
    return status;
}
