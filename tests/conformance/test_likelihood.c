// SPDX-License-Identifier: BSD-3-Clause
// Tests the score of every likelihood of the table against its reference (reference_likelihood.h).
#include "elbow/math/threads.h"

#include "likelihood_subject.h"
#include "unit.h"

#include <float.h>

static const size_t WIDTHS[] = {1, 7, 8, 9, 255, 256, 257, WIDEST};
enum { WIDTH_COUNT = sizeof WIDTHS / sizeof *WIDTHS };

static void check_row(const struct subject *subject)
{
    float first = 0, again = 0;
    size_t few = subject_shared_count(subject, 7, &first), more = subject_shared_count(subject, 8, &again);
    ck_assert(first == again && (few == more || (few == 7 && more == 8))); // all have them, or each its own
    ck_assert(subject->outputs == 1 || subject->reference->others[0] != subject->reference->others[1]);
}

START_TEST(row_is_complete)
{
    subject_each(check_row);
}
END_TEST

// A few roundings to float, of the parts that a derivative is a difference of; and the error of five points.
static void check_derivatives(const struct subject *subject, const struct reference_row *row, const float *found)
{
    static double derivatives[WIDEST * OUTPUTS_MAX];
    reference_gradient(row, derivatives, NULL);
    for (size_t k = 0; k < row->values * row->outputs; ++k) {
        double size = fabs(derivatives[k]) + fabs(row->x[k / row->outputs]);
        if (subject->reference->has_kink && fabs(row->y[k - k % row->outputs] - row->x[k / row->outputs]) < 0x1p-7)
            continue; // differences go across it
        ck_assert_msg(fabs(found[k] - derivatives[k]) <= 8 * FLT_EPSILON * size + 2e-9,
                      "%s: x %g, output %zu, %g: derivative %.9g, not %.9g", subject_name(subject),
                      row->x[k / row->outputs], k % row->outputs, row->y[k], -found[k], -derivatives[k]);
    }
}

static void check_log_p(const struct subject *subject)
{
    for (size_t w = 0; w < WIDTH_COUNT; ++w) {
        size_t values = WIDTHS[w];
        subject_fill(subject, 3 * values);
        struct elbow_likelihood_call call = subject_call(subject, 3, values, true);
        call.dy = dy;
        subject->row->score(&call);
        for (size_t i = 0; i < 3; ++i) {
            struct reference_row row = subject_exact(subject, &call, i);
            double sum = (double)reference_log_p(&row), size = fabs(sum);
            for (size_t d = 0; d < values; ++d)
                size += fabs(row.x[d] * row.y[d * row.outputs]) + 1;
            if (!row.is_coupled || values < 10)
                check_derivatives(subject, &row, dy + i * values * row.outputs);
            // At most an exponential is rounded to float, to 1 ULP; all else is double.
            ck_assert_msg(fabs(recon[i] - sum) <= 2 * FLT_EPSILON * size + 1e-12 * (double)values,
                          "%s, D %zu: %.12g, not %.12g", subject_name(subject), values, recon[i], sum);
        }
    }
}

START_TEST(log_p_and_derivative_match_the_reference)
{
    subject_each(check_log_p);
}
END_TEST

// Of the numbers that are trained beside the networks: the sum over rows.
static void check_shared(const struct subject *subject)
{
    static double derivatives[WIDEST];
    double unused[31 * OUTPUTS_MAX];
    subject_fill(subject, 4 * 31);
    struct elbow_likelihood_call call = subject_call(subject, 4, 31, true);
    if (!call.shared)
        return;
    call.dshared = dshared;
    subject->row->score(&call);
    memset(derivatives, 0, sizeof derivatives);
    struct reference_row row = {0};
    for (size_t i = 0; i < 4; ++i) {
        row = subject_exact(subject, &call, i);
        reference_gradient(&row, unused, derivatives);
    }
    bool settles = subject->row->settle && subject->row->settle(subject->options, NULL, NULL);
    for (size_t k = 0; settles && k < row.shared_count; ++k) // in closed form
        derivatives[k] = 0;
    for (size_t k = 0; k < row.shared_count; ++k)
        ck_assert_msg(fabs(dshared[k] - derivatives[k]) <= 2e-6 * (1 + fabs(derivatives[k])),
                      "%s: number %zu: %.9g, not %.9g", subject_name(subject), k, dshared[k], derivatives[k]);
}

START_TEST(gradients_of_trained_numbers)
{
    subject_each(check_shared);
}
END_TEST

// Rows are independent, for any request beside recon, any place of the gradient, and any number of threads.
static void check_split(const struct subject *subject)
{
    enum { NOTES_MAX = 8 };
    static float in_place[ROWS * WIDEST * OUTPUTS_MAX], alone_dy[WIDEST * OUTPUTS_MAX], again[WIDEST];
    static double alone[ROWS], notes[ROWS * NOTES_MAX], other_notes[ROWS * NOTES_MAX];
    size_t figures = 0;
    while (subject->row->figures && subject->row->figures[figures] != ELBOW_FIGURES)
        ++figures;
    ck_assert(figures <= NOTES_MAX);
    for (size_t w = 0; w < WIDTH_COUNT; ++w) {
        size_t values = WIDTHS[w], of_row = values * subject->outputs;
        float start;
        subject_fill(subject, ROWS * values);
        memcpy(in_place, y, sizeof y);
        struct elbow_likelihood_call call = subject_call(subject, ROWS, values, true);
        size_t shared_bytes = subject_shared_count(subject, values, &start) * sizeof(float);
        call.dshared = call.shared ? dshared : NULL;
        call.dy = dy;
        call.notes = figures > 0 ? notes : NULL;
        subject->row->score(&call);
        struct elbow_likelihood_call other = call;
        other.notes = figures > 0 ? other_notes : NULL;
        other.recon = alone;
        other.y = other.dy = in_place;
        other.dshared = call.shared ? again : NULL;
        elbow_threads_set(3);
        subject->row->score(&other);
        elbow_threads_set(1);
        ck_assert(memcmp(alone, recon, sizeof recon) == 0 && memcmp(again, dshared, shared_bytes) == 0);
        ck_assert(memcmp(in_place, dy, ROWS * of_row * sizeof *dy) == 0);
        ck_assert(memcmp(notes, other_notes, ROWS * figures * sizeof *notes) == 0);
        other.rows = 1;
        other.dshared = NULL;
        for (size_t i = 0; i < ROWS; ++i) {
            other.x = x + i * values;
            other.y = y + i * of_row;
            other.dy = alone_dy;
            other.recon = &alone[i];
            other.notes = figures > 0 ? other_notes : NULL;
            subject->row->score(&other);
            ck_assert(memcmp(alone_dy, dy + i * of_row, of_row * sizeof *dy) == 0);
            ck_assert(memcmp(other_notes, notes + i * figures, figures * sizeof *notes) == 0);
            other.dy = NULL;
            other.notes = NULL;
            ck_assert(alone[i] == recon[i]);
            subject->row->score(&other);
            ck_assert(alone[i] == recon[i]);
        }
    }
}

START_TEST(bits_do_not_depend_on_the_call)
{
    subject_each(check_split);
}
END_TEST

// In x, and in each output; some derivatives of a value may not depend on a NaN.
static void check_nan(const struct subject *subject)
{
    float mean[27];
    size_t outputs = subject->outputs;
    bool is_coupled = reference_row_of(subject->kind, subject->options, 9).is_coupled;
    for (size_t where = 0; where <= outputs; ++where) {
        subject_fill(subject, 27);
        if (where == outputs)
            x[9 + 4] = NAN;
        else
            y[(9 + 4) * outputs + where] = NAN;
        struct elbow_likelihood_call call = subject_call(subject, 3, 9, true);
        call.dy = dy;
        subject->row->score(&call);
        ck_assert(isfinite(recon[0]) && isnan(recon[1]) && isfinite(recon[2]));
        bool is_there = false;
        for (size_t k = 0; k < 27 * outputs; ++k) {
            is_there = is_there || isnan(dy[k]);
            ck_assert(isfinite(dy[k]) || (isnan(dy[k]) && (k / outputs == 13 || (is_coupled && k / outputs / 9 == 1))));
        }
        ck_assert_msg(is_there, "%s: a NaN in number %zu is lost", subject_name(subject), where);
        subject->row->mean(&call, mean);
        ck_assert((where > 0 || isnan(mean[13])) && isfinite(mean[is_coupled ? 0 : 12]));
        subject->row->saturated(&call);
        ck_assert(where < outputs || (isfinite(recon[0]) && isnan(recon[1])));
    }
}

START_TEST(not_a_number_goes_through)
{
    subject_each(check_nan);
}
END_TEST

UNIT_MAIN("conformance/likelihood", row_is_complete, log_p_and_derivative_match_the_reference,
          gradients_of_trained_numbers, bits_do_not_depend_on_the_call, not_a_number_goes_through)
