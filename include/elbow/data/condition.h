// SPDX-License-Identifier: BSD-3-Clause
// Conditions: what a model gets of a row besides its values. A variable is either of classes (integers, texts,
// categories, booleans) or a number (floats). All variables together form one vector c (C) per row: a class is a 1
// among zeros, and a number is its distance from the mean of the training data, in standard deviations. If a row has no
// value for a variable (-1, an empty text, NaN), all entries of the variable are zero.
//
// Classes, means and deviations are those of the training data; checkpoints store them. A class is identified by its
// name, or by its number as text if it has no name; the codes in another file do not matter.
#ifndef ELBOW_DATA_CONDITION_H
#define ELBOW_DATA_CONDITION_H

#include "elbow/base/language.h"
#include "elbow/config/config.h"
#include "elbow/data/companion.h"
#include "elbow/data/hdf5.h"
#include "elbow/data/selection.h"
#include "elbow/parallel/shared.h"

ELBOW_C_BEGIN

enum { ELBOW_CONDITION_WIDTH_MAX = 1 << 12 }; // largest C

// A variable, as in the training data.
struct elbow_condition {
    char name[ELBOW_NAMED_NAME_SIZE];
    bool is_number;
    double mean, deviation; // of a number
    size_t first, width;    // its entries in c: the number of classes, or 1
    size_t text;            // offset in the texts of the name of its first class
};

// All variables. Zeroed: none.
struct elbow_conditions {
    size_t count, width; // width: C
    struct elbow_condition variables[ELBOW_NAMED_MAX];
    size_t bytes;
    char *texts; // names of classes, zero-terminated, one after another; owned
};

// Local. The index of a variable, or of a class of a variable, by name; SIZE_MAX if there is none.
size_t elbow_conditions_find(const struct elbow_conditions *conditions, const char *name);
size_t elbow_condition_find_class(const struct elbow_conditions *conditions, size_t variable, const char *name);

// Local. The name of a class, which lives as long as `conditions`.
const char *elbow_condition_class(const struct elbow_conditions *conditions, size_t variable, size_t class_number);

// Local. Describes the variables in words, cut to `size` bytes: "label: 0, 1, 2, ...; temperature: a number (mean 300,
// deviation 12.5)".
void elbow_conditions_describe(const struct elbow_conditions *conditions, char *text, size_t size);

// Local. Makes a copy that owns its texts. MEMORY.
enum elbow_status elbow_conditions_copy(const struct elbow_conditions *conditions, struct elbow_conditions *copy,
                                        struct elbow_error *error);

// Local. Releases the texts; a zeroed struct is legal.
void elbow_conditions_clear(struct elbow_conditions *conditions);

// One variable, for all stored rows.
struct elbow_condition_rows {
    struct elbow_shared stored; // (rows) int64_t labels, or double with NaN for a row without a value
    size_t count;               // labels that occur
    struct elbow_condition_label {
        int64_t label;
        uint64_t row; // the first row with this label
        size_t class_number;
    } * labels; // [count] ascending; owned
};

// Where the variables are stored.
struct elbow_condition_sources {
    size_t count;
    struct elbow_condition_source {
        const char *name;
        struct elbow_companion where; // its files, dataset and key; rows_name and rows are set when it is loaded
    } sources[ELBOW_NAMED_MAX];
    bool may_lack;    // rows without a value are allowed
    const char *flag; // the option that supplies a missing variable, for messages; NULL: --condition-from
};

// A request to load conditions.
struct elbow_condition_loading {
    const struct elbow_condition_sources *sources;
    const struct elbow_conditions *known; // the variables of the training data; NULL: these are the training data
    const char *known_name;               // where they come from, for messages
    const struct elbow_selection *selection;
    const char *rows_name;            // the dataset of the rows, for messages
    bool is_said;                     // the classes have been logged, for other rows of the same datasets
    const struct elbow_files *labels; // labels of the same rows, whose classes have been logged, too; NULL: none
};

// Collective. Reads all variables of all stored rows: rows [ELBOW_NAMED_MAX]. `conditions` gets the classes, means and
// deviations of the selected rows, or a copy of the known ones. USAGE if a known variable has no source; FORMAT and
// MISMATCH as for labels and companions; DATA, with row and value, for an unknown class, and for a row without a value
// unless may_lack is set. Release `conditions` and `rows` with their clear functions, after a failure too.
enum elbow_status elbow_conditions_load(struct elbow_comm *comm, const struct elbow_condition_loading *loading,
                                        struct elbow_log *log, struct elbow_conditions *conditions,
                                        struct elbow_condition_rows *rows, struct elbow_error *error);

// Local. Counts the entries of a source. Called by rank zero alone.
enum elbow_status elbow_condition_count(const struct elbow_condition_source *source, uint64_t *count,
                                        struct elbow_error *error);

// Collective. Releases the rows of a variable; a zeroed struct is legal.
void elbow_condition_rows_clear(struct elbow_comm *comm, struct elbow_condition_rows *rows);

// Local. Writes the vector of a stored row: c (C).
void elbow_condition_at(const struct elbow_conditions *conditions, const struct elbow_condition_rows *rows,
                        uint64_t row, float *c);

// Local. A hash of the conditions of all stored rows.
uint64_t elbow_conditions_hash(const struct elbow_conditions *conditions, const struct elbow_condition_rows *rows,
                               uint64_t stored);

// Local. Writes the conditions below `group` of a file that is open for writing: a dataset for each variable, with the
// names of its classes or its mean and deviation. The other function returns an upper bound of the bytes that this
// takes.
void elbow_conditions_write(struct elbow_hdf5 *file, const char *group, const struct elbow_conditions *conditions);
size_t elbow_conditions_file_bytes(const struct elbow_conditions *conditions);

// Local. Reads the variables `names` from there. FORMAT if one is missing or is not a variable. Release `conditions`
// with elbow_conditions_clear.
enum elbow_status elbow_conditions_read(struct elbow_hdf5 *file, const char *group, const struct elbow_named *names,
                                        struct elbow_conditions *conditions, struct elbow_error *error);

ELBOW_C_END

#endif
