// SPDX-License-Identifier: BSD-3-Clause
// The command of one measurement: the launcher, and elbow bench.
#include "experiment.h"

#include <string.h>

static void add_launcher(const struct scaling_experiment *experiment, const struct scaling_point *point,
                         struct scaling_words *words)
{
    const struct scaling_options *options = experiment->options;
    long long threads = (long long)experiment->config.train.threads;
    bool is_srun = strcmp(options->launcher, "srun") == 0;
    scaling_words_add(words, "%s", options->launcher);
    if (is_srun)
        scaling_words_add(words, "--mpi=pmix");
    scaling_words_add(words, "-n");
    scaling_words_add(words, "%d", point->ranks);
    if (is_srun)
        scaling_words_add(words, "--cpus-per-task=%lld", threads);
    if (is_srun && point->nodes > 0) {
        scaling_words_add(words, "--nodes=%d", point->nodes);
        scaling_words_add(words, "--ntasks-per-node=%d", point->ranks / point->nodes);
    }
    if (!is_srun && (point->nodes > 0 || threads > 1)) {
        char where[32] = "slot", cores_each[32] = "";
        if (point->nodes > 0)
            elbow_text_format(where, sizeof where, "ppr:%d:node", point->ranks / point->nodes);
        if (threads > 1)
            elbow_text_format(cores_each, sizeof cores_each, ":PE=%lld", threads);
        scaling_words_add(words, "--map-by");
        scaling_words_add(words, "%s%s", where, cores_each);
    }
    scaling_words_split(words, options->launcher_options != NULL ? options->launcher_options
                               : is_srun                         ? "--cpu-bind=cores"
                                                                 : "--bind-to core");
}

static void add_set(struct scaling_words *words, const char *format, long long value)
{
    scaling_words_add(words, "--set");
    scaling_words_add(words, format, value);
}

static void add_bench(const struct scaling_experiment *experiment, const struct scaling_point *point, int rounds,
                      struct scaling_words *words)
{
    const struct scaling_options *options = experiment->options;
    bool is_exchange = point->mode == SCALING_EXCHANGE;
    scaling_words_add(words, "%s", experiment->elbow);
    scaling_words_add(words, "bench");
    if (is_exchange)
        scaling_words_add(words, "%s/exchange.yaml", options->directory);
    else
        scaling_words_add(words, "%s", options->config);
    for (int i = 0; i < options->set_count; ++i) {
        bool is_for_all =
            strncmp(options->sets[i], "run.", 4) == 0 || strncmp(options->sets[i], "train.threads", 13) == 0;
        if (is_exchange && !is_for_all)
            continue;
        scaling_words_add(words, "--set");
        scaling_words_add(words, "%s", options->sets[i]);
    }
    if (point->batch > 0)
        add_set(words, "train.batch=%lld", (long long)point->batch);
    if (point->mode == SCALING_WEAK)
        add_set(words, "train.microbatch=%lld", (long long)experiment->config.train.microbatch);
    if (is_exchange) {
        add_set(words, "model.encoder=[dense: {units: %lld}]", point->units);
        add_set(words, "model.decoder=[dense: {units: %lld}]", point->units);
    }
    scaling_words_add(words, "--rounds");
    scaling_words_add(words, "%d", rounds);
    scaling_words_add(words, "--json");
}

void scaling_experiment_words(const struct scaling_experiment *experiment, const struct scaling_point *point,
                              int rounds, struct scaling_words *words)
{
    add_launcher(experiment, point, words);
    add_bench(experiment, point, rounds, words);
}
