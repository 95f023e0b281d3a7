// SPDX-License-Identifier: BSD-3-Clause
// Where a model's numbers start, and which of them follow from a step in closed form.
#include "elbow/vae/model.h"

#include "elbow/base/status.h"

#include <string.h>

// Numbers of the decoder's last bias: channels times the likelihood's outputs.
static float *find_bias(const struct elbow_model *model, float *values, size_t *channels)
{
    const struct elbow_tensor *tensor = elbow_parameters_find(&model->parameters, "decoder.head/bias");
    *channels = tensor ? tensor->count / model->likelihood->outputs(&model->options) : 0;
    ELBOW_CHECK(*channels > 0 && model->values % *channels == 0);
    return values + tensor->offset;
}

void elbow_model_initialize(const struct elbow_model *model, uint64_t seed, const float *data_mean, float *values)
{
    memset(values, 0, model->parameters.size * sizeof *values);
    elbow_parameters_initialize(&model->parameters, seed, values);
    if (!data_mean)
        return;
    size_t outputs = model->likelihood->outputs(&model->options), channels;
    float *bias = find_bias(model, values, &channels);
    size_t places = model->values / channels; // 1 but for a convolution
    for (size_t d = 0; d < channels; ++d) {
        double mean = 0;
        for (size_t place = 0; place < places; ++place)
            mean += (double)data_mean[place * channels + d];
        model->likelihood->output_bias(&model->options, mean / (double)places, bias + d * outputs);
    }
}

bool elbow_model_starts_from_data(const struct elbow_model *model)
{
    return model->likelihood->starts_from_data && model->likelihood->starts_from_data(&model->options);
}

// The variance of all values about their one mean.
static double pool(size_t values, const double *mean, const double *variance)
{
    double middle = 0, pooled = 0;
    for (size_t d = 0; d < values; ++d)
        middle += mean[d] / (double)values;
    for (size_t d = 0; d < values; ++d)
        pooled += (variance[d] + (mean[d] - middle) * (mean[d] - middle)) / (double)values;
    return pooled;
}

void elbow_model_start(const struct elbow_model *model, const double *mean, const double *variance, float *values)
{
    struct elbow_likelihood_start start = {.options = &model->options,
                                           .values = model->values,
                                           .variance = variance,
                                           .pooled = pool(model->values, mean, variance),
                                           .shared = model->shared.count > 0 ? values + model->shared.offset : NULL};
    ELBOW_CHECK(elbow_model_starts_from_data(model));
    start.bias = find_bias(model, values, &start.channels);
    model->likelihood->start(&start);
}

size_t elbow_model_statistics(const struct elbow_model *model, bool moments)
{
    return elbow_statistics_size(model->latent, moments) + model->notes + (moments ? 0 : model->settling);
}

void elbow_model_figures(const struct elbow_model *model, const double *statistics, bool moments,
                         struct elbow_figures *figures)
{
    const double *notes = statistics + elbow_statistics_size(model->latent, moments);
    elbow_statistics_figures(statistics, figures);
    for (size_t n = 0; n < model->notes; ++n)
        elbow_figures_set(figures, model->likelihood->figures[n], notes[n] / statistics[ELBOW_STATISTIC_SAMPLES]);
}

bool elbow_model_settle(const struct elbow_model *model, const double *statistics, size_t first, size_t count,
                        float *values)
{
    enum { NOTES_MAX = 8 };
    const struct elbow_shared_numbers *shared = &model->shared;
    if (model->settling == 0)
        return false;
    ELBOW_CHECK(shared->count == 1 && model->notes <= NOTES_MAX);
    if (count == 0 || shared->offset < first || shared->offset >= first + count)
        return true;
    const double *sums = statistics + elbow_statistics_size(model->latent, false) + model->notes;
    double figures[NOTES_MAX], weight = sums[model->notes];
    for (size_t n = 0; n < model->notes; ++n)
        figures[n] = sums[n] / weight;
    return weight == 0 || model->likelihood->settle(&model->options, figures, values + (shared->offset - first));
}
