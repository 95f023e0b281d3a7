// SPDX-License-Identifier: BSD-3-Clause
// Disentanglement: how well single codes represent single factors. Codes (rows, width) and factors (rows, factors) are
// row-major arrays.
#ifndef ELBOW_STATISTICS_DISENTANGLEMENT_H
#define ELBOW_STATISTICS_DISENTANGLEMENT_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

enum { ELBOW_FACTOR_VALUES_MAX = 50, ELBOW_FACTOR_BINS = 20 };

// Local. Numbers the values in column `column` of a table (rows, width), in ascending order: each of up to 50 distinct
// values has its own number; more are divided into 20 bins of equal count (equal values share a bin). values (rows):
// the numbers, below *count. MEMORY.
enum elbow_status elbow_factor_values(size_t rows, size_t width, const double *table, size_t column, int64_t *values,
                                      size_t *count, struct elbow_error *error);

// Local. The mutual information gap (Chen et al. 2018): the mean, over the factors that vary, of the mutual information
// of the best code minus that of the second best (0 with one code), divided by the entropy of the factor. Codes are
// divided into 20 bins of equal width between their minimum and their maximum. DATA if no factor varies; MEMORY.
enum elbow_status elbow_mig(size_t rows, size_t width, const double *codes, size_t factors, const double *table,
                            double *mig, struct elbow_error *error);

struct elbow_dci {
    double disentanglement, completeness; // NaN with one factor or one code, since every entropy is zero
    double informativeness;
};

// Local. Disentanglement and completeness (Eastwood and Williams 2018) of importances (width, factors) >= 0. The
// disentanglement of a code is 1 - (entropy of its importances over the factors) / log(factors); the mean over codes is
// weighted by their shares of all importances. Completeness is the same for each factor over the codes. Both are zero
// if all importances are. Sets no informativeness.
struct elbow_dci elbow_dci_of(size_t width, size_t factors, const double *importances);

// Local. The same of codes and factors. Importances are the absolute coefficients of ridge regressions (penalty 1) of
// each factor on all codes, all standardised. Informativeness is the mean R^2 over the factors that vary. DATA if no
// factor varies; MEMORY.
enum elbow_status elbow_dci(size_t rows, size_t width, const double *codes, size_t factors, const double *table,
                            struct elbow_dci *dci, struct elbow_error *error);

// Local. The score of Kim and Mnih (2018). Each of 15,000 votes draws 64 rows, with replacement, that share the value
// of one factor; the code with the smallest variance among them, relative to its variance over all rows, votes for that
// factor. The majority of the first 10,000 votes of a code names its factor; the score is the share of the other 5,000
// votes that agree. Codes with a standard deviation below 0.05 are left out; the score is 0 if none remains. Draws are
// keyed by the seed. DATA if no factor that varies has a value that two rows share; MEMORY.
enum elbow_status elbow_factor_score(size_t rows, size_t width, const double *codes, size_t factors,
                                     const double *table, uint64_t seed, double *score, struct elbow_error *error);

ELBOW_C_END

#endif
