// SPDX-License-Identifier: BSD-3-Clause
// The term of conditions. Sums are in the order of the numbers of c, and of the rows, for any number of threads.
#include "elbow/nn/detail/condition.h"

#include "elbow/math/threads.h"
#include "elbow/nn/detail/layer.h"

#include <string.h>

enum { TILE = 256, VALUES_LEAST = 1 << 13 }; // units at a time; values that are worth a thread

enum elbow_status elbow_layer_condition_create(struct elbow_parameters *parameters, const struct elbow_layer_site *site,
                                               const struct elbow_tensor *like, size_t units, size_t places,
                                               struct elbow_layer_condition *condition, struct elbow_error *error)
{
    *condition = (struct elbow_layer_condition){.count = site->conditions, .units = units, .places = places};
    if (site->conditions == 0)
        return ELBOW_OK;
    const struct elbow_tensor tensor = {.rank = 2,
                                        .shape = {site->conditions, units},
                                        .is_weight = true,
                                        .initial = like->initial,
                                        .fan_in = like->fan_in + site->conditions,
                                        .fan_out = like->fan_out};
    return elbow_layer_add_tensor(parameters, site, "condition", tensor, &condition->offset, error);
}

struct pass {
    const struct elbow_layer_condition *condition;
    const float *c, *weight; // c: of the first row
    size_t rows;
    float *a, *gradient;
    const float *da;
};

// term (n) = c W_c of one row, for the units from `unit` on.
static void find_term(const struct pass *pass, size_t row, size_t unit, size_t n, float *restrict term)
{
    const struct elbow_layer_condition *condition = pass->condition;
    memset(term, 0, n * sizeof *term);
    for (size_t k = 0; k < condition->count; ++k) {
        float c = pass->c[row * condition->count + k];
        const float *restrict weight = pass->weight + k * condition->units + unit;
        for (size_t j = 0; c != 0.0F && j < n; ++j)
            term[j] += c * weight[j];
    }
}

static bool says_nothing(const struct pass *pass, size_t row)
{
    const float *c = pass->c + row * pass->condition->count;
    for (size_t k = 0; k < pass->condition->count; ++k)
        if (c[k] != 0.0F)
            return false;
    return true;
}

static void forward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    size_t units = pass->condition->units, places = pass->condition->places;
    float term[TILE];
    (void)part;
    for (size_t row = first; row < first + count; ++row) {
        if (says_nothing(pass, row))
            continue;
        for (size_t unit = 0; unit < units; unit += TILE) {
            size_t n = units - unit < TILE ? units - unit : TILE;
            find_term(pass, row, unit, n, term);
            for (size_t place = 0; place < places; ++place) {
                float *restrict a = pass->a + (row * places + place) * units + unit;
                for (size_t j = 0; j < n; ++j)
                    a[j] += term[j];
            }
        }
    }
}

// The conditions of a call's rows from `first` on; NULL: they have none.
static const float *conditions_of(const struct elbow_layer_condition *condition, const struct elbow_layer_call *call,
                                  size_t first)
{
    bool are_known = condition->count > 0 && call->about != NULL && call->about->condition != NULL;
    return are_known ? call->about->condition + first * condition->count : NULL;
}

void elbow_layer_condition_forward(const struct elbow_layer_condition *condition, const struct elbow_layer_call *call,
                                   size_t first, size_t rows, float *a)
{
    struct pass pass = {.condition = condition, .c = conditions_of(condition, call, first), .rows = rows, .a = a};
    if (pass.c == NULL)
        return;
    pass.weight = call->parameters + condition->offset;
    elbow_threads_split(rows, 1, VALUES_LEAST / (condition->units * condition->places + 1) + 1, forward_span, &pass);
}

// Units [first, first + count) of the gradient.
static void backward_span(void *user, int part, size_t first, size_t count)
{
    const struct pass *pass = user;
    const struct elbow_layer_condition *condition = pass->condition;
    float sums[TILE];
    (void)part;
    for (size_t unit = first; unit < first + count; unit += TILE) {
        size_t n = first + count - unit < TILE ? first + count - unit : TILE;
        for (size_t row = 0; row < pass->rows; ++row) {
            if (says_nothing(pass, row))
                continue;
            memset(sums, 0, n * sizeof *sums);
            for (size_t place = 0; place < condition->places; ++place) {
                const float *restrict da = pass->da + (row * condition->places + place) * condition->units + unit;
                for (size_t j = 0; j < n; ++j)
                    sums[j] += da[j];
            }
            for (size_t k = 0; k < condition->count; ++k) {
                float c = pass->c[row * condition->count + k];
                float *restrict gradient = pass->gradient + k * condition->units + unit;
                for (size_t j = 0; c != 0.0F && j < n; ++j)
                    gradient[j] += c * sums[j];
            }
        }
    }
}

void elbow_layer_condition_backward(const struct elbow_layer_condition *condition, const struct elbow_layer_call *call,
                                    size_t first, size_t rows, const float *da)
{
    struct pass pass = {.condition = condition, .c = conditions_of(condition, call, first), .rows = rows, .da = da};
    if (condition->count == 0)
        return;
    pass.gradient = call->gradient + condition->offset;
    if (first == 0)
        memset(pass.gradient, 0, condition->count * condition->units * sizeof *pass.gradient);
    if (pass.c != NULL)
        elbow_threads_split(condition->units, ELBOW_THREADS_LINE, VALUES_LEAST / (rows * condition->places + 1) + 1,
                            backward_span, &pass);
}
