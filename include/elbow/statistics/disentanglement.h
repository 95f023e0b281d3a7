// SPDX-License-Identifier: BSD-3-Clause
// How well single codes represent single factors. Codes (rows, width) and factors (rows, factors) are plain tables.
#ifndef ELBOW_STATISTICS_DISENTANGLEMENT_H
#define ELBOW_STATISTICS_DISENTANGLEMENT_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_FACTOR_VALUES_MAX = 50, ELBOW_FACTOR_BINS = 20 };

// Local. The number of the value of each row in column `column` of a table (rows, width): of up to 50 different values
// in rising order, otherwise of 20 bins of equal count (equal values share a bin). *count: the number of values or
// bins. MEMORY.
enum elbow_status elbow_factor_values(size_t rows, size_t width, const double *table, size_t column, int64_t *values,
                                      size_t *count, struct elbow_error *error);

// Local. The mutual information gap (Chen et al. 2018): for each factor the mutual information of the best code minus
// that of the second best (0 with one code), divided by the entropy of the factor; the mean over the factors that vary.
// Codes are taken in 20 bins of equal width from their least to their largest value. DATA if no factor varies.
enum elbow_status elbow_mig(size_t rows, size_t width, const double *codes, size_t factors, const double *table,
                            double *mig, struct elbow_error *error);

struct elbow_dci {
    double disentanglement, completeness; // NaN with one factor, or one code: every entropy is zero
    double informativeness;
};

// Local. Disentanglement and completeness (Eastwood and Williams 2018) of importances (width, factors) >= 0: the
// disentanglement of a code is 1 - its entropy over the factors divided by log(factors); the mean is weighted by the
// codes' shares of all importances. Completeness is the same of a factor over the codes. Without any importance both
// are zero.
struct elbow_dci elbow_dci_of(size_t width, size_t factors, const double *importances);

// Local. Importances are |coefficients| of ridge regressions (penalty 1) of each factor on all codes, all of them
// standardised; informativeness is the mean over the factors that vary of R^2. DATA if no factor varies. MEMORY.
enum elbow_status elbow_dci(size_t rows, size_t width, const double *codes, size_t factors, const double *table,
                            struct elbow_dci *dci, struct elbow_error *error);

// Local. The score of Kim and Mnih (2018): 15,000 times 64 rows that share the value of one factor are drawn (with
// replacement); the code whose variance among them, relative to that over all rows, is least votes for the factor. The
// majority among the first 10,000 votes of each code names its factor; the score is the share of the other 5,000 votes
// that agree. Codes with a standard deviation below 0.05 do not take part; without any the score is 0. DATA if no
// factor has a value that two rows share. MEMORY.
enum elbow_status elbow_factor_score(size_t rows, size_t width, const double *codes, size_t factors,
                                     const double *table, uint64_t seed, double *score, struct elbow_error *error);

ELBOW_C_END

#endif
