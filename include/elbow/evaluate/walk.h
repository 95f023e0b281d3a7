// SPDX-License-Identifier: BSD-3-Clause
// Walks through the latent space: along each dimension, and from row to row. A walk is a table of points z and of what
// the decoder is told there; what it decodes is written with the points beside it.
#ifndef ELBOW_EVALUATE_WALK_H
#define ELBOW_EVALUATE_WALK_H

#include "elbow/base/language.h"
#include "elbow/evaluate/evaluation.h"
#include "elbow/evaluate/gallery.h"

ELBOW_C_BEGIN

// Rows of a dataset, encoded: what they are reconstructed from. Owned; zeroed: none.
struct elbow_anchors {
    size_t count;
    float *z;      // (count, Z): means of q(z|x)
    float *told;   // (count, C): conditions and class; NULL: the model is told nothing
    float *x;      // (count, D): what totals of rows follow from
    float *known;  // (count, D): NULL: all values are known
    double *sizes; // (count): NULL: there are none
};

// Owned; zeroed: none. Point n lies between anchors from[n] and to[n], a share of the way; of one anchor both are that,
// of none (without `from`) sizes are those of a row of the training data.
struct elbow_walk {
    size_t points, across; // points in a row of the picture
    float *z, *told;       // (points, Z), (points, C)
    struct elbow_anchors anchors;
    size_t *from, *to; // (points)
    double *share;     // (points): of the way, or the quantile's
    int64_t *places;   // (points): the dimension of each; or NULL
    double *uses;      // (points): what the use of that dimension is; or NULL
    int64_t *ends[2];  // (points): the rows that a point lies between; or NULL
};

// Local. A zeroed struct is legal.
void elbow_walk_clear(struct elbow_walk *walk);

// From row to row, in the order that is given. Nothing is owned.
struct elbow_interpolation {
    const struct elbow_gallery *gallery; // conditioning, class: in place of what was said of the rows; NULL, no: theirs
    const struct elbow_dataset *dataset;
    const uint64_t *rows; // (count) at least two
    size_t count, steps;  // steps: points from one row to the next, both ends included, at least two
    bool is_spherical;
};

// Local. The points z = (1 - t) a + t b for t = 0, 1 / (steps - 1), ..., 1, and of conditions, totals and sizes
// likewise; or, spherical, z = (sin((1 - t) w) a + sin(t w) b) / sin w with the angle w between a and b (Shoemake
// 1985), a straight line where they are as good as parallel. The ends are those of the rows, bit for bit. MEMORY. A
// failure leaves something to clear.
enum elbow_status elbow_walk_interpolate(const struct elbow_interpolation *interpolation, struct elbow_walk *walk,
                                         struct elbow_error *error);

// Along the dimensions. Nothing is owned.
struct elbow_traversal {
    const struct elbow_gallery *gallery;               // conditioning: settled; with a row in place of its own, or NULL
    const struct elbow_evaluation_request *evaluation; // its dataset: NULL: there is none
    bool has_row;
    uint64_t row;               // of the dataset, which the walk goes through; else through the centre
    bool is_of_data;            // quantiles are those of the dataset's means; else of the prior
    size_t steps;               // points along a dimension
    const uint64_t *dimensions; // (count) in this order; NULL: all, the one that is used most first
    size_t count;               // with dimensions NULL: so many of them; 0: all
    uint64_t seed;
};

// Local. Whether a traversal needs a dataset: for its row or quantiles, for the order of the dimensions, or because
// there is no prior.
bool elbow_walk_needs_data(const struct elbow_model *model, const struct elbow_traversal *traversal);

// Collective. For each dimension the points that differ in it alone: its quantiles of shares (i + 1/2) / steps. They
// are those of the means of q(z|x) over the dataset (of a large one over 16,384 samples, chosen by the seed), or of the
// prior: exact of N(0, I), else those of 16,384 draws. The centre is 0 of N(0, I), the medians of the draws of another
// prior, and without a prior those of the means. The use of a dimension is its mean KL over the dataset in nats;
// without a prior the variance of its means. NUMBERS for means that are not finite, MEMORY. A failure leaves something
// to clear.
enum elbow_status elbow_walk_traverse(const struct elbow_traversal *traversal, struct elbow_walk *walk,
                                      struct elbow_error *error);

// Collective. Writes what the model decodes along a walk to path: means of p(x|z), or draws from it. A picture is a
// gallery of one column with a walk's row in each of its own; else a table (elbow/output/sink.h) of decoded, z, and
// dimension, share and use, or from, to and share. The bits of a point do not depend on the others. OUTPUT, USAGE.
enum elbow_status elbow_walk_write(const struct elbow_gallery *gallery, const struct elbow_walk *walk, const char *path,
                                   uint64_t seed, bool draw, struct elbow_error *error);

// Collective. Likewise, but for samples that are no images, or a name that ends in .svg or .pdf, a plot: of images the
// picture with the dimension or the rows, and the shares, beside it; else a panel for each row of the walk, in which a
// point is a line over the numbers of its values. USAGE for more than 24 panels or 10,000 pictures.
enum elbow_status elbow_walk_show(const struct elbow_gallery *gallery, const struct elbow_walk *walk, const char *path,
                                  uint64_t seed, bool draw, struct elbow_error *error);

ELBOW_C_END

#endif
