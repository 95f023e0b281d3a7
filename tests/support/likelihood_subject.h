// SPDX-License-Identifier: BSD-3-Clause
// Used by the conformance programs of likelihoods: each kind in all its forms, with data for it.
#ifndef ELBOW_TESTS_LIKELIHOOD_SUBJECT_H
#define ELBOW_TESTS_LIKELIHOOD_SUBJECT_H

#include "elbow/vae/likelihood.h"

#include "reference_likelihood.h"

enum { WIDEST = 1031, ROWS = 40, OUTPUTS_MAX = 6, SUBJECT_SHARED_MAX = 20000 };

// One likelihood with options.
struct subject {
    int kind;
    const struct elbow_likelihood *row;
    const struct reference_likelihood *reference;
    const struct elbow_likelihood_options *options;
    size_t outputs;
    bool is_at_start; // otherwise trained numbers differ from it
};

// Memory for calls.
extern float x[ROWS * WIDEST], y[ROWS * WIDEST * OUTPUTS_MAX], dy[ROWS * WIDEST * OUTPUTS_MAX];
extern float shared[SUBJECT_SHARED_MAX], dshared[SUBJECT_SHARED_MAX];
extern double recon[ROWS];

// The number of values that are trained beside the networks; *start: their start.
size_t subject_shared_count(const struct subject *subject, size_t values, float *start);

// A call without gradients, of x, y and recon; trained numbers differ from each other if they vary.
struct elbow_likelihood_call subject_call(const struct subject *subject, size_t rows, size_t values, bool vary);

// Gives each row of a call whose means are shares of a total that size; with one value per row, the size is its mean.
void subject_give_size(const struct subject *subject, double size, struct elbow_likelihood_call *call);

// The reference of row i of a call; valid until the next.
struct reference_row subject_exact(const struct subject *subject, const struct elbow_likelihood_call *call, size_t i);

// The outputs of one value, the first of which is `at`.
void subject_fill_outputs(const struct subject *subject, double at, float *outputs);

// Calls check for every likelihood in all its forms.
void subject_each(void (*check)(const struct subject *subject));

const char *subject_name(const struct subject *subject);

// Random x in the support, and random y, of this number of values.
void subject_fill(const struct subject *subject, size_t count);

#endif
