// SPDX-License-Identifier: BSD-3-Clause
// A model in front of the data (data.through): it makes the values of a microbatch from stored rows, again at each use.
// This room has no models; train and evaluate provide one through this interface.
//
// A dataset behind it has the samples, labels, weights and conditions of the stored rows, and values of its own: flat
// rows of real numbers, of which none is missing. There are no figures of them, because they do not exist before they
// are made.
#ifndef ELBOW_DATA_THROUGH_H
#define ELBOW_DATA_THROUGH_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// The interface. Datasets do not own it, and it must outlive them.
struct elbow_through {
    const char *name; // for messages: "runs/m1/checkpoints/step-00000500.h5"
    size_t values;    // of a sample
    uint64_t hash;    // identifies it

    // Local. Allocates the workspace of a thread for microbatches of the rows of `stored`. MEMORY; nothing is allocated
    // after a failure.
    enum elbow_status (*open)(const struct elbow_through *through, const struct elbow_dataset *stored, size_t rows_max,
                              bool is_training, void **workspace, struct elbow_error *error);

    // Local. Makes the values of samples: values (rows, through->values), from places (rows). The result depends on the
    // places, the arguments of `open` and the epoch alone. Allocates nothing.
    void (*make)(void *workspace, uint64_t epoch, size_t rows, const uint64_t *places, float *values);
    void (*close)(void *workspace);

    // Local. The bytes of a workspace per row.
    size_t (*row_bytes)(const struct elbow_through *through, const struct elbow_dataset *stored);
};

// Local. Replaces the values of a loaded dataset by those that `through` makes from them. MEMORY.
enum elbow_status elbow_dataset_lead_through(struct elbow_dataset *dataset, const struct elbow_through *through,
                                             struct elbow_error *error);

// Collective. The mean and the variance of each value over all samples, as in an evaluation: mean (D) and variance (D);
// variance may be NULL. The same bits on any number of ranks. MEMORY.
enum elbow_status elbow_through_moments(struct elbow_comm *comm, const struct elbow_dataset *dataset, double *mean,
                                        double *variance, struct elbow_error *error);

ELBOW_C_END

#endif
