// SPDX-License-Identifier: BSD-3-Clause
// Comparison of runs: figures with paired differences, curves, latents, samples, reconstructions.
#ifndef ELBOW_EVALUATE_COMPARISON_H
#define ELBOW_EVALUATE_COMPARISON_H

#include "elbow/base/language.h"
#include "elbow/evaluate/history.h"
#include "elbow/evaluate/map.h"
#include "elbow/evaluate/session.h"

ELBOW_C_BEGIN

enum { ELBOW_COMPARED_MAX = 8 }; // runs

enum elbow_compared_figure { ELBOW_COMPARED_ELBO, ELBOW_COMPARED_RECON, ELBOW_COMPARED_KL, ELBOW_COMPARED_FIGURES };
extern const char *const elbow_compared_names[ELBOW_COMPARED_FIGURES];

// The columns of metrics.csv that are drawn as curves, and their names.
extern const char *const elbow_compared_curves[];
enum elbow_compared_curve {
    ELBOW_CURVE_STEP,
    ELBOW_CURVE_ELBO,
    ELBOW_CURVE_RECON,
    ELBOW_CURVE_KL,
    ELBOW_CURVE_OBJECTIVE,
    ELBOW_CURVE_RATE,
    ELBOW_HISTORY_CURVES
};

// A grid of pictures. Owned.
struct elbow_compared_pictures {
    size_t rows, columns; // of pixels; 0: no pictures
    size_t channels;
    double *pixels;
};

// One run. Owned; on rank zero (name and has_kl on all ranks).
struct elbow_compared {
    const char *name; // borrowed
    bool has_kl;
    uint64_t step, hash; // of its checkpoint; of the rows that its figures are of
    size_t rows;
    double *figures[ELBOW_COMPARED_FIGURES];        // [rows] each; a model without a KL has recon only, others NULL
    struct elbow_map map;                           // latent space, two axes
    struct elbow_history train, valid, kl;          // zeroed for a checkpoint without a run directory
    struct elbow_history kl_steps;                  // the steps of `kl`
    struct elbow_compared_pictures samples;         // from N(0, I)
    struct elbow_compared_pictures reconstructions; // below their originals
    struct elbow_compared_pictures traversals;      // of elbow_compared_traverse
};

// Local. The name of run `run` of `count`: the last part of its path, or the whole path if another run has the same
// last part. It borrows from `runs`.
const char *elbow_compared_name(const char *const *runs, int count, int run);

// Collective. Collects the data of a run whose session is open. `run` is its directory, or a checkpoint. The caller
// clears *compared, also after a failure.
enum elbow_status elbow_compared_take(struct elbow_comm *comm, const char *run, struct elbow_session *session,
                                      struct elbow_compared *compared, struct elbow_error *error);

// Collective. Adds traversals of the most used dimensions: a row of images for each, at quantiles of the dataset's
// latents. Adds none if the samples are not images or the model decodes under conditions.
enum elbow_status elbow_compared_traverse(struct elbow_comm *comm, struct elbow_session *session,
                                          struct elbow_compared *compared, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_compared_clear(struct elbow_compared *compared);

// The mean of a figure, or of a difference, and its standard error.
struct elbow_compared_mean {
    double mean, error;
};

// Local. The mean of a figure over the rows. NaN if the run lacks the figure.
struct elbow_compared_mean elbow_compared_mean(const struct elbow_compared *compared,
                                               enum elbow_compared_figure figure);

// Local. The mean of the paired differences of two runs, other minus first, row by row. NaN if their rows differ or one
// lacks the figure.
struct elbow_compared_mean elbow_compared_difference(const struct elbow_compared *first,
                                                     const struct elbow_compared *other,
                                                     enum elbow_compared_figure figure);

// The parts of a picture of all runs.
enum elbow_compared_part {
    ELBOW_COMPARED_CURVES = 1,
    ELBOW_COMPARED_RATES = 2,
    ELBOW_COMPARED_DIMENSIONS = 4,
    ELBOW_COMPARED_MAPS = 8,
    ELBOW_COMPARED_IMAGES = 16, // samples and reconstructions
    ELBOW_COMPARED_ALL = 31
};

// Local. Draws a part of the picture as a PNG in memory; titles are on the curves only. *bytes is released with
// elbow_release; it is NULL if there is nothing to draw. MEMORY.
enum elbow_status elbow_comparison_encode(const struct elbow_compared *runs, size_t count,
                                          enum elbow_compared_part part, char **bytes, size_t *size,
                                          struct elbow_error *error);

// Local. Draws all parts into the file `path` (elbow/output/plot.h). OUTPUT, USAGE, MEMORY.
enum elbow_status elbow_comparison_draw(const struct elbow_compared *runs, size_t count, const char *path,
                                        enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
