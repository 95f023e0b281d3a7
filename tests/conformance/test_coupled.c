// SPDX-License-Identifier: BSD-3-Clause
// Terms that couple the rows of a microbatch, and mixtures: identities, and known answers.
#include "elbow/vae/objective.h"

#include "reference_vae.h"
#include "unit.h"

enum { ROWS = 256, Z = 10, SAMPLES = 60000 };

static float head[ROWS * 2 * Z], noise[ROWS * Z], z[ROWS * Z];
static double costs[ROWS], coupled[2 * ROWS * Z + ROWS + Z], ratios[ROWS];

static struct elbow_pass pass_of(size_t rows, size_t latent, struct elbow_terms terms, double *notes)
{
    return (struct elbow_pass){.rows = rows,
                               .latent = latent,
                               .posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL),
                               .prior = elbow_prior_row(ELBOW_PRIOR_STANDARD),
                               .head = head,
                               .noise = noise,
                               .z = z,
                               .terms = terms,
                               .coupled = coupled,
                               .notes = notes};
}

// Posteriors N(m, s^2) whose mean over all m is N(0, 1), and z of them.
static void draw(size_t rows, size_t latent, double s, uint64_t *state)
{
    for (size_t i = 0; i < rows; ++i)
        for (size_t k = 0; k < latent; ++k) {
            double mean = sqrt(1 - s * s) * reference_normal(state);
            head[2 * i * latent + k] = (float)mean;
            head[(2 * i + 1) * latent + k] = (float)(2 * log(s));
            noise[i * latent + k] = (float)reference_normal(state);
            z[i * latent + k] = (float)(mean + s * (double)noise[i * latent + k]);
        }
}

static const struct elbow_terms ALIKE = {.kl = ELBOW_KL_PARTS, .parts = {1, 1, 1}, .samples = SAMPLES};

// With the same weight for all parts, log q(z|x) - log p(z) is left.
START_TEST(parts_add_up_to_the_sampled_kl)
{
    uint64_t state = 4;
    double notes[3] = {0}, sum = 0;
    draw(64, 5, 0.5, &state);
    struct elbow_pass pass = pass_of(64, 5, ALIKE, notes);
    struct elbow_prior_call prior = elbow_pass_prior(&pass);
    elbow_kl_row(ELBOW_KL_PARTS)->cost(&pass, costs);
    pass.prior->log_ratio(&prior, ratios);
    for (size_t i = 0; i < 64; ++i) {
        ck_assert_double_eq_tol(costs[i], -ratios[i], 1e-5); // z is a float there
        sum += costs[i];
    }
    ck_assert_double_eq_tol(notes[0] + notes[1] + notes[2], sum, 1e-9);
}
END_TEST

// Weights add up to one for each row: where all posteriors are the same, that is the density of the set, and nothing is
// left of information and total correlation. A row alone is its own set.
START_TEST(weights_of_the_estimate_add_up_to_one)
{
    uint64_t state = 5;
    double notes[3] = {0};
    draw(40, 3, 0.5, &state);
    for (size_t k = 0; k < 40 * 2 * 3; ++k)
        head[k] = head[k % 6];
    struct elbow_pass pass = pass_of(40, 3, ALIKE, notes);
    elbow_kl_row(ELBOW_KL_PARTS)->cost(&pass, costs);
    ck_assert_double_eq_tol(notes[0], 0, 1e-10);
    ck_assert_double_eq_tol(notes[1], 0, 1e-10);
    pass.rows = 1;
    elbow_kl_row(ELBOW_KL_PARTS)->cost(&pass, costs);
    ck_assert_double_eq_tol(notes[0], 0, 1e-10);
    ck_assert_double_eq_tol(notes[1], 0, 1e-10);
}
END_TEST

// The order of the rows does not matter.
START_TEST(parts_do_not_know_an_order)
{
    static double turned[ROWS];
    uint64_t state = 6;
    struct elbow_terms terms = {.kl = ELBOW_KL_PARTS, .parts = {1, 6, 2}, .samples = SAMPLES};
    draw(50, 2, 0.3, &state);
    struct elbow_pass pass = pass_of(50, 2, terms, NULL);
    elbow_kl_row(ELBOW_KL_PARTS)->cost(&pass, costs);
    for (size_t i = 0; i < 25; ++i)
        for (size_t k = 0; k < 4; ++k) {
            float kept = head[4 * i + k], kept_z = z[2 * i + k % 2];
            head[4 * i + k] = head[4 * (49 - i) + k];
            head[4 * (49 - i) + k] = kept;
            z[2 * i + k % 2] = k < 2 ? z[2 * (49 - i) + k % 2] : kept_z;
            z[2 * (49 - i) + k % 2] = k < 2 ? kept_z : z[2 * (49 - i) + k % 2];
        }
    elbow_kl_row(ELBOW_KL_PARTS)->cost(&pass, turned);
    for (size_t i = 0; i < 50; ++i)
        ck_assert_double_eq_tol(turned[49 - i], costs[i], 1e-10 * (1 + fabs(costs[i])));
}
END_TEST

// Expectations of the estimates for N = 60,000, within three standard errors of a mean over microbatches.
START_TEST(estimates_have_their_known_means)
{
    static const struct {
        size_t latent, rows;
        double s, parts[3];
    } cases[] = {{2, 64, 0.5, {1.46, -0.03, -0.04}},
                 {5, 256, 0.5, {3.70, -0.20, -0.02}},
                 {10, 64, 0.3, {10.93, 1.63, -0.52}},
                 {10, 256, 0.3, {10.87, 1.25, -0.13}}};
    enum { BATCHES = 48 };
    uint64_t state = 7;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; ++c) {
        double sums[3] = {0}, squares[3] = {0};
        for (size_t batch = 0; batch < BATCHES; ++batch) {
            double notes[3] = {0};
            draw(cases[c].rows, cases[c].latent, cases[c].s, &state);
            struct elbow_pass pass = pass_of(cases[c].rows, cases[c].latent, ALIKE, notes);
            elbow_kl_row(ELBOW_KL_PARTS)->cost(&pass, costs);
            for (size_t p = 0; p < 3; ++p) {
                double mean = notes[p] / (double)cases[c].rows;
                sums[p] += mean / BATCHES;
                squares[p] += mean * mean / BATCHES;
            }
        }
        for (size_t p = 0; p < 3; ++p) {
            double error = sqrt((squares[p] - sums[p] * sums[p]) / BATCHES);
            ck_assert_double_eq_tol(sums[p], cases[c].parts[p], 3 * error + 0.01); // they are rounded means, too
        }
    }
}
END_TEST

static double penalty_of(enum elbow_penalty_kind kind, size_t rows, size_t latent, struct elbow_penalty_options options,
                         double notes[2])
{
    struct elbow_terms terms = {.penalties = 1 << kind, .penalty_options = options};
    struct elbow_pass pass = pass_of(rows, latent, terms, NULL);
    ck_assert_uint_le(elbow_objective_workspace(&terms, rows, latent), sizeof coupled / sizeof *coupled);
    return elbow_penalty_row(kind)->cost(&pass, notes);
}

START_TEST(mmd_is_zero_in_the_mean_under_the_prior)
{
    enum { BATCHES = 200, HERE = 20 };
    const struct elbow_penalty_options options = {.mmd_weight = 3, .mmd_width = 1};
    uint64_t state = 8;
    double sum = 0, square = 0, notes[2];
    for (size_t batch = 0; batch < BATCHES; ++batch) {
        for (size_t k = 0; k < HERE * 3; ++k)
            z[k] = (float)reference_normal(&state);
        notes[0] = 0;
        double cost = penalty_of(ELBOW_PENALTY_MMD, HERE, 3, options, notes);
        ck_assert_double_eq_tol(cost * HERE, 3 * notes[0], 1e-12);
        sum += cost / BATCHES;
        square += cost * cost / BATCHES;
    }
    ck_assert_double_eq_tol(sum, 0, 3 * sqrt((square - sum * sum) / BATCHES));
    // Latents that have collapsed to 0: C = 2 Z.
    memset(z, 0, sizeof z);
    double scale = 2 * 3;
    ck_assert_double_eq_tol(penalty_of(ELBOW_PENALTY_MMD, HERE, 3, options, notes),
                            3 * (1 - 2 * pow(scale / (scale + 2), 1.5) + pow(scale / (scale + 4), 1.5)), 1e-12);
    ck_assert(penalty_of(ELBOW_PENALTY_MMD, 1, 3, options, notes) == 0); // no pair
}
END_TEST

// Means (0, 1) and (2, 5): C = [[1, 2], [2, 4]]; variances exp(0) and exp(log 2).
START_TEST(dip_by_hand)
{
    const float by_hand[] = {0, 1, 0, 0, 2, 5, logf(2), 0};
    double notes[2] = {0};
    memcpy(head, by_hand, sizeof by_hand);
    struct elbow_penalty_options options = {.dip_off_diagonal = 10, .dip_diagonal = 3, .dip_of = ELBOW_DIP_MEANS};
    ck_assert_double_eq_tol(penalty_of(ELBOW_PENALTY_DIP, 2, 2, options, notes), 10 * 8 + 3 * 9, 1e-12);
    ck_assert_double_eq_tol(notes[0], 2 * 8, 1e-12);
    ck_assert_double_eq_tol(notes[1], 2 * 9, 1e-12);
    options.dip_of = ELBOW_DIP_LATENTS; // 1 + 1.5 and 4 + 1 on the diagonal
    ck_assert_double_eq_tol(penalty_of(ELBOW_PENALTY_DIP, 2, 2, options, NULL), 10 * 8 + 3 * (1.5 * 1.5 + 16), 1e-6);
}
END_TEST

// A mixture of one component held at N(0, I) is the standard prior, and so is one of several that are all the same.
START_TEST(components_at_the_standard_prior_are_that)
{
    static const float zeros[8 * 5];
    const struct elbow_prior *mixture = elbow_prior_row(ELBOW_PRIOR_MIXTURE);
    const struct elbow_prior *standard = elbow_prior_row(ELBOW_PRIOR_STANDARD);
    uint64_t state = 9;
    draw(40, 5, 0.6, &state);
    struct elbow_prior_call call = {.rows = 40,
                                    .latent = 5,
                                    .posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL),
                                    .head = head,
                                    .noise = noise,
                                    .z = z,
                                    .tensors = {zeros, zeros, zeros}};
    for (call.components = 1; call.components <= 8; ++call.components) {
        mixture->log_p(&call, costs);
        standard->log_p(&call, ratios);
        for (size_t i = 0; i < 40; ++i)
            ck_assert_double_eq_tol(costs[i], ratios[i], 1e-12 * fabs(ratios[i]));
        mixture->log_ratio(&call, costs);
        standard->log_ratio(&call, ratios);
        for (size_t i = 0; i < 40; ++i)
            ck_assert_double_eq_tol(costs[i], ratios[i], 1e-10);
    }
}
END_TEST

UNIT_MAIN("conformance/coupled", components_at_the_standard_prior_are_that, parts_add_up_to_the_sampled_kl,
          weights_of_the_estimate_add_up_to_one, parts_do_not_know_an_order, estimates_have_their_known_means,
          mmd_is_zero_in_the_mean_under_the_prior, dip_by_hand)
