// SPDX-License-Identifier: BSD-3-Clause
// A copy of an AnnData file (.h5ad) that gets the latents of its observations. Rank zero's.
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
    bool has_variance; // rows hold log-variances behind the means
    float *block;      // owned
};

// Local. USAGE if `into` is no member of /obsm, or path no .h5ad file.
enum elbow_status elbow_annotation_check(const char *path, const char *into, struct elbow_error *error);

// Local. Copies the file that the dataset lies in, and makes /obsm/NAME, (rows, Z) float32, in the copy, and beside it
// NAME_variance where the rows have that; with `replaces` in place of what has the names. MISMATCH if the dataset is
// not all rows of one AnnData file; FILE, OUTPUT. A failure leaves something to close.
enum elbow_status elbow_annotation_open(const struct elbow_dataset *dataset, const struct elbow_sink_plan *plan,
                                        const char *into, bool has_variance, struct elbow_annotation *annotation,
                                        struct elbow_error *error);

// Local. Takes rows [first, first + count), each of which begins with its mean (Z) and log-variance (Z).
enum elbow_status elbow_annotation_put(struct elbow_annotation *annotation, uint64_t first, uint64_t count,
                                       const void *rows, size_t row_bytes, struct elbow_error *error);

// Local. Puts the copy into its place, or removes it if *error tells of a failure before.
enum elbow_status elbow_annotation_close(struct elbow_annotation *annotation, struct elbow_error *error);

#endif
