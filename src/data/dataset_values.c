// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset, third part: the scaling, which depends on all rows together.
#include "elbow/data/detail/learning.h"

#include "elbow/data/detail/rows.h"
#include "elbow/data/facts.h"
#include "elbow/parallel/collectives.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Missing values have no likelihood, and any number in their place would be used as data.
static enum elbow_status refuse_missing(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    size_t at = (size_t)(loading->figures.first_missing % dataset->values);
    struct elbow_loading_spot spot = elbow_loading_locate(loading, loading->figures.first_missing / dataset->values,
                                                          elbow_loading_number(loading, at));
    double value = elbow_rows_at(dataset, loading->figures.first_missing);
    bool is_here = strcmp(spot.name, dataset->name) == 0;
    return elbow_error_set(
        error, ELBOW_DATA,
        "%s: %llu of %llu values are missing (%s), the first in row %llu%s%s (at index %llu, %.9g as stored); fill "
        "them in, or leave out the rows (data.rows) or columns (data.columns) that have them%s",
        dataset->name, (unsigned long long)loading->figures.missing,
        (unsigned long long)(dataset->looked * dataset->values), elbow_loading_missing_rules(dataset, value),
        (unsigned long long)spot.row, is_here ? "" : " of ", is_here ? "" : spot.name, (unsigned long long)spot.number,
        value, elbow_loading_may_let_in(loading, ELBOW_MISSING_FILL) ? ", or set data.missing: fill" : "");
}

// The source of a scaling, in which keys give one part and attributes the other.
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

// Bytes that stay far below 255 are rarely grey levels: counts of pixels, grades, categories.
static void doubt_bytes(struct elbow_dataset *dataset, enum elbow_transform_kind transform)
{
    if (strcmp(dataset->scale.source, ELBOW_SCALE_BYTES) != 0 || dataset->max > BYTES_FEW ||
        transform != ELBOW_TRANSFORM_NONE)
        return;
    snprintf(dataset->news.doubt, sizeof dataset->news.doubt,
             " holds bytes up to %g, which are divided by 255 like grey levels, and so only reach %.3g; if %g is the "
             "largest possible value, set data.factor: %.9g",
             dataset->max, dataset->max * dataset->scale.factor, dataset->max, 1 / dataset->max);
}

// A key overrides its attribute, and an attribute the default.
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

// That of the reference, whatever keys and attributes say.
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

void elbow_loading_guess_scale(struct elbow_loading *loading, double most)
{
    loading->dataset->max = most;
    choose_scale(loading);
    loading->dataset->max = -INFINITY;
}

// Those of scaled values, from the figures.
static void scale_mean(struct elbow_loading *loading)
{
    struct elbow_dataset *dataset = loading->dataset;
    dataset->mean = loading->figures.mean * dataset->scale.factor + dataset->scale.offset;
    dataset->deviation = loading->figures.deviation * fabs(dataset->scale.factor);
}

enum elbow_status elbow_loading_settle_scale(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    if (loading->figures.missing > 0)
        return refuse_missing(loading, error);
    if (request->reference != NULL)
        take_scale(loading);
    else
        choose_scale(loading);
    scale_mean(loading);
    if (request->reference == NULL || request->is_same)
        return ELBOW_OK;
    return elbow_dataset_check_scale(dataset, request, error);
}

enum elbow_status elbow_loading_agree_check(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    double binary = dataset->is_binary;
    if (elbow_loading_agree(loading, error) != ELBOW_OK)
        return error->status;
    elbow_comm_min(loading->comm, &binary, 1);
    elbow_comm_min(loading->comm, &dataset->low, 1);
    elbow_comm_max(loading->comm, &dataset->high, 1);
    dataset->is_binary = binary != 0;
    return ELBOW_OK;
}
