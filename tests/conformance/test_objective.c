// SPDX-License-Identifier: BSD-3-Clause
// Tests every objective of the table.
#include "elbow/vae/objective.h"

#include "elbow/math/threads.h"
#include "elbow/vae/latent.h"
#include "reference_vae.h"
#include "unit.h"

enum { ROWS = 60, Z = 5 };

// Of every kind of KL; rows that look back find some dimensions on one side, some on the other.
static const double BEFORE[Z] = {0.1, 0.9, 0.2, 0.35, 0.25};
static const struct elbow_terms TERMS[] = {
    {.beta = 1},
    {.beta = 0.25},
    {.beta = 4, .free_bits = 0.3},
    {.beta = 0},
    {.beta = 2, .free_bits = 0.3, .free_of = ELBOW_FREE_BATCH},
    {.beta = 2, .free_bits = 0.3, .free_of = ELBOW_FREE_BATCH, .before = BEFORE},
    {.kl = ELBOW_KL_CAPACITY, .capacity = 2, .capacity_weight = 3},
    {.kl = ELBOW_KL_CAPACITY, .capacity = 2, .capacity_weight = 3, .before = BEFORE},
    {.kl = ELBOW_KL_CAPACITY, .capacity = 1, .capacity_weight = 3, .before = BEFORE},
    {.kl = ELBOW_KL_PARTS, .parts = {1, 6, 1}, .samples = 5000},
    {.kl = ELBOW_KL_PARTS, .parts = {0.5, 2, 3}},
    {.beta = 1, .penalties = 1 << ELBOW_PENALTY_MMD, .penalty_options = {.mmd_weight = 300, .mmd_width = 0.7}},
    {.beta = 1,
     .penalties = 1 << ELBOW_PENALTY_DIP,
     .penalty_options = {.dip_off_diagonal = 2, .dip_diagonal = 3, .dip_of = ELBOW_DIP_MEANS}},
    {.kl = ELBOW_KL_PARTS,
     .parts = {1, 2, 1},
     .penalties = (1 << ELBOW_PENALTIES) - 1,
     .penalty_options =
         {.mmd_weight = 20, .mmd_width = 1, .dip_off_diagonal = 2, .dip_diagonal = 0.5, .dip_of = ELBOW_DIP_LATENTS}},
};
enum { TERMS_COUNT = sizeof TERMS / sizeof *TERMS };

static float head[ROWS * 2 * Z], noise[ROWS * Z], z[ROWS * Z], kl[ROWS * Z], dz[ROWS * Z], dhead[ROWS * 2 * Z];
static double recon[ROWS], value[ROWS], scores[ROWS], workspace[ROWS * 3 * Z], coupled[4 * ROWS * Z];
static float weights[ROWS];
static bool has_weights;

// True if rows depend on each other.
static bool are_coupled(struct elbow_terms terms)
{
    ck_assert_uint_le(elbow_objective_workspace(&terms, ROWS, Z), sizeof coupled / sizeof *coupled);
    return terms.penalties != 0 || elbow_objective_workspace(&terms, ROWS, Z) > 0;
}

static void fill(void)
{
    uint64_t state = 20141;
    for (size_t k = 0; k < ROWS * 2 * Z; ++k)
        head[k] = (float)reference_normal(&state);
    for (size_t k = 0; k < ROWS * Z; ++k) {
        noise[k] = (float)reference_normal(&state);
        dz[k] = (float)reference_normal(&state);
    }
    for (size_t i = 0; i < ROWS; ++i)
        weights[i] = (float)(i % 7) / 3;
}

// The quantity that is maximised.
static double total(void)
{
    double sum = 0;
    for (size_t i = 0; i < ROWS; ++i)
        sum += (has_weights ? (double)weights[i] : 1) * value[i];
    return sum;
}

// A world whose recon is -dz z: z and the KL from the head, then the objective's value of each row.
static struct elbow_pass score(const struct elbow_objective *objective, struct elbow_terms terms)
{
    const struct elbow_prior *prior = elbow_prior_row(ELBOW_PRIOR_STANDARD);
    struct elbow_prior_call call = {.rows = ROWS,
                                    .latent = Z,
                                    .posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL),
                                    .head = head,
                                    .noise = noise,
                                    .z = z};
    elbow_latent_forward(ROWS, Z, head, noise, z);
    prior->kl(&call, kl);
    for (size_t i = 0; i < ROWS; ++i) {
        recon[i] = 0;
        for (size_t j = i * Z; j < (i + 1) * Z; ++j)
            recon[i] -= (double)dz[j] * z[j];
    }
    // dz is that of the weighted recon
    for (size_t i = 0; has_weights && i < ROWS; ++i)
        recon[i] /= (double)weights[i] > 0 ? (double)weights[i] : 1;
    struct elbow_pass pass = {.rows = ROWS,
                              .latent = Z,
                              .posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL),
                              .prior = prior,
                              .head = head,
                              .noise = noise,
                              .z = z,
                              .kl = kl,
                              .recon = recon,
                              .scores = scores,
                              .weights = has_weights ? weights : NULL,
                              .terms = terms,
                              .workspace = workspace,
                              .coupled = coupled};
    objective->score(&pass, value);
    return pass;
}

// dhead, and the gradient in dz; dz itself stays.
static float pulled[ROWS * Z];
static void go_back(const struct elbow_objective *objective, const struct elbow_pass *pass, size_t row, float *into)
{
    memcpy(pulled, dz + row * Z, pass->rows * Z * sizeof *pulled);
    objective->backward(pass, pulled, into);
}

// Calls check for every objective with all terms.
static void each(void (*check)(const struct elbow_objective *objective, struct elbow_terms terms))
{
    for (int kind = 0; kind < ELBOW_OBJECTIVES; ++kind)
        for (size_t t = 0; t < TERMS_COUNT; ++t) {
            fill();
            check(elbow_objective_row((enum elbow_objective_kind)kind), TERMS[t]);
        }
}

static bool is_near_free_bits(struct elbow_terms terms, size_t row)
{
    for (size_t j = row * Z; j < (row + 1) * Z; ++j)
        if (terms.free_bits > 0 && fabs(kl[j] - terms.free_bits) < 0.02)
            return true;
    return false;
}

static void check_gradient(const struct elbow_objective *objective, struct elbow_terms terms)
{
    const float h = 0x1p-8F;
    struct elbow_pass pass = score(objective, terms);
    go_back(objective, &pass, 0, dhead);
    for (size_t k = 0; k < ROWS * 2 * Z; ++k) {
        size_t row = k / (2 * Z);
        float at = head[k];
        if (is_near_free_bits(terms, row)) // where the objective has an edge
            continue;
        head[k] = at + h;
        (void)score(objective, terms);
        double up = total();
        head[k] = at - h;
        (void)score(objective, terms);
        double down = total();
        head[k] = at;
        (void)score(objective, terms);
        // z and KL of up to 100 are floats: 2^-24 100 / h = 2e-3 of them; the third derivative times h^2 is less.
        double size = 1 + fabs(recon[row]) + fabs(value[row]) + (are_coupled(terms) ? 5 * fabs((double)dhead[k]) : 0);
        if (has_weights && weights[row] == 0)
            continue; // its recon is not that of dz
        ck_assert_double_eq_tol(dhead[k], -(up - down) / (2 * (double)h), 1e-4 * size);
    }
}

START_TEST(gradients_are_differences)
{
    each(check_gradient);
    has_weights = true;
    each(check_gradient);
    has_weights = false;
}
END_TEST

// Rows do not see each other, nor the number of threads.
static void check_split(const struct elbow_objective *objective, struct elbow_terms terms)
{
    static float again[ROWS * 2 * Z];
    static double values[ROWS];
    struct elbow_pass pass = score(objective, terms);
    go_back(objective, &pass, 0, dhead);
    elbow_threads_set(3);
    objective->score(&pass, values);
    go_back(objective, &pass, 0, again);
    elbow_threads_set(1);
    ck_assert(memcmp(values, value, sizeof value) == 0 && memcmp(again, dhead, sizeof dhead) == 0);
    pass.rows = 1;
    for (size_t i = 0; i < ROWS && !are_coupled(terms); ++i) {
        pass.head = head + 2 * i * Z;
        pass.noise = noise + i * Z;
        pass.z = z + i * Z;
        pass.kl = kl + i * Z;
        pass.recon = recon + i;
        pass.scores = scores + i;
        objective->score(&pass, values);
        go_back(objective, &pass, i, again);
        ck_assert(values[0] == value[i] && memcmp(again, dhead + 2 * i * Z, 2 * Z * sizeof *again) == 0);
    }
}

START_TEST(bits_do_not_depend_on_the_call)
{
    each(check_split);
}
END_TEST

// The price of a nat of KL is the difference that it makes.
static void check_price(const struct elbow_objective *objective, struct elbow_terms terms)
{
    static double price[ROWS * Z];
    const float h = 0x1p-10F;
    struct elbow_pass pass = score(objective, terms);
    if (terms.kl == ELBOW_KL_PARTS || objective->has_scores)
        return; // which are of log q - log p, not of the KL at hand
    objective->price(&pass, price);
    for (size_t k = 0; k < ROWS * Z; ++k) {
        float at = kl[k];
        if (fabs(at - terms.free_bits) < 0.02) // an edge
            continue;
        double before = value[k / Z];
        kl[k] = at + h;
        double change = (double)kl[k] - at;
        objective->score(&pass, value);
        ck_assert_double_eq_tol((before - value[k / Z]) / change, price[k], 1e-8);
        kl[k] = at;
        value[k / Z] = before;
    }
}

START_TEST(prices_are_differences)
{
    each(check_price);
}
END_TEST

static void check_nan(const struct elbow_objective *objective, struct elbow_terms terms)
{
    head[2 * Z + 1] = NAN; // a mean of row 1
    struct elbow_pass pass = score(objective, terms);
    go_back(objective, &pass, 0, dhead);
    ck_assert(are_coupled(terms) || (isfinite(value[0]) && isfinite(value[2])));
    ck_assert(are_coupled(terms) || (isfinite(dhead[2 * Z - 1]) && isfinite(dhead[4 * Z])));
    ck_assert(isnan(value[1]));
    ck_assert(isnan(dhead[2 * Z + 1]));
}

START_TEST(not_a_number_goes_through)
{
    each(check_nan);
}
END_TEST

// With beta 1 and no free bits the ELBO's objective is the ELBO.
START_TEST(elbo_is_recon_minus_kl)
{
    fill();
    (void)score(elbow_objective_row(ELBOW_OBJECTIVE_ELBO), (struct elbow_terms){.beta = 1});
    for (size_t i = 0; i < ROWS; ++i) {
        double sum = 0;
        for (size_t j = i * Z; j < (i + 1) * Z; ++j)
            sum += kl[j];
        ck_assert(value[i] == recon[i] - sum);
    }
}
END_TEST

// Free bits of a batch: a dimension whose mean was small costs the free nats, all others their KL. Before the first
// step nothing is free.
START_TEST(free_bits_of_a_batch_look_back)
{
    struct elbow_terms terms = {.beta = 2, .free_bits = 0.3, .free_of = ELBOW_FREE_BATCH, .before = BEFORE};
    double price[ROWS * Z];
    fill();
    struct elbow_pass pass = score(elbow_objective_row(ELBOW_OBJECTIVE_ELBO), terms);
    elbow_kl_row(ELBOW_KL_WEIGHTED)->price(&pass, price);
    for (size_t i = 0; i < ROWS; ++i) {
        ck_assert(price[i * Z] == 0 && price[i * Z + 1] == 2 && price[i * Z + 2] == 0 && price[i * Z + 3] == 2);
        double kept = (double)kl[i * Z + 1] + kl[i * Z + 3];
        ck_assert_double_eq_tol(recon[i] - value[i], 2 * (kept + 3 * 0.3), 1e-12 * (1 + fabs(recon[i])));
    }
    pass.terms.before = NULL;
    elbow_kl_row(ELBOW_KL_WEIGHTED)->price(&pass, price);
    ck_assert(price[0] == 2 && price[2] == 2);
}
END_TEST

// The mean over rows is weight |KL - C|, on either side; on neither nothing is paid.
START_TEST(capacity_is_a_distance)
{
    static const double capacities[] = {1, 3, 1.8};
    for (size_t c = 0; c < 3; ++c) {
        struct elbow_terms terms = {
            .kl = ELBOW_KL_CAPACITY, .capacity = capacities[c], .capacity_weight = 5, .before = BEFORE};
        double cost = 0, mean = 0, sum = BEFORE[0];
        for (size_t j = 1; j < Z; ++j)
            sum += BEFORE[j];
        terms.capacity = c == 2 ? sum : terms.capacity;
        fill();
        (void)score(elbow_objective_row(ELBOW_OBJECTIVE_ELBO), terms);
        for (size_t i = 0; i < ROWS; ++i) {
            cost += (recon[i] - value[i]) / ROWS;
            for (size_t j = 0; j < Z; ++j)
                mean += (double)kl[i * Z + j] / ROWS;
        }
        double side = c == 2 ? 0 : sum > terms.capacity ? 1 : -1;
        ck_assert_double_eq_tol(cost, 5 * side * (mean - terms.capacity), 1e-9);
    }
}
END_TEST

UNIT_MAIN("conformance/objective", free_bits_of_a_batch_look_back, capacity_is_a_distance, gradients_are_differences,
          prices_are_differences, bits_do_not_depend_on_the_call, not_a_number_goes_through, elbo_is_recon_minus_kl)
