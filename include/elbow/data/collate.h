// SPDX-License-Identifier: BSD-3-Clause
// Collation: samples of a dataset become a microbatch. Training, evaluation, encoding and pictures make theirs here, so
// that a part of a sample is known in one place.
#ifndef ELBOW_DATA_COLLATE_H
#define ELBOW_DATA_COLLATE_H

#include "elbow/base/language.h"
#include "elbow/base/trace.h"
#include "elbow/config/config.h"
#include "elbow/data/batches.h"
#include "elbow/data/inputs.h"
#include "elbow/math/microbatch.h"

ELBOW_C_BEGIN

// What microbatches are made of.
struct elbow_collation {
    const struct elbow_dataset *dataset; // not owned
    struct elbow_binarizer binarizer;    // its draw is the epoch, whatever stands here
    enum elbow_purpose noise;            // keyed by the binarizer's seed, sample and epoch
    size_t latent;                       // Z; 0: z is not drawn, and there is no noise
    size_t draws;                        // of z for each sample; 0 counts as 1
    double condition_dropout;            // the share of rows that lose their conditions in training
    bool is_training;
    struct elbow_inputs inputs; // what the encoder sees of it; corrupted in training alone, unless asked for
    double hide;                // the share of the known values that are taken for missing; 0: none
};

// Room for a microbatch; owned.
struct elbow_collated {
    size_t rows_max;
    uint64_t *ids;         // [rows_max]
    float *values, *noise; // (rows_max, D), (draws, rows_max, Z)
    float *weights;        // [rows_max]; NULL: none
    int64_t *labels;       // [rows_max] classes; NULL: none
    double *sizes;         // [rows_max]; NULL: none
    float *known;          // (rows_max, D); NULL: all are known
    float *hidden,
        *truth;       // (rows_max, D): 1 where a value was hidden, and the values as they are; NULL: none is hidden
    float *condition; // (rows_max, C); NULL: none
    const struct elbow_through *through; // what makes the values, and its room; NULL: they are gathered
    void *through_room;                  // owned
    struct elbow_inputs_room inputs;     // what the encoder sees, where that is not `values`
    struct elbow_track *track;           // where late pages are noted; NULL: nowhere; not owned
};

// Local. What a configuration asks for, in training and in evaluation.
struct elbow_collation elbow_collation_of_training(const struct elbow_config *config,
                                                   const struct elbow_dataset *dataset);
struct elbow_collation elbow_collation_of_evaluation(const struct elbow_config *config,
                                                     const struct elbow_dataset *dataset);

// Local. Lets a collation of evaluation corrupt what the encoder sees, as in training, each row always alike.
void elbow_collation_corrupt(const struct elbow_config *config, struct elbow_collation *collation);

// Local. A failure leaves something to destroy.
enum elbow_status elbow_collated_create(const struct elbow_collation *collation, size_t rows_max,
                                        struct elbow_collated *collated, struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_collated_destroy(struct elbow_collated *collated);

// Local. Bytes of room for a row.
size_t elbow_collated_row_bytes(const struct elbow_collation *collation);

// Local. The microbatch of the first `rows` of collated->ids, which are places in the dataset, and become the keys of
// these samples (elbow_dataset_id). A function of the places and the epoch alone. Its arrays are those of `collated`.
struct elbow_microbatch elbow_collate(const struct elbow_collation *collation, uint64_t epoch, size_t rows,
                                      struct elbow_collated *collated);

ELBOW_C_END

#endif
