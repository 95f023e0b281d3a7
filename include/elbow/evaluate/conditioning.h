// SPDX-License-Identifier: BSD-3-Clause
// The conditions of samples: values in the words and units of the data, the conditions of rows of datasets, or each
// class in turn.
#ifndef ELBOW_EVALUATE_CONDITIONING_H
#define ELBOW_EVALUATE_CONDITIONING_H

#include "elbow/base/language.h"
#include "elbow/data/condition.h"

ELBOW_C_BEGIN

// Initialise with {.conditions = ...}: no condition is given. Only `fixed` is owned.
struct elbow_conditioning {
    const struct elbow_conditions *conditions; // not owned
    float *fixed;                              // (C) the given values; owned
    bool is_given[ELBOW_NAMED_MAX];            // for each variable
    bool is_none;                              // the model gets no condition at all
    const struct elbow_condition_rows *rows;   // sample n has the condition of row n, or NULL; not owned
    bool has_grid;                             // samples go through the classes of one variable
    size_t grid;                               // the number of that variable
    uint64_t per_class;                        // consecutive samples of the same class
};

// Local. Parses the values of the flags, "label=7,temperature=300", or "none", which needs may_lack. USAGE for an
// unknown name or class, with the known ones; MEMORY.
enum elbow_status elbow_conditioning_take(struct elbow_conditioning *conditioning, const char *const *texts,
                                          size_t count, bool may_lack, struct elbow_error *error);

// Local. Settles the variables that are not given, for `count` samples: numbers get their mean, and one variable with
// classes goes through all of them. A second such variable is USAGE, or gets its first class if takes_first is set.
// MEMORY.
enum elbow_status elbow_conditioning_settle(struct elbow_conditioning *conditioning, uint64_t count, bool takes_first,
                                            struct elbow_error *error);

// Local. The same for a single condition: USAGE if a variable with classes is not given; MEMORY.
enum elbow_status elbow_conditioning_settle_one(struct elbow_conditioning *conditioning, struct elbow_error *error);

// Local. The number of classes that a grid goes through; 1 without a grid.
uint64_t elbow_conditioning_classes(const struct elbow_conditioning *conditioning);

// Local. Write the condition c (C) of sample n; replace the given variables in the condition c (C) of a row.
void elbow_conditioning_at(const struct elbow_conditioning *conditioning, uint64_t n, float *c);
void elbow_conditioning_replace(const struct elbow_conditioning *conditioning, float *c);

// Local. A zeroed struct is legal.
void elbow_conditioning_clear(struct elbow_conditioning *conditioning);

ELBOW_C_END

#endif
