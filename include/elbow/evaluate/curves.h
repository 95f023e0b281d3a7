// SPDX-License-Identifier: BSD-3-Clause
// Curves of a ranking of anomalies as a picture: receiver operating characteristic, and precision against recall.
#ifndef ELBOW_EVALUATE_CURVES_H
#define ELBOW_EVALUATE_CURVES_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/statistics/ranking.h"

ELBOW_C_BEGIN

// A curve in the picture. Nothing is owned.
struct elbow_curve {
    const char *name;
    const struct elbow_ranking *ranking;
    double auroc, average_precision; // shown after the name
};

enum { ELBOW_CURVES_MOST = 2 };

// Local. Rank zero. Draws up to ELBOW_CURVES_MOST curves, with those of random scores for comparison, into the file
// `path` (elbow/output/plot.h). USAGE for an unknown ending, OUTPUT, MEMORY.
enum elbow_status elbow_curves_write(size_t count, const struct elbow_curve *curves, const char *path,
                                     enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
