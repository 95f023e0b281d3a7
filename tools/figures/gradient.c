// SPDX-License-Identifier: BSD-3-Clause
// The derivative of E[f(z)], z from N(mean, deviation^2), by the mean: estimated through the draw (Kingma and Welling
// 2014, section 2.4) and by the score function (Williams 1992), of the same draws. f(z) = (z - 1.5)^2: the derivative
// is 2 (mean - 1.5).
#include "figures.h"

#include "elbow/math/random.h"
#include "elbow/output/plot.h"

#include <math.h>

enum { DRAWS = 2000, LINES = 3, ENDS = 2 };
static const double MEAN = 0.5, DEVIATION = 0.5, TARGET = 1.5;

struct averages {
    double draws[DRAWS], through[DRAWS], score[DRAWS], exact[DRAWS];
};

static void compute(struct averages *averages)
{
    float noise[DRAWS];
    elbow_random_normal((struct elbow_stream){.seed = 1, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT}, DRAWS, noise);
    double through = 0, score = 0;
    for (size_t i = 0; i < DRAWS; ++i) {
        double z = MEAN + DEVIATION * (double)noise[i], off = z - TARGET;
        through += 2 * off;
        score += off * off * (double)noise[i] / DEVIATION;
        averages->draws[i] = (double)(i + 1);
        averages->through[i] = through / (double)(i + 1);
        averages->score[i] = score / (double)(i + 1);
        averages->exact[i] = 2 * (MEAN - TARGET);
    }
}

enum elbow_status figures_gradient(const char *input, struct figures_target target, struct elbow_error *error)
{
    (void)input;
    static struct averages averages;
    compute(&averages);
    static const double noise[ENDS] = {-3, 3};
    static const double posteriors[LINES][2] = {{0, 1}, {1, 0.5}, {1, 0.05}};
    static const char *const names[LINES] = {"mean 0, deviation 1", "mean 1, deviation 0.5", "mean 1, deviation 0.05"};
    double z[LINES][ENDS];
    struct elbow_plot_series draws[LINES];
    for (size_t k = 0; k < LINES; ++k) {
        for (size_t i = 0; i < ENDS; ++i)
            z[k][i] = posteriors[k][0] + posteriors[k][1] * noise[i];
        draws[k] = (struct elbow_plot_series){.name = names[k], .count = ENDS, .x = noise, .y = z[k]};
    }
    const struct elbow_plot_series estimates[] = {
        {.name = "through the draw", .count = DRAWS, .x = averages.draws, .y = averages.through},
        {.name = "score function", .count = DRAWS, .x = averages.draws, .y = averages.score},
        {.name = "exact", .count = DRAWS, .x = averages.draws, .y = averages.exact, .is_dashed = true}};
    const struct elbow_plot_panel panels[] = {{.title = "A draw is a function of its noise",
                                               .x = {.label = "noise"},
                                               .y = {.label = "z = mean + deviation x noise"},
                                               .series = draws,
                                               .series_count = LINES},
                                              {.title = "Estimates of the derivative by the mean",
                                               .x = {.label = "draws averaged", .logarithmic = true},
                                               .y = {.label = "estimate", .least = -4, .most = 1},
                                               .series = estimates,
                                               .series_count = sizeof estimates / sizeof *estimates}};
    const struct elbow_plot plot = {.columns = 2, .panels = panels, .panel_count = 2};
    return elbow_plot_write(&plot, target.path, target.publish, error);
}
