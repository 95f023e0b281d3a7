// SPDX-License-Identifier: BSD-3-Clause
// The points of an experiment: which modes, ranks and nodes.
#include "experiment.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

enum { SIZES = 5 };

// The hidden units of the models whose exchanges are measured: from 19 thousand parameters to 4.6 million.
static const int exchange_units[SIZES] = {32, 128, 512, 2048, 8192};

static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int scaling_usual_per_node(int64_t threads)
{
    const char *names[] = {"SLURM_NTASKS_PER_NODE", "SLURM_CPUS_ON_NODE"};
    for (int i = 0; i < 2; ++i) {
        const char *text = getenv(names[i]);
        int value = text == NULL ? 0 : atoi(text);
        if (value > 0)
            return i == 0 || value < threads ? value : value / (int)threads;
    }
    return cores() > threads ? cores() / (int)threads : 1;
}

static uint64_t microbatches(const struct scaling_experiment *experiment)
{
    uint64_t size = (uint64_t)experiment->config.train.microbatch;
    return ((uint64_t)experiment->config.train.batch + size - 1) / size;
}

// Adds a point, or reports why it is left out.
static void add_point(struct scaling_experiment *experiment, struct scaling_point point)
{
    uint64_t batch = (uint64_t)experiment->config.train.batch;
    if (point.mode == SCALING_STRONG && (uint64_t)point.ranks > microbatches(experiment)) {
        printf(
            "strong, %d ranks: left out, a batch of %llu makes %llu microbatches of %lld, too few for this number of "
            "ranks\n",
            point.ranks, (unsigned long long)batch, (unsigned long long)microbatches(experiment),
            (long long)experiment->config.train.microbatch);
        return;
    }
    if (point.mode == SCALING_WEAK) {
        uint64_t whole = batch * (uint64_t)point.ranks;
        if (whole % (uint64_t)experiment->fewest != 0) {
            printf("weak, %d ranks: left out, train.batch %llu for %d ranks gives no whole batch for this number of "
                   "ranks\n",
                   point.ranks, (unsigned long long)batch, experiment->fewest);
            return;
        }
        point.batch = whole / (uint64_t)experiment->fewest;
    }
    if (experiment->count < SCALING_POINTS_MAX)
        experiment->points[experiment->count++] = point;
}

static void add_points(struct scaling_experiment *experiment, int ranks, int nodes)
{
    const bool *does = experiment->options->does;
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode)
        if (does[mode])
            add_point(experiment,
                      (struct scaling_point){.mode = (enum scaling_mode)mode, .ranks = ranks, .nodes = nodes});
    for (int i = 0; i < SIZES && does[SCALING_EXCHANGE]; ++i)
        add_point(experiment, (struct scaling_point){.mode = SCALING_EXCHANGE,
                                                     .ranks = ranks,
                                                     .nodes = nodes,
                                                     .units = exchange_units[i],
                                                     .batch = (uint64_t)ranks});
}

static int fewest_of(const struct scaling_list *list)
{
    int fewest = list->values[0];
    for (int i = 1; i < list->count; ++i)
        fewest = list->values[i] < fewest ? list->values[i] : fewest;
    return fewest;
}

enum elbow_status scaling_list_points(struct scaling_experiment *experiment, struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    struct scaling_list ranks = options->ranks;
    const struct scaling_list *nodes = &options->nodes;
    if (ranks.count == 0 && nodes->count == 0)
        for (int i = 1; i <= cores() && ranks.count < SCALING_LIST_MAX; i *= 2)
            ranks.values[ranks.count++] = i;
    if (ranks.count > 0) {
        experiment->fewest = fewest_of(&ranks);
        for (int i = 0; i < ranks.count; ++i) {
            if (nodes->count == 0)
                add_points(experiment, ranks.values[i], 0);
            for (int k = 0; k < nodes->count; ++k)
                if (ranks.values[i] % nodes->values[k] == 0)
                    add_points(experiment, ranks.values[i], nodes->values[k]);
        }
    } else {
        experiment->fewest = fewest_of(nodes) * experiment->per_node;
        for (int k = 0; k < nodes->count; ++k)
            add_points(experiment, nodes->values[k] * experiment->per_node, nodes->values[k]);
    }
    if (experiment->count == 0)
        return elbow_error_set(error, ELBOW_USAGE, "these numbers of ranks and nodes leave nothing to measure");
    return ELBOW_OK;
}
