// SPDX-License-Identifier: BSD-3-Clause
// Rankings of rows by anomaly score: how well scores separate anomalies from normal rows, and how unusual a score is
// among those of normal rows. A larger score is more unusual; a NaN counts as +infinity.
#ifndef ELBOW_STATISTICS_RANKING_H
#define ELBOW_STATISTICS_RANKING_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// A figure with the limits of its 95 % interval.
struct elbow_estimate {
    double value, low, high;
};

// The rows with a score of at least `score`.
struct elbow_ranking_point {
    double score;
    uint64_t anomalies, normal; // number of each among them
};

// Labelled rows, by descending score. Owned.
struct elbow_ranking {
    uint64_t anomalies, normal;         // number of rows of each, at least one
    size_t count;                       // distinct scores
    struct elbow_ranking_point *points; // [count] by descending score; the last one has all rows
};

// Local. Writes the numbers of the rows into order [count], by descending score; of equal scores the lower number
// first. MEMORY.
enum elbow_status elbow_ranking_order(size_t count, const double *scores, size_t *order, struct elbow_error *error);

// Local. Ranks `count` rows with the labels is_anomaly [count], of which at least one is an anomaly and at least one is
// not. MEMORY; after a failure there is nothing to clear.
enum elbow_status elbow_ranking_create(size_t count, const double *scores, const bool *is_anomaly,
                                       struct elbow_ranking *ranking, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_ranking_clear(struct elbow_ranking *ranking);

// Local. The area under the receiver operating characteristic: the probability that an anomaly has a higher score than
// a normal row, ties counting half. The interval uses the variance of DeLong et al. (1988), on the logit scale. If that
// variance is 0 (for example because every anomaly ranks above every normal row), or one side has a single row, the
// interval contains the areas whose variance by Hanley and McNeil (1982) puts them within 1.96 standard errors of this
// one (Newcombe 2006, "Confidence intervals for an effect size measure based on the Mann-Whitney statistic", part 2).
struct elbow_estimate elbow_ranking_auroc(const struct elbow_ranking *ranking);

// Local. The average precision: the sum of (recall_k - recall_(k-1)) precision_k over the distinct scores. The interval
// is the logit interval of Boyd, Eng and Page (2013), with the number of anomalies; for a value of 1 it is that of
// Wilson (1927).
struct elbow_estimate elbow_ranking_average_precision(const struct elbow_ranking *ranking);

// Local. Conformal p-values of scores [count], given normal_scores [normal] of normal rows that were not used to choose
// anything: p = (1 + #{normal score >= score}) / (normal + 1). MEMORY.
enum elbow_status elbow_conformal(size_t normal, const double *normal_scores, size_t count, const double *scores,
                                  double *p, struct elbow_error *error);

// Local. Selects from p [count] at a false discovery rate (Benjamini and Hochberg 1995): all values up to the largest
// p_(k) <= k rate / count. is_selected [count]; *selected: their number. MEMORY.
enum elbow_status elbow_select_discoveries(size_t count, const double *p, double rate, bool *is_selected,
                                           size_t *selected, struct elbow_error *error);

ELBOW_C_END

#endif
