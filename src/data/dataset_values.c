// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, third part: what follows from all rows together, which is the scaling, and whether the scaled
// values may be what the model demands.
#include "elbow/data/detail/loading.h"

#include "elbow/base/memory.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <stdio.h>

static void learn_scale(struct elbow_loading *loading)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_transform_facts facts = {.element = dataset->element,
                                          .min = dataset->min,
                                          .max = dataset->max,
                                          .support = loading->request->demand.support};
    elbow_transform_row(dataset->scale.kind)->learn(&facts, &dataset->scale);
}

static void choose_scale(struct elbow_loading *loading)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_scale *scale = &loading->dataset->scale;
    if (loading->has_attributes) {
        *scale = loading->attributes;
        if (request->has_factor || request->has_offset)
            snprintf(scale->source, sizeof scale->source, "the dataset's attributes, which come before data.factor");
    } else if (request->fixed_scale != NULL)
        *scale = *request->fixed_scale;
    else if (request->has_factor)
        *scale = (struct elbow_scale){.factor = request->factor,
                                      .offset = request->has_offset ? request->offset : 0,
                                      .source = "data.factor and data.offset"};
    else
        learn_scale(loading);
    bool is_automatic = !loading->has_attributes && request->fixed_scale == NULL && !request->has_factor;
    if (is_automatic && request->has_offset)
        scale->offset = request->offset;
}

// Values of 64 bits, or a large factor, may leave the range of a float. Looked for row by row only where the extremes
// do: a transform is monotone.
static enum elbow_status check_range(struct elbow_loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    const double stored[] = {dataset->min, dataset->max};
    float extremes[2];
    elbow_transform_row(dataset->scale.kind)->forward(&dataset->scale, ELBOW_ELEMENT_FLOAT64, stored, 2, extremes);
    if (isfinite(extremes[0]) && isfinite(extremes[1]))
        return ELBOW_OK;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    for (uint64_t row = range.first; row < range.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0; i < dataset->values; ++i)
            if (!isfinite(sample[i]))
                return elbow_error_set(
                    error, ELBOW_DATA,
                    "%s: row %llu holds a value (number %zu of the row) that is beyond a 32-bit float "
                    "after scaling (%s); scale the data with data.factor",
                    dataset->name, (unsigned long long)row, i, dataset->scale.source);
    }
    return ELBOW_OK;
}

static bool is_of(enum elbow_support support, float value)
{
    switch (support) {
    case ELBOW_SUPPORT_REAL:
        return true;
    case ELBOW_SUPPORT_UNIT:
    case ELBOW_SUPPORT_BINARY:
        return value >= 0 && value <= 1;
    case ELBOW_SUPPORT_COUNT:
        return value >= 0 && value == floorf(value);
    }
    return false;
}

static enum elbow_status refuse_value(const struct elbow_loading *loading, uint64_t row, size_t number, float value,
                                      struct elbow_error *error)
{
    const struct elbow_demand *demand = &loading->request->demand;
    char words[ELBOW_LIKELIHOOD_WORDS_SIZE];
    elbow_config_likelihoods(ELBOW_SUPPORT_REAL, words);
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: row %llu holds %g (number %zu of the row) after scaling (%s), but %s: %s needs %s; set %s, or "
        "model.likelihood: %s",
        loading->dataset->name, (unsigned long long)row, (double)value, number, loading->dataset->scale.source,
        demand->key, demand->word, elbow_support_name(demand->support),
        loading->has_attributes ? "the attributes factor and offset (elbow-import --factor)"
                                : "data.factor and data.offset",
        words);
}

// Every rank looks through the rows that it has read.
static enum elbow_status check_support(struct elbow_loading *loading, float *sample, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    enum elbow_support support = loading->request->demand.support;
    uint64_t piece, row_bytes = dataset->values * elbow_element_size(dataset->element);
    struct elbow_range range = elbow_loading_rows(loading, &loading->info, row_bytes, dataset->rows.is_shared, &piece);
    for (uint64_t row = range.first; row < range.last; ++row) {
        elbow_dataset_sample(dataset, row, sample);
        for (size_t i = 0; i < dataset->values; ++i) {
            if (!is_of(support, sample[i]))
                return refuse_value(loading, row, i, sample[i], error);
            dataset->is_binary = dataset->is_binary && (sample[i] == 0 || sample[i] == 1);
        }
    }
    return ELBOW_OK;
}

enum elbow_status elbow_loading_settle(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    elbow_comm_min(loading->comm, &dataset->min, 1);
    elbow_comm_max(loading->comm, &dataset->max, 1);
    choose_scale(loading);
    float *sample = NULL;
    enum elbow_support support = loading->request->demand.support;
    dataset->is_binary = support == ELBOW_SUPPORT_UNIT || support == ELBOW_SUPPORT_BINARY;
    if (elbow_allocate(&sample, dataset->values, sizeof(float), "a sample", error) == ELBOW_OK &&
        check_range(loading, sample, error) == ELBOW_OK && support != ELBOW_SUPPORT_REAL)
        check_support(loading, sample, error);
    elbow_release(&sample);
    double binary = dataset->is_binary;
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK)
        return error->status;
    elbow_comm_min(loading->comm, &binary, 1);
    dataset->is_binary = binary != 0;
    return ELBOW_OK;
}
