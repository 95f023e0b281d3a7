// SPDX-License-Identifier: BSD-3-Clause
// Rows as batches have them, in doubles, for moments (elbow/data/detail/block_moments.h).
#ifndef ELBOW_DATA_DETAIL_BATCH_READER_H
#define ELBOW_DATA_DETAIL_BATCH_READER_H

#include "elbow/data/batches.h"

struct elbow_batch_reader {
    const struct elbow_dataset *dataset;
    struct elbow_binarizer binarizer;
    float *sample; // (D) workspace; owned
};

// Local. Creates a reader. Its binarizer makes no draws: the mean of draws is the value. MEMORY. Release it with
// elbow_batch_reader_destroy, after a failure too; a zeroed struct is legal.
enum elbow_status elbow_batch_reader_create(const struct elbow_dataset *dataset,
                                            const struct elbow_binarizer *binarizer, struct elbow_batch_reader *reader,
                                            struct elbow_error *error);
void elbow_batch_reader_destroy(struct elbow_batch_reader *reader);

// Local. The values of a row, and which of them are known: values (D), known (D). `user` is a reader.
void elbow_batch_reader_read(const void *user, uint64_t row, double *values);
void elbow_batch_reader_known(const void *user, uint64_t row, float *known);

#endif
