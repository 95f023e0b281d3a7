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
    struct elbow_fit transform;         // its numbers belong to the dataset, or to the checkpoint
    struct elbow_fit input;             // likewise, of what the encoder sees
    struct elbow_conditions conditions; // likewise its texts
    struct elbow_conditions classes;    // of a classifier (elbow/data/classes.h); likewise its texts
    struct elbow_missing missing;       // the stored values that stand for none
    bool has_range;                     // the next three are known
    enum elbow_element element;         // as stored
    double min, max;                    // stored
    double mean;                        // of all scaled values; NaN: not known
    double size;                        // the mean of data.size; 0: there are no sizes
    uint64_t hash, valid_hash;          // of the rows (struct elbow_dataset); 0: not known, or no validation data
    uint64_t through_hash;              // of the model in front of the data (elbow/data/through.h); 0: there is none
    uint64_t page_rows;                 // stored rows of a page of the training data; 0: they have no pages
    enum elbow_layout layout;           // the configuration's; not in the file
};

// Local. What a model that is trained on a dataset has to know, for as long as the dataset is loaded.
struct elbow_data_facts elbow_data_facts_of(const struct elbow_dataset *dataset);

// The values that a picture shows black and white; black < white.
struct elbow_shades {
    double black, white;
};

// Local. They are 0 and 1, but for counts, where white is the largest that there may be or that the training data have,
// and for transforms. Values that are turned back go from the smallest of the training data, or from 0 if none is
// below, to the largest; as the model sees them (is_transformed) likewise, standardized columns from -3 to 3.
struct elbow_shades elbow_data_shades(const struct elbow_data_facts *data, const struct elbow_config *config,
                                      bool is_transformed);

// Local. Whether a loaded dataset's stored values are such that the scaling of the request's reference makes sense for
// them: MISMATCH if types and ranges contradict each other, as floats from 0 to 1 do for a model of bytes from 0 to
// 255. What is only doubtful goes to the dataset's news.
enum elbow_status elbow_dataset_check_scale(struct elbow_dataset *dataset, const struct elbow_dataset_request *request,
                                            struct elbow_error *error);

ELBOW_C_END

#endif
