// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, third part: what follows from all rows together, which is the scaling, and whether the values may
// be what the model demands.
#include "elbow/data/detail/loading.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/facts.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Missing values have no likelihood, and any number in their place would be taken for data.
static enum elbow_status refuse_missing(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    size_t at = (size_t)(loading->figures.first_missing % dataset->values);
    struct elbow_loading_spot spot = elbow_loading_locate(loading, loading->figures.first_missing / dataset->values,
                                                          elbow_loading_number(loading, at));
    double value = elbow_rows_at(dataset, loading->figures.first_missing);
    bool is_outside = dataset->missing.has_range && (value < dataset->missing.low || value > dataset->missing.high);
    bool is_here = strcmp(spot.name, dataset->name) == 0;
    const char *rules = is_outside ? dataset->packing.range_rules : dataset->packing.value_rules;
    if (rules[0] == 0)
        rules = "as in the training data";
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: %llu of %llu values are missing (%s), the first in row %llu%s%s (number %llu of the "
                           "row, %.9g as stored); fill "
                           "them in, or leave out the rows (data.rows) or columns (data.columns) that have them%s",
                           dataset->name, (unsigned long long)loading->figures.missing,
                           (unsigned long long)(dataset->samples * dataset->values), rules,
                           (unsigned long long)spot.row, is_here ? "" : " of ", is_here ? "" : spot.name,
                           (unsigned long long)spot.number, value,
                           elbow_loading_may_let_in(loading, ELBOW_MISSING_FILL) ? ", or set data.missing: fill" : "");
}

// Where a scaling comes from, of which keys give a part and attributes the others.
static void name_source(const struct elbow_loading *loading, const char *factor, const char *offset,
                        struct elbow_scale *scale)
{
    const struct elbow_dataset_request *request = loading->request;
    bool is_own =
        (factor == NULL || strcmp(factor, "factor") == 0) && (offset == NULL || strcmp(offset, "offset") == 0);
    if (factor == NULL && offset == NULL && request->has_factor)
        snprintf(scale->source, sizeof scale->source, "data.factor and data.offset");
    else if (factor == NULL && offset == NULL)
        snprintf(scale->source + strlen(scale->source), sizeof scale->source - strlen(scale->source),
                 ", and data.offset");
    else if (request->has_factor || request->has_offset)
        snprintf(scale->source, sizeof scale->source, "data.%s and the attribute %s",
                 request->has_factor ? "factor" : "offset", factor != NULL ? factor : offset);
    else if (is_own)
        snprintf(scale->source, sizeof scale->source, "the dataset's attributes");
    else
        snprintf(scale->source, sizeof scale->source, "the attribute%s %s%s%s",
                 factor != NULL && offset != NULL ? "s" : "", factor != NULL ? factor : "",
                 factor != NULL && offset != NULL ? " and " : "", offset != NULL ? offset : "");
}

enum { BYTES_FEW = 63 }; // a quarter of 255: images are brighter somewhere

// Bytes that never come near 255 are seldom levels of it: counts of pixels, grades, categories.
static void doubt_bytes(struct elbow_dataset *dataset, enum elbow_transform_kind transform)
{
    if (strcmp(dataset->scale.source, ELBOW_SCALE_BYTES) != 0 || dataset->max > BYTES_FEW ||
        transform != ELBOW_TRANSFORM_NONE)
        return;
    snprintf(dataset->news.doubt, sizeof dataset->news.doubt,
             " holds bytes up to %g, which are divided by 255 as levels of grey are, and so reach %.3g only; if %g is "
             "the most that they can be, set data.factor: %.9g",
             dataset->max, dataset->max * dataset->scale.factor, dataset->max, 1 / dataset->max);
}

// A key comes before its attribute, an attribute before what would be taken without both.
static void choose_scale(struct elbow_loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_packing_number *factor = &dataset->packing.factor, *offset = &dataset->packing.offset;
    struct elbow_scale *scale = &dataset->scale;
    bool takes_factor = factor->name != NULL && !request->has_factor;
    bool takes_offset = offset->name != NULL && !request->has_offset;
    *scale = elbow_scale_automatic(dataset->element, dataset->max, request->demand.support);
    if (request->demand.support == ELBOW_SUPPORT_LEVEL) {
        scale->factor = 1 / request->demand.most;
        snprintf(scale->source, sizeof scale->source, "levels are divided by %.9g", request->demand.most);
    }
    if (takes_factor || takes_offset || request->has_factor)
        scale->factor = request->has_factor ? request->factor : factor->value;
    if (takes_offset || request->has_offset)
        scale->offset = request->has_offset ? request->offset : offset->value;
    if (takes_factor || takes_offset || request->has_factor || request->has_offset)
        name_source(loading, takes_factor ? factor->name : NULL, takes_offset ? offset->name : NULL, scale);
    dataset->news.beats_factor = request->has_factor && factor->name != NULL && factor->value != request->factor;
    dataset->news.beats_offset = request->has_offset && offset->name != NULL && offset->value != request->offset;
    doubt_bytes(dataset, request->transform);
}

// Of the reference, whatever keys and attributes say.
static void take_scale(struct elbow_loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    const struct elbow_packing_number *factor = &dataset->packing.factor, *offset = &dataset->packing.offset;
    dataset->scale = request->reference->scale;
    bool knows_factor = request->is_resumed && request->has_factor,
         knows_offset = request->is_resumed && request->has_offset;
    dataset->news.has_other_scale =
        request->is_settled && ((factor->name != NULL && factor->value != dataset->scale.factor && !knows_factor) ||
                                (offset->name != NULL && offset->value != dataset->scale.offset && !knows_offset));
    dataset->news.unread = loading->figures.unread;
    if (dataset->news.unread == 0)
        return;
    struct elbow_loading_spot spot = elbow_loading_locate(loading, loading->figures.first_unread / dataset->values, 0);
    dataset->news.first_unread = spot.row;
    if (strcmp(spot.name, dataset->name) != 0)
        memcpy(dataset->news.unread_in, spot.name, sizeof spot.name);
}

// Local. Scaling, mean and deviation; whether the scaling of others makes sense here. All ranks have the same figures,
// and the same answer.
static enum elbow_status settle_scale(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    if (loading->figures.missing > 0)
        return refuse_missing(loading, error);
    if (request->reference != NULL)
        take_scale(loading);
    else
        choose_scale(loading);
    dataset->mean = loading->figures.mean * dataset->scale.factor + dataset->scale.offset;
    dataset->deviation = loading->figures.deviation * fabs(dataset->scale.factor);
    if (request->reference == NULL || request->is_same)
        return ELBOW_OK;
    return elbow_dataset_check_scale(dataset, request, error);
}

// " and data.transform: log1p"
static void tell_transform(const struct elbow_dataset *dataset, char *text, size_t size)
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
    tell_transform(loading->dataset, transform, sizeof transform);
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds a value (number %llu of the row) that is beyond a 32-bit float "
                           "after scaling (%s)%s; scale the data with data.factor",
                           spot.name, (unsigned long long)spot.row, (unsigned long long)spot.number,
                           loading->dataset->scale.source, transform);
}

// Scaling is monotone: without a transform the extremes are those of what is stored. True if all values are floats.
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

// Values of 64 bits, or a large factor, may leave the range of a float. Every rank looks through the rows that it has
// read, where it has to.
static enum elbow_status check_range(struct elbow_loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    if (dataset->transform.kind == ELBOW_TRANSFORM_NONE && scale_extremes(dataset))
        return ELBOW_OK;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    float low = INFINITY, high = -INFINITY;
    for (uint64_t row = range.first; row < range.last; ++row) {
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
    dataset->low = (double)low;
    dataset->high = (double)high;
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

// Whether a value lies beyond what the transform has learned of other rows: no scaling helps that comes before it.
static bool is_beyond(const struct elbow_loading *loading)
{
    const struct elbow_transform *row = elbow_transform_row(loading->dataset->transform.kind);
    return row->learn != NULL && loading->request->reference != NULL;
}

// What cures a value. Counts, classes and levels are taken as stored: another factor makes no such numbers of others,
// but one that was set may have spoilt them.
static void tell_cure(const struct elbow_loading *loading, const struct elbow_demand *demand, float value, char *text,
                      size_t size)
{
    const struct elbow_dataset *dataset = loading->dataset;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    bool is_level = demand->support == ELBOW_SUPPORT_LEVEL, is_counted = demand->support == ELBOW_SUPPORT_COUNT;
    bool is_scaled = dataset->scale.factor != 1 || dataset->scale.offset != 0;
    if (is_beyond(loading))
        snprintf(text, size,
                 "train on rows that hold the whole range, or set data.factor and data.offset by known "
                 "bounds in place of data.transform, or");
    else if (is_counted && is_scaled)
        snprintf(text, size, "set data.factor: 1 and data.offset: 0 if the stored values are such numbers, or");
    else if (is_counted && is_bounded(demand) && value > demand->most)
        snprintf(text, size, "let the options of model.likelihood take larger numbers, or set");
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
    tell_cure(loading, demand, value, cure, sizeof cure);
    tell_transform(loading->dataset, transform, sizeof transform);
    if (is_bounded(demand))
        snprintf(most, sizeof most, demand->support == ELBOW_SUPPORT_LEVEL ? " in steps of 1/%.9g" : " to %.9g",
                 demand->most);
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: row %llu holds %g (number %llu of the row) after scaling (%s)%s%s, but %s: %s needs %s%s; %s", spot.name,
        (unsigned long long)spot.row, (double)value, (unsigned long long)spot.number, loading->dataset->scale.source,
        transform, is_beyond(loading) ? ", beyond the range of the training rows" : "", demand->key, demand->word,
        elbow_support_name(demand->support), most, cure);
}

static enum elbow_status refuse_fraction(const struct elbow_loading *loading, uint64_t row, size_t at, double value,
                                         struct elbow_error *error)
{
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, elbow_loading_number(loading, at));
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds %g (number %llu of the row) as stored, but data.dequantize: true is for "
                           "whole numbers; remove it, or store whole numbers with data.factor",
                           spot.name, (unsigned long long)spot.row, value, (unsigned long long)spot.number);
}

// Likewise: only floats may have fractions.
static enum elbow_status check_whole(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    if (!loading->request->demand.is_whole || !elbow_element_is_float(dataset->element))
        return ELBOW_OK;
    for (uint64_t row = range.first; row < range.last; ++row)
        for (size_t i = 0; i < dataset->values; ++i) {
            double value = elbow_rows_at(dataset, row * dataset->values + i);
            if (value != floor(value))
                return refuse_fraction(loading, row, i, value, error);
        }
    return ELBOW_OK;
}

// Every rank looks through the rows that it has read.
static enum elbow_status check_support(struct elbow_loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_demand demand = {0};
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    for (uint64_t row = range.first; row < range.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0, last = 0; i < dataset->values; ++i) {
            if (i == 0 || i > last)
                demand = elbow_demand_of_column(&loading->request->demand, i, &last);
            if (!is_of(&demand, sample[i]))
                return refuse_value(loading, &demand, row, i, sample[i], error);
            bool is_asked = !demand.is_of_part || demand.support == ELBOW_SUPPORT_BINARY;
            dataset->is_binary = dataset->is_binary && (!is_asked || sample[i] == 0 || sample[i] == 1);
        }
    }
    return ELBOW_OK;
}

enum elbow_status elbow_loading_settle(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    elbow_comm_min(loading->comm, &dataset->min, 1);
    elbow_comm_max(loading->comm, &dataset->max, 1);
    if (elbow_loading_measure(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_settle_known(loading, error) != ELBOW_OK)
        return error->status;
    if (elbow_loading_doubt_sentinels(loading, error) != ELBOW_OK)
        return error->status;
    settle_scale(loading, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK || elbow_loading_take_transform(loading, error) != ELBOW_OK)
        return error->status;
    float *sample = NULL;
    enum elbow_support support = loading->request->demand.support;
    dataset->is_binary = support == ELBOW_SUPPORT_UNIT || support == ELBOW_SUPPORT_BINARY ||
                         elbow_demand_word(&loading->request->demand, ELBOW_SUPPORT_BINARY) != NULL;
    if (elbow_allocate(&sample, dataset->values, sizeof(float), "a sample", error) == ELBOW_OK &&
        check_range(loading, sample, error) == ELBOW_OK && check_whole(loading, error) == ELBOW_OK &&
        support != ELBOW_SUPPORT_REAL)
        check_support(loading, sample, error);
    elbow_release(&sample);
    double binary = dataset->is_binary;
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_min(loading->comm, &binary, 1);
    elbow_comm_min(loading->comm, &dataset->low, 1);
    elbow_comm_max(loading->comm, &dataset->high, 1);
    dataset->is_binary = binary != 0;
    enum elbow_status status = elbow_loading_measure_transformed(loading, error);
    return status == ELBOW_OK ? elbow_loading_take_input(loading, error) : status;
}
