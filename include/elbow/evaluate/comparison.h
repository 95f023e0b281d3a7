// SPDX-License-Identifier: BSD-3-Clause
// Runs side by side: figures with paired differences, curves, latents, samples, reconstructions.
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

// Columns of the curves of metrics.csv, and their names.
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

// Pictures side by side. Owned.
struct elbow_compared_pictures {
    size_t rows, columns; // of pixels; 0: there are none
    size_t channels;
    double *pixels;
};

// One run. Owned; on rank zero (name and has_kl everywhere).
struct elbow_compared {
    const char *name; // borrowed
    bool has_kl;
    uint64_t step, hash; // of its checkpoint; of the rows that it was compared by
    size_t rows;
    double *figures[ELBOW_COMPARED_FIGURES];        // (rows) of each; NULL: a model without a KL has only recon
    struct elbow_map map;                           // of two axes
    struct elbow_history train, valid, kl;          // zeroed where there is no run directory
    struct elbow_history kl_steps;                  // the steps of `kl`
    struct elbow_compared_pictures samples;         // from N(0, I)
    struct elbow_compared_pictures reconstructions; // below their originals
    struct elbow_compared_pictures traversals;      // as elbow_compared_traverse makes them
};

// Local. What run `run` of `count` is called: the last part of its path, or all of it where another has the same.
const char *elbow_compared_name(const char *const *runs, int count, int run);

// Collective. Takes a run in, whose session is open. `run` is its directory, or a checkpoint. A failure leaves
// something to clear.
enum elbow_status elbow_compared_take(struct elbow_comm *comm, const char *run, struct elbow_session *session,
                                      struct elbow_compared *compared, struct elbow_error *error);

// Collective. Also takes in what the most used dimensions do, a row of images for each, at quantiles of the dataset's
// latents; none where the samples are no images, or the model decodes under conditions.
enum elbow_status elbow_compared_traverse(struct elbow_comm *comm, struct elbow_session *session,
                                          struct elbow_compared *compared, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_compared_clear(struct elbow_compared *compared);

// The mean of a figure, or of its difference, and its standard error.
struct elbow_compared_mean {
    double mean, error;
};

// Local. Of the rows' figures. NaN where there are none.
struct elbow_compared_mean elbow_compared_mean(const struct elbow_compared *compared,
                                               enum elbow_compared_figure figure);

// Local. Of the differences between two runs' rows, one by one; NaN where their rows are not the same ones, or one
// lacks the figure.
struct elbow_compared_mean elbow_compared_difference(const struct elbow_compared *first,
                                                     const struct elbow_compared *other,
                                                     enum elbow_compared_figure figure);

// What is drawn.
enum elbow_compared_part {
    ELBOW_COMPARED_CURVES = 1,
    ELBOW_COMPARED_RATES = 2,
    ELBOW_COMPARED_DIMENSIONS = 4,
    ELBOW_COMPARED_MAPS = 8,
    ELBOW_COMPARED_IMAGES = 16, // samples and reconstructions
    ELBOW_COMPARED_ALL = 31
};

// Local. A part of the picture of all runs, but for the curves without titles, as the bytes of a PNG, new, given back
// with elbow_release; NULL where there is nothing to draw.
enum elbow_status elbow_comparison_encode(const struct elbow_compared *runs, size_t count,
                                          enum elbow_compared_part part, char **bytes, size_t *size,
                                          struct elbow_error *error);

// Local. Draws all runs.
enum elbow_status elbow_comparison_draw(const struct elbow_compared *runs, size_t count, const char *path,
                                        enum elbow_publish publish, struct elbow_error *error);

ELBOW_C_END

#endif
