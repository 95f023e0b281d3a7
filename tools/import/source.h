// SPDX-License-Identifier: BSD-3-Clause
// Sources of rows, and the table of their formats: readers that give rows one after the other, whatever the format of
// the file. Nothing but one block of rows is held in memory.
#ifndef ELBOW_TOOLS_IMPORT_SOURCE_H
#define ELBOW_TOOLS_IMPORT_SOURCE_H

#include "columns.h"
#include "picture.h"
#include "progress.h"
#include "stream.h"
#include "values.h"

#include "elbow/base/text.h"

#include <stdbool.h>

// What the first line of a text file is: a header if it has no numbers, or what the user says.
enum import_header { IMPORT_HEADER_GUESSED, IMPORT_HEADER_GIVEN, IMPORT_HEADER_NONE };

// How files are to be read.
struct import_reading {
    const char *array;                      // of an archive; NULL: the only one
    struct import_columns columns, skipped; // columns: those to be taken; none: all
    enum import_header header;              // of text files, as are the columns
    struct import_progress *progress;       // of looking through them; may be NULL
};

// A first column that counts the rows, from 0 or 1: a row number rather than a feature. column 0: there is none.
struct import_counting {
    size_t column;
    int64_t first;
};

// Pictures of which there is something to tell: how many, and the first of them.
struct import_noted {
    uint64_t pictures;
    elbow_path first;
};

// Rows of one class: what lies in a folder of that name.
struct import_class {
    char *name;
    uint64_t rows;
};

// How many values of a text file are special in some way, and the place of the first.
struct import_places {
    uint64_t count, line, column;
};

// A column of decimals that 32-bit floats tell apart too badly: it goes from low to high, and has steps of `step` then.
// column 0: there is none; `columns`: how many there are.
struct import_coarse {
    size_t column, columns;
    double low, high, step;
};

// A file (or folder) of rows. Opened by one of the functions below; the caller reads all rows, then closes.
// A first row that may be a header of numbers.
struct import_likely_header {
    uint64_t line; // 0: it is none
    double first, last;
};

struct import_source {
    const char *path;           // not owned; of a member of an archive "x.npz:array"
    bool is_member;             // of an archive
    const char *kind;           // "IDX", for messages
    enum elbow_element element; // of the rows read. Of a text file the caller may choose another that holds its values
    uint64_t rows;
    size_t rank; // dimensions of a row: 0 for single values
    uint64_t shape[IMPORT_RANK_MAX];
    bool is_image;         // integers are grey levels, from 0 to the largest of the type
    size_t stored_size;    // bytes of a value in the file; 0: it has no fixed size
    uint64_t stored_bytes; // that the file can have behind its head, at the most

    // Of text files: whether all values are integers, and their extremes.
    bool is_text, is_integer;
    int64_t min, max;

    struct import_places not_finite; // values that are NaN or infinite
    struct import_places rounded;    // integers that a 32-bit float does not hold, should one be taken for them
    struct import_coarse coarse;
    struct import_counting counting;
    struct import_likely_header header;

    // Of pictures, known when all rows are read: with an alpha channel, not opaque everywhere, turned upright, with
    // stray bytes.
    struct import_noted alpha, transparent, turned, stray;
    const struct import_class *classes; // of a folder of folders, in the order of the rows; not owned
    size_t class_count;

    // Reads the next count rows. FORMAT if the file is damaged; after the last row, if it goes on.
    enum elbow_status (*read)(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error);
    void (*close)(struct import_source *source);
    void *state; // of the reader
};

// What tells a format, and opens its files.
struct import_format {
    const char *name; // for messages
    bool needs_file;  // is read here and there: gzip and pipes will not do

    // Local. Whether a file is of this format, by its first bytes.
    bool (*matches)(const unsigned char *head, size_t size);
    // Local. Opens source->path. The stream, at its beginning, is the format's from the call on, even if it fails.
    // Whatever comes of it, the source is closed by import_source_close. NULL: of pictures.
    enum elbow_status (*open)(struct import_stream *stream, const struct import_reading *reading,
                              struct import_source *source, struct elbow_error *error);

    // Of formats of pictures: how the names of files end in a folder of them, and what reads a file.
    const char *endings; // ".tif .tiff"; whatever their case
    const struct import_decoder *decoder;
};

// X(name), in the order in which they are asked: the first that matches opens the file. Each is
// tools/import/<name>.c.
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

// Local. The format of a file with such a beginning; NULL if it is none of them.
const struct import_format *import_format_find(const unsigned char *head, size_t size);

// Local. The format of pictures whose files have such names; NULL if they are none. Hidden files (.x) are none.
const struct import_format *import_format_of_name(const char *name);

// Local. "IDX, NPY and text": the names of all formats, or the endings of all pictures.
void import_format_names(char *text, size_t size);
void import_format_endings(char *text, size_t size);

// Local. Tells the format by the content and opens; what there is to be told about it goes to stdout.
enum elbow_status import_source_open(const char *path, const struct import_reading *reading,
                                     struct import_source *source, struct elbow_error *error);

// Local. Closes; a zeroed struct is legal.
void import_source_close(struct import_source *source);

#endif
