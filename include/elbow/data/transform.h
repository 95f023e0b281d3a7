// SPDX-License-Identifier: BSD-3-Clause
// What is done to scaled values before a model sees them: a table with a row for each kind (elbow/config/kinds.h),
// whose functions lie in src/data/transform/<word>.c.
//
// The functions of a row keep nothing, so that any thread may call them. They are called for blocks of values, never
// for a value; what a value comes to depends on that value and its column alone. A NaN stays one. Nothing here knows
// where values come from or go to: doubles become doubles.
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

// A transform and the numbers that it has learned: column j becomes (value - centers[j]) / spreads[j]. Zeroed: none.
struct elbow_fit {
    enum elbow_transform_kind kind;
    size_t columns; // that have numbers of their own: 0 (there are none to learn), 1 (all values alike), or D
    // (3, columns): centers; spreads, which are above zero; 1 where all that was learned of was the center, else 0.
    // Owned; NULL for 0 columns.
    double *numbers;
};

// What a transform can learn of the training set, from its scaled values.
struct elbow_moments {
    size_t values;            // D
    double *mean, *deviation; // (D) of each column; exactly 0 where a column is constant
    double low, high;         // of all values
    double *counts;           // (D) of known values of each column; NULL: all have as many
};

enum { ELBOW_TRANSFORM_WORDS_SIZE = 160 };

struct elbow_transform {
    // Numbers are learned for each column, for all of them together, or not at all.
    enum elbow_transform_columns { ELBOW_COLUMNS_NONE, ELBOW_COLUMNS_TOGETHER, ELBOW_COLUMNS_EACH } columns;
    // Scaled values have to be above it; -INFINITY: any may come.
    double above;
    // Local. The numbers, whose columns are settled; a spread of 0 where there is none. NULL: there is nothing to
    // learn.
    void (*learn)(const struct elbow_moments *moments, struct elbow_fit *fit);
    // Local. In place, n scaled values of one sample, of columns `first` on.
    void (*forward)(const struct elbow_fit *fit, size_t first, size_t n, double *values);
    // Local. The scaled values that forward takes to these.
    void (*inverse)(const struct elbow_fit *fit, size_t first, size_t n, double *values);
    // Local. The sum of log |d forward / d scaled| at the scaled values that forward takes to these.
    double (*log_slope)(const struct elbow_fit *fit, size_t first, size_t n, const double *values);
    // Local. forward and inverse of a sample's values (double, flat rows) as nodes of an ONNX graph. NULL: they cannot
    // be exported.
    elbow_onnx_value (*onnx)(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values);
    elbow_onnx_value (*onnx_inverse)(const struct elbow_fit *fit, struct elbow_onnx *onnx, elbow_onnx_value values);
    // Local. The transform as a formula, with so many digits: "(value - 0.5) / 0.25".
    void (*describe)(const struct elbow_fit *fit, int digits, char words[ELBOW_TRANSFORM_WORDS_SIZE]);
};

// Local. The row of a kind; its word.
const struct elbow_transform *elbow_transform_row(enum elbow_transform_kind kind);
const char *elbow_transform_word(enum elbow_transform_kind kind);

// Local. Room for the numbers of a kind for samples of D values, centers 0, spreads 1 and nothing constant. MEMORY.
enum elbow_status elbow_fit_create(enum elbow_transform_kind kind, size_t values, struct elbow_fit *fit,
                                   struct elbow_error *error);

// Local. Learns the numbers of a new fit. Columns without a spread are constant and get 1, so that their values become
// 0; returns how many there are, and the first `room` of them.
size_t elbow_fit_learn(const struct elbow_moments *moments, struct elbow_fit *fit, size_t *constant, size_t room);

// Local. A copy of its own. MEMORY.
enum elbow_status elbow_fit_copy(const struct elbow_fit *fit, struct elbow_fit *copy, struct elbow_error *error);

// Local. Whether the numbers are finite, the spreads above zero, and constants 0 or 1.
bool elbow_fit_is_sound(const struct elbow_fit *fit);

// Local. Whether it has constant columns.
bool elbow_fit_has_constants(const struct elbow_fit *fit);

// Local. A zeroed struct is legal.
void elbow_fit_clear(struct elbow_fit *fit);

// Local. n stored elements of one sample, of columns `first` on, become the model's values: scaled and transformed in
// double, rounded once. The arrays do not overlap.
void elbow_fit_forward(const struct elbow_fit *fit, const struct elbow_scale *scale, enum elbow_element element,
                       const void *stored, size_t first, size_t n, float *values);

// Local. The reverse, but for the scaling: the model's values (n) become scaled ones, not rounded to floats. Of data:
// of what a model tells, elbow_fit_set_constants is to follow.
void elbow_fit_inverse(const struct elbow_fit *fit, size_t first, size_t n, const float *values, double *scaled);

// Local. In place, of scaled values (n, of columns `first` on) that a model tells: those of constant columns become the
// constant, which the model cannot know, since it has only seen zeros there. A NaN stays one.
void elbow_fit_set_constants(const struct elbow_fit *fit, size_t first, size_t n, double *scaled);

// Local. What a density of the model's values of one sample (D) is larger by as one of the values as stored: the sum of
// log |d value / d stored| over those that are known (D of 1 or 0; NULL: all).
double elbow_fit_log_slope(const struct elbow_fit *fit, const struct elbow_scale *scale, size_t n, const float *values,
                           const float *known);

ELBOW_C_END

#endif
