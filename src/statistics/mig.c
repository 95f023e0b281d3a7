// SPDX-License-Identifier: BSD-3-Clause
// The mutual information gap: Chen, Li, Grosse, Duvenaud (2018), "Isolating sources of disentanglement in variational
// autoencoders", with the bins of Locatello et al. (2019).
#include "elbow/statistics/disentanglement.h"

#include "elbow/base/memory.h"
#include "elbow/statistics/detail/yardstick.h"

#include <string.h>

enum { BINS = 20 };

// The bin of each row's code, of bins of equal width.
static void bin_code(size_t rows, size_t width, const double *codes, size_t column, int64_t *bins)
{
    double low = codes[column], high = low;
    for (size_t i = 1; i < rows; ++i) {
        double value = codes[i * width + column];
        low = value < low ? value : low;
        high = value > high ? value : high;
    }
    for (size_t i = 0; i < rows; ++i) {
        double share = high > low ? (codes[i * width + column] - low) / (high - low) : 0;
        int64_t bin = (int64_t)(share * BINS);
        bins[i] = bin < BINS ? bin : BINS - 1;
    }
}

struct counts {
    double pairs[BINS * ELBOW_FACTOR_VALUES_MAX], of_code[BINS], of_factor[ELBOW_FACTOR_VALUES_MAX];
};

// In nats. The counts are whole numbers, so a single bin gives exactly zero.
static double information(size_t rows, const int64_t *bins, const int64_t *values, struct counts *counts)
{
    double sum = 0;
    memset(counts, 0, sizeof *counts);
    for (size_t i = 0; i < rows; ++i) {
        counts->pairs[bins[i] * ELBOW_FACTOR_VALUES_MAX + values[i]] += 1;
        counts->of_code[bins[i]] += 1;
        counts->of_factor[values[i]] += 1;
    }
    for (size_t b = 0; b < BINS; ++b)
        for (size_t v = 0; v < ELBOW_FACTOR_VALUES_MAX; ++v) {
            double pairs = counts->pairs[b * ELBOW_FACTOR_VALUES_MAX + v];
            if (pairs > 0)
                sum += pairs / (double)rows * log(pairs * (double)rows / (counts->of_code[b] * counts->of_factor[v]));
        }
    return sum;
}

static double entropy(size_t rows, const int64_t *values)
{
    double counts[ELBOW_FACTOR_VALUES_MAX] = {0}, sum = 0;
    for (size_t i = 0; i < rows; ++i)
        counts[values[i]] += 1;
    for (size_t v = 0; v < ELBOW_FACTOR_VALUES_MAX; ++v)
        if (counts[v] > 0)
            sum -= counts[v] / (double)rows * log(counts[v] / (double)rows);
    return sum;
}

// The best minus the second best.
static double gap(size_t rows, size_t width, const int64_t *bins, const int64_t *values)
{
    double best = 0, second = 0;
    struct counts counts;
    for (size_t j = 0; j < width; ++j) {
        double shared = information(rows, bins + j * rows, values, &counts);
        second = shared > best ? best : shared > second ? shared : second;
        best = shared > best ? shared : best;
    }
    return best - second;
}

enum elbow_status elbow_mig(size_t rows, size_t width, const double *codes, size_t factors, const double *table,
                            double *mig, struct elbow_error *error)
{
    int64_t *bins = NULL, *values = NULL;
    const struct elbow_array arrays[] = {ELBOW_ARRAY(bins, rows * width), ELBOW_ARRAY(values, rows)};
    enum elbow_status status = elbow_allocate_all(arrays, 2, "the bins of all codes", error);
    for (size_t j = 0; status == ELBOW_OK && j < width; ++j)
        bin_code(rows, width, codes, j, bins + j * rows);
    double sum = 0;
    size_t varying = 0, count = 0;
    for (size_t f = 0; status == ELBOW_OK && f < factors; ++f) {
        status = elbow_factor_values(rows, factors, table, f, values, &count, error);
        if (status != ELBOW_OK || count < 2)
            continue;
        sum += gap(rows, width, bins, values) / entropy(rows, values);
        ++varying;
    }
    if (status == ELBOW_OK && varying == 0)
        status = elbow_error_set(error, ELBOW_DATA, "no factor varies");
    *mig = varying > 0 ? sum / (double)varying : 0;
    elbow_release(&bins);
    elbow_release(&values);
    return status;
}

enum elbow_status elbow_yardstick_mig(const struct elbow_yardstick_input *input,
                                      struct elbow_yardstick_figures *figures, struct elbow_error *error)
{
    double mig;
    enum elbow_status status =
        elbow_mig(input->rows, input->width, input->codes, input->factor_count, input->factors, &mig, error);
    if (status == ELBOW_OK)
        elbow_yardstick_add(figures, "mig", mig, NAN);
    return status;
}
