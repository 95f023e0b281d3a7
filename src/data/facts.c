// SPDX-License-Identifier: BSD-3-Clause
// Facts that are kept about the data, and whether other data may use the same scaling. Ranges are compared by
// magnitude: data may differ considerably, but not by a factor that only another unit, or another kind of storage,
// explains.
#include "elbow/data/facts.h"

#include "elbow/data/through.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Ordinary values that are used as stored are not larger than this. The factor by which ranges may differ; it is larger
// if only the width of the type differs, or nothing.
static const double USUAL_MAX = 16, RATIO = 10, RATIO_ALIKE = 100;

// Pictures of standardized columns show this many deviations on each side.
static const double DEVIATIONS = 3;

struct elbow_data_facts elbow_data_facts_of(const struct elbow_dataset *dataset)
{
    struct elbow_data_facts facts = {.samples = dataset->samples,
                                     .values = dataset->values,
                                     .rank = dataset->rank,
                                     .scale = dataset->scale,
                                     .transform = dataset->transform,
                                     .conditions = dataset->conditions,
                                     .classes = dataset->classes.names,
                                     .input = dataset->input,
                                     .missing = dataset->missing,
                                     .has_range = !dataset->is_synthetic && dataset->through == NULL,
                                     .through_hash = dataset->through != NULL ? dataset->through->hash : 0,
                                     .element = dataset->element,
                                     .min = dataset->min,
                                     .hash = dataset->hash,
                                     .max = dataset->max,
                                     .mean = dataset->mean,
                                     .size = dataset->has_sizes ? dataset->mean_size : 0,
                                     .page_rows = dataset->page_table.page_rows,
                                     .layout = dataset->layout};
    memcpy(facts.shape, dataset->shape, sizeof facts.shape);
    return facts;
}

// The range of the scaled values of the training data, for a picture of them.
static struct elbow_shades of_scaled(const struct elbow_data_facts *data, bool has_noise)
{
    double last = data->max + (has_noise ? 1 : 0);
    double a = data->min * data->scale.factor + data->scale.offset, b = last * data->scale.factor + data->scale.offset;
    return (struct elbow_shades){.black = fmin(a, b), .white = fmax(a, b)};
}

// The range of the model's values, for a picture of them. Columns with their own numbers are shown in deviations.
static struct elbow_shades of_transformed(const struct elbow_fit *fit, struct elbow_shades scaled)
{
    const struct elbow_transform *row = elbow_transform_row(fit->kind);
    if (row->columns == ELBOW_COLUMNS_EACH)
        return (struct elbow_shades){.black = -DEVIATIONS, .white = DEVIATIONS};
    row->forward(fit, 0, 1, &scaled.black);
    row->forward(fit, 0, 1, &scaled.white);
    return scaled;
}

struct elbow_shades elbow_data_shades(const struct elbow_data_facts *data, const struct elbow_config *config,
                                      bool is_transformed)
{
    struct elbow_demand demand = elbow_config_demand(config);
    struct elbow_shades shades = {.black = 0, .white = 1};
    bool is_count = demand.support == ELBOW_SUPPORT_COUNT, is_bounded = demand.most > 0 && isfinite(demand.most);
    bool is_turned = data->transform.kind != ELBOW_TRANSFORM_NONE && config->data.binarize == ELBOW_BINARIZE_NONE;
    if (is_count && is_bounded)
        shades.white = demand.most;
    else if (data->has_range && (is_count || is_turned))
        shades = of_scaled(data, demand.is_whole);
    if (data->has_range && is_turned && is_transformed)
        shades = of_transformed(&data->transform, shades);
    if (is_count || shades.black > 0)
        shades.black = 0;
    if (!(shades.white > shades.black))
        shades.white = shades.black + 1;
    return shades;
}

static bool is_source(const struct elbow_scale *scale, const char *source)
{
    return strcmp(scale->source, source) == 0;
}

static double magnitude(double min, double max)
{
    return fmax(fabs(min), fabs(max));
}

// The default: bytes become values from 0 to 1.
static bool is_of_bytes(const struct elbow_scale *scale)
{
    return scale->factor == 1.0 / 255 && scale->offset == 0;
}

static bool is_as_stored(const struct elbow_scale *scale)
{
    return scale->factor == 1 && scale->offset == 0;
}

// Type and range of the data for which a scaling was found; a checkpoint of 0.1 does not contain them.
struct origin {
    enum elbow_element element;
    double min, max;
    bool is_guess;
};

static struct origin origin_of(const struct elbow_data_facts *facts)
{
    if (facts->has_range)
        return (struct origin){facts->element, facts->min, facts->max, false};
    if (is_of_bytes(&facts->scale))
        return (struct origin){ELBOW_ELEMENT_UINT8, 0, 255, false};
    return (struct origin){ELBOW_ELEMENT_FLOAT32, -USUAL_MAX, USUAL_MAX, true};
}

enum verdict { FITS, DOUBTFUL, CONTRADICTS };

// Bytes above 1 that a model without counts was trained on would have been divided by 255.
static bool would_be_divided(const struct elbow_dataset *dataset, enum elbow_support support)
{
    return dataset->element == ELBOW_ELEMENT_UINT8 && dataset->max > 1 && support != ELBOW_SUPPORT_COUNT;
}

static enum verdict judge(const struct elbow_dataset *dataset, const struct origin *origin,
                          const struct elbow_data_facts *facts, enum elbow_support support)
{
    double here = magnitude(dataset->min, dataset->max), there = magnitude(origin->min, origin->max);
    if (here == 0 || there == 0)
        return FITS; // nothing to compare
    bool is_float = elbow_element_is_float(dataset->element);
    if (origin->is_guess) {
        if (is_source(&facts->scale, ELBOW_SCALE_STORED) && would_be_divided(dataset, support))
            return CONTRADICTS;
        return is_as_stored(&facts->scale) && here > RATIO * there ? DOUBTFUL : FITS;
    }
    bool is_alike = dataset->element == origin->element || (is_float && elbow_element_is_float(origin->element));
    double ratio = here > there ? here / there : there / here;
    if (is_alike) {
        bool is_other_type = dataset->element != origin->element;
        return ratio <= RATIO ? FITS : ratio > RATIO_ALIKE && is_other_type ? CONTRADICTS : DOUBTFUL;
    }
    bool lies_inside = !is_float && dataset->max > 1 && dataset->min >= origin->min && dataset->max <= origin->max;
    bool is_negative = origin->min >= 0 && dataset->min < -0.1 * there;
    // Levels and fractions of levels: bytes alone differ no more than other data do.
    bool has_other_unit = !is_float && origin->min >= 0 && origin->max <= 1 && dataset->max > 1;
    if (ratio <= RATIO && !is_negative && has_other_unit)
        return DOUBTFUL;
    return (ratio > RATIO && !lies_inside) || is_negative ? CONTRADICTS : FITS;
}

// Rows that were held back from the same dataset have its scaling in any case.
static bool is_share(const struct elbow_dataset_request *request)
{
    return request->select.share > 0 && request->select.is_valid;
}

static void doubt(struct elbow_dataset *dataset, const struct elbow_dataset_request *request,
                  const struct origin *origin, const char *text)
{
    if (is_share(request) && !origin->is_guess)
        snprintf(dataset->news.doubt, sizeof dataset->news.doubt,
                 ": the held-back rows range from %g to %g, and the training set from %g to %g; a few values far from "
                 "all others dominate the figures: look for outliers",
                 dataset->min, dataset->max, origin->min, origin->max);
    else
        snprintf(dataset->news.doubt, sizeof dataset->news.doubt,
                 " %s; data.factor and data.offset should bring both to one scale", text);
}

enum elbow_status elbow_dataset_check_scale(struct elbow_dataset *dataset, const struct elbow_dataset_request *request,
                                            struct elbow_error *error)
{
    const struct elbow_data_facts *facts = request->reference;
    struct origin origin = origin_of(facts);
    enum verdict verdict = judge(dataset, &origin, facts, request->demand.support);
    if (verdict == FITS)
        return ELBOW_OK;
    char text[400], there[120];
    if (origin.is_guess && verdict == CONTRADICTS)
        snprintf(there, sizeof there, "other values, or would have divided such bytes by 255");
    else if (origin.is_guess)
        snprintf(there, sizeof there, "smaller values");
    else
        snprintf(there, sizeof there, "%s from %g to %g", elbow_element_name(origin.element), origin.min, origin.max);
    snprintf(text, sizeof text, "is %s from %g to %g, but %.100s %s %s, and their scaling is used (%s)",
             elbow_element_name(dataset->element), dataset->min, dataset->max, request->reference_name,
             request->is_settled ? "was trained on" : "holds", there, facts->scale.source);
    if (verdict == DOUBTFUL) {
        doubt(dataset, request, &origin, text);
        return ELBOW_OK;
    }
    return elbow_error_set(error, ELBOW_MISMATCH, "%.900s: %s; store both alike, in one type and unit", dataset->name,
                           text);
}
