// SPDX-License-Identifier: BSD-3-Clause
// What a model has to know of the data that it was trained on. It is kept in every checkpoint.
#ifndef ELBOW_DATA_FACTS_H
#define ELBOW_DATA_FACTS_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"

ELBOW_C_BEGIN

// Plain.
struct elbow_data_facts {
    uint64_t samples;
    uint64_t values; // D
    uint64_t rank;   // of a sample
    uint64_t shape[8];
    struct elbow_scale scale;
    enum elbow_layout layout; // the configuration's; not in the file
};

ELBOW_C_END

#endif
