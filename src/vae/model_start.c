// SPDX-License-Identifier: BSD-3-Clause
// The start of a model's numbers, and numbers that follow from a step in closed form.
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/status.h"

#include <string.h>

// Number of biases of the decoder's last layer: channels times the outputs of a value; with several parts, the outputs
// of all values.
static float *find_bias(const struct elbow_model *model, float *values, size_t *channels)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&model->parameters, "decoder.head/bias");
    ELBOW_CHECK(tensor);
    *channels = model->part_count > 1 ? model->values : tensor->count / model->parts[0].outputs;
    ELBOW_CHECK(*channels > 0 && model->values % *channels == 0);
    return values + tensor->offset;
}

// For one of several parts, whose columns have one place per channel.
static void start_biases(const struct elbow_model *model, const struct elbow_model_part *part, const float *data_mean,
                         float *bias)
{
    for (size_t k = 0; k < part->values; ++k) {
        size_t d = elbow_part_column(part, k);
        part->likelihood->output_bias(&part->options, (double)data_mean[d], bias + elbow_model_output(model, d));
    }
}

void elbow_model_initialize(const struct elbow_model *model, uint64_t seed, const float *data_mean, float *values)
{
    memset(values, 0, model->parameters.size * sizeof *values);
    elbow_parameters_initialize(&model->parameters, seed, values);
    if (!data_mean)
        return;
    const struct elbow_model_part *part = &model->parts[0];
    size_t channels;
    float *bias = find_bias(model, values, &channels);
    for (size_t p = 0; p < model->part_count && model->part_count > 1; ++p)
        start_biases(model, &model->parts[p], data_mean, bias);
    if (model->part_count > 1)
        return;
    size_t places = model->values / channels; // 1 except for a convolution
    for (size_t d = 0; d < channels; ++d) {
        double mean = 0;
        for (size_t place = 0; place < places; ++place)
            mean += (double)data_mean[place * channels + d];
        part->likelihood->output_bias(&part->options, mean / (double)places, bias + d * part->outputs);
    }
}

static bool starts_from_data(const struct elbow_model_part *part)
{
    return part->likelihood->starts_from_data && part->likelihood->starts_from_data(&part->options);
}

bool elbow_model_starts_from_data(const struct elbow_model *model)
{
    for (size_t p = 0; p < model->part_count; ++p)
        if (starts_from_data(&model->parts[p]))
            return true;
    return false;
}

bool elbow_model_config_starts_from_data(const struct elbow_config *config)
{
    const struct elbow_likelihood_parts *parts = &config->model.parts;
    const struct elbow_likelihood *row = elbow_likelihood_row((enum elbow_likelihood_kind)config->model.likelihood);
    if (parts->count == 0)
        return row->starts_from_data && row->starts_from_data(&config->model.likelihood_options);
    for (size_t k = 0; k < parts->count; ++k) {
        row = elbow_likelihood_row((enum elbow_likelihood_kind)parts->parts[k].likelihood);
        if (row->starts_from_data && row->starts_from_data(&parts->parts[k].options))
            return true;
    }
    return false;
}

// The variance of all values of a part about their one mean.
static double pool(const struct elbow_model_part *part, const double *mean, const double *variance)
{
    double middle = 0, pooled = 0;
    for (size_t k = 0; k < part->values; ++k)
        middle += mean[elbow_part_column(part, k)] / (double)part->values;
    for (size_t k = 0; k < part->values; ++k) {
        size_t d = elbow_part_column(part, k);
        pooled += (variance[d] + (mean[d] - middle) * (mean[d] - middle)) / (double)part->values;
    }
    return pooled;
}

// A part among several: its variances and biases go through the memory for them.
static void start_apart(const struct elbow_model *model, const struct elbow_model_part *part, const double *variance,
                        float *bias, struct elbow_likelihood_start *start)
{
    const struct elbow_gathering *workspace = &model->gathering;
    for (size_t k = 0; k < part->values; ++k)
        workspace->moments[k] = variance[elbow_part_column(part, k)];
    elbow_part_gather_outputs(model, part, bias, workspace->y);
    start->variance = workspace->moments;
    start->channels = part->values;
    start->bias = workspace->y;
    part->likelihood->start(start);
    elbow_part_scatter_outputs(model, part, workspace->y, bias);
}

void elbow_model_start(const struct elbow_model *model, const double *mean, const double *variance, float *values)
{
    ELBOW_CHECK(elbow_model_starts_from_data(model));
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        struct elbow_likelihood_start start = {.options = &part->options,
                                               .values = part->values,
                                               .variance = variance,
                                               .pooled = pool(part, mean, variance),
                                               .shared = part->shared.count > 0 ? values + part->shared.offset : NULL};
        start.bias = find_bias(model, values, &start.channels);
        if (!starts_from_data(part))
            continue;
        if (model->part_count > 1)
            start_apart(model, part, variance, start.bias, &start);
        else
            part->likelihood->start(&start);
    }
}

bool elbow_model_samples_kl(const struct elbow_model *model)
{
    return model->prior != NULL && !model->prior->is_exact;
}

size_t elbow_model_sums(const struct elbow_model *model, bool moments)
{
    return elbow_statistics_size(model->latent, moments) + (model->classes > 1 ? ELBOW_CLASSES_SUMS : 0);
}

size_t elbow_model_statistics(const struct elbow_model *model, bool moments)
{
    return elbow_model_sums(model, moments) + model->notes + (moments ? 0 : model->settling) + model->extras;
}

// True if another part has the figure, too.
static bool is_of_several(const struct elbow_model *model, enum elbow_figure_kind kind)
{
    size_t count = 0;
    for (size_t p = 0; p < model->part_count; ++p)
        for (size_t n = 0; n < model->parts[p].figures; ++n)
            count += model->parts[p].likelihood->figures[n] == kind;
    return count > 1;
}

void elbow_model_own_figures(const struct elbow_model *model, struct elbow_figures *figures)
{
    for (size_t e = 0; e < model->extras; ++e)
        elbow_figures_set(figures, model->extra_figures[e], 0);
    if (model->classes > 1) {
        elbow_figures_set(figures, ELBOW_FIGURE_CLASS_KL, 0);
        elbow_figures_set(figures, ELBOW_FIGURE_ACCURACY, 0);
        elbow_figures_set(figures, ELBOW_FIGURE_LOG_CLASS, 0);
    }
    for (size_t p = 0; p < model->part_count; ++p)
        for (size_t n = 0; n < model->parts[p].figures; ++n)
            if (is_of_several(model, model->parts[p].likelihood->figures[n]))
                elbow_figures_set_part(figures, model->parts[p].likelihood->figures[n], p, 0);
}

void elbow_model_class_figures(const struct elbow_model *model, const double *statistics, bool moments,
                               struct elbow_figures *figures)
{
    const double *sums = statistics + elbow_statistics_size(model->latent, moments);
    if (model->classes == 1)
        return;
    elbow_figures_set(figures, ELBOW_FIGURE_CLASS_KL, sums[ELBOW_CLASSES_KL] / statistics[ELBOW_STATISTIC_SAMPLES]);
    if (sums[ELBOW_CLASSES_KNOWN] > 0)
        elbow_figures_set(figures, ELBOW_FIGURE_ACCURACY, sums[ELBOW_CLASSES_RIGHT] / sums[ELBOW_CLASSES_KNOWN]);
}

void elbow_model_figures(const struct elbow_model *model, const double *statistics, bool moments,
                         struct elbow_figures *figures)
{
    elbow_statistics_figures(statistics, model->prior != NULL, figures);
    elbow_model_class_figures(model, statistics, moments, figures);
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        const double *notes = statistics + elbow_model_sums(model, moments) + part->notes;
        for (size_t n = 0; n < part->figures && notes[part->figures] != 0; ++n) {
            enum elbow_figure_kind kind = part->likelihood->figures[n];
            double value = notes[n] / notes[part->figures];
            if (is_of_several(model, kind))
                elbow_figures_set_part(figures, kind, p, value);
            else
                elbow_figures_set(figures, kind, value);
        }
    }
    const double *extras = statistics + elbow_model_statistics(model, moments) - model->extras;
    for (size_t n = 0; n < model->extras; ++n)
        elbow_figures_set(figures, model->extra_figures[n], extras[n] / statistics[ELBOW_STATISTIC_SAMPLES]);
}

// The numbers of a part, from the sums of its notes times the weights of the samples.
static bool settle(const struct elbow_model_part *part, const double *sums, float *number)
{
    enum { FIGURES_MAX = 8 };
    double figures[FIGURES_MAX], weight = sums[part->figures];
    ELBOW_CHECK(part->shared.count == 1 && part->figures <= FIGURES_MAX);
    for (size_t n = 0; n < part->figures; ++n)
        figures[n] = sums[n] / weight;
    return weight == 0 || part->likelihood->settle(&part->options, figures, number);
}

bool elbow_model_settle(const struct elbow_model *model, const double *statistics, size_t first, size_t count,
                        float *values)
{
    const double *sums = statistics + elbow_model_sums(model, false) + model->notes;
    for (size_t p = 0; p < model->part_count && model->settling > 0; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        size_t at = part->shared.offset;
        if (part->settles && at >= first && at < first + count)
            settle(part, sums + part->notes, values + (at - first));
    }
    return model->settling > 0;
}
