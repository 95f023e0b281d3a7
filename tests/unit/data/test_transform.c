// SPDX-License-Identifier: BSD-3-Clause
// Numbers that transforms learn, and the scaling before them. tests/conformance tests each transform alone.
#include "elbow/data/facts.h"
#include "elbow/data/transform.h"
#include "elbow/math/random.h"

#include "unit.h"

#include <float.h>
#include <math.h>
#include <string.h>

// The table in use: each transform learns from a random table and restores it, including constant columns.
static void check_learned(enum elbow_transform_kind kind)
{
    enum { ROWS = 40, COLUMNS = 7 };
    const double sizes[COLUMNS] = {1e-18, 1e12, 1, 0, 3, 1e-3, 100};
    static double table[ROWS][COLUMNS];
    double mean[COLUMNS] = {0}, deviation[COLUMNS] = {0};
    struct elbow_moments moments = {
        .values = COLUMNS, .mean = mean, .deviation = deviation, .low = INFINITY, .high = -INFINITY};
    struct elbow_error error = {0};
    struct elbow_fit fit, copy;
    size_t constant[2] = {99, 99};
    for (size_t i = 0; i < ROWS; ++i) {
        float normal[COLUMNS];
        elbow_random_normal((struct elbow_stream){.seed = 11, .id = i}, COLUMNS, normal);
        for (size_t j = 0; j < COLUMNS; ++j) {
            table[i][j] = 0.25 + sizes[j] * fabs((double)normal[j]);
            mean[j] += table[i][j] / ROWS;
            moments.low = fmin(moments.low, table[i][j]);
            moments.high = fmax(moments.high, table[i][j]);
        }
    }
    for (size_t i = 0; i < ROWS; ++i)
        for (size_t j = 0; j < COLUMNS; ++j)
            deviation[j] += (table[i][j] - mean[j]) * (table[i][j] - mean[j]) / ROWS;
    for (size_t j = 0; j < COLUMNS; ++j)
        deviation[j] = sizes[j] < 1e-17 ? 0 : sqrt(deviation[j]);
    ck_assert_int_eq(elbow_fit_create(kind, COLUMNS, &fit, &error), ELBOW_OK);
    size_t count = elbow_fit_learn(&moments, &fit, constant, 2);
    ck_assert(elbow_fit_is_sound(&fit));
    ck_assert_uint_eq(count, elbow_transform_row(kind)->columns == ELBOW_COLUMNS_EACH ? 2 : 0);
    ck_assert(count == 0 || (constant[0] == 0 && constant[1] == 3 && fit.numbers[COLUMNS + 3] == 1));
    ck_assert_int_eq(elbow_fit_copy(&fit, &copy, &error), ELBOW_OK);
    elbow_fit_clear(&fit);
    for (size_t i = 0; i < ROWS; ++i) {
        const struct elbow_scale scale = {.factor = 1};
        float row[COLUMNS];
        double back[COLUMNS];
        elbow_fit_forward(&copy, &scale, ELBOW_ELEMENT_FLOAT64, table[i], 0, COLUMNS, row);
        elbow_fit_inverse(&copy, 0, COLUMNS, row, back);
        for (size_t j = 0; j < COLUMNS; ++j) {
            double spread = copy.columns == 0 ? 0 : copy.numbers[copy.columns + (copy.columns > 1 ? j : 0)];
            double center = copy.columns == 0 ? 0 : copy.numbers[copy.columns > 1 ? j : 0];
            double tolerance = FLT_EPSILON * (fabs(table[i][j]) * (1 + fabs(log(table[i][j]))) + fabs(center) + spread);
            ck_assert_msg(fabs(back[j] - table[i][j]) <= tolerance, "transform %d, column %zu: %.17g is %.17g",
                          (int)kind, j, table[i][j], back[j]);
        }
    }
    elbow_fit_clear(&copy);
}

START_TEST(a_random_table_comes_back)
{
    for (int kind = 0; kind < ELBOW_TRANSFORMS; ++kind)
        check_learned((enum elbow_transform_kind)kind);
}
END_TEST

// Any outputs of a model: constant columns get their constant, and others the inverse.
static void check_constants(enum elbow_transform_kind kind, bool is_alike)
{
    enum { COLUMNS = 5 };
    const double noise[COLUMNS] = {0.125, -3, 2, NAN, 0.75};
    double mean[COLUMNS] = {4e-20, 4e-20, 4e-20, 4e-20, 4e-20}, deviation[COLUMNS] = {0};
    struct elbow_moments moments = {
        .values = COLUMNS, .mean = mean, .deviation = deviation, .low = 4e-20, .high = 4e-20};
    struct elbow_error error = {0};
    struct elbow_fit fit;
    for (size_t j = 0; !is_alike && j < COLUMNS; j += 2) {
        mean[j] = (double)j;
        deviation[j] = 10;
        moments.high = 4;
    }
    ck_assert_int_eq(elbow_fit_create(kind, COLUMNS, &fit, &error), ELBOW_OK);
    ck_assert(!elbow_fit_has_constants(&fit));
    elbow_fit_learn(&moments, &fit, NULL, 0);
    bool is_each = elbow_transform_row(kind)->columns == ELBOW_COLUMNS_EACH;
    bool has_constants = fit.columns > 0 && (is_alike || is_each);
    ck_assert(elbow_fit_is_sound(&fit) && elbow_fit_has_constants(&fit) == has_constants);
    for (size_t cut = 0; cut <= COLUMNS; ++cut) {
        double plain[COLUMNS], told[COLUMNS];
        memcpy(plain, noise, sizeof plain);
        elbow_transform_row(kind)->inverse(&fit, 0, COLUMNS, plain);
        memcpy(told, plain, sizeof told);
        elbow_fit_set_constants(&fit, 0, cut, told);
        elbow_fit_set_constants(&fit, cut, COLUMNS - cut, told + cut);
        for (size_t j = 0; j < COLUMNS; ++j) {
            bool is_constant = has_constants && (is_alike || j % 2 == 1);
            double wanted = is_constant ? 4e-20 : plain[j];
            ck_assert_msg(j == 3 ? isnan(told[j]) : told[j] == wanted, "transform %d, column %zu: %g", (int)kind, j,
                          told[j]);
        }
    }
    elbow_fit_clear(&fit);
}

START_TEST(constants_come_back_exactly)
{
    for (int kind = 0; kind < ELBOW_TRANSFORMS; ++kind) {
        check_constants((enum elbow_transform_kind)kind, false);
        check_constants((enum elbow_transform_kind)kind, true);
    }
}
END_TEST

START_TEST(numbers_have_to_be_sound)
{
    const double bad[][ELBOW_FIT_NUMBERS] = {{0, 0},        {0, -1},       {0, NAN},     {NAN, 1},
                                             {0, INFINITY}, {INFINITY, 1}, {0, 1, -0.5}, {0, 1, NAN}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        struct elbow_fit fit = {ELBOW_TRANSFORM_STANDARDIZE, 1, (double[]){bad[i][0], bad[i][1], bad[i][2]}};
        ck_assert_msg(!elbow_fit_is_sound(&fit), "%g, %g, %g", bad[i][0], bad[i][1], bad[i][2]);
    }
}
END_TEST

// The values that a picture shows black and white.
START_TEST(pictures_have_the_shades_of_what_they_show)
{
    static double unit[] = {100, 50};
    static const struct {
        struct elbow_fit fit;
        double min, max, factor;
        bool is_transformed, is_noisy, is_binary;
        double black, white;
    } cases[] = {
        {{ELBOW_TRANSFORM_NONE, 0, NULL}, 0, 255, 1, false, false, false, 0, 1},
        {{ELBOW_TRANSFORM_ASINH, 0, NULL}, 0, 255, 1, false, false, false, 0, 255},
        {{ELBOW_TRANSFORM_ASINH, 0, NULL}, 0, 255, 1.0 / 255, false, false, false, 0, 1},
        {{ELBOW_TRANSFORM_ASINH, 0, NULL}, 7, 255, 1, false, true, false, 0, 256},
        {{ELBOW_TRANSFORM_ASINH, 0, NULL}, 0, 255, 1, false, false, true, 0, 1},
        {{ELBOW_TRANSFORM_ASINH, 0, NULL}, -3, 5, -2, false, false, false, -10, 6},
        {{ELBOW_TRANSFORM_ASINH, 0, NULL}, -4, -4, 1, false, false, false, -4, -3},
        {{ELBOW_TRANSFORM_STANDARDIZE, 1, unit}, 0, 200, 1, true, false, false, -2, 2},
        {{ELBOW_TRANSFORM_STANDARDIZE_EACH, 1, unit}, 0, 200, 1, false, false, false, 0, 200},
        {{ELBOW_TRANSFORM_STANDARDIZE_EACH, 1, unit}, 0, 200, 1, true, false, false, -3, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i) {
        struct elbow_config config;
        elbow_config_default(&config);
        config.model.likelihood = ELBOW_LIKELIHOOD_GAUSSIAN;
        config.data.dequantize = cases[i].is_noisy;
        config.data.binarize = cases[i].is_binary ? ELBOW_BINARIZE_THRESHOLD : ELBOW_BINARIZE_NONE;
        struct elbow_data_facts facts = {.transform = cases[i].fit,
                                         .scale = {.factor = cases[i].factor},
                                         .has_range = true,
                                         .min = cases[i].min,
                                         .max = cases[i].max};
        struct elbow_shades shades = elbow_data_shades(&facts, &config, cases[i].is_transformed);
        ck_assert_msg(shades.black == cases[i].black && fabs(shades.white - cases[i].white) < 1e-12, "case %zu: %g, %g",
                      i, shades.black, shades.white);
    }
}
END_TEST

START_TEST(scale_fits_the_support)
{
    const double most[] = {0.5, 1, 255};
    for (int element = 0; element <= ELBOW_ELEMENT_FLOAT64; ++element)
        for (size_t m = 0; m < sizeof most / sizeof *most; ++m)
            for (int support = 0; support <= ELBOW_SUPPORT_COUNT; ++support) {
                struct elbow_scale scale =
                    elbow_scale_automatic((enum elbow_element)element, most[m], (enum elbow_support)support);
                const double stored[] = {0, most[m]};
                float values[2];
                elbow_element_convert(ELBOW_ELEMENT_FLOAT64, stored, 2, scale.factor, scale.offset, values);
                ck_assert(*scale.source && isfinite(values[0]) && values[0] < values[1]);
                if (element == ELBOW_ELEMENT_UINT8 && support != ELBOW_SUPPORT_COUNT)
                    ck_assert(values[0] == 0 && values[1] <= 1);
                if (support == ELBOW_SUPPORT_COUNT)
                    ck_assert(values[1] == (float)most[m]);
            }
}
END_TEST

UNIT_MAIN("data/transform", a_random_table_comes_back, constants_come_back_exactly, numbers_have_to_be_sound,
          pictures_have_the_shades_of_what_they_show, scale_fits_the_support)
