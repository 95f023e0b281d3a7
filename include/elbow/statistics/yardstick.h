// SPDX-License-Identifier: BSD-3-Clause
// The measures of a latent space for `elbow measure`: a table with one row per measure, whose function is in
// src/statistics/<word>.c. A measure takes plain arrays, runs on the calling thread only and gives the same bits in
// every run. docs/howto/measure-a-latent-space.md has the formulas.
#ifndef ELBOW_STATISTICS_YARDSTICK_H
#define ELBOW_STATISTICS_YARDSTICK_H

#include "elbow/base/language.h"
#include "elbow/base/status.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

ELBOW_C_BEGIN

// The inputs that a measure needs besides the codes.
enum elbow_yardstick_need {
    ELBOW_YARDSTICK_NEEDS_FACTORS = 1 << 0,
    ELBOW_YARDSTICK_NEEDS_LABELS = 1 << 1,
    ELBOW_YARDSTICK_NEEDS_DATA = 1 << 2,
    ELBOW_YARDSTICK_NEEDS_SAMPLES = 1 << 3,
    ELBOW_YARDSTICK_NEEDS_RECONSTRUCTIONS = 1 << 4, // reconstructions
    ELBOW_YARDSTICK_NEEDS_KL = 1 << 5,
    ELBOW_YARDSTICK_OF_PCA = 1 << 6 // not a need: the measure is also computed for the codes of PCA
};

// X(ENUMERATOR, word, needs, description), in the order of the output. A word never changes.
#define ELBOW_YARDSTICK_LIST(X)                                                                                        \
    X(ELBOW_YARDSTICK_RECONSTRUCTION, reconstruction,                                                                  \
      ELBOW_YARDSTICK_NEEDS_DATA | ELBOW_YARDSTICK_NEEDS_RECONSTRUCTIONS | ELBOW_YARDSTICK_OF_PCA,                     \
      "mean square of value minus reconstruction")                                                                     \
    X(ELBOW_YARDSTICK_PROBE, probe, ELBOW_YARDSTICK_NEEDS_LABELS | ELBOW_YARDSTICK_OF_PCA,                             \
      "accuracy of a linear classifier of the codes")                                                                  \
    X(ELBOW_YARDSTICK_KNN, knn, ELBOW_YARDSTICK_NEEDS_LABELS | ELBOW_YARDSTICK_OF_PCA,                                 \
      "accuracy of a vote of the nearest neighbours")                                                                  \
    X(ELBOW_YARDSTICK_KMEANS, kmeans, ELBOW_YARDSTICK_NEEDS_LABELS | ELBOW_YARDSTICK_OF_PCA,                           \
      "agreement of labels and clusters (ARI, NMI)")                                                                   \
    X(ELBOW_YARDSTICK_SILHOUETTE, silhouette, ELBOW_YARDSTICK_NEEDS_LABELS | ELBOW_YARDSTICK_OF_PCA,                   \
      "separation of the classes")                                                                                     \
    X(ELBOW_YARDSTICK_EMBEDDING, embedding, ELBOW_YARDSTICK_NEEDS_DATA | ELBOW_YARDSTICK_OF_PCA,                       \
      "whether neighbours remain neighbours (trustworthiness, continuity)")                                            \
    X(ELBOW_YARDSTICK_MIG, mig, ELBOW_YARDSTICK_NEEDS_FACTORS | ELBOW_YARDSTICK_OF_PCA, "mutual information gap")      \
    X(ELBOW_YARDSTICK_DCI, dci, ELBOW_YARDSTICK_NEEDS_FACTORS | ELBOW_YARDSTICK_OF_PCA,                                \
      "disentanglement, completeness, informativeness")                                                                \
    X(ELBOW_YARDSTICK_FACTOR_VAE, factor_vae, ELBOW_YARDSTICK_NEEDS_FACTORS | ELBOW_YARDSTICK_OF_PCA,                  \
      "whether the code that varies least identifies the fixed factor")                                                \
    X(ELBOW_YARDSTICK_UNITS, units, 0, "codes that vary")                                                              \
    X(ELBOW_YARDSTICK_KL, kl, ELBOW_YARDSTICK_NEEDS_KL, "the KL and its parts")                                        \
    X(ELBOW_YARDSTICK_COVERAGE, coverage, ELBOW_YARDSTICK_NEEDS_DATA | ELBOW_YARDSTICK_NEEDS_SAMPLES,                  \
      "density and coverage of samples")                                                                               \
    X(ELBOW_YARDSTICK_FRECHET, frechet, ELBOW_YARDSTICK_NEEDS_DATA | ELBOW_YARDSTICK_NEEDS_SAMPLES,                    \
      "Frechet distance of data and samples")

#define ELBOW_YARDSTICK_ENUMERATOR(name, ...) name,
enum elbow_yardstick_kind { ELBOW_YARDSTICK_LIST(ELBOW_YARDSTICK_ENUMERATOR) ELBOW_YARDSTICKS };

// Nothing is owned. Missing arrays are NULL.
struct elbow_yardstick_input {
    size_t rows, width; // at least 2 and 1
    const double *codes;
    size_t factor_count;
    const double *factors; // (rows, factors)
    size_t classes;
    const int64_t *labels; // (rows) below classes; -1: unknown
    size_t values;
    const float *data;            // (rows, values)
    const float *reconstructions; // (rows, values)
    size_t sample_count;
    const float *samples; // (sample_count, values)
    const struct elbow_yardstick_kl {
        double kl, error, information, total_correlation, dimensions;
        bool has_parts;
    } * kl;
    size_t neighbours; // k, for all measures with neighbours
    uint64_t seed;
};

enum { ELBOW_YARDSTICK_FIGURES_MAX = 4 };

struct elbow_yardstick_figure {
    const char *name;
    double value, error; // error: standard error of a mean over rows; NaN: the figure is not a mean
};

struct elbow_yardstick_figures {
    size_t count;
    struct elbow_yardstick_figure figures[ELBOW_YARDSTICK_FIGURES_MAX];
};

// A row of the table.
struct elbow_yardstick {
    const char *word, *meaning;
    unsigned needs;
    // Local. Computes the figures. DATA, with the reason as a sentence, if they make no sense for the input; MEMORY,
    // NUMBERS.
    enum elbow_status (*compute)(const struct elbow_yardstick_input *input, struct elbow_yardstick_figures *figures,
                                 struct elbow_error *error);
};

// Local. The row of a kind.
const struct elbow_yardstick *elbow_yardstick_row(enum elbow_yardstick_kind kind);

// Local. Computes the figures of a measure. The input has all that the measure needs. Rows with an unknown label are
// left out of measures that need labels. Messages begin with the word of the measure.
enum elbow_status elbow_yardstick_compute(enum elbow_yardstick_kind kind, const struct elbow_yardstick_input *input,
                                          struct elbow_yardstick_figures *figures, struct elbow_error *error);

// Local. Adds a figure, of at most ELBOW_YARDSTICK_FIGURES_MAX.
static inline void elbow_yardstick_add(struct elbow_yardstick_figures *figures, const char *name, double value,
                                       double error)
{
    ELBOW_CHECK(figures->count < ELBOW_YARDSTICK_FIGURES_MAX);
    struct elbow_yardstick_figure *figure = &figures->figures[figures->count++];
    figure->name = name;
    figure->value = value;
    figure->error = error;
}

// Local. Adds the mean of values [rows] with its standard error: the standard deviation divided by the square root of
// the number of rows.
static inline void elbow_yardstick_add_mean(struct elbow_yardstick_figures *figures, const char *name, size_t rows,
                                            const double *values)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < rows; ++i)
        sum += values[i];
    double mean = sum / (double)rows;
    for (size_t i = 0; i < rows; ++i)
        squares += (values[i] - mean) * (values[i] - mean);
    elbow_yardstick_add(figures, name, mean,
                        rows > 1 ? sqrt(squares / ((double)rows - 1) / (double)rows) : (double)NAN);
}

ELBOW_C_END

#endif
