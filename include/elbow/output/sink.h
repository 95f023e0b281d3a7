// SPDX-License-Identifier: BSD-3-Clause
// Files of rows for a user, in one of several formats: a table with a row for each (elbow/config/kinds.h), whose
// functions are in src/output/sink/<word>.c. Rank zero only, except elbow_sink_check.
//
// A row is one or more named columns, packed one after the other. There are two forms. A gallery: pictures, or vectors,
// of one shape, all float; a row is a picture or several side by side. A table: columns of any shape, of float32,
// float64 and int64, or of texts.
//
//           gallery                                          table
//     PNG   a grid, the pictures of a row side by side       (none)
//     HDF5  a dataset for each column, (rows, shape...)      likewise
//     CSV   a line for each picture, without a header        a header, and a line for each row
//
// Names of numbers are two additional datasets of an HDF5 file, label_values and label_names, and an additional column
// of a CSV, label_name.
#ifndef ELBOW_OUTPUT_SINK_H
#define ELBOW_OUTPUT_SINK_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/base/pending.h"
#include "elbow/config/kinds.h"
#include "elbow/data/companion.h"
#include "elbow/data/element.h"
#include "elbow/data/labels.h"

ELBOW_C_BEGIN

struct elbow_sink_column {
    const char *name; // at most 31 letters
    enum elbow_element element;
    size_t rank;       // of a row's values; 0: one number
    uint64_t shape[8]; // of them
    const char *note;  // an attribute of the dataset, if the format has attributes; NULL: none
    int64_t note_value;
    bool is_difference;                    // of a gallery: of values; a picture shows 0 black
    const struct elbow_label_names *names; // of the numbers of an int64 column of a table; NULL, or empty: none
    const char *named;                     // with names: the term for a number ("label")
    const char *units, *meaning;           // attributes, if the format has them; NULL: none
    const char *const *axes;               // [rank] names of the axes of a row's values; NULL: they have none
    const struct elbow_names *texts;       // of an int64 column: each number is replaced by the text of its row
};

// Attributes of the whole file, if the format has attributes.
struct elbow_sink_note {
    const char *key, *text; // text NULL: a number
    int64_t number;
};

// The plan of an output. Nothing is owned, and all of it outlives the sink.
struct elbow_sink_plan {
    const char *path;
    const struct elbow_sink_column *columns;
    size_t column_count;
    bool is_gallery;          // else a table
    enum elbow_layout layout; // the axes of a gallery's pictures
    double black, white;      // of a gallery: the values shown black and white; both 0: 0 and 1
    uint64_t rows;            // in all
    const char *rows_axis;    // of a table: the name of their axis, if the format has names of axes; or NULL
    const struct elbow_sink_note *notes;
    size_t note_count;
    size_t across;              // of a gallery: pictures per row; 0: about as many as rows
    enum elbow_publish publish; // treatment of an existing file
    size_t at_once;             // rows that a format may process at once
    struct elbow_pending
        *pending; // owner of the file, which is made in memory and pending if it cannot be written; or NULL
};

struct elbow_sink {
    struct elbow_sink_plan plan;
    const struct elbow_sink_row *row;
    size_t row_bytes;         // of a packed row
    bool is_in_memory;        // the file in progress
    struct elbow_part output; // of a format that is written row by row
    void *state;              // state of the format; owned
};

// Local. The number of values of a row in a column, and their bytes.
size_t elbow_sink_values(const struct elbow_sink_column *column);
size_t elbow_sink_column_bytes(const struct elbow_sink_column *column);

// Local. The endings of a format, the main one first; NULL after the last.
const char *const *elbow_sink_endings(enum elbow_sink_kind kind);

// Local. USAGE if there is no such output: another ending, or one of a format that cannot hold the plan; the sentence
// names those that can.
enum elbow_status elbow_sink_check(const struct elbow_sink_plan *plan, struct elbow_error *error);

// Local. Whether a gallery of this ending has a place for texts.
bool elbow_sink_holds_texts(const char *path);

// Local. The part of this check that needs no plan: USAGE if no format has the ending, or if it is a table and the
// ending is for pictures.
enum elbow_status elbow_sink_check_ending(const char *path, bool is_gallery, struct elbow_error *error);

// Local. Opens a sink for a checked plan. OUTPUT if it cannot be written, MEMORY. A failure leaves a zeroed struct,
// with nothing to close.
enum elbow_status elbow_sink_open(const struct elbow_sink_plan *plan, struct elbow_sink *sink,
                                  struct elbow_error *error);

// Local. Adds rows [first, first + count), in order, packed.
enum elbow_status elbow_sink_put(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                                 struct elbow_error *error);

// Local. Ends the output and publishes it; if *error holds an earlier failure, removes it. OUTPUT if that fails, FILE
// if another file has taken its name meanwhile.
enum elbow_status elbow_sink_close(struct elbow_sink *sink, struct elbow_error *error);

ELBOW_C_END

#endif
