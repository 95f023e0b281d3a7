// SPDX-License-Identifier: BSD-3-Clause
// log p and its derivatives at extreme parameters, against numbers of 40 digits (tests/data/likelihoods/extremes.py),
// and where one likelihood becomes another.
#include "elbow/vae/likelihood.h"

#include "reference_likelihood.h"
#include "unit.h"

#include <float.h>
#include <math.h>

enum { VALUES_MAX = 3, OUTPUTS_MAX = 9 };

static const struct extreme {
    const char *form;
    int values;
    float x[VALUES_MAX], y[OUTPUTS_MAX], shared[VALUES_MAX];
    double log_p, dy[OUTPUTS_MAX], dshared[VALUES_MAX];
} EXTREMES[] = {
#include "likelihood_extremes.inc"
};
enum { EXTREMES_COUNT = sizeof EXTREMES / sizeof *EXTREMES };

static struct elbow_config config;

// A row by a form of model.likelihood.
static double score(const char *form, size_t values, const float *x, const float *y, const float *shared, float *dy,
                    float *dshared)
{
    double recon = 0;
    struct elbow_tensor tensor;
    reference_set_likelihood(form, &config);
    const struct elbow_likelihood *row = elbow_likelihood_row((enum elbow_likelihood_kind)config.model.likelihood);
    bool has_shared = row->shared && row->shared(&config.model.likelihood_options, values, &tensor);
    struct elbow_likelihood_call call = {.options = &config.model.likelihood_options,
                                         .rows = 1,
                                         .values = values,
                                         .x = x,
                                         .y = y,
                                         .shared = has_shared ? shared : NULL,
                                         .recon = &recon,
                                         .dy = dy,
                                         .dshared = has_shared ? dshared : NULL};
    row->score(&call);
    return recon;
}

// Those that round an exponential to float; all others are in double.
static bool rounds_to_float(void)
{
    int kind = config.model.likelihood;
    return kind == ELBOW_LIKELIHOOD_BERNOULLI || kind == ELBOW_LIKELIHOOD_POISSON ||
           kind == ELBOW_LIKELIHOOD_BINOMIAL || kind == ELBOW_LIKELIHOOD_CATEGORICAL;
}

// The terms of log p: the larger it is, the larger its rounding.
static double size_of(const struct extreme *extreme)
{
    double size = fabs(extreme->log_p);
    for (int d = 0; d < extreme->values; ++d)
        size += fabs((double)extreme->x[d]) * (20 + log1p((double)extreme->x[d]));
    return size;
}

static void check_derivatives(const struct extreme *extreme, const char *what, const float *found, const double *exact,
                              int count, double least)
{
    for (int k = 0; k < count; ++k)
        ck_assert_msg(fabs(found[k] - exact[k]) <= 4 * FLT_EPSILON * fabs(exact[k]) + least,
                      "%s at x %g, y %g, %g: %s %d is %.9g, not %.9g", extreme->form, extreme->x[0], extreme->y[0],
                      extreme->y[1], what, k, found[k], exact[k]);
}

START_TEST(extremes_have_forty_digits)
{
    for (int i = 0; i < EXTREMES_COUNT; ++i) {
        const struct extreme *extreme = &EXTREMES[i];
        float dy[OUTPUTS_MAX] = {0}, dshared[VALUES_MAX] = {0};
        double found =
            score(extreme->form, (size_t)extreme->values, extreme->x, extreme->y, extreme->shared, dy, dshared);
        double size = size_of(extreme), accuracy = rounds_to_float() ? 2 * FLT_EPSILON : 4e-15;
        ck_assert_msg(fabs(found - extreme->log_p) <= accuracy * size + 2e-15,
                      "%s at x %g, y %g, %g, numbers %g: %.17g, not %.17g", extreme->form, extreme->x[0], extreme->y[0],
                      extreme->y[1], extreme->shared[0], found, extreme->log_p);
        double least = FLT_MIN + (rounds_to_float() ? FLT_EPSILON : 1e-14) * size;
        check_derivatives(extreme, "derivative", dy, extreme->dy, OUTPUTS_MAX, least);
        check_derivatives(extreme, "number", dshared, extreme->dshared, VALUES_MAX, least);
    }
}
END_TEST

// At counts and outputs that are ordinary.
static void same(const char *form, const float *y, const char *other, const float *its, double tolerance)
{
    for (int count = 0; count < 9; ++count) {
        float x = (float)count, shared[2] = {y[1], 0};
        double found = score(form, 1, &x, y, shared, NULL, NULL);
        double expected = score(other, 1, &x, its, shared, NULL, NULL);
        ck_assert_msg(fabs(found - expected) <= tolerance * (1 + fabs(expected)), "%s at %d: %.12g, %s: %.12g", form,
                      count, found, other, expected);
    }
}

START_TEST(limits)
{
    for (float y = -3; y <= 3; y += 0.75F) {
        const float numbers[3] = {y, 30, 30}, no_drops[3] = {y, -40, 0.5F}, plain[2] = {y, 0.5F};
        same("negative_binomial", numbers, "poisson", numbers, 2e-7); // whose rate is rounded to float
        same("{zero_inflated_negative_binomial: {dispersion: predicted}}", no_drops,
             "{negative_binomial: {dispersion: predicted}}", plain, 1e-14);
        same("{student_t: {scale: 0.7, df: 1.0e+14}}", numbers, "{gaussian: 0.49}", numbers, 1e-9);
    }
    for (float y = -20; y <= 20; y += 1.25F)
        for (float x = 0; x < 2; ++x) {
            double expected = score("bernoulli", 1, &x, &y, NULL, NULL, NULL);
            ck_assert_double_eq_tol(score("{binomial: 1}", 1, &x, &y, NULL, NULL, NULL), expected, 1e-15);
            const float pair[2] = {0, y};
            ck_assert_double_eq_tol(score("{categorical: 2}", 1, &x, pair, NULL, NULL, NULL), expected,
                                    2 * FLT_EPSILON * fabs(expected));
        }
}
END_TEST

// Beyond the precision of doubles it is the Poisson, or nothing but zeros, and draws end. Outputs: log m, a drop, log
// t.
START_TEST(endless_dispersions)
{
    const char *const form = "{zero_inflated_negative_binomial: {dispersion: predicted}}";
    const float far[] = {800, 1e30F, INFINITY};
    struct elbow_stream stream = {.seed = 1};
    for (size_t i = 0; i < sizeof far / sizeof *far; ++i)
        for (float x = 0; x < 20; x += 3) {
            const float log_mean = 1.5F, large[3] = {log_mean, -1e4F, far[i]}, small[3] = {log_mean, -1e4F, -far[i]};
            float dy[3], drawn, zero = 0;
            double expected = score("poisson", 1, &x, &log_mean, NULL, NULL, NULL);
            ck_assert_double_eq_tol(score(form, 1, &x, large, NULL, dy, NULL), expected, 1e-5);
            ck_assert_float_eq_tol(dy[0], (float)exp(1.5) - x, 1e-5F);
            ck_assert(isfinite(dy[1]) && isfinite(dy[2]));
            ck_assert(fabs(score(form, 1, &zero, small, NULL, dy, NULL)) < 1e-100);
            ck_assert(isfinite(dy[0]) && isfinite(dy[1]) && isfinite(dy[2]));
            double recon;
            struct elbow_likelihood_call call = {
                .options = &config.model.likelihood_options, .rows = 1, .values = 1, .x = &x, .y = large};
            const struct elbow_likelihood *row = elbow_likelihood_row(ELBOW_LIKELIHOOD_ZERO_INFLATED_NEGATIVE_BINOMIAL);
            stream.id += 1;
            row->draw(stream, &call, &drawn);
            ck_assert(drawn >= 0 && drawn < 40);
            call.y = small;
            row->draw(stream, &call, &drawn);
            ck_assert(drawn == 0);
            call.recon = &recon;
            row->saturated(&call);
            ck_assert(isfinite(recon));
        }
}
END_TEST

// A mean that is the mean's share of a total is the mean itself; a row without counts explains nothing.
START_TEST(totals)
{
    const float x[3] = {2, 0, 7}, none[3] = {0}, y[3] = {-1, 0.5F, 2}, shared[3] = {0.3F, -1, 2};
    float dy[3], moved[3], means[3];
    double sum = exp(-1) + exp(0.5) + exp(2);
    for (int d = 0; d < 3; ++d) {
        means[d] = (float)(y[d] + log(9 / sum));
        moved[d] = y[d] + 4; // a softmax does not determine it
    }
    double expected = score("negative_binomial", 3, x, means, shared, NULL, NULL);
    ck_assert_double_eq_tol(score("{negative_binomial: {size: total}}", 3, x, y, shared, dy, NULL), expected, 1e-5);
    ck_assert_double_eq_tol(score("{negative_binomial: {size: total}}", 3, x, moved, shared, NULL, NULL), expected,
                            1e-5);
    ck_assert_double_eq_tol(dy[0] + dy[1] + dy[2], 0, 1e-5);
    ck_assert(score("{negative_binomial: {size: total}}", 3, none, y, shared, dy, NULL) == 0);
    ck_assert(dy[0] == 0 && dy[1] == 0 && dy[2] == 0);
}
END_TEST

// Over all levels, for locations and scales far from them.
START_TEST(levels_add_up_to_one)
{
    const float locations[] = {-50, -1, 0, 0.3F, 0.5F, 1, 50};
    const char *const scales[] = {"1.0e-6", "0.001", "1", "1000", "1.0e+6"};
    for (size_t l = 0; l < sizeof locations / sizeof *locations; ++l)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; ++s) {
            char form[96];
            double sum = 0;
            snprintf(form, sizeof form, "{discretized_logistic: {levels: 256, scale: %s}}", scales[s]);
            for (int level = 0; level < 256; ++level) {
                float x = (float)(level / 255.0);
                sum += exp(score(form, 1, &x, &locations[l], NULL, NULL, NULL));
            }
            ck_assert_double_eq_tol(sum, 1, 1e-12);
        }
}
END_TEST

// Near a logit of 0 the continuous Bernoulli is flat: its integral is 1 to second order there.
START_TEST(flat_continuous_bernoulli)
{
    for (float y = 1e-30F; y < 1; y *= 10)
        for (float x = 0; x <= 1; x += 0.25F) {
            float dy, minus = -y, mirrored = 1 - x;
            double log_p = score("continuous_bernoulli", 1, &x, &y, NULL, &dy, NULL);
            long double square = (long double)y * y;
            long double exact =
                y * (x - 0.5L) - square / 24 + square * square / 2880 - square * square * square / 181440;
            if (y < 0.05F)
                ck_assert_double_eq_tol(log_p, (double)exact, 2e-16);
            ck_assert_double_eq_tol(dy, 0.5 + (double)y / 12 - x, 1e-7 + 0.002 * pow(y, 3));
            ck_assert_double_eq_tol(score("continuous_bernoulli", 1, &mirrored, &minus, NULL, NULL, NULL), log_p,
                                    2e-16);
        }
    const float x = 0.25F, zero = 0;
    ck_assert(score("continuous_bernoulli", 1, &x, &zero, NULL, NULL, NULL) == 0);
}
END_TEST

UNIT_MAIN("conformance/likelihood: extremes", extremes_have_forty_digits, limits, endless_dispersions, totals,
          levels_add_up_to_one, flat_continuous_bernoulli)
