// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/ranking.h"

#include "elbow/base/memory.h"

#include <math.h>
#include <stdlib.h>

static const double WIDTH = 1.959963984540054; // of a 95 % interval, in standard errors

struct entry {
    double score;
    size_t row;
};

static double rank_of(double score)
{
    return isnan(score) ? INFINITY : score;
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return (x->row > y->row) - (x->row < y->row);
}

// By decreasing score; free it with elbow_release.
static enum elbow_status sort(size_t count, const double *scores, struct entry **entries, struct elbow_error *error)
{
    enum elbow_status status = elbow_allocate(entries, count, sizeof **entries, "scores in their order", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < count; ++i)
        (*entries)[i] = (struct entry){rank_of(scores[i]), i};
    qsort(*entries, count, sizeof **entries, compare_entries);
    return ELBOW_OK;
}

enum elbow_status elbow_ranking_order(size_t count, const double *scores, size_t *order, struct elbow_error *error)
{
    struct entry *entries = NULL;
    enum elbow_status status = sort(count, scores, &entries, error);
    for (size_t i = 0; status == ELBOW_OK && i < count; ++i)
        order[i] = entries[i].row;
    elbow_release(&entries);
    return status;
}

// Equal scores make one point.
static void add_points(size_t count, const struct entry *entries, const bool *is_anomaly, struct elbow_ranking *ranking)
{
    for (size_t i = 0; i < count; ++i) {
        bool is_new = i == 0 || entries[i].score != entries[i - 1].score;
        ranking->count += is_new;
        ranking->anomalies += is_anomaly[entries[i].row];
        ranking->normal += !is_anomaly[entries[i].row];
        ranking->points[ranking->count - 1] =
            (struct elbow_ranking_point){entries[i].score, ranking->anomalies, ranking->normal};
    }
}

enum elbow_status elbow_ranking_create(size_t count, const double *scores, const bool *is_anomaly,
                                       struct elbow_ranking *ranking, struct elbow_error *error)
{
    struct entry *entries = NULL;
    *ranking = (struct elbow_ranking){0};
    enum elbow_status status = sort(count, scores, &entries, error);
    if (status == ELBOW_OK)
        status = elbow_allocate(&ranking->points, count, sizeof *ranking->points, "the ranking", error);
    if (status == ELBOW_OK) {
        add_points(count, entries, is_anomaly, ranking);
        ELBOW_CHECK(ranking->anomalies > 0 && ranking->normal > 0);
    }
    elbow_release(&entries);
    return status;
}

void elbow_ranking_clear(struct elbow_ranking *ranking)
{
    elbow_release(&ranking->points);
    *ranking = (struct elbow_ranking){0};
}

static struct elbow_estimate around(double value, double error_of_logit)
{
    double logit = log(value / (1 - value));
    return (struct elbow_estimate){.value = value,
                                   .low = 1 / (1 + exp(-logit + WIDTH * error_of_logit)),
                                   .high = 1 / (1 + exp(-logit - WIDTH * error_of_logit))};
}

// The variance of an area, were it the true one, by Hanley and McNeil.
static double variance_of_area(double area, double anomalies, double normal)
{
    double q1 = area / (2 - area), q2 = 2 * area * area / (1 + area);
    return (area * (1 - area) + (anomalies - 1) * (q1 - area * area) + (normal - 1) * (q2 - area * area)) /
           (anomalies * normal);
}

// The area furthest from this one, towards `end` (0 or 1), that this one is within the interval of.
static double furthest_area(double area, double end, double anomalies, double normal)
{
    double near = area, far = end;
    for (int i = 0; i < 60; ++i) {
        double middle = (near + far) / 2, distance = area - middle;
        if (distance * distance > WIDTH * WIDTH * variance_of_area(middle, anomalies, normal))
            far = middle;
        else
            near = middle;
    }
    return near;
}

// Twice the number of pairs of an anomaly and a normal row in which the anomaly ranks first; a tie counts half a pair.
// The sum is a whole number.
static double sum_pairs(const struct elbow_ranking *ranking)
{
    struct elbow_ranking_point before = {0};
    double pairs = 0;
    for (size_t i = 0; i < ranking->count; ++i) {
        const struct elbow_ranking_point *point = &ranking->points[i];
        pairs += (double)(point->anomalies - before.anomalies) *
                 (double)((ranking->normal - point->normal) + (ranking->normal - before.normal));
        before = *point;
    }
    return pairs;
}

// DeLong's variance: how far the share of normal rows below an anomaly is from the area, and the other way round.
static double delong_variance(const struct elbow_ranking *ranking, double area)
{
    double anomalies = (double)ranking->anomalies, normal = (double)ranking->normal, of_anomalies = 0, of_normal = 0;
    struct elbow_ranking_point before = {0};
    for (size_t i = 0; i < ranking->count; ++i) {
        const struct elbow_ranking_point *point = &ranking->points[i];
        double mine = (double)(point->anomalies - before.anomalies), theirs = (double)(point->normal - before.normal);
        double below = (normal - (double)point->normal + theirs / 2) / normal - area;
        double above = ((double)before.anomalies + mine / 2) / anomalies - area;
        of_anomalies += mine * below * below;
        of_normal += theirs * above * above;
        before = *point;
    }
    return of_anomalies / (anomalies - 1) / anomalies + of_normal / (normal - 1) / normal;
}

struct elbow_estimate elbow_ranking_auroc(const struct elbow_ranking *ranking)
{
    double anomalies = (double)ranking->anomalies, normal = (double)ranking->normal;
    double area = sum_pairs(ranking) / (2 * anomalies * normal);
    double variance = anomalies > 1 && normal > 1 ? delong_variance(ranking, area) : 0;
    if (area > 0 && area < 1 && variance > 0)
        return around(area, sqrt(variance) / (area * (1 - area)));
    return (struct elbow_estimate){area, furthest_area(area, 0, anomalies, normal),
                                   furthest_area(area, 1, anomalies, normal)};
}

struct elbow_estimate elbow_ranking_average_precision(const struct elbow_ranking *ranking)
{
    double anomalies = (double)ranking->anomalies, precision = 0;
    uint64_t before = 0, before_normal = 0;
    for (size_t i = 0; i < ranking->count; ++i) {
        const struct elbow_ranking_point *point = &ranking->points[i];
        if (point->anomalies == before)
            continue;
        precision += (double)(point->anomalies - before) / anomalies * (double)point->anomalies /
                     (double)(point->anomalies + point->normal);
        before = point->anomalies;
        before_normal = point->normal;
    }
    if (before_normal == 0)
        return (struct elbow_estimate){1, anomalies / (anomalies + WIDTH * WIDTH), 1};
    return around(precision, 1 / sqrt(anomalies * precision * (1 - precision)));
}

static int compare_rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Number of the `count` rising numbers that are at least `least`.
static size_t count_from(size_t count, const double *rising, double least)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (rising[middle] < least)
            low = middle + 1;
        else
            high = middle;
    }
    return count - low;
}

enum elbow_status elbow_conformal(size_t normal, const double *normal_scores, size_t count, const double *scores,
                                  double *p, struct elbow_error *error)
{
    double *rising = NULL;
    enum elbow_status status = elbow_allocate(&rising, normal, sizeof *rising, "scores of normal rows", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < normal; ++i)
        rising[i] = rank_of(normal_scores[i]);
    qsort(rising, normal, sizeof *rising, compare_rising);
    for (size_t i = 0; i < count; ++i)
        p[i] = (double)(1 + count_from(normal, rising, rank_of(scores[i]))) / (double)(normal + 1);
    elbow_release(&rising);
    return ELBOW_OK;
}

// The largest p-value that is selected; below 0 if there is none. Products replace quotients, with a margin for their
// rounding.
static double largest_selected(size_t count, const double *rising, double rate)
{
    for (size_t k = count; k > 0; --k)
        if (rising[k - 1] * (double)count <= (double)k * rate * (1 + 1e-12))
            return rising[k - 1];
    return -1;
}

enum elbow_status elbow_select_discoveries(size_t count, const double *p, double rate, bool *is_selected,
                                           size_t *selected, struct elbow_error *error)
{
    double *rising = NULL;
    *selected = 0;
    enum elbow_status status = elbow_allocate(&rising, count, sizeof *rising, "p-values in their order", error);
    if (status != ELBOW_OK)
        return status;
    for (size_t i = 0; i < count; ++i)
        rising[i] = p[i];
    qsort(rising, count, sizeof *rising, compare_rising);
    double largest = largest_selected(count, rising, rate);
    for (size_t i = 0; i < count; ++i) {
        is_selected[i] = p[i] <= largest;
        *selected += is_selected[i];
    }
    elbow_release(&rising);
    return ELBOW_OK;
}
