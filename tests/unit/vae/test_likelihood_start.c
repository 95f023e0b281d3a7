// SPDX-License-Identifier: BSD-3-Clause
// Scales without a given start begin such that p(x|z) varies as the training data do.
#include "elbow/vae/likelihood.h"

#include "reference_likelihood.h"
#include "unit.h"

#include <math.h>

enum { VALUES = 6, CHANNELS = 3, OUTPUTS_MAX = 3 };

static const double VARIANCES[VALUES] = {0.04, 1, 9, 0.16, 4, 16}; // two places of three channels
static const double POOLED = 5.5;

static struct elbow_config config;

// The variance of p(x|z) in squares of its scale.
static double squares_of(void)
{
    switch (config.model.likelihood) {
    case ELBOW_LIKELIHOOD_LAPLACE:
    case ELBOW_LIKELIHOOD_STUDENT_T: // of 4 degrees of freedom
        return 2;
    default:
        return acos(-1.0) * acos(-1.0) / 3;
    }
}

static void check_start(const char *form, bool is_predicted)
{
    float shared[2] = {0}, bias[CHANNELS * OUTPUTS_MAX] = {0};
    reference_set_likelihood(form, &config);
    const struct elbow_likelihood_options *options = &config.model.likelihood_options;
    const struct elbow_likelihood *row = elbow_likelihood_row((enum elbow_likelihood_kind)config.model.likelihood);
    size_t outputs = row->outputs(options);
    struct elbow_likelihood_start start = {.options = options,
                                           .values = VALUES,
                                           .variance = VARIANCES,
                                           .pooled = POOLED,
                                           .shared = shared,
                                           .channels = CHANNELS,
                                           .bias = bias};
    ck_assert_msg(row->starts_from_data(options), "%s", form);
    row->start(&start);
    if (!is_predicted)
        ck_assert_double_eq_tol(exp(2 * (double)shared[0]) * squares_of(), POOLED, 1e-5);
    for (size_t c = 0; is_predicted && c < CHANNELS; ++c) {
        double scale = 1e-6 + log1p(exp((double)bias[c * outputs + 1])),
               mean = (VARIANCES[c] + VARIANCES[c + CHANNELS]) / 2;
        ck_assert_double_eq_tol(scale * scale * squares_of(), mean, 1e-5);
        ck_assert(bias[c * outputs] == 0); // the mean's is not the start's
    }
}

START_TEST(scales_start_as_the_data_vary)
{
    check_start("laplace", false);
    check_start("{laplace: predicted}", true);
    check_start("student_t", false);
    check_start("{student_t: {df: learned}}", false);
    check_start("{student_t: {scale: predicted}}", true);
    check_start("{student_t: {scale: predicted, df: predicted}}", true);
    check_start("discretized_logistic", false);
    check_start("{discretized_logistic: {scale: predicted}}", true);
}
END_TEST

START_TEST(a_given_start_stays)
{
    static const char *const given[] = {"{laplace: 0.5}", "{laplace: {learned: 0.5}}",
                                        "{student_t: {scale: {learned: 2}}}", "{discretized_logistic: {scale: 0.2}}"};
    for (size_t i = 0; i < sizeof given / sizeof *given; ++i) {
        reference_set_likelihood(given[i], &config);
        const struct elbow_likelihood *row = elbow_likelihood_row((enum elbow_likelihood_kind)config.model.likelihood);
        ck_assert(!row->starts_from_data(&config.model.likelihood_options));
    }
}
END_TEST

UNIT_MAIN("vae/likelihood: start", scales_start_as_the_data_vary, a_given_start_stays)
