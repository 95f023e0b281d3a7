// SPDX-License-Identifier: BSD-3-Clause
// Deviance: how much less likely a model makes the data than one that meets each value, with the same scales.
#include "elbow/vae/model.h"

#include "elbow/base/status.h"

#include <string.h>

void elbow_model_outputs_at(const struct elbow_model *model, const double *means, float *outputs)
{
    size_t width = model->likelihood->outputs(&model->options);
    for (size_t d = 0; d < model->values; ++d)
        model->likelihood->output_bias(&model->options, means[d], outputs + d * width);
}

// For all rows the outputs whose mean is that of each value.
static void fill_means(const struct elbow_model *model, size_t rows, const float *at, const float *y, float *room)
{
    size_t outputs = model->likelihood->outputs(&model->options), width = model->values * outputs;
    size_t taken = model->likelihood->has_one_mean ? 1 : outputs;
    memcpy(room, y, rows * width * sizeof *room);
    for (size_t i = 0; i < rows; ++i)
        for (size_t d = 0; d < width; d += outputs)
            memcpy(room + i * width + d, at + d, taken * sizeof *room);
}

void elbow_model_deviance(struct elbow_model *model, const float *parameters, size_t rows, const float *values,
                          const double *recon, const float *at, float *room, double *deviance, double *at_means)
{
    ELBOW_CHECK(rows > 0 && rows <= model->rows_max && values && recon && at && room);
    struct elbow_likelihood_call call = {.options = &model->options,
                                         .rows = rows,
                                         .values = model->values,
                                         .x = values,
                                         .y = elbow_network_output(&model->decoder, 0),
                                         .shared = model->shared.count > 0 ? parameters + model->shared.offset : NULL,
                                         .recon = deviance};
    model->likelihood->saturated(&call);
    fill_means(model, rows, at, call.y, room);
    call.y = room;
    call.recon = at_means;
    model->likelihood->score(&call);
    for (size_t i = 0; i < rows; ++i) {
        at_means[i] = deviance[i] - at_means[i];
        deviance[i] -= recon[i];
    }
}
