// SPDX-License-Identifier: BSD-3-Clause
// The parts of elbow-import: readers that give rows one after the other, whatever the format of the file. Nothing but
// one block of rows is held in memory.
#ifndef ELBOW_TOOLS_IMPORT_H
#define ELBOW_TOOLS_IMPORT_H

#include "elbow/base/status.h"
#include "elbow/base/text.h"
#include "elbow/data/element.h"

#include <stddef.h>
#include <stdint.h>

enum { IMPORT_RANK_MAX = 7, IMPORT_HEAD = 256 }; // dimensions of a row; bytes looked at to tell formats apart

struct import_stream; // opaque: a file, plain or gzip, read from its beginning to its end

// Local. Opens a file, or a pipe that is written into; FILE if it cannot be read.
enum elbow_status import_stream_open(const char *path, struct import_stream **stream, struct elbow_error *error);

// Local. The first bytes of the file, at most size; they are still to be read.
size_t import_stream_head(const struct import_stream *stream, void *bytes, size_t size);

// Local. Reads up to size bytes; *got less than size at the end only. FORMAT for a damaged gzip file.
enum elbow_status import_stream_some(struct import_stream *stream, void *bytes, size_t size, size_t *got,
                                     struct elbow_error *error);

// Local. Reads exactly size bytes; FORMAT if the file ends before.
enum elbow_status import_stream_exact(struct import_stream *stream, void *bytes, size_t size,
                                      struct elbow_error *error);

// Local. FORMAT if the file does not end here. (The checksum of a gzip file is known to be right only then.)
enum elbow_status import_stream_end(struct import_stream *stream, struct elbow_error *error);

// Local. Back to the beginning; FILE for a pipe.
enum elbow_status import_stream_rewind(struct import_stream *stream, struct elbow_error *error);

// Local. The most bytes that the stream can give, by the file's size; UINT64_MAX for a pipe.
uint64_t import_stream_most(const struct import_stream *stream);

// Local. NULL is legal.
void import_stream_close(struct import_stream *stream);

// Columns of a text file to be taken, counted from 1; 0, 0: all.
struct import_columns {
    size_t first, last;
};

// What the first line of a text file is: a header if it has no numbers, or what the user says.
enum import_header { IMPORT_HEADER_GUESSED, IMPORT_HEADER_GIVEN, IMPORT_HEADER_NONE };

// How text files are to be read.
struct import_reading {
    struct import_columns columns;
    enum import_header header;
};

// How many values of a text file are special in some way, and the place of the first.
struct import_places {
    uint64_t count, line, column;
};

// A file (or folder) of rows. Opened by one of the functions below; the caller reads all rows, then closes.
struct import_source {
    const char *path;           // not owned
    const char *kind;           // "IDX", for messages
    enum elbow_element element; // of the rows read. Of a text file the caller may choose another that holds its values
    uint64_t rows;
    size_t rank; // dimensions of a row: 0 for single values
    uint64_t shape[IMPORT_RANK_MAX];
    bool is_image;         // bytes are grey levels
    size_t stored_size;    // bytes of a value in the file; 0: it has no fixed size
    uint64_t stored_bytes; // that the file can have behind its head, at the most

    // Of text files: whether all values are integers, and their extremes.
    bool is_text, is_integer;
    int64_t min, max;

    struct import_places not_finite; // values that are NaN or infinite
    struct import_places rounded;    // integers that a 32-bit float does not hold, should one be taken for them

    // Reads the next count rows. FORMAT if the file is damaged; after the last row, if it goes on.
    enum elbow_status (*read)(struct import_source *source, uint64_t count, void *rows, struct elbow_error *error);
    void (*close)(struct import_source *source);
    void *state; // of the reader
};

// Local. Tells the format by the content and opens; what there is to be told about it goes to stdout.
enum elbow_status import_source_open(const char *path, struct import_reading reading, struct import_source *source,
                                     struct elbow_error *error);

// Local. Closes; a zeroed struct is legal.
void import_source_close(struct import_source *source);

// Local. Values and bytes of a row.
uint64_t import_source_row_values(const struct import_source *source);

// Local. The readers. The stream, at its beginning, is theirs from the call on, even if it fails.
enum elbow_status import_idx_open(struct import_stream *stream, struct import_source *source,
                                  struct elbow_error *error);
enum elbow_status import_npy_open(struct import_stream *stream, struct import_source *source,
                                  struct elbow_error *error);
enum elbow_status import_csv_open(struct import_stream *stream, struct import_reading reading,
                                  struct import_source *source, struct elbow_error *error);

// Local. A PNG file, or all of a folder in natural order of their names (img2 before img10).
enum elbow_status import_png_open(bool is_folder, struct import_source *source, struct elbow_error *error);

// Local. The narrowest type that holds integers from min to max.
enum elbow_element import_csv_element(int64_t min, int64_t max);

// Local. Turns the bytes of n elements of this size around, where the file's byte order is not the machine's.
void import_swap(void *elements, size_t n, size_t size);

// The program: the arguments and what they ask for.
struct import_options {
    const char *const *inputs;
    size_t input_count;
    const char *output, *name;
    struct import_reading reading;
    bool has_shape, has_factor, replace;
    size_t rank;
    uint64_t shape[IMPORT_RANK_MAX];
    double factor, offset;
    int compression;
    bool asks_help;
};

// Local. USAGE if the arguments are wrong. The inputs stay in argv, which is permuted.
enum elbow_status import_parse(int argc, char **argv, struct import_options *options, struct elbow_error *error);
void import_print_help(void);

// Local. Reads all inputs and adds the dataset to the output, which is locked meanwhile.
enum elbow_status import_run(const struct import_options *options, struct elbow_error *error);

// The whole program: exit status 0, 1 (failed) or 2 (usage).
int import_main(int argc, char **argv);

#endif
