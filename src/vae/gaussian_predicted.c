// SPDX-License-Identifier: BSD-3-Clause
// The Gaussian whose decoder has two outputs for each value, its mean m and s:
//   v = floor + exp(s), where s above 40 bends softly to 60;   log p = -1/2 sum_d ((x - m)^2 / v + log v + log(2 pi)).
// Without a floor, a value that is predicted exactly has no largest log p (Mattei and Frellsen 2018, "Leveraging the
// exact likelihood of deep latent variable models").
#include "elbow/vae/detail/gaussian.h"

#include "elbow/math/threads.h"
#include "elbow/math/vector.h"

#include <math.h>

static const double LOG_2_PI = 1.83787706640934548356;
static const double BEND = 40, MOST = 60;

// MOST - softplus(MOST - s), and its derivative. At BEND it differs from s by 2e-9, less than the precision of a float.
static double bend(double s, double *derivative)
{
    *derivative = 1;
    if (!(s > BEND)) // a NaN stays
        return s;
    double small = exp(-fabs(s - MOST));
    *derivative = s > MOST ? small / (1 + small) : 1 / (1 + small);
    return (s > MOST ? MOST : s) - log1p(small);
}

double elbow_gaussian_predicted(float s, double floor)
{
    double derivative;
    return floor + exp(bend((double)s, &derivative));
}

struct rows {
    const struct elbow_likelihood_call *call;
    double floor;
};

// Sums over a row, in lanes.
struct sums {
    double score[ELBOW_LANES], variance[ELBOW_LANES], squares[ELBOW_LANES];
};

static void tile(const struct rows *rows, size_t n, const float *x, const float *y, struct sums *sums, float *dy)
{
    float bent[ELBOW_TILE], above[ELBOW_TILE];
    double derivative[ELBOW_TILE];
    for (size_t d = 0; d < n; ++d)
        bent[d] = (float)bend((double)y[2 * d + 1], &derivative[d]);
    elbow_vector_exp(n, bent, above);
    for (size_t d = 0; d < n; ++d) {
        double v = rows->floor + (double)above[d], difference = (double)y[2 * d] - (double)x[d];
        double square = difference * difference, ratio = square / v;
        sums->score[d % ELBOW_LANES] += ratio + log(v);
        sums->variance[d % ELBOW_LANES] += v;
        sums->squares[d % ELBOW_LANES] += square;
        if (!dy)
            continue;
        dy[2 * d] = (float)(difference / v);
        dy[2 * d + 1] = (float)(0.5 * (1 - ratio) * derivative[d] * ((double)above[d] / v));
    }
}

static void span(void *user, int part, size_t row, size_t count)
{
    const struct rows *rows = user;
    const struct elbow_likelihood_call *call = rows->call;
    size_t values = call->values;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        struct sums sums = {{0}, {0}, {0}};
        for (size_t first = 0; first < values; first += ELBOW_TILE) {
            size_t n = values - first < ELBOW_TILE ? values - first : ELBOW_TILE, at = i * values + first;
            tile(rows, n, call->x + at, call->y + 2 * at, &sums, call->dy ? call->dy + 2 * at : NULL);
        }
        call->recon[i] = -0.5 * (elbow_lanes_fold(sums.score) + (double)values * LOG_2_PI);
        if (!call->notes)
            continue;
        double *notes = call->notes + i * ELBOW_GAUSSIAN_NOTES;
        notes[ELBOW_GAUSSIAN_VARIANCE] = elbow_lanes_fold(sums.variance) / (double)values;
        notes[ELBOW_GAUSSIAN_RESIDUAL] = elbow_lanes_fold(sums.squares) / (double)values;
    }
}

void elbow_gaussian_score_predicted(const struct elbow_likelihood_call *call, double floor)
{
    struct elbow_likelihood_call copy = *call;
    struct rows work = {.call = &copy, .floor = floor};
    elbow_threads_split(call->rows, 1, elbow_likelihood_least_rows(call->values), span, &work);
}
