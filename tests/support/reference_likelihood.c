// SPDX-License-Identifier: BSD-3-Clause
// Rows of samples by the formulas of reference_formulas.c.
#include "reference_likelihood.h"

#include "elbow/vae/likelihood.h"

#include <check.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t shared_count(int kind, const struct elbow_likelihood_options *options, size_t values)
{
    const struct elbow_likelihood *likelihood = elbow_likelihood_row((enum elbow_likelihood_kind)kind);
    struct elbow_tensor tensor = {0};
    return likelihood->shared && likelihood->shared(options, values, &tensor) ? (size_t)tensor.shape[0] : 0;
}

struct reference_row reference_row_of(int kind, const struct elbow_likelihood_options *options, size_t values)
{
    const struct elbow_likelihood *likelihood = elbow_likelihood_row((enum elbow_likelihood_kind)kind);
    bool is_count =
        kind == ELBOW_LIKELIHOOD_NEGATIVE_BINOMIAL || kind == ELBOW_LIKELIHOOD_ZERO_INFLATED_NEGATIVE_BINOMIAL;
    return (struct reference_row){.kind = kind,
                                  .options = options,
                                  .is_coupled = is_count && options->size != ELBOW_SIZE_NONE,
                                  .values = values,
                                  .outputs = likelihood->outputs(options),
                                  .shared_count = shared_count(kind, options, values),
                                  .is_shared_per_value =
                                      shared_count(kind, options, 7) != shared_count(kind, options, 8)};
}

enum { OUTPUTS_MAX = 8 };

// The addend of the first output of a value, which is the logarithm of a mean, if means are shares of a total.
static long double shift_of(const struct reference_row *row)
{
    long double sum = 0, total = 0;
    if (!row->is_coupled)
        return 0;
    for (size_t d = 0; d < row->values; ++d) {
        sum += expl(row->y[d * row->outputs]);
        total += row->x ? row->x[d] : 0;
    }
    return logl((row->size > 0 ? row->size : total) / sum);
}

static long double value_log_p(const struct reference_row *row, size_t d, long double shift)
{
    const double *shared = row->shared_count == 0 ? NULL : row->shared + (row->is_shared_per_value ? d : 0);
    double y[OUTPUTS_MAX];
    ck_assert(row->outputs <= OUTPUTS_MAX);
    memcpy(y, row->y + d * row->outputs, row->outputs * sizeof *y);
    y[0] += (double)shift;
    return REFERENCE_LIKELIHOODS[row->kind].log_p(row->options, shared, row->x[d], y);
}

long double reference_log_p(const struct reference_row *row)
{
    long double sum = 0, shift = shift_of(row);
    for (size_t d = 0; d < row->values; ++d)
        sum += value_log_p(row, d, shift);
    return sum;
}

// Five points around *number, on which value d (if it has its own) or all values depend.
static double derivative(const struct reference_row *row, double *number, size_t d, bool is_own)
{
    static const double weights[] = {1, -8, 8, -1}, places[] = {-2, -1, 1, 2};
    const double step = 0x1p-12, at = *number;
    long double sum = 0, shift = is_own ? shift_of(row) : 0; // own outputs move no other value
    for (int i = 0; i < 4; ++i) {
        *number = at + places[i] * step;
        sum += weights[i] * (is_own ? value_log_p(row, d, shift) : reference_log_p(row));
    }
    *number = at;
    return (double)(sum / (12 * step));
}

void reference_gradient(const struct reference_row *row, double *dy, double *dshared)
{
    struct reference_row moved = *row;
    size_t count = row->values * row->outputs;
    double *y = malloc((count + row->shared_count) * sizeof *y), *shared = y + count;
    ck_assert_ptr_nonnull(y);
    memcpy(y, row->y, count * sizeof *y);
    if (row->shared_count > 0)
        memcpy(shared, row->shared, row->shared_count * sizeof *shared);
    moved.y = y;
    moved.shared = shared;
    for (size_t k = 0; k < count; ++k)
        dy[k] = -derivative(&moved, &y[k], k / row->outputs, !row->is_coupled || k % row->outputs > 0);
    for (size_t k = 0; dshared && k < row->shared_count; ++k)
        dshared[k] -= derivative(&moved, &shared[k], k, row->is_shared_per_value);
    free(y);
}

void reference_means(const struct reference_row *row, double *means)
{
    double factor = exp((double)shift_of(row)); // 1 except for counts, whose means it multiplies
    for (size_t d = 0; d < row->values; ++d)
        means[d] = factor * REFERENCE_LIKELIHOODS[row->kind].mean(row->options, row->y + d * row->outputs);
}

void reference_set_likelihood(const char *form, struct elbow_config *config)
{
    char assignment[160];
    struct elbow_error error = {0};
    snprintf(assignment, sizeof assignment, "model.likelihood=%s", form);
    ck_assert_msg(elbow_config_set(config, assignment, &error) == ELBOW_OK, "%s", error.message);
}

struct reference_grid reference_grid(int kind, const struct elbow_likelihood_options *options, double at)
{
    enum { POINTS = 1 << 14, FINE = 1 << 16 };
    // A density may have a kink at its mean: there, the errors of the sums on both sides cancel if a point of the grid
    // lies 1/2 - 1/sqrt(12) of a step behind (a root of the second Bernoulli polynomial).
    const double behind = 0.21132486540518712, reach = 40, step = 2 * reach / POINTS;
    double most = elbow_likelihood_most((enum elbow_likelihood_kind)kind, options);
    switch (elbow_likelihood_support((enum elbow_likelihood_kind)kind)) {
    case ELBOW_SUPPORT_REAL:
        return (struct reference_grid){at - reach + behind * step, step, step, POINTS};
    case ELBOW_SUPPORT_UNIT:
        return (struct reference_grid){0.5 / FINE, 1.0 / FINE, 1.0 / FINE, FINE}; // midpoints
    case ELBOW_SUPPORT_BINARY:
        return (struct reference_grid){0, 1, 1, 2};
    case ELBOW_SUPPORT_COUNT:
        return (struct reference_grid){0, 1, 1, (long)fmin(fmin(most + 1, FINE), 40 * (4 + exp(at)))}; // tails of means
    case ELBOW_SUPPORT_LEVEL:
        return (struct reference_grid){0, 1 / most, 1, (long)most + 1};
    }
    return (struct reference_grid){0};
}

bool reference_is_of_support(int kind, const struct elbow_likelihood_options *options, float value)
{
    double most = elbow_likelihood_most((enum elbow_likelihood_kind)kind, options);
    switch (elbow_likelihood_support((enum elbow_likelihood_kind)kind)) {
    case ELBOW_SUPPORT_REAL:
        return isfinite(value);
    case ELBOW_SUPPORT_UNIT:
        return value >= 0 && value <= 1;
    case ELBOW_SUPPORT_BINARY:
        return value == 0 || value == 1;
    case ELBOW_SUPPORT_COUNT:
        return value >= 0 && value == floorf(value) && value <= most;
    case ELBOW_SUPPORT_LEVEL:
        return value >= 0 && value <= 1 && fabs(value * most - rint(value * most)) < 1e-4;
    }
    return false;
}
