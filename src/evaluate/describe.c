// SPDX-License-Identifier: BSD-3-Clause
// Descriptions of checkpoints; dataset files are in inspect.c.
#include "elbow/evaluate/describe.h"

#include "elbow/base/file.h"
#include "elbow/base/mask.h"
#include "elbow/checkpoint/checkpoint.h"

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

// "28 x 28"
static void print_shape(FILE *out, size_t rank, const uint64_t *shape)
{
    for (size_t i = 0; i < rank; ++i)
        fprintf(out, "%s%" PRIu64, i > 0 ? " x " : "", shape[i]);
}

static void print_location(FILE *out, const struct elbow_config *config)
{
    elbow_path file, dataset;
    struct elbow_place_of place = {.next = config->data.train};
    size_t more = 0;
    if (config->data.synthetic > 0)
        fprintf(out, "synthetic noise");
    else if (elbow_places_next(&place) && elbow_config_locate(config->data.file, place.location, file, dataset))
        elbow_text_print(out, "%s:%s", file, dataset);
    while (config->data.synthetic == 0 && elbow_places_next(&place))
        ++more;
    if (more > 0)
        fprintf(out, " and %zu more", more);
}

// The conditions of the model, one variable per line.
static void print_conditions(const struct elbow_conditions *conditions, FILE *out)
{
    for (size_t v = 0; v < conditions->count; ++v) {
        const struct elbow_condition *condition = &conditions->variables[v];
        elbow_text_print(out, "condition   %s: ", condition->name);
        if (condition->is_number)
            fprintf(out, "a number, mean %.9g, deviation %.9g\n", condition->mean, condition->deviation);
        for (size_t k = 0; !condition->is_number && k < condition->width; ++k)
            elbow_text_print(out, "%s%s", k > 0 ? ", " : "one of ", elbow_condition_class(conditions, v, k));
        if (!condition->is_number)
            fputc('\n', out);
    }
}

// The order of the training rows, where it is one of pages.
static void print_order(const struct elbow_checkpoint *checkpoint, FILE *out)
{
    const struct elbow_config *config = &checkpoint->config;
    if (config->data.order == ELBOW_ORDER_FULL)
        return;
    fprintf(out, "order       %s of pages of up to %" PRIu64 " rows (data.order)",
            elbow_config_choice("data.order", config->data.order), checkpoint->data.page_rows);
    if (config->data.order == ELBOW_ORDER_WINDOWS)
        fprintf(out, ", %s a window", elbow_text_count((uint64_t)config->data.window_pages, "page").text);
    fprintf(out, "\n");
}

static void print_state(const struct elbow_checkpoint *checkpoint, FILE *out)
{
    const struct elbow_run_state *state = &checkpoint->state;
    const struct elbow_data_facts *data = &checkpoint->data;
    uint64_t batch = (uint64_t)checkpoint->config.train.batch;
    uint64_t steps = batch > 0 && data->samples > 0 ? (data->samples + batch - 1) / batch : 1;
    fprintf(out, "step        %" PRIu64 " (%.2f epochs of %s)\n", state->step, (double)state->step / (double)steps,
            elbow_text_count(steps, "step").text);
    fprintf(out, "updates     %" PRIu64 "\n", state->updates);
    fprintf(out, "trained on  ");
    print_location(out, &checkpoint->config);
    fprintf(out, ", %s of ", elbow_text_count(data->samples, "sample").text);
    print_shape(out, (size_t)data->rank, data->shape);
    if (checkpoint->config.data.through[0] != 0)
        elbow_text_print(out, " (latents of %s, data.through)", checkpoint->config.data.through);
    char formula[ELBOW_SCALE_WORDS_SIZE], transform[ELBOW_TRANSFORM_WORDS_SIZE];
    elbow_scale_describe(&data->scale, 9, formula);
    elbow_text_print(out, "\nscaling     %s (%s)\n", formula, data->scale.source);
    print_order(checkpoint, out);
    if (data->transform.kind != ELBOW_TRANSFORM_NONE) {
        elbow_transform_row(data->transform.kind)->describe(&data->transform, 9, transform);
        fprintf(out, "transform   %s, %s\n", elbow_transform_word(data->transform.kind), transform);
    }
    if (data->input.kind != ELBOW_TRANSFORM_NONE) {
        elbow_transform_row(data->input.kind)->describe(&data->input, 9, transform);
        fprintf(out, "inputs      %s, %s\n", elbow_transform_word(data->input.kind), transform);
    }
    if (checkpoint->config.train.average > 0)
        fprintf(out, "averages    of the weights, decay %g (train.average)\n", checkpoint->config.train.average);
    print_conditions(&data->conditions, out);
    for (size_t k = 0; k < elbow_classes_count(&data->classes); ++k)
        elbow_text_print(out, "%s%s", k > 0 ? ", " : "classes     ", elbow_class_name(&data->classes, k));
    if (elbow_classes_count(&data->classes) > 0)
        fputc('\n', out);
    bool has_kl = elbow_posterior_has_kl((enum elbow_posterior_kind)checkpoint->config.model.posterior);
    if (has_kl && !elbow_prior_row((enum elbow_prior_kind)checkpoint->config.model.prior)->is_exact)
        fprintf(out, "kl          sampled, by one draw of z\n");
    const char *score = has_kl ? "best elbo  " : "best recon ";
    if (state->best_step > 0)
        fprintf(out, "%s %.4f nats, at step %" PRIu64 "\n", score, state->best_elbo, state->best_step);
    else
        fprintf(out, "%s not evaluated yet\n", score);
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
