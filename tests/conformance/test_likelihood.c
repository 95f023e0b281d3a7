// SPDX-License-Identifier: BSD-3-Clause
// What holds for every likelihood of the table, each beside its reference (reference_likelihood.h).
#include "elbow/vae/likelihood.h"

#include "elbow/math/threads.h"
#include "reference_vae.h"
#include "unit.h"

#include <float.h>

enum { WIDEST = 1031, ROWS = 40, DRAWS = 20000 };

static const size_t WIDTHS[] = {1, 7, 8, 9, 255, 256, 257, WIDEST};
enum { WIDTH_COUNT = sizeof WIDTHS / sizeof *WIDTHS };

// One likelihood with options, and data for it.
struct subject {
    int kind;
    const struct elbow_likelihood *row;
    const struct reference_likelihood *reference;
    const struct elbow_likelihood_options *options;
    struct elbow_tensor tensor;
    bool has_shared;
    float shared; // conformance of vectors is for the first likelihood that has one
    double exact_shared;
};

static float x[ROWS * WIDEST], y[ROWS * WIDEST], dy[ROWS * WIDEST];
static double recon[ROWS];

static struct subject subject_of(int kind, const struct elbow_likelihood_options *options)
{
    struct subject subject = {.kind = kind,
                              .row = elbow_likelihood_row((enum elbow_likelihood_kind)kind),
                              .reference = &REFERENCE_LIKELIHOODS[kind],
                              .options = options};
    subject.has_shared = subject.row->shared && subject.row->shared(options, WIDEST, &subject.tensor);
    subject.shared = subject.tensor.value + 0.125F; // somewhere else than at its start
    subject.exact_shared = subject.shared;
    return subject;
}

static const double *exact_shared(const struct subject *subject)
{
    return subject->has_shared ? &subject->exact_shared : NULL;
}

static struct elbow_likelihood_call call_of(const struct subject *subject, size_t rows, size_t values)
{
    return (struct elbow_likelihood_call){.options = subject->options,
                                          .rows = rows,
                                          .values = values,
                                          .x = x,
                                          .y = y,
                                          .shared = subject->has_shared ? &subject->shared : NULL,
                                          .recon = recon};
}

// Calls check for every likelihood in all its forms.
static void each(void (*check)(const struct subject *subject))
{
    static struct elbow_config config;
    for (int kind = 0; kind < ELBOW_LIKELIHOODS; ++kind) {
        ck_assert_ptr_nonnull(REFERENCE_LIKELIHOODS[kind].forms[0]);
        for (const char *const *form = REFERENCE_LIKELIHOODS[kind].forms; *form; ++form) {
            reference_set_likelihood(*form, &config);
            ck_assert_int_eq(config.model.likelihood, kind);
            struct subject subject = subject_of(kind, &config.model.likelihood_options);
            check(&subject);
        }
    }
}

static const char *name_of(const struct subject *subject)
{
    return elbow_config_choice("model.likelihood", subject->kind);
}

static void fill(const struct subject *subject, size_t count)
{
    uint64_t state = 20141 + (uint64_t)subject->kind;
    for (size_t i = 0; i < count; ++i) {
        x[i] = (float)subject->reference->value(reference_random(&state));
        y[i] = (float)(1.5 * reference_normal(&state));
    }
}

static void check_row(const struct subject *subject)
{
    ck_assert_uint_eq(subject->row->outputs(subject->options), 1); // what the references are written for
    if (!subject->has_shared)
        return;
    ck_assert(strncmp(subject->tensor.name, "likelihood/", 11) == 0);
    ck_assert(subject->tensor.rank == 1 && subject->tensor.shape[0] == 1 && !subject->tensor.is_weight);
}

START_TEST(row_is_complete)
{
    each(check_row);
}
END_TEST

static void check_log_p(const struct subject *subject)
{
    for (size_t w = 0; w < WIDTH_COUNT; ++w) {
        size_t values = WIDTHS[w];
        fill(subject, 3 * values);
        struct elbow_likelihood_call call = call_of(subject, 3, values);
        call.dy = dy;
        subject->row->score(&call);
        for (size_t i = 0; i < 3; ++i) {
            double sum = 0, size = 0;
            for (size_t d = i * values; d < (i + 1) * values; ++d) {
                double part = subject->reference->log_p(subject->options, exact_shared(subject), x[d], y[d]);
                double slope = subject->reference->slope(subject->options, exact_shared(subject), x[d], y[d]);
                sum += part;
                size += fabs(part) + fabs((double)x[d] * y[d]);
                // A few roundings to float, of the parts that the slope is a difference of.
                ck_assert_msg(fabs(dy[d] + slope) <= 8 * FLT_EPSILON * (fabs(slope) + fabs((double)x[d]) + 1e-30),
                              "%s: x %g, y %g: slope %.9g, not %.9g", name_of(subject), x[d], y[d], -dy[d], slope);
            }
            // At most an exponential is rounded to float, to 1 ULP; all else is double.
            ck_assert_msg(fabs(recon[i] - sum) <= 2 * FLT_EPSILON * size + 1e-12 * (double)values,
                          "%s, D %zu: %.12g, not %.12g", name_of(subject), values, recon[i], sum);
        }
    }
}

START_TEST(log_p_and_slope_match_the_reference)
{
    each(check_log_p);
}
END_TEST

// The reference's slopes are the differences of its log_p, and the slope of the trained number is right.
static void check_gradient(const struct subject *subject)
{
    const struct reference_likelihood *reference = subject->reference;
    const double h = 1e-4;
    fill(subject, 31);
    float shared_slope = 0;
    double all = 0, all_size = 0;
    struct elbow_likelihood_call call = call_of(subject, 1, 31);
    call.dshared = subject->has_shared ? &shared_slope : NULL;
    subject->row->score(&call);
    for (size_t d = 0; d < 31; ++d) {
        double at = y[d], slope = reference->slope(subject->options, exact_shared(subject), x[d], at);
        double difference = (reference->log_p(subject->options, exact_shared(subject), x[d], at + h) -
                             reference->log_p(subject->options, exact_shared(subject), x[d], at - h)) /
                            (2 * h);
        // h^2 / 6 of a third derivative as large as the slope's parts, and rounding 1e-16 / h.
        ck_assert_double_eq_tol(difference, slope, 1e-7 * (1 + fabs(slope) + exp(fabs(at))));
        if (!subject->has_shared)
            continue;
        double s = subject->exact_shared, up = s + h, down = s - h;
        double part =
            (reference->log_p(subject->options, &up, x[d], at) - reference->log_p(subject->options, &down, x[d], at)) /
            (2 * h);
        all += part;
        all_size += fabs(part);
    }
    ck_assert_double_eq_tol(shared_slope, -all, 1e-6 * (1 + all_size));
}

START_TEST(gradients_are_differences)
{
    each(check_gradient);
}
END_TEST

// The sum of p(x|y) over what x may be, and its mean and entropy.
struct moments {
    double mass, mean, square, entropy;
};

static struct moments integrate(const struct subject *subject, double at)
{
    struct moments moments = {0};
    struct reference_grid grid = reference_grid(subject->kind, at);
    long points = grid.points;
    for (long first_point = 0; first_point < points; first_point += ROWS) {
        long rows = points - first_point < ROWS ? points - first_point : ROWS;
        for (long i = 0; i < rows; ++i) {
            x[i] = (float)(grid.first + grid.step * (double)(first_point + i));
            y[i] = (float)at;
        }
        struct elbow_likelihood_call call = call_of(subject, (size_t)rows, 1);
        subject->row->score(&call);
        for (long i = 0; i < rows; ++i) {
            double p = grid.step * exp(recon[i]);
            moments.mass += p;
            moments.mean += p * x[i];
            moments.square += p * x[i] * x[i];
            moments.entropy -= p > 0 ? p * recon[i] : 0;
        }
    }
    return moments;
}

static void check_density(const struct subject *subject)
{
    for (size_t k = 0; k < sizeof subject->reference->outputs / sizeof(double); ++k) {
        double at = subject->reference->outputs[k];
        struct moments moments = integrate(subject, at);
        float output = (float)at, mean;
        struct elbow_likelihood_call call = call_of(subject, 1, 1);
        call.y = &output;
        subject->row->mean(&call, &mean);
        // Rounding of x to float, and of an exponential: both times a mean of up to the rate.
        double tolerance = 4e-7 * (1 + fabs((double)mean));
        ck_assert_msg(fabs(moments.mass - 1) <= tolerance, "%s at %g: sums to %.9g", name_of(subject), at,
                      moments.mass);
        ck_assert_msg(fabs(moments.mean - mean) <= tolerance * (1 + fabs((double)mean)),
                      "%s at %g: mean %.9g, not %.9g", name_of(subject), at, (double)mean, moments.mean);
        ck_assert(fabs(mean - subject->reference->mean(output)) <= 4 * FLT_EPSILON * fabs((double)mean));
    }
}

START_TEST(density_adds_up_to_one)
{
    each(check_density);
}
END_TEST

// Rows are independent, whatever is asked for beside recon, wherever the gradient goes, and on any number of threads.
static void check_split(const struct subject *subject)
{
    static float in_place[ROWS * WIDEST], alone_dy[WIDEST];
    static double alone[ROWS];
    for (size_t w = 0; w < WIDTH_COUNT; ++w) {
        size_t values = WIDTHS[w];
        fill(subject, ROWS * values);
        memcpy(in_place, y, sizeof y);
        float shared_slope = 0, again = 0;
        struct elbow_likelihood_call call = call_of(subject, ROWS, values);
        call.dshared = subject->has_shared ? &shared_slope : NULL;
        call.dy = dy;
        subject->row->score(&call);
        struct elbow_likelihood_call other = call;
        other.recon = alone;
        other.y = other.dy = in_place;
        other.dshared = subject->has_shared ? &again : NULL;
        elbow_threads_set(3);
        subject->row->score(&other);
        elbow_threads_set(1);
        ck_assert(memcmp(alone, recon, sizeof recon) == 0 && again == shared_slope);
        ck_assert(memcmp(in_place, dy, ROWS * values * sizeof *dy) == 0);
        other.rows = 1;
        other.dshared = NULL;
        for (size_t i = 0; i < ROWS; ++i) {
            other.x = x + i * values;
            other.y = y + i * values;
            other.dy = alone_dy;
            other.recon = &alone[i];
            subject->row->score(&other);
            ck_assert(memcmp(alone_dy, dy + i * values, values * sizeof *dy) == 0);
            other.dy = NULL;
            ck_assert(alone[i] == recon[i]);
            subject->row->score(&other);
            ck_assert(alone[i] == recon[i]);
        }
    }
}

START_TEST(bits_do_not_depend_on_the_call)
{
    each(check_split);
}
END_TEST

static void check_nan(const struct subject *subject)
{
    float mean[27];
    for (int where = 0; where < 2; ++where) {
        fill(subject, 27);
        (where == 0 ? x : y)[9 + 4] = NAN;
        struct elbow_likelihood_call call = call_of(subject, 3, 9);
        call.dy = dy;
        subject->row->score(&call);
        ck_assert(isfinite(recon[0]) && isnan(recon[1]) && isfinite(recon[2]));
        for (size_t d = 0; d < 27; ++d)
            ck_assert(isnan(dy[d]) == (d == 13));
        subject->row->mean(&call, mean);
        ck_assert(isnan(mean[13]) == (where == 1) && isfinite(mean[12]));
        subject->row->saturated(&call);
        ck_assert(where == 1 || (isfinite(recon[0]) && isnan(recon[1])));
    }
}

START_TEST(not_a_number_goes_through)
{
    each(check_nan);
}
END_TEST

// Draws are of the support and have the mean, the second moment and the mean log-density of p(x|y), each within five
// standard errors of what the draws themselves say; and they are a function of the stream.
static void check_draws(const struct subject *subject)
{
    static float at[DRAWS], drawn[DRAWS], again[DRAWS];
    static double score[DRAWS];
    for (size_t k = 0; k < sizeof subject->reference->outputs / sizeof(double); ++k) {
        struct moments moments = integrate(subject, subject->reference->outputs[k]);
        struct elbow_stream stream = {.seed = 20141, .purpose = ELBOW_PURPOSE_SAMPLE_DRAW, .id = k};
        struct elbow_likelihood_call call = call_of(subject, 1, DRAWS);
        for (size_t i = 0; i < DRAWS; ++i)
            at[i] = (float)subject->reference->outputs[k];
        call.y = at;
        subject->row->draw(stream, &call, drawn);
        subject->row->draw(stream, &call, again);
        ck_assert(memcmp(drawn, again, sizeof drawn) == 0);
        stream.id += 100;
        subject->row->draw(stream, &call, again);
        double sums[3][2] = {{0}}, expected[3] = {moments.mean, moments.square, -moments.entropy};
        struct elbow_likelihood_call scored = {.options = subject->options,
                                               .rows = DRAWS,
                                               .values = 1,
                                               .x = drawn,
                                               .y = at,
                                               .shared = call.shared,
                                               .recon = score};
        subject->row->score(&scored);
        for (size_t i = 0; i < DRAWS; ++i) {
            ck_assert_msg(reference_is_of_support(subject->kind, drawn[i]), "%s: drew %g", name_of(subject), drawn[i]);
            double figures[3] = {drawn[i], (double)drawn[i] * drawn[i], score[i]};
            for (int f = 0; f < 3; ++f) {
                sums[f][0] += figures[f] / DRAWS;
                sums[f][1] += (figures[f] - expected[f]) * (figures[f] - expected[f]) / DRAWS;
            }
        }
        for (int f = 0; f < 3; ++f)
            ck_assert_msg(fabs(sums[f][0] - expected[f]) <=
                              5 * sqrt(sums[f][1] / DRAWS) + 1e-6 * (1 + fabs(expected[f])),
                          "%s at %g, moment %d: %.9g, not %.9g", name_of(subject), subject->reference->outputs[k], f,
                          sums[f][0], expected[f]);
        bool varies = moments.square - moments.mean * moments.mean > 1e-3;
        ck_assert(!varies || memcmp(drawn, again, sizeof drawn) != 0);
    }
}

START_TEST(draws_follow_the_density)
{
    each(check_draws);
}
END_TEST

// No y scores higher than saturated, and some y as high.
static void check_saturated(const struct subject *subject)
{
    enum { STEPS = 4000 };
    uint64_t state = 7;
    for (int trial = 0; trial < 12; ++trial) {
        double best = -INFINITY, most;
        x[0] = (float)subject->reference->value(reference_random(&state));
        struct elbow_likelihood_call call = call_of(subject, 1, 1);
        subject->row->saturated(&call);
        most = recon[0];
        for (int step = 0; step < STEPS; ++step) {
            y[0] = (float)(-20 + 40.0 * step / STEPS);
            subject->row->score(&call);
            best = fmax(best, recon[0]);
        }
        ck_assert_msg(best <= most + 1e-6 * (1 + fabs(most)) && best >= most - 1e-2, "%s: x %g scores %g, saturated %g",
                      name_of(subject), x[0], best, most);
    }
}

START_TEST(saturated_is_the_largest)
{
    each(check_saturated);
}
END_TEST

static void check_bias(const struct subject *subject)
{
    for (size_t k = 0; k < sizeof subject->reference->means / sizeof(double); ++k) {
        double wanted = subject->reference->means[k];
        float bias = subject->row->output_bias(wanted), mean;
        struct elbow_likelihood_call call = call_of(subject, 1, 1);
        call.y = &bias;
        subject->row->mean(&call, &mean);
        ck_assert_double_eq_tol(mean, wanted, 1e-6 * (1 + fabs(wanted)));
        ck_assert_double_eq_tol(bias, subject->reference->bias(wanted), 1e-6 * (1 + fabs((double)bias)));
    }
    ck_assert(isfinite(subject->row->output_bias(0)));
}

START_TEST(bias_gives_the_mean_of_the_data)
{
    each(check_bias);
}
END_TEST

UNIT_MAIN("conformance/likelihood", row_is_complete, log_p_and_slope_match_the_reference, gradients_are_differences,
          density_adds_up_to_one, bits_do_not_depend_on_the_call, not_a_number_goes_through, draws_follow_the_density,
          saturated_is_the_largest, bias_gives_the_mean_of_the_data)
