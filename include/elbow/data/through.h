// SPDX-License-Identifier: BSD-3-Clause
// What may stand between the stored rows and the samples (data.through): something that makes the values of a
// microbatch of others, anew at each use. This room knows no model: train and evaluate say what it is.
//
// A dataset that is led through it has the samples, labels, weights and conditions of the rows that are stored, and
// values of its own, real numbers that nobody has seen before they are made: there are no figures of them, none is
// missing, and they are flat.
#ifndef ELBOW_DATA_THROUGH_H
#define ELBOW_DATA_THROUGH_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// Not owned by datasets, which it outlives.
struct elbow_through {
    const char *name; // for messages: "runs/m1/checkpoints/step-00000500.h5"
    size_t values;    // of a sample
    uint64_t hash;    // what tells it from others

    // Local. Room of one thread for microbatches of the rows of `stored`. MEMORY; a failure leaves nothing.
    enum elbow_status (*open)(const struct elbow_through *through, const struct elbow_dataset *stored, size_t rows_max,
                              bool is_training, void **room, struct elbow_error *error);

    // Local. values (rows, values) of samples by their places, a function of these, of `open` and of the epoch. Takes
    // no memory.
    void (*make)(void *room, uint64_t epoch, size_t rows, const uint64_t *places, float *values);
    void (*close)(void *room);

    // Local. Bytes of a room, for a row.
    size_t (*row_bytes)(const struct elbow_through *through, const struct elbow_dataset *stored);
};

// Local. From now on the values of a loaded dataset are those that `through` makes of it. MEMORY.
enum elbow_status elbow_dataset_lead_through(struct elbow_dataset *dataset, const struct elbow_through *through,
                                             struct elbow_error *error);

// Collective. Mean and variance of each value over all samples, into mean (D) and, unless it is NULL, variance (D): of
// the values of an evaluation. The same bits on any ranks. MEMORY.
enum elbow_status elbow_through_moments(struct elbow_comm *comm, const struct elbow_dataset *dataset, double *mean,
                                        double *variance, struct elbow_error *error);

ELBOW_C_END

#endif
