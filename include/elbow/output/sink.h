// SPDX-License-Identifier: BSD-3-Clause
// Where the pictures of a gallery go: a PNG grid, an HDF5 file or a CSV table, told apart by the path's ending. Rank
// zero's business, but for elbow_sink_check.
#ifndef ELBOW_OUTPUT_SINK_H
#define ELBOW_OUTPUT_SINK_H

#include "elbow/base/language.h"
#include "elbow/base/output.h"
#include "elbow/base/pending.h"
#include "elbow/data/dataset.h"
#include "elbow/data/facts.h"
#include "elbow/data/hdf5.h"

ELBOW_C_BEGIN

enum elbow_sink_kind { ELBOW_SINK_PNG, ELBOW_SINK_HDF5, ELBOW_SINK_CSV };

// What is to come.
struct elbow_sink_plan {
    const char *path;
    const struct elbow_data_facts *data;
    bool pairs;                    // each row is an original and its reconstruction, else a sample
    uint64_t rows;                 // in all
    enum elbow_publish publish;    // what may become of a file that is there
    size_t at_once;                // rows that HDF5 takes apart at once
    struct elbow_pending *pending; // whose file it will be, made in memory: it waits where it can't be written; or NULL
};

struct elbow_sink {
    struct elbow_sink_plan plan;
    enum elbow_sink_kind kind;
    size_t values;                  // D
    size_t images_of_row;           // 1 or 2
    struct elbow_part output;       // HDF5, CSV
    struct elbow_image_shape shape; // PNG
    float *images;                  // PNG: all of them; HDF5: (at_once, D); owned
    struct elbow_hdf5 *file;
    struct elbow_hdf5_buffer image; // of an HDF5 file in memory; owned
    FILE *table;                    // a CSV's stream
    char *text;                     // or, in memory, its text; owned
    size_t length, size;            // of the text; of the room for it
};

// Local. USAGE if there is no such output: another ending, a PNG of data that are no images or of too many.
enum elbow_status elbow_sink_check(const struct elbow_sink_plan *plan, struct elbow_error *error);

// Local. A zeroed struct is what a failure leaves behind, with nothing to close.
enum elbow_status elbow_sink_open(const struct elbow_sink_plan *plan, struct elbow_sink *sink,
                                  struct elbow_error *error);

// Local. Takes rows [first, first + count), in order: (count, images_of_row, D) floats.
enum elbow_status elbow_sink_put(struct elbow_sink *sink, uint64_t first, uint64_t count, const float *rows,
                                 struct elbow_error *error);

// Local. Ends the output and puts it into place; if *error tells of a failure before, removes it.
enum elbow_status elbow_sink_close(struct elbow_sink *sink, struct elbow_error *error);

ELBOW_C_END

#endif
