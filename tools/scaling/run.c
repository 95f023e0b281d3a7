// SPDX-License-Identifier: BSD-3-Clause
// The experiment: points, repeats, launcher. A measurement is one launch of `elbow bench --json`; what it says becomes
// a file, together with how it was launched.
//
// Repeats are passes over all points, forward and backward in turn: what a machine does over an hour meets all points
// alike. A measurement whose file is there is not made again.
#include "launch.h"
#include "scaling.h"

#include "elbow/base/file.h"
#include "elbow/base/memory.h"
#include "elbow/config/config.h"
#include "elbow/run/json.h"
#include "elbow/run/lock.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POINTS_MAX = 1024, COMMAND_SIZE = 8192, SIZES = 5 };
static const size_t TEXT_BYTES_MAX = 1000000;

// The hidden units of the models whose exchanges are measured: from 19 thousand parameters to 4.6 million.
static const int exchange_units[SIZES] = {32, 128, 512, 2048, 8192};
static const char EXCHANGE_TEXT[] = "data: {synthetic: 65536, shape: [16, 16]}\n"
                                    "model: {latent: 16}\n"
                                    "train: {batch: 1, microbatch: 1}\n";

struct point {
    enum scaling_mode mode;
    int ranks, nodes; // nodes: 0 where the launcher places ranks
    int units;        // of an exchange
    uint64_t batch;   // 0: as configured
    bool has_failed;  // it is left out from then on
};

struct experiment {
    const struct scaling_options *options;
    struct elbow_config config;
    elbow_path elbow;
    int per_node, fewest;
    int count;
    struct point points[POINTS_MAX];
    int made, kept, failed;
};

static int cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

// Ranks on a node, where --per-node does not say.
static int usual_per_node(int64_t threads)
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

static enum elbow_status read_configuration(struct experiment *experiment, char **resolved, struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    char *text = NULL;
    size_t size;
    elbow_config_default(&experiment->config);
    enum elbow_status status = elbow_text_read(options->config, TEXT_BYTES_MAX, &text, &size, error);
    if (status == ELBOW_OK)
        status = elbow_config_parse(&experiment->config, options->config, text, size, error);
    for (int i = 0; i < options->set_count && status == ELBOW_OK; ++i)
        status = elbow_config_set(&experiment->config, options->sets[i], error);
    if (status == ELBOW_OK)
        status = elbow_config_finish(&experiment->config, options->config, error);
    if (status == ELBOW_OK)
        status = elbow_config_dump(&experiment->config, resolved, error);
    elbow_release(&text);
    return status;
}

static uint64_t microbatches(const struct experiment *experiment)
{
    uint64_t size = (uint64_t)experiment->config.train.microbatch;
    return ((uint64_t)experiment->config.train.batch + size - 1) / size;
}

// Adds a point, unless it cannot be: which is told.
static void add_point(struct experiment *experiment, struct point point)
{
    uint64_t batch = (uint64_t)experiment->config.train.batch;
    if (point.mode == SCALING_STRONG && (uint64_t)point.ranks > microbatches(experiment)) {
        printf("strong, %d ranks: left out, a batch of %llu makes %llu microbatches of %lld, which more ranks cannot "
               "share\n",
               point.ranks, (unsigned long long)batch, (unsigned long long)microbatches(experiment),
               (long long)experiment->config.train.microbatch);
        return;
    }
    if (point.mode == SCALING_WEAK) {
        uint64_t whole = batch * (uint64_t)point.ranks;
        if (whole % (uint64_t)experiment->fewest != 0) {
            printf("weak, %d ranks: left out, train.batch %llu for %d ranks gives no whole batch for so many\n",
                   point.ranks, (unsigned long long)batch, experiment->fewest);
            return;
        }
        point.batch = whole / (uint64_t)experiment->fewest;
    }
    if (experiment->count < POINTS_MAX)
        experiment->points[experiment->count++] = point;
}

static void add_points(struct experiment *experiment, int ranks, int nodes)
{
    const bool *does = experiment->options->does;
    for (int mode = 0; mode < SCALING_EXCHANGE; ++mode)
        if (does[mode])
            add_point(experiment, (struct point){.mode = (enum scaling_mode)mode, .ranks = ranks, .nodes = nodes});
    for (int i = 0; i < SIZES && does[SCALING_EXCHANGE]; ++i)
        add_point(experiment, (struct point){.mode = SCALING_EXCHANGE,
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

static enum elbow_status list_points(struct experiment *experiment, struct elbow_error *error)
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

static void add_launcher(const struct experiment *experiment, const struct point *point, struct scaling_words *words)
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

static void add_bench(const struct experiment *experiment, const struct point *point, int rounds,
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

// Where a measurement goes: PATH.json when it is whole.
static bool path_of(const struct experiment *experiment, const struct point *point, int repeat, elbow_path path)
{
    char units[32] = "";
    if (point->units > 0)
        elbow_text_format(units, sizeof units, "-units-%05d", point->units);
    return elbow_text_format(path, sizeof(elbow_path), "%s/%s-ranks-%05d-nodes-%04d%s-repeat-%02d",
                             experiment->options->directory, scaling_mode_name(point->mode), point->ranks, point->nodes,
                             units, repeat);
}

// What a log says first: the last sentence of ours, else the first line with letters.
static void find_reason(const char *path, char *line, size_t size)
{
    char *text = NULL;
    size_t length;
    struct elbow_error ignored = {0};
    line[0] = '\0';
    if (elbow_text_read(path, TEXT_BYTES_MAX, &text, &length, &ignored) != ELBOW_OK)
        return;
    for (char *at = text, *end; *at != '\0'; at = end) {
        end = at + strcspn(at, "\n");
        size_t blank = strspn(at, " -=*\n");
        bool is_ours = strncmp(at, "elbow: ", 7) == 0;
        if (is_ours || (line[0] == '\0' && at + blank < end))
            elbow_text_format(line, size, "; %.*s", (int)(end - at), at);
        end += *end == '\n';
    }
    elbow_release(&text);
}

// The one object that the benchmark prints; FORMAT if there is none, or several.
static enum elbow_status find_object(char *text, char **object, struct elbow_error *error)
{
    int count = 0;
    for (char *at = text, *end; *at != '\0'; at = end) {
        end = at + strcspn(at, "\n");
        if (*at == '{') {
            *object = at;
            count += 1;
        }
        if (*end == '\n')
            *end++ = '\0';
    }
    if (count == 1)
        return ELBOW_OK;
    if (count == 0)
        return elbow_error_set(error, ELBOW_FORMAT, "elbow bench printed no result");
    return elbow_error_set(error, ELBOW_FORMAT,
                           "%d results of one launch: the ranks do not know of each other (is the launcher that of "
                           "elbow's MPI? srun may want --mpi=pmix)",
                           count);
}

// Puts the object into a measurement and writes that.
static enum elbow_status write_measurement(const struct point *point, int repeat, const char *command,
                                           const char *object, const char *path, struct elbow_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    struct scaling_sample sample;
    if (file == NULL)
        return elbow_error_set(error, ELBOW_MEMORY, "no memory for a measurement");
    struct elbow_json json = {.out = file};
    elbow_json_open(&json, NULL, '{');
    elbow_json_text(&json, "kind", scaling_kind_name(SCALING_MEASURED));
    elbow_json_text(&json, "mode", scaling_mode_name(point->mode));
    elbow_json_integer(&json, "repeat", repeat);
    elbow_json_integer(&json, "nodes_asked", point->nodes);
    elbow_json_text(&json, "command", command);
    fprintf(file, ", \"bench\": %s}\n", object);
    if (fclose(file) != 0) {
        free(text);
        return elbow_error_set(error, ELBOW_MEMORY, "no memory for a measurement");
    }
    enum elbow_status status = scaling_sample_parse(path, text, size, &sample, error);
    if (status == ELBOW_OK && sample.ranks != point->ranks)
        status = elbow_error_set(error, ELBOW_FORMAT, "%d ranks were asked for, %d came", point->ranks, sample.ranks);
    if (status == ELBOW_OK && point->nodes > 0 && sample.nodes != point->nodes)
        status = elbow_error_set(error, ELBOW_FORMAT, "%d nodes were asked for, the ranks came on %d", point->nodes,
                                 sample.nodes);
    if (status == ELBOW_OK)
        status = elbow_file_write(path, text, size, error);
    if (status == ELBOW_OK)
        printf("%s, %d rank%s on %d node%s, repeat %d: %.0f samples/s, step %.3f ms\n", scaling_mode_name(point->mode),
               sample.ranks, sample.ranks == 1 ? "" : "s", sample.nodes, sample.nodes == 1 ? "" : "s", repeat,
               sample.samples_per_s, sample.step * 1e3);
    free(text);
    return status;
}

static enum elbow_status measure(struct experiment *experiment, const struct point *point, int repeat, bool keeps,
                                 struct elbow_error *error)
{
    elbow_path path, output, log, result;
    struct scaling_words words = {0};
    char command[COMMAND_SIZE], *text = NULL, *object = NULL, line[512];
    size_t size;
    if (!path_of(experiment, point, repeat, path) || !elbow_text_format(output, sizeof output, "%s.out", path) ||
        !elbow_text_format(log, sizeof log, "%s.log", path) ||
        !elbow_text_format(result, sizeof result, "%s.json", path))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", experiment->options->directory);
    if (keeps && access(result, F_OK) == 0) {
        experiment->kept += 1;
        return ELBOW_OK;
    }
    add_launcher(experiment, point, &words);
    add_bench(experiment, point, keeps ? experiment->options->rounds : 1, &words);
    scaling_words_tell(&words, command, sizeof command);
    enum elbow_status status = scaling_launch(&words, output, log, error);
    if (status != ELBOW_OK) {
        char reason[256];
        elbow_text_format(reason, sizeof reason, "%s", error->message);
        find_reason(log, line, sizeof line);
        elbow_error_set(error, status, "%s, %d rank%s: %s%s (all it said: %s; the command: %s)",
                        scaling_mode_name(point->mode), point->ranks, point->ranks == 1 ? "" : "s", reason, line, log,
                        command);
        unlink(output);
        return status;
    }
    if (keeps)
        status = elbow_text_read(output, TEXT_BYTES_MAX, &text, &size, error);
    if (keeps && status == ELBOW_OK)
        status = find_object(text, &object, error);
    if (keeps && status == ELBOW_OK)
        status = write_measurement(point, repeat, command, object, result, error);
    if (keeps && status == ELBOW_OK)
        experiment->made += 1;
    elbow_release(&text);
    unlink(output);
    if (status == ELBOW_OK)
        unlink(log);
    return status;
}

// One pass over all points. What fails is told, and the others go on.
static void pass(struct experiment *experiment, int repeat, bool keeps)
{
    for (int i = 0; i < experiment->count; ++i) {
        struct elbow_error error = {0};
        struct point *point = &experiment->points[repeat % 2 == 0 ? i : experiment->count - 1 - i];
        if (point->has_failed || measure(experiment, point, repeat, keeps, &error) == ELBOW_OK)
            continue;
        fprintf(stderr, "elbow-scaling: %s\n", error.message);
        point->has_failed = true;
        experiment->failed += 1;
    }
}

// The directory holds one experiment: what it measures is written down, and must not change.
static enum elbow_status claim_directory(const struct experiment *experiment, const char *resolved,
                                         struct elbow_error *error)
{
    const char *directory = experiment->options->directory;
    elbow_path path, exchange;
    char *before = NULL;
    size_t size;
    if (!elbow_text_format(path, sizeof path, "%s/config.yaml", directory) ||
        !elbow_text_format(exchange, sizeof exchange, "%s/exchange.yaml", directory))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", directory);
    enum elbow_status status = elbow_text_make_directory(directory, error);
    if (status != ELBOW_OK)
        return status;
    if (access(path, F_OK) == 0) {
        status = elbow_text_read(path, TEXT_BYTES_MAX, &before, &size, error);
        if (status == ELBOW_OK && strcmp(before, resolved) != 0)
            status = elbow_error_set(error, ELBOW_USAGE,
                                     "%s: differs from this configuration, so %s holds another experiment; give this "
                                     "one a directory of its own",
                                     path, directory);
        elbow_release(&before);
    } else {
        status = elbow_file_write(path, resolved, strlen(resolved), error);
    }
    if (status == ELBOW_OK)
        status = elbow_file_write(exchange, EXCHANGE_TEXT, strlen(EXCHANGE_TEXT), error);
    return status;
}

// Two runs into one directory would read each other's output.
static enum elbow_status lock_directory(const struct experiment *experiment, struct elbow_lock *lock,
                                        struct elbow_error *error)
{
    const char *directory = experiment->options->directory;
    struct elbow_log log = elbow_log_open(true, stderr);
    enum elbow_status status = elbow_lock_take(directory, &log, lock, error);
    elbow_log_close(&log);
    if (status == ELBOW_FILE)
        elbow_error_set(error, status,
                        "%s: another run measures into it; wait for its end, or take another directory with -o",
                        directory);
    return status;
}

static enum elbow_status measure_all(struct experiment *experiment, struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    scaling_find_program("elbow", options->elbow, experiment->elbow);
    printf("%d points, %d repeats\n", experiment->count, options->repeats);
    for (int i = 0; i < options->warm_ups; ++i)
        pass(experiment, i, false);
    for (int i = 0; i < options->repeats; ++i)
        pass(experiment, i, true);
    printf("%d measurements made, %d were there; elbow-scaling report %s tells what they say\n", experiment->made,
           experiment->kept, options->directory);
    if (experiment->failed > 0)
        return elbow_error_set(error, ELBOW_FILE, "%d of %d points failed (see above); start again to measure them",
                               experiment->failed, experiment->count);
    return ELBOW_OK;
}

static enum elbow_status run(struct experiment *experiment, struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    struct elbow_lock lock = {0};
    char *resolved = NULL;
    enum elbow_status status = read_configuration(experiment, &resolved, error);
    experiment->per_node = options->per_node > 0 ? options->per_node : usual_per_node(experiment->config.train.threads);
    if (status == ELBOW_OK)
        status = list_points(experiment, error);
    if (status == ELBOW_OK)
        status = claim_directory(experiment, resolved, error);
    if (status == ELBOW_OK)
        status = lock_directory(experiment, &lock, error);
    if (status == ELBOW_OK)
        status = measure_all(experiment, error);
    elbow_lock_release(&lock);
    elbow_release(&resolved);
    return status;
}

enum elbow_status scaling_run(const struct scaling_options *options, struct elbow_error *error)
{
    struct experiment *experiment;
    enum elbow_status status = elbow_allocate(&experiment, 1, sizeof *experiment, "the experiment", error);
    if (status != ELBOW_OK)
        return status;
    experiment->options = options;
    status = run(experiment, error);
    elbow_release(&experiment);
    return status;
}
