// SPDX-License-Identifier: BSD-3-Clause
// Transforms of scaled values for the model: a table with a row for each kind (elbow/config/kinds.h), whose functions
// are in src/data/transform/<word>.c.
//
// The functions of a row keep no state, so any thread may call them. They are called for blocks of values, never for a
// single value. Each result depends on the value and its column alone. A NaN remains a NaN. Input and output are
// doubles.
#ifndef ELBOW_DATA_TRANSFORM_H
#define ELBOW_DATA_TRANSFORM_H

#include "elbow/base/language.h"
#include "elbow/base/onnx.h"
#include "elbow/base/status.h"
#include "elbow/config/kinds.h"
#include "elbow/data/element.h"
#include "elbow/data/scale.h"

ELBOW_C_BEGIN

enum { ELBOW_FIT_NUMBERS = 3 }; // of each column

// A transform and its learned numbers: column j becomes (value - centers[j]) / spreads[j]. Zeroed: no transform.
struct elbow_fit {
    enum elbow_transform_kind kind;
    // Columns with their own numbers: 0 (nothing is learned), 1 (the same numbers for all values), or D.
    size_t columns;
    // (3, columns): centers; spreads, above zero; and 1 for a column that was constant in the training data, else 0.
    // Owned; NULL for 0 columns.
    double *numbers;
};

// Figures of the scaled values of the training set, from which a transform learns.
struct elbow_moments {
    size_t values;            // D
    double *mean, *deviation; // (D) of each column; a deviation of exactly 0 means constant
    double low, high;         // of all values
    double *counts;           // (D) known values of each column; NULL: all values are known
    double *least, *most;     // (D) extremes of each column; NULL: not found
};

enum { ELBOW_TRANSFORM_WORDS_SIZE = 160 };

struct elbow_transform {
    // Whether numbers are learned for each column, for all columns together, or not at all.
    enum elbow_transform_columns { ELBOW_COLUMNS_NONE, ELBOW_COLUMNS_TOGETHER, ELBOW_COLUMNS_EACH } columns;
    // Scaled values must be larger than this; -INFINITY: no limit.
    double above;
    // Local. Learns the numbers of the columns; the spread of a constant column is 0. NULL: there is nothing to learn.
    void (*learn)(const struct elbow_moments *moments, struct elbow_fit *fit);
    bool learns_extremes; // it learns of low and high alone
    // Local. Transforms n scaled values of one sample in place, from column `first` on.
    void (*forward)(const struct elbow_fit *fit, size_t first, size_t n, double *values);
    // Local. The inverse of forward, in place.
    void (*inverse)(const struct elbow_fit *fit, size_t first, size_t n, double *values);
    // Local. The sum of log |d forward / d scaled| over n transformed values.
    double (*log_derivative)(const struct elbow_fit *fit, size_t first, size_t n, const double *values);
    // Local. forward and inverse as nodes of an ONNX graph, for flat rows of double. NULL: the transform cannot be
    // exported.
    elbow_onnx_value (*onnx)(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values);
    elbow_onnx_value (*onnx_inverse)(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values);
    // Local. The transform as a formula with `digits` digits: "(value - 0.5) / 0.25".
    void (*describe)(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE]);
};

// Local. The row of a kind, and its word in the configuration.
const struct elbow_transform *elbow_transform_row(enum elbow_transform_kind kind);
const char *elbow_transform_word(enum elbow_transform_kind kind);

// Local. Allocates the numbers of a kind for samples of D values: centers 0, spreads 1, no constants. MEMORY. Release
// the fit with elbow_fit_clear.
enum elbow_status elbow_fit_create(enum elbow_transform_kind kind, size_t values, struct elbow_fit *fit,
                                   struct elbow_error *error);

// Local. Learns the numbers of a new fit. A column without spread is constant, and gets spread 1, so that its values
// become 0. Returns the number of constant columns; constant [capacity] gets the first of them.
size_t elbow_fit_learn(const struct elbow_moments *moments, struct elbow_fit *fit, size_t *constant, size_t capacity);

// Local. Makes a copy that owns its numbers. MEMORY.
enum elbow_status elbow_fit_copy(const struct elbow_fit *fit, struct elbow_fit *copy, struct elbow_error *error);

// Local. Whether the numbers are finite, the spreads above zero, and the constants 0 or 1.
bool elbow_fit_is_sound(const struct elbow_fit *fit);

// Local. Whether there are constant columns.
bool elbow_fit_has_constants(const struct elbow_fit *fit);

// Local. Releases the numbers; a zeroed struct is legal.
void elbow_fit_clear(struct elbow_fit *fit);

// Local. Scales and transforms n stored elements of one sample, from column `first` on: values (n). The computation is
// in double, with one rounding at the end. The arrays do not overlap.
void elbow_fit_forward(const struct elbow_fit *fit, const struct elbow_scale *scale, enum elbow_element element,
                       const void *stored, size_t first, size_t n, float *values);

// Local. Transforms n of the model's values back to scaled values, in double: scaled (n). If the values come from a
// model and not from data, call elbow_fit_set_constants afterwards.
void elbow_fit_inverse(const struct elbow_fit *fit, size_t first, size_t n, const float *values, double *scaled);

// Local. Sets the constant columns of a model's scaled values (n, from column `first` on) to the constants, in place.
// The model cannot know them: it has only seen zeros there. A NaN remains a NaN.
void elbow_fit_set_constants(const struct elbow_fit *fit, size_t first, size_t n, double *scaled);

// Local. The term to add to a log-density of the model's values of one sample (n = D) to get that of the stored values:
// the sum of log |d value / d stored| over the known values. known is (D), 1 or 0, or NULL if all are known.
double elbow_fit_log_derivative(const struct elbow_fit *fit, const struct elbow_scale *scale, size_t n,
                                const float *values, const float *known);

ELBOW_C_END

#endif
