// SPDX-License-Identifier: BSD-3-Clause
// Statistics, the warm-up of beta, active units, and the streaming importance-sampled bound.
#include "elbow/vae/objective.h"

#include "unit.h"

#include "reference_vae.h"

static const uint64_t SEED = 20142;

START_TEST(capacity_rises_to_its_end)
{
    struct elbow_config config;
    elbow_config_default(&config);
    config.objective.capacity.from = 1;
    config.objective.capacity.to = 5;
    config.objective.capacity.steps = 8;
    static const double expected[] = {1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5};
    for (uint64_t step = 0; step < 10; ++step)
        ck_assert(elbow_objective_capacity(&config, step) == expected[step]);
    ck_assert(elbow_objective_capacity(&config, UINT64_MAX) == 5);
}
END_TEST

START_TEST(sizes_and_means)
{
    ck_assert_uint_eq(elbow_statistics_size(20, false), ELBOW_STATISTIC_HEAD + 20);
    ck_assert_uint_eq(elbow_statistics_size(20, true), ELBOW_STATISTIC_HEAD + 60);
    double statistics[ELBOW_STATISTIC_HEAD + 1] = {0};
    statistics[ELBOW_STATISTIC_SAMPLES] = 3;
    statistics[ELBOW_STATISTIC_RECON] = -301;
    statistics[ELBOW_STATISTIC_KL] = 70;
    statistics[ELBOW_STATISTIC_OBJECTIVE] = -441;
    struct elbow_figures figures = {.values = {0}};
    elbow_statistics_figures(statistics, true, &figures);
    double recon = elbow_figures_get(&figures, ELBOW_FIGURE_RECON), kl = elbow_figures_get(&figures, ELBOW_FIGURE_KL);
    ck_assert(elbow_figures_get(&figures, ELBOW_FIGURE_SAMPLES) == 3);
    ck_assert(elbow_figures_get(&figures, ELBOW_FIGURE_OBJECTIVE) == -147);
    ck_assert(recon == -301 / 3.0 && kl == 70 / 3.0);
    ck_assert(elbow_figures_get(&figures, ELBOW_FIGURE_ELBO) == recon - kl); // to the last bit
    struct elbow_figures plain = {.values = {0}};
    elbow_statistics_figures(statistics, false, &plain);
    ck_assert(elbow_figures_get(&plain, ELBOW_FIGURE_RECON) == recon);
    ck_assert(!plain.is_given[ELBOW_FIGURE_KL] && !plain.is_given[ELBOW_FIGURE_ELBO]);
    statistics[ELBOW_STATISTIC_KL] = NAN;
    elbow_statistics_figures(statistics, true, &figures);
    ck_assert(isnan(elbow_figures_get(&figures, ELBOW_FIGURE_ELBO)) &&
              isnan(elbow_figures_get(&figures, ELBOW_FIGURE_KL)) &&
              !isnan(elbow_figures_get(&figures, ELBOW_FIGURE_RECON)));
}
END_TEST

// Four samples of four posterior means with population variances 0, 0.0099.., 0.0100..1 and 25, far from zero.
START_TEST(active_units)
{
    double deviation[4] = {0, 0.0999, 0.1001, 5}, mean[4] = {3, -2, 7, 100};
    double statistics[ELBOW_STATISTIC_HEAD + 12] = {0};
    statistics[ELBOW_STATISTIC_SAMPLES] = 4;
    for (int i = 0; i < 4; ++i)
        for (int j = 0; j < 4; ++j) {
            double value = mean[j] + (i % 2 ? deviation[j] : -deviation[j]);
            statistics[ELBOW_STATISTIC_HEAD + 4 + j] += value;
            statistics[ELBOW_STATISTIC_HEAD + 8 + j] += value * value;
        }
    ck_assert_uint_eq(elbow_statistics_active(statistics, 4), 2);
}
END_TEST

START_TEST(beta_warms_up)
{
    static struct elbow_config config;
    config.objective.beta = 2;
    config.objective.warmup = 0;
    ck_assert(elbow_objective_beta(&config, 0) == 2);
    config.objective.warmup = 4;
    double expected[6] = {0.5, 1, 1.5, 2, 2, 2};
    for (uint64_t step = 0; step < 6; ++step)
        ck_assert(elbow_objective_beta(&config, step) == expected[step]);
    ck_assert(elbow_objective_beta(&config, UINT64_MAX) == 2);
    config.objective.warmup = 1;
    ck_assert(elbow_objective_beta(&config, 0) == 2);
    config.objective.beta = 0;
    ck_assert(elbow_objective_beta(&config, 7) == 0);
    // One cycle that is all rise is the linear ramp.
    config.objective.beta = 2;
    config.objective.ramp = ELBOW_RAMP_CYCLICAL;
    config.objective.cyclical.cycles = 1;
    config.objective.cyclical.steps = 4;
    config.objective.cyclical.share = 1;
    for (uint64_t step = 0; step < 6; ++step)
        ck_assert(elbow_objective_beta(&config, step) == expected[step < 4 ? step : 3]);
    // All cycles of 10,000 steps are equal, to the last bit, and add up to the share.
    config.objective.beta = 1;
    config.objective.cyclical.cycles = 7;
    config.objective.cyclical.steps = 70000;
    config.objective.cyclical.share = 0.3;
    double sum = 0;
    for (uint64_t step = 0; step < 70000; ++step) {
        sum += elbow_objective_beta(&config, step);
        ck_assert(elbow_objective_beta(&config, step) == elbow_objective_beta(&config, step % 10000));
    }
    ck_assert_double_eq_tol(sum, 7 * (3001.0 / 2 + 7000), 1e-6);
    ck_assert(elbow_objective_beta(&config, 0) < 4e-4 && elbow_objective_beta(&config, 10000) < 4e-4);
    ck_assert(elbow_objective_beta(&config, 3000) == 1 && elbow_objective_beta(&config, 9999) == 1);
    ck_assert(elbow_objective_beta(&config, 70000) == 1 && elbow_objective_beta(&config, UINT64_MAX) == 1);
}
END_TEST

START_TEST(importance_of_one_weight_is_the_weight)
{
    double weights[4] = {-98.25, 0, 1e308, -INFINITY};
    for (int i = 0; i < 4; ++i) {
        struct elbow_importance importance = {0};
        elbow_importance_add(&importance, weights[i]);
        ck_assert(elbow_importance_log_likelihood(&importance) == weights[i]);
        ck_assert(elbow_importance_effective(&importance) == (i < 3 ? 1 : 0));
        ck_assert_uint_eq(importance.count, 1);
    }
}
END_TEST

START_TEST(importance_matches_long_double)
{
    // Weights around -500 overflow nothing in long double; spread 5 nats.
    enum { K = 5000 };
    uint64_t state = SEED;
    struct elbow_importance importance = {0};
    long double sum = 0, square = 0;
    for (int k = 0; k < K; ++k) {
        double log_weight = -500 + 5 * reference_normal(&state);
        elbow_importance_add(&importance, log_weight);
        sum += expl(log_weight);
        square += expl(2 * (long double)log_weight);
    }
    // K additions and exponentials in double: relative error below K 2^-52 = 1e-12 of the sum.
    ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance), (double)logl(sum / K), 1e-11);
    double effective = (double)(sum * sum / square);
    ck_assert_double_eq_tol(elbow_importance_effective(&importance), effective, 1e-10 * effective);
    ck_assert(effective > 1 && effective < K);
}
END_TEST

START_TEST(importance_at_the_edges)
{
    // Nothing, then something, then nothing: log((0 + e^-3 + 0) / 3).
    struct elbow_importance importance = {0};
    elbow_importance_add(&importance, -INFINITY);
    elbow_importance_add(&importance, -3);
    elbow_importance_add(&importance, -INFINITY);
    ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance), -3 - log(3), 1e-15);
    ck_assert(elbow_importance_effective(&importance) == 1);
    // All nothing.
    importance = (struct elbow_importance){0};
    elbow_importance_add(&importance, -INFINITY);
    elbow_importance_add(&importance, -INFINITY);
    ck_assert(elbow_importance_log_likelihood(&importance) == -INFINITY);
    ck_assert(elbow_importance_effective(&importance) == 0);
    // Differences beyond the range of exp, both ways.
    for (int order = 0; order < 2; ++order) {
        importance = (struct elbow_importance){0};
        elbow_importance_add(&importance, order ? 1e5 : -1e5);
        elbow_importance_add(&importance, order ? -1e5 : 1e5);
        ck_assert_double_eq_tol(elbow_importance_log_likelihood(&importance), 1e5 - log(2), 1e-10);
        ck_assert(elbow_importance_effective(&importance) == 1);
    }
    // Equal weights: all are effective.
    importance = (struct elbow_importance){0};
    for (int k = 0; k < 1000; ++k)
        elbow_importance_add(&importance, -90.5);
    ck_assert(elbow_importance_log_likelihood(&importance) == -90.5);
    ck_assert(elbow_importance_effective(&importance) == 1000);
}
END_TEST

START_TEST(importance_shows_not_a_number)
{
    for (int place = 0; place < 3; ++place) {
        struct elbow_importance importance = {0};
        for (int k = 0; k < 3; ++k)
            elbow_importance_add(&importance, k == place ? NAN : -5 + k);
        ck_assert(isnan(elbow_importance_log_likelihood(&importance)));
        ck_assert(isnan(elbow_importance_effective(&importance)));
    }
}
END_TEST

START_TEST(a_collapse_takes_every_dimension)
{
    const double none[] = {0.0099, 0, 1e-9}, one[] = {0, 0.01, 0}, lost[] = {0, NAN, 0};
    ck_assert(elbow_kl_has_collapsed(none, 3));
    ck_assert(!elbow_kl_has_collapsed(one, 3));
    ck_assert(!elbow_kl_has_collapsed(lost, 3));
}
END_TEST

UNIT_MAIN("vae/objective", capacity_rises_to_its_end, a_collapse_takes_every_dimension, sizes_and_means, active_units,
          beta_warms_up, importance_of_one_weight_is_the_weight, importance_matches_long_double,
          importance_at_the_edges, importance_shows_not_a_number)
