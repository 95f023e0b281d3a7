// SPDX-License-Identifier: BSD-3-Clause
// Measurements: their files. JSON is read as YAML's flow style, by the one reader of trees.
#include "scaling.h"

#include "elbow/base/file.h"
#include "elbow/base/inputs.h"
#include "elbow/base/memory.h"
#include "elbow/config/yaml.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const size_t FILE_BYTES_MAX = 1000000;

const char *scaling_kind_name(enum scaling_kind kind)
{
    static const char *const names[SCALING_KINDS] = {"measured", "simulated", "predicted"};
    return names[kind];
}

const char *scaling_mode_name(enum scaling_mode mode)
{
    static const char *const names[SCALING_MODES] = {"strong", "weak", "exchange"};
    return names[mode];
}

// A file being read: the first thing that is wrong is kept.
struct reader {
    const char *path;
    struct elbow_error *error;
};

static const struct elbow_yaml *member(const struct elbow_yaml *map, const char *key)
{
    if (map == NULL || map->kind != ELBOW_YAML_MAP)
        return NULL;
    for (const struct elbow_yaml *child = map->child; child != NULL; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

static void refuse(struct reader *reader, const char *key, const char *wanted)
{
    if (reader->error->status == ELBOW_OK)
        elbow_error_set(reader->error, ELBOW_FORMAT,
                        "%s: `%s` is not %s, so this is not a measurement of elbow-scaling run", reader->path, key,
                        wanted);
}

static double number(struct reader *reader, const struct elbow_yaml *map, const char *key, double least)
{
    const struct elbow_yaml *node = member(map, key);
    if (node != NULL && node->kind == ELBOW_YAML_SCALAR && !node->quoted) {
        char *end;
        double value = strtod(node->text, &end);
        if (end != node->text && *end == '\0' && isfinite(value) && value >= least)
            return value;
    }
    refuse(reader, key, least > 0 ? "a number above zero" : "a number of at least zero");
    return 1;
}

static uint64_t count(struct reader *reader, const struct elbow_yaml *map, const char *key, uint64_t least,
                      uint64_t most)
{
    double value = number(reader, map, key, (double)least);
    if (value > (double)most || floor(value) != value) {
        refuse(reader, key, "a whole number");
        return 1;
    }
    return (uint64_t)value;
}

static void copy_text(struct reader *reader, const struct elbow_yaml *map, const char *key, char *text, size_t size)
{
    const struct elbow_yaml *node = member(map, key);
    if (node == NULL || node->kind != ELBOW_YAML_SCALAR)
        refuse(reader, key, "a text");
    else
        elbow_text_format(text, size, "%s", node->text);
}

static double part(struct reader *reader, const struct elbow_yaml *bench, const char *key)
{
    const struct elbow_yaml *seconds = member(bench, "seconds");
    return number(reader, member(seconds, key), "median", 0);
}

static void read_buckets(struct reader *reader, const struct elbow_yaml *bench, struct scaling_sample *sample)
{
    const struct elbow_yaml *list = member(bench, "buckets");
    if (list == NULL || list->kind != ELBOW_YAML_LIST || list->child == NULL) {
        refuse(reader, "buckets", "a list of numbers");
        return;
    }
    for (const struct elbow_yaml *entry = list->child; entry != NULL; entry = entry->next) {
        char *end = NULL;
        uint64_t value = entry->kind == ELBOW_YAML_SCALAR ? strtoull(entry->text, &end, 10) : 0;
        if (value == 0 || *end != '\0' || sample->buckets == SCALING_BUCKETS_MAX) {
            refuse(reader, "buckets", "a list of numbers");
            return;
        }
        sample->bucket[sample->buckets++] = value;
    }
}

static int choice(struct reader *reader, const struct elbow_yaml *map, const char *key, const char *(*name)(int),
                  int choices)
{
    char text[32] = "";
    copy_text(reader, map, key, text, sizeof text);
    for (int i = 0; i < choices; ++i)
        if (strcmp(text, name(i)) == 0)
            return i;
    refuse(reader, key, "a known word");
    return 0;
}

static const char *kind_name(int i)
{
    return scaling_kind_name((enum scaling_kind)i);
}

static const char *mode_name(int i)
{
    return scaling_mode_name((enum scaling_mode)i);
}

static void read_bench(struct reader *reader, const struct elbow_yaml *bench, struct scaling_sample *sample)
{
    const struct elbow_yaml *shares = member(bench, "step_shares");
    sample->ranks = (int)count(reader, bench, "ranks", 1, INT_MAX);
    sample->nodes = (int)count(reader, bench, "nodes", 1, INT_MAX);
    sample->threads = (int)count(reader, bench, "threads", 1, INT_MAX);
    sample->batch = count(reader, bench, "batch", 1, UINT64_MAX / 2);
    sample->microbatch = count(reader, bench, "microbatch", 1, UINT64_MAX / 2);
    sample->microbatches = count(reader, bench, "microbatches", 1, UINT64_MAX / 2);
    sample->parameters = count(reader, bench, "parameters", 1, UINT64_MAX / 2);
    sample->step = number(reader, bench, "step_seconds", 1e-12);
    sample->samples_per_s = number(reader, bench, "samples_per_s", 1e-12);
    sample->compute = number(reader, shares, "compute", 0);
    sample->exchange = number(reader, shares, "exchange", 0);
    sample->data = number(reader, shares, "data", 0);
    copy_text(reader, bench, "hosts", sample->hosts, sizeof sample->hosts);
    copy_text(reader, bench, "build", sample->build, sizeof sample->build);
    copy_text(reader, bench, "processor", sample->processor, sizeof sample->processor);
    copy_text(reader, bench, "started", sample->started, sizeof sample->started);
}

// Times that the benchmark measures beside the step; a simulation has only the step.
static void read_parts(struct reader *reader, const struct elbow_yaml *bench, struct scaling_sample *sample)
{
    sample->cores_busy = number(reader, bench, "cores_busy", 0);
    sample->compute_seconds = part(reader, bench, "compute");
    sample->forward_seconds = part(reader, bench, "forward");
    sample->backward_seconds = part(reader, bench, "backward");
    sample->overlap = (uint64_t)number(reader, bench, "overlap", 0);
    sample->exchange_seconds = part(reader, bench, "exchange");
    sample->optimizer_seconds = part(reader, bench, "optimizer");
    sample->update_seconds = part(reader, bench, "update");
    read_buckets(reader, bench, sample);
}

enum elbow_status scaling_sample_parse(const char *path, const char *text, size_t size, struct scaling_sample *sample,
                                       struct elbow_error *error)
{
    struct elbow_yaml *root = NULL;
    struct reader reader = {.path = path, .error = error};
    *sample = (struct scaling_sample){0};
    *error = (struct elbow_error){0};
    if (elbow_yaml_parse(path, text, size, &root, error) != ELBOW_OK)
        return error->status = ELBOW_FORMAT;
    sample->kind = (enum scaling_kind)choice(&reader, root, "kind", kind_name, SCALING_PREDICTED);
    sample->mode = (enum scaling_mode)choice(&reader, root, "mode", mode_name, SCALING_MODES);
    sample->repeat = (int)count(&reader, root, "repeat", 0, INT_MAX);
    read_bench(&reader, member(root, "bench"), sample);
    if (sample->kind == SCALING_MEASURED)
        read_parts(&reader, member(root, "bench"), sample);
    elbow_yaml_destroy(root);
    return error->status;
}

static bool is_measurement(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static enum elbow_status read_file(const char *directory, const char *name, struct scaling_samples *samples,
                                   struct elbow_error *error)
{
    elbow_path path;
    char *text = NULL;
    size_t size;
    if (!elbow_text_format(path, sizeof path, "%s/%s", directory, name))
        return elbow_error_set(error, ELBOW_FILE, "%s/%s: the path is longer than %d bytes", directory, name,
                               ELBOW_PATH_SIZE);
    enum elbow_status status = ELBOW_OK;
    if (samples->count == samples->capacity) {
        struct scaling_sample *list;
        size_t capacity = samples->capacity == 0 ? 16 : 2 * samples->capacity;
        status = elbow_allocate(&list, capacity, sizeof *list, "the measurements", error);
        if (status != ELBOW_OK)
            return status;
        if (samples->count > 0)
            memcpy(list, samples->list, samples->count * sizeof *list);
        elbow_release(&samples->list);
        samples->list = list;
        samples->capacity = capacity;
    }
    status = elbow_file_read_input(path, FILE_BYTES_MAX, &text, &size, error);
    if (status == ELBOW_OK)
        status = scaling_sample_parse(path, text, size, &samples->list[samples->count], error);
    if (status == ELBOW_OK)
        samples->count += 1;
    if (status == ELBOW_OK)
        status = elbow_inputs_note(path, error);
    elbow_release(&text);
    return status;
}

static int order(const void *left, const void *right)
{
    const struct scaling_sample *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->mode != b->mode)
        return a->mode < b->mode ? -1 : 1;
    if (a->ranks != b->ranks)
        return a->ranks < b->ranks ? -1 : 1;
    if (a->nodes != b->nodes)
        return a->nodes < b->nodes ? -1 : 1;
    if (a->parameters != b->parameters)
        return a->parameters < b->parameters ? -1 : 1;
    return (a->repeat > b->repeat) - (a->repeat < b->repeat);
}

enum elbow_status scaling_samples_read(const char *directory, struct scaling_samples *samples,
                                       struct elbow_error *error)
{
    *samples = (struct scaling_samples){0};
    *error = (struct elbow_error){0};
    DIR *folder = opendir(directory);
    if (folder == NULL)
        return elbow_error_set(error, ELBOW_FILE, "%s: %s", directory, strerror(errno));
    for (struct dirent *entry; error->status == ELBOW_OK && (entry = readdir(folder)) != NULL;)
        if (is_measurement(entry->d_name))
            read_file(directory, entry->d_name, samples, error);
    closedir(folder);
    if (error->status == ELBOW_OK && samples->count == 0)
        elbow_error_set(error, ELBOW_FILE, "%s: contains no measurements (elbow-scaling run CONFIG -o %s makes them)",
                        directory, directory);
    if (error->status != ELBOW_OK)
        scaling_samples_clear(samples);
    else
        qsort(samples->list, samples->count, sizeof *samples->list, order);
    return error->status;
}

void scaling_samples_clear(struct scaling_samples *samples)
{
    elbow_release(&samples->list);
    *samples = (struct scaling_samples){0};
}
