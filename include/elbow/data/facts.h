// SPDX-License-Identifier: BSD-3-Clause
// Facts about the training data that a model needs later. Every checkpoint contains them.
#ifndef ELBOW_DATA_FACTS_H
#define ELBOW_DATA_FACTS_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// Plain. Checkpoints of version 0.1 have no missing-value rules and no range.
struct elbow_data_facts {
    uint64_t samples;
    uint64_t values; // of a sample, D
    uint64_t rank;   // number of dimensions of a sample
    uint64_t shape[8];
    struct elbow_scale scale;
    struct elbow_fit transform;         // its numbers are owned by the dataset or the checkpoint
    struct elbow_fit input;             // of the encoder's input; owned likewise
    struct elbow_conditions conditions; // the texts are owned likewise
    struct elbow_conditions classes;    // of a classifier (elbow/data/classes.h); the texts are owned likewise
    struct elbow_missing missing;       // the rules for missing values
    bool has_range;                     // the next three fields are set
    enum elbow_element element;         // the stored type
    double min, max;                    // of the stored values
    double mean;                        // of all scaled values; NaN: unknown
    double size;                        // mean of data.size; 0: no sizes
    uint64_t hash, valid_hash;          // of the rows (struct elbow_dataset); 0: unknown, or no validation data
    uint64_t through_hash;              // of the model in front of the data (elbow/data/through.h); 0: none
    uint64_t page_rows;                 // stored rows per page of the training data; 0: no pages
    enum elbow_layout layout;           // of the configuration; not in the file
};

// Local. The facts of a loaded dataset. They borrow from it.
struct elbow_data_facts elbow_data_facts_of(const struct elbow_dataset *dataset);

// The values that an image shows as black and white; black < white.
struct elbow_shades {
    double black, white;
};

// Local. The shades of a model's values. Usually they are 0 and 1. For counts, white is the largest possible count, or
// the largest one in the training data. With a transform they are the range of the training data, with black at most 0:
// as scaled values, or as transformed ones (is_transformed); standardized columns go from -3 to 3.
struct elbow_shades elbow_data_shades(const struct elbow_data_facts *data, const struct elbow_config *config,
                                      bool is_transformed);

// Local. Checks that the scaling of the request's reference makes sense for the stored values of a loaded dataset.
// MISMATCH if types and ranges contradict each other: floats from 0 to 1 for a model of bytes from 0 to 255. A mere
// doubt goes to the dataset's news.
enum elbow_status elbow_dataset_check_scale(struct elbow_dataset *dataset, const struct elbow_dataset_request *request,
                                            struct elbow_error *error);

ELBOW_C_END

#endif
