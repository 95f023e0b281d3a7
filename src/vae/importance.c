// SPDX-License-Identifier: BSD-3-Clause
// The streaming importance-sampled bound. Everything is in double, and a NaN among the weights arrives in the bound.
#include "elbow/vae/objective.h"

#include "elbow/base/status.h"

#include <math.h>

// The sums are relative to the largest weight so far. Equal weights have difference 0 by definition, which keeps
// weights of zero (log weight -infinity) and of infinity from making a NaN of infinity - infinity; a NaN stays.
void elbow_importance_add(struct elbow_importance *importance, double log_weight)
{
    if (importance->count++ == 0) {
        importance->largest = log_weight;
        importance->sum = importance->square = 1;
        return;
    }
    if (log_weight > importance->largest) {
        double scale = exp(importance->largest - log_weight);
        importance->sum = importance->sum * scale + 1;
        importance->square = importance->square * scale * scale + 1;
        importance->largest = log_weight;
        return;
    }
    double weight = log_weight == importance->largest ? 1 : exp(log_weight - importance->largest);
    importance->sum += weight;
    importance->square += weight * weight;
}

double elbow_importance_log_likelihood(const struct elbow_importance *importance)
{
    ELBOW_CHECK(importance->count > 0);
    return importance->largest + log(importance->sum / (double)importance->count);
}

double elbow_importance_effective(const struct elbow_importance *importance)
{
    ELBOW_CHECK(importance->count > 0);
    if (importance->largest == -INFINITY) // no weight at all
        return isnan(importance->sum) ? NAN : 0;
    return importance->sum * importance->sum / importance->square;
}
