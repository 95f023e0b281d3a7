// SPDX-License-Identifier: BSD-3-Clause
// The origins of the samples of an output: columns with the names of their rows, and with files, row numbers and
// positions if these differ from the row numbers of the output.
#ifndef ELBOW_EVALUATE_DETAIL_ORIGIN_H
#define ELBOW_EVALUATE_DETAIL_ORIGIN_H

#include "elbow/base/language.h"
#include "elbow/data/dataset.h"
#include "elbow/output/sink.h"

ELBOW_C_BEGIN

enum { ELBOW_ORIGIN_COLUMNS = 4 };

// Initialise with zeros.
struct elbow_origin {
    const struct elbow_dataset *dataset; // not owned
    bool has_rows, has_starts;           // there are columns for row numbers, for positions
    struct elbow_label_names files;      // names of the files of a list; owned
    uint64_t *first;                     // [files] first stored row of each; owned
};

// Local. Collects the origins of a dataset's samples, the same on all ranks. Borrows from the dataset. MEMORY. The
// caller clears *origin, also after a failure.
enum elbow_status elbow_origin_create(const struct elbow_dataset *dataset, struct elbow_origin *origin,
                                      struct elbow_error *error);

// Local. A zeroed struct is legal.
void elbow_origin_clear(struct elbow_origin *origin);

// Local. Writes the columns, which borrow from the origin, and returns their number; 0 for a zeroed origin.
size_t elbow_origin_columns(const struct elbow_origin *origin, struct elbow_sink_column columns[ELBOW_ORIGIN_COLUMNS]);

// Local. Writes the values of a sample in these columns to `at`, packed.
void elbow_origin_pack(const struct elbow_origin *origin, uint64_t sample, char *at);

ELBOW_C_END

#endif
