// SPDX-License-Identifier: BSD-3-Clause
// Classes: what a classifier tells apart. They are the labels of the training rows, numbered from 0 in the order of the
// labels; checkpoints keep their names. A class goes by its name, or by its number as text where it has none, whatever
// codes another file gives it.
#ifndef ELBOW_DATA_CLASSES_H
#define ELBOW_DATA_CLASSES_H

#include "elbow/base/language.h"
#include "elbow/data/condition.h"
#include "elbow/data/labels.h"
#include "elbow/data/selection.h"

ELBOW_C_BEGIN

enum { ELBOW_CLASSES_MAX = 1000 };

// Zeroed: none.
struct elbow_classes {
    struct elbow_conditions names; // of the training data's: one variable, "class", of width C; owned
    size_t count;                  // of the labels that there are
    struct elbow_class_label {
        int64_t label;
        int64_t number;       // of its class; -1: the training data have none of this name
        uint64_t rows, first; // how many selected rows have it, and the first of them
    } * labels;               // [count] rising; owned
};

// Labels of all stored rows, of which some are selected.
struct elbow_classes_request {
    const char *name;                      // of the labels, for messages
    const int64_t *labels;                 // (stored)
    const struct elbow_label_names *names; // of the labels
    const struct elbow_selection *selection;
    const struct elbow_conditions *known; // the training data's; NULL: these are the training data
};

// Local. C; 0: there are none.
size_t elbow_classes_count(const struct elbow_conditions *names);

// Local. The name of a class.
const char *elbow_class_name(const struct elbow_conditions *names, size_t number);

// Local. The classes of the selected rows, or those that are known. DATA for fewer than two, or more than
// ELBOW_CLASSES_MAX; MEMORY. What was taken before a failure is the caller's to give back.
enum elbow_status elbow_classes_find(const struct elbow_classes_request *request, struct elbow_classes *classes,
                                     struct elbow_error *error);

// Local. The number of a label's class; -1 if it is unknown.
int64_t elbow_class_of(const struct elbow_classes *classes, int64_t label);

// Local. How many rows of the class of a label, by its place among the labels, are among `wanted` rows: as many as of
// any other, and one more of the first ones where they do not divide.
uint64_t elbow_classes_share(const struct elbow_classes *classes, size_t place, uint64_t wanted);

// Local. Of the selected rows with a label `wanted` are drawn, elbow_classes_share of each class, keyed by seed and
// class; into chosen [wanted], rising. Fewer rows are among more, where both divide alike. DATA if that is not one a
// class, or if a class has too few.
enum elbow_status elbow_classes_draw(const struct elbow_classes_request *request, const struct elbow_classes *classes,
                                     uint64_t wanted, uint64_t seed, uint64_t *chosen, struct elbow_error *error);

// Local. What tells these classes of all stored rows from others.
uint64_t elbow_classes_hash(const struct elbow_classes *classes, const int64_t *labels, uint64_t stored);

// What outputs say of classes: the integer that a class is called, where all are called by integers; else their
// numbers, with names. Owned.
struct elbow_class_table {
    struct elbow_label_names names; // of no name where classes are called by integers
    int64_t *values;                // (C), owned
};

// Local. The names last as long as those of the classes. MEMORY.
enum elbow_status elbow_class_table_make(const struct elbow_conditions *names, struct elbow_class_table *table,
                                         struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_class_table_clear(struct elbow_class_table *table);

// Local. A zeroed struct is legal.
void elbow_classes_clear(struct elbow_classes *classes);

// Local. Into an open file that is written: below `group`. Back from there: FORMAT if they are none.
void elbow_classes_write(struct elbow_hdf5 *file, const char *group, const struct elbow_conditions *names);
enum elbow_status elbow_classes_read(struct elbow_hdf5 *file, const char *group, struct elbow_conditions *names,
                                     struct elbow_error *error);

ELBOW_C_END

#endif
