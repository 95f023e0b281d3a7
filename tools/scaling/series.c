// SPDX-License-Identifier: BSD-3-Clause
// From measurements to rows: spreads, speed-up, efficiency, the knee, and losses.
#include "scaling.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

// The value below which `share` of the sorted values lie, between neighbours in proportion.
static double quantile(const double *sorted, size_t count, double share)
{
    double place = share * (double)(count - 1);
    size_t below = (size_t)place, above = below + 1 < count ? below + 1 : below;
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

struct scaling_spread scaling_spread_of(double *values, size_t count)
{
    ELBOW_CHECK(count >= 1);
    qsort(values, count, sizeof *values, compare);
    return (struct scaling_spread){.least = values[0],
                                   .lower = quantile(values, count, 0.25),
                                   .median = quantile(values, count, 0.5),
                                   .upper = quantile(values, count, 0.75),
                                   .most = values[count - 1]};
}

struct scaling_row *scaling_table_add(struct scaling_table *table, struct elbow_error *error)
{
    if (table->count == table->capacity) {
        struct scaling_row *rows;
        size_t capacity = table->capacity == 0 ? 16 : 2 * table->capacity;
        if (elbow_allocate(&rows, capacity, sizeof *rows, "the table", error) != ELBOW_OK)
            return NULL;
        if (table->count > 0)
            memcpy(rows, table->rows, table->count * sizeof *rows);
        elbow_release(&table->rows);
        table->rows = rows;
        table->capacity = capacity;
    }
    table->rows[table->count] = (struct scaling_row){0};
    return &table->rows[table->count++];
}

void scaling_table_clear(struct scaling_table *table)
{
    elbow_release(&table->rows);
    *table = (struct scaling_table){0};
}

static bool is_same_point(const struct scaling_sample *a, const struct scaling_sample *b)
{
    return a->kind == b->kind && a->mode == b->mode && a->ranks == b->ranks && a->nodes == b->nodes &&
           a->threads == b->threads;
}

// The samples of one point, and those of the point that it is compared with.
struct point {
    const struct scaling_sample *first, *base;
    size_t count, base_count;
    double *values; // room for count
};

typedef double (*figure)(const struct scaling_sample *sample);

static double step_of(const struct scaling_sample *sample)
{
    return sample->step;
}
static double rate_of(const struct scaling_sample *sample)
{
    return sample->samples_per_s;
}
static double compute_of(const struct scaling_sample *sample)
{
    return sample->compute;
}
static double exchange_of(const struct scaling_sample *sample)
{
    return sample->exchange;
}
static double data_of(const struct scaling_sample *sample)
{
    return sample->data;
}
static double compute_seconds_of(const struct scaling_sample *sample)
{
    return sample->compute_seconds;
}
static double update_seconds_of(const struct scaling_sample *sample)
{
    return sample->update_seconds;
}

static double cores_busy_of(const struct scaling_sample *sample)
{
    return sample->cores_busy / sample->threads;
}

bool scaling_row_is_crowded(const struct scaling_row *row)
{
    return row->cores_busy < SCALING_BUSY_LEAST;
}

static struct scaling_spread spread(const struct point *point, figure value)
{
    for (size_t i = 0; i < point->count; ++i)
        point->values[i] = value(&point->first[i]);
    return scaling_spread_of(point->values, point->count);
}

// The base's rate in this repeat, or where it has none the median of all that it has.
static double base_rate(const struct point *point, int repeat, double median)
{
    for (size_t i = 0; i < point->base_count; ++i)
        if (point->base[i].repeat == repeat)
            return point->base[i].samples_per_s;
    return median;
}

static struct scaling_spread speedups(const struct point *point, double base_median)
{
    for (size_t i = 0; i < point->count; ++i)
        point->values[i] = point->first[i].samples_per_s / base_rate(point, point->first[i].repeat, base_median);
    return scaling_spread_of(point->values, point->count);
}

static struct scaling_spread scaled(struct scaling_spread spread, double factor)
{
    return (struct scaling_spread){spread.least * factor, spread.lower * factor, spread.median * factor,
                                   spread.upper * factor, spread.most * factor};
}

static void fill_row(const struct point *point, double base_median, struct scaling_row *row)
{
    const struct scaling_sample *first = point->first;
    *row = (struct scaling_row){.kind = first->kind,
                                .mode = first->mode,
                                .ranks = first->ranks,
                                .nodes = first->nodes,
                                .threads = first->threads,
                                .repeats = (int)point->count,
                                .batch = first->batch,
                                .microbatch = first->microbatch,
                                .microbatches = first->microbatches,
                                .parameters = first->parameters};
    row->step = spread(point, step_of);
    row->samples_per_s = spread(point, rate_of);
    row->compute = spread(point, compute_of).median;
    row->exchange = spread(point, exchange_of).median;
    row->data = spread(point, data_of).median;
    row->compute_seconds = spread(point, compute_seconds_of).median;
    row->update_seconds = spread(point, update_seconds_of).median;
    row->cores_busy = first->kind == SCALING_MEASURED ? spread(point, cores_busy_of).least : NAN;
    row->speedup = speedups(point, base_median);
    row->efficiency = scaled(row->speedup, (double)point->base->ranks / (double)first->ranks);
}

// Constants of a series: without them, ratios would compare different things.
static enum elbow_status check_alike(const struct scaling_sample *base, const struct scaling_sample *sample,
                                     struct elbow_error *error)
{
    uint64_t expected = base->batch;
    if (base->mode == SCALING_WEAK)
        expected = base->batch * (uint64_t)sample->ranks / (uint64_t)base->ranks;
    if (base->parameters == sample->parameters && base->microbatch == sample->microbatch &&
        base->threads == sample->threads && sample->batch == expected)
        return ELBOW_OK;
    return elbow_error_set(error, ELBOW_MISMATCH,
                           "measurements of different configurations lie together: %s, %d ranks: %llu parameters, "
                           "batch %llu, microbatch %llu, threads %d; %d ranks: %llu, %llu, %llu, %d; use a directory "
                           "for each",
                           scaling_mode_name(base->mode), base->ranks, (unsigned long long)base->parameters,
                           (unsigned long long)base->batch, (unsigned long long)base->microbatch, base->threads,
                           sample->ranks, (unsigned long long)sample->parameters, (unsigned long long)sample->batch,
                           (unsigned long long)sample->microbatch, sample->threads);
}

enum elbow_status scaling_table_make(const struct scaling_samples *samples, struct scaling_table *table,
                                     struct elbow_error *error)
{
    struct point point = {0};
    double base_median = 0;
    enum elbow_status status = elbow_allocate(&point.values, samples->count, sizeof *point.values, "the table", error);
    for (size_t i = 0; status == ELBOW_OK && i < samples->count; i += point.count) {
        const struct scaling_sample *first = &samples->list[i];
        for (point.count = 1; i + point.count < samples->count && is_same_point(first, first + point.count);)
            point.count += 1;
        if (first->mode == SCALING_EXCHANGE)
            continue;
        point.first = first;
        if (point.base == NULL || point.base->kind != first->kind || point.base->mode != first->mode) {
            point.base = first;
            point.base_count = point.count;
            base_median = spread(&point, rate_of).median;
        }
        for (size_t k = 0; status == ELBOW_OK && k < point.count; ++k)
            status = check_alike(point.base, first + k, error);
        struct scaling_row *row = status == ELBOW_OK ? scaling_table_add(table, error) : NULL;
        if (row == NULL)
            status = error->status;
        else
            fill_row(&point, base_median, row);
    }
    elbow_release(&point.values);
    return status;
}

struct scaling_series scaling_series_of(const struct scaling_table *table, enum scaling_kind kind,
                                        enum scaling_mode mode)
{
    struct scaling_series series = {0};
    for (size_t i = 0; i < table->count; ++i) {
        if (table->rows[i].kind != kind || table->rows[i].mode != mode)
            continue;
        if (series.count == 0)
            series.rows = &table->rows[i];
        series.count += 1;
    }
    return series;
}

size_t scaling_knee(struct scaling_series series)
{
    ELBOW_CHECK(series.count >= 1);
    size_t best = 0;
    double most = 0;
    for (size_t i = 0; i < series.count; ++i) {
        double worth = series.rows[i].speedup.median * series.rows[i].efficiency.median;
        if (worth >= most) {
            most = worth;
            best = i;
        }
    }
    return best;
}

// Time of the busiest ranks over that of the mean, less one.
static double unevenness(const struct scaling_row *row)
{
    double microbatches = (double)row->microbatches, ranks = (double)row->ranks;
    return ceil(microbatches / ranks) * ranks / microbatches - 1;
}

struct scaling_loss scaling_loss_of(const struct scaling_row *base, const struct scaling_row *row)
{
    double step = row->step.median, base_step = base->step.median;
    double scale = (double)row->batch / (double)base->batch * (double)base->ranks / (double)row->ranks;
    double ideal = base_step * scale / step;
    struct scaling_loss loss = {
        .uneven = (unevenness(row) - unevenness(base)) * row->compute,
        .compute = row->compute - base->compute * ideal,
        .data = row->data - base->data * ideal,
    };
    loss.exchange = row->exchange - base->exchange * ideal - loss.uneven;
    loss.rest = 1 - ideal - loss.uneven - loss.compute - loss.data - loss.exchange;
    return loss;
}
