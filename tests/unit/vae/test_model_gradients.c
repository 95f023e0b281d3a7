// SPDX-License-Identifier: BSD-3-Clause
// The model's statistics and gradients against the independent double-precision VAE of reference_vae.h, over depths,
// activations and likelihoods; and the reference itself against finite differences.
#include "elbow/vae/model.h"

#include "unit.h"

#include "model_fixture.h"

static void check_parts(const struct fixture *f, struct reference_parts parts)
{
    // Activations carry relative errors of about 1e-6 (sums of up to 31 terms, up to four layers deep, in float of 6e-8
    // each); recon and KL sum rows * D values of order 1 to 10 of them.
    double tolerance = 2e-6 * (fabs(parts.recon) + fabs(parts.kl));
    ck_assert(f->statistics[ELBOW_STATISTIC_SAMPLES] == (double)f->rows);
    ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_RECON], parts.recon, tolerance);
    ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_KL], parts.kl, tolerance);
    ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_OBJECTIVE], parts.objective, 2 * tolerance);
    for (size_t j = 0; j < f->model->latent; ++j)
        ck_assert_double_eq_tol(f->statistics[ELBOW_STATISTIC_HEAD + j], parts.kl_of[j], tolerance);
}

static void check_gradient(const struct fixture *f, const char *what, uint64_t seed)
{
    double worst = 0;
    const char *where = "";
    for (size_t t = 0; t < f->model->parameters.count; ++t) {
        const struct elbow_tensor *tensor = &f->model->parameters.tensors[t];
        double largest = 0, difference = 0;
        for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
            ck_assert(isfinite(f->gradient[k]));
            largest = fmax(largest, fabs(f->exact_gradient[k]));
            difference = fmax(difference, fabs(f->gradient[k] - f->exact_gradient[k]));
        }
        bool settles = f->reference.settles && tensor->offset == f->reference.shared_at;
        ck_assert((largest > 0) == !settles); // every tensor takes part that is trained by its gradient
        ck_assert(!settles || difference == 0);
        if (!settles && difference / largest > worst) {
            worst = difference / largest;
            where = tensor->name;
        }
    }
    // Against a tensor's largest entry: chains of up to eight products of up to 31 terms, each 6e-8 of its terms, which
    // cancel to a third or so.
    ck_assert_msg(worst < 3e-6, "%s (seed %llu): %s is off by %g", what, (unsigned long long)seed, where, worst);
}

START_TEST(parts_and_gradients_match_the_reference)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a)
        for (uint64_t seed = 1; seed <= 3; ++seed) {
            struct fixture *f = fixture_create(&ARCHITECTURES[a], seed);
            train(f);
            check_parts(f, exact(f, f->exact_gradient));
            check_gradient(f, ARCHITECTURES[a].what, seed);
            fixture_destroy(f);
        }
}
END_TEST

START_TEST(the_reference_matches_finite_differences)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 1);
        exact(f, f->exact_gradient);
        for (size_t t = 0; t < f->model->parameters.count; ++t) {
            const struct elbow_tensor *tensor = &f->model->parameters.tensors[t];
            if (f->reference.settles && tensor->offset == f->reference.shared_at)
                continue;
            for (size_t k = tensor->offset; k < tensor->offset + tensor->count; ++k) {
                double step = 1e-6, at = f->exact_parameters[k];
                f->exact_parameters[k] = at + step;
                double up = exact(f, NULL).objective;
                f->exact_parameters[k] = at - step;
                double down = exact(f, NULL).objective;
                f->exact_parameters[k] = at;
                // Rounding: an objective of some hundreds, 500 2^-53 / 1e-6 = 6e-8; curvature: step^2 of order 1e3.
                double derivative = -f->exact_gradient[k], tolerance = 5e-7 + 1e-7 * fabs(derivative);
                ck_assert_msg(fabs((up - down) / (2 * step) - derivative) < tolerance, "%s: %s[%zu]: %.9g, not %.9g",
                              ARCHITECTURES[a].what, tensor->name, k - tensor->offset, derivative,
                              (up - down) / (2 * step));
            }
        }
        fixture_destroy(f);
    }
}
END_TEST

// The cases with free bits are only worth something if some dimensions lie below them and some above.
START_TEST(free_bits_are_partly_active)
{
    for (size_t a = 0; a < ARCHITECTURE_COUNT; ++a) {
        if (ARCHITECTURES[a].free_bits == 0)
            continue;
        struct fixture *f = fixture_create(&ARCHITECTURES[a], 1);
        train(f);
        size_t below = 0, n = f->rows * f->model->latent;
        for (size_t k = 0; k < n; ++k)
            below += f->model->kl[k] <= f->config.objective.free_bits;
        ck_assert_uint_gt(below, 0);
        ck_assert_uint_lt(below, n);
        fixture_destroy(f);
    }
}
END_TEST

START_TEST(padding_of_the_gradient_is_zero)
{
    struct fixture *f = fixture_create(architecture("three and one"), 1);
    train(f);
    size_t covered = 0, position = 0;
    for (size_t t = 0; t <= f->model->parameters.count; ++t) {
        bool is_end = t == f->model->parameters.count;
        size_t next = is_end ? f->size : f->model->parameters.tensors[t].offset;
        for (; position < next; ++position, ++covered)
            ck_assert(f->gradient[position] == 0);
        position += is_end ? 0 : f->model->parameters.tensors[t].count;
    }
    ck_assert_uint_gt(covered, 0); // odd widths leave some
    fixture_destroy(f);
}
END_TEST

// A KL that is multiplied by zero, or added without a gradient, leaves log q's variance to the reconstruction: the part
// of beta in the gradient of the head's bias is the sum of (exp(log_variance) - 1) / 2 over rows (Kingma and Welling
// 2014).
START_TEST(beta_pulls_the_log_variance)
{
    struct fixture *f = fixture_create(architecture("three and one"), 1);
    size_t latent = f->model->latent;
    const struct elbow_tensor *bias = elbow_parameters_find(&f->model->parameters, "encoder.head/bias");
    ck_assert_ptr_nonnull(bias);
    ck_assert_uint_eq(bias->count, 2 * latent);
    float *head = allocate(f->rows * 2 * latent, sizeof(float)), *without = allocate(latent, sizeof(float));
    f->config.objective.free_bits = 0;
    f->config.objective.beta = 0;
    train(f);
    for (size_t j = 0; j < latent; ++j)
        without[j] = f->gradient[bias->offset + latent + j];
    f->config.objective.beta = 3;
    train(f);
    elbow_model_evaluate(f->model, f->parameters, microbatch(f), terms(f), f->statistics,
                         (struct elbow_row_results){.head = head});
    for (size_t j = 0; j < latent; ++j) {
        double pull = 0, size = 0;
        for (size_t i = 0; i < f->rows; ++i) {
            double variance = exp((double)head[(2 * i + 1) * latent + j]);
            pull += 3 * (variance - 1) / 2;
            size += 3 * (variance + 1) / 2;
        }
        double added = (double)f->gradient[bias->offset + latent + j] - (double)without[j];
        ck_assert(fabs(pull) > 0.1);
        // Both gradients are sums in single precision of rows of about this size.
        ck_assert_double_eq_tol(added, pull, 1e-5 * (size + fabs((double)without[j])));
    }
    free(head);
    free(without);
    fixture_destroy(f);
}
END_TEST

UNIT_MAIN("vae/model: gradients", parts_and_gradients_match_the_reference, the_reference_matches_finite_differences,
          free_bits_are_partly_active, padding_of_the_gradient_is_zero, beta_pulls_the_log_variance)
