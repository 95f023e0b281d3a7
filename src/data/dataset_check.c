// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: checks that the model accepts the values. Resident rows are all checked when they are loaded; of
// rows in pages, a sample is checked then, and the others when they are read.
#include "elbow/data/detail/learning.h"
#include "elbow/data/detail/rows.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// " and data.transform: log1p"
static void describe_transform(const struct elbow_dataset *dataset, char *text, size_t size)
{
    *text = 0;
    if (dataset->transform.kind != ELBOW_TRANSFORM_NONE)
        snprintf(text, size, " and data.transform: %s", elbow_transform_word(dataset->transform.kind));
}

static enum elbow_status refuse_range(const struct elbow_loading *loading, uint64_t row, size_t at,
                                      struct elbow_error *error)
{
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, elbow_loading_number(loading, at));
    char transform[64];
    describe_transform(loading->dataset, transform, sizeof transform);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds a value (at index %llu) that is too large for a 32-bit float after "
                           "scaling (%s)%s; scale the data with data.factor",
                           spot.name, (unsigned long long)spot.row, (unsigned long long)spot.number,
                           loading->dataset->scale.source, transform);
}

// Scaling is monotone: without a transform, the extremes follow from the stored ones. True if this makes all values
// floats.
static bool scale_extremes(struct elbow_dataset *dataset)
{
    const double stored[] = {dataset->min, dataset->max};
    float extremes[2];
    elbow_element_convert(ELBOW_ELEMENT_FLOAT64, stored, 2, dataset->scale.factor, dataset->scale.offset, extremes);
    double a = dataset->min * dataset->scale.factor + dataset->scale.offset;
    double b = dataset->max * dataset->scale.factor + dataset->scale.offset;
    dataset->low = fmin(a, b);
    dataset->high = fmax(a, b);
    return isfinite(extremes[0]) && isfinite(extremes[1]);
}

// Values of 64 bits, or a large factor, may leave the range of a float. The extremes of the rows join *extremes.
static enum elbow_status check_range(struct elbow_loading *loading, struct elbow_range rows, float *sample,
                                     struct elbow_extremes *extremes, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    float low = INFINITY, high = -INFINITY;
    for (uint64_t row = rows.first; row < rows.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0; i < dataset->values; ++i) {
            if (!isfinite(sample[i]))
                return refuse_range(loading, row, i, error);
            if (!elbow_rows_knows(dataset, row, i))
                continue;
            low = sample[i] < low ? sample[i] : low;
            high = sample[i] > high ? sample[i] : high;
        }
    }
    extremes->low = fmin(extremes->low, (double)low);
    extremes->high = fmax(extremes->high, (double)high);
    return ELBOW_OK;
}

static bool is_bounded(const struct elbow_demand *demand)
{
    return demand->most > 0 && isfinite(demand->most);
}

static bool is_of(const struct elbow_demand *demand, float value)
{
    switch (demand->support) {
    case ELBOW_SUPPORT_REAL:
        return true;
    case ELBOW_SUPPORT_UNIT:
    case ELBOW_SUPPORT_BINARY:
        return value >= 0 && value <= 1;
    case ELBOW_SUPPORT_COUNT:
        return value >= 0 && value == floorf(value) && !(is_bounded(demand) && value > demand->most);
    case ELBOW_SUPPORT_LEVEL: // of floats that were divided once
        return value >= 0 && value <= 1 &&
               fabs(value * demand->most - rint(value * demand->most)) <= 1e-6 * demand->most;
    }
    return false;
}

// Whether a value is outside the range that the transform has learned from other rows: then no scaling before it helps.
static bool is_beyond(const struct elbow_loading *loading)
{
    const struct elbow_transform *row = elbow_transform_row(loading->dataset->transform.kind);
    return row->learn != NULL && loading->request->reference != NULL;
}

// The remedy for a value. Counts, classes and levels are used as stored: no other factor makes such numbers from other
// values, but a factor that was set may be the cause.
static void describe_remedy(const struct elbow_loading *loading, const struct elbow_demand *demand, float value,
                            char *text, size_t size)
{
    const struct elbow_dataset *dataset = loading->dataset;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    bool is_level = demand->support == ELBOW_SUPPORT_LEVEL, is_counted = demand->support == ELBOW_SUPPORT_COUNT;
    bool is_scaled = dataset->scale.factor != 1 || dataset->scale.offset != 0;
    if (is_beyond(loading))
        snprintf(text, size,
                 "train on rows that hold the whole range, or set data.factor and data.offset from known bounds "
                 "instead of data.transform, or");
    else if (is_counted && is_scaled)
        snprintf(text, size, "set data.factor: 1 and data.offset: 0 if the stored values are such numbers, or");
    else if (is_counted && is_bounded(demand) && value > demand->most)
        snprintf(text, size, "allow larger numbers in the options of model.likelihood, or set");
    else if (is_level && dataset->min >= 0 && dataset->max <= 1)
        snprintf(text, size, "set data.factor: 1 if the stored values are divided already, or");
    else if (is_level)
        snprintf(text, size, "store levels from 0 to %.9g, or set other levels, or", demand->most);
    else if (is_counted)
        snprintf(text, size, "set");
    else
        snprintf(text, size, "set %sdata.factor and data.offset, or",
                 dataset->transform.kind == ELBOW_TRANSFORM_NONE && !demand->is_of_part ? "data.transform: minmax, or "
                                                                                        : "");
    snprintf(text + strlen(text), size - strlen(text), " model.likelihood: %s", words);
}

static enum elbow_status refuse_value(const struct elbow_loading *loading, const struct elbow_demand *demand,
                                      uint64_t row, size_t at, float value, struct elbow_error *error)
{
    char most[40] = "", cure[ELBOW_LIKELIHOOD_WORDS_SIZE + 200], transform[64];
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, elbow_loading_number(loading, at));
    describe_remedy(loading, demand, value, cure, sizeof cure);
    describe_transform(loading->dataset, transform, sizeof transform);
    if (is_bounded(demand))
        snprintf(most, sizeof most, demand->support == ELBOW_SUPPORT_LEVEL ? " in steps of 1/%.9g" : " to %.9g",
                 demand->most);
    return elbow_error_set(
        error, ELBOW_DATA, "%s: row %llu holds %g (at index %llu) after scaling (%s)%s%s, but %s: %s needs %s%s; %s",
        spot.name, (unsigned long long)spot.row, (double)value, (unsigned long long)spot.number,
        loading->dataset->scale.source, transform, is_beyond(loading) ? ", beyond the range of the training rows" : "",
        demand->key, demand->word, elbow_support_name(demand->support), most, cure);
}

static enum elbow_status refuse_fraction(const struct elbow_loading *loading, uint64_t row, size_t at, double value,
                                         struct elbow_error *error)
{
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, elbow_loading_number(loading, at));
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds %g (at index %llu) as stored, but data.dequantize: true is for whole "
                           "numbers; remove it, or store whole numbers with data.factor",
                           spot.name, (unsigned long long)spot.row, value, (unsigned long long)spot.number);
}

// Only floats may have fractions.
static enum elbow_status check_whole(const struct elbow_loading *loading, struct elbow_range rows,
                                     struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    if (!loading->request->demand.is_whole || !elbow_element_is_float(dataset->element))
        return ELBOW_OK;
    for (uint64_t row = rows.first; row < rows.last; ++row)
        for (size_t i = 0; i < dataset->values; ++i) {
            double value = elbow_rows_at(dataset, row * dataset->values + i);
            if (value != floor(value))
                return refuse_fraction(loading, row, i, value, error);
        }
    return ELBOW_OK;
}

static enum elbow_status check_support(struct elbow_loading *loading, struct elbow_range rows, float *sample,
                                       struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_demand demand = {0};
    for (uint64_t row = rows.first; row < rows.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0, last = 0; i < dataset->values; ++i) {
            if (i == 0 || i > last)
                demand = elbow_demand_of_column(&loading->request->demand, i, &last);
            if (!is_of(&demand, sample[i]))
                return refuse_value(loading, &demand, row, i, sample[i], error);
            dataset->is_binary =
                dataset->is_binary && (!elbow_loading_asks_binary(&demand) || sample[i] == 0 || sample[i] == 1);
        }
    }
    return ELBOW_OK;
}

static enum elbow_status find(struct elbow_checking *checking, enum elbow_check_kind kind, struct elbow_range rows,
                              struct elbow_error *error)
{
    struct elbow_loading *loading = checking->loading;
    if (kind == ELBOW_CHECK_RANGE)
        return checking->has_range ? ELBOW_OK
                                   : check_range(loading, rows, checking->sample, &checking->extremes, error);
    if (kind == ELBOW_CHECK_WHOLE)
        return check_whole(loading, rows, error);
    if (checking->time == ELBOW_CHECK_BEFORE && loading->dataset->is_binary)
        elbow_few_values_add(loading, rows, &checking->few);
    if (checking->time == ELBOW_CHECK_BEFORE || loading->request->demand.support == ELBOW_SUPPORT_REAL)
        return ELBOW_OK;
    return check_support(loading, rows, checking->sample, error);
}

enum elbow_status elbow_checking_begin(struct elbow_loading *loading, enum elbow_check_time time,
                                       struct elbow_checking *checking, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    enum elbow_support support = loading->request->demand.support;
    bool is_plain = dataset->transform.kind == ELBOW_TRANSFORM_NONE, is_early = time == ELBOW_CHECK_EARLY;
    *checking = (struct elbow_checking){.loading = loading,
                                        .extremes = {.low = INFINITY, .high = -INFINITY},
                                        .time = time,
                                        .has_range = time == ELBOW_CHECK_SETTLED ? is_plain && scale_extremes(dataset)
                                                                                 : is_plain || !is_early,
                                        .found = ELBOW_CHECK_KINDS};
    dataset->is_binary = support == ELBOW_SUPPORT_UNIT || support == ELBOW_SUPPORT_BINARY ||
                         elbow_demand_word(&loading->request->demand, ELBOW_SUPPORT_BINARY) != NULL;
    return elbow_allocate(&checking->sample, dataset->values, sizeof(float), "a sample", error);
}

// The sentence is left for later: it tells of figures that may not be known yet.
void elbow_checking_add(struct elbow_checking *checking, struct elbow_range rows)
{
    struct elbow_error error = {0};
    for (int kind = 0; kind < checking->found; ++kind)
        if (find(checking, (enum elbow_check_kind)kind, rows, &error) != ELBOW_OK) {
            checking->found = kind;
            checking->rows = rows;
        }
}

enum elbow_status elbow_checking_conclude(struct elbow_checking *checking, struct elbow_error *error)
{
    struct elbow_dataset *dataset = checking->loading->dataset;
    bool is_early = checking->time == ELBOW_CHECK_EARLY;
    if (is_early && checking->has_range && !scale_extremes(dataset))
        return elbow_loading_check(checking->loading, error); // there is a value beyond a float
    if (checking->found < ELBOW_CHECK_KINDS)
        return find(checking, (enum elbow_check_kind)checking->found, checking->rows, error);
    if (checking->time == ELBOW_CHECK_BEFORE)
        dataset->is_binary = dataset->is_binary && elbow_few_values_are_extremes(&checking->few, dataset);
    if (checking->has_range)
        return ELBOW_OK;
    dataset->low = checking->extremes.low;
    dataset->high = checking->extremes.high;
    return ELBOW_OK;
}

bool elbow_checking_needs_scale(const struct elbow_checking *checking)
{
    bool is_real = checking->loading->request->demand.support == ELBOW_SUPPORT_REAL;
    return checking->time != ELBOW_CHECK_BEFORE && !(checking->has_range && is_real);
}

bool elbow_loading_accepts(const struct elbow_loading *loading, const struct elbow_moments *seen)
{
    struct elbow_demand demand = {0};
    for (size_t j = 0, last = 0; j < seen->values; ++j) {
        float low = (float)seen->least[j], high = (float)seen->most[j];
        if (j == 0 || j > last)
            demand = elbow_demand_of_column(&loading->request->demand, j, &last);
        bool is_known = seen->counts == NULL || seen->counts[j] > 0;
        if (is_known && !(isfinite(low) && isfinite(high) && is_of(&demand, low) && is_of(&demand, high)))
            return false;
    }
    return true;
}

void elbow_checking_end(struct elbow_checking *checking)
{
    elbow_release(&checking->sample);
}

// The first value that stands for a missing one, if none may be missing.
static enum elbow_status check_missing(const struct elbow_loading *loading, struct elbow_range rows,
                                       struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_rows_buffer buffer;
    if (!elbow_missing_has_rules(&dataset->missing))
        return ELBOW_OK;
    for (uint64_t row = rows.first; row < rows.last; ++row)
        for (size_t at = 0, n; at < dataset->values; at += n) {
            n = elbow_rows_step(dataset, dataset->values - at);
            const void *stored = elbow_rows_stored(dataset, row * dataset->values + at, n, &buffer);
            for (size_t i = 0; i < n; ++i) {
                double value = elbow_element_at(dataset->element, stored, i);
                if (elbow_missing_is(&dataset->missing, value) && elbow_rows_knows(dataset, row, at + i))
                    return elbow_loading_refuse_missing(loading, row, at + i, value, error);
            }
        }
    return ELBOW_OK;
}

// Whether the extremes alone prove that the model accepts all values.
static bool are_fine(const struct elbow_loading *loading)
{
    const struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_demand *demand = &loading->request->demand;
    float extremes[2];
    const double stored[] = {dataset->min, dataset->max};
    elbow_element_convert(ELBOW_ELEMENT_FLOAT64, stored, 2, dataset->scale.factor, dataset->scale.offset, extremes);
    if (demand->config != NULL || demand->is_of_part)
        return false;
    bool is_whole = !elbow_element_is_float(dataset->element);
    bool is_as_stored = dataset->scale.factor == 1 && dataset->scale.offset == 0;
    if (demand->support == ELBOW_SUPPORT_REAL)
        return true;
    if (demand->support == ELBOW_SUPPORT_COUNT && (!is_whole || !is_as_stored))
        return false;
    return demand->support != ELBOW_SUPPORT_LEVEL && is_of(demand, extremes[0]) && is_of(demand, extremes[1]);
}

enum elbow_status elbow_loading_check_values(struct elbow_loading *loading, struct elbow_range rows, float *sample,
                                             struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_extremes extremes = {.low = INFINITY, .high = -INFINITY};
    bool is_scaled = dataset->transform.kind == ELBOW_TRANSFORM_NONE && scale_extremes(dataset);
    enum elbow_status status = check_missing(loading, rows, error);
    if (status == ELBOW_OK && !is_scaled)
        status = check_range(loading, rows, sample, &extremes, error);
    if (status == ELBOW_OK)
        status = check_whole(loading, rows, error);
    if (status != ELBOW_OK || (is_scaled && are_fine(loading)))
        return status;
    return loading->request->demand.support == ELBOW_SUPPORT_REAL ? ELBOW_OK
                                                                  : check_support(loading, rows, sample, error);
}

// Local. Checks resident rows outside the sample, so that their errors are found at the start as well.
static enum elbow_status check_others(const struct elbow_loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset all = *loading->dataset;
    struct elbow_loading others = *loading;
    uint64_t piece, row_bytes = all.values * elbow_element_size(all.element);
    if (!loading->is_sampled || all.pages != NULL)
        return ELBOW_OK;
    others.dataset = &all;
    all.min = loading->least;
    all.max = loading->most;
    struct elbow_range rows = elbow_loading_rows(loading, &loading->info, row_bytes, all.rows.is_shared, &piece);
    return rows.first == rows.last ? ELBOW_OK : elbow_loading_check_values(&others, rows, sample, error);
}

enum elbow_status elbow_loading_check(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_checking checking;
    struct elbow_loading_walk walk = elbow_loading_walk(loading);
    struct elbow_range rows;
    enum elbow_status status = elbow_checking_begin(loading, ELBOW_CHECK_SETTLED, &checking, error);
    while (status == ELBOW_OK && elbow_loading_walk_next(&walk, &rows))
        elbow_checking_add(&checking, rows);
    if (status == ELBOW_OK)
        status = elbow_checking_conclude(&checking, error);
    if (status == ELBOW_OK)
        status = check_others(loading, checking.sample, error);
    elbow_checking_end(&checking);
    return status;
}
