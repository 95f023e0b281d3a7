// SPDX-License-Identifier: BSD-3-Clause
// What people look at, in scaled values (transforms are inverted, unless the values were binarised): samples from fixed
// noise and reconstructions beside their originals, as PNG grids, or as HDF5 and CSV where the data are no images. Same
// model, same bytes.
#ifndef ELBOW_EVALUATE_GALLERY_H
#define ELBOW_EVALUATE_GALLERY_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/base/pending.h"
#include "elbow/checkpoint/checkpoint.h"
#include "elbow/data/batches.h"
#include "elbow/evaluate/conditioning.h"
#include "elbow/evaluate/frozen.h"
#include "elbow/evaluate/mixture.h"

ELBOW_C_BEGIN

// What pictures are made of. Nothing is owned.
struct elbow_gallery {
    struct elbow_comm *comm;
    struct elbow_model *model;
    const float *parameters;
    const struct elbow_data_facts *data;
    const struct elbow_config *config;
    const struct elbow_frozen *frozen; // in front of the data: its decoder turns latents into the rows that are shown
    const struct elbow_conditioning *conditioning; // what samples are told, or reconstructions in place of what was
                                                   // said of their rows; NULL: all classes in turn; of the rows
    bool is_transformed;  // values are left as the model has them, and not turned back by data.transform
    int64_t class_number; // with has_class: what a classifier's decoder is told of samples; else each class in turn
    bool has_class;
    double size; // of a sample, where a likelihood has one; 0: as rows of the training data have it
    const struct elbow_mixture *mixture; // what samples draw z from; NULL: the prior
    bool corrupt;                        // reconstructions are of corrupted rows, which stand beside the clean ones
    enum elbow_publish publish;          // of a user's path: what may become of a file that is there
    struct elbow_pending *pending; // of a run: rank zero's, whose directory takes the files, and where they wait that
                                   // cannot be written. NULL: paths are the user's
};

// Collective. Writes `count` samples to path (elbow/output/sink.h: a gallery of one column, samples): means of p(x|z),
// or draws from it, for z from the prior, or the mixture, keyed by (seed, number of the sample). FILE if a file has
// taken its place since it was looked at; OUTPUT if it cannot be written; USAGE for a PNG of data that are no images,
// or another ending. Where the classes of a condition are gone through, those of one stand one after the other, in a
// row of the picture; those of a classifier stand side by side, sample n being of class n mod C. A user's file of
// datasets or lines has that class beside the samples.
enum elbow_status elbow_gallery_samples(const struct elbow_gallery *gallery, const char *path, uint64_t count,
                                        uint64_t seed, bool draw, struct elbow_error *error);

// Local. What is known of the rows that are shown: the model's data, or those behind the model in front of them.
const struct elbow_data_facts *elbow_gallery_shown(const struct elbow_gallery *gallery);

// Local. The classes that samples go through; 1: none.
uint64_t elbow_gallery_classes(const struct elbow_gallery *gallery);

// Collective. Writes `count` rows of the dataset (from row `first`) and their reconstructions (the mean of p(x|z) at z
// = the mean of q(z|x); with draw a draw from it) to path: a gallery of two columns, originals and reconstructions,
// with what the encoder saw of them, corrupted, between them if asked for. The originals are what the encoder saw
// (binarised if so).
enum elbow_status elbow_gallery_reconstructions(const struct elbow_gallery *gallery,
                                                const struct elbow_dataset *dataset, const char *path, uint64_t first,
                                                uint64_t count, uint64_t seed, bool draw, struct elbow_error *error);

// Rows that are picked out. Nothing is owned.
struct elbow_gallery_list {
    const uint64_t *rows; // (count) of the dataset, in the order of the output
    uint64_t count;
    const char *figure;    // the name of a number of each, a column of a file of datasets
    const double *figures; // (count); NULL: there is none
};

// Collective. Writes rows that are picked out of the dataset to path: a gallery of three columns, originals,
// reconstructions and errors, which are the distances of the two in the values that are shown (in a picture 0 is black,
// and white as far from it as white from black in the other two); with what the encoder saw, corrupted, behind the
// originals if asked for. A file of datasets has the numbers of the rows beside them, row, in their file. The bits of a
// row do not depend on the others. Rows that are no images become lines of a plot, where the path is one of a plot,
// ELBOW_GALLERY_LINES_MOST at most. USAGE for a row that there is not, and as above.
enum elbow_status elbow_gallery_rows(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                     const char *path, const struct elbow_gallery_list *list, uint64_t seed, bool draw,
                                     struct elbow_error *error);

// Local. Whether a list of rows becomes a plot in this file; USAGE for more rows than one has panels.
enum { ELBOW_GALLERY_LINES_MOST = 24 };
bool elbow_gallery_plots(const struct elbow_gallery *gallery, const char *path);
enum elbow_status elbow_gallery_check_lines(const char *path, uint64_t rows, struct elbow_error *error);

// A plot as the bytes of a PNG. Owned.
struct elbow_gallery_plot {
    char *bytes; // given back with elbow_release
    size_t size;
};

// Collective. Rows that are picked out, and are no images, each as a plot of its own in plots (list->count), on rank
// zero; after a failure some of them.
enum elbow_status elbow_gallery_plot_rows(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                          const struct elbow_gallery_list *list, struct elbow_gallery_plot *plots,
                                          struct elbow_error *error);

// Local. Whether what is shown are images.
bool elbow_gallery_has_pictures(const struct elbow_gallery *gallery);

// Collective. For a gallery of a run: the pictures of a step in RUN/samples: step-NNNNNNNN.png and
// reconstruction-NNNNNNNN.png (dataset may be NULL: none; a model without a prior makes no samples); .h5 and .csv where
// the data are no images.
enum elbow_status elbow_gallery_step(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                     uint64_t step, struct elbow_error *error);

// Local. The name of a step's picture of samples, or of reconstructions, in RUN/samples, where the data are images.
enum { ELBOW_GALLERY_NAME_SIZE = 64 };
void elbow_gallery_name(uint64_t step, bool of_reconstructions, char name[ELBOW_GALLERY_NAME_SIZE]);

// Local. Whether a name is one that elbow_gallery_step gives.
bool elbow_gallery_is_name(const char *name);

// Local. The steps that have an image (.png) in RUN/samples, ascending; NULL and 0 where there are none. Given back
// with elbow_release. MEMORY.
enum elbow_status elbow_gallery_steps(const struct elbow_directory *run, uint64_t **steps, size_t *count,
                                      struct elbow_error *error);

// Local. Whether RUN/samples holds pictures of steps after `step`.
bool elbow_gallery_has_after(const struct elbow_directory *run, uint64_t step);

// Local. Removes the pictures of steps after `step` from RUN/samples: files of their very names.
void elbow_gallery_cut(const struct elbow_directory *run, uint64_t step);

ELBOW_C_END

#endif
