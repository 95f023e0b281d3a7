// SPDX-License-Identifier: BSD-3-Clause
// Tests every row of the table of priors against tests/support/reference_prior.h.
#include "elbow/vae/prior.h"

#include "elbow/math/threads.h"
#include "elbow/vae/latent.h"
#include "reference_prior.h"
#include "reference_vae.h"
#include "unit.h"

#include <float.h>

enum { ROWS = 40, WIDEST = 300, DRAWS = 20000, TENSOR_MOST = 1 << 12 };

static float head[DRAWS * 2 * 3], noise[DRAWS * 3], z[DRAWS * 3], kl[ROWS * WIDEST];
static float tensor_values[ELBOW_PRIOR_TENSORS][TENSOR_MOST], gradients[ELBOW_PRIOR_TENSORS][TENSOR_MOST];
static double figures[1 << 15];

// One prior, with rows of latent variables and some numbers in its tensors.
struct subject {
    int kind;
    const struct elbow_prior *row;
    const struct reference_prior *reference;
    size_t tensors, counts[ELBOW_PRIOR_TENSORS];
    struct elbow_prior_call call;
};

static struct subject subject_of(int kind, size_t rows, size_t latent)
{
    struct subject subject = {.kind = kind,
                              .row = elbow_prior_row((enum elbow_prior_kind)kind),
                              .reference = &REFERENCE_PRIORS[kind],
                              .call = {.rows = rows, .latent = latent, .head = head, .noise = noise, .z = z}};
    subject.call.posterior = elbow_posterior_row(ELBOW_POSTERIOR_DIAGONAL);
    subject.call.components = REFERENCE_COMPONENTS;
    uint64_t state = 20141;
    ck_assert(subject.reference->log_p != NULL && rows * latent <= sizeof z / sizeof *z);
    for (size_t k = 0; k < rows * 2 * latent; ++k)
        head[k] = (float)(0.7 * reference_normal(&state));
    for (size_t k = 0; k < rows * latent; ++k)
        noise[k] = (float)reference_normal(&state);
    elbow_latent_forward(rows, latent, head, noise, z);
    struct elbow_tensor tensors[ELBOW_PRIOR_TENSORS] = {0};
    const struct elbow_prior_sizes sizes = {
        .latent = latent, .components = REFERENCE_COMPONENTS, .inputs = 2 * latent}; // as many as a head
    static double workspace[1 << 20];
    subject.call.workspace = workspace;
    ck_assert(!subject.row->workspace ||
              subject.row->workspace(rows, latent, REFERENCE_COMPONENTS) <= sizeof workspace / sizeof *workspace);
    subject.tensors = subject.row->tensors ? subject.row->tensors(&sizes, tensors) : 0;
    for (size_t t = 0; t < subject.tensors; ++t) {
        size_t count = 1;
        for (int i = 0; i < tensors[t].rank; ++i)
            count *= tensors[t].shape[i];
        ck_assert(strncmp(tensors[t].name, "prior/", 6) == 0 && count <= TENSOR_MOST);
        subject.counts[t] = count;
        for (size_t k = 0; k < count; ++k)
            tensor_values[t][k] = (float)(0.5 * reference_normal(&state));
        subject.call.tensors[t] = tensor_values[t];
    }
    return subject;
}

static void each(size_t rows, size_t latent, void (*check)(struct subject *subject))
{
    for (int kind = 0; kind < ELBOW_PRIORS; ++kind) {
        struct subject subject = subject_of(kind, rows, latent);
        check(&subject);
    }
}

static double exact_log_p(const struct subject *subject, const float *point)
{
    double exact[WIDEST];
    for (size_t j = 0; j < subject->call.latent; ++j)
        exact[j] = point[j];
    return subject->reference->log_p(subject->call.latent, exact, subject->call.tensors);
}

static void check_row(struct subject *subject)
{
    const struct elbow_prior *row = subject->row;
    ck_assert(row->log_p && row->log_ratio && row->kl && row->backward && row->draw);
    ck_assert((row->tensors == NULL) == (row->gradient == NULL) && subject->tensors <= ELBOW_PRIOR_TENSORS);
}

START_TEST(row_is_complete)
{
    each(1, 3, check_row);
}
END_TEST

static void check_log_p(struct subject *subject)
{
    subject->row->log_p(&subject->call, figures);
    for (size_t i = 0; i < subject->call.rows; ++i) {
        double exact = exact_log_p(subject, z + i * subject->call.latent);
        ck_assert_double_eq_tol(figures[i], exact, 1e-12 * (1 + fabs(exact)) * (double)subject->call.latent);
    }
}

START_TEST(log_p_matches_the_reference)
{
    each(ROWS, 1, check_log_p);
    each(ROWS, 5, check_log_p);
    each(ROWS, WIDEST, check_log_p);
}
END_TEST

// The moments of p(z) in one or two dimensions, by sums over a grid: of the first, mass, mean and square.
static void integrate(struct subject *subject, double moments[3])
{
    size_t latent = subject->call.latent, points = latent == 1 ? 4001 : 161;
    double reach = subject->reference->reach, step = 2 * reach / (double)(points - 1);
    double size = latent == 1 ? step : step * step;
    for (size_t across = 0; across < (latent == 1 ? 1 : points); ++across) {
        for (size_t i = 0; i < points; ++i) {
            z[i * latent] = (float)(-reach + step * (double)i);
            z[i * latent + latent - 1] = (float)(-reach + step * (double)(latent == 1 ? i : across));
        }
        subject->call.rows = points;
        subject->row->log_p(&subject->call, figures);
        for (size_t i = 0; i < points; ++i) {
            double p = size * exp(figures[i]), at = z[i * latent];
            moments[0] += p;
            moments[1] += p * at;
            moments[2] += p * at * at;
        }
    }
}

static void check_density(struct subject *subject)
{
    double moments[3] = {0};
    integrate(subject, moments);
    // The points of the grid are rounded to float.
    ck_assert_double_eq_tol(moments[0], 1, 1e-6);
}

START_TEST(density_adds_up_to_one)
{
    each(1, 1, check_density);
    each(1, 2, check_density);
}
END_TEST

static void check_ratio(struct subject *subject)
{
    size_t latent = subject->call.latent;
    subject->row->log_ratio(&subject->call, figures);
    subject->row->kl(&subject->call, kl);
    for (size_t i = 0; i < subject->call.rows; ++i) {
        double q = reference_log_q(head + 2 * i * latent, noise + i * latent, latent), sum = 0;
        double p = exact_log_p(subject, z + i * latent);
        ck_assert_double_eq_tol(figures[i], p - q, 1e-12 * (fabs(p) + fabs(q)) * (double)latent);
        for (size_t j = 0; j < latent; ++j)
            sum += kl[i * latent + j];
        if (!subject->row->is_exact)
            ck_assert_double_eq_tol(sum, -figures[i], 1e-6 * (fabs(p) + fabs(q)));
    }
}

START_TEST(log_ratio_is_that_of_the_densities)
{
    each(ROWS, 1, check_ratio);
    each(ROWS, 5, check_ratio);
    each(ROWS, WIDEST, check_ratio);
}
END_TEST

static void check_kl(struct subject *subject)
{
    if (!subject->row->is_exact)
        return; // see log_ratio_is_that_of_the_densities
    subject->row->kl(&subject->call, kl);
    for (size_t i = 0; i < subject->call.rows; ++i) {
        double exact = reference_kl(subject->reference, subject->call.tensors, head[2 * i], head[2 * i + 1]);
        ck_assert_double_eq_tol(kl[i], exact, FLT_EPSILON * (1 + exact));
    }
}

START_TEST(kl_is_the_integral)
{
    each(ROWS, 1, check_kl);
}
END_TEST

// The mean of log q - log p over draws of z, within five standard errors; several dimensions.
static void check_kl_of_draws(struct subject *subject)
{
    size_t latent = subject->call.latent;
    for (size_t k = 0; k < DRAWS * 2 * latent; ++k)
        head[k] = head[k % (2 * latent)];
    elbow_latent_forward(DRAWS, latent, head, noise, z);
    subject->row->log_ratio(&subject->call, figures);
    double sum = 0, squares = 0, parts = 0;
    for (size_t i = 0; i < DRAWS; ++i) {
        sum -= figures[i];
        squares += figures[i] * figures[i];
    }
    struct elbow_prior_call first = subject->call;
    for (first.rows = 1; first.z < z + DRAWS * latent; first.z += latent, first.noise += latent) {
        subject->row->kl(&first, kl);
        for (size_t j = 0; j < latent; ++j)
            parts += kl[j];
    }
    double mean = sum / DRAWS, error = sqrt((squares / DRAWS - mean * mean) / DRAWS);
    ck_assert_double_eq_tol(parts / DRAWS, mean, 5 * error + 1e-6);
}

START_TEST(kl_is_the_mean_over_draws)
{
    each(DRAWS, 3, check_kl_of_draws);
}
END_TEST

// The quantity of which backward and gradient give the gradient.
static double priced(struct subject *subject, const double *price)
{
    double sum = 0;
    size_t count = subject->call.rows * subject->call.latent;
    elbow_latent_forward(subject->call.rows, subject->call.latent, head, noise, z);
    subject->row->kl(&subject->call, kl);
    for (size_t k = 0; k < count; ++k)
        sum += price[k] * kl[k];
    return sum;
}

static double difference(struct subject *subject, const double *price, float *number)
{
    const float h = 0x1p-8F;
    float at = *number;
    *number = at + h;
    double up = priced(subject, price);
    *number = at - h;
    double down = priced(subject, price);
    *number = at;
    return (up - down) / (2 * (double)h);
}

static void check_gradient(struct subject *subject)
{
    static double price[ROWS * 5], derivatives[ROWS * 2 * 5];
    static float dz[ROWS * 5], dhead[ROWS * 2 * 5];
    float *wanted[ELBOW_PRIOR_TENSORS];
    size_t rows = subject->call.rows, latent = subject->call.latent;
    uint64_t state = 5;
    for (size_t k = 0; k < rows * latent; ++k)
        price[k] = subject->row->is_exact || k % latent == 0 ? 2 * reference_random(&state) : price[k - 1];
    memset(dz, 0, sizeof dz);
    subject->row->backward(&subject->call, price, dz, derivatives);
    elbow_latent_backward(rows, latent, head, noise, dz, derivatives, dhead);
    // The KL of up to 10 are floats: 10 2^-24 / h = 2e-4; the third derivative times h^2 is less.
    for (size_t k = 0; k < rows * 2 * latent; ++k)
        ck_assert_double_eq_tol(dhead[k], difference(subject, price, &head[k]), 1e-3 + 1e-4 * fabs((double)dhead[k]));
    for (size_t t = 0; t < ELBOW_PRIOR_TENSORS; ++t)
        wanted[t] = gradients[t];
    if (subject->tensors > 0)
        subject->row->gradient(&subject->call, price, wanted);
    for (size_t t = 0; t < subject->tensors; ++t)
        for (size_t k = 0; k < subject->counts[t]; ++k)
            ck_assert_double_eq_tol(gradients[t][k], difference(subject, price, &tensor_values[t][k]),
                                    1e-2 + 1e-3 * fabs((double)gradients[t][k]));
}

START_TEST(gradients_are_differences)
{
    each(8, 5, check_gradient);
}
END_TEST

static void check_draws(struct subject *subject)
{
    double moments[3] = {0}, sum = 0, squares = 0, fourth = 0;
    integrate(subject, moments);
    struct elbow_prior_call call = subject->call;
    call.rows = 1;
    for (size_t i = 0; i < DRAWS; ++i) {
        struct elbow_stream stream = {.seed = 20141, .purpose = ELBOW_PURPOSE_SAMPLE_LATENT, .id = i};
        float again;
        subject->row->draw(stream, &call, &z[i]);
        subject->row->draw(stream, &call, &again);
        ck_assert(again == z[i] && (i == 0 || z[i] != z[i - 1]));
        double point = z[i];
        sum += point;
        squares += point * point;
        fourth += point * point * point * point;
    }
    double square = squares / DRAWS, mean = sum / DRAWS;
    ck_assert_double_eq_tol(mean, moments[1], 5 * sqrt((square - mean * mean) / DRAWS));
    ck_assert_double_eq_tol(square, moments[2], 5 * sqrt((fourth / DRAWS - square * square) / DRAWS));
}

START_TEST(draws_have_mean_and_variance)
{
    each(1, 1, check_draws);
}
END_TEST

// Everything that a row of the table makes of a call.
struct made {
    float kl[ROWS * 60], dz[ROWS * 60];
    double log_p[ROWS], ratio[ROWS], derivatives[ROWS * 2 * 60];
};

static void make(const struct subject *subject, struct elbow_prior_call call, const double *price, size_t row,
                 struct made *made)
{
    size_t at = row * call.latent;
    memset(made->dz + at, 0, call.rows * call.latent * sizeof *made->dz);
    subject->row->kl(&call, made->kl + at);
    subject->row->log_p(&call, made->log_p + row);
    subject->row->log_ratio(&call, made->ratio + row);
    subject->row->backward(&call, price + at, made->dz + at, made->derivatives + 2 * at);
}

static void check_split(struct subject *subject)
{
    static double price[ROWS * 60];
    static struct made whole, again, alone;
    float *wanted[ELBOW_PRIOR_TENSORS];
    size_t latent = subject->call.latent;
    uint64_t state = 9;
    memset(&whole, 0, sizeof whole);
    memset(&again, 0, sizeof again);
    memset(&alone, 0, sizeof alone);
    for (size_t k = 0; k < ROWS * latent; ++k)
        price[k] = reference_random(&state);
    make(subject, subject->call, price, 0, &whole);
    elbow_threads_set(3);
    make(subject, subject->call, price, 0, &again);
    for (size_t t = 0; t < ELBOW_PRIOR_TENSORS; ++t)
        wanted[t] = gradients[t];
    if (subject->tensors > 0)
        subject->row->gradient(&subject->call, price, wanted);
    elbow_threads_set(1);
    for (size_t t = 0; t < subject->tensors; ++t) {
        static float single[ELBOW_PRIOR_TENSORS][TENSOR_MOST];
        for (size_t u = 0; u < ELBOW_PRIOR_TENSORS; ++u)
            wanted[u] = single[u];
        subject->row->gradient(&subject->call, price, wanted);
        ck_assert(memcmp(single[t], gradients[t], subject->counts[t] * sizeof(float)) == 0);
    }
    for (size_t i = 0; i < ROWS; ++i) {
        struct elbow_prior_call one = subject->call;
        one.rows = 1;
        one.head += 2 * i * latent;
        one.noise += i * latent;
        one.z += i * latent;
        make(subject, one, price, i, &alone);
    }
    ck_assert(memcmp(&whole, &again, sizeof whole) == 0 && memcmp(&whole, &alone, sizeof whole) == 0);
}

START_TEST(bits_do_not_depend_on_the_call)
{
    each(ROWS, 1, check_split);
    each(ROWS, 60, check_split);
}
END_TEST

static void check_nan(struct subject *subject)
{
    static double price[3 * 5];
    static struct made made;
    for (size_t k = 0; k < 3 * 5; ++k)
        price[k] = 1;
    for (size_t where = 0; where < 2; ++where) {
        *subject = subject_of(subject->kind, 3, 5);
        head[(2 + where) * 5 + 1] = NAN; // mean or log-variance of row 1
        elbow_latent_forward(3, 5, head, noise, z);
        make(subject, subject->call, price, 0, &made);
        for (size_t i = 0; i < 3; ++i) {
            double sum = 0, derivative = 0;
            for (size_t j = 0; j < 5; ++j) {
                sum += made.kl[i * 5 + j];
                derivative += made.derivatives[(2 * i + where) * 5 + j] + made.dz[i * 5 + j];
            }
            ck_assert(!isnan(sum) == (i != 1) && !isnan(derivative) == (i != 1));
            ck_assert(!isnan(made.log_p[i]) == (i != 1) && !isnan(made.ratio[i]) == (i != 1));
        }
    }
}

START_TEST(not_a_number_goes_through)
{
    each(3, 5, check_nan);
}
END_TEST

UNIT_MAIN("conformance/prior", row_is_complete, log_p_matches_the_reference, density_adds_up_to_one,
          log_ratio_is_that_of_the_densities, kl_is_the_integral, kl_is_the_mean_over_draws, gradients_are_differences,
          draws_have_mean_and_variance, bits_do_not_depend_on_the_call, not_a_number_goes_through)
