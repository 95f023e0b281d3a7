// SPDX-License-Identifier: BSD-3-Clause
// Loading a dataset: the transform of its scaled values. Statistics are over the rows of the dataset; without a
// reference, these are the rows of the training set.
#include "elbow/data/detail/learning.h"

#include "elbow/base/memory.h"
#include "elbow/data/detail/moments.h"
#include "elbow/data/detail/rows.h"
#include "elbow/data/facts.h"

#include <math.h>
#include <stdio.h>

// The source of rows for moments: all those that figures are of.
struct reader {
    const struct elbow_loading *loading;
    float *sample; // (D) workspace: rows are read as the model sees them; NULL: scaled, but not transformed
};

static void read_scaled(const void *user, uint64_t i, double *values)
{
    const struct elbow_loading *loading = ((const struct reader *)user)->loading;
    elbow_dataset_scaled(loading->dataset, elbow_loading_looked_row(loading, i), values);
}

static void read_known(const void *user, uint64_t i, float *known)
{
    const struct elbow_loading *loading = ((const struct reader *)user)->loading;
    elbow_dataset_known(loading->dataset, elbow_loading_looked_row(loading, i), known);
}

static void read_sample(const void *user, uint64_t i, double *values)
{
    const struct reader *reader = user;
    const struct elbow_loading *loading = reader->loading;
    elbow_dataset_sample(loading->dataset, elbow_loading_looked_row(loading, i), reader->sample);
    for (size_t d = 0; d < loading->dataset->values; ++d)
        values[d] = (double)reader->sample[d];
}

struct elbow_extremes elbow_loading_scaled_extremes(const struct elbow_dataset *dataset)
{
    double a = dataset->min * dataset->scale.factor + dataset->scale.offset;
    double b = dataset->max * dataset->scale.factor + dataset->scale.offset;
    return (struct elbow_extremes){fmin(a, b), fmax(a, b)};
}

// The reader must outlive the job.
static struct elbow_moments_job job_of(const struct reader *reader, struct elbow_extremes extremes)
{
    const struct elbow_dataset *dataset = reader->loading->dataset;
    return (struct elbow_moments_job){.comm = reader->loading->comm,
                                      .rows = dataset->looked,
                                      .values = dataset->values,
                                      .low = extremes.low,
                                      .high = extremes.high,
                                      .user = reader,
                                      .read = reader->sample != NULL ? read_sample : read_scaled,
                                      .known = elbow_dataset_has_known(dataset) ? read_known : NULL};
}

// The largest change of a scaled value by the noise that the model sees; 0 without noise. The noise is uniform between
// 0 and this.
static double noise_of(const struct elbow_loading *loading)
{
    return loading->request->demand.is_whole ? loading->dataset->scale.factor : 0;
}

static enum elbow_status refuse_value(const struct elbow_loading *loading, uint64_t row, size_t at, double value,
                                      struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    struct elbow_loading_spot spot = elbow_loading_locate(loading, row, elbow_loading_number(loading, at));
    char noise[80] = "";
    if (noise_of(loading) < 0)
        snprintf(noise, sizeof noise, " and noise down to %g (data.dequantize)", value + noise_of(loading));
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: row %llu holds %g (at index %llu) after scaling (%s)%s, but data.transform: %s needs "
                           "values above %g; set data.offset, or data.transform: asinh, which accepts any value",
                           spot.name, (unsigned long long)spot.row, value, (unsigned long long)spot.number,
                           dataset->scale.source, noise, elbow_transform_word(dataset->transform.kind),
                           elbow_transform_row(dataset->transform.kind)->above);
}

// Finds the first measured value that the transform cannot handle; there is one.
static enum elbow_status refuse_first(const struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    double above = elbow_transform_row(dataset->transform.kind)->above, *values = NULL;
    double least = fmin(noise_of(loading), 0);
    if (elbow_allocate(&values, dataset->values, sizeof *values, "a sample", error) != ELBOW_OK)
        return error->status;
    for (uint64_t i = 0; i < dataset->looked && error->status == ELBOW_OK; ++i) {
        uint64_t row = elbow_loading_looked_row(loading, i);
        elbow_dataset_scaled(dataset, row, values);
        size_t at = 0;
        while (at < dataset->values && (values[at] + least > above || !elbow_rows_knows(dataset, row, at)))
            ++at;
        if (at < dataset->values)
            refuse_value(loading, row, at, values[at], error);
    }
    elbow_release(&values);
    return error->status;
}

void elbow_loading_add_noise(const struct elbow_loading *loading, struct elbow_moments *moments)
{
    double noise = noise_of(loading);
    if (noise == 0)
        return;
    for (size_t j = 0; j < moments->values; ++j) {
        double most = fmax(moments->deviation[j], fabs(noise)); // whose square neither overflows nor vanishes
        double own = moments->deviation[j] / most, added = noise / most;
        moments->mean[j] += noise / 2;
        moments->deviation[j] = most * sqrt(own * own + added * added / 12);
    }
    moments->low += fmin(noise, 0);
    moments->high += fmax(noise, 0);
}

// Deviations of columns that vary, in units of `spread`. Those of images differ by nature, at their edges: a table's
// may be of other units.
static void note_columns(const struct elbow_moments *moments, double spread, struct elbow_dataset *dataset)
{
    double least = INFINITY, most = 0;
    if (dataset->rank != 1)
        return;
    for (size_t j = 0; j < moments->values; ++j) {
        double deviation = moments->deviation[j] / spread;
        least = deviation > 0 ? fmin(least, deviation) : least;
        most = fmax(most, deviation);
    }
    dataset->news.column_least = most > 0 ? least : 0;
    dataset->news.column_most = most;
}

enum elbow_status elbow_loading_fit(const struct elbow_loading *loading, struct elbow_moments *moments,
                                    struct elbow_error *error)
{
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_fit *fit = &dataset->transform;
    double low = moments->low, high = moments->high;
    elbow_loading_add_noise(loading, moments);
    size_t constant = elbow_fit_learn(moments, fit, dataset->news.first_constant, ELBOW_DATASET_CONSTANT);
    dataset->news.constant = fit->columns > 1 ? constant : 0;
    if (fit->columns == 1 && moments->values > 0)
        note_columns(moments, fit->numbers[1], dataset);
    if (elbow_fit_is_sound(fit))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: its values, from %g to %g after scaling (%s), span too wide a range for "
                           "data.transform: %s; scale the data with data.factor",
                           dataset->name, low, high, dataset->scale.source, elbow_transform_word(fit->kind));
}

// Collective. From the training set itself.
static enum elbow_status learn(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct reader reader = {.loading = loading};
    const struct elbow_moments_job job = job_of(&reader, elbow_loading_scaled_extremes(loading->dataset));
    struct elbow_moments moments;
    if (elbow_moments_take(&job, &moments, error) == ELBOW_OK)
        elbow_loading_fit(loading, &moments, error);
    elbow_moments_clear(&moments);
    return error->status;
}

enum elbow_status elbow_loading_check_transform(const struct elbow_loading *loading, struct elbow_error *error)
{
    double low = elbow_loading_scaled_extremes(loading->dataset).low;
    if (low + fmin(noise_of(loading), 0) > elbow_transform_row(loading->dataset->transform.kind)->above)
        return ELBOW_OK;
    return refuse_first(loading, error);
}

enum elbow_status elbow_loading_take_transform(struct elbow_loading *loading, struct elbow_error *error)
{
    const struct elbow_dataset_request *request = loading->request;
    struct elbow_dataset *dataset = loading->dataset;
    struct elbow_fit *fit = &dataset->transform;
    enum elbow_transform_kind kind =
        request->reference != NULL ? request->reference->transform.kind : request->transform;
    const struct elbow_transform *row = elbow_transform_row(kind);
    if (kind == ELBOW_TRANSFORM_NONE)
        return ELBOW_OK;
    if (request->reference != NULL)
        elbow_fit_copy(&request->reference->transform, fit, error);
    else
        elbow_fit_create(kind, dataset->values, fit, error);
    if (error->status == ELBOW_OK)
        elbow_loading_check_transform(loading, error);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK || request->reference != NULL || row->learn == NULL)
        return error->status;
    return learn(loading, error);
}

// Collective. Of the values as the model sees them, whose extremes are known; to be cleared, on failure too.
static enum elbow_status take_moments(struct elbow_loading *loading, struct elbow_moments *moments,
                                      struct elbow_error *error)
{
    const struct elbow_dataset *dataset = loading->dataset;
    struct reader reader = {.loading = loading};
    elbow_allocate(&reader.sample, dataset->values, sizeof(float), "a sample", error);
    if (elbow_comm_agree(loading->comm, error) == ELBOW_OK) {
        const struct elbow_moments_job job = job_of(&reader, (struct elbow_extremes){dataset->low, dataset->high});
        elbow_moments_take(&job, moments, error);
    }
    elbow_release(&reader.sample);
    return error->status;
}

// Values that are far from unit scale get a warning, which says whether columns have scales of their own.
static bool wants_columns(const struct elbow_loading *loading)
{
    const struct elbow_dataset *dataset = loading->dataset;
    return loading->request->reference == NULL && dataset->rank == 1 && dataset->values >= 2 &&
           dataset->deviation != 0 && elbow_dataset_is_far(dataset, &loading->request->demand);
}

void elbow_loading_use_seen(const struct elbow_loading *loading, const struct elbow_moments *moments)
{
    struct elbow_dataset *dataset = loading->dataset;
    if (dataset->transform.kind != ELBOW_TRANSFORM_NONE)
        elbow_moments_join(moments, &dataset->mean, &dataset->deviation);
    else if (wants_columns(loading))
        note_columns(moments, 1, dataset);
}

enum elbow_status elbow_loading_measure_transformed(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_moments moments = {0};
    if (loading->dataset->transform.kind == ELBOW_TRANSFORM_NONE && !wants_columns(loading))
        return ELBOW_OK;
    if (take_moments(loading, &moments, error) == ELBOW_OK)
        elbow_loading_use_seen(loading, &moments);
    elbow_moments_clear(&moments);
    return error->status;
}

static enum elbow_status fit_input(struct elbow_dataset *dataset, const struct elbow_moments *moments,
                                   struct elbow_error *error)
{
    elbow_fit_learn(moments, &dataset->input, NULL, 0);
    if (elbow_fit_is_sound(&dataset->input))
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_DATA,
                           "%s: its values, from %g to %g as the model sees them, span too wide a range for "
                           "model.input.transform: %s; scale the data with data.factor",
                           dataset->name, dataset->low, dataset->high, elbow_transform_word(dataset->input.kind));
}

// Collective. From the training set itself.
static enum elbow_status learn_input(struct elbow_loading *loading, struct elbow_error *error)
{
    struct elbow_moments moments = {0};
    if (take_moments(loading, &moments, error) == ELBOW_OK)
        fit_input(loading->dataset, &moments, error);
    elbow_moments_clear(&moments);
    return error->status;
}

enum elbow_status elbow_loading_take_input(struct elbow_loading *loading, const struct elbow_moments *seen,
                                           struct elbow_error *error)
{
    const struct elbow_data_facts *reference = loading->request->reference;
    struct elbow_dataset *dataset = loading->dataset;
    bool has_range = reference != NULL && reference->has_range;
    enum elbow_transform_kind kind = reference != NULL ? reference->input.kind : loading->request->input;
    const struct elbow_transform *row = elbow_transform_row(kind);
    dataset->trained_min = has_range ? reference->min : dataset->min;
    dataset->trained_max = has_range ? reference->max : dataset->max;
    if (kind == ELBOW_TRANSFORM_NONE)
        return ELBOW_OK;
    if (reference != NULL)
        elbow_fit_copy(&reference->input, &dataset->input, error);
    else
        elbow_fit_create(kind, dataset->values, &dataset->input, error);
    double least = dataset->low + fmin(noise_of(loading), 0);
    if (error->status == ELBOW_OK && !(least > row->above))
        elbow_error_set(error, ELBOW_DATA,
                        "%s: holds values down to %g as the model sees them, but model.input.transform: %s needs "
                        "values above %g; set model.input.transform: asinh, which accepts any value",
                        dataset->name, least, elbow_transform_word(kind), row->above);
    if (elbow_comm_agree(loading->comm, error) != ELBOW_OK || reference != NULL || row->learn == NULL)
        return error->status;
    return seen != NULL ? fit_input(dataset, seen, error) : learn_input(loading, error);
}
