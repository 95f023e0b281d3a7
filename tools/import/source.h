// SPDX-License-Identifier: BSD-3-Clause
// Sources of rows and the table of their formats: readers that return one row after another, for any format. Only one
// block of rows is in memory.
#ifndef ELBOW_TOOLS_IMPORT_SOURCE_H
#define ELBOW_TOOLS_IMPORT_SOURCE_H

#include "columns.h"
#include "picture.h"
#include "progress.h"
#include "stream.h"
#include "values.h"

#include "elbow/base/text.h"

#include <stdbool.h>

// The first line of a text file: a header if it has no numbers, or as the user says.
enum import_header { IMPORT_HEADER_GUESSED, IMPORT_HEADER_GIVEN, IMPORT_HEADER_NONE };

// Options of reading.
struct import_reading {
    const char *array;                      // of an archive; NULL: the only one
    struct import_columns columns, skipped; // columns: those to import; empty: all
    enum import_header header;              // of text files, as are the columns
    struct import_progress *progress;       // of the first pass; may be NULL
};

// A first column that counts the rows, from 0 or 1: a row number, not a feature. column 0: none.
struct import_counting {
    size_t column;
    int64_t first;
};

// Pictures with a property to report: their number, and the first of them.
struct import_noted {
    uint64_t pictures;
    elbow_path first;
};

// The rows of one class: the pictures in a folder of that name.
struct import_class {
    char *name;
    uint64_t rows;
};

// Values of a text file with some property: their number, and the position of the first.
struct import_places {
    uint64_t count, line, column;
};

// A column of decimals that 32-bit floats do not distinguish well enough: it goes from low to high, in steps of `step`.
// column 0: none; columns: their number.
struct import_coarse {
    size_t column, columns;
    double low, high, step;
};

// A first row that may be a header of numbers.
struct import_likely_header {
    uint64_t line; // 0: none
    double first, last;
};

struct import_source {
    const char *path; // not owned; for a member of an archive "x.npz:array"
    bool is_member;   // of an archive
    const char *kind; // "IDX", for messages
    // Of the rows read; for a text file the caller may choose another one that represents its values.
    enum elbow_element element;
    uint64_t rows;
    size_t rank; // dimensions of a row; 0: single values
    uint64_t shape[IMPORT_RANK_MAX];
    bool is_image;         // integers are grey levels, from 0 to the maximum of the type
    size_t stored_size;    // bytes of a value in the file; 0: variable
    uint64_t stored_bytes; // largest possible size of the file after its header

    // Of text files: whether all values are integers, and their extremes.
    bool is_text, is_integer;
    int64_t min, max;

    struct import_places not_finite; // values that are NaN or infinite
    struct import_places rounded; // integers that a 32-bit float does not represent, if the column is imported as one
    struct import_coarse coarse;
    struct import_counting counting;
    struct import_likely_header header;

    // Of pictures, known after the last row: with an alpha channel; not opaque everywhere; turned upright; with stray
    // bytes.
    struct import_noted alpha, transparent, turned, stray;
    const struct import_class *classes; // of a folder of folders, in the order of the rows; not owned
    size_t class_count;

    // Reads the next `count` rows. FORMAT if the file is damaged, or continues after the last row.
    enum elbow_status (*read)(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error);
    void (*close)(struct import_source *source);
    void *state; // of the reader
};

// A format: it recognizes its files, and opens them.
struct import_format {
    const char *name; // for messages
    bool needs_file;  // it is not read sequentially: gzip files and pipes do not work

    // Local. Whether a file is of this format, by its first bytes.
    bool (*matches)(const unsigned char *head, size_t size);
    // Local. Opens source->path. The format owns the stream, which is at its beginning, after a failure too. Call
    // import_source_close afterwards in any case. NULL: pictures.
    enum elbow_status (*open)(struct import_stream *stream, const struct import_reading *reading,
                              struct import_source *source, struct elbow_error *error);

    // For formats of pictures: the endings of file names in a folder, and the decoder.
    const char *endings; // ".tif .tiff"; in upper or lower case
    const struct import_decoder *decoder;
};

// X(name), in the order in which they are tried: the first match opens the file. Each is tools/import/<name>.c.
#define IMPORT_FORMAT_LIST(X)                                                                                          \
    X(npy)                                                                                                             \
    X(npz)                                                                                                             \
    X(png)                                                                                                             \
    X(jpeg)                                                                                                            \
    X(tiff)                                                                                                            \
    X(idx)                                                                                                             \
    X(csv)

#define IMPORT_FORMAT_DECLARE(name) extern const struct import_format import_format_##name;
IMPORT_FORMAT_LIST(IMPORT_FORMAT_DECLARE)
#undef IMPORT_FORMAT_DECLARE

// Local. The format of a file with these first bytes; NULL if it is unknown.
const struct import_format *import_format_find(const unsigned char *head, size_t size);

// Local. The format of pictures for a file name; NULL if it is not a picture. Hidden files (.x) are not.
const struct import_format *import_format_of_name(const char *name);

// Local. "IDX, NPY and text": the names of all formats, or the endings of all pictures.
void import_format_names(char *text, size_t size);
void import_format_endings(char *text, size_t size);

// Local. Recognizes the format by the content, and opens the file. Notes go to standard output.
enum elbow_status import_source_open(const char *path, const struct import_reading *reading,
                                     struct import_source *source, struct elbow_error *error);

// Local. Closes a source; a zeroed struct is legal.
void import_source_close(struct import_source *source);

#endif
