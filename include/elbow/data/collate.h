// SPDX-License-Identifier: BSD-3-Clause
// Collation: makes a microbatch from samples of a dataset. Training, evaluation, encoding and pictures all use it, so
// that each part of a sample is handled in one place.
#ifndef ELBOW_DATA_COLLATE_H
#define ELBOW_DATA_COLLATE_H

#include "elbow/base/language.h"
#include "elbow/base/trace.h"
#include "elbow/config/config.h"
#include "elbow/data/batches.h"
#include "elbow/data/inputs.h"
#include "elbow/math/microbatch.h"

ELBOW_C_BEGIN

// The sources and settings of a microbatch.
struct elbow_collation {
    const struct elbow_dataset *dataset; // not owned
    struct elbow_binarizer binarizer;    // its `draw` is replaced by the epoch
    enum elbow_purpose noise;            // keyed by the binarizer's seed, sample and epoch
    size_t latent;                       // Z; 0: no z is drawn, and there is no noise
    size_t draws;                        // of z per sample; 0 means 1
    double condition_dropout;            // share of the training rows that lose their conditions
    bool is_training;
    // The stages in front of the encoder; only training corrupts, unless elbow_collation_corrupt is called
    struct elbow_inputs inputs;
    double hide; // share of the known values that are hidden, as if they were missing; 0: none
};

// The memory of a microbatch; owned.
struct elbow_collated {
    size_t rows_max;
    uint64_t *ids;         // [rows_max]
    float *values, *noise; // (rows_max, D), (draws, rows_max, Z)
    float *weights;        // [rows_max]; NULL: none
    int64_t *labels;       // [rows_max] classes; NULL: none
    double *sizes;         // [rows_max]; NULL: none
    float *known;          // (rows_max, D); NULL: all are known
    float *hidden,
        *truth;       // (rows_max, D): 1 where a value is hidden, and the values before that; NULL: none is hidden
    float *condition; // (rows_max, C); NULL: none
    const struct elbow_through *through;  // makes the values; NULL: they are gathered from the dataset
    void *through_workspace;              // its workspace; owned
    struct elbow_inputs_workspace inputs; // the encoder's input, if that differs from `values`
    struct elbow_track *track;            // records late pages; NULL: nothing is recorded; not owned
};

// Local. The collation of a configuration, for training and for evaluation. It borrows the dataset.
struct elbow_collation elbow_collation_of_training(const struct elbow_config *config,
                                                   const struct elbow_dataset *dataset);
struct elbow_collation elbow_collation_of_evaluation(const struct elbow_config *config,
                                                     const struct elbow_dataset *dataset);

// Local. Makes a collation of an evaluation corrupt the encoder's input as training does. A row is corrupted the same
// way each time.
void elbow_collation_corrupt(const struct elbow_config *config, struct elbow_collation *collation);

// Local. Allocates the memory for microbatches of up to rows_max rows. MEMORY. Release it with elbow_collated_destroy,
// after a failure too.
enum elbow_status elbow_collated_create(const struct elbow_collation *collation, size_t rows_max,
                                        struct elbow_collated *collated, struct elbow_error *error);

// Local. Releases the memory; a zeroed struct is legal.
void elbow_collated_destroy(struct elbow_collated *collated);

// Local. The bytes that elbow_collated_create allocates per row.
size_t elbow_collated_row_bytes(const struct elbow_collation *collation);

// Local. Makes the microbatch of the first `rows` of collated->ids. These are places in the dataset, and are replaced
// by the keys of the samples (elbow_dataset_id). The result depends on the places and the epoch alone. Its arrays
// belong to `collated`.
struct elbow_microbatch elbow_collate(const struct elbow_collation *collation, uint64_t epoch, size_t rows,
                                      struct elbow_collated *collated);

ELBOW_C_END

#endif
