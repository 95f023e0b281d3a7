// SPDX-License-Identifier: BSD-3-Clause
// The activations as the layers compute them, and their derivatives.
#include "figures.h"

#include "elbow/nn/activation.h"
#include "elbow/output/plot.h"

enum { POINTS = 241, SHOWN = 6 };

static const enum elbow_activation shown[SHOWN] = {ELBOW_ACTIVATION_RELU,    ELBOW_ACTIVATION_TANH,
                                                   ELBOW_ACTIVATION_SIGMOID, ELBOW_ACTIVATION_SOFTPLUS,
                                                   ELBOW_ACTIVATION_SILU,    ELBOW_ACTIVATION_GELU};
static const char *const names[] = {ELBOW_ACTIVATION_LIST(ELBOW_KIND_WORD)};

struct curves {
    double x[POINTS], y[SHOWN][POINTS], derivative[SHOWN][POINTS];
};

static void compute(struct curves *curves)
{
    static const float no_bias[POINTS];
    for (size_t k = 0; k < SHOWN; ++k) {
        float y[POINTS], derivative[POINTS], dy[POINTS];
        for (size_t i = 0; i < POINTS; ++i) {
            curves->x[i] = -4 + 8.0 * (double)i / (POINTS - 1);
            y[i] = (float)curves->x[i];
            dy[i] = 1;
        }
        elbow_activation_forward(shown[k], 1, POINTS, no_bias, y, derivative);
        elbow_activation_backward(shown[k], POINTS, y, derivative, dy);
        for (size_t i = 0; i < POINTS; ++i) {
            curves->y[k][i] = (double)y[i];
            curves->derivative[k][i] = (double)dy[i];
        }
    }
}

enum elbow_status figures_activations(const char *input, struct figures_target target, struct elbow_error *error)
{
    (void)input;
    struct curves curves;
    compute(&curves);
    struct elbow_plot_series values[SHOWN], derivatives[SHOWN];
    for (size_t k = 0; k < SHOWN; ++k) {
        values[k] =
            (struct elbow_plot_series){.name = names[shown[k]], .count = POINTS, .x = curves.x, .y = curves.y[k]};
        derivatives[k] = values[k];
        derivatives[k].y = curves.derivative[k];
    }
    const struct elbow_plot_panel panels[] = {{.title = "Activations",
                                               .x = {.label = "weighted sum a"},
                                               .y = {.label = "f(a)", .least = -1.2, .most = 3},
                                               .series = values,
                                               .series_count = SHOWN},
                                              {.title = "Their derivatives",
                                               .x = {.label = "weighted sum a"},
                                               .y = {.label = "f'(a)", .least = -0.2, .most = 1.2},
                                               .series = derivatives,
                                               .series_count = SHOWN}};
    const struct elbow_plot plot = {.columns = 2, .panels = panels, .panel_count = 2};
    return elbow_plot_write(&plot, target.path, target.publish, error);
}
