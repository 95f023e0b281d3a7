// SPDX-License-Identifier: BSD-3-Clause
// Deviance: how much less likely a model makes the data than one that meets each value, with the same scales.
#include "elbow/vae/detail/scoring.h"

#include "elbow/base/status.h"

#include <string.h>

void elbow_model_outputs_at(const struct elbow_model *model, const double *means, float *outputs)
{
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        for (size_t k = 0; k < part->values; ++k) {
            size_t d = elbow_part_column(part, k);
            part->likelihood->output_bias(&part->options, means[d], outputs + elbow_model_output(model, d));
        }
    }
}

// For all rows the outputs whose mean is that of each value.
static void fill_means(const struct elbow_model *model, size_t rows, const float *at, const float *y, float *workspace)
{
    memcpy(workspace, y, rows * model->outputs * sizeof *workspace);
    for (size_t p = 0; p < model->part_count; ++p) {
        const struct elbow_model_part *part = &model->parts[p];
        size_t taken = part->likelihood->has_one_mean ? 1 : part->outputs;
        for (size_t i = 0; i < rows; ++i)
            for (size_t k = 0; k < part->values; ++k) {
                size_t first = elbow_model_output(model, elbow_part_column(part, k));
                memcpy(workspace + i * model->outputs + first, at + first, taken * sizeof *workspace);
            }
    }
}

void elbow_model_deviance(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                          const float *at, float *workspace, double *deviance, double *at_means)
{
    size_t rows = microbatch.rows;
    ELBOW_CHECK(rows > 0 && rows <= model->rows_max && microbatch.values && (at == NULL || workspace));
    struct elbow_scoring scoring = {.rows = rows,
                                    .x = microbatch.values,
                                    .known = microbatch.known,
                                    .sizes = microbatch.sizes,
                                    .parameters = parameters,
                                    .y = elbow_network_output(&model->decoder, 0),
                                    .recon = deviance};
    elbow_scoring_saturate(model, &scoring);
    if (at == NULL) {
        for (size_t i = 0; i < rows; ++i)
            deviance[i] -= model->recon[i];
        return;
    }
    fill_means(model, rows, at, scoring.y, workspace);
    scoring.y = workspace;
    scoring.recon = at_means;
    elbow_scoring_score(model, &scoring);
    for (size_t i = 0; i < rows; ++i) {
        at_means[i] = deviance[i] - at_means[i];
        deviance[i] -= model->recon[i];
    }
}
