// SPDX-License-Identifier: BSD-3-Clause
// Likelihoods in double precision, from textbook formulas: a row for each kind of elbow/config/kinds.h. They share no
// code with the library; their slopes are checked by finite differences of log_p.
#ifndef ELBOW_TESTS_REFERENCE_LIKELIHOOD_H
#define ELBOW_TESTS_REFERENCE_LIKELIHOOD_H

#include "elbow/config/config.h"

// log p(x|y) of one value. `shared` are the trained numbers, NULL where there are none. A likelihood with one output a
// value has one y.
struct reference_likelihood {
    const char *forms[5]; // of model.likelihood, with options to look at: at least one; ends with NULL
    double (*log_p)(const struct elbow_likelihood_options *options, const double *shared, double x, double y);
    double (*slope)(const struct elbow_likelihood_options *options, const double *shared, double x, double y); // in y
    double (*shared_slope)(const struct elbow_likelihood_options *options, const double *shared, double x, double y);
    double (*mean)(double y);
    double (*bias)(double data_mean); // whose mean that is
    double (*value)(double u);        // a value of the support, for u in (-1, 1)
    double outputs[8];                // y to look at; the mean of each is finite
    double means[3];                  // of data, to start at
};

double reference_logistic(double a);

// Points of a likelihood's support, for a sum over p(x|y) at y = at: first, first + step, ...
struct reference_grid {
    double first, step;
    long points;
};
struct reference_grid reference_grid(int kind, double at);

bool reference_is_of_support(int kind, float value);

// Sets model.likelihood and its options as `--set model.likelihood=FORM` does.
void reference_set_likelihood(const char *form, struct elbow_config *config);

// By enum elbow_likelihood_kind.
extern const struct reference_likelihood REFERENCE_LIKELIHOODS[];

#endif
