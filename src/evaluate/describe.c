// SPDX-License-Identifier: BSD-3-Clause
// Files told in words. A dataset is told from its description alone, so that a large file costs no more than a small
// one.
#include "elbow/evaluate/describe.h"

#include "elbow/base/file.h"
#include "elbow/base/mask.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/hdf5.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

bool elbow_describe_is_checkpoint(const char *path)
{
    struct stat about;
    char magic[sizeof ELBOW_CHECKPOINT_MAGIC - 1];
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return true;
    int file = elbow_file_open_input(path, false);
    FILE *stream = file < 0 ? NULL : fdopen(file, "rb");
    if (stream == NULL)
        return false;
    bool is_checkpoint =
        fread(magic, sizeof magic, 1, stream) == 1 && memcmp(magic, ELBOW_CHECKPOINT_MAGIC, sizeof magic) == 0;
    fclose(stream);
    return is_checkpoint;
}

static struct elbow_text size_of_file(const char *path)
{
    struct stat about;
    return elbow_text_bytes(stat(path, &about) == 0 ? (uint64_t)about.st_size : 0);
}

// A count in front of its noun.
static void print_count(FILE *out, uint64_t count, const char *noun)
{
    fprintf(out, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
}

// "28 x 28"
static void print_shape(FILE *out, size_t rank, const uint64_t *shape)
{
    for (size_t i = 0; i < rank; ++i)
        fprintf(out, "%s%" PRIu64, i > 0 ? " x " : "", shape[i]);
}

// "1.2 GB"; what is more than a number holds is told as the most that it does.
static struct elbow_text size_of_dataset(const struct elbow_hdf5_info *info)
{
    uint64_t bytes = elbow_hdf5_row_values(info), rows = info->rank > 0 ? info->shape[0] : 1;
    if (__builtin_mul_overflow(bytes, elbow_element_size(info->element), &bytes))
        bytes = UINT64_MAX;
    if (__builtin_mul_overflow(bytes, rows, &bytes))
        bytes = UINT64_MAX;
    return elbow_text_bytes(bytes);
}

// What a walk over the datasets of a file needs.
struct walk {
    struct elbow_hdf5 *file;
    FILE *out;
    uint64_t datasets;
};

static void print_use(const struct elbow_hdf5_info *info, FILE *out)
{
    struct elbow_image_shape image;
    size_t rank = info->rank > 0 ? (size_t)info->rank - 1 : 0;
    const uint64_t *shape = info->shape + 1;
    uint64_t values = elbow_hdf5_row_values(info);
    if (info->rank == 0 || info->shape[0] == 0 || values == 0) {
        fprintf(out, "    not usable: %s\n", info->rank == 0 ? "a single value" : "empty");
        return;
    }
    if (values == 1 && !elbow_element_is_float(info->element)) {
        fprintf(out, "    ");
        print_count(out, info->shape[0], "integer");
        fprintf(out, ": usable as data.labels\n");
        return;
    }
    if (info->rank == 1) {
        fprintf(out, "    not usable: data are rows of values, (samples, values, ...)\n");
        return;
    }
    if (values > ELBOW_VALUES_MAX) {
        fprintf(out, "    not usable: rows of more than %d values\n", ELBOW_VALUES_MAX);
        return;
    }
    fprintf(out, "    ");
    print_count(out, info->shape[0], "sample");
    fprintf(out, " of ");
    print_count(out, values, "value");
    if (elbow_dataset_image(ELBOW_LAYOUT_AUTO, rank, shape, &image)) {
        fprintf(out, " (images of %zu x %zu, %s)", image.height, image.width, image.channels == 3 ? "colour" : "grey");
    } else if (rank > 1) {
        fprintf(out, " (");
        print_shape(out, rank, shape);
        fprintf(out, ")");
    }
    fprintf(out, ": usable as data.train or data.valid\n");
}

static void print_scale(const struct walk *walk, const char *name)
{
    static const char *const attributes[] = {"factor", "offset"};
    double number;
    bool found;
    for (size_t i = 0; i < 2; ++i)
        if (elbow_hdf5_find_attribute(walk->file, name, attributes[i], &found, NULL) == ELBOW_OK && found &&
            elbow_hdf5_read_doubles(walk->file, name, attributes[i], &number, 1, NULL) == ELBOW_OK)
            fprintf(walk->out, "    %s %.17g\n", attributes[i], number);
}

static bool print_dataset(void *user, const char *name, const struct elbow_hdf5_info *info)
{
    struct walk *walk = user;
    ++walk->datasets;
    if (info == NULL) {
        elbow_text_print(walk->out, "\n%s: neither integers nor floats: not usable\n", name);
        return true;
    }
    elbow_text_print(walk->out, "\n%s: %s%s (", name, elbow_element_name(info->element),
                     info->is_converted ? " (stored in another type)" : "");
    print_shape(walk->out, (size_t)info->rank, info->shape);
    fprintf(walk->out, "), ");
    if (info->chunk_rows > 0) {
        fprintf(walk->out, "chunks of ");
        print_count(walk->out, info->chunk_rows, "row");
    } else {
        fprintf(walk->out, "contiguous");
    }
    fprintf(walk->out, "%s, %s\n", info->is_compressed ? ", compressed" : "", size_of_dataset(info).text);
    print_scale(walk, name);
    print_use(info, walk->out);
    return true;
}

enum elbow_status elbow_describe_file(const char *path, FILE *out, struct elbow_error *error)
{
    struct walk walk = {.out = out};
    enum elbow_status status = elbow_hdf5_open(path, &walk.file, error);
    if (status != ELBOW_OK)
        return status;
    elbow_text_print(out, "%s: an HDF5 file of %s\n", path, size_of_file(path).text);
    status = elbow_hdf5_each(walk.file, print_dataset, &walk, error);
    elbow_hdf5_close(walk.file, NULL);
    if (status == ELBOW_OK && walk.datasets == 0)
        fprintf(out, "It holds no dataset of integers or floats.\n");
    return status;
}

static void print_location(FILE *out, const struct elbow_config *config)
{
    elbow_path file, dataset;
    if (config->data.synthetic > 0)
        fprintf(out, "synthetic noise");
    else if (elbow_config_locate(config->data.file, config->data.train, file, dataset))
        elbow_text_print(out, "%s:%s", file, dataset);
}

static void print_state(const struct elbow_checkpoint *checkpoint, FILE *out)
{
    const struct elbow_run_state *state = &checkpoint->state;
    const struct elbow_data_facts *data = &checkpoint->data;
    uint64_t batch = (uint64_t)checkpoint->config.train.batch;
    uint64_t steps = batch > 0 && data->samples > 0 ? (data->samples + batch - 1) / batch : 1;
    fprintf(out, "step        %" PRIu64 " (%.2f epochs of %" PRIu64 " steps)\n", state->step,
            (double)state->step / (double)steps, steps);
    fprintf(out, "updates     %" PRIu64 "\n", state->updates);
    fprintf(out, "trained on  ");
    print_location(out, &checkpoint->config);
    fprintf(out, ", %" PRIu64 " samples of ", data->samples);
    print_shape(out, (size_t)data->rank, data->shape);
    char formula[ELBOW_TRANSFORM_WORDS_SIZE];
    elbow_transform_row(data->scale.kind)->describe(&data->scale, 9, formula);
    elbow_text_print(out, "\nscaling     %s (%s)\n", formula, data->scale.source);
    if (state->best_step > 0)
        fprintf(out, "best elbo   %.4f nats, at step %" PRIu64 "\n", state->best_elbo, state->best_step);
    else
        fprintf(out, "best elbo   not evaluated yet\n");
}

static void print_tensors(const struct elbow_parameters *parameters, FILE *out)
{
    fprintf(out, "parameters  %zu in %zu tensors\n", elbow_parameters_trainable(parameters), parameters->count);
    for (size_t i = 0; i < parameters->count; ++i) {
        const struct elbow_tensor *tensor = &parameters->tensors[i];
        char shape[128] = "";
        size_t length = 0;
        for (int d = 0; d < tensor->rank && length < sizeof shape; ++d)
            length +=
                (size_t)snprintf(shape + length, sizeof shape - length, "%s%zu", d > 0 ? " x " : "", tensor->shape[d]);
        elbow_text_print(out, "  %-32s %-16s %s\n", tensor->name, shape,
                         elbow_text_bytes(tensor->count * sizeof(float)).text);
    }
}

void elbow_describe_checkpoint(const struct elbow_checkpoint *checkpoint, FILE *out)
{
    elbow_text_print(out, "%s: a checkpoint of %s\n\n", checkpoint->path, size_of_file(checkpoint->path).text);
    print_state(checkpoint, out);
    print_tensors(&checkpoint->parameters, out);
    fputs("\nconfiguration:\n", out);
    elbow_mask_print_lines(out, checkpoint->config_text);
}
