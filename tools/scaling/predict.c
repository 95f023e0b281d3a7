// SPDX-License-Identifier: BSD-3-Clause
// The formulas of the model.
#include "model.h"

#include "elbow/parallel/exchange.h"
#include "elbow/parallel/partition.h"

#include <math.h>

enum { MEETINGS = 3, COLLECTIVES = 2, BYTES = 4 }; // BYTES: of a parameter
static const double STATISTICS_BYTES = 128;        // of a rank, about

// The terms that an owner adds, and the sums that a node sends, which is more than one where its ranks' microbatches
// are no single subtree: means over the nodes.
struct terms {
    double added, sent;
};

static int subtrees_of(const struct scaling_load *load, int first, int last)
{
    struct elbow_range subtrees[ELBOW_SUBTREES_MAX];
    struct elbow_range range = {elbow_partition(load->microbatches, first, load->ranks).first,
                                elbow_partition(load->microbatches, last - 1, load->ranks).last};
    return elbow_partition_subtrees(load->microbatches, range, subtrees);
}

static struct terms count_terms(const struct scaling_load *load)
{
    int own = 0, sent = 0, members = load->ranks / load->nodes;
    for (int r = 0; r < load->ranks; ++r)
        own += subtrees_of(load, r, r + 1);
    for (int g = 0; g < load->nodes; ++g)
        sent += subtrees_of(load, g * members, (g + 1) * members);
    double nodes = (double)load->nodes;
    return (struct terms){.added = own / nodes + sent / nodes * (nodes - 1), .sent = sent / nodes};
}

// Seconds in which a rank gets this number of bytes from other cores, while all ranks of the node do.
static double take(const struct scaling_machine *machine, double members, double bytes)
{
    return bytes * fmax(machine->near, machine->bus > 0 ? members / machine->bus : 0);
}

// The share of the busiest of `owners` in this number of parameters: whole blocks. (Over all buckets, too: the owners
// take turns.)
static double share_of(double parameters, double owners)
{
    return fmin(parameters, ELBOW_BLOCK * ceil(ceil(parameters / ELBOW_BLOCK) / owners));
}

static double inside_of(const struct scaling_machine *machine, const struct scaling_load *load, struct terms terms)
{
    double parameters = (double)load->parameters, ranks = (double)load->ranks, nodes = (double)load->nodes;
    double members = ranks / nodes, slice = share_of(parameters, ranks);
    // Outgoing messages are added by the node's ranks, each for some of them.
    double added = slice * terms.added + parameters * (nodes - 1) / nodes;
    // Gradients that others of the node have made; parameters that they have updated, or taken from the network.
    double bytes = 2 * BYTES * parameters * (members - 1) / members;
    return machine->optimize * slice + machine->add * added + machine->meet * MEETINGS * (members - 1) +
           take(machine, members, bytes);
}

// The buckets of this number of nodes, from the last one down: those of two nodes, which were measured, joined until
// each has a block for every node.
struct buckets {
    int count;
    double parameters[SCALING_BUCKETS_MAX];
};

static struct buckets join_buckets(const struct scaling_load *load)
{
    struct buckets buckets = {0};
    double least = (double)load->nodes, left = (double)load->parameters, size = 0;
    for (int k = load->buckets; k-- > 0;) {
        size += (double)load->bucket[k];
        left -= (double)load->bucket[k];
        if (k > 0 && (ceil(size / ELBOW_BLOCK) < least || ceil(left / ELBOW_BLOCK) < least))
            continue;
        buckets.parameters[buckets.count++] = size;
        size = 0;
    }
    return buckets;
}

// The time of a bucket's messages: the mean over nodes, which is the time that the buckets before and after it leave to
// it; and that of the node that owns most of it, to which all others send gradients, and which sends parameters to all
// others.
struct travel {
    double mean, owner;
};

static struct travel travel(const struct scaling_machine *machine, const struct scaling_load *load, double parameters,
                            double sums)
{
    double nodes = (double)load->nodes, members = load->ranks / nodes;
    double blocks = ceil(parameters / ELBOW_BLOCK), messages = ceil(fmin(nodes - 1, blocks) / members);
    double a_parameter = machine->wire * BYTES * sums * (nodes - 1);
    return (struct travel){.mean = machine->latency * messages + a_parameter * parameters / nodes,
                           .owner = a_parameter * share_of(parameters, nodes)};
}

// Gradients leave bucket by bucket from the last layer on, each as soon as the backward pass of the microbatches that
// go together has made it and the one before it is through. A bucket takes a pass as long as its share of the
// parameters.
static void send_gradients(const struct scaling_machine *machine, const struct scaling_load *load,
                           const struct buckets *buckets, double sums, struct scaling_times *times)
{
    double pass = load->backward * load->slots;
    double ready = -pass, through = ready, last = ready, sent = 0; // zero is the end of the pass
    for (int k = 0; k < buckets->count; ++k) {
        struct travel bucket = travel(machine, load, buckets->parameters[k], sums);
        ready += pass * buckets->parameters[k] / (double)load->parameters;
        through = fmax(ready, through) + bucket.mean;
        last = fmax(last, fmax(through, ready + bucket.owner));
        sent += bucket.mean;
    }
    times->gradients = fmax(last, 0);
    times->hidden += fmax(sent - times->gradients, 0);
}

// New parameters arrive bucket by bucket from the first layer on; the next forward pass of the microbatches that go
// together waits for a bucket before it goes into its layers.
static void await_parameters(const struct scaling_machine *machine, const struct scaling_load *load,
                             const struct buckets *buckets, struct scaling_times *times)
{
    double pass = load->forward * load->slots, sent = 0, done = 0; // zero is the beginning of the pass
    for (int k = buckets->count; k-- > 0;) {
        struct travel bucket = travel(machine, load, buckets->parameters[k], 1);
        sent += bucket.mean;
        done = fmax(done, fmax(sent, bucket.owner)) + pass * buckets->parameters[k] / (double)load->parameters;
    }
    times->parameters = fmax(done - pass, 0);
    times->hidden += fmax(sent - times->parameters, 0);
}

struct scaling_times scaling_predict(const struct scaling_machine *machine, const struct scaling_load *load)
{
    struct scaling_times times = {0};
    struct terms terms = count_terms(load);
    double busiest = ceil((double)load->microbatches / (double)load->ranks);
    times.compute = busiest * load->microbatch;
    times.inside = inside_of(machine, load, terms);
    if (load->nodes > 1) {
        double blocks = ceil((double)load->parameters / ELBOW_BLOCK);
        struct buckets buckets = join_buckets(load);
        send_gradients(machine, load, &buckets, terms.sent, &times);
        await_parameters(machine, load, &buckets, &times);
        times.collectives = machine->latency * COLLECTIVES * ceil(log2(load->ranks)) +
                            machine->wire * (STATISTICS_BYTES * load->ranks + sizeof(double) * blocks);
    }
    times.step = times.compute + times.inside + times.gradients + times.parameters + times.collectives;
    return times;
}
