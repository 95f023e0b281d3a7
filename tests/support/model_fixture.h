// SPDX-License-Identifier: BSD-3-Clause
// Models of many architectures with random parameters, data and noise, beside their double-precision reference.
#ifndef ELBOW_TESTS_MODEL_FIXTURE_H
#define ELBOW_TESTS_MODEL_FIXTURE_H

#include "reference_vae.h"

struct architecture {
    const char *what;
    int encoder_layers, decoder_layers, activation;
    const char *likelihood; // a value of model.likelihood
    double beta, free_bits;
    size_t rows, values, latent;
};

extern const struct architecture ARCHITECTURES[];
extern const size_t ARCHITECTURE_COUNT;

// The architecture of this name.
const struct architecture *architecture(const char *what);

// Everything of one case.
struct fixture {
    struct elbow_config config;
    struct elbow_model *model;
    struct reference_vae reference;
    size_t size, rows;
    float *parameters, *gradient, *values, *noise;
    double *exact_parameters, *exact_gradient, *statistics;
};

// Zeroed memory for `count` things of `size` bytes, to be freed.
void *allocate(size_t count, size_t size);

// This number of dense layers, of 7, 12, ... units.
struct elbow_layers fixture_hidden(int count, int activation);

void configure(const struct architecture *architecture, struct elbow_config *config);

// Random parameters (biases too), data and noise, keyed by the seed.
struct fixture *fixture_create(const struct architecture *architecture, uint64_t seed);
void fixture_destroy(struct fixture *f);
struct elbow_microbatch microbatch(const struct fixture *f);
struct reference_parts exact(struct fixture *f, double *gradient);
struct elbow_terms terms(const struct fixture *f);
void train(struct fixture *f);

// Fails unless a training pass in pieces (elbow/vae/layerwise.h) gives these bits of the gradient.
void expect_pieces(struct elbow_model *model, const float *parameters, struct elbow_microbatch microbatch,
                   struct elbow_terms terms, const float *gradient);

#endif
