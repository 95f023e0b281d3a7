// SPDX-License-Identifier: BSD-3-Clause
// Files of rows that a user asks for, in one of several formats: a table with a row for each (elbow/config/kinds.h),
// whose functions lie in src/output/sink/<word>.c. Rank zero's business, but for elbow_sink_check.
//
// A row is one or more named columns, packed one behind the other. What they are made of is one of two things. A
// gallery: pictures, or vectors, of one shape, all float; a row is a picture or several side by side. A table: columns
// of any shape, of float32, float64 and int64, or of texts.
//
//           gallery                                          table
//     PNG   a grid, the pictures of a row side by side       (none)
//     HDF5  a dataset for each column, (rows, shape...)      likewise
//     CSV   a line for each picture, without a header        a header, and a line for each row
//
// Names of numbers are two more datasets of an HDF5 file, label_values and label_names, and one more column of a CSV,
// label_name.
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
    const char *note;  // an attribute of the dataset, where a format has such; NULL: none
    int64_t note_value;
    bool is_difference;                    // of a gallery: of values, so that a picture shows 0 black
    const struct elbow_label_names *names; // of the numbers of an int64 column of a table; NULL, or empty: none
    const char *named;                     // with names: what one number is ("label")
    const char *units, *meaning;           // attributes, where a format has such; NULL: none
    const char *const *axes;               // [rank] names of the axes of a row's values; NULL: they have none
    const struct elbow_names *texts;       // of an int64 column: a number is the row whose text stands in its place
};

// What the file as a whole says of itself, where a format has attributes.
struct elbow_sink_note {
    const char *key, *text; // text NULL: a number
    int64_t number;
};

// What is to come. Nothing is owned, and all of it outlives the sink.
struct elbow_sink_plan {
    const char *path;
    const struct elbow_sink_column *columns;
    size_t column_count;
    bool is_gallery;          // else a table
    enum elbow_layout layout; // what the axes of a gallery's pictures are
    double black, white;      // of a gallery: the values that a picture shows so; both 0: 0 and 1
    uint64_t rows;            // in all
    const char *rows_axis;    // of a table: what their axis is called, where a format has names of axes; or NULL
    const struct elbow_sink_note *notes;
    size_t note_count;
    size_t across;                 // of a gallery: pictures side by side; 0: about as many as one below the other
    enum elbow_publish publish;    // what may become of a file that is there
    size_t at_once;                // rows that a format may take apart at once
    struct elbow_pending *pending; // whose file it will be, made in memory: it waits where it can't be written; or NULL
};

struct elbow_sink {
    struct elbow_sink_plan plan;
    const struct elbow_sink_row *row;
    size_t row_bytes;         // of a packed row
    bool is_in_memory;        // the file is made there
    struct elbow_part output; // of a format that is written as the rows come
    void *state;              // the format's; owned
};

// Local. The values of a row in a column, and their bytes.
size_t elbow_sink_values(const struct elbow_sink_column *column);
size_t elbow_sink_column_bytes(const struct elbow_sink_column *column);

// Local. The endings of a format, the one that it is known by first; NULL behind the last.
const char *const *elbow_sink_endings(enum elbow_sink_kind kind);

// Local. USAGE if there is no such output: another ending, or one of a format that does not hold what is planned; the
// sentence names those that do.
enum elbow_status elbow_sink_check(const struct elbow_sink_plan *plan, struct elbow_error *error);

// Local. Whether a gallery of this ending has a place for texts.
bool elbow_sink_holds_texts(const char *path);

// Local. As much of it as can be said before there is a plan: USAGE if no format has the ending, or that of a table is
// one for pictures.
enum elbow_status elbow_sink_check_ending(const char *path, bool is_gallery, struct elbow_error *error);

// Local. Of a plan that has been checked. OUTPUT if it cannot be written, MEMORY. A zeroed struct is what a failure
// leaves behind, with nothing to close.
enum elbow_status elbow_sink_open(const struct elbow_sink_plan *plan, struct elbow_sink *sink,
                                  struct elbow_error *error);

// Local. Takes rows [first, first + count), in order, packed.
enum elbow_status elbow_sink_put(struct elbow_sink *sink, uint64_t first, uint64_t count, const void *rows,
                                 struct elbow_error *error);

// Local. Ends the output and puts it into place; if *error tells of a failure before, removes it. OUTPUT if that fails,
// FILE if a file has taken its place since it was looked at.
enum elbow_status elbow_sink_close(struct elbow_sink *sink, struct elbow_error *error);

ELBOW_C_END

#endif
