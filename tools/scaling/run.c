// SPDX-License-Identifier: BSD-3-Clause
// The measuring of an experiment: repeats, launches. A measurement is one launch of `elbow bench --json` (words.c). Its
// output becomes a file of the experiment's directory (claim.c), with the launch.
//
// Repeats are passes over all points, forward and backward in turn, so that slow changes of a machine affect all points
// alike. A measurement whose file exists is not repeated.
#include "experiment.h"

#include "elbow/base/clock.h"
#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/json.h"
#include "elbow/base/memory.h"
#include "elbow/base/part.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COMMAND_SIZE = 8192 };

static enum elbow_status read_configuration(struct scaling_experiment *experiment, char **resolved,
                                            struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    char *text = NULL;
    size_t size;
    elbow_config_default(&experiment->config);
    enum elbow_status status = elbow_file_read_input(options->config, SCALING_TEXT_MAX, &text, &size, error);
    if (status == ELBOW_OK)
        status = elbow_inputs_note(options->config, error);
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

// The file of a measurement: PATH.json when it is complete.
static bool path_of(const struct scaling_experiment *experiment, const struct scaling_point *point, int repeat,
                    elbow_path path)
{
    char units[32] = "";
    if (point->units > 0)
        elbow_text_format(units, sizeof units, "-units-%05d", point->units);
    return elbow_text_format(path, sizeof(elbow_path), "%s/%s-ranks-%05d-nodes-%04d%s-repeat-%02d",
                             experiment->options->directory, scaling_mode_name(point->mode), point->ranks, point->nodes,
                             units, repeat);
}

static bool is_there(const struct scaling_experiment *experiment, const struct scaling_point *point, int repeat)
{
    elbow_path path, result;
    return path_of(experiment, point, repeat, path) && elbow_text_format(result, sizeof result, "%s.json", path) &&
           access(result, F_OK) == 0;
}

// The reason in a log: the last sentence of elbow, else the first line with letters.
static void find_reason(const char *path, char *line, size_t size)
{
    char *text = NULL;
    size_t length;
    struct elbow_error ignored = {0};
    line[0] = '\0';
    if (elbow_file_read_input(path, SCALING_TEXT_MAX, &text, &length, &ignored) != ELBOW_OK)
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
                           "%d results of one launch: the ranks were started as separate programs (use the launcher of "
                           "elbow's MPI; srun may need --mpi=pmix)",
                           count);
}

// Puts the object into a measurement and writes that.
static enum elbow_status write_measurement(const struct scaling_point *point, int repeat, const char *command,
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
        status =
            elbow_error_set(error, ELBOW_FORMAT, "%d ranks were requested, and %d started", point->ranks, sample.ranks);
    if (status == ELBOW_OK && point->nodes > 0 && sample.nodes != point->nodes)
        status = elbow_error_set(error, ELBOW_FORMAT, "%d nodes were requested, and the ranks started on %d",
                                 point->nodes, sample.nodes);
    if (status == ELBOW_OK)
        status = elbow_part_write(NULL, path, text, size, ELBOW_PUBLISH_NEW, error);
    if (status == ELBOW_OK)
        printf("%s, %d rank%s on %d node%s, repeat %d: %.0f samples/s, step %.3f ms", scaling_mode_name(point->mode),
               sample.ranks, sample.ranks == 1 ? "" : "s", sample.nodes, sample.nodes == 1 ? "" : "s", repeat,
               sample.samples_per_s, sample.step * 1e3);
    free(text);
    return status;
}

// The end of a line about a launch: the number of launches left, and their time if they take as long as those before.
static void print_left(const struct scaling_experiment *experiment)
{
    if (experiment->left > 0)
        printf("; %d to go, about %s", experiment->left,
               elbow_text_duration(experiment->seconds / experiment->cost_done * experiment->cost_left).text);
    printf("\n");
}

static int rounds_of(const struct scaling_experiment *experiment, bool keeps)
{
    return keeps ? experiment->options->rounds : 1;
}

// The cost of a launch in rounds: its own, and about two more for its start and the first steps.
static int cost_of(const struct scaling_experiment *experiment, bool keeps)
{
    return rounds_of(experiment, keeps) + 2;
}

// One of those that were to be made is made, or will not be.
static void count_off(struct scaling_experiment *experiment, bool keeps)
{
    experiment->left -= 1;
    experiment->cost_left -= cost_of(experiment, keeps);
}

static enum elbow_status measure(struct scaling_experiment *experiment, const struct scaling_point *point, int repeat,
                                 bool keeps, struct elbow_error *error)
{
    elbow_path path, output, log, result;
    struct scaling_words words = {0};
    char command[COMMAND_SIZE], *text = NULL, *object = NULL, line[512];
    size_t size;
    if (!path_of(experiment, point, repeat, path) || !elbow_text_format(output, sizeof output, "%s.out", path) ||
        !elbow_text_format(log, sizeof log, "%s.log", path) ||
        !elbow_text_format(result, sizeof result, "%s.json", path))
        return elbow_error_set(error, ELBOW_USAGE, "%s: the path is too long", experiment->options->directory);
    if (keeps && is_there(experiment, point, repeat)) {
        experiment->kept += 1;
        return ELBOW_OK;
    }
    scaling_experiment_words(experiment, point, rounds_of(experiment, keeps), &words);
    scaling_words_format(&words, command, sizeof command);
    double start = elbow_clock_seconds();
    enum elbow_status status = scaling_launch(&words, output, log, error);
    experiment->seconds += elbow_clock_seconds() - start;
    experiment->cost_done += cost_of(experiment, keeps);
    count_off(experiment, keeps);
    if (status != ELBOW_OK) {
        char reason[256];
        elbow_text_format(reason, sizeof reason, "%s", error->message);
        find_reason(log, line, sizeof line);
        elbow_error_set(error, status, "%s, %d rank%s: %s%s (its log: %s; the command: %s)",
                        scaling_mode_name(point->mode), point->ranks, point->ranks == 1 ? "" : "s", reason, line, log,
                        command);
        unlink(output);
        return status;
    }
    if (keeps)
        status = elbow_file_read_input(output, SCALING_TEXT_MAX, &text, &size, error);
    if (keeps && status == ELBOW_OK)
        status = find_object(text, &object, error);
    if (keeps && status == ELBOW_OK)
        status = write_measurement(point, repeat, command, object, result, error);
    if (keeps && status == ELBOW_OK)
        experiment->made += 1;
    if (!keeps)
        printf("%s, %d rank%s, warm-up", scaling_mode_name(point->mode), point->ranks, point->ranks == 1 ? "" : "s");
    if (status == ELBOW_OK)
        print_left(experiment);
    elbow_release(&text);
    unlink(output);
    if (status == ELBOW_OK)
        unlink(log);
    return status;
}

// The number of missing measurements, of all repeats.
static int count_missing(const struct scaling_experiment *experiment)
{
    int missing = 0;
    for (int repeat = 0; repeat < experiment->options->repeats; ++repeat)
        for (int i = 0; i < experiment->count; ++i)
            missing += !is_there(experiment, &experiment->points[i], repeat);
    return missing;
}

// One pass over all points. A failure is reported, and the pass continues with the other points.
static void pass(struct scaling_experiment *experiment, int repeat, bool keeps)
{
    for (int i = 0; i < experiment->count; ++i) {
        struct elbow_error error = {0};
        struct scaling_point *point = &experiment->points[repeat % 2 == 0 ? i : experiment->count - 1 - i];
        if (point->has_failed && !(keeps && is_there(experiment, point, repeat)))
            count_off(experiment, keeps);
        if (point->has_failed || measure(experiment, point, repeat, keeps, &error) == ELBOW_OK)
            continue;
        fprintf(stderr, "elbow-scaling: %s\n", error.message);
        point->has_failed = true;
        experiment->failed += 1;
    }
}

// Weak scaling that the directory holds must have the same samples a rank: the fewest ranks decide on them.
static enum elbow_status check_weak(const struct scaling_experiment *experiment, struct elbow_error *error)
{
    const char *directory = experiment->options->directory;
    uint64_t batch = (uint64_t)experiment->config.train.batch, fewest = (uint64_t)experiment->fewest;
    struct scaling_samples samples;
    if (!experiment->options->does[SCALING_WEAK])
        return ELBOW_OK;
    enum elbow_status status = scaling_samples_read(directory, &samples, error);
    for (size_t i = 0; i < samples.count && status == ELBOW_OK; ++i) {
        const struct scaling_sample *sample = &samples.list[i];
        if (sample->mode == SCALING_WEAK && sample->batch * fewest != batch * (uint64_t)sample->ranks)
            status = elbow_error_set(error, ELBOW_USAGE,
                                     "%s: contains weak scaling with a batch of %llu on %d ranks, which differs from "
                                     "train.batch %llu on %d ranks, the fewest; use the same fewest ranks, or another "
                                     "directory (-o)",
                                     directory, (unsigned long long)sample->batch, sample->ranks,
                                     (unsigned long long)batch, experiment->fewest);
    }
    scaling_samples_clear(&samples);
    return status == ELBOW_FILE ? ELBOW_OK : status; // nothing was measured yet
}

static enum elbow_status measure_all(struct scaling_experiment *experiment, struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    scaling_find_program("elbow", options->elbow, experiment->elbow);
    int missing = count_missing(experiment), warm_ups = missing > 0 ? options->warm_ups : 0;
    experiment->left = missing + warm_ups * experiment->count;
    experiment->cost_left =
        missing * cost_of(experiment, true) + warm_ups * experiment->count * cost_of(experiment, false);
    printf(
        "%d point%s, %d warm-up pass%s (not kept), %d repeat%s: %d measurements to make, often of half a minute each\n",
        experiment->count, experiment->count == 1 ? "" : "s", warm_ups, warm_ups == 1 ? "" : "es", options->repeats,
        options->repeats == 1 ? "" : "s", experiment->left);
    for (int i = 0; i < warm_ups; ++i)
        pass(experiment, i, false);
    for (int i = 0; i < options->repeats; ++i)
        pass(experiment, i, true);
    elbow_text_print(stdout, "%d measurements made, %d already existed; elbow-scaling report %s explains them\n",
                     experiment->made, experiment->kept, options->directory);
    if (experiment->failed > 0)
        return elbow_error_set(error, ELBOW_FILE,
                               "%d of %d points failed (see above); run the same command again to measure them",
                               experiment->failed, experiment->count);
    return ELBOW_OK;
}

static enum elbow_status run(struct scaling_experiment *experiment, struct elbow_error *error)
{
    const struct scaling_options *options = experiment->options;
    struct elbow_directory open_one = {0};
    struct elbow_lock lock = {0};
    char *resolved = NULL;
    enum elbow_status status = read_configuration(experiment, &resolved, error);
    experiment->per_node =
        options->per_node > 0 ? options->per_node : scaling_usual_per_node(experiment->config.train.threads);
    if (status == ELBOW_OK)
        status = scaling_list_points(experiment, error);
    if (status == ELBOW_OK)
        status = scaling_claim_directory(experiment, resolved, error);
    if (status == ELBOW_OK)
        status = scaling_lock_directory(experiment, &open_one, &lock, error);
    if (status == ELBOW_OK)
        status = check_weak(experiment, error);
    if (status == ELBOW_OK)
        status = measure_all(experiment, error);
    elbow_lock_release(&lock);
    elbow_directory_close(&open_one);
    elbow_release(&resolved);
    return status;
}

enum elbow_status scaling_run(const struct scaling_options *options, struct elbow_error *error)
{
    struct scaling_experiment *experiment;
    enum elbow_status status = elbow_allocate(&experiment, 1, sizeof *experiment, "the experiment", error);
    if (status != ELBOW_OK)
        return status;
    experiment->options = options;
    status = run(experiment, error);
    elbow_release(&experiment);
    return status;
}
