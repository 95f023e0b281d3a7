// SPDX-License-Identifier: BSD-3-Clause
// Galleries, in scaled values (transforms are inverted, unless the values were binarised): samples from fixed noise and
// reconstructions beside their originals, as PNG grids, or as HDF5 and CSV if the data are not images. The same model
// gives the same bytes.
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

// The sources of pictures. Nothing is owned.
struct elbow_gallery {
    struct elbow_comm *comm;
    struct elbow_model *model;
    const float *parameters;
    const struct elbow_data_facts *data;
    const struct elbow_config *config;
    const struct elbow_frozen
        *frozen; // the model in front of the data, which decodes latents to the rows that are shown; or NULL
    const struct elbow_conditioning
        *conditioning; // conditions of samples, or of reconstructions in place of those of their rows; NULL: samples go
                       // through all classes, reconstructions have the conditions of their rows
    bool is_transformed;  // show values as the model has them, without inverting data.transform
    int64_t class_number; // with has_class: the class of all samples of a classifier; otherwise each class in turn
    bool has_class;
    double size; // of a sample, if a likelihood has sizes; 0: that of a row of the training data
    const struct elbow_mixture *mixture; // the distribution of z for samples; NULL: the prior
    bool corrupt;                        // reconstruct corrupted rows, and show them beside the clean ones
    enum elbow_publish publish;          // of a user's path: whether an existing file may be replaced
    struct elbow_pending *pending; // of a run, on rank zero: its directory gets the files, and it keeps those that
                                   // cannot be written yet. NULL: paths are the user's
};

// Collective. Writes `count` samples to `path` (elbow/output/sink.h: a gallery of one column, samples): means of
// p(x|z), or with `draw` draws from it, for z from the prior or the mixture, keyed by (seed, number of the sample). If
// samples go through the classes of a condition, those of one class are consecutive and fill a row of the picture. If
// they go through the classes of a classifier, sample n has class n mod C. A user's file of datasets or lines has a
// column with the class. USAGE for a PNG of data that are not images, or another ending; FILE if the file has appeared
// since the check of the path; OUTPUT if it cannot be written.
enum elbow_status elbow_gallery_samples(const struct elbow_gallery *gallery, const char *path, uint64_t count,
                                        uint64_t seed, bool draw, struct elbow_error *error);

// Local. The facts of the rows that are shown: those of the model's data, or, with a frozen model in front, those of
// the frozen model's data.
const struct elbow_data_facts *elbow_gallery_shown(const struct elbow_gallery *gallery);

// Local. The number of classes that samples go through; 1: none.
uint64_t elbow_gallery_classes(const struct elbow_gallery *gallery);

// Collective. Writes rows [first, first + count) of the dataset and their reconstructions (the mean of p(x|z) at z =
// the mean of q(z|x), or with `draw` a draw from it) to `path`: a gallery of two columns, originals and
// reconstructions. With gallery->corrupt the corrupted rows stand between them. Originals are shown as the model reads
// them, that is binarised if the data are. Errors as above.
enum elbow_status elbow_gallery_reconstructions(const struct elbow_gallery *gallery,
                                                const struct elbow_dataset *dataset, const char *path, uint64_t first,
                                                uint64_t count, uint64_t seed, bool draw, struct elbow_error *error);

// A choice of rows. Nothing is owned.
struct elbow_gallery_list {
    const uint64_t *rows; // [count] numbers in the dataset, in the order of the output
    uint64_t count;
    const char *figure;    // the name of a column of a file of datasets, with a figure for each row
    const double *figures; // [count] these figures, or NULL
};

// Collective. Writes the listed rows of the dataset to `path`: a gallery of three columns, originals, reconstructions
// and errors. An error is the absolute difference of the two shown values; in a picture an error of 0 is black, and
// white means as large an error as the range from black to white of the other columns. With gallery->corrupt the
// corrupted rows follow the originals. A file of datasets also has a column row with the numbers of the rows in their
// file. The bits of a row do not depend on the other rows. If the ending of `path` is one of plots, rows that are not
// images become lines of a plot, at most ELBOW_GALLERY_LINES_MOST. USAGE for a row that does not exist; other errors as
// above.
enum elbow_status elbow_gallery_rows(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                     const char *path, const struct elbow_gallery_list *list, uint64_t seed, bool draw,
                                     struct elbow_error *error);

// Local. Whether a list of rows becomes a plot in this file; USAGE if it has more rows than a plot has panels.
enum { ELBOW_GALLERY_LINES_MOST = 24 };
bool elbow_gallery_plots(const struct elbow_gallery *gallery, const char *path);
enum elbow_status elbow_gallery_check_lines(const char *path, uint64_t rows, struct elbow_error *error);

// A plot as a PNG in memory. Owned.
struct elbow_gallery_plot {
    char *bytes; // released with elbow_release
    size_t size;
};

// Collective. Draws each of the listed rows, which are not images, as a plot of its own into plots [list->count] on
// rank zero. After a failure some of them may exist.
enum elbow_status elbow_gallery_plot_rows(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                          const struct elbow_gallery_list *list, struct elbow_gallery_plot *plots,
                                          struct elbow_error *error);

// Local. Whether the rows that are shown are images.
bool elbow_gallery_has_pictures(const struct elbow_gallery *gallery);

// Collective. For a gallery of a run: writes the pictures of a step in RUN/samples, step-NNNNNNNN.png (unless the model
// has no prior) and reconstruction-NNNNNNNN.png (unless dataset is NULL); .h5 and .csv if the data are not images.
enum elbow_status elbow_gallery_step(const struct elbow_gallery *gallery, const struct elbow_dataset *dataset,
                                     uint64_t step, struct elbow_error *error);

// Local. The name of a step's picture of samples, or of reconstructions, in RUN/samples if the data are images.
enum { ELBOW_GALLERY_NAME_SIZE = 64 };
void elbow_gallery_name(uint64_t step, bool of_reconstructions, char name[ELBOW_GALLERY_NAME_SIZE]);

// Local. Whether a name is one that elbow_gallery_step gives.
bool elbow_gallery_is_name(const char *name);

// Local. The steps with a picture (.png) in RUN/samples, ascending; NULL and 0 if there are none. The caller releases
// *steps with elbow_release. MEMORY.
enum elbow_status elbow_gallery_steps(const struct elbow_directory *run, uint64_t **steps, size_t *count,
                                      struct elbow_error *error);

// Local. Whether RUN/samples holds pictures of steps after `step`.
bool elbow_gallery_has_after(const struct elbow_directory *run, uint64_t step);

// Local. Removes the pictures of steps after `step` from RUN/samples, and no other files.
void elbow_gallery_cut(const struct elbow_directory *run, uint64_t step);

ELBOW_C_END

#endif
