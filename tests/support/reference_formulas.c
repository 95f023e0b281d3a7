// SPDX-License-Identifier: BSD-3-Clause
// The formulas, and the table of them.
#include "reference_likelihood.h"

#include <math.h>
#include <stddef.h>

#define OPTIONS const struct elbow_likelihood_options *options
#define VALUE OPTIONS, const double *shared, double x, const double *y

static const long double LOG_2_PI = 1.837877066409345483560659472811235279723L;

double reference_logistic(double a)
{
    return 1 / (1 + exp(-a));
}

// log(1 + exp(a))
static long double softplus(long double a)
{
    return a > 0 ? a + log1pl(expl(-a)) : log1pl(expl(a));
}

static long double bernoulli(VALUE)
{
    (void)options;
    (void)shared;
    return -x * softplus(-y[0]) - (1 - x) * softplus(y[0]);
}

static double logistic_mean(OPTIONS, const double *y)
{
    (void)options;
    return reference_logistic(y[0]);
}

static double coin(double u)
{
    return u > 0;
}

static long double gaussian(VALUE)
{
    bool is_predicted = options->variance_from == ELBOW_NUMBER_PREDICTED;
    long double v = is_predicted ? options->floor + expl(y[1]) : expl(shared ? *shared : log(options->variance));
    long double difference = (long double)x - y[0];
    return -0.5L * (LOG_2_PI + logl(v)) - difference * difference / (2 * v);
}

static double same(OPTIONS, const double *y)
{
    (void)options;
    return y[0];
}

static double twice(double u)
{
    return 2 * u;
}

static long double poisson(VALUE)
{
    (void)options;
    (void)shared;
    return (long double)x * y[0] - expl(y[0]) - lgammal(x + 1.0L);
}

static double rate(OPTIONS, const double *y)
{
    (void)options;
    return exp(y[0]);
}

// Mostly small, some beyond sixteen.
static double count(double u)
{
    return floor(fabs(30 * u * u * u));
}

// In the parameter of Loaiza-Ganem and Cunningham's formula, l = sigmoid(y).
static long double continuous_bernoulli(VALUE)
{
    (void)options;
    (void)shared;
    long double normaliser = fabs(y[0]) < 1e-4 ? 2 + y[0] * (long double)y[0] / 6 // 2 atanh(1 - 2 l) / (1 - 2 l)
                                               : (long double)y[0] / tanhl((long double)y[0] / 2);
    return logl(normaliser) - x * softplus(-y[0]) - (1 - x) * softplus(y[0]);
}

static double continuous_bernoulli_mean(OPTIONS, const double *y)
{
    long double at = y[0];
    (void)options;
    return fabsl(at) < 1e-4 ? (double)(0.5L + at / 12) : (double)(1 / -expm1l(-at) - 1 / at);
}

static double inner(double u)
{
    return 0.5 + 0.44 * u;
}

// A number that is fixed or learned, as its own logarithm.
static long double fixed_or_learned(int from, double value, const double *shared)
{
    return from == ELBOW_NUMBER_LEARNED ? expl(shared[0]) : (long double)value;
}

static long double predicted_scale(double output)
{
    return 1e-6L + softplus(output);
}

static long double laplace(VALUE)
{
    long double b = options->scale_from == ELBOW_NUMBER_PREDICTED
                        ? predicted_scale(y[1])
                        : fixed_or_learned(options->scale_from, options->scale, shared);
    return -fabsl((long double)x - y[0]) / b - logl(2 * b);
}

// If both are learned, each is a factor of its start.
static long double student_t(VALUE)
{
    bool has_both = options->scale_from == ELBOW_NUMBER_LEARNED && options->df_from == ELBOW_NUMBER_LEARNED;
    long double s, n;
    if (options->scale_from == ELBOW_NUMBER_PREDICTED)
        s = predicted_scale(y[1]);
    else
        s = has_both ? (options->scale > 0 ? options->scale : 1) * expl(shared[0])
                     : fixed_or_learned(options->scale_from, options->scale, shared);
    if (options->df_from == ELBOW_NUMBER_PREDICTED)
        n = 2 + softplus(y[options->scale_from == ELBOW_NUMBER_PREDICTED ? 2 : 1]);
    else
        n = has_both ? options->df * expl(shared[1]) : fixed_or_learned(options->df_from, options->df, shared);
    long double t = ((long double)x - y[0]) / s;
    return lgammal((n + 1) / 2) - lgammal(n / 2) - logl(n * acosl(-1)) / 2 - logl(s) - (n + 1) / 2 * log1pl(t * t / n);
}

static long double binomial(VALUE)
{
    long double n = options->trials;
    (void)shared;
    return lgammal(n + 1) - lgammal(x + 1.0L) - lgammal(n - x + 1) - x * softplus(-y[0]) - (n - x) * softplus(y[0]);
}

static double binomial_mean(OPTIONS, const double *y)
{
    return (double)options->trials * reference_logistic(y[0]);
}

static double up_to_sixteen(double u)
{
    return floor(16.99 * fabs(u));
}

static long double categorical(VALUE)
{
    long double sum = 0;
    (void)shared;
    for (int64_t j = 0; j < options->classes; ++j)
        sum += expl((long double)y[j] - y[(int)x]);
    return -logl(sum);
}

static double most_probable(OPTIONS, const double *y)
{
    int64_t best = 0;
    for (int64_t j = 1; j < options->classes; ++j)
        best = y[j] > y[best] ? j : best;
    return (double)best;
}

static double of_three(double u)
{
    return u < -0.3 ? 0 : u < 0.5 ? 1 : 2;
}

// A difference of two distribution functions, from the side where they are small.
static long double discretized_logistic(VALUE)
{
    long double s = options->scale_from == ELBOW_NUMBER_PREDICTED
                        ? predicted_scale(y[1])
                        : fixed_or_learned(options->scale_from, options->scale, shared);
    long double top = (long double)options->levels - 1, k = rintl(x * top);
    long double a = ((k + 0.5L) / top - y[0]) / s, b = ((k - 0.5L) / top - y[0]) / s;
    long double sign = a + b > 0 ? -1 : 1, high = sign > 0 ? a : -b, low = sign > 0 ? b : -a;
    bool is_first = k == 0, is_last = k == top; // open ends
    long double more = (sign > 0 ? is_last : is_first) ? 1 : 1 / (1 + expl(-high));
    long double less = (sign > 0 ? is_first : is_last) ? 0 : 1 / (1 + expl(-low));
    return logl(more - less);
}

static double discretized_logistic_mean(OPTIONS, const double *y)
{
    long double s = options->scale_from == ELBOW_NUMBER_PREDICTED ? predicted_scale(y[1])
                    : options->scale_from == ELBOW_NUMBER_LEARNED
                        ? (options->scale > 0 ? options->scale : 0.1L) * expl(0.125L)
                        : (long double)options->scale;
    long double top = (long double)options->levels - 1, sum = 0;
    for (long double k = 0; k < top; ++k)
        sum += 1 / (1 + expl(((k + 0.5L) / top - y[0]) / s));
    return (double)(sum / top);
}

// Levels of 1/255 that are levels of 1/15, too.
static double of_sixteen(double u)
{
    return floor(15.99 * fabs(u)) / 15;
}

// With a term for each gamma function.
static long double negative_binomial_at(long double x, long double log_mean, long double log_dispersion)
{
    long double m = expl(log_mean), t = expl(log_dispersion);
    return lgammal(x + t) - lgammal(t) - lgammal(x + 1) - t * log1pl(m / t) +
           (x == 0 ? 0 : x * (log_mean - logl(t + m))); // the mean of an empty row is 0
}

static long double negative_binomial(VALUE)
{
    bool is_predicted = options->dispersion == ELBOW_DISPERSION_PREDICTED;
    return negative_binomial_at(x, y[0], is_predicted ? y[1] : shared[0]);
}

static long double zero_inflated(VALUE)
{
    bool is_predicted = options->dispersion == ELBOW_DISPERSION_PREDICTED;
    long double dropped = 1 / (1 + expl(-y[1])), kept = 1 / (1 + expl(y[1]));
    long double log_p = negative_binomial_at(x, y[0], is_predicted ? y[2] : shared[0]);
    return x == 0 ? logl(dropped + kept * expl(log_p)) : logl(kept) + log_p;
}

static double zero_inflated_mean(OPTIONS, const double *y)
{
    (void)options;
    return exp(y[0]) * reference_logistic(-y[1]);
}

const struct reference_likelihood REFERENCE_LIKELIHOODS[] = {
    [ELBOW_LIKELIHOOD_BERNOULLI] = {.forms = {"bernoulli"},
                                    .log_p = bernoulli,
                                    .mean = logistic_mean,
                                    .value = coin,
                                    .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                    .means = {0.01, 0.3, 0.9}},
    [ELBOW_LIKELIHOOD_GAUSSIAN] = {.forms = {"{gaussian: 1}", "{gaussian: 0.3}", "{gaussian: {learned: 0.3}}",
                                             "{gaussian: learned}", "{gaussian: optimal}", "{gaussian: per_value}",
                                             "{gaussian: predicted}", "{gaussian: {variance: predicted, floor: 0.1}}"},
                                   .log_p = gaussian,
                                   .mean = same,
                                   .value = twice,
                                   .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                   .others = {0.75, -0.5},
                                   .means = {-20, 0, 0.4}},
    [ELBOW_LIKELIHOOD_POISSON] = {.forms = {"poisson"},
                                  .log_p = poisson,
                                  .mean = rate,
                                  .value = count,
                                  .outputs = {-6, -4, -0.3, 0, 2.2, 2.4, 5, 9},
                                  .means = {0.02, 1.5, 40}},
    [ELBOW_LIKELIHOOD_CONTINUOUS_BERNOULLI] = {.forms = {"continuous_bernoulli"},
                                               .log_p = continuous_bernoulli,
                                               .mean = continuous_bernoulli_mean,
                                               .value = inner,
                                               .outputs = {-50, -4, -0.3, 0, 0.01, 1, 5, 40},
                                               .means = {0.01, 0.3, 0.9}},
    [ELBOW_LIKELIHOOD_LAPLACE] = {.forms = {"{laplace: 1}", "{laplace: 0.3}", "laplace", "{laplace: {learned: 0.5}}",
                                            "{laplace: predicted}"},
                                  .log_p = laplace,
                                  .has_kink = true,
                                  .mean = same,
                                  .value = twice,
                                  .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                  .others = {0.4, -0.3},
                                  .means = {-20, 0, 0.4}},
    [ELBOW_LIKELIHOOD_STUDENT_T] = {.forms = {"{student_t: {scale: 0.8, df: 12}}", "{student_t: {scale: 0.3, df: 30}}",
                                              "{student_t: {df: 9}}", "{student_t: {scale: 0.5, df: {learned: 15}}}",
                                              "{student_t: {scale: {learned: 0.5}, df: {learned: 11}}}",
                                              "{student_t: {scale: predicted, df: 20}}",
                                              "{student_t: {scale: predicted, df: predicted}}"},
                                    .log_p = student_t,
                                    .mean = same,
                                    .value = twice,
                                    .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                    .others = {-0.4, 9},
                                    .means = {-20, 0, 0.4}},
    [ELBOW_LIKELIHOOD_BINOMIAL] = {.forms = {"{binomial: 16}", "{binomial: {n: 40}}", "{binomial: {n: 300}}"},
                                   .log_p = binomial,
                                   .mean = binomial_mean,
                                   .value = up_to_sixteen,
                                   .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                   .means = {0.5, 5, 9}},
    [ELBOW_LIKELIHOOD_CATEGORICAL] = {.forms = {"{categorical: 3}", "{categorical: {classes: 5}}"},
                                      .log_p = categorical,
                                      .mean = most_probable,
                                      .value = of_three,
                                      .outputs = {-30, -4, -0.3, 0, 0.01, 1, 5, 40},
                                      .others = {0.4, -0.3},
                                      .means = {0.2, 0.9, 1.8},
                                      .is_nominal = true},
    [ELBOW_LIKELIHOOD_DISCRETIZED_LOGISTIC] = {.forms = {"{discretized_logistic: {levels: 16, scale: 0.03}}",
                                                         "{discretized_logistic: {scale: 2}}", "discretized_logistic",
                                                         "{discretized_logistic: {scale: predicted}}"},
                                               .log_p = discretized_logistic,
                                               .mean = discretized_logistic_mean,
                                               .value = of_sixteen,
                                               .outputs = {-0.1, -0.05, 0, 0.01, 0.3, 0.5, 0.9, 1.05},
                                               .others = {-1, 0},
                                               .means = {0.02, 0.3, 0.9}},
    [ELBOW_LIKELIHOOD_NEGATIVE_BINOMIAL] = {.forms = {"negative_binomial",
                                                      "{negative_binomial: {dispersion: predicted}}",
                                                      "{negative_binomial: {size: total}}",
                                                      "{negative_binomial: {dispersion: predicted, size: total}}",
                                                      "{negative_binomial: {size: data}}"},
                                            .log_p = negative_binomial,
                                            .mean = rate,
                                            .value = count,
                                            .outputs = {-6, -4, -0.3, 0, 2.2, 2.4, 5, 7},
                                            .others = {0.4, -0.3},
                                            .means = {0.02, 1.5, 40}},
    [ELBOW_LIKELIHOOD_ZERO_INFLATED_NEGATIVE_BINOMIAL] =
        {.forms = {"zero_inflated_negative_binomial", "{zero_inflated_negative_binomial: {dispersion: predicted}}",
                   "{zero_inflated_negative_binomial: {size: total}}",
                   "{zero_inflated_negative_binomial: {dispersion: predicted, size: total}}",
                   "{zero_inflated_negative_binomial: {dispersion: predicted, size: data}}"},
         .log_p = zero_inflated,
         .mean = zero_inflated_mean,
         .value = count,
         .outputs = {-6, -4, -0.3, 0, 2.2, 2.4, 5, 7},
         .others = {-1.4, 0.3},
         .means = {0.02, 1.5, 40}},
};
_Static_assert(sizeof REFERENCE_LIKELIHOODS / sizeof *REFERENCE_LIKELIHOODS == ELBOW_LIKELIHOODS,
               "every likelihood has its reference");
