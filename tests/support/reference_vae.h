// SPDX-License-Identifier: BSD-3-Clause
// An independent VAE in double precision: one row at a time, plain loops, textbook formulas, no code shared with the
// library. It finds tensors by their names in the arena. Its gradients are themselves checked by finite differences.
#ifndef ELBOW_TESTS_REFERENCE_VAE_H
#define ELBOW_TESTS_REFERENCE_VAE_H

#include "elbow/vae/model.h"
#include "reference_likelihood.h"

enum { REFERENCE_LAYERS = 5, REFERENCE_WIDTH = 64 };

struct reference_layer {
    size_t inputs, units;
    int activation;
    size_t weight, bias; // offsets in the arena
};

struct reference_network {
    size_t count; // including the head
    struct reference_layer layers[REFERENCE_LAYERS];
};

struct reference_vae {
    size_t values, latent;
    const struct reference_likelihood *likelihood;
    struct elbow_likelihood_options options;
    int kind;         // of the likelihood
    bool settles;     // its numbers follow in closed form
    size_t shared_at; // the offset of the numbers that it trains
    double beta, free_bits;
    struct reference_network encoder, decoder;
};

// The figures of one row, or of a sum of rows.
struct reference_parts {
    double recon, kl, objective;
    double kl_of[REFERENCE_WIDTH];
};

// One network's values in a forward pass: points[k] enters layer k, sums[k] is x W + b of layer k.
struct reference_trace {
    double points[REFERENCE_LAYERS + 1][REFERENCE_WIDTH];
    double sums[REFERENCE_LAYERS][REFERENCE_WIDTH];
};

struct reference_vae reference_vae(const struct elbow_config *config, const struct elbow_model *model);
const double *reference_up(const struct reference_network *network, const double *parameters, const double *x,
                           struct reference_trace *trace);

// The arguments of the likelihood for a row.
struct reference_row reference_likelihood_row(const struct reference_vae *vae, const double *parameters,
                                              const double *x, const double *y);

// One row: adds its parts, and the gradient of minus the objective to gradient unless that is NULL.
void reference_row(const struct reference_vae *vae, const double *parameters, const double *x, const double *noise,
                   struct reference_parts *parts, double *gradient);

// Rows of float arrays: their summed parts, and the gradient (overwritten) unless NULL.
struct reference_parts reference_rows(const struct reference_vae *vae, size_t size, const double *parameters,
                                      size_t rows, const float *x, const float *noise, double *gradient);

// A small generator of its own for test data: uniform in (-1, 1) (xorshift64*, Vigna 2016).
double reference_random(uint64_t *state);

// Nearly normal: a sum of twelve uniforms, variance 12 / 3 brought to 1.
double reference_normal(uint64_t *state);

#endif
