// SPDX-License-Identifier: BSD-3-Clause
// How well scores rank anomalies, as a picture: receiver operating characteristic, and precision against recall.
#ifndef ELBOW_EVALUATE_CURVES_H
#define ELBOW_EVALUATE_CURVES_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/statistics/ranking.h"

ELBOW_C_BEGIN

// One of the curves in the picture. Nothing is owned.
struct elbow_curve {
    const char *name;
    const struct elbow_ranking *ranking;
    double auroc, average_precision; // shown behind the name
};

enum { ELBOW_CURVES_MOST = 2 };

// Local, rank zero. Writes at most ELBOW_CURVES_MOST curves beside those of scores that tell nothing, as
// elbow/output/plot.h does. USAGE for another ending than its, OUTPUT, MEMORY.
enum elbow_status elbow_curves_write(size_t count, const struct elbow_curve *curves, const char *path,
                                     enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
