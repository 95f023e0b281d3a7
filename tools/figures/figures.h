// SPDX-License-Identifier: BSD-3-Clause
// The parts of elbow-figures, which draws the figures of docs/tutorial that no subcommand of elbow draws.
#ifndef ELBOW_TOOLS_FIGURES_H
#define ELBOW_TOOLS_FIGURES_H

#include "elbow/base/output.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

// The output of a figure.
struct figures_target {
    const char *path;
    enum elbow_publish publish;
};

// A kind of figure: its name, the name of its input file in the help (NULL: none), its contents.
struct figures_kind {
    const char *name, *input, *what;
    enum elbow_status (*draw)(const char *input, struct figures_target target, struct elbow_error *error);
};

// Local. Each draws its figure and writes it. USAGE for an ending that is not .png, .svg or .pdf; FILE, FORMAT for an
// input that cannot be read; MEMORY, OUTPUT.
enum elbow_status figures_activations(const char *input, struct figures_target target, struct elbow_error *error);
enum elbow_status figures_convolution(const char *input, struct figures_target target, struct elbow_error *error);
enum elbow_status figures_gradient(const char *input, struct figures_target target, struct elbow_error *error);
enum elbow_status figures_divergence(const char *input, struct figures_target target, struct elbow_error *error);
enum elbow_status figures_game(const char *input, struct figures_target target, struct elbow_error *error);

// Local. The two parts of KL(N(mean, exp(log_variance)) || N(0, 1)), in nats, which add up to it (Kingma and Welling
// 2014, appendix B): mean^2 / 2, and (exp(log_variance) - 1 - log_variance) / 2.
double figures_pull_of_mean(double mean);
double figures_pull_of_variance(double log_variance);

// Local. The equilibrium of a game of two players with two moves each: player one gains payoff[i][k], player two loses
// it. Their probabilities of the first move (Nash 1951); a move that is best against any other is played alone.
struct figures_equilibrium {
    double one, two, value;
};
struct figures_equilibrium figures_equilibrium_of(const double payoff[2][2]);

// Local. The 3 x 3 cross-correlation of a picture (rows x columns, row by row), as in a convolutional layer: the result
// has two rows and two columns fewer.
void figures_correlate(size_t rows, size_t columns, const double *picture, const double kernel[3][3], double *result);

// The whole program: exit status 0, 1 (failed) or 2 (usage).
int figures_main(int argc, char **argv);

#endif
