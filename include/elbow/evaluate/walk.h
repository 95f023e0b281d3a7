// SPDX-License-Identifier: BSD-3-Clause
// Walks through the latent space: traversals along each dimension, and interpolations from row to row. A walk is a
// table of points z and of the decoder's conditions there. The decoded values are written together with the points.
#ifndef ELBOW_EVALUATE_WALK_H
#define ELBOW_EVALUATE_WALK_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/evaluate/gallery.h"

ELBOW_C_BEGIN

// Encoded rows of a dataset, with everything that their reconstruction needs. Owned; zeroed: none.
struct elbow_anchors {
    size_t count;
    float *z;         // (count, Z): means of q(z|x)
    float *condition; // (count, C): conditions and class; NULL: the model has neither
    float *x;         // (count, D): values, from which the totals of rows follow
    float *known;     // (count, D): 1: known; NULL: all values are known
    double *sizes;    // (count), or NULL
};

// Owned; zeroed: none. Point n lies between the anchors from[n] and to[n], at share[n] of the way. With a single anchor
// both are that one. Without anchors `from` is NULL, and sizes are those of a row of the training data.
struct elbow_walk {
    size_t points, across; // points in a row of the picture
    float *z, *condition;  // (points, Z), (points, C)
    struct elbow_anchors anchors;
    size_t *from, *to; // (points)
    double *share;     // (points): of the way, or of the quantile
    int64_t *places;   // (points): dimension of a traversal, or NULL
    double *uses;      // (points): use of that dimension, or NULL
    int64_t *ends[2];  // (points): rows at both ends of an interpolation, or NULL
};

// Local. A zeroed struct is legal.
void elbow_walk_clear(struct elbow_walk *walk);

// An interpolation from row to row, in the given order. Nothing is owned.
struct elbow_interpolation {
    const struct elbow_gallery *gallery; // its conditioning and class, if any, replace those of the rows
    const struct elbow_dataset *dataset;
    const uint64_t *rows; // [count] at least two
    size_t count, steps;  // steps: points from one row to the next, both ends included, at least two
    bool is_spherical;
};

// Local. Computes the points z = (1 - t) a + t b for t = 0, 1 / (steps - 1), ..., 1, and conditions, totals and sizes
// in the same way. Spherical: z = (sin((1 - t) w) a + sin(t w) b) / sin w with the angle w between a and b (Shoemake
// 1985), or a straight line if they are nearly parallel. The end points have the bits of the rows. MEMORY, and errors
// of reading. The caller clears *walk, also after a failure.
enum elbow_status elbow_walk_interpolate(const struct elbow_interpolation *interpolation, struct elbow_walk *walk,
                                         struct elbow_error *error);

// A traversal along dimensions. Nothing is owned.
struct elbow_traversal {
    const struct elbow_gallery *gallery; // its conditioning is settled; for a row: replaces the row's, or NULL
    const struct elbow_evaluation_request *evaluation; // its dataset may be NULL
    bool has_row;
    uint64_t row;               // the walk goes through this row of the dataset; otherwise through the centre
    bool is_of_data;            // use quantiles of the dataset's means; otherwise of the prior
    size_t steps;               // points along a dimension
    const uint64_t *dimensions; // [count] in this order; NULL: by descending use
    size_t count;               // with dimensions NULL: the number of dimensions; 0: all
    uint64_t seed;
};

// Local. Whether a traversal needs a dataset: for its row, its quantiles or the order of the dimensions, or because the
// model has no prior.
bool elbow_walk_needs_data(const struct elbow_model *model, const struct elbow_traversal *traversal);

// Collective. Computes for each dimension `steps` points that differ in this dimension alone: the quantiles for shares
// (i + 1/2) / steps. Quantiles are those of the means of q(z|x) over the dataset (of a large one over 16,384 samples,
// chosen by the seed), or those of the prior: exact for N(0, I), otherwise of 16,384 draws. The centre is 0 for N(0,
// I), the medians of the draws for another prior, and the medians of the means without a prior. The use of a dimension
// is its mean KL over the dataset in nats, or without a prior the variance of its means. NUMBERS for means that are not
// finite; MEMORY. The caller clears *walk, also after a failure.
enum elbow_status elbow_walk_traverse(const struct elbow_traversal *traversal, struct elbow_walk *walk,
                                      struct elbow_error *error);

// Collective. Decodes the points of a walk and writes the values to `path`: means of p(x|z), or with `draw` draws from
// it. A picture is a gallery of one column in which each row of the walk fills a row; other files are tables
// (elbow/output/sink.h) of decoded, z, and dimension, share and use, or from, to and share. The bits of a point do not
// depend on the other points. OUTPUT, USAGE.
enum elbow_status elbow_walk_write(const struct elbow_gallery *gallery, const struct elbow_walk *walk, const char *path,
                                   uint64_t seed, bool draw, struct elbow_error *error);

// Collective. The same, but makes a plot if the samples are not images or if `path` ends in .svg or .pdf: for images
// the picture, labelled with dimensions or rows and with shares; otherwise a panel for each row of the walk, in which
// each point is a line over the numbers of its values. USAGE for more than 24 panels or 10,000 pictures.
enum elbow_status elbow_walk_show(const struct elbow_gallery *gallery, const struct elbow_walk *walk, const char *path,
                                  uint64_t seed, bool draw, struct elbow_error *error);

ELBOW_C_END

#endif
