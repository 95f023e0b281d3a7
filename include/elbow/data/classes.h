// SPDX-License-Identifier: BSD-3-Clause
// The classes of a classifier. They are the labels of the training rows, numbered from 0 in ascending order of the
// labels. Checkpoints store their names. A class is identified by its name, or by its label as text if it has no name;
// the codes in another file do not matter.
#ifndef ELBOW_DATA_CLASSES_H
#define ELBOW_DATA_CLASSES_H

#include "elbow/base/language.h"
#include "elbow/data/condition.h"
#include "elbow/data/labels.h"
#include "elbow/data/selection.h"

ELBOW_C_BEGIN

enum { ELBOW_CLASSES_MAX = 1000 };

// The classes of a dataset. Zeroed: none.
struct elbow_classes {
    struct elbow_conditions names; // of the training data: one variable, "class", of width C; owned
    size_t count;                  // labels that occur
    struct elbow_class_label {
        int64_t label;
        int64_t number;       // of its class; -1: the training data have no class of this name
        uint64_t rows, first; // number of the selected rows with this label, and the first of them
    } * labels;               // [count] ascending; owned
};

// The labels of all stored rows, and the selected rows.
struct elbow_classes_request {
    const char *name;                      // the dataset of the labels, for messages
    const int64_t *labels;                 // [stored]
    const struct elbow_label_names *names; // of the labels
    const struct elbow_selection *selection;
    const struct elbow_conditions *known; // the classes of the training data; NULL: these are the training data
};

// Local. The number of classes, C; 0: none.
size_t elbow_classes_count(const struct elbow_conditions *names);

// Local. The name of a class, which lives as long as `names`.
const char *elbow_class_name(const struct elbow_conditions *names, size_t number);

// Local. Finds the classes of the selected rows, or matches their labels to the known classes. DATA if there are fewer
// than two, or more than ELBOW_CLASSES_MAX; MEMORY. Release `classes` with elbow_classes_clear, after a failure too.
enum elbow_status elbow_classes_find(const struct elbow_classes_request *request, struct elbow_classes *classes,
                                     struct elbow_error *error);

// Local. The number of the class of a label; -1 if the label has none.
int64_t elbow_class_of(const struct elbow_classes *classes, int64_t label);

// Local. The number of rows that the label at `place` gets if `wanted` rows are spread over all labels: the same number
// for each, and one more for the first ones if the division leaves a remainder.
uint64_t elbow_classes_share(const struct elbow_classes *classes, size_t place, uint64_t wanted);

// Local. Draws `wanted` labelled rows from the selected ones, elbow_classes_share of each class, keyed by seed and
// class: chosen [wanted], ascending. If two numbers of rows divide evenly among the classes, the smaller set is part of
// the larger one. DATA if `wanted` is less than one row per class, or if a class has too few rows.
enum elbow_status elbow_classes_draw(const struct elbow_classes_request *request, const struct elbow_classes *classes,
                                     uint64_t wanted, uint64_t seed, uint64_t *chosen, struct elbow_error *error);

// Local. A hash of the classes of all stored rows. `labels` is [stored].
uint64_t elbow_classes_hash(const struct elbow_classes *classes, const int64_t *labels, uint64_t stored);

// Classes as output files show them: as integers if all names are integers, else as class numbers with names. Owned.
struct elbow_class_table {
    struct elbow_label_names names; // empty if the classes are integers
    int64_t *values;                // [C], owned
};

// Local. Fills a table. Its names point into `names`, which must outlive it. MEMORY.
enum elbow_status elbow_class_table_make(const struct elbow_conditions *names, struct elbow_class_table *table,
                                         struct elbow_error *error);

// Local. Releases the table; a zeroed struct is legal.
void elbow_class_table_clear(struct elbow_class_table *table);

// Local. Releases the classes; a zeroed struct is legal.
void elbow_classes_clear(struct elbow_classes *classes);

// Local. Writes the names below `group` of a file that is open for writing, and reads them from there. Reading returns
// FORMAT if the group holds no classes.
void elbow_classes_write(struct elbow_hdf5 *file, const char *group, const struct elbow_conditions *names);
enum elbow_status elbow_classes_read(struct elbow_hdf5 *file, const char *group, struct elbow_conditions *names,
                                     struct elbow_error *error);

ELBOW_C_END

#endif
