// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/statistics/logistic.h"

#include "elbow/base/memory.h"
#include "elbow/math/blas_double.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { MEMORY = 10, STEPS = 2000, HALVINGS = 40 };
// The objective is convex by 1 in the weights, so it is less than |gradient|^2 / 2 above its least value.
static const double GRADIENT = 1e-4, SLOPE = 1e-4;

struct fit {
    size_t rows, width, classes, size; // width with the ones of the intercepts; size of the weights
    const int64_t *labels;
    double *x, *scores; // (rows, width), (rows, classes)
    double *trial, *slope, *old_slope, *direction;
    double *moves, *turns; // (MEMORY, size): of weights and of gradients
    double products[MEMORY], parts[MEMORY];
    size_t kept, next;
};

static double dot(size_t count, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < count; ++i)
        sum += a[i] * b[i];
    return sum;
}

// A row of scores becomes probabilities minus the label's one. Returns its -log probability.
static double settle_row(size_t classes, int64_t label, double *scores)
{
    double most = scores[0], sum = 0, own = scores[label];
    for (size_t c = 1; c < classes; ++c)
        most = scores[c] > most ? scores[c] : most;
    for (size_t c = 0; c < classes; ++c)
        sum += scores[c] = exp(scores[c] - most);
    for (size_t c = 0; c < classes; ++c)
        scores[c] /= sum;
    scores[label] -= 1;
    return log(sum) + most - own;
}

// The objective, and its gradient.
static double evaluate(struct fit *fit, const double *weights, double *slope)
{
    double sum = 0;
    elbow_blas_double_multiply_bt(fit->rows, fit->classes, fit->width, fit->x, fit->width, weights, fit->width, false,
                                  fit->scores, fit->classes);
    for (size_t i = 0; i < fit->rows; ++i)
        sum += settle_row(fit->classes, fit->labels[i], fit->scores + i * fit->classes);
    elbow_blas_double_multiply_at(fit->classes, fit->width, fit->rows, fit->scores, fit->classes, fit->x, fit->width,
                                  false, slope, fit->width);
    for (size_t i = 0; i < fit->size; ++i) {
        if (i % fit->width == fit->width - 1)
            continue; // an intercept
        sum += weights[i] * weights[i] / 2;
        slope[i] += weights[i];
    }
    return sum;
}

// -H gradient, H by the last moves (two loops; Nocedal 1980).
static void find_direction(struct fit *fit)
{
    for (size_t i = 0; i < fit->size; ++i)
        fit->direction[i] = -fit->slope[i];
    for (size_t k = 0; k < fit->kept; ++k) {
        size_t at = (fit->next + MEMORY - 1 - k) % MEMORY;
        const double *move = fit->moves + at * fit->size, *turn = fit->turns + at * fit->size;
        fit->parts[at] = dot(fit->size, move, fit->direction) / fit->products[at];
        for (size_t i = 0; i < fit->size; ++i)
            fit->direction[i] -= fit->parts[at] * turn[i];
    }
    size_t last = (fit->next + MEMORY - 1) % MEMORY;
    const double *turn = fit->turns + last * fit->size;
    double scale = fit->kept > 0 ? fit->products[last] / dot(fit->size, turn, turn)
                                 : 1 / (1 + sqrt(dot(fit->size, fit->slope, fit->slope)));
    for (size_t i = 0; i < fit->size; ++i)
        fit->direction[i] *= scale;
    for (size_t k = fit->kept; k-- > 0;) {
        size_t at = (fit->next + MEMORY - 1 - k) % MEMORY;
        const double *move = fit->moves + at * fit->size, *change = fit->turns + at * fit->size;
        double part = fit->parts[at] - dot(fit->size, change, fit->direction) / fit->products[at];
        for (size_t i = 0; i < fit->size; ++i)
            fit->direction[i] += part * move[i];
    }
}

static void remember(struct fit *fit, const double *weights)
{
    double *move = fit->moves + fit->next * fit->size, *turn = fit->turns + fit->next * fit->size;
    for (size_t i = 0; i < fit->size; ++i) {
        move[i] = fit->trial[i] - weights[i];
        turn[i] = fit->slope[i] - fit->old_slope[i];
    }
    double product = dot(fit->size, move, turn);
    if (product <= 1e-14 * dot(fit->size, turn, turn))
        return; // rounding errors
    fit->products[fit->next] = product;
    fit->next = (fit->next + 1) % MEMORY;
    fit->kept += fit->kept < MEMORY;
}

// A step that climbs down far enough; false if there is none within rounding errors.
static bool step(struct fit *fit, double *weights, double *value)
{
    find_direction(fit);
    double along = dot(fit->size, fit->slope, fit->direction), length = 1;
    memcpy(fit->old_slope, fit->slope, fit->size * sizeof *fit->slope);
    for (int halving = 0; halving < HALVINGS; ++halving, length /= 2) {
        for (size_t i = 0; i < fit->size; ++i)
            fit->trial[i] = weights[i] + length * fit->direction[i];
        double trial = evaluate(fit, fit->trial, fit->slope);
        if (!(trial <= *value + SLOPE * length * along))
            continue;
        remember(fit, weights);
        memcpy(weights, fit->trial, fit->size * sizeof *weights);
        *value = trial;
        return true;
    }
    return false;
}

static void fill(struct fit *fit, const double *x)
{
    size_t width = fit->width - 1;
    for (size_t i = 0; i < fit->rows; ++i) {
        memcpy(fit->x + i * fit->width, x + i * width, width * sizeof *x);
        fit->x[i * fit->width + width] = 1;
    }
}

enum elbow_status elbow_logistic_fit(size_t rows, size_t width, const double *x, size_t classes, const int64_t *labels,
                                     double *weights, double *objective, struct elbow_error *error)
{
    struct fit fit = {
        .rows = rows, .width = width + 1, .classes = classes, .size = classes * (width + 1), .labels = labels};
    const struct elbow_array arrays[] = {
        ELBOW_ARRAY(fit.x, rows * fit.width),      ELBOW_ARRAY(fit.scores, rows * classes),
        ELBOW_ARRAY(fit.trial, fit.size),          ELBOW_ARRAY(fit.slope, fit.size),
        ELBOW_ARRAY(fit.old_slope, fit.size),      ELBOW_ARRAY(fit.direction, fit.size),
        ELBOW_ARRAY(fit.moves, MEMORY * fit.size), ELBOW_ARRAY(fit.turns, MEMORY * fit.size)};
    enum elbow_status status =
        elbow_allocate_all(arrays, sizeof arrays / sizeof *arrays, "a logistic regression", error);
    if (status == ELBOW_OK) {
        fill(&fit, x);
        memset(weights, 0, fit.size * sizeof *weights);
        *objective = evaluate(&fit, weights, fit.slope);
        for (int n = 0; n < STEPS && dot(fit.size, fit.slope, fit.slope) > GRADIENT * GRADIENT; ++n)
            if (!step(&fit, weights, objective))
                break;
    }
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; ++i)
        elbow_release(arrays[i].pointer);
    return status;
}

int64_t elbow_logistic_class(size_t width, size_t classes, const double *weights, const double *x)
{
    int64_t best = 0;
    double most = 0;
    for (size_t c = 0; c < classes; ++c) {
        const double *own = weights + c * (width + 1);
        double score = dot(width, own, x) + own[width];
        if (c == 0 || score > most) {
            most = score;
            best = (int64_t)c;
        }
    }
    return best;
}
