// SPDX-License-Identifier: BSD-3-Clause
// Likelihoods in long double, from textbook formulas: a row for each kind of elbow/config/kinds.h. They share no code
// with the library; their derivatives are differences of log_p.
#ifndef ELBOW_TESTS_REFERENCE_LIKELIHOOD_H
#define ELBOW_TESTS_REFERENCE_LIKELIHOOD_H

#include "elbow/config/config.h"

// Of one value: `shared` are its trained numbers, NULL if there are none, y its outputs.
struct reference_likelihood {
    const char *forms[9]; // values of model.likelihood, with options to test: at least one; ends with NULL
    long double (*log_p)(const struct elbow_likelihood_options *options, const double *shared, double x,
                         const double *y);
    double (*mean)(const struct elbow_likelihood_options *options, const double *y); // E[x|y], or likeliest class
    double (*value)(double u); // a value of the support, for u in (-1, 1)
    double outputs[8];         // of the first output to test; the mean of each is finite
    double others[2];          // the outputs behind it, in turn
    double means[3];           // of data, to start at
    bool is_nominal;           // the mean is the most probable class: values have no order
    bool has_kink;             // at the first output
};

double reference_logistic(double a);

// A row: values (D) of x, outputs (D, outputs), and the trained numbers; each value uses all of them or its own.
struct reference_row {
    int kind;
    const struct elbow_likelihood_options *options;
    size_t values, outputs, shared_count;
    bool is_shared_per_value;
    bool is_coupled; // means are shares of a total
    double size;     // 0: the sum of x
    const double *x, *y, *shared;
};

// Shape and options; the caller owns the arrays.
struct reference_row reference_row_of(int kind, const struct elbow_likelihood_options *options, size_t values);

long double reference_log_p(const struct reference_row *row);

// -d log p / d y (D, outputs), and / d shared if there are any, which is added to dshared unless that is NULL.
void reference_gradient(const struct reference_row *row, double *dy, double *dshared);

// The mean of p(x|y), or the most probable class, of each value.
void reference_means(const struct reference_row *row, double *means);

// Points of a likelihood's support, for a sum over p(x|y) around `at`: first, first + step, ...; each represents a
// width.
struct reference_grid {
    double first, step, width;
    long points;
};
struct reference_grid reference_grid(int kind, const struct elbow_likelihood_options *options, double at);

bool reference_is_of_support(int kind, const struct elbow_likelihood_options *options, float value);

// Sets model.likelihood and its options as `--set model.likelihood=FORM` does.
void reference_set_likelihood(const char *form, struct elbow_config *config);

// By enum elbow_likelihood_kind.
extern const struct reference_likelihood REFERENCE_LIKELIHOODS[];

#endif
