// SPDX-License-Identifier: BSD-3-Clause
#include "elbow/vae/detail/counts.h"

#include "elbow/base/status.h"
#include "elbow/math/gamma.h"
#include "elbow/math/threads.h"
#include "elbow/math/variates.h"

#include <float.h>
#include <math.h>

struct counts {
    const struct elbow_likelihood_call *call;
    size_t outputs, dispersion; // number of outputs of a value; index of its dispersion among them, 0: none
    bool has_total, has_zeros;
};

// log p of a value, and its derivatives with respect to log m, the logit of a drop and log t.
struct terms {
    double log_p, mean, drop, dispersion;
};

size_t elbow_counts_outputs(const struct elbow_likelihood_options *options, bool has_zeros)
{
    return 1 + has_zeros + (options->dispersion == ELBOW_DISPERSION_PREDICTED);
}

enum elbow_size elbow_counts_size(const struct elbow_likelihood_options *options)
{
    return (enum elbow_size)options->size;
}

static struct counts counts_of(const struct elbow_likelihood_call *call, bool has_zeros)
{
    size_t outputs = elbow_counts_outputs(call->options, has_zeros);
    bool is_predicted = call->options->dispersion == ELBOW_DISPERSION_PREDICTED;
    ELBOW_CHECK(is_predicted || call->shared);
    return (struct counts){.call = call,
                           .outputs = outputs,
                           .dispersion = is_predicted ? outputs - 1 : 0,
                           .has_total = call->options->size != ELBOW_SIZE_NONE,
                           .has_zeros = has_zeros};
}

bool elbow_counts_shared(const struct elbow_likelihood_options *options, size_t values, struct elbow_tensor *tensor)
{
    if (options->dispersion != ELBOW_DISPERSION_PER_VALUE)
        return false;
    *tensor = (struct elbow_tensor){.name = "likelihood/log_dispersion",
                                    .rank = 1,
                                    .shape = {values},
                                    .is_weight = false,
                                    .initial = ELBOW_INITIAL_CONSTANT};
    return true;
}

// log t of value d, whose outputs are y. Within [-300, 300]: at these bounds the distribution is, within the precision
// of doubles, the Poisson or all at 0, and t and 1 / t are finite.
static double log_dispersion_of(const struct counts *work, const float *y, size_t d)
{
    const double most = 300;
    double log_dispersion = work->dispersion ? y[work->dispersion] : work->call->shared[d];
    if (isnan(log_dispersion))
        return log_dispersion;
    return log_dispersion > most ? most : log_dispersion < -most ? -most : log_dispersion;
}

// max(a, 0)
static inline double positive(double a)
{
    return a > 0 ? a : 0;
}

// Without zero inflation. The parts that are large if t is (log Gamma(t + x) and psi(t + x)) are computed as
// differences.
static struct terms plain(double x, double log_mean, double log_dispersion, bool has_derivatives)
{
    double t = exp(log_dispersion), odds = log_mean - log_dispersion; // log(m / t)
    double small = exp(-fabs(odds)), rest = log1p(small);
    double larger = positive(odds) + rest, smaller = positive(-odds) + rest; // softplus(+-odds)
    double above = (odds > 0 ? 1 : small) / (1 + small), below = (odds > 0 ? small : 1) / (1 + small);
    struct terms terms = {.log_p = -t * larger};
    if (has_derivatives) {
        terms.mean = -exp(log_mean) * below;
        terms.dispersion = t * (above - larger);
    }
    if (x == 0) // most counts of many data sets
        return terms;
    terms.log_p += elbow_log_gamma_rise(t, x) - elbow_log_factorial(x) - x * smaller;
    if (has_derivatives) {
        terms.mean += x * below;
        terms.dispersion += t * elbow_digamma_rise(t, x) - x * below;
    }
    return terms;
}

// With zero inflation: p(0) = s + (1 - s) p'(0), p(x) = (1 - s) p'(x), where p' is the one without and s =
// sigmoid(drop).
static struct terms with_drops(double x, double drop, struct terms terms)
{
    double small = exp(-fabs(drop)), rest = log1p(small);
    double dropped = (drop > 0 ? 1 : small) / (1 + small), kept = (drop > 0 ? small : 1) / (1 + small);
    if (x != 0) {
        terms.log_p -= positive(drop) + rest;
        terms.drop = -dropped;
        return terms;
    }
    double gap = expm1(terms.log_p), difference = terms.log_p - drop, is_count = elbow_sigmoid(difference);
    double lost = kept * gap; // p(0) - 1
    terms.drop = -gap * elbow_sigmoid(-difference) * kept;
    terms.mean *= is_count;
    terms.dispersion *= is_count;
    terms.log_p =
        lost > -0.5 ? log1p(lost) : positive(difference) + log1p(exp(-fabs(difference))) - (positive(-drop) + rest);
    return terms;
}

// A value; `shift` is added to its first output.
static struct terms value_terms(const struct counts *work, double x, const float *y, size_t d, double shift,
                                bool has_derivatives)
{
    struct terms terms = plain(x, y[0] + shift, log_dispersion_of(work, y, d), has_derivatives);
    return work->has_zeros ? with_drops(x, y[1], terms) : terms;
}

// N of a row: its size, if there is one, otherwise the sum of x, or 1 without an x.
static double total_of(const struct elbow_likelihood_call *call, size_t row)
{
    double lanes[ELBOW_LANES] = {0};
    if (call->size)
        return call->size[row];
    if (!call->x)
        return 1;
    for (size_t d = 0; d < call->values; ++d)
        lanes[d % ELBOW_LANES] += call->x[row * call->values + d];
    return elbow_lanes_fold(lanes);
}

// log N - log sum_k exp(y_k) of a row.
static double shift_of(const struct counts *work, size_t row)
{
    const struct elbow_likelihood_call *call = work->call;
    const float *y = call->y + row * call->values * work->outputs;
    double lanes[ELBOW_LANES] = {0}, most = -INFINITY;
    if (!work->has_total)
        return 0;
    for (size_t d = 0; d < call->values; ++d)
        most = y[d * work->outputs] > most ? y[d * work->outputs] : most;
    for (size_t d = 0; d < call->values; ++d)
        lanes[d % ELBOW_LANES] += exp(y[d * work->outputs] - most);
    return log(total_of(call, row)) - most - log(elbow_lanes_fold(lanes));
}

// Stores the shifts of rows in recon.
static void fill_shifts(void *user, int part, size_t row, size_t count)
{
    const struct counts *work = user;
    (void)part;
    for (size_t i = row; i < row + count; ++i)
        work->call->recon[i] = shift_of(work, i);
}

// True if value `at` of the rows is scored. A missing one may be any number.
static inline bool is_known(const struct elbow_likelihood_call *call, size_t at)
{
    return !call->known || call->known[at] != 0;
}

// The gradient of the trained dispersions of values [first, first + count): summed over the rows in their order, for
// any number of threads. Computed before the gradient with respect to y, which may overwrite y.
static void sum_columns(void *user, int part, size_t first, size_t count)
{
    const struct counts *work = user;
    const struct elbow_likelihood_call *call = work->call;
    (void)part;
    for (size_t begin = first; begin < first + count; begin += ELBOW_TILE) {
        size_t n = first + count - begin < ELBOW_TILE ? first + count - begin : ELBOW_TILE;
        double sums[ELBOW_TILE] = {0};
        for (size_t i = 0; i < call->rows; ++i)
            for (size_t k = 0; k < n; ++k) {
                size_t d = begin + k, at = i * call->values + d;
                if (!is_known(call, at))
                    continue;
                sums[k] +=
                    value_terms(work, call->x[at], call->y + at * work->outputs, d, call->recon[i], true).dispersion;
            }
        for (size_t k = 0; k < n; ++k)
            call->dshared[begin + k] = (float)-sums[k];
    }
}

static void write_derivatives(const struct counts *work, struct terms terms, float *dy)
{
    dy[0] = (float)-terms.mean;
    if (work->has_zeros)
        dy[1] = (float)-terms.drop;
    if (work->dispersion)
        dy[work->dispersion] = (float)-terms.dispersion;
}

// log p of a row, and its gradient if that needs no other value; *sum: the sum of the derivatives with respect to log
// m.
static double score_row(const struct counts *work, size_t row, double shift, double *sum)
{
    const struct elbow_likelihood_call *call = work->call;
    double lanes[ELBOW_LANES] = {0}, derivatives[ELBOW_LANES] = {0}, dispersions[ELBOW_LANES] = {0};
    size_t known = 0;
    for (size_t d = 0; d < call->values; ++d) {
        size_t at = row * call->values + d, first = at * work->outputs;
        if (!is_known(call, at))
            continue;
        ++known;
        struct terms terms = value_terms(work, call->x[at], call->y + first, d, shift, call->dy != NULL);
        lanes[d % ELBOW_LANES] += terms.log_p;
        derivatives[d % ELBOW_LANES] += terms.mean;
        dispersions[d % ELBOW_LANES] += log_dispersion_of(work, call->y + first, d);
        if (call->dy && !work->has_total)
            write_derivatives(work, terms, call->dy + first);
    }
    *sum = elbow_lanes_fold(derivatives);
    if (call->notes)
        call->notes[row] = exp(elbow_lanes_fold(dispersions) / (double)known);
    return elbow_lanes_fold(lanes);
}

// The gradient of a row whose means are shares of its total: a larger share reduces all others.
static void spread_shares(const struct counts *work, size_t row, double shift, double sum)
{
    const struct elbow_likelihood_call *call = work->call;
    double total = total_of(call, row), relative = total == 0 ? 0 : sum / total; // an empty row has no gradient
    for (size_t d = 0; d < call->values; ++d) {
        size_t at = row * call->values + d, first = at * work->outputs;
        struct terms terms = {0}; // of a missing value, whose share still reduces the others
        if (is_known(call, at))
            terms = value_terms(work, call->x[at], call->y + first, d, shift, true);
        terms.mean -= exp(call->y[first] + shift) * relative;
        write_derivatives(work, terms, call->dy + first);
    }
}

static void score_rows(void *user, int part, size_t row, size_t count)
{
    const struct counts *work = user;
    (void)part;
    for (size_t i = row; i < row + count; ++i) {
        double shift = work->call->recon[i], sum;
        work->call->recon[i] = score_row(work, i, shift, &sum);
        if (work->call->dy && work->has_total)
            spread_shares(work, i, shift, sum);
    }
}

void elbow_counts_score(const struct elbow_likelihood_call *call, bool has_zeros)
{
    struct counts work = counts_of(call, has_zeros);
    size_t least = elbow_likelihood_least_rows(call->values);
    ELBOW_CHECK(call->x && call->y && call->recon);
    elbow_threads_split(call->rows, 1, least, fill_shifts, &work);
    if (call->dshared && !work.dispersion)
        elbow_threads_split(call->values, ELBOW_THREADS_LINE, elbow_likelihood_least_rows(call->rows), sum_columns,
                            &work);
    elbow_threads_split(call->rows, 1, least, score_rows, &work);
}

// At m = x; a zero is certain if m is 0.
void elbow_counts_saturated(const struct elbow_likelihood_call *call, bool has_zeros)
{
    struct counts work = counts_of(call, has_zeros);
    for (size_t i = 0; i < call->rows; ++i) {
        double most = 0;
        for (size_t d = 0; d < call->values; ++d) {
            size_t at = i * call->values + d;
            double x = is_known(call, at) ? (double)call->x[at] : 0;
            const float *y = work.outputs > 1 ? call->y + at * work.outputs : NULL;
            if (x == 0)
                continue;
            struct terms terms = plain(x, log(x), log_dispersion_of(&work, y, d), false);
            most += has_zeros ? with_drops(x, y[1], terms).log_p : terms.log_p;
        }
        call->recon[i] = most;
    }
}

void elbow_counts_mean(const struct elbow_likelihood_call *call, bool has_zeros, float *values)
{
    struct counts work = counts_of(call, has_zeros);
    for (size_t i = 0; i < call->rows; ++i) {
        double shift = shift_of(&work, i);
        for (size_t d = 0; d < call->values; ++d) { // values may be y
            const float *y = call->y + (i * call->values + d) * work.outputs;
            double kept = has_zeros ? elbow_sigmoid(-(double)y[1]) : 1;
            values[i * call->values + d] = (float)(kept * exp(y[0] + shift));
        }
    }
}

// A Poisson count with a gamma-distributed rate, clipped to the range of float, which small dispersions exceed.
static double draw_value(const struct counts *work, const float *y, size_t d, double shift,
                         struct elbow_variates *source)
{
    double log_dispersion = log_dispersion_of(work, y, d), numbers[2];
    double log_gamma = elbow_draw_log_gamma(exp(log_dispersion), source);
    double rate = exp(y[0] + shift - log_dispersion + log_gamma);
    if (work->has_zeros) {
        elbow_draw_uniform(source, numbers);
        if (numbers[0] < elbow_sigmoid(y[1]))
            return 0 * y[0];
    }
    return elbow_draw_poisson(rate > FLT_MAX ? FLT_MAX : rate, source);
}

void elbow_counts_draw(struct elbow_stream stream, const struct elbow_likelihood_call *call, bool has_zeros, float *x)
{
    struct counts work = counts_of(call, has_zeros);
    ELBOW_CHECK(call->rows == 1 && call->y && x && call->y != x);
    double shift = shift_of(&work, 0);
    for (size_t d = 0; d < call->values; ++d) {
        struct elbow_variates source = {.stream = stream, .value = d, .values = call->values};
        double drawn = draw_value(&work, call->y + d * work.outputs, d, shift, &source);
        x[d] = (float)(drawn > FLT_MAX ? FLT_MAX : drawn);
    }
}
