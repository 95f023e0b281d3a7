// SPDX-License-Identifier: BSD-3-Clause
// A game of two players with two moves each: its equilibrium, and gradient steps of both players near it.
#include "figures.h"

#include "elbow/output/plot.h"

#include <math.h>

enum { ENDS = 2, LINES = 3, STEPS = 400 };

// The gain of the discriminator, and loss of the generator: the generator shows a cat or a dog, the discriminator has
// time to look closely at one kind.
static const double payoff[2][2] = {{3, -1}, {-2, 1}};

static double clamped(double probability)
{
    return fmin(fmax(probability, 0), 1);
}

// The expected gain of player one, who plays the first move with probability p against q.
static double gain(const double of[2][2], double p, double q)
{
    return p * (q * of[0][0] + (1 - q) * of[0][1]) + (1 - p) * (q * of[1][0] + (1 - q) * of[1][1]);
}

// True if neither player leaves a pair of certain moves.
static bool is_pure(const double of[2][2], int i, int k)
{
    return of[i][k] >= of[1 - i][k] && of[i][k] <= of[i][1 - k];
}

struct figures_equilibrium figures_equilibrium_of(const double of[2][2])
{
    for (int i = 0; i < 2; ++i)
        for (int k = 0; k < 2; ++k)
            if (is_pure(of, i, k))
                return (struct figures_equilibrium){1 - i, 1 - k, of[i][k]};
    // Each makes the other indifferent: the gain of neither depends on its own move.
    double sum = of[0][0] - of[0][1] - of[1][0] + of[1][1];
    struct figures_equilibrium found = {(of[1][1] - of[1][0]) / sum, (of[1][1] - of[0][1]) / sum, 0};
    found.value = gain(of, found.one, found.two);
    return found;
}

struct path {
    double one[STEPS + 1], two[STEPS + 1];
};

// Both players at once take a step along the derivative of their gain.
static void walk(double rate, struct path *path)
{
    double sum = payoff[0][0] - payoff[0][1] - payoff[1][0] + payoff[1][1];
    for (size_t step = 0; step < STEPS; ++step) {
        double p = path->one[step], q = path->two[step];
        path->one[step + 1] = clamped(p + rate * (q * sum + payoff[0][1] - payoff[1][1]));
        path->two[step + 1] = clamped(q - rate * (p * sum + payoff[1][0] - payoff[1][1]));
    }
}

enum elbow_status figures_game(const char *input, struct figures_target target, struct elbow_error *error)
{
    (void)input;
    const struct figures_equilibrium at = figures_equilibrium_of(payoff);
    static const double ends[ENDS] = {0, 1};
    const double against[LINES] = {0.1, at.two, 0.5};
    static const char *const names[LINES] = {"q = 0.1", "q = 2/7, the equilibrium", "q = 0.5"};
    double gains[LINES][ENDS];
    struct elbow_plot_series lines[LINES];
    for (size_t k = 0; k < LINES; ++k) {
        for (size_t i = 0; i < ENDS; ++i)
            gains[k][i] = gain(payoff, ends[i], against[k]);
        lines[k] = (struct elbow_plot_series){.name = names[k], .count = ENDS, .x = ends, .y = gains[k]};
    }
    static struct path path;
    path.one[0] = at.one + 0.1;
    path.two[0] = at.two;
    walk(0.01, &path);
    const struct elbow_plot_series steps[] = {
        {.name = "steps of both players", .count = STEPS + 1, .x = path.one, .y = path.two},
        {.name = "start", .mark = ELBOW_PLOT_POINTS, .count = 1, .x = path.one, .y = path.two, .colour = 2},
        {.name = "equilibrium", .mark = ELBOW_PLOT_POINTS, .count = 1, .x = &at.one, .y = &at.two, .colour = 3}};
    const struct elbow_plot_panel panels[] = {{.title = "What the discriminator gains",
                                               .x = {.label = "p, probability that it examines cats"},
                                               .y = {.label = "expected gain"},
                                               .series = lines,
                                               .series_count = LINES},
                                              {.title = "Gradient steps circle",
                                               .x = {.label = "p of the discriminator", .most = 1},
                                               .y = {.label = "q of the generator", .most = 1},
                                               .series = steps,
                                               .series_count = sizeof steps / sizeof *steps}};
    const struct elbow_plot plot = {.columns = 2, .panels = panels, .panel_count = 2};
    return elbow_plot_write(&plot, target.path, target.publish, error);
}
