// SPDX-License-Identifier: BSD-3-Clause
// Scales and ticks. Distances are halved before they are compared, so that the largest doubles cannot overflow.
#include "elbow/output/detail/plot_scale.h"

#include "elbow/base/status.h"
#include "elbow/base/text.h"

#include <math.h>

static const double FARTHEST = 1e300; // of an end; a distance of two ends is then finite
static const double NEAREST = 1e-12; // of two ends, relative to the larger one: below it, ticks would have equal labels
enum { PLAIN_MOST = 6, PLAIN_LEAST = -4 }; // numbers of 10^6 and more, and below 10^-4, have an exponent

void elbow_extent_add(struct elbow_extent *extent, double value, bool logarithmic)
{
    if (!isfinite(value) || (logarithmic && !(value > 0)))
        return;
    value = fmax(-FARTHEST, fmin(FARTHEST, value));
    if (!extent->is_known || value < extent->least)
        extent->least = value;
    if (!extent->is_known || value > extent->most)
        extent->most = value;
    extent->is_known = true;
}

static double on_scale(bool logarithmic, double value)
{
    value = fmax(-FARTHEST, fmin(FARTHEST, value));
    return logarithmic ? log10(value) : value;
}

static bool is_named(const struct elbow_plot_axis *axis, double end)
{
    return isfinite(end) && !(axis->least == 0 && axis->most == 0) && (!axis->logarithmic || end > 0);
}

// Ends apart: about one value, a unit of it on both sides.
static void part_ends(struct elbow_scale *scale)
{
    double larger = fmax(fabs(scale->least), fabs(scale->most));
    if (scale->most - scale->least > fmax(NEAREST * larger, 1 / FARTHEST))
        return;
    double middle = scale->least / 2 + scale->most / 2;
    double apart = scale->logarithmic ? 0.5 : larger > 0 ? fmax(larger / 2, 1 / FARTHEST) : 1;
    scale->least = middle - apart;
    scale->most = middle + apart;
}

struct elbow_scale elbow_scale_make(const struct elbow_plot_axis *axis, const struct elbow_extent *extent,
                                    double margin)
{
    struct elbow_scale scale = {.logarithmic = axis->logarithmic};
    if (axis->name_count > 0) {
        scale.least = -0.5;
        scale.most = (double)axis->name_count - 0.5;
        return scale;
    }
    struct elbow_extent known = extent->is_known ? *extent : (struct elbow_extent){axis->logarithmic ? 1 : 0, 1, true};
    bool least_is_named = is_named(axis, axis->least), most_is_named = is_named(axis, axis->most);
    scale.least = on_scale(scale.logarithmic, least_is_named ? axis->least : known.least);
    scale.most = on_scale(scale.logarithmic, most_is_named ? axis->most : known.most);
    if (scale.least > scale.most) { // an end that is named, beyond all data
        double least = scale.most;
        scale.most = scale.least;
        scale.least = least;
    }
    part_ends(&scale);
    double space = (scale.most - scale.least) * margin;
    if (!least_is_named)
        scale.least -= space;
    if (!most_is_named)
        scale.most += space;
    return scale;
}

double elbow_scale_place(const struct elbow_scale *scale, double value)
{
    if (isnan(value) || (scale->logarithmic && !(value > 0)))
        return NAN;
    return (on_scale(scale->logarithmic, value) - scale->least) / (scale->most - scale->least);
}

// The least of 1, 2, 5 times a power of ten that is not below `step`; *exponent of its power.
static double round_step(double step, int *exponent)
{
    *exponent = (int)floor(log10(step));
    double power = pow(10, *exponent), digit = step / power;
    if (digit > 5.0000001) {
        ++*exponent;
        return 10 * power;
    }
    return power * (digit > 2.0000001 ? 5 : digit > 1.0000001 ? 2 : 1);
}

// A number whose last significant digit is that of 10^exponent; the largest on the axis is below 10^(top + 1).
static void print_number(double value, int exponent, int top, char label[ELBOW_TICK_LETTERS])
{
    if (value == 0) {
        elbow_text_format(label, ELBOW_TICK_LETTERS, "0");
        return;
    }
    if (top < PLAIN_MOST && exponent >= -8 && (top >= PLAIN_LEAST || exponent >= PLAIN_LEAST)) {
        elbow_text_format(label, ELBOW_TICK_LETTERS, "%.*f", exponent < 0 ? -exponent : 0, value);
        return;
    }
    int first = (int)floor(log10(fabs(value)) + 1e-9), digits = first - exponent;
    char number[ELBOW_TICK_LETTERS], *power;
    elbow_text_format(number, sizeof number, "%.*e", digits < 0 ? 0 : digits > 15 ? 15 : digits, value);
    for (power = number; *power != 'e'; ++power)
        ;
    *power = '\0';
    int written = 0;
    const char *at = power + 1;
    bool is_negative = *at++ == '-';
    for (; *at != '\0'; ++at)
        written = 10 * written + (*at - '0');
    elbow_text_format(label, ELBOW_TICK_LETTERS, "%se%s%d", number, is_negative ? "-" : "", written);
}

static size_t linear_ticks(const struct elbow_scale *scale, size_t most, bool is_whole, struct elbow_tick *ticks)
{
    double distance = scale->most - scale->least, larger = fmax(fabs(scale->least), fabs(scale->most));
    int exponent, top = (int)floor(log10(larger) + 1e-9);
    double step = round_step(distance / (double)most, &exponent);
    if (is_whole && step < 1) {
        step = 1;
        exponent = 0;
    }
    size_t count = 0;
    for (double n = ceil(scale->least / step - 1e-9); count < most && count < ELBOW_TICKS_MAX; ++n) {
        double value = n * step, place = (value - scale->least) / distance;
        if (place > 1 + 1e-9)
            break;
        ticks[count].place = place;
        print_number(value, exponent, top, ticks[count++].label);
    }
    return count;
}

// Whole powers of ten; if they are few, 2 and 5 of each as well; within one of them, ticks of a linear scale.
static size_t logarithmic_ticks(const struct elbow_scale *scale, size_t most, struct elbow_tick *ticks)
{
    static const double DIGITS[] = {1, 2, 5};
    double distance = scale->most - scale->least;
    if (distance < 1) {
        struct elbow_scale linear = {false, pow(10, scale->least), pow(10, scale->most)};
        size_t count = linear_ticks(&linear, most, false, ticks);
        for (size_t i = 0; i < count; ++i) {
            double value = linear.least + ticks[i].place * (linear.most - linear.least);
            ticks[i].place = (log10(value) - scale->least) / distance;
        }
        return count;
    }
    size_t digits = distance * 3 <= (double)most ? 3 : 1, count = 0;
    double step = ceil(distance / (double)most);
    for (double power = ceil(scale->least / step) * step - step; power <= scale->most; power += step)
        for (size_t d = 0; d < digits && count < most && count < ELBOW_TICKS_MAX; ++d) {
            double place = (power + log10(DIGITS[d]) - scale->least) / distance;
            if (place < -1e-9 || place > 1 + 1e-9)
                continue;
            ticks[count].place = place;
            print_number(DIGITS[d] * pow(10, power), (int)power, (int)power, ticks[count++].label);
        }
    return count;
}

// Whole powers of two, or of four, ... if there are many.
static size_t doubling_ticks(const struct elbow_scale *scale, size_t most, struct elbow_tick *ticks)
{
    const double two = log10(2), distance = scale->most - scale->least;
    double step = fmax(1, ceil(distance / two / (double)most));
    size_t count = 0;
    for (double n = ceil(scale->least / two / step - 1e-9) * step; count < most && count < ELBOW_TICKS_MAX; n += step) {
        double place = (n * two - scale->least) / distance, value = exp2(n);
        if (place > 1 + 1e-9)
            break;
        ticks[count].place = place;
        elbow_text_format(ticks[count++].label, ELBOW_TICK_LETTERS, value < 1e6 ? "%.6g" : "%.3g", value);
    }
    return count;
}

size_t elbow_scale_ticks(const struct elbow_scale *scale, size_t most, bool is_whole,
                         struct elbow_tick ticks[ELBOW_TICKS_MAX])
{
    ELBOW_CHECK(scale->least < scale->most);
    most = most < 2 ? 2 : most > ELBOW_TICKS_MAX ? ELBOW_TICKS_MAX : most;
    if (!scale->logarithmic)
        return linear_ticks(scale, most, is_whole, ticks);
    return is_whole ? doubling_ticks(scale, most, ticks) : logarithmic_ticks(scale, most, ticks);
}
