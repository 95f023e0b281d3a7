// SPDX-License-Identifier: BSD-3-Clause
// The latent variables and their standard prior against their formulas in long double, near and far from the prior, and
// by finite differences.
#include "elbow/vae/latent.h"

#include "elbow/vae/objective.h"

#include "unit.h"

#include "reference_vae.h"

#include <float.h>

static const uint64_t SEED = 20140;

// z and KL of rows.
static void forward(size_t rows, size_t latent, const float *head, const float *noise, float *z, float *kl)
{
    struct elbow_prior_call call = {.rows = rows,
                                    .latent = latent,
                                    .posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL),
                                    .head = head,
                                    .noise = noise,
                                    .z = z};
    elbow_latent_forward(rows, latent, head, noise, z);
    elbow_prior_row(ELBOW_PRIOR_STANDARD)->kl(&call, kl);
}

// The ELBO's gradient by the head.
static void backward(size_t rows, size_t latent, struct elbow_terms terms, const float *head, const float *noise,
                     const float *kl, float *dz, float *dhead)
{
    static double workspace[3 * 5 * 37];
    ck_assert_uint_le(3 * rows * latent, sizeof workspace / sizeof *workspace);
    struct elbow_pass pass = {.rows = rows,
                              .latent = latent,
                              .posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL),
                              .prior = elbow_prior_row(ELBOW_PRIOR_STANDARD),
                              .head = head,
                              .noise = noise,
                              .kl = kl,
                              .terms = terms,
                              .workspace = workspace};
    elbow_objective_row(ELBOW_OBJECTIVE_ELBO)->backward(&pass, dz, dhead);
}

// Near the prior expm1l(a) - a itself cancels: there its series, to a^5 / 120.
static long double exact_kl(float mean, float log_variance)
{
    long double m = mean, a = log_variance, excess = expm1l(a) - a;
    if (fabsl(a) < 1e-4L)
        excess = a * a / 2 * (1 + a / 3 * (1 + a / 4 * (1 + a / 5)));
    return (m * m + excess) / 2;
}

START_TEST(kl_of_the_prior_is_zero)
{
    float head[8] = {0}, noise[4] = {-1.5F, 0, 0.25F, 2}, z[4], kl[4];
    forward(1, 4, head, noise, z, kl);
    for (int j = 0; j < 4; ++j) {
        ck_assert(kl[j] == 0);
        ck_assert(z[j] == noise[j]);
    }
}
END_TEST

START_TEST(known_values)
{
    // mean 1, variance 1: KL 1/2; mean 0, variance e: (e - 2) / 2; mean -2, log-variance -2: (4 + e^-2 + 1) / 2.
    float head[6] = {1, 0, -2, 0, 1, -2}, noise[3] = {1, 2, 3}, z[3], kl[3];
    forward(1, 3, head, noise, z, kl);
    double expected_kl[3] = {0.5, 0.35914091422952261768, 2.5676676416183063};
    double expected_z[3] = {2, 3.2974425414002562937, -0.8963616764855730};
    for (int j = 0; j < 3; ++j) {
        ck_assert_double_eq_tol(kl[j], expected_kl[j], 4e-7 * expected_kl[j]); // stated in prior/standard.c
        ck_assert_double_eq_tol(z[j], expected_z[j], 5e-7);                    // 2 roundings of values below 4
    }
}
END_TEST

// The stated accuracy, 4e-7 relative, from 1e-18 to 80 on both sides of zero: where exp(a) - 1 - a cancels in float.
START_TEST(kl_is_relatively_accurate)
{
    double worst = 0;
    for (double size = 1e-18; size < 80; size *= 1.01)
        for (int sign = -1; sign <= 1; sign += 2) {
            float head[2] = {0, (float)(sign * size)}, noise = 0, z, kl;
            forward(1, 1, head, &noise, &z, &kl);
            long double exact = exact_kl(0, head[1]);
            if (exact > FLT_MIN) // below, floats have fewer digits
                worst = fmax(worst, fabs((double)((kl - exact) / exact)));
            ck_assert(kl >= 0);
        }
    ck_assert_msg(worst <= 4e-7, "worst relative error %g", worst);
}
END_TEST

START_TEST(forward_matches_long_double)
{
    enum { ROWS = 3, Z = 700 }; // more than two tiles, the last one odd
    static float head[ROWS * 2 * Z], noise[ROWS * Z], z[ROWS * Z], kl[ROWS * Z];
    uint64_t state = SEED;
    for (size_t i = 0; i < ROWS * 2 * Z; ++i)
        head[i] = (float)(3 * reference_normal(&state));
    for (size_t i = 0; i < ROWS * Z; ++i)
        noise[i] = (float)reference_normal(&state);
    forward(ROWS, Z, head, noise, z, kl);
    for (size_t i = 0; i < ROWS; ++i)
        for (size_t j = 0; j < Z; ++j) {
            float mean = head[2 * i * Z + j], log_variance = head[(2 * i + 1) * Z + j];
            long double shift = expl(log_variance / 2.0L) * noise[i * Z + j], point = mean + shift;
            // exp to 1 ULP (2^-23), the product's rounding (2^-24), the sum's (2^-24).
            long double tolerance = 1.5L * FLT_EPSILON * fabsl(shift) + 0.5L * FLT_EPSILON * fabsl(point) + 1e-12L;
            ck_assert_msg(fabsl(z[i * Z + j] - point) <= tolerance, "seed %llu: z %zu %zu", (unsigned long long)SEED, i,
                          j);
            long double exact = exact_kl(mean, log_variance);
            ck_assert_msg(fabsl(kl[i * Z + j] - exact) <= 4e-7L * exact, "seed %llu: kl %zu %zu",
                          (unsigned long long)SEED, i, j);
        }
}
END_TEST

// An element's bits are the same in a call of many rows and in one of its own.
START_TEST(bits_do_not_depend_on_the_call)
{
    enum { ROWS = 5, Z = 37 };
    float head[ROWS * 2 * Z], noise[ROWS * Z], z[ROWS * Z], kl[ROWS * Z], dhead[ROWS * 2 * Z];
    uint64_t state = SEED + 1;
    for (size_t i = 0; i < ROWS * 2 * Z; ++i)
        head[i] = (float)reference_normal(&state);
    for (size_t i = 0; i < ROWS * Z; ++i)
        noise[i] = (float)reference_normal(&state);
    forward(ROWS, Z, head, noise, z, kl);
    backward(ROWS, Z, (struct elbow_terms){.beta = 0.7, .free_bits = 0.2}, head, noise, kl, z,
             dhead); // z is used as some dz
    for (size_t i = 0; i < ROWS; ++i)
        for (size_t j = 0; j < Z; ++j) {
            float one[2] = {head[2 * i * Z + j], head[(2 * i + 1) * Z + j]}, point, part, down[2];
            size_t at = i * Z + j;
            forward(1, 1, one, &noise[at], &point, &part);
            backward(1, 1, (struct elbow_terms){.beta = 0.7, .free_bits = 0.2}, one, &noise[at], &part, &point, down);
            ck_assert(memcmp(&point, &z[at], sizeof point) == 0 && memcmp(&part, &kl[at], sizeof part) == 0);
            ck_assert(memcmp(&down[0], &dhead[2 * i * Z + j], sizeof(float)) == 0);
            ck_assert(memcmp(&down[1], &dhead[(2 * i + 1) * Z + j], sizeof(float)) == 0);
        }
}
END_TEST

// The loss of one element in double: dz z + beta max(free_bits, KL).
static double loss(double mean, double a, double noise, double dz, double beta, double free_bits)
{
    return dz * (mean + exp(a / 2) * noise) + beta * fmax(free_bits, (mean * mean + expm1(a) - a) / 2);
}

START_TEST(backward_matches_finite_differences)
{
    uint64_t state = SEED + 2;
    size_t below = 0, above = 0;
    for (int trial = 0; trial < 400; ++trial) {
        float head[2] = {(float)reference_normal(&state), (float)reference_normal(&state)};
        float noise = (float)reference_normal(&state), dz = (float)reference_normal(&state), z, kl, dhead[2];
        double beta = trial % 3, free_bits = trial % 2 ? 0.5 : 0, step = 1e-6;
        forward(1, 1, head, &noise, &z, &kl);
        if (fabs(kl - 0.5) < 1e-4) // the kink
            continue;
        ++*(kl > free_bits ? &above : &below);
        backward(1, 1, (struct elbow_terms){.beta = beta, .free_bits = free_bits}, head, &noise, &kl, &dz, dhead);
        double dmean = (loss(head[0] + step, head[1], noise, dz, beta, free_bits) -
                        loss(head[0] - step, head[1], noise, dz, beta, free_bits)) /
                       (2 * step);
        double dvariance = (loss(head[0], head[1] + step, noise, dz, beta, free_bits) -
                            loss(head[0], head[1] - step, noise, dz, beta, free_bits)) /
                           (2 * step);
        // Central differences of values up to about 30 in double: 30 2^-53 / 1e-6 = 3e-9, and step^2; float results:
        // 4e-7.
        ck_assert_double_eq_tol(dhead[0], dmean, 1e-7 + 1e-6 * fabs(dmean));
        ck_assert_double_eq_tol(dhead[1], dvariance, 1e-6 + 1e-6 * fabs(dvariance));
    }
    ck_assert_uint_ge(below, 50); // both branches were met
    ck_assert_uint_ge(above, 50);
}
END_TEST

// d KL / d log_variance = (exp(a) - 1) / 2 keeps its digits near the prior.
START_TEST(gradient_near_the_prior)
{
    for (double size = 1e-12; size < 2; size *= 1.1) {
        float head[2] = {0, (float)-size}, noise = 1, z, kl, dz = 0, dhead[2];
        forward(1, 1, head, &noise, &z, &kl);
        backward(1, 1, (struct elbow_terms){.beta = 1, .free_bits = 0}, head, &noise, &kl, &dz, dhead);
        double exact = expm1((double)head[1]) / 2;
        ck_assert_double_eq_tol(dhead[1], exact, 4e-7 * fabs(exact));
    }
}
END_TEST

START_TEST(not_a_number_goes_through)
{
    float noise[2] = {1, 1}, z[2], kl[2], dz[2] = {1, 1}, dhead[4];
    float head[4] = {NAN, 0, 0, NAN};
    forward(1, 2, head, noise, z, kl);
    ck_assert(isnan(z[0]) && isnan(z[1]) && isnan(kl[0]) && isnan(kl[1]));
    backward(1, 2, (struct elbow_terms){.beta = 1, .free_bits = 5}, head, noise, kl, dz,
             dhead); // within the free bits it must not hide
    ck_assert(isnan(dhead[0]) && isnan(dhead[3]));
    float huge[2] = {0, 200}, one = 1, point, part;
    forward(1, 1, huge, &one, &point, &part);
    ck_assert(isinf(part));
}
END_TEST

UNIT_MAIN("vae/latent", kl_of_the_prior_is_zero, known_values, kl_is_relatively_accurate, forward_matches_long_double,
          bits_do_not_depend_on_the_call, backward_matches_finite_differences, gradient_near_the_prior,
          not_a_number_goes_through)
