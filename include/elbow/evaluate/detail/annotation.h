// SPDX-License-Identifier: BSD-3-Clause
// A copy of an AnnData file (.h5ad) with the latents of its observations. For rank zero only.
#ifndef ELBOW_EVALUATE_DETAIL_ANNOTATION_H
#define ELBOW_EVALUATE_DETAIL_ANNOTATION_H

#include "elbow/base/output.h"
#include "elbow/base/part.h"
#include "elbow/data/dataset.h"
#include "elbow/data/hdf5.h"
#include "elbow/output/sink.h"

struct elbow_annotation {
    struct elbow_hdf5 *file;
    struct elbow_part part;
    enum elbow_publish publish;
    elbow_path name, variance; // the datasets of mean and variance
    size_t latent;
    bool has_variance; // rows hold log-variances after the means
    float *block;      // owned
};

// Local. USAGE if `into` is not a member of /obsm, or `path` does not end in .h5ad.
enum elbow_status elbow_annotation_check(const char *path, const char *into, struct elbow_error *error);

// Local. Copies the file of the dataset and makes /obsm/NAME, (rows, Z) float32, in the copy, with NAME_variance beside
// it if has_variance is set. Existing objects of these names are replaced if the plan's `publish` allows it. MISMATCH
// if the dataset is not exactly the rows of one AnnData file; FILE, OUTPUT. The caller closes *annotation, also after a
// failure.
enum elbow_status elbow_annotation_open(const struct elbow_dataset *dataset, const struct elbow_sink_plan *plan,
                                        const char *into, bool has_variance, struct elbow_annotation *annotation,
                                        struct elbow_error *error);

// Local. Writes rows [first, first + count), each row_bytes long and beginning with its mean (Z) and log-variance (Z).
// OUTPUT.
enum elbow_status elbow_annotation_put(struct elbow_annotation *annotation, uint64_t first, uint64_t count,
                                       const void *rows, size_t row_bytes, struct elbow_error *error);

// Local. Publishes the copy under its name, or removes it if *error is a failure. Returns the status of the whole.
enum elbow_status elbow_annotation_close(struct elbow_annotation *annotation, struct elbow_error *error);

#endif
