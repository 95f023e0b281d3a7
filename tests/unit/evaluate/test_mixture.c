// SPDX-License-Identifier: BSD-3-Clause
// A mixture of Gaussians: it finds the components that points were drawn from, and its draws are like the points.
#include "elbow/evaluate/mixture.h"

#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 6000, Z = 2 };

static float points[COUNT * Z];

// A third around (-4, 1) with a correlation of 0.8, two thirds around (3, 2) with deviations 2 and 0.5.
static void make_points(void)
{
    for (size_t i = 0; i < COUNT; ++i) {
        float noise[Z];
        elbow_random_normal((struct elbow_stream){.seed = 5, .purpose = ELBOW_PURPOSE_SYNTHETIC, .id = i}, Z, noise);
        bool is_first = i % 3 == 0;
        points[i * Z] = is_first ? -4 + noise[0] : 3 + 2 * noise[0];
        points[i * Z + 1] = is_first ? 1 + 0.8F * noise[0] + 0.6F * noise[1] : 2 + 0.5F * noise[1];
    }
}

static size_t find_first(const struct elbow_mixture *mixture)
{
    return mixture->means[0] < mixture->means[Z] ? 0 : 1;
}

START_TEST(finds_what_points_come_from)
{
    struct elbow_mixture mixture;
    struct elbow_error error = {0};
    make_points();
    ck_assert_int_eq(elbow_mixture_fit(points, COUNT, Z, 2, 1, &mixture, &error), ELBOW_OK);
    size_t a = find_first(&mixture), b = 1 - a;
    const double *first = mixture.factors + a * Z * Z, *second = mixture.factors + b * Z * Z;
    ck_assert(mixture.is_full && mixture.latents == COUNT);
    ck_assert_double_eq_tol(mixture.weights[a], 1.0 / 3, 0.01);
    ck_assert_double_eq_tol(mixture.weights[a] + mixture.weights[b], 1, 1e-12);
    ck_assert_double_eq_tol(mixture.means[a * Z], -4, 0.1);
    ck_assert_double_eq_tol(mixture.means[a * Z + 1], 1, 0.1);
    ck_assert_double_eq_tol(mixture.means[b * Z], 3, 0.15);
    ck_assert_double_eq_tol(mixture.means[b * Z + 1], 2, 0.05);
    ck_assert_double_eq_tol(first[0] * first[2], 0.8, 0.08); // the covariance
    ck_assert_double_eq_tol(first[0], 1, 0.08);
    ck_assert_double_eq_tol(second[0], 2, 0.1);
    ck_assert_double_eq_tol(hypot(second[2], second[3]), 0.5, 0.03);
    // Entropy of the two Gaussians and of the choice: they hardly overlap.
    double entropy = log(2 * acos(-1.0)) + 1 + (log(0.6) + 2 * log(1.0)) / 3 + log(3.0) / 3 - 2.0 / 3 * log(2.0 / 3);
    ck_assert_double_eq_tol(mixture.log_density, -entropy, 0.05);
    elbow_mixture_clear(&mixture);
}
END_TEST

START_TEST(one_component_is_exact)
{
    struct elbow_mixture mixture;
    struct elbow_error error = {0};
    double mean[Z] = {0}, covariance[3] = {0};
    make_points();
    for (size_t i = 0; i < COUNT; ++i)
        for (size_t j = 0; j < Z; ++j)
            mean[j] += (double)points[i * Z + j] / COUNT;
    for (size_t i = 0; i < COUNT; ++i) {
        double u = (double)points[i * Z] - mean[0], v = (double)points[i * Z + 1] - mean[1];
        covariance[0] += u * u / COUNT;
        covariance[1] += u * v / COUNT;
        covariance[2] += v * v / COUNT;
    }
    double floor = 1e-6 * (covariance[0] + covariance[2]) / 2;
    ck_assert_int_eq(elbow_mixture_fit(points, COUNT, Z, 1, 1, &mixture, &error), ELBOW_OK);
    const double *l = mixture.factors;
    ck_assert_double_eq_tol(mixture.means[0], mean[0], 1e-9);
    ck_assert_double_eq_tol(mixture.means[1], mean[1], 1e-9);
    ck_assert_double_eq_tol(l[0] * l[0], covariance[0] + floor, 1e-9);
    ck_assert_double_eq_tol(l[2] * l[0], covariance[1], 1e-9);
    ck_assert_double_eq_tol(l[2] * l[2] + l[3] * l[3], covariance[2] + floor, 1e-9);
    elbow_mixture_clear(&mixture);
}
END_TEST

START_TEST(draws_are_like_the_points)
{
    enum { DRAWS = 6000 };
    struct elbow_mixture mixture;
    struct elbow_error error = {0};
    double sums[5] = {0}, wanted[5] = {0};
    make_points();
    ck_assert_int_eq(elbow_mixture_fit(points, COUNT, Z, 2, 1, &mixture, &error), ELBOW_OK);
    for (uint64_t i = 0; i < DRAWS; ++i) {
        float z[Z], again[Z];
        elbow_mixture_draw(&mixture, 3, i, z);
        elbow_mixture_draw(&mixture, 3, i, again);
        ck_assert_mem_eq(z, again, sizeof z);
        for (int k = 0; k < 2; ++k) {
            const float *point = k == 0 ? z : points + i * Z;
            double *of = k == 0 ? sums : wanted, u = (double)point[0], v = (double)point[1];
            of[0] += u / DRAWS;
            of[1] += v / DRAWS;
            of[2] += u * u / DRAWS;
            of[3] += u * v / DRAWS;
            of[4] += v * v / DRAWS;
        }
    }
    for (int k = 0; k < 5; ++k)
        ck_assert_msg(fabs(sums[k] - wanted[k]) <= 0.06 * (1 + fabs(wanted[k])), "moment %d: %g, wanted %g", k, sums[k],
                      wanted[k]);
    elbow_mixture_clear(&mixture);
}
END_TEST

// Many dimensions have variances of their own; equal points, and as many components as points, are no trouble.
START_TEST(degenerate_points)
{
    enum { MANY = 40, ROWS = 7 };
    static float flat[ROWS * MANY];
    struct elbow_mixture mixture;
    struct elbow_error error = {0};
    float z[MANY];
    for (size_t components = 1; components <= ROWS; components += 3)
        for (size_t latent = 2; latent <= MANY; latent += MANY - 2)
            for (int differ = 0; differ < 2; ++differ) {
                for (size_t i = 0; i < (size_t)ROWS * MANY; ++i)
                    flat[i] = differ ? (float)(i % 11) : 1.5F;
                ck_assert_int_eq(elbow_mixture_fit(flat, ROWS, latent, components, 2, &mixture, &error), ELBOW_OK);
                ck_assert(mixture.is_full == (latent == 2) && isfinite(mixture.log_density));
                elbow_mixture_draw(&mixture, 1, 4, z);
                for (size_t j = 0; j < latent; ++j)
                    ck_assert(isfinite(z[j]) && (differ || fabsf(z[j] - 1.5F) < 0.02F));
                elbow_mixture_clear(&mixture);
            }
}
END_TEST

UNIT_MAIN("evaluate/mixture", finds_what_points_come_from, one_component_is_exact, draws_are_like_the_points,
          degenerate_points)
