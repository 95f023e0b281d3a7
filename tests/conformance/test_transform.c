// SPDX-License-Identifier: BSD-3-Clause
// What holds for every row of the table of transforms. A new row adds a reference to REFERENCES.
#include "elbow/data/transform.h"

#include "reference_vae.h"
#include "unit.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

enum { VALUES = 1000 };

// Numbers of a transform, what it is in double, and the slope of its inverse at a value.
struct reference {
    struct elbow_scale scale;
    double (*forward)(const struct elbow_scale *scale, double stored);
    double (*inverse_slope)(const struct elbow_scale *scale, double value);
};

static double scaled(const struct elbow_scale *scale, double stored)
{
    return stored * scale->factor + scale->offset;
}

static double scaled_inverse_slope(const struct elbow_scale *scale, double value)
{
    (void)value;
    return 1 / scale->factor;
}

static const struct reference REFERENCES[] = {
    {{ELBOW_TRANSFORM_SCALE, 1, 0, ""}, scaled, scaled_inverse_slope},
    {{ELBOW_TRANSFORM_SCALE, 1.0 / 255, 0, ""}, scaled, scaled_inverse_slope},
    {{ELBOW_TRANSFORM_SCALE, -0.37, 12.5, ""}, scaled, scaled_inverse_slope},
    {{ELBOW_TRANSFORM_SCALE, 1e5, -1e-3, ""}, scaled, scaled_inverse_slope},
};

static void each(void (*check)(const struct reference *reference))
{
    int seen = 0;
    for (size_t i = 0; i < sizeof REFERENCES / sizeof *REFERENCES; ++i) {
        check(&REFERENCES[i]);
        seen |= 1 << REFERENCES[i].scale.kind;
    }
    ck_assert_msg(seen == (1 << ELBOW_TRANSFORMS) - 1, "a transform has no reference");
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
    const struct elbow_transform *row = elbow_transform_row(reference->scale.kind);
    fill(bytes, doubles);
    row->forward(&reference->scale, ELBOW_ELEMENT_UINT8, bytes, VALUES, values);
    for (size_t i = 0; i < VALUES; ++i)
        ck_assert(values[i] == (float)reference->forward(&reference->scale, doubles[i]));
    row->forward(&reference->scale, ELBOW_ELEMENT_FLOAT64, doubles, VALUES, others);
    ck_assert(memcmp(values, others, sizeof values) == 0);
}

START_TEST(forward_is_the_reference_rounded_once)
{
    each(check_forward);
}
END_TEST

// The value was rounded to float, and the inverse to double: both, through the slope of the inverse.
static void check_inverse(const struct reference *reference)
{
    static double stored[VALUES], back[VALUES];
    static float values[VALUES];
    const struct elbow_transform *row = elbow_transform_row(reference->scale.kind);
    uint64_t state = 7;
    for (size_t i = 0; i < VALUES; ++i)
        stored[i] = 100 * reference_normal(&state);
    row->forward(&reference->scale, ELBOW_ELEMENT_FLOAT64, stored, VALUES, values);
    row->inverse(&reference->scale, VALUES, values, back);
    for (size_t i = 0; i < VALUES; ++i) {
        double rounding = FLT_EPSILON / 2 * fabs((double)values[i]);
        double tolerance = fabs(reference->inverse_slope(&reference->scale, values[i])) * rounding;
        ck_assert_msg(fabs(back[i] - stored[i]) <= 1.01 * tolerance + 1e-13 * (1 + fabs(stored[i])),
                      "factor %g: %.17g came back as %.17g", reference->scale.factor, stored[i], back[i]);
    }
}

START_TEST(inverse_of_forward_is_what_was_stored)
{
    each(check_inverse);
}
END_TEST

// Monotone: the extremes of the data stay its extremes, which the dataset relies on when it looks for too large values.
static void check_order(const struct reference *reference)
{
    static double stored[VALUES];
    static float values[VALUES];
    const struct elbow_transform *row = elbow_transform_row(reference->scale.kind);
    for (size_t i = 0; i < VALUES; ++i)
        stored[i] = ((double)i - VALUES / 2.0) / 3;
    row->forward(&reference->scale, ELBOW_ELEMENT_FLOAT64, stored, VALUES, values);
    bool rises = values[VALUES - 1] > values[0];
    for (size_t i = 1; i < VALUES; ++i)
        ck_assert(rises ? values[i] >= values[i - 1] : values[i] <= values[i - 1]);
}

START_TEST(order_is_kept_or_reversed)
{
    each(check_order);
}
END_TEST

// A value's bits do not depend on what stands beside it, and a NaN stays one alone.
static void check_split(const struct reference *reference)
{
    static double stored[VALUES], whole_back[VALUES], back[VALUES];
    static float whole[VALUES], parts[VALUES];
    const struct elbow_transform *row = elbow_transform_row(reference->scale.kind);
    uint64_t state = 3;
    for (size_t i = 0; i < VALUES; ++i)
        stored[i] = i == 500 ? (double)NAN : reference_normal(&state);
    row->forward(&reference->scale, ELBOW_ELEMENT_FLOAT64, stored, VALUES, whole);
    row->inverse(&reference->scale, VALUES, whole, whole_back);
    for (size_t i = 0; i < VALUES; ++i)
        ck_assert(!isnan(whole[i]) == (i != 500) && !isnan(whole_back[i]) == (i != 500));
    for (size_t cut = 0; cut <= VALUES; cut += 37) {
        row->forward(&reference->scale, ELBOW_ELEMENT_FLOAT64, stored, cut, parts);
        row->forward(&reference->scale, ELBOW_ELEMENT_FLOAT64, stored + cut, VALUES - cut, parts + cut);
        row->inverse(&reference->scale, cut, whole, back);
        row->inverse(&reference->scale, VALUES - cut, whole + cut, back + cut);
        ck_assert(memcmp(whole, parts, sizeof whole) == 0 && memcmp(whole_back, back, sizeof back) == 0);
    }
}

START_TEST(bits_do_not_depend_on_the_call)
{
    each(check_split);
}
END_TEST

// What is learned serves the values that are asked for, whatever the training set is stored as.
START_TEST(learned_numbers_fit_the_support)
{
    const double most[] = {0.5, 1, 255};
    for (int kind = 0; kind < ELBOW_TRANSFORMS; ++kind)
        for (int element = 0; element <= ELBOW_ELEMENT_FLOAT64; ++element)
            for (size_t m = 0; m < sizeof most / sizeof *most; ++m)
                for (int support = 0; support <= ELBOW_SUPPORT_COUNT; ++support) {
                    struct elbow_transform_facts facts = {
                        .element = (enum elbow_element)element, .max = most[m], .support = (enum elbow_support)support};
                    struct elbow_scale scale = {.kind = (enum elbow_transform_kind)kind};
                    const struct elbow_transform *row = elbow_transform_row(scale.kind);
                    row->learn(&facts, &scale);
                    const double stored[] = {0, most[m]};
                    float values[2];
                    row->forward(&scale, ELBOW_ELEMENT_FLOAT64, stored, 2, values);
                    ck_assert(*scale.source && isfinite(values[0]) && values[0] < values[1]);
                    if (element == ELBOW_ELEMENT_UINT8 && support != ELBOW_SUPPORT_COUNT)
                        ck_assert(values[0] == 0 && values[1] <= 1);
                    if (support == ELBOW_SUPPORT_COUNT)
                        ck_assert(values[1] == (float)most[m]);
                }
}
END_TEST

START_TEST(formula_has_the_numbers)
{
    struct elbow_scale scale = {.factor = 1.0 / 255, .offset = -2.5};
    char words[ELBOW_TRANSFORM_WORDS_SIZE];
    elbow_transform_row(ELBOW_TRANSFORM_SCALE)->describe(&scale, 6, words);
    ck_assert_str_eq(words, "value = stored * 0.00392157 + -2.5");
    elbow_transform_row(ELBOW_TRANSFORM_SCALE)->describe(&scale, 9, words);
    ck_assert_str_eq(words, "value = stored * 0.00392156863 + -2.5");
}
END_TEST

UNIT_MAIN("conformance/transform", forward_is_the_reference_rounded_once, inverse_of_forward_is_what_was_stored,
          order_is_kept_or_reversed, bits_do_not_depend_on_the_call, learned_numbers_fit_the_support,
          formula_has_the_numbers)
