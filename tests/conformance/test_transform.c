// SPDX-License-Identifier: BSD-3-Clause
// Tests every row of the table of transforms. A new row adds a reference to REFERENCES.
#include "elbow/data/transform.h"

#include "reference_vae.h"
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { VALUES = 1000 };

// A transform with its numbers, its reference in double, and the derivative of that.
struct reference {
    enum elbow_transform_kind kind;
    double center, spread; // of the first column; the others differ
    double (*forward)(double center, double spread, double scaled);
    double (*slope)(double center, double spread, double scaled);
};

static double kept(double center, double spread, double scaled)
{
    (void)center;
    (void)spread;
    return scaled;
}

static double one(double center, double spread, double scaled)
{
    (void)center;
    (void)spread;
    (void)scaled;
    return 1;
}

static double divided(double center, double spread, double scaled)
{
    return (scaled - center) / spread;
}

static double divided_slope(double center, double spread, double scaled)
{
    (void)center;
    (void)scaled;
    return 1 / spread;
}

static double logarithm(double center, double spread, double scaled)
{
    (void)center;
    (void)spread;
    return log1p(scaled);
}

static double logarithm_slope(double center, double spread, double scaled)
{
    (void)center;
    (void)spread;
    return 1 / (1 + scaled);
}

static double area(double center, double spread, double scaled)
{
    (void)center;
    (void)spread;
    return asinh(scaled);
}

static double area_slope(double center, double spread, double scaled)
{
    (void)center;
    (void)spread;
    return 1 / sqrt(1 + scaled * scaled);
}

static const struct reference REFERENCES[] = {
    {ELBOW_TRANSFORM_NONE, 0, 1, kept, one},
    {ELBOW_TRANSFORM_STANDARDIZE, 0.3, 2.5, divided, divided_slope},
    {ELBOW_TRANSFORM_STANDARDIZE, 1e12, 1e-18, divided, divided_slope},
    {ELBOW_TRANSFORM_STANDARDIZE_EACH, -7, 0.01, divided, divided_slope},
    {ELBOW_TRANSFORM_MINMAX, -3, 1e5, divided, divided_slope},
    {ELBOW_TRANSFORM_LOG1P, 0, 1, logarithm, logarithm_slope},
    {ELBOW_TRANSFORM_ASINH, 0, 1, area, area_slope},
};

// Each column has numbers of its own, where the transform has those.
static double center_of(const struct reference *reference, size_t column)
{
    bool is_each = elbow_transform_row(reference->kind)->columns == ELBOW_COLUMNS_EACH;
    return is_each ? reference->center + 0.01 * (double)column : reference->center;
}

static double spread_of(const struct reference *reference, size_t column)
{
    bool is_each = elbow_transform_row(reference->kind)->columns == ELBOW_COLUMNS_EACH;
    return is_each ? reference->spread * (1 + 0.001 * (double)column) : reference->spread;
}

static struct elbow_fit fit_of(const struct reference *reference)
{
    struct elbow_error error = {0};
    struct elbow_fit fit;
    ck_assert_int_eq(elbow_fit_create(reference->kind, VALUES, &fit, &error), ELBOW_OK);
    for (size_t j = 0; j < fit.columns; ++j) {
        fit.numbers[j] = center_of(reference, j);
        fit.numbers[fit.columns + j] = spread_of(reference, j);
    }
    ck_assert(elbow_fit_is_sound(&fit));
    return fit;
}

static void each(void (*check)(const struct reference *reference))
{
    int seen = 0;
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; ++i) {
        check(&REFERENCES[i]);
        seen |= 1 << REFERENCES[i].kind;
    }
    ck_assert_msg(seen == (1 << ELBOW_TRANSFORMS) - 1, "a transform has no reference");
}

// Scaled values of all sizes that the transform takes.
static void draw_scaled(const struct reference *reference, double *scaled)
{
    uint64_t state = 7;
    for (size_t i = 0; i < VALUES; ++i) {
        double size = pow(10, 6 * reference_random(&state)), value = size * reference_normal(&state);
        scaled[i] = value > elbow_transform_row(reference->kind)->above ? value : fabs(value);
    }
}

// Numbers that are the same in every stored type.
static void fill(uint8_t *bytes, double *doubles)
{
    uint64_t state = 20141;
    for (size_t i = 0; i < VALUES; ++i) {
        bytes[i] = (uint8_t)(127.9 * (1 + reference_random(&state)));
        doubles[i] = bytes[i];
    }
}

static void check_forward(const struct reference *reference)
{
    static uint8_t bytes[VALUES];
    static double doubles[VALUES];
    static float values[VALUES], others[VALUES];
    const struct elbow_scale scales[] = {{.factor = 1}, {.factor = 1.0 / 255}, {.factor = 0.37, .offset = 12.5}};
    struct elbow_fit fit = fit_of(reference);
    fill(bytes, doubles);
    for (size_t k = 0; k < sizeof scales / sizeof *scales; ++k) {
        elbow_fit_forward(&fit, &scales[k], ELBOW_ELEMENT_UINT8, bytes, 0, VALUES, values);
        for (size_t i = 0; i < VALUES; ++i) {
            double scaled = doubles[i] * scales[k].factor + scales[k].offset;
            ck_assert(values[i] == (float)reference->forward(center_of(reference, i), spread_of(reference, i), scaled));
        }
        elbow_fit_forward(&fit, &scales[k], ELBOW_ELEMENT_FLOAT64, doubles, 0, VALUES, others);
        ck_assert(memcmp(values, others, sizeof values) == 0);
    }
    elbow_fit_clear(&fit);
}

START_TEST(forward_is_the_reference_rounded_once)
{
    each(check_forward);
}
END_TEST

// In double: the loss is the rounding of forward and inverse, through the derivative.
static void check_inverse(const struct reference *reference)
{
    static double scaled[VALUES], back[VALUES];
    const struct elbow_transform *row = elbow_transform_row(reference->kind);
    struct elbow_fit fit = fit_of(reference);
    draw_scaled(reference, scaled);
    memcpy(back, scaled, sizeof back);
    row->forward(&fit, 0, VALUES, back);
    for (size_t i = 0; i < VALUES; ++i) {
        double center = center_of(reference, i), spread = spread_of(reference, i);
        double rounding = 8 * DBL_EPSILON * fabs(back[i]) / fabs(reference->slope(center, spread, scaled[i]));
        double tolerance = rounding + 8 * DBL_EPSILON * (fabs(scaled[i]) + fabs(center));
        row->inverse(&fit, i, 1, &back[i]);
        ck_assert_msg(fabs(back[i] - scaled[i]) <= tolerance, "transform %d: %.17g came back as %.17g",
                      (int)reference->kind, scaled[i], back[i]);
    }
    elbow_fit_clear(&fit);
}

// As floats, as models have them.
static void check_inverse_of_floats(const struct reference *reference)
{
    static double scaled[VALUES];
    static float values[VALUES];
    static double back[VALUES];
    const struct elbow_scale scale = {.factor = 1};
    struct elbow_fit fit = fit_of(reference);
    draw_scaled(reference, scaled);
    elbow_fit_forward(&fit, &scale, ELBOW_ELEMENT_FLOAT64, scaled, 0, VALUES, values);
    elbow_fit_inverse(&fit, 0, VALUES, values, back);
    for (size_t i = 0; i < VALUES; ++i) {
        double slope = reference->slope(center_of(reference, i), spread_of(reference, i), scaled[i]);
        double tolerance = FLT_EPSILON * (fabs((double)values[i] / slope) + fabs(scaled[i]));
        ck_assert_msg(fabs(back[i] - scaled[i]) <= tolerance, "transform %d: %.17g came back as %.17g",
                      (int)reference->kind, scaled[i], back[i]);
    }
    elbow_fit_clear(&fit);
}

START_TEST(inverse_of_forward_is_what_was_scaled)
{
    each(check_inverse);
    each(check_inverse_of_floats);
}
END_TEST

// Against differences of the reference, and with the factor's part.
static void check_log_slope(const struct reference *reference)
{
    static double scaled[VALUES];
    static float values[VALUES];
    const struct elbow_scale scale = {.factor = 1}, halved = {.factor = -0.5};
    struct elbow_fit fit = fit_of(reference);
    double wanted = 0, size = 0;
    draw_scaled(reference, scaled);
    for (size_t i = 0; i < VALUES; ++i) {
        double center = center_of(reference, i), spread = spread_of(reference, i), slope;
        double step = 1e-5 * fabs(scaled[i]) + 1e-8 * fabs(center);
        slope = (reference->forward(center, spread, scaled[i] + step) -
                 reference->forward(center, spread, scaled[i] - step)) /
                (2 * step);
        ck_assert_double_eq_tol(slope / reference->slope(center, spread, scaled[i]), 1, 1e-4);
        wanted += log(reference->slope(center, spread, scaled[i]));
        size += fabs(log(reference->slope(center, spread, scaled[i])));
    }
    elbow_fit_forward(&fit, &scale, ELBOW_ELEMENT_FLOAT64, scaled, 0, VALUES, values);
    double sum = elbow_fit_log_derivative(&fit, &scale, VALUES, values, NULL);
    ck_assert_msg(fabs(sum - wanted) <= 1e-6 * size, "transform %d: %.17g, wanted %.17g", (int)reference->kind, sum,
                  wanted);
    sum = elbow_fit_log_derivative(&fit, &halved, VALUES, values, NULL);
    ck_assert(fabs(sum - (wanted - VALUES * log(2))) <= 1e-6 * (size + VALUES));
    elbow_fit_clear(&fit);
}

START_TEST(log_slope_is_that_of_the_reference)
{
    each(check_log_slope);
}
END_TEST

// Rising: the extremes of one column stay its extremes.
static void check_order(const struct reference *reference)
{
    const struct elbow_transform *row = elbow_transform_row(reference->kind);
    struct elbow_fit fit = fit_of(reference);
    double last = -INFINITY;
    for (size_t i = 0; i < VALUES; ++i) {
        double value = ((double)i - VALUES / 2.0) / 3;
        if (!(value > row->above))
            continue;
        row->forward(&fit, 3, 1, &value);
        ck_assert(value >= last);
        last = value;
    }
    elbow_fit_clear(&fit);
}

START_TEST(order_is_kept)
{
    each(check_order);
}
END_TEST

// A value's bits do not depend on its neighbours, and a NaN affects no other value.
static void check_split(const struct reference *reference)
{
    static double scaled[VALUES], whole_back[VALUES], back[VALUES];
    static float whole[VALUES], parts[VALUES];
    const struct elbow_scale scale = {.factor = 1};
    struct elbow_fit fit = fit_of(reference);
    draw_scaled(reference, scaled);
    scaled[500] = (double)NAN;
    elbow_fit_forward(&fit, &scale, ELBOW_ELEMENT_FLOAT64, scaled, 0, VALUES, whole);
    elbow_fit_inverse(&fit, 0, VALUES, whole, whole_back);
    for (size_t i = 0; i < VALUES; ++i)
        ck_assert(!isnan(whole[i]) == (i != 500) && !isnan(whole_back[i]) == (i != 500));
    for (size_t cut = 0; cut <= VALUES; cut += 37) {
        elbow_fit_forward(&fit, &scale, ELBOW_ELEMENT_FLOAT64, scaled, 0, cut, parts);
        elbow_fit_forward(&fit, &scale, ELBOW_ELEMENT_FLOAT64, scaled + cut, cut, VALUES - cut, parts + cut);
        ck_assert(memcmp(whole, parts, sizeof whole) == 0);
        elbow_fit_inverse(&fit, 0, cut, whole, back);
        elbow_fit_inverse(&fit, cut, VALUES - cut, whole + cut, back + cut);
        ck_assert(memcmp(whole_back, back, sizeof back) == 0);
    }
    elbow_fit_clear(&fit);
}

START_TEST(bits_do_not_depend_on_the_call)
{
    each(check_split);
}
END_TEST

START_TEST(formula_has_the_numbers)
{
    struct elbow_scale scale = {.factor = 1.0 / 255, .offset = -2.5};
    struct elbow_fit fit = {ELBOW_TRANSFORM_STANDARDIZE, 1, (double[]){0.125, 1.0 / 3}};
    char words[ELBOW_TRANSFORM_WORDS_SIZE], scaling[ELBOW_SCALE_WORDS_SIZE];
    elbow_scale_describe(&scale, 6, scaling);
    ck_assert_str_eq(scaling, "value = stored * 0.00392157 + -2.5");
    elbow_scale_describe(&scale, 9, scaling);
    ck_assert_str_eq(scaling, "value = stored * 0.00392156863 + -2.5");
    elbow_transform_row(ELBOW_TRANSFORM_STANDARDIZE)->describe(&fit, 6, words);
    ck_assert_str_eq(words, "(value - 0.125) / 0.333333");
    for (int kind = 0; kind < ELBOW_TRANSFORMS; ++kind) {
        elbow_transform_row((enum elbow_transform_kind)kind)->describe(&fit, 6, words);
        ck_assert_ptr_nonnull(strstr(words, "value"));
    }
}
END_TEST

UNIT_MAIN("conformance/transform", forward_is_the_reference_rounded_once, inverse_of_forward_is_what_was_scaled,
          log_slope_is_that_of_the_reference, order_is_kept, bits_do_not_depend_on_the_call, formula_has_the_numbers)
