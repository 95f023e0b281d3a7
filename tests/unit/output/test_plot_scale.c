// SPDX-License-Identifier: BSD-3-Clause
// Plots: scales of any range, colours for all eyes.
#include "elbow/output/detail/canvas.h"
#include "elbow/output/detail/plot_scale.h"

#include "unit.h"

#include <float.h>
#include <math.h>
#include <string.h>

// Ranges that numbers can have: a place between 0 and 1 for all of them, and ticks that differ.
START_TEST(ranges_of_all_sizes)
{
    static const double ENDS[][2] = {{0, 1},
                                     {5, 5},
                                     {0, 0},
                                     {-3, 7e9},
                                     {1e-9, 2e-9},
                                     {1e300, 2e300},
                                     {-DBL_MAX, DBL_MAX},
                                     {DBL_MIN / 8, DBL_MIN},
                                     {1e9, 1e9 + 1e-3},
                                     {1e15, 1e15 + 1},
                                     {-1e-320, 1e-320},
                                     {123456, 123457},
                                     {0.001, 1000},
                                     {1e-300, 1e300},
                                     {99.5, 100.5}};
    for (size_t i = 0; i < sizeof ENDS / sizeof *ENDS; ++i)
        for (int logarithmic = 0; logarithmic <= 1; ++logarithmic)
            for (size_t most = 2; most <= 12; most += 5) {
                struct elbow_plot_axis axis = {.logarithmic = logarithmic};
                struct elbow_extent extent = {0};
                struct elbow_tick ticks[ELBOW_TICKS_MAX];
                elbow_extent_add(&extent, ENDS[i][0], logarithmic);
                elbow_extent_add(&extent, ENDS[i][1], logarithmic);
                elbow_extent_add(&extent, NAN, logarithmic);
                struct elbow_scale scale = elbow_scale_make(&axis, &extent, 0.04);
                ck_assert(isfinite(scale.least) && isfinite(scale.most) && scale.least < scale.most);
                size_t count = elbow_scale_ticks(&scale, most, false, ticks);
                ck_assert_msg(count >= 1 && count <= most, "%g to %g: %zu ticks", ENDS[i][0], ENDS[i][1], count);
                for (size_t t = 0; t < count; ++t) {
                    ck_assert_msg(ticks[t].place >= -1e-6 && ticks[t].place <= 1 + 1e-6, "%g to %g: at %g", ENDS[i][0],
                                  ENDS[i][1], ticks[t].place);
                    for (size_t k = 0; k < t; ++k)
                        ck_assert_msg(strcmp(ticks[t].label, ticks[k].label) != 0, "%g to %g: %s twice", ENDS[i][0],
                                      ENDS[i][1], ticks[t].label);
                }
            }
}
END_TEST

static void check_ticks(struct elbow_plot_axis axis, size_t most, const char *expected)
{
    struct elbow_tick ticks[ELBOW_TICKS_MAX];
    struct elbow_extent extent = {0};
    struct elbow_scale scale = elbow_scale_make(&axis, &extent, 0.04);
    size_t count = elbow_scale_ticks(&scale, most, axis.is_whole, ticks);
    char text[256] = "";
    for (size_t i = 0; i < count; ++i) {
        strcat(text, i == 0 ? "" : " ");
        strcat(text, ticks[i].label);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(ticks_are_round)
{
    check_ticks((struct elbow_plot_axis){.least = 0, .most = 1}, 6, "0 0.2 0.4 0.6 0.8 1.0");
    check_ticks((struct elbow_plot_axis){.least = -7, .most = 7}, 5, "-5 0 5");
    check_ticks((struct elbow_plot_axis){.least = 0, .most = 2e7}, 5, "0 5e6 1.0e7 1.5e7 2.0e7");
    check_ticks((struct elbow_plot_axis){.least = 1e-6, .most = 3e-6}, 3, "1e-6 2e-6 3e-6");
    check_ticks((struct elbow_plot_axis){.least = 0.001, .most = 1000, .logarithmic = true}, 7,
                "0.001 0.01 0.1 1 10 100 1000");
    check_ticks((struct elbow_plot_axis){.least = 1, .most = 100, .logarithmic = true}, 9, "1 2 5 10 20 50 100");
    check_ticks((struct elbow_plot_axis){.least = 1, .most = 3, .is_whole = true}, 9, "1 2 3");
    check_ticks((struct elbow_plot_axis){.least = 0.4, .most = 9, .logarithmic = true, .is_whole = true}, 9,
                "0.5 1 2 4 8");
    check_ticks((struct elbow_plot_axis){.least = 1, .most = 1024, .logarithmic = true, .is_whole = true}, 6,
                "1 4 16 64 256 1024");
}
END_TEST

static double linear(int level)
{
    double value = level / 255.0;
    return value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4);
}

static double root(double value)
{
    return value > 0.008856 ? cbrt(value) : 7.787 * value + 16.0 / 116;
}

// CIELAB of a colour as an eye sees it: all, without red, without green (Machado, Oliveira and Fernandes 2009).
static void see(struct elbow_ink ink, int eye, double lab[3])
{
    static const double EYES[3][3][3] = {
        {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
        {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
        {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}};
    const double from[3] = {linear(ink.red), linear(ink.green), linear(ink.blue)};
    double c[3];
    for (int i = 0; i < 3; ++i)
        c[i] = fmax(0, fmin(1, EYES[eye][i][0] * from[0] + EYES[eye][i][1] * from[1] + EYES[eye][i][2] * from[2]));
    double x = root((0.4124 * c[0] + 0.3576 * c[1] + 0.1805 * c[2]) / 0.9505);
    double y = root(0.2126 * c[0] + 0.7152 * c[1] + 0.0722 * c[2]);
    double z = root((0.0193 * c[0] + 0.1192 * c[1] + 0.9505 * c[2]) / 1.089);
    lab[0] = 116 * y - 16;
    lab[1] = 500 * (x - y);
    lab[2] = 200 * (y - z);
}

static double least_distance(int count, int eye)
{
    double least = INFINITY;
    for (int a = 0; a < count; ++a)
        for (int b = 0; b < a; ++b) {
            double one[3], other[3];
            see(elbow_group_ink(a, (size_t)count), eye, one);
            see(elbow_group_ink(b, (size_t)count), eye, other);
            least = fmin(least, hypot(hypot(one[0] - other[0], one[1] - other[1]), one[2] - other[2]));
        }
    return least;
}

START_TEST(colours_are_told_apart)
{
    for (int eye = 0; eye < 3; ++eye) {
        ck_assert_double_gt(least_distance(ELBOW_COLOURS_FEW, eye), 15); // 2.3 is just to be seen
        ck_assert_double_gt(least_distance(ELBOW_COLOURS_MANY, eye), 10);
        double before = -1, lab[3];
        for (int i = 0; i <= 100; ++i) { // a number's colour: ever lighter
            see(elbow_value_ink(i / 100.0), eye, lab);
            ck_assert_double_gt(lab[0], before);
            before = lab[0];
        }
    }
    ck_assert(elbow_group_shape(0) != elbow_group_shape(ELBOW_COLOURS_MANY));
    ck_assert_int_eq(elbow_value_ink(NAN).red, elbow_group_ink(-1, 3).red);
}
END_TEST

UNIT_MAIN("output/plot_scale", ranges_of_all_sizes, ticks_are_round, colours_are_told_apart)
