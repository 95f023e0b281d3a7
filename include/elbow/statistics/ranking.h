// SPDX-License-Identifier: BSD-3-Clause
// How well scores rank anomalies above normal rows, and how unusual a score is compared with those of normal rows. A
// larger score is more unusual; one that is not a number counts as +infinity.
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

// All rows with a score of at least `score`.
struct elbow_ranking_point {
    double score;
    uint64_t anomalies, normal; // among them
};

// Rows with labels, by falling score. Owned.
struct elbow_ranking {
    uint64_t anomalies, normal;         // rows of each, at least one
    size_t count;                       // distinct scores
    struct elbow_ranking_point *points; // (count) by falling score: the last one has all rows
};

// Local. Numbers of the rows by falling score, equal ones by rising number, into order (count). MEMORY.
enum elbow_status elbow_ranking_order(size_t count, const double *scores, size_t *order, struct elbow_error *error);

// Local. Ranks `count` rows with the labels is_anomaly (count); at least one is an anomaly and one is not. MEMORY;
// after a failure there is nothing to clear.
enum elbow_status elbow_ranking_create(size_t count, const double *scores, const bool *is_anomaly,
                                       struct elbow_ranking *ranking, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_ranking_clear(struct elbow_ranking *ranking);

// Local. The area under the receiver operating characteristic: the probability that an anomaly's score is above that of
// a normal row, ties half. Its interval has the variance of DeLong et al. (1988), on the logit scale. If that is 0 (for
// example if every anomaly is above every normal row), or one side has a single row, the interval contains the areas
// whose variance by Hanley and McNeil (1982) puts them within 1.96 standard errors of this one (Newcombe 2006,
// "Confidence intervals for an effect size measure based on the Mann-Whitney statistic", part 2).
struct elbow_estimate elbow_ranking_auroc(const struct elbow_ranking *ranking);

// Local. Average precision, sum of (recall_k - recall_(k-1)) precision_k over the distinct scores. Its interval is the
// logit interval of Boyd, Eng and Page (2013), with the number of anomalies; of 1 that of Wilson (1927).
struct elbow_estimate elbow_ranking_average_precision(const struct elbow_ranking *ranking);

// Local. Conformal p-values of scores (count) relative to those of `normal` rows that were not used for any choice: p =
// (1 + #{normal score >= score}) / (normal + 1). MEMORY.
enum elbow_status elbow_conformal(size_t normal, const double *normal_scores, size_t count, const double *scores,
                                  double *p, struct elbow_error *error);

// Local. Selects p-values of `count` at a false discovery rate (Benjamini and Hochberg 1995): those up to the largest
// p_(k) <= k rate / count. *selected: their number. MEMORY.
enum elbow_status elbow_select_discoveries(size_t count, const double *p, double rate, bool *is_selected,
                                           size_t *selected, struct elbow_error *error);

ELBOW_C_END

#endif
