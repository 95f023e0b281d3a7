// SPDX-License-Identifier: BSD-3-Clause
// Conditions: what a model is told of a row beside its values. A variable is one of classes (integers, texts,
// categories, booleans) or a number (floats). All of them make one vector c (C) of a row: a 1 among zeros for each
// variable of classes, and for each number its distance from the training data's mean in their deviations. A variable
// that a row has no value of (-1, an empty text, NaN) is all zeros there.
//
// Classes, means and deviations are the training data's; checkpoints keep them. A class goes by its name, or by its
// number as text where it has none, whatever codes another file gives it.
#ifndef ELBOW_DATA_CONDITION_H
#define ELBOW_DATA_CONDITION_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/companion.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/selection.h"
#include "elbow/parallel/shared.h"

ELBOW_C_BEGIN

enum { ELBOW_CONDITION_WIDTH_MAX = 1 << 12 }; // C

// A variable, as the training data have it.
struct elbow_condition {
    char name[ELBOW_NAMED_NAME_SIZE];
    bool is_number;
    double mean, deviation; // of a number
    size_t first, width;    // its places in c: as many as there are classes, or 1
    size_t text;            // where in the texts the name of its first class begins
};

// All variables. Zeroed: none.
struct elbow_conditions {
    size_t count, width; // width: C
    struct elbow_condition variables[ELBOW_NAMED_MAX];
    size_t bytes;
    char *texts; // names of classes, zero-terminated, one after the other; owned
};

// Local. The variable of a name, the class of a name; SIZE_MAX if there is none.
size_t elbow_conditions_find(const struct elbow_conditions *conditions, const char *name);
size_t elbow_condition_find_class(const struct elbow_conditions *conditions, size_t variable, const char *name);

// Local. The name of a class.
const char *elbow_condition_class(const struct elbow_conditions *conditions, size_t variable, size_t class_number);

// Local. What there is, in words, cut to the size: "label: 0, 1, 2, ...; temperature: a number (mean 300, deviation
// 12.5)".
void elbow_conditions_describe(const struct elbow_conditions *conditions, char *text, size_t size);

// Local. A copy that owns its texts.
enum elbow_status elbow_conditions_copy(const struct elbow_conditions *conditions, struct elbow_conditions *copy,
                                        struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_conditions_clear(struct elbow_conditions *conditions);

// A variable of all stored rows.
struct elbow_condition_rows {
    struct elbow_shared stored; // (rows) int64_t labels, or double with NaN for none
    size_t count;               // of the labels that there are
    struct elbow_condition_label {
        int64_t label;
        uint64_t row; // the first one that has it
        size_t class_number;
    } * labels; // [count] rising; owned
};

// Where variables are stored.
struct elbow_condition_sources {
    size_t count;
    struct elbow_condition_source {
        const char *name;
        struct elbow_companion where; // its files are set; but for rows_name and rows
    } sources[ELBOW_NAMED_MAX];
    bool may_lack;    // rows may be without a value
    const char *flag; // what gives one that is missing, for messages; NULL: --condition-from
};

// What is to be loaded, and what comes of it.
struct elbow_condition_loading {
    const struct elbow_condition_sources *sources;
    const struct elbow_conditions *known; // the training data's; NULL: these are the training data
    const char *known_name;               // whose they are, for messages
    const struct elbow_selection *selection;
    const char *rows_name; // of the rows that they go with
};

// Collective. Reads all variables of all stored rows; of those selected it finds classes, means and deviations, unless
// they are known, into `conditions` (a copy, then). rows [ELBOW_NAMED_MAX]. USAGE if a variable that is known has no
// source; FORMAT, MISMATCH as of labels and companions; DATA, with row and value, for a class that is not known, and
// for a row without a value, unless it may lack. What was taken before a failure is the caller's to give back.
enum elbow_status elbow_conditions_load(struct elbow_comm *comm, const struct elbow_condition_loading *loading,
                                        struct elbow_log *log, struct elbow_conditions *conditions,
                                        struct elbow_condition_rows *rows, struct elbow_error *error);

// Local. How many entries a source has; rank zero's business.
enum elbow_status elbow_condition_count(const struct elbow_condition_source *source, uint64_t *count,
                                        struct elbow_error *error);

// Collective. Zeroed structs are legal.
void elbow_condition_rows_clear(struct elbow_comm *comm, struct elbow_condition_rows *rows);

// Local. c (C) of a stored row.
void elbow_condition_at(const struct elbow_conditions *conditions, const struct elbow_condition_rows *rows,
                        uint64_t row, float *c);

// Local. What tells these conditions of rows from others.
uint64_t elbow_conditions_hash(const struct elbow_conditions *conditions, const struct elbow_condition_rows *rows,
                               uint64_t stored);

// Local. Into an open file that is written: below `group` a dataset for each variable, the names of its classes, or
// mean and deviation. Its bytes, at most.
void elbow_conditions_write(struct elbow_hdf5 *file, const char *group, const struct elbow_conditions *conditions);
size_t elbow_conditions_file_bytes(const struct elbow_conditions *conditions);

// Local. Back from there, the variables of these names. FORMAT if one is missing or is none.
enum elbow_status elbow_conditions_read(struct elbow_hdf5 *file, const char *group, const struct elbow_named *names,
                                        struct elbow_conditions *conditions, struct elbow_error *error);

ELBOW_C_END

#endif
