// SPDX-License-Identifier: BSD-3-Clause
// What a user wants samples to be told: values in the words and units of the data, the rows of datasets, or each class
// in turn.
#ifndef ELBOW_EVALUATE_CONDITIONING_H
#define ELBOW_EVALUATE_CONDITIONING_H

#include "elbow/base/language.h"
#include "elbow/data/condition.h"

ELBOW_C_BEGIN

// Begins as {.conditions = ...}: nothing is given. Plain but for `fixed`.
struct elbow_conditioning {
    const struct elbow_conditions *conditions; // not owned
    float *fixed;                              // (C) what is given; owned
    bool is_given[ELBOW_NAMED_MAX];            // of each variable
    bool is_none;                              // nothing is told at all
    const struct elbow_condition_rows *rows;   // sample n has row n of these; NULL: none; not owned
    bool has_grid;                             // the classes of one variable in turn
    size_t grid;                               // which one
    uint64_t per_class;                        // samples of a class, one after the other
};

// Local. Takes what flags say: "label=7,temperature=300", or "none", which needs may_lack. USAGE for a name or a class
// that there is not, with those that there are.
enum elbow_status elbow_conditioning_take(struct elbow_conditioning *conditioning, const char *const *texts,
                                          size_t count, bool may_lack, struct elbow_error *error);

// Local. Settles what is not given, for `count` samples: numbers are the mean, and one variable of classes goes through
// all of them. USAGE if there are more such variables, unless the first class will do for those behind the first.
enum elbow_status elbow_conditioning_settle(struct elbow_conditioning *conditioning, uint64_t count, bool takes_first,
                                            struct elbow_error *error);

// Local. Likewise for one condition: USAGE for any variable of classes that is not given.
enum elbow_status elbow_conditioning_settle_one(struct elbow_conditioning *conditioning, struct elbow_error *error);

// Local. The classes that a grid goes through; 1 without one.
uint64_t elbow_conditioning_classes(const struct elbow_conditioning *conditioning);

// Local. c (C) of sample n; of a row that has conditions c, those that are given instead of its own.
void elbow_conditioning_at(const struct elbow_conditioning *conditioning, uint64_t n, float *c);
void elbow_conditioning_replace(const struct elbow_conditioning *conditioning, float *c);

// Local. A zeroed struct is legal.
void elbow_conditioning_clear(struct elbow_conditioning *conditioning);

ELBOW_C_END

#endif
