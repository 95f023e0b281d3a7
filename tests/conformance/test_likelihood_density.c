// SPDX-License-Identifier: BSD-3-Clause
// Tests the density of every likelihood of the table: mass, mean, draws, its largest value, the bias.
#include "likelihood_subject.h"
#include "reference_vae.h"
#include "unit.h"

#include <float.h>

enum { DRAWS = SUBJECT_SHARED_MAX };

// The sum of p(x|y) over the support of x, and its mean and entropy.
struct moments {
    double mass, mean, square, entropy;
};

static struct moments integrate(const struct subject *subject, const float *outputs)
{
    struct moments moments = {0};
    struct reference_grid grid = reference_grid(subject->kind, subject->options, outputs[0]);
    long points = grid.points;
    for (long first_point = 0; first_point < points; first_point += ROWS) {
        long rows = points - first_point < ROWS ? points - first_point : ROWS;
        for (long i = 0; i < rows; ++i) {
            x[i] = (float)(grid.first + grid.step * (double)(first_point + i));
            memcpy(y + (size_t)i * subject->outputs, outputs, subject->outputs * sizeof *y);
        }
        struct elbow_likelihood_call call = subject_call(subject, (size_t)rows, 1, false);
        subject_give_size(subject, exp((double)outputs[0]), &call);
        subject->row->score(&call);
        for (long i = 0; i < rows; ++i) {
            double p = grid.width * exp(recon[i]);
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
        double at = subject->reference->outputs[k], expected;
        float outputs[OUTPUTS_MAX], mean;
        subject_fill_outputs(subject, at, outputs);
        struct moments moments = integrate(subject, outputs);
        struct elbow_likelihood_call call = subject_call(subject, 1, 1, false);
        call.y = outputs;
        subject_give_size(subject, exp(at), &call);
        subject->row->mean(&call, &mean);
        struct reference_row row = subject_exact(subject, &call, 0);
        reference_means(&row, &expected);
        // Rounding of x to float, and of an exponential: both times a mean of up to the rate.
        double tolerance = 4e-7 * (1 + fabs((double)mean));
        ck_assert_msg(fabs(moments.mass - 1) <= tolerance, "%s at %g: sums to %.9g", subject_name(subject), at,
                      moments.mass);
        ck_assert_msg(subject->reference->is_nominal ||
                          fabs(moments.mean - mean) <= tolerance * (1 + fabs((double)mean)),
                      "%s at %g: mean %.9g, not %.9g", subject_name(subject), at, (double)mean, moments.mean);
        ck_assert_msg(fabs(mean - expected) <= 4 * FLT_EPSILON * fabs((double)mean), "%s at %g: mean %.9g, not %.9g",
                      subject_name(subject), at, (double)mean, expected);
    }
}

START_TEST(density_adds_up_to_one)
{
    subject_each(check_density);
}
END_TEST

// Draws are in the support and have the mean, the second moment and the mean log-density of p(x|y), each within five
// standard errors by the draws themselves; and they are a function of the stream.
static void check_draws(const struct subject *subject)
{
    static float at[DRAWS * OUTPUTS_MAX], drawn[DRAWS], again[DRAWS];
    static double score[DRAWS];
    for (size_t k = 0; k < sizeof subject->reference->outputs / sizeof(double); k += 2) {
        for (size_t i = 0; i < DRAWS; ++i)
            subject_fill_outputs(subject, subject->reference->outputs[k], at + i * subject->outputs);
        struct moments moments = integrate(subject, at);
        struct elbow_stream stream = {.seed = 20141, .purpose = ELBOW_PURPOSE_SAMPLE_DRAW, .id = k};
        struct elbow_likelihood_call call = subject_call(subject, 1, DRAWS, false);
        call.y = at;
        subject_give_size(subject, DRAWS * exp((double)at[0]), &call); // shared by as many
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
        subject_give_size(subject, exp((double)at[0]), &scored);
        subject->row->score(&scored);
        for (size_t i = 0; i < DRAWS; ++i) {
            ck_assert_msg(reference_is_of_support(subject->kind, subject->options, drawn[i]), "%s: drew %g",
                          subject_name(subject), drawn[i]);
            double figures[3] = {drawn[i], (double)drawn[i] * drawn[i], score[i]};
            for (int f = 0; f < 3; ++f) {
                sums[f][0] += figures[f] / DRAWS;
                sums[f][1] += (figures[f] - expected[f]) * (figures[f] - expected[f]) / DRAWS;
            }
        }
        for (int f = 0; f < 3; ++f)
            ck_assert_msg(fabs(sums[f][0] - expected[f]) <=
                              5 * sqrt(sums[f][1] / DRAWS) + 1e-6 * (1 + fabs(expected[f])),
                          "%s at %g, moment %d: %.9g, not %.9g", subject_name(subject), subject->reference->outputs[k],
                          f, sums[f][0], expected[f]);
        bool varies = moments.square - moments.mean * moments.mean > 1e-3;
        ck_assert(!varies || memcmp(drawn, again, sizeof drawn) != 0);
    }
}

START_TEST(draws_follow_the_density)
{
    subject_each(check_draws);
}
END_TEST

// The largest log p around a place of the first output, by dividing its bracket into thirds.
static double climb(const struct subject *subject, const struct elbow_likelihood_call *call, double place, double step)
{
    double low = place - step, high = place + step, best = -INFINITY;
    for (int i = 0; i < 60; ++i) {
        double scores[2], thirds[2] = {low + (high - low) / 3, high - (high - low) / 3};
        for (int k = 0; k < 2; ++k) {
            y[0] = (float)thirds[k];
            subject->row->score(call);
            scores[k] = recon[0];
            best = fmax(best, recon[0]);
        }
        low = scores[0] < scores[1] ? thirds[0] : low;
        high = scores[0] < scores[1] ? high : thirds[1];
    }
    return best;
}

// No y scores higher than saturated, and some y as high.
static void check_saturated(const struct subject *subject)
{
    enum { STEPS = 4000 };
    uint64_t state = 7;
    for (int trial = 0; trial < 12; ++trial) {
        double best = -INFINITY, place = 0, most;
        x[0] = (float)subject->reference->value(reference_random(&state));
        subject_fill_outputs(subject, 0, y);
        struct elbow_likelihood_call call = subject_call(subject, 1, 1, false);
        subject->row->saturated(&call);
        most = recon[0];
        for (int step = 0; step < STEPS; ++step) {
            y[0] = (float)(-20 + 40.0 * step / STEPS);
            subject->row->score(&call);
            place = recon[0] > best ? y[0] : place;
            best = fmax(best, recon[0]);
        }
        best = fmax(best, climb(subject, &call, place, 40.0 / STEPS));
        ck_assert_msg(best <= most + 1e-6 * (1 + fabs(most)) && (subject->reference->is_nominal || best >= most - 1e-3),
                      "%s: x %g scores %g, saturated %g", subject_name(subject), x[0], best, most);
    }
}

START_TEST(saturated_is_the_largest)
{
    subject_each(check_saturated);
}
END_TEST

static void check_bias(const struct subject *subject)
{
    float bias[OUTPUTS_MAX];
    for (size_t k = 0; k < sizeof subject->reference->means / sizeof(double); ++k) {
        double wanted = subject->reference->means[k];
        subject->row->output_bias(subject->options, wanted, bias);
        struct subject start = *subject;
        start.is_at_start = true;
        struct moments moments = integrate(&start, bias);
        double mean = moments.mean / moments.mass; // remote parts are on both sides
        double size = 1 + fabs(wanted);            // as of the mean of a density
        ck_assert_msg(fabs(mean - wanted) <= 1e-6 * size * size, "%s: mean %.9g, not %g", subject_name(subject), mean,
                      wanted);
    }
    subject->row->output_bias(subject->options, 0, bias);
    for (size_t o = 0; o < subject->outputs; ++o)
        ck_assert(isfinite(bias[o]));
}

START_TEST(bias_gives_the_mean_of_the_data)
{
    subject_each(check_bias);
}
END_TEST

UNIT_MAIN("conformance/likelihood: density", density_adds_up_to_one, draws_follow_the_density, saturated_is_the_largest,
          bias_gives_the_mean_of_the_data)
