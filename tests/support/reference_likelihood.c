// SPDX-License-Identifier: BSD-3-Clause
// The formulas, and the table of them.
#include "reference_likelihood.h"

#include <check.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>

double reference_logistic(double a)
{
    return 1 / (1 + exp(-a));
}

static double reference_bernoulli_log_p(const struct elbow_likelihood_options *options, const double *shared, double x,
                                        double y)
{
    (void)options;
    (void)shared;
    double one = y > 0 ? -log1p(exp(-y)) : y - log1p(exp(y)); // log sigmoid(y)
    double zero = y > 0 ? -y - log1p(exp(-y)) : -log1p(exp(y));
    return x * one + (1 - x) * zero;
}

static double reference_bernoulli_slope(const struct elbow_likelihood_options *options, const double *shared, double x,
                                        double y)
{
    (void)options;
    (void)shared;
    return x - reference_logistic(y);
}

static double reference_logit(double mean)
{
    return log(mean / (1 - mean));
}

static double reference_coin(double u)
{
    return u > 0;
}

static double reference_log_variance(const struct elbow_likelihood_options *options, const double *shared)
{
    return shared ? *shared : log(options->variance);
}

static double reference_gaussian_log_p(const struct elbow_likelihood_options *options, const double *shared, double x,
                                       double y)
{
    double v = exp(reference_log_variance(options, shared));
    return -0.5 * log(2 * acos(-1.0) * v) - (x - y) * (x - y) / (2 * v);
}

static double reference_gaussian_slope(const struct elbow_likelihood_options *options, const double *shared, double x,
                                       double y)
{
    return (x - y) / exp(reference_log_variance(options, shared));
}

// In s, by the chain rule from 1 / v.
static double reference_gaussian_shared_slope(const struct elbow_likelihood_options *options, const double *shared,
                                              double x, double y)
{
    return (x - y) * (x - y) * exp(-reference_log_variance(options, shared)) / 2 - 0.5;
}

static double reference_same(double y)
{
    return y;
}

static double reference_double(double u)
{
    return 2 * u;
}

static double reference_poisson_log_p(const struct elbow_likelihood_options *options, const double *shared, double x,
                                      double y)
{
    (void)options;
    (void)shared;
    return x * y - exp(y) - lgamma(x + 1);
}

static double reference_poisson_slope(const struct elbow_likelihood_options *options, const double *shared, double x,
                                      double y)
{
    (void)options;
    (void)shared;
    return x - exp(y);
}

// Mostly small, some beyond sixteen.
static double reference_count(double u)
{
    return floor(fabs(30 * u * u * u));
}

void reference_set_likelihood(const char *form, struct elbow_config *config)
{
    char assignment[160];
    struct elbow_error error = {0};
    snprintf(assignment, sizeof assignment, "model.likelihood=%s", form);
    ck_assert_msg(elbow_config_set(config, assignment, &error) == ELBOW_OK, "%s", error.message);
}

const struct reference_likelihood REFERENCE_LIKELIHOODS[] = {
    [ELBOW_LIKELIHOOD_BERNOULLI] = {.forms = {"bernoulli"},
                                    .log_p = reference_bernoulli_log_p,
                                    .slope = reference_bernoulli_slope,
                                    .mean = reference_logistic,
                                    .bias = reference_logit,
                                    .value = reference_coin,
                                    .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                    .means = {0.01, 0.3, 0.9}},
    [ELBOW_LIKELIHOOD_GAUSSIAN] = {.forms = {"{gaussian: 1}", "{gaussian: 0.3}", "{gaussian: {learned: 0.3}}"},
                                   .log_p = reference_gaussian_log_p,
                                   .slope = reference_gaussian_slope,
                                   .shared_slope = reference_gaussian_shared_slope,
                                   .mean = reference_same,
                                   .bias = reference_same,
                                   .value = reference_double,
                                   .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                   .means = {-20, 0, 0.4}},
    [ELBOW_LIKELIHOOD_POISSON] = {.forms = {"poisson"},
                                  .log_p = reference_poisson_log_p,
                                  .slope = reference_poisson_slope,
                                  .mean = exp,
                                  .bias = log,
                                  .value = reference_count,
                                  .outputs = {-6, -4, -0.3, 0, 2.2, 2.4, 5, 9},
                                  .means = {0.02, 1.5, 40}},
};
_Static_assert(sizeof REFERENCE_LIKELIHOODS / sizeof *REFERENCE_LIKELIHOODS == ELBOW_LIKELIHOODS,
               "every likelihood has its reference");

struct reference_grid reference_grid(int kind, double at)
{
    enum { POINTS = 1 << 16 };
    // A density may have a kink at its mean: there, the errors of the sums on both sides cancel where a point of the
    // grid lies 1/2 - 1/sqrt(12) of a step behind (a root of the second Bernoulli polynomial).
    const double behind = 0.21132486540518712, reach = 40;
    switch (elbow_likelihood_support((enum elbow_likelihood_kind)kind)) {
    case ELBOW_SUPPORT_REAL:
        return (struct reference_grid){REFERENCE_LIKELIHOODS[kind].mean(at) - reach + behind * 2 * reach / POINTS,
                                       2 * reach / POINTS, POINTS};
    case ELBOW_SUPPORT_UNIT:
        return (struct reference_grid){0.5 / POINTS, 1.0 / POINTS, POINTS}; // midpoints
    case ELBOW_SUPPORT_BINARY:
        return (struct reference_grid){0, 1, 2};
    case ELBOW_SUPPORT_COUNT:
        return (struct reference_grid){0, 1, POINTS};
    }
    return (struct reference_grid){0};
}

bool reference_is_of_support(int kind, float value)
{
    switch (elbow_likelihood_support((enum elbow_likelihood_kind)kind)) {
    case ELBOW_SUPPORT_REAL:
        return isfinite(value);
    case ELBOW_SUPPORT_UNIT:
        return value >= 0 && value <= 1;
    case ELBOW_SUPPORT_BINARY:
        return value == 0 || value == 1;
    case ELBOW_SUPPORT_COUNT:
        return value >= 0 && value == floorf(value);
    }
    return false;
}
