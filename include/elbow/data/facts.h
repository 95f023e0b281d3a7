// SPDX-License-Identifier: BSD-3-Clause
// What a model has to know of the data that it was trained on. It is kept in every checkpoint.
#ifndef ELBOW_DATA_FACTS_H
#define ELBOW_DATA_FACTS_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// Plain. Checkpoints of version 0.1 know nothing of missing values and of the range.
struct elbow_data_facts {
    uint64_t samples;
    uint64_t values; // D
    uint64_t rank;   // of a sample
    uint64_t shape[8];
    struct elbow_scale scale;
    struct elbow_fit transform;   // its numbers belong to the dataset, or to the checkpoint
    struct elbow_missing missing; // the stored values that stand for none
    bool has_range;               // the next three are known
    enum elbow_element element;   // as stored
    double min, max;              // stored
    double mean;                  // of all scaled values; NaN: not known
    uint64_t hash, valid_hash;    // of the rows (struct elbow_dataset); 0: not known, or no validation data
    enum elbow_layout layout;     // the configuration's; not in the file
};

// Local. What a model that is trained on a dataset has to know, for as long as the dataset is loaded.
struct elbow_data_facts elbow_data_facts_of(const struct elbow_dataset *dataset);

// Local. The value that a picture shows white: of counts the largest that there may be, or that the training data have.
double elbow_data_white(const struct elbow_data_facts *data, const struct elbow_demand *demand);

// Local. Whether a loaded dataset's stored values are such that the scaling of the request's reference makes sense for
// them: MISMATCH if types and ranges contradict each other, as floats from 0 to 1 do for a model of bytes from 0 to
// 255. What is only doubtful goes to the dataset's news.
enum elbow_status elbow_dataset_check_scale(struct elbow_dataset *dataset, const struct elbow_dataset_request *request,
                                            struct elbow_error *error);

ELBOW_C_END

#endif
