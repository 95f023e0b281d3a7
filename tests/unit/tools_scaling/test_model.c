// SPDX-License-Identifier: BSD-3-Clause
#include "scaling/model.h"

#include "unit.h"

#include <math.h>
#include <string.h>

// Rounding of sums of some ten terms; and of a fit, whose equations lose some digits.
static const double ROUNDING = 1e-9, FITTED = 1e-5;

// Parameters of two buckets, and of both: blocks that two, three, four and eight owners can share evenly.
enum { FIRST = 144 * 4096, SECOND = 96 * 4096, ALL = FIRST + SECOND };
static const uint64_t TWO[] = {FIRST, SECOND};

static struct scaling_load load(int ranks, int nodes)
{
    return (struct scaling_load){.parameters = ALL,
                                 .microbatches = 64,
                                 .buckets = 2,
                                 .bucket = TWO,
                                 .ranks = ranks,
                                 .nodes = nodes,
                                 .microbatch = 0.01,
                                 .slots = 1};
}

static double step(struct scaling_machine machine, struct scaling_load load)
{
    return scaling_predict(&machine, &load).step;
}

START_TEST(compute_is_that_of_the_busiest_rank)
{
    ck_assert_double_eq_tol(step((struct scaling_machine){0}, load(1, 1)), 0.64, ROUNDING);
    ck_assert_double_eq_tol(step((struct scaling_machine){0}, load(4, 1)), 0.16, ROUNDING);
    ck_assert_double_eq_tol(step((struct scaling_machine){0}, load(3, 1)), 0.22, ROUNDING); // 21, 21 and 22 of 64
}
END_TEST

START_TEST(each_cost_counts_by_itself)
{
    struct scaling_load one = load(1, 1), four = load(4, 1), nodes = load(8, 4);
    one.microbatch = four.microbatch = nodes.microbatch = 0;
    // The optimiser passes over a slice.
    struct scaling_machine optimize = {.optimize = 1e-9};
    ck_assert_double_eq_tol(step(optimize, one), 1e-9 * ALL, ROUNDING);
    ck_assert_double_eq_tol(step(optimize, nodes), 1e-9 * ALL / 8, ROUNDING);
    // Four ranks of a node have a subtree each: a slice of a quarter, four terms. On four nodes an owner adds the two
    // of its node and one of each other, and its node's messages hold three quarters of all.
    struct scaling_machine add = {.add = 1e-9};
    ck_assert_double_eq_tol(step(add, one), 1e-9 * ALL, ROUNDING);
    ck_assert_double_eq_tol(step(add, four), 1e-9 * ALL, ROUNDING);
    ck_assert_double_eq_tol(step(add, nodes), 1e-9 * ALL * (5.0 / 8 + 3.0 / 4), ROUNDING);
    // Three meetings, each with all others of the node.
    struct scaling_machine meet = {.meet = 1e-6};
    ck_assert_double_eq_tol(step(meet, one), 0, ROUNDING);
    ck_assert_double_eq_tol(step(meet, four), 9e-6, ROUNDING);
    ck_assert_double_eq_tol(step(meet, nodes), 3e-6, ROUNDING);
    // Three quarters of the gradients' and of the parameters' four bytes come from others.
    struct scaling_machine near = {.near = 1e-9};
    ck_assert_double_eq_tol(step(near, one), 0, ROUNDING);
    ck_assert_double_eq_tol(step(near, four), 6e-9 * ALL, ROUNDING);
    ck_assert_double_eq_tol(step(near, nodes), 4e-9 * ALL,
                            ROUNDING); // half, of two ranks on a node, for any number of nodes
}
END_TEST

START_TEST(the_bus_limits_many_ranks)
{
    struct scaling_load two = load(2, 1), four = load(4, 1);
    two.microbatch = four.microbatch = 0;
    struct scaling_machine machine = {.near = 1e-9, .bus = 2e9}; // enough for two ranks
    ck_assert_double_eq_tol(step(machine, two), 4e-9 * ALL, ROUNDING);
    ck_assert_double_eq_tol(step(machine, four), 12e-9 * ALL, ROUNDING); // each has half of a core's pace
}
END_TEST

START_TEST(messages_between_nodes_are_counted)
{
    // Four nodes of two: to three peers, over two ranks: two messages a rank and bucket; gradients and parameters.
    struct scaling_load nodes = load(8, 4);
    nodes.microbatch = 0;
    struct scaling_machine latency = {.latency = 1e-6};
    ck_assert_double_eq_tol(step(latency, nodes), 1e-6 * (2 * 2 * 2 + 2 * 3),
                            ROUNDING); // and two collectives of 8 ranks
    struct scaling_machine wire = {.wire = 1e-9};
    double statistics = 128 * 8 + 8 * 240;
    ck_assert_double_eq_tol(step(wire, nodes), 1e-9 * (2 * 4.0 * ALL * 3 / 4 + statistics), ROUNDING);
    // More nodes than blocks: no message without contents.
    struct scaling_load many = load(64, 64);
    static const uint64_t SMALL[] = {4096};
    many.microbatch = 0;
    many.parameters = SMALL[0];
    many.buckets = 1;
    many.bucket = SMALL;
    ck_assert_double_eq_tol(step(latency, many), 1e-6 * (1 + 1 + 2 * 6), ROUNDING);
    // One node owns the block: it is sent all gradients, sends all parameters, adds and updates all.
    ck_assert_double_eq_tol(step(wire, many), 1e-9 * (2 * 63 * 4 * 4096 + 128 * 64 + 8), ROUNDING);
    ck_assert_double_eq_tol(step((struct scaling_machine){.optimize = 1e-9}, many), 1e-9 * 4096, ROUNDING);
    static const uint64_t SMALLER[] = {4096, 100}; // joined, for each node to own a block as far as they go
    many.buckets = 2;
    many.bucket = SMALLER;
    many.parameters = SMALLER[0] + SMALLER[1];
    ck_assert_double_eq_tol(step(wire, many), 1e-9 * (2 * 63 * 4 * 4096 + 128 * 64 + 8 * 2), ROUNDING);
    static const uint64_t UNEVEN[] = {100 * 4096}; // some nodes own two blocks
    many.buckets = 1;
    many.bucket = UNEVEN;
    many.parameters = UNEVEN[0];
    ck_assert_double_eq_tol(step(wire, many), 1e-9 * (2 * 63 * 4 * 2 * 4096 + 128 * 64 + 8 * 100), ROUNDING);
}
END_TEST

START_TEST(nodes_without_whole_subtrees_send_more)
{
    // Three nodes share 64 microbatches: [0, 21), [21, 42), [42, 64).
    struct scaling_load three = load(3, 3), four = load(4, 4);
    three.microbatch = four.microbatch = 0;
    struct scaling_machine wire = {.wire = 1e-9};
    struct scaling_times times = scaling_predict(&wire, &three);
    // [0, 21) = 16 + 4 + 1; [21, 42) = 1 + 2 + 8 + 8 + 2; [42, 64) = 2 + 4 + 16: eleven sums of three nodes.
    ck_assert_double_eq_tol(times.gradients, 1e-9 * 4.0 * ALL * 2 / 3 * 11 / 3, ROUNDING);
    ck_assert_double_eq_tol(times.parameters, 1e-9 * 4.0 * ALL * 2 / 3, ROUNDING);
    times = scaling_predict(&wire, &four);
    ck_assert_double_eq_tol(times.gradients, times.parameters, ROUNDING);
}
END_TEST

START_TEST(the_backward_pass_hides_all_but_the_last_bucket)
{
    struct scaling_load nodes = load(2, 2);
    struct scaling_machine machine = {.wire = 1e-9};
    double first = 1e-9 * 4 * FIRST / 2, second = 1e-9 * 4 * SECOND / 2;
    nodes.backward = 0; // nothing is hidden
    struct scaling_times times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.gradients, first + second, ROUNDING);
    ck_assert_double_eq_tol(times.hidden, 0, ROUNDING);
    nodes.backward = 1; // the second bucket, of the last layers, is through long before the first one is made
    times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.gradients, first, ROUNDING);
    ck_assert_double_eq_tol(times.hidden, second, ROUNDING);
    nodes.backward = 1e-3; // the second one still travels: for 0.79 ms from 0.6 ms before the end
    times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.gradients, first + second - 0.6e-3, ROUNDING);
    nodes.backward = 0.5e-3; // two microbatches go together: their passes are one of twice the length
    nodes.slots = 2;
    times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.gradients, first + second - 0.6e-3, ROUNDING);
    nodes.slots = 0;
    times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.gradients, first + second, ROUNDING);
}
END_TEST

START_TEST(the_forward_pass_hides_all_but_the_first_bucket)
{
    struct scaling_load nodes = load(2, 2);
    struct scaling_machine machine = {.wire = 1e-9};
    double first = 1e-9 * 4 * FIRST / 2, second = 1e-9 * 4 * SECOND / 2;
    nodes.forward = 0; // nothing is hidden
    struct scaling_times times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.parameters, first + second, ROUNDING);
    nodes.forward = 1; // the second bucket is there long before the first layers are done
    times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.parameters, first, ROUNDING);
    ck_assert_double_eq_tol(times.hidden, second, ROUNDING);
    nodes.forward = 0.5e-3; // of two microbatches: 0.6 ms on the first layers, then 0.2 ms of waiting for the second
    nodes.slots = 2;
    times = scaling_predict(&machine, &nodes);
    ck_assert_double_eq_tol(times.parameters, first + second - 0.6e-3, ROUNDING);
}
END_TEST

START_TEST(two_unknowns_are_found)
{
    const double a[] = {1, 1, 1}, b[] = {1, 2, 4}, scale[] = {1, 2, 3};
    double y[3], x[2];
    for (int i = 0; i < 3; ++i)
        y[i] = 3 * a[i] + 5 * b[i];
    scaling_fit_two(3, a, b, y, scale, x);
    ck_assert_double_eq_tol(x[0], 3, ROUNDING);
    ck_assert_double_eq_tol(x[1], 5, ROUNDING);
    for (int i = 0; i < 3; ++i)
        y[i] = 5 * b[i] - a[i]; // a negative cost is none: the best without it
    scaling_fit_two(3, a, b, y, scale, x);
    ck_assert_double_eq(x[0], 0);
    ck_assert(x[1] > 4 && x[1] < 5);
    const double none[] = {0, 0, 0};
    scaling_fit_two(3, none, b, b, scale, x); // nothing to distinguish
    ck_assert_double_eq(x[0], 0);
    ck_assert_double_eq_tol(x[1], 1, ROUNDING);
}
END_TEST

enum { SIZES = 4, PLACES = 5, SAMPLES = SIZES * PLACES };

// Exchanges as a machine would make them.
static void make_samples(const struct scaling_machine *machine, struct scaling_sample *list)
{
    static const int places[PLACES][2] = {{1, 1}, {2, 1}, {4, 1}, {4, 2}, {8, 4}};
    for (int i = 0; i < SAMPLES; ++i) {
        struct scaling_sample *sample = &list[i];
        uint64_t parameters = UINT64_C(65536) << (2 * (i % SIZES));
        *sample = (struct scaling_sample){.mode = SCALING_EXCHANGE,
                                          .ranks = places[i / SIZES][0],
                                          .nodes = places[i / SIZES][1],
                                          .microbatches = (uint64_t)places[i / SIZES][0],
                                          .parameters = parameters,
                                          .buckets = 2,
                                          .bucket = {parameters / 2, parameters / 2}};
        struct scaling_load load = {.parameters = parameters,
                                    .microbatches = sample->microbatches,
                                    .buckets = 2,
                                    .bucket = sample->bucket,
                                    .ranks = sample->ranks,
                                    .nodes = sample->nodes};
        sample->update_seconds = scaling_predict(machine, &load).step;
        sample->optimizer_seconds = machine->optimize * (double)parameters / sample->ranks;
    }
}

START_TEST(a_machine_is_recovered)
{
    // The bus is that of two ranks, so four have half of a core's pace each.
    const struct scaling_machine truth = {
        .optimize = 7e-10, .add = 3e-10, .meet = 4e-7, .near = 2e-10, .bus = 1e10, .latency = 2e-6, .wire = 8e-11};
    struct scaling_sample list[SAMPLES];
    struct scaling_samples samples = {.count = SAMPLES, .list = list};
    struct scaling_machine machine;
    struct elbow_error error = {0};
    make_samples(&truth, list);
    ck_assert_int_eq(scaling_fit(&samples, SCALING_MEASURED, &machine, &error), ELBOW_OK);
    ck_assert_double_eq_tol(machine.optimize / truth.optimize, 1, FITTED);
    ck_assert_double_eq_tol(machine.add / truth.add, 1, FITTED);
    ck_assert_double_eq_tol(machine.meet / truth.meet, 1, FITTED);
    ck_assert_double_eq_tol(machine.near / truth.near, 1, FITTED);
    ck_assert_double_eq_tol(machine.bus / truth.bus, 1, FITTED);
    ck_assert_double_eq_tol(machine.latency / truth.latency, 1, FITTED);
    ck_assert_double_eq_tol(machine.wire / truth.wire, 1, FITTED);
    ck_assert_int_eq(machine.inside, SCALING_FITTED);
    ck_assert_int_eq(machine.between, SCALING_FITTED);
    ck_assert_int_eq(machine.exchanges[0], 12);
    ck_assert_int_eq(machine.exchanges[1], 8);
    ck_assert(machine.error[0] < FITTED && machine.error[1] < FITTED);
}
END_TEST

START_TEST(what_was_not_measured_is_not_known)
{
    const struct scaling_machine truth = {.optimize = 7e-10, .add = 3e-10, .meet = 4e-7, .near = 2e-10};
    struct scaling_sample list[SAMPLES];
    struct scaling_samples samples = {.count = 2 * SIZES, .list = list};
    struct scaling_machine machine;
    struct elbow_error error = {0};
    make_samples(&truth, list);
    ck_assert_int_eq(scaling_fit(&samples, SCALING_MEASURED, &machine, &error), ELBOW_OK);
    ck_assert_int_eq(machine.between, SCALING_UNKNOWN);
    ck_assert_int_eq(machine.inside, SCALING_FITTED);
    samples.count = SIZES;
    ck_assert_int_eq(scaling_fit(&samples, SCALING_MEASURED, &machine, &error), ELBOW_OK);
    ck_assert_int_eq(machine.inside, SCALING_UNKNOWN);
    // Simulated exchanges say nothing about a measured machine, nor do those of several ranks alone.
    ck_assert_int_eq(scaling_fit(&samples, SCALING_SIMULATED, &machine, &error), ELBOW_DATA);
    ck_assert_ptr_nonnull(strstr(error.message, "--mode exchange"));
    samples.list = list + SIZES;
    ck_assert_int_eq(scaling_fit(&samples, SCALING_MEASURED, &machine, &error), ELBOW_DATA);
}
END_TEST

UNIT_MAIN("tools/scaling/model", compute_is_that_of_the_busiest_rank, each_cost_counts_by_itself,
          the_bus_limits_many_ranks, messages_between_nodes_are_counted, nodes_without_whole_subtrees_send_more,
          the_backward_pass_hides_all_but_the_last_bucket, the_forward_pass_hides_all_but_the_first_bucket,
          two_unknowns_are_found, a_machine_is_recovered, what_was_not_measured_is_not_known)
