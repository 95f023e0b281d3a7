// SPDX-License-Identifier: BSD-3-Clause
// The log lines and warnings about a dataset: one line that describes it, and a warning for each possible
// misunderstanding.
#include "elbow/data/dataset.h"
#include "elbow/data/through.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// COLUMNS_APART: columns of a table need a deviation each if theirs differ by more than this factor. COLUMN_LOST: a
// column whose deviation is smaller than this share of that of all values is almost constant for the model.
static const double COLUMNS_APART = 1e3, COLUMN_LOST = 1e-5;

// Limits for a warning: this few series, with this many times as many points.
enum { CHANNELS_MOST = 256, CHANNEL_POINTS = 1000 };

// Deviations and magnitudes at which likelihoods of real values, whose variance is about one, train well; beyond the
// last limit, the first step is not finite.
static const double DEVIATION_LEAST = 0.01, ROOT_MEAN_SQUARE_MOST = 30, MAGNITUDE_MOST = 300;

static void log_keys(const struct elbow_dataset *dataset, struct elbow_log *log)
{
    const struct elbow_packing_number *numbers[] = {&dataset->packing.factor, &dataset->packing.offset};
    const char *const keys[] = {"data.factor", "data.offset"};
    const double values[] = {dataset->scale.factor, dataset->scale.offset};
    char text[300] = "";
    const bool beats[] = {dataset->news.beats_factor, dataset->news.beats_offset};
    for (size_t i = 0, length = 0; i < 2; ++i)
        if (beats[i])
            length += (size_t)snprintf(text + length, sizeof text - length, "%s%s %g instead of the attribute %s, %g",
                                       length > 0 ? ", " : "", keys[i], values[i], numbers[i]->name, numbers[i]->value);
    if (text[0] != 0)
        elbow_log_warn(log, "%s: %s (version 0.1 took the attributes): value = stored * %g + %g", dataset->name, text,
                       dataset->scale.factor, dataset->scale.offset);
}

static void log_checkpoint(const struct elbow_dataset *dataset, struct elbow_log *log)
{
    const struct elbow_dataset_news *news = &dataset->news;
    char missing[160 + ELBOW_DATASET_NAME_SIZE] = "";
    if (!news->has_other_scale && news->unread == 0)
        return;
    if (news->unread > 0)
        snprintf(missing, sizeof missing,
                 "; %llu values that they mark as missing are used as data, the first in row %llu%s%s",
                 (unsigned long long)news->unread, (unsigned long long)news->first_unread,
                 news->unread_in[0] != '\0' ? " of " : "", news->unread_in);
    elbow_log_warn(log,
                   "%s: its attributes (%s) are not used: scaling and missing values are those of the checkpoint, "
                   "value = stored * %g + %g%s",
                   dataset->name, dataset->packing.said, dataset->scale.factor, dataset->scale.offset, missing);
}

// "634 of 800 rows, with 12 of 60 groups held back; each is cut into 15 windows of 256 points, one every 128"
static void log_selection(const struct elbow_dataset *dataset, const char *role, struct elbow_log *log)
{
    const struct elbow_selection *selection = &dataset->selection;
    char groups[80] = "", windows[160] = "";
    if (selection->stored == 0 || elbow_selection_is_identity(selection))
        return;
    if (selection->groups > 0)
        elbow_text_format(groups, sizeof groups, ", with %llu of %s held back",
                          (unsigned long long)selection->held_groups,
                          elbow_text_count(selection->groups, "group").text);
    if (selection->length > 0)
        elbow_text_format(windows, sizeof windows, "; each is cut into %s of %llu points, one every %llu",
                          elbow_text_count(selection->windows, "window").text, (unsigned long long)selection->length,
                          (unsigned long long)selection->step);
    elbow_log_say(log, "%s: %llu of %s%s%s", role, (unsigned long long)selection->rows,
                  elbow_text_count(selection->stored, "row").text, groups, windows);
}

// A few very long series of single values are more likely the channels of one recording, (channels, points).
static void log_channels(const struct elbow_dataset *dataset, struct elbow_log *log)
{
    const struct elbow_selection *selection = &dataset->selection;
    uint64_t points = selection->windows * selection->step;
    if (selection->length == 0 || dataset->rank != 1 || selection->stored > CHANNELS_MOST ||
        points < CHANNEL_POINTS * selection->stored)
        return;
    elbow_log_warn(
        log,
        "%s: has %llu series of about %llu points; if it is one recording of %llu channels, (channels, points), "
        "transpose it and cut it into series first, (series, points, channels): docs/howto/your-own-data.md",
        dataset->name, (unsigned long long)selection->stored, (unsigned long long)points,
        (unsigned long long)selection->stored);
}

// "; transform: standardize, (value - 0.5) / 0.25"
static void log_transform(const struct elbow_dataset *dataset, char *text, size_t size)
{
    char formula[ELBOW_TRANSFORM_WORDS_SIZE];
    *text = 0;
    if (dataset->transform.kind == ELBOW_TRANSFORM_NONE)
        return;
    elbow_transform_row(dataset->transform.kind)->describe(&dataset->transform, 6, formula);
    snprintf(text, size, "; transform: %s, %s", elbow_transform_word(dataset->transform.kind), formula);
}

// "12.5 % of the values are missing (120 of 960)"
static void log_missing(const struct elbow_dataset *dataset, const char *role, struct elbow_log *log)
{
    double all = (double)dataset->looked * (double)dataset->values;
    if (dataset->news.misses_none)
        elbow_log_say(log, "%s: no value is missing", role);
    if (!elbow_dataset_has_known(dataset))
        return;
    elbow_log_say(log,
                  "%s: %.3g %% of the values are missing, %llu of %.0f (a mask of them takes %s of memory); bounds are "
                  "on log p of the known values",
                  role, 100 * (double)dataset->unknown / all, (unsigned long long)dataset->unknown, all,
                  elbow_text_bytes(dataset->known.bytes).text);
    if (dataset->news.empty > 0)
        elbow_log_warn(log, "%s: %s without a known value; %s not scored", dataset->name,
                       elbow_text_count(dataset->news.empty, "sample").text,
                       dataset->news.empty == 1 ? "it is" : "they are");
    if (dataset->news.never > 0)
        elbow_log_warn(log, "%s: %s of a sample %s known in no sample, so the model learns nothing about %s",
                       dataset->name, elbow_text_count(dataset->news.never, "value").text,
                       dataset->news.never == 1 ? "is" : "are", dataset->news.never == 1 ? "it" : "them");
}

// The model has only seen zeros in a constant column and cannot know it: outputs contain the constant.
static void log_constant(const struct elbow_dataset *dataset, const char *role, struct elbow_log *log)
{
    size_t count = dataset->news.constant, shown = count < ELBOW_DATASET_CONSTANT ? count : ELBOW_DATASET_CONSTANT;
    char columns[48 * ELBOW_DATASET_CONSTANT] = "";
    if (count == 0)
        return;
    for (size_t i = 0, length = 0; i < shown; ++i) {
        size_t column = dataset->news.first_constant[i];
        length += (size_t)snprintf(columns + length, sizeof columns - length, "%s%zu: %g", i > 0 ? ", " : "", column,
                                   dataset->transform.numbers[column]);
    }
    const char *them = count == 1 ? "it" : "them";
    elbow_log_say(log,
                  "%s: %s of %zu %s the same value in all rows (%s%s) and become%s 0: data.transform: %s divides by 1 "
                  "there, and samples and reconstructions have %s as %s; data.columns can leave %s out",
                  role, elbow_text_count(count, "column").text, dataset->values, count == 1 ? "has" : "have", columns,
                  count > shown ? ", ..." : "", count == 1 ? "s" : "", elbow_transform_word(dataset->transform.kind),
                  them, count == 1 ? "it is" : "they are", them);
}

// Reports what holds for all rows of the files, whichever are selected.
static void log_files(const struct elbow_dataset *dataset, const char *role, const char *shape, struct elbow_log *log)
{
    const char *hint = elbow_dataset_channels_hint(dataset);
    if (dataset->files > 1 && elbow_files_are_one(&dataset->file_names))
        elbow_log_say(log,
                      "%s: the rows of %zu datasets of one file are read one dataset after another; if the datasets "
                      "are channels of the same rows, write {channels: [...]} instead of the list",
                      role, dataset->files);
    log_channels(dataset, log);
    if (dataset->packing.ignored[0] != 0)
        elbow_log_warn(log, "%s: attributes that are not single numbers are not used: %s", dataset->name,
                       dataset->packing.ignored);
    if (dataset->news.fills_nothing)
        elbow_log_warn(log,
                       "%s: has no attribute _FillValue, missing_value or valid_range, so data.missing: fill finds no "
                       "missing values; add such an attribute, or set data.mask",
                       dataset->name);
    if (dataset->news.may_be_reversed)
        elbow_log_warn(log,
                       "%s: was written by MATLAB, which stores axes in reverse order: it is read as %s; if its "
                       "samples are along the last axis, set data.transpose: true",
                       dataset->name, elbow_text_count(dataset->samples, "sample").text);
    if (dataset->news.is_turned_in_vain)
        elbow_log_warn(log,
                       "%s: data.transpose: true makes it %s of %zu values each; if its samples come first in the "
                       "file, leave data.transpose out",
                       dataset->name, elbow_text_count(dataset->selection.stored, "sample").text, dataset->values);
    if (dataset->news.axes[0] != 0)
        elbow_log_warn(log, "%s: %s", dataset->name, dataset->news.axes);
    log_keys(dataset, log);
    log_checkpoint(dataset, log);
    if (hint[0] != 0)
        elbow_log_warn(log, "%s: samples are %s: %s", dataset->name, shape, hint);
}

void elbow_dataset_log(const struct elbow_dataset *dataset, const char *role, const char *beside, struct elbow_log *log)
{
    char shape[200] = "";
    if (dataset->through != NULL) {
        elbow_dataset_log(dataset->stored, role, beside, log);
        elbow_log_say(log, "%s: the samples are %s, drawn again at each use by %s (data.through)", role,
                      elbow_text_count(dataset->through->values, "latent").text, dataset->through->name);
        return;
    }
    for (size_t i = 0, length = 0; i < dataset->rank && length < sizeof shape; ++i)
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%s%llu", i > 0 ? "x" : "",
                                   (unsigned long long)dataset->shape[i]);
    char stored[60] = "", transform[ELBOW_TRANSFORM_WORDS_SIZE + 64];
    if (dataset->is_sparse)
        snprintf(stored, sizeof stored, ", sparse (%.1f %% stored)",
                 100 * (double)dataset->entries / ((double)dataset->samples * (double)dataset->values));
    log_transform(dataset, transform, sizeof transform);
    elbow_log_say(log, "%s: %s, %s of %s %s from %g to %g%s; scaling: value = stored * %g + %g (%s)%s%s%s%s", role,
                  dataset->name, elbow_text_count(dataset->samples, "sample").text, shape,
                  elbow_element_name(dataset->element), dataset->min, dataset->max, stored, dataset->scale.factor,
                  dataset->scale.offset, dataset->scale.source, transform,
                  dataset->news.turned[0] != 0 ? "; axes are moved from " : "", dataset->news.turned, beside);
    log_selection(dataset, role, log);
    log_missing(dataset, role, log);
    log_constant(dataset, role, log);
    if (dataset->news.doubt[0] != 0)
        elbow_log_warn(log, "%s%s", dataset->name, dataset->news.doubt);
    if (!dataset->news.is_other_side)
        log_files(dataset, role, shape, log);
}

const char *elbow_dataset_channels_hint(const struct elbow_dataset *dataset)
{
    if (!dataset->news.looks_channels_first)
        return "";
    return "the last axis is read as the channels; if they come first, set data.channels: first";
}

// Whether factor and offset, as they are written, bring the values to mean 0 and deviation 1.
static bool is_true(const struct elbow_dataset *dataset, const char *factor, const char *offset)
{
    static const double NEAR = 1e-3;
    double by = strtod(factor, NULL) / dataset->scale.factor;
    double mean = (dataset->mean - dataset->scale.offset) * by + strtod(offset, NULL);
    return fabs(mean) <= NEAR && fabs(dataset->deviation * fabs(by) - 1) <= NEAR;
}

// Prints as many digits as this needs; no number of digits helps if the mean is too many deviations away for a double.
static void log_scale(const struct elbow_dataset *dataset, char *text, size_t size)
{
    enum { DIGITS_LEAST = 6, DIGITS_MOST = 15, NUMBER_SIZE = 32 };
    const struct elbow_scale *scale = &dataset->scale;
    char factor[NUMBER_SIZE], offset[NUMBER_SIZE];
    for (int digits = DIGITS_LEAST; digits <= DIGITS_MOST; ++digits) {
        snprintf(factor, sizeof factor, "%.*g", digits, scale->factor / dataset->deviation);
        snprintf(offset, sizeof offset, "%.*g", digits, (scale->offset - dataset->mean) / dataset->deviation);
        if (!is_true(dataset, factor, offset))
            continue;
        snprintf(text, size,
                 "data.factor: %s and data.offset: %s give mean 0 and deviation 1, and so does data.transform: "
                 "standardize (standardize_each if columns have different units)",
                 factor, offset);
        return;
    }
    snprintf(
        text, size,
        "data.transform: standardize (standardize_each if columns have different units) gives mean 0 and deviation 1");
}

// The remedy that brings the values to unit scale. After a transform, a factor is no longer linear, or has no effect.
static void describe_remedy(const struct elbow_dataset *dataset, char *text, size_t size)
{
    const struct elbow_dataset_news *news = &dataset->news;
    switch (dataset->transform.kind) {
    case ELBOW_TRANSFORM_NONE:
        if (news->column_most > COLUMNS_APART * news->column_least)
            snprintf(text, size,
                     "its columns have deviations from %g to %g: data.transform: standardize_each gives each of them "
                     "mean 0 and deviation 1",
                     news->column_least, news->column_most);
        else
            log_scale(dataset, text, size);
        return;
    case ELBOW_TRANSFORM_LOG1P:
    case ELBOW_TRANSFORM_ASINH:
        snprintf(text, size, "another data.factor, or data.transform: standardize_each, brings them closer");
        return;
    default: // a few values are far from all others
        snprintf(text, size, "look for outliers, or set data.transform: asinh, which compresses them");
        return;
    }
}

bool elbow_dataset_is_unusual(double mean, double deviation, double low, double high)
{
    return !(deviation >= DEVIATION_LEAST && hypot(mean, deviation) <= ROOT_MEAN_SQUARE_MOST &&
             fmax(fabs(low), fabs(high)) <= MAGNITUDE_MOST);
}

bool elbow_dataset_is_far(const struct elbow_dataset *dataset, const struct elbow_demand *demand)
{
    return demand->support == ELBOW_SUPPORT_REAL &&
           elbow_dataset_is_unusual(dataset->mean, dataset->deviation, dataset->low, dataset->high);
}

static void warn_of_grey(const struct elbow_dataset *dataset, const struct elbow_demand *demand, struct elbow_log *log)
{
    const char *binary = elbow_demand_word(demand, ELBOW_SUPPORT_BINARY);
    if (binary != NULL && !dataset->is_binary)
        elbow_log_warn(log,
                       "%s holds values between 0 and 1, for which recon of a %s likelihood is not a log-probability; "
                       "set data.binarize: sample to make it one",
                       dataset->name, binary);
}

// With one mean and deviation for all values, columns of small numbers vanish.
static void warn_of_lost(const struct elbow_dataset *dataset, const struct elbow_demand *demand, struct elbow_log *log)
{
    const struct elbow_dataset_news *news = &dataset->news;
    bool is_joined = elbow_transform_row(dataset->transform.kind)->columns == ELBOW_COLUMNS_TOGETHER;
    if (demand->support != ELBOW_SUPPORT_REAL || !is_joined || news->column_least == 0 ||
        news->column_least >= COLUMN_LOST * dataset->deviation)
        return;
    elbow_log_warn(
        log,
        "%s: its columns have deviations from %g to %g after data.transform: %s, and the smallest ones are almost "
        "constant for the model; data.transform: standardize_each gives each column mean 0 and deviation 1",
        dataset->name, news->column_least, news->column_most, elbow_transform_word(dataset->transform.kind));
}

void elbow_dataset_warn_scale(const struct elbow_dataset *dataset, const struct elbow_demand *demand,
                              struct elbow_log *log)
{
    double mean = dataset->mean, deviation = dataset->deviation, factor = dataset->scale.factor;
    warn_of_grey(dataset, demand, log);
    if (dataset->is_synthetic || dataset->through != NULL)
        return;
    if (deviation == 0) {
        elbow_log_warn(log,
                       "%s: all values are %g (mean %g, deviation 0): there is nothing to learn; set data.train to "
                       "data that differ%s",
                       dataset->name, mean, mean, factor == 0 ? ", or another data.factor" : "");
        return;
    }
    warn_of_lost(dataset, demand, log);
    // One warning with one remedy is enough.
    if (!elbow_dataset_is_far(dataset, demand) || dataset->news.doubt[0] != 0)
        return;
    char cure[280];
    describe_remedy(dataset, cure, sizeof cure);
    elbow_log_warn(
        log,
        "%s: values have mean %g and deviation %g (from %g to %g)%s, far from unit scale, and a %s likelihood "
        "learns little from them or diverges; %s",
        dataset->name, mean, deviation, dataset->low, dataset->high,
        dataset->transform.kind != ELBOW_TRANSFORM_NONE ? " after data.transform" : "", demand->word, cure);
}
