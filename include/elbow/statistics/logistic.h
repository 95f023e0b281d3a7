// SPDX-License-Identifier: BSD-3-Clause
// Multinomial logistic regression.
#ifndef ELBOW_STATISTICS_LOGISTIC_H
#define ELBOW_STATISTICS_LOGISTIC_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// Local. The weights (classes, width + 1), with the intercepts in the last column, that minimise
//   sum over rows of -log softmax(W x + b)[label] + 1/2 |W|^2
// (the objective of scikit-learn's LogisticRegression with C = 1), by L-BFGS (Nocedal 1980) from zero. *objective: the
// minimum, to within 1e-6. x (rows, width); labels (rows) are below classes. MEMORY.
enum elbow_status elbow_logistic_fit(size_t rows, size_t width, const double *x, size_t classes, const int64_t *labels,
                                     double *weights, double *objective, struct elbow_error *error);

// Local. The most probable class of a row x (width); the first one of equals.
int64_t elbow_logistic_class(size_t width, size_t classes, const double *weights, const double *x);

ELBOW_C_END

#endif
